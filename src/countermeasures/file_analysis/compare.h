/* SPDX-License-Identifier: MIT */
/*
 * Compare: what relates two programs, by their reports: whose signature each
 * carries, how much of the code is the same, and what of their looks.
 *
 * The reports come from an engine whose settings say .profiled, so that they
 * carry a record of each file (mimicry/donor.h) whoever signed it, and features.
 * Looks are what anybody can copy: they relate files only when nothing else does.
 */
#pragma once
#include "base/feature.h"
#include "evidence/report.h"
#include "mimicry/donor.h"

#define COMPARISON_MAX_ROWS     256
#define COMPARISON_MAX_SECTIONS 96
#define COMPARISON_MAX_IMAGES   (REPORT_MAX_SIGNATURES + REPORT_MAX_MEMORIES)
#define COMPARISON_MAX_FEATURES 1024 /* that differ; the rest is counted */

/* Side 0 is A, side 1 is B. */
enum comparison_kind {
	COMPARISON_UNKNOWN,      /* one of them could not be examined */
	COMPARISON_IDENTICAL,    /* the same bytes */
	COMPARISON_CUT,          /* .side is the beginning of the other, and not whole */
	COMPARISON_UNCOVERED,    /* the same image and signature; other bytes differ */
	COMPARISON_SIGNED_TWICE, /* the same image, other signatures */
	COMPARISON_STRIPPED,     /* the same image, .side without signature */
	COMPARISON_DRESSED,    /* the same image, .side with the signature of a third program */
	COMPARISON_ALTERED,    /* .side carries the other's signature and most of its code */
	COMPARISON_GRAFTED,    /* .side carries the other's signature, and other code */
	COMPARISON_CARRIED,    /* .side carries the other's signature; no code to compare */
	COMPARISON_THIRD,      /* both carry the signature of a third program */
	COMPARISON_VERSIONS,   /* much the same code, one verified signer */
	COMPARISON_VARIANTS,   /* much the same code, not one signer */
	COMPARISON_ONE_SIGNER, /* other programs of one verified signer */
	COMPARISON_RELATED,    /* some code is the same */
	COMPARISON_CLAIMED,    /* other programs; a name that is only claimed is the same */
	COMPARISON_LOOKS,      /* nothing but .looks */
	COMPARISON_NOTHING,
};
#define COMPARISON_KINDS ((size_t)COMPARISON_NOTHING + 1)

/* Different pages of code that are not of one byte. */
struct comparison_pages {
	bool known, estimated;     /* estimated: from samples of them */
	uint32_t n[2];             /* of each */
	uint32_t n_common;         /* in both */
	uint32_t sampled, matched; /* estimated: so many were looked at, and are in both */
};

enum comparison_mark {
	COMPARISON_ABSENT, /* neither has it */
	COMPARISON_SAME,
	COMPARISON_DIFFERENT,
	COMPARISON_ONLY_A,
	COMPARISON_ONLY_B,
};

/* What anybody can copy. */
enum comparison_look {
	LOOK_VERSION = 1, /* company, product and original file name */
	LOOK_ICON = 2,
	LOOK_MANIFEST = 4,
};

/* Something that both may have. */
struct comparison_row {
	const char *name;
	const char *text[2]; /* NULL: has none */
	bool claimed[2];     /* the file says so, and nobody verified it */
	enum comparison_mark mark;
};

struct comparison {
	enum comparison_kind kind;
	int side;
	unsigned looks;     /* bits of enum comparison_look: what both have */
	const char *signer; /* verified, of both; NULL */
	/* Why the signature of each proves nothing about its signer; NULL: it does, or there is
	 * none. */
	const char *doubt[2];
	uint64_t size[2];
	int beginning; /* the side that is the beginning of the other, to the byte; -1: none */
	struct comparison_pages pages;
	const struct comparison_row *rows;
	size_t n_rows;
	const struct comparison_row *features; /* that differ */
	size_t n_features, n_features_left;
};

/* The files that are compared. */
struct comparison_files {
	const struct report *reports[2];
	const char *paths[2];
	bool begins; /* all bytes of the smaller one are the first of the other */
};

/* STATUS_NO_MEMORY only. */
MUST_CHECK enum status comparison_make(struct arena *a, const struct comparison_files *files,
				       struct comparison *out);

enum comparison_origin { ORIGIN_UNKNOWN, ORIGIN_SAME, ORIGIN_DIFFERENT };
/* Do both come from the same: one verified signer, or the same program by content? */
enum comparison_origin comparison_origin(enum comparison_kind kind);
/* "altered", "grafted" ... */
const char *comparison_word(enum comparison_kind kind);

/* One sentence, without names that were not verified. */
void comparison_sentence(struct buffer *out, const struct comparison *c);
/* The sentence, the files, and the rows; @verbose: also features that differ. */
void comparison_text(struct buffer *out, const struct comparison *c,
		     const struct comparison_files *files, bool colour, bool verbose);
/* One object, schema assay.compare/1, without the newline. */
void comparison_json(struct buffer *out, const struct comparison *c,
		     const struct comparison_files *files);
