/* SPDX-License-Identifier: MIT */
/*
 * Sealed: an immutable file of which every byte is summed, read as a mapping.
 *
 *	body	begins with a magic of 8 bytes and a version u32
 *	sums	SHA-256 of each SEALED_BLOCK bytes of the body
 *	foot	SEALED_NUMBERS u64 of the owner, length of the body u64,
 *		SHA-256 over sums and these numbers, the magic again
 *
 * Opening checks the last digest, which stands for every byte; a block is
 * checked when it is first looked at, so that opening costs little however
 * large the file is, and damage is seen before it is believed.
 */
#pragma once
#include "base/buffer.h"
#include "trust/file.h"

#define SEALED_BLOCK     16384
#define SEALED_NUMBERS   ((size_t)5)
#define SEALED_MAGIC     8
#define SEALED_SUM_BYTES 32

struct sealed {
	struct span body, sums;
	uint64_t numbers[SEALED_NUMBERS];
	uint8_t root[32];
	_Atomic uint64_t *checked; /* a bit for each block that was found to be good */
};

/*
 * @bytes are borrowed until sealed_close().  STATUS_MALFORMED: *@problem (a literal) says how;
 * STATUS_UNSUPPORTED: of another version.
 */
MUST_CHECK enum status sealed_open(struct span bytes, const char *magic, uint32_t version,
				   struct sealed *out, const char **problem);
void sealed_close(struct sealed *s);

/* A part of the body, looked at for damage.  False: damaged, or outside. */
MUST_CHECK bool sealed_part(const struct sealed *s, uint64_t off, uint64_t len,
			    struct span *out);

struct sealed_writer {
	struct new_file file;
	struct buffer waiting, sums;
	uint64_t written; /* bytes of the body that are summed already */
	const char *magic;
	enum status status;
	uint8_t root[32]; /* stands for every byte */
};

/* What is to take the place of the file at @path (borrowed).  STATUS_IO: errno. */
MUST_CHECK enum status sealed_writer_begin(struct sealed_writer *w, const char *path,
					   const char *magic, uint32_t version);
/* Failures are remembered. */
void sealed_writer_add(struct sealed_writer *w, struct span bytes);
/* Where the next byte goes. */
uint64_t sealed_writer_at(const struct sealed_writer *w);
/* The rest of the file; from now on .root is known. */
MUST_CHECK enum status sealed_writer_finish(struct sealed_writer *w,
					    const uint64_t numbers[SEALED_NUMBERS]);
/* It takes its place. */
MUST_CHECK enum status sealed_writer_commit(struct sealed_writer *w);
/* Always; usable as CLEANUP(sealed_writer_end).  What was not committed never was. */
void sealed_writer_end(struct sealed_writer *w);
