/* SPDX-License-Identifier: MIT */
/*
 * Crafts: one for each kind of signed file other than Windows programs, which
 * matrix.h has.  How such a file is made and signed, and the tricks that thieves
 * play with it (MITRE ATT&CK T1036.001), on bytes in memory.
 *
 * A trick takes whole files, as a thief would: those of the forge, and real ones
 * where it does not say that it cannot.
 */
#pragma once
#include "tests/forge/forge.h"
#include "tests/openpgp_builder.h"

#define CRAFT_FOREIGN UINT_MAX

struct craft_file {
	const char *name;
	struct buffer file;
	struct buffer beside; /* a signature in a file of its own; empty: none */
	uint8_t row;          /* of companion_rows: what that one is */
	unsigned number;      /* of the forge's own: another number, another content */
	bool known;           /* the index shall know it */
};
void craft_file_free(struct craft_file *f); /* usable as CLEANUP() */

enum craft_signer { CRAFT_RSA, CRAFT_EDDSA, CRAFT_SIGNERS };

/* Keys that stand in no certificate of the forge. */
struct craft_shop {
	struct forge *forge;
	struct pgp_maker pgp[CRAFT_SIGNERS];
	EVP_PKEY *ed25519; /* of minisign and signify */
};
void craft_shop_open(struct craft_shop *shop, struct forge *f);
void craft_shop_close(struct craft_shop *shop);
/* Whom to believe, as users write such files. */
#define CRAFT_ANCHORS 3
void craft_anchors(struct craft_shop *shop, struct buffer out[CRAFT_ANCHORS]);

enum craft_group {
	CRAFT_STOLEN,   /* a signature that was made for another file */
	CRAFT_ALTERED,  /* a signed file, altered */
	CRAFT_ADDED,    /* a signed file, and more that nobody signed */
	CRAFT_STRIPPED, /* a signed file without its signature, or a part of it */
	CRAFT_POSING,   /* somebody's name without a signature of his that is meant */
};

struct craft;
struct craft_cell {
	struct craft_shop *shop;
	const struct craft *craft;
	const struct craft_file *host, *donor;
	uint64_t seed;
};

struct craft_trick {
	const char *name;
	enum craft_group group;
	/* NULL: made; else why this cell makes no sense. */
	const char *(*make)(const struct craft_cell *cell, struct craft_file *out);
	/* The word that is right, several with '|' between them; where the index knows the
	 * donor (NULL: the same). */
	const char *word, *word_known;
};

struct craft {
	const char *name;
	const char *format;  /* as reports say it */
	const char *genuine; /* the word for one that nobody touched */
	/* NULL: there are real ones only. */
	void (*make)(struct craft_shop *shop, unsigned number, struct craft_file *out);
	/* Signed bytes that are nothing but content: where one can be changed. */
	struct range (*content)(const struct buffer *file);
	const struct craft_trick *tricks;
	size_t n_tricks;
};
#define CRAFT_TRICKS(rows) .tricks = rows, .n_tricks = COUNT_OF(rows)

/* The crafts, by theme; n of each. */
struct craft_table {
	const struct craft *crafts;
	size_t n;
};
extern const struct craft_table *const craft_tables[];
extern const size_t n_craft_tables;
extern const struct craft_table crafts_linux, crafts_beside, crafts_apple, crafts_windows,
	crafts_archives, crafts_android;
const struct craft *craft_find(const char *name);

/* Tricks that many play. */
#define CRAFT_MAKE(name)                                                                       \
	const char *craft_##name(const struct craft_cell *cell, struct craft_file *out)
CRAFT_MAKE(flip);   /* one bit of the content */
CRAFT_MAKE(behind); /* bytes behind the file */
CRAFT_MAKE(beside); /* the host with the signature that lies beside the donor */

/* Text that no other number has: @lines of it, which end with @end. */
void craft_text_ending(struct buffer *out, unsigned number, unsigned lines, const char *end);
void craft_text(struct buffer *out, unsigned number, unsigned lines);
/* A bit of one byte in @where, chosen by @seed. */
void craft_turn(struct buffer *file, struct range where, uint64_t seed);
void craft_copy(struct craft_file *out, const struct craft_file *from);
