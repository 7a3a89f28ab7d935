/* SPDX-License-Identifier: MIT */
/* What begin() knows and finish() needs.  Private to this room. */
#pragma once
#include "base/escape.h"
#include "base/feature.h"
#include "formats/dmg/dmg.h"
#include "formats/macho/macho.h"
#include "structure/der.h"
#include "verify/code_directory/code_directory.h"
#include "verify/message.h"

#define CD_NO_JOB     SIZE_MAX
#define CD_HASH_BYTES 20 /* of a CodeDirectory's digest, when it is named */

/* 1.2.840.113635.100, and what stands below it. */
#define APPLE_ARC       "\x2a\x86\x48\x86\xf7\x63\x64"
#define CD_HASHES_PLIST OID(APPLE_ARC "\x09\x01")
#define CD_HASHES       OID(APPLE_ARC "\x09\x02")

/* What a code signature is the signature of: a slice, or a disk image. */
struct code_object {
	const struct code_signature *code;
	struct range where;              /* of the file: digests of pages begin at its start */
	struct range info_plist;         /* zero long: it carries none */
	const struct macho_slice *slice; /* NULL: no program */
	struct coverage own;             /* special slot 6; .n 0: it has no such thing */
	bool holes;                      /* bytes that nothing covers where none may be */
	bool broken, limit_differs;      /* the file contradicts itself, or the code limit */
};

/* One CodeDirectory, and the digests that it waits for. */
struct cd_directory {
	const struct code_directory *d;
	enum digest_algorithm algorithm; /* DIGEST_NONE: not supported */
	struct digest hash;              /* of itself, by its own algorithm */
	size_t first_page, n_pages;      /* jobs of the pages that are in the file */
	size_t info_job, own_job;        /* CD_NO_JOB: not wanted */
	size_t n_bad;                    /* pages that differ or are not there */
};

struct cd_signature {
	struct fact *fact;
	struct code_object object;
	struct cd_directory *directories;
	size_t n_directories, n_supported;
	const struct cms *cms; /* NULL: none, or not readable */
	bool adhoc;
	bool attested; /* the CMS was made for this CodeDirectory */
	bool altered;  /* something differs from what is signed */
	bool unsealed; /* blobs of the signature, or files of the bundle, that nothing covers */
	bool seal_differs;      /* CodeResources is not the one that was signed */
	bool resources_altered; /* something that it lists differs */
	struct cd_signature *next;
};

/* What became of the resources of a bundle, for all signatures that seal them. */
struct cd_resources {
	bool compared, altered, unsealed;
	uint32_t inner;                /* words of code inside, a bit for each */
	uint64_t n_signed, n_matching; /* files that are not empty */
};

struct cd_state {
	struct scheme_case *c;
	struct cd_resources resources;
	struct cd_signature *first, *last;
	struct digest_job *jobs;
	size_t n_jobs;
};

/* What the claim speaks for: cd_object.c */
void code_object_of(const struct container *box, const struct claim *claim,
		    struct code_object *out);
/* The signatures of all claims: cd_read.c */
MUST_CHECK enum status cd_read_all(struct arena *a, struct cd_state *state);
/* Lists all digests: cd_plan.c */
MUST_CHECK enum status cd_plan(struct arena *a, struct cd_state *state);
/* Is @result the digest that stands in a CodeDirectory (maybe cut short)? */
bool cd_digest_is(const struct digest_job *job, struct span expected);

/* Page digests: which differ; cd_pages.c */
MUST_CHECK enum status cd_pages_compare(struct arena *a, struct cd_state *state,
					struct cd_signature *s);
/* How much code of the signed program is here: cd_units.c */
MUST_CHECK enum status cd_units_count(struct arena *a, const struct cd_state *state,
				      struct cd_signature *s);
/* The digests of pages that are here, for donor records: cd_units.c */
MUST_CHECK enum status cd_pages_tell(struct arena *a, const struct cd_state *state,
				     struct cd_signature *s);
/* The file of the bundle around a program that a special slot is a digest of; NULL: it is
 * none of these slots, or not at hand. */
const struct companion *cd_bundle_file(const struct cd_state *state, uint32_t slot);
/* Special slots: cd_slots.c */
MUST_CHECK enum status cd_slots_compare(struct arena *a, struct cd_state *state,
					struct cd_signature *s);
/* The files of the bundle around a program, and what follows from them: cd_resources.c */
MUST_CHECK enum status cd_resources_judge(struct arena *a, struct cd_state *state,
					  struct cd_signature *s);
void cd_resources_tell(const struct cd_state *state, struct cd_signature *s);
/* The mathematics of the CMS, and what it was made for: cd_cms.c */
MUST_CHECK enum status cd_cms_judge(struct arena *a, struct cd_state *state,
				    struct cd_signature *s);
/* Do the signed attributes name the CodeDirectories that are here? cd_agility.c */
MUST_CHECK enum status cd_agility_judge(struct arena *a, struct cd_state *state,
					struct cd_signature *s);
/* Time, chain and team: cd_trust.c */
MUST_CHECK enum status cd_trust_judge(struct arena *a, struct cd_state *state,
				      struct cd_signature *s);
/* A stapled ticket, as far as it can be seen: cd_ticket.c */
void cd_ticket_note(struct arena *a, struct cd_state *state, const struct cd_signature *s);
/* Does the program meet its own designated requirement? cd_designated.c */
MUST_CHECK enum status cd_designated_judge(struct arena *a, struct cd_state *state,
					   struct cd_signature *s);
/* What slices of one file say about each other: cd_slices.c */
void cd_slices_judge(struct cd_state *state);
