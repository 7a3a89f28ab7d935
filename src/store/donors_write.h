/* SPDX-License-Identifier: MIT */
/* Writes an image (store/donors_image.h) as its records come, to a file or to memory. */
#pragma once
#include "base/buffer.h"
#include "store/donors_image.h"
#include "trust/file.h"

struct image_row;

struct image_writer {
	struct new_file *file; /* NULL: to .waiting, all of it */
	struct buffer waiting, sums, record;
	uint64_t written; /* bytes of the body that are summed already */
	struct image_row *rows[IMAGE_TABLES];
	uint64_t n_rows[IMAGE_TABLES], size_rows[IMAGE_TABLES];
	struct donor_order last;
	bool has_sha1; /* without a block, so that nothing stronger can stand beside it */
	enum status status;
	/* Of what is finished: */
	uint64_t n_bytes;
	uint8_t root[32];
};

/* @file: begun, and borrowed; NULL: an image in memory. */
void image_writer_begin(struct image_writer *w, struct new_file *file);
/* In the order of struct donor_order, each once.  Failures are remembered. */
void image_writer_add(struct image_writer *w, const struct donor *d);
/* The rest of the file, which is not committed yet, or of image_writer_bytes(). */
MUST_CHECK enum status image_writer_finish(struct image_writer *w);
static inline struct span image_writer_bytes(const struct image_writer *w)
{
	return buffer_span(&w->waiting);
}
/* Usable as CLEANUP(image_writer_end). */
void image_writer_end(struct image_writer *w);
