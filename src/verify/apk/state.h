/* SPDX-License-Identifier: MIT */
/* What the first step knows and the second needs.  Private to src/verify/apk. */
#pragma once
#include "formats/apk/apk.h"
#include "formats/meta_inf.h"
#include "verify/apk/apk_scheme.h"
#include "verify/entries.h"
#include "verify/message.h"

#define APK_MAX_CERTIFICATES 16
#define APK_MAX_ALGORITHMS   16
#define APK_MAX_LINEAGE      32
#define APK_MAX_JOBS         ((size_t)100000) /* pages of one file */
#define SDK_MAX              UINT32_MAX
#define SDK_OPEN             INT32_MAX /* "and later", as signers write it */

/* The releases that brought the schemes. */
#define SDK_V2  24
#define SDK_V3  28
#define SDK_V31 33

/* How the contents of the file become a digest. */
enum apk_content {
	CONTENT_NONE,
	CONTENT_CHUNKED_SHA256,
	CONTENT_CHUNKED_SHA512,
	CONTENT_VERITY
};
#define APK_CONTENTS 4

struct apk_algorithm {
	uint32_t id;
	enum key_type key;
	bool pss;
	enum digest_algorithm digest;
	size_t salt_len;
	enum apk_content content;
};

/* An algorithm and its value: a digest, or a signature. */
struct apk_record {
	uint32_t id;
	struct span value;
};

/* Certificates of a proof of rotation, oldest first; n 0: there is none, or it does not hold.
 */
struct apk_past {
	struct span *certificates;
	size_t n;
};

/* One signer of scheme v2, v3 or v3.1, as it stands. */
struct apk_signer {
	struct fact *fact;
	unsigned scheme; /* 2, 3, 31 */
	struct span signed_data, public_key, attributes;
	struct apk_record digests[APK_MAX_ALGORITHMS], signatures[APK_MAX_ALGORITHMS];
	size_t n_digests, n_signatures;
	struct certificate *certificates;
	size_t n_certificates;
	uint32_t min_sdk, max_sdk;               /* v3: outside the signed data */
	uint32_t signed_min_sdk, signed_max_sdk; /* and inside it */
	bool names_v3;                           /* v2: there is a signature of scheme v3 */
	uint32_t rotation_sdk; /* v3: from here on there is one of scheme v3.1; 0: none */
	bool for_previews;   /* v3.1: of the release behind .min_sdk, before it has a number */
	struct span lineage; /* v3: proof of rotation; or empty */
	struct apk_past past;
	const struct apk_algorithm *best; /* NULL: none of its algorithms is built in */
	struct apk_signer *next;
};

/* One reading of the contents: as they are, or as they were before somebody added bytes. */
struct apk_contents {
	bool wanted;
	struct range entries; /* up to the signing block */
	struct piece central; /* range, or literal when it had to be changed */
	struct span end;      /* with the offset of the block */
	size_t first_job[APK_CONTENTS], n_jobs[APK_CONTENTS];
	struct digest result[APK_CONTENTS]; /* of verity without the length */
};

/* One SignerInfo of scheme v1. */
struct apk_v1_signer {
	struct fact *fact;
	const struct meta_inf_signer *files;
	struct apk_v1_signer *next;
};

struct apk_state {
	const struct apk_file *apk;
	const struct meta_inf *files;
	const struct zip *zip;
	uint32_t min_sdk, max_sdk; /* the systems that are asked about */
	uint32_t v31_from;         /* the first that looks at scheme v3.1, */
	uint32_t v31_min;          /* and as its signers name it */
	bool uses[32];             /* by scheme: does one of these systems look at it? */
	struct entries entries;
	struct apk_v1_signer *v1, **v1_last;
	struct apk_signer *signers, **last;
	size_t n_signers;
	struct apk_contents whole, undone;
	uint64_t added;          /* bytes before the first entry that .undone leaves out */
	struct digest_job *jobs; /* of the contents; those of .entries stand behind */
	size_t n_jobs, n_contents_jobs;
};

/* The algorithms of schemes v2 and later: signers.c */
const struct apk_algorithm *apk_algorithm_find(uint32_t id);
/* Reads all signers of the block: signers.c */
MUST_CHECK enum status apk_signers_read(struct arena *a, struct scheme_case *c,
					struct apk_state *state, const struct claim *claim,
					unsigned scheme);
/* Reads the signed data of one: signed_data.c */
MUST_CHECK enum status apk_signed_data_read(struct arena *a, struct apk_signer *s);
/* A proof of rotation that leads to the certificate @last: lineage.c */
MUST_CHECK enum status apk_lineage_read(struct arena *a, struct span lineage, struct span last,
					struct apk_past *out);
/* Verifies the proof of rotation, and gathers its certificates: lineage.c */
MUST_CHECK enum status apk_lineage_check(struct arena *a, struct apk_signer *s);

/* Plans the jobs of all digests that signers want: contents.c */
MUST_CHECK enum status apk_contents_plan(struct arena *a, struct scheme_case *c,
					 struct apk_state *state);
/* Joins what was computed: contents.c */
MUST_CHECK enum status apk_contents_join(struct arena *a, struct apk_state *state);
/* Is @value the digest of these contents? */
bool apk_contents_equal(const struct apk_contents *c, enum apk_content content,
			struct span value);

/* Scheme v1: v1.c */
MUST_CHECK enum status apk_v1_begin(struct arena *a, struct scheme_case *c,
				    struct apk_state *state);
MUST_CHECK enum status apk_v1_judge(struct arena *a, struct scheme_case *c,
				    struct apk_state *state);

/* Scheme v2 and later, once the contents are joined: judge.c */
MUST_CHECK enum status apk_signers_judge(struct arena *a, struct scheme_case *c,
					 struct apk_state *state);

/* Is there one signer of scheme v3 or v3.1 for each system?  Refuses them if not: succession.c
 */
void apk_succession_check(struct arena *a, struct scheme_case *c,
			  const struct apk_state *state);

/* The source stamp, which says where the package was handed out: stamp.c */
MUST_CHECK enum status apk_stamp_check(struct arena *a, struct scheme_case *c,
				       const struct apk_state *state);

/* Do all systems see the same signer?  Refuses the newer scheme if not: agree.c */
void apk_agreement_check(struct scheme_case *c, const struct apk_state *state);

/* From the first to the last system that is asked about and looks at @scheme; false: none. */
bool apk_range_of(const struct apk_state *state, unsigned scheme, uint32_t *from, uint32_t *to);
/* "Android API 24 to 27" for the systems of the range that look at @scheme: range.c */
const char *apk_range_text(struct arena *a, const struct apk_state *state, unsigned scheme);
/* Which systems, and which schemes they look at: range.c */
void apk_range_find(struct arena *a, struct scheme_case *c, struct apk_state *state);
