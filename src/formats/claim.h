/* SPDX-License-Identifier: MIT */
/*
 * Claim: what a file says about itself.  Nothing here has been checked.
 *
 * T1036.001 is a claim that passes for a fact.  So the two have different
 * types, and only src/verify turns one into the other.
 */
#pragma once
#include "assay.h"
#include "base/finding.h"
#include "source/view.h"

/* A piece of what a digest covers, in hash order. */
enum piece_kind {
	PIECE_RANGE,   /* bytes of the file: range */
	PIECE_ZEROS,   /* range.len zero bytes that are not in the file */
	PIECE_LITERAL, /* bytes that are not in the file: literal */
	/* What comes out of the raw deflate stream (RFC 1951) in range, all of it:
	 * .plain bytes, else the digest is none. */
	PIECE_INFLATED,
	/* The same of a part of such a stream that begins and ends at a full flush. */
	PIECE_INFLATED_PART,
};

struct piece {
	enum piece_kind kind;
	struct range range;
	struct span literal;
	uint64_t plain;
};

struct coverage {
	const struct piece *pieces;
	size_t n;
};

struct claim {
	const char *scheme; /* the name of the room of src/verify that reads it */
	unsigned part;      /* index of the container's part that it speaks for */
	enum assay_presence presence;
	struct range where;     /* where the signature lies in the file, all of it */
	uint64_t signature_off; /* where @signature begins in the file */
	struct span signature;  /* its bytes, with whatever stands behind them */
	const char *companion;  /* in which it stands: see companions.h; NULL: in the file */
	bool packed; /* @signature was inflated or gathered: places in it are none of the file
		      */
	struct range uncovered;  /* bytes behind its reach, where another program can hide */
	bool unsupported;        /* a kind of signature that must not be read as PKCS #7 */
	uint16_t revision, type; /* WIN_CERTIFICATE */
	const struct coverage *covered; /* what it says it covers */
	const struct claim *next;
};
