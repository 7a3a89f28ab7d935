/* SPDX-License-Identifier: MIT */
/*
 * Pins: which certificates are anchors, by their SHA-256 alone.
 *
 * A table of text, one row a line, columns parted by tabs:
 *
 *	sha256  sets  flags  disallowed  not-before  name  reason
 *
 * sets "ms-code,ms-tsa" or "-"; flags "own,public" or "-"; dates RFC 3339 or
 * "-"; lines that begin with # are remarks.  The bytes of a certificate may come
 * from anywhere: they are accepted because their digest is in the table.
 */
#pragma once
#include "trust/intake.h"

#define PINS_MAX             4096
#define PINS_MAX_CERTIFICATE 16384 /* octets */

struct pins {
	struct record *records; /* sorted by digest */
	size_t n, n_found;      /* whose bytes are known */
};

/* Adds the rows of @text; @public_roots: each is known to a public programme. */
MUST_CHECK enum status pins_read(struct arena *a, struct span text, bool public_roots,
				 struct pins *pins, const char **problem);

/* An intake_reader with a struct pins as context: finds pinned certificates anywhere in a
 * file, as DER or PEM. */
enum status pins_scan(struct intake *in, struct span bytes, const char *name);
