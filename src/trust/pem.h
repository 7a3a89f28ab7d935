/* SPDX-License-Identifier: MIT */
/* PEM (RFC 7468): blocks of base64 in a text, with anything around and between them. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "base/status.h"

struct pem_block {
	struct span label; /* "CERTIFICATE" */
	struct span body;  /* base64 and line ends, perhaps header lines */
	struct span whole; /* with the lines that begin and end it */
};

/*
 * The next block of @text from *@at on, which then stands behind it.
 * STATUS_NOT_MINE: there is none; STATUS_MALFORMED: one is begun and not ended.
 */
MUST_CHECK enum status pem_next(struct span text, uint64_t *at, struct pem_block *out);

/* The octets of a body.  STATUS_MALFORMED: not base64. */
MUST_CHECK enum status pem_decode(struct arena *a, struct span body, struct span *out);

bool pem_label_is(const struct pem_block *block, const char *label);

/* @der as a block, with line ends. */
void pem_encode(struct buffer *out, const char *label, struct span der);
/* The same as OpenPGP writes it (RFC 9580 6.2): an empty line ends the headers. */
void armor_encode(struct buffer *out, const char *label, struct span packets);
