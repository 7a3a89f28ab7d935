/* SPDX-License-Identifier: MIT */
/*
 * Code signatures of Apple: SuperBlob and CodeDirectory, as they stand in
 * Mach-O files, disk images and detached files.
 *
 * Follows Apple's Security framework: superblob.h, codedirectory.h and
 * codedirectory.cpp, cscdefs.h; all numbers are big-endian.  Read only, nothing is
 * hashed here.  Slot types, flags and field names are Apple's.
 */
#pragma once
#include "base/finding.h"
#include "base/status.h"

/* Scheme of the claims of all formats that have them: src/verify/code_directory. */
#define CODE_SIGNATURE_SCHEME "code-directory"

#define CODE_SIGNATURE_MAX_BYTES ((uint64_t)64 << 20)
#define CODE_MAX_BLOBS           64
#define CODE_MAX_DIRECTORIES     6 /* slot 0 and the five alternates */
#define CODE_MAX_SPECIAL         11
#define CODE_MAX_SCATTER         4096

/* What a blob begins with. */
#define CODE_MAGIC_REQUIREMENT       0xfade0c00U
#define CODE_MAGIC_REQUIREMENTS      0xfade0c01U
#define CODE_MAGIC_DIRECTORY         0xfade0c02U
#define CODE_MAGIC_EMBEDDED          0xfade0cc0U
#define CODE_MAGIC_DETACHED          0xfade0cc1U
#define CODE_MAGIC_WRAPPER           0xfade0b01U
#define CODE_MAGIC_ENTITLEMENTS      0xfade7171U
#define CODE_MAGIC_ENTITLEMENTS_DER  0xfade7172U
#define CODE_MAGIC_LAUNCH_CONSTRAINT 0xfade8181U

/* Types in a SuperBlob.  Of 1 to 11 the CodeDirectory has a digest: its special slots. */
enum code_slot {
	CODE_SLOT_DIRECTORY = 0,
	CODE_SLOT_INFO = 1,
	CODE_SLOT_REQUIREMENTS = 2,
	CODE_SLOT_RESOURCES = 3,
	CODE_SLOT_TOP_DIRECTORY = 4,
	CODE_SLOT_ENTITLEMENTS = 5,
	CODE_SLOT_REP_SPECIFIC = 6,
	CODE_SLOT_ENTITLEMENTS_DER = 7,
	CODE_SLOT_LIBRARY_CONSTRAINT = 11,
	CODE_SLOT_ALTERNATE_FIRST = 0x1000,
	CODE_SLOT_ALTERNATE_LAST = 0x1004,
	CODE_SLOT_CMS = 0x10000,
	CODE_SLOT_IDENTIFICATION = 0x10001,
	CODE_SLOT_TICKET = 0x10002,
};

enum code_flag {
	CODE_FLAG_HOST = 0x1,
	CODE_FLAG_ADHOC = 0x2,
	CODE_FLAG_FORCE_EXPIRATION = 0x400,
	CODE_FLAG_LIBRARY_VALIDATION = 0x2000,
	CODE_FLAG_RUNTIME = 0x10000,
	CODE_FLAG_LINKER_SIGNED = 0x20000,
};

enum code_hash {
	CODE_HASH_NONE = 0,
	CODE_HASH_SHA1 = 1,
	CODE_HASH_SHA256 = 2,
	CODE_HASH_SHA256_CUT = 3, /* its first 20 bytes */
	CODE_HASH_SHA384 = 4,
};

struct code_blob {
	uint32_t type, magic;
	struct span bytes; /* all of it, magic and length included */
	uint64_t off;      /* in the file */
};

struct code_directory {
	struct span whole;
	uint64_t off;  /* in the file */
	uint32_t type; /* under which it stands */
	uint32_t version, flags;
	uint8_t hash_size, hash_type, platform;
	uint64_t page; /* bytes; 0: one digest over everything */
	uint64_t code_limit;
	uint64_t n_special, n_code;
	struct span identifier, team; /* texts; team empty: none */
	struct span special, code;    /* their digests: special from slot -n up to -1 */
	uint64_t exec_base, exec_limit, exec_flags;
	bool scattered;
	bool unsupported; /* a hash or a version that nobody computes any more, or yet */
};

struct code_signature {
	struct span whole; /* the SuperBlob, without what stands behind */
	uint64_t off;      /* in the file */
	const struct code_blob *blobs;
	size_t n_blobs;
	const struct code_directory *directories; /* the one under slot 0 first */
	size_t n_directories;                     /* 0: there is none under slot 0 */
	bool empty;         /* zeros where a signature should be: removed by its owner */
	bool has_wrapper;   /* slot 0x10000 is there ... */
	struct span cms;    /* ... and what it wraps, maybe nothing */
	bool cms_misplaced; /* one under a type where nobody looks for it, and none there */
	bool broken;        /* contradicts itself; findings say where */
};

/*
 * Reads the SuperBlob that @in begins with; @base is where @in begins in the file.
 * STATUS_LIMIT: a limit above, finding "limit.code-signature".  What is wrong is
 * in @findings.
 */
MUST_CHECK enum status code_signature_read(struct arena *a, struct span in, uint64_t base,
					   struct findings *findings,
					   struct code_signature *out);

/* One CodeDirectory.  False: it does not hold together, a finding says why. */
MUST_CHECK bool code_directory_read(const struct code_blob *blob, struct findings *findings,
				    struct code_directory *out);

/* The first blob of this type; NULL: none. */
const struct code_blob *code_blob_find(const struct code_signature *s, uint32_t type);

/* What is between magic and length and the end of a blob. */
struct span code_blob_payload(const struct code_blob *b);

/* The digest of special slot @n (1 ...), empty when the directory has none. */
struct span code_directory_special(const struct code_directory *d, uint64_t n);
/* The digest of page @i; empty: there is none. */
struct span code_directory_page(const struct code_directory *d, uint64_t i);

/* The one that Apple goes by: SHA-384, then SHA-256, then cut, then SHA-1.  NULL: none is
 * supported. */
const struct code_directory *code_directory_best(const struct code_signature *s);
/* Is @flag set in any of them? */
bool code_signature_flag(const struct code_signature *s, uint32_t flag);
