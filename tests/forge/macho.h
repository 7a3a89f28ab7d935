/* SPDX-License-Identifier: MIT */
/*
 * Mach-O programs of the forge: harmless (they hold noise, no code), thin or
 * universal, and signatures for them (mach-o/loader.h, mach-o/fat.h; Apple's
 * superblob.h, codedirectory.h).  Never installed.
 */
#pragma once
#include "tests/forge/forge.h"

#define MACHO_PAGE       4096U
#define MACHO_MAX_EXTRAS 8
#define MACHO_MAX_HASHES 4
#define MACHO_MAX_SLICES 8

#define MACHO_X86_64 0x1000007U
#define MACHO_ARM64  0x100000cU
#define MACHO_ADHOC  0x2U
#define MACHO_LINKER 0x20002U

/* What a program shall look like.  Zeroed fields take the default. */
struct forge_macho {
	uint32_t cpu_type, cpu_subtype; /* arm64 */
	uint32_t file_type;             /* 2: program */
	bool narrow, big_endian;        /* 32 bits; as PowerPC had it */
	unsigned text_pages, page;      /* 4 of MACHO_PAGE bytes; smaller ones for seeds */
	const char *info_plist;         /* section __TEXT,__info_plist */
	uint64_t seed;
};

void forge_macho_make(const struct forge_macho *wish, struct buffer *out);

/* A blob of a SuperBlob. */
struct forge_blob {
	uint32_t type, magic;
	struct span payload;
};

/* Hash types as CodeDirectories number them. */
enum forge_hash {
	HASH_NONE = 0,
	HASH_SHA1 = 1,
	HASH_SHA256 = 2,
	HASH_CUT = 3,
	HASH_SHA384 = 4
};

/* A signature.  Zeroed fields take the default. */
struct forge_code {
	enum forge_hash hashes[MACHO_MAX_HASHES];   /* one CodeDirectory each; SHA-256 alone */
	const char *identifier, *team;              /* "forge"; none */
	uint32_t flags, version;                    /* 0; 0x20400 */
	unsigned page_shift;                        /* 12 */
	bool one_page;                              /* one digest over everything */
	struct span own;                            /* what special slot 6 is a digest of */
	struct span info, resources;                /* the same of slots 1 and 3, in a bundle */
	struct forge_blob extras[MACHO_MAX_EXTRAS]; /* beside them; type 0 ends */
	struct span cms; /* what the wrapper in slot 0x10000 wraps; with_wrapper */
	bool with_wrapper;
	size_t slack; /* zeros behind the SuperBlob: 16 */
};

/* Where the parts of a signed program lie in its bytes. */
struct forge_macho_places {
	size_t command;  /* LC_CODE_SIGNATURE */
	size_t linkedit; /* the segment command */
	size_t data, data_len;
	size_t code; /* behind the headers */
};
struct forge_macho_places forge_macho_places_of(const struct buffer *file);

/* Signs an unsigned program of forge_macho_make(): a load command, a SuperBlob at its end. */
void forge_macho_sign(const struct forge_code *wish, struct buffer *file);

/* The SuperBlob alone: the pages of @covered, special slots of what it has. */
void forge_superblob(const struct forge_code *wish, struct span covered, struct span info,
		     struct buffer *out);
/* One CodeDirectory, whole. */
void forge_code_directory(const struct forge_code *wish, enum forge_hash hash,
			  struct span covered, struct span info, struct buffer *out);

/* A universal file of @n slices, as lipo writes it. */
struct forge_slice {
	struct span bytes;
	uint32_t cpu_type, cpu_subtype; /* as listed */
};
struct forge_fat {
	struct forge_slice slices[MACHO_MAX_SLICES];
	unsigned align;  /* power of two; 12 */
	bool wide;       /* 64-bit table */
	unsigned hidden; /* so many of the last slices stand behind the table's end */
};
void forge_fat_make(const struct forge_fat *wish, struct buffer *out);
/* Where slice @i lies. */
struct range forge_fat_slice(const struct buffer *file, unsigned i);

uint64_t forge_get_be(const struct buffer *file, size_t off, size_t width);
void forge_put_be(struct buffer *file, size_t off, size_t width, uint64_t value);

struct forge_apple;
/* A disk image with noise on it; signed by nobody (@by NULL) or by somebody. */
void forge_dmg_make(struct forge *f, const struct forge_apple *by, uint64_t seed,
		    struct buffer *out);

/* A CMS signature over the CodeDirectory of slot 0. */
struct forge_apple {
	const char *signer;  /* identity; NULL: "good", an RSA key */
	bool agility;        /* names all CodeDirectories in its attributes */
	bool unsorted;       /* attributes in no order */
	bool two_signers;    /* the same signer twice */
	bool no_attributes;  /* over the CodeDirectory itself */
	bool bad;            /* one bit of the signature value turned over */
	struct span content; /* an OCTET STRING that it brings along; empty: detached */
	struct forge_stamp stamp;
};

/* Signs as forge_macho_sign() does, and fills the wrapper. */
void forge_macho_sign_by(struct forge *f, const struct forge_code *wish,
			 const struct forge_apple *by, struct buffer *file);
/* As many bytes as a CMS of one CodeDirectory will have; they live as long as @f. */
struct span forge_apple_draft(struct forge *f, const struct forge_apple *by);
/* Puts a new CMS of the same length over whatever CodeDirectories @file has now. */
void forge_macho_resign(struct forge *f, const struct forge_apple *by, struct buffer *file);

/* Where a blob of the signature stands in @file; zero long: none of that type. */
struct range forge_macho_blob(const struct buffer *file, uint32_t type);
/* Where the index of the SuperBlob has the entry of that type; 0: nowhere. */
size_t forge_macho_entry(const struct buffer *file, uint32_t type);
/* Computes all page digests of all CodeDirectories anew. */
void forge_macho_rehash(struct buffer *file);

/* A forgery, or what only looks like one, and what is right to say of it. */
struct apple_trap {
	const char *name;
	void (*make)(struct forge *f, struct buffer *out);
	const char *verdict;
	const char *binding, *signature;
	const char *finding; /* that must be there; NULL: none worse than info */
};
extern const struct apple_trap apple_traps[];
extern const size_t n_apple_traps;
