/* SPDX-License-Identifier: MIT */
/* Hash lanes over deflated pieces: what comes out is hashed, or nothing is. */
#include "crypto/test_lanes_specimen.h"

#include "tests/check.h"
#include <unistd.h>
#include <zlib.h>

#define ROOM ((size_t)1 << 20)

static uint8_t plain[ROOM], file[2 * ROOM];

/* @n bytes that repeat now and then. */
static void plain_make(size_t n)
{
	for (size_t i = 0; i < n; i++)
		plain[i] = i > 40 && random_below(3) ? plain[i - 1 - random_below(40)]
						     : (uint8_t)random_below(256);
}

/* Deflates @n bytes of plain[] to file[@at]; how long that is.  @flush: it does not end. */
static size_t deflate_to(size_t at, size_t n, bool flush)
{
	z_stream z = { 0 };
	size_t len;

	if (deflateInit2(&z, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = plain;
	z.avail_in = (unsigned)n;
	z.next_out = &file[at];
	z.avail_out = (unsigned)(sizeof file - at);
	if (deflate(&z, flush ? Z_FULL_FLUSH : Z_FINISH) != (flush ? Z_OK : Z_STREAM_END))
		abort();
	len = z.total_out;
	(void)deflateEnd(&z);
	return len;
}

enum fault { FAULT_NONE, FAULT_LONGER, FAULT_SHORTER, FAULT_CUT, FAULT_BEHIND, FAULT_BYTE };
static const struct {
	const char *name;
	enum fault fault;
	bool part, flushed, right; /* taken for a part of a stream; does not end */
} faults[] = {
	{"whole",			       FAULT_NONE,    false, false, true },
	{ "one byte more than it says",         FAULT_SHORTER, false, false, false},
	{ "one byte less than it says",         FAULT_LONGER,  false, false, false},
	{ "cut",				FAULT_CUT,     false, false, false},
	{ "a byte behind the stream",           FAULT_BEHIND,  false, false, false},
	{ "a stream of a reserved kind",        FAULT_BYTE,    false, false, false},
	{ "a whole stream for a part",          FAULT_NONE,    true,  false, true },
	{ "a part",			     FAULT_NONE,    true,  true,  true },
	{ "a part for a whole stream",          FAULT_NONE,    false, true,  false},
	{ "a part, one byte more than it says", FAULT_SHORTER, true,  true,  false},
	{ "a part, one byte less than it says", FAULT_LONGER,  true,  true,  false},
};

static struct piece piece_with(enum fault fault, size_t at, size_t len, size_t n)
{
	struct piece p = {
		.kind = PIECE_INFLATED, .range = {at, len},
                     .plain = n
	};

	p.plain += fault == FAULT_LONGER;
	p.plain -= fault == FAULT_SHORTER;
	p.range.len -= fault == FAULT_CUT;
	p.range.len += fault == FAULT_BEHIND;
	if (fault == FAULT_BYTE)
		file[at] |= 7;
	return p;
}

/* A literal, a deflated piece, a range, in one digest; another job beside it goes on. */
static void test_one(enum digest_algorithm algorithm, size_t n, size_t row, size_t chunk)
{
	enum fault fault = faults[row].fault;
	size_t at = 100 + random_below(50), len;
	struct source source = { 0 };
	struct view view;
	struct piece pieces[3], beside;
	struct digest_job jobs[2];
	struct hash_task task = { &source, &view, jobs, 2, STATUS_USAGE, NULL };
	struct lanes *l = lanes_new_chunk(chunk != 0, chunk ? chunk : 4096);
	int fd;
	struct digest want, want_beside;
	struct span parts[3], raw;
	bool right;

	plain_make(n);
	for (size_t i = 0; i < at; i++)
		file[i] = (uint8_t)random_below(256);
	len = deflate_to(at, n, faults[row].flushed);
	pieces[0] = (struct piece){ .kind = PIECE_LITERAL, .literal = SPAN_TEXT("before") };
	pieces[1] = piece_with(fault, at, len, n);
	if (faults[row].part)
		pieces[1].kind = PIECE_INFLATED_PART;
	pieces[2] = (struct piece){
		.kind = PIECE_RANGE, .range = {at + len, 70}
	};
	beside = (struct piece){
		.kind = PIECE_RANGE, .range = {at, len}
	};
	jobs[0] = (struct digest_job){
		.algorithm = algorithm, .covered = {pieces, 3}
	};
	jobs[1] = (struct digest_job){
		.algorithm = algorithm, .covered = {&beside, 1}
	};
	view = (struct view){ .size = at + len + 70 };
	if (!l)
		abort();
	fd = specimen_file(file, at + len + 70, &source);
	lanes_run(l, &task, 1);
	parts[0] = pieces[0].literal;
	parts[1] = (struct span){ plain, n };
	parts[2] = (struct span){ &file[at + len], 70 };
	raw = (struct span){ &file[at], len };
	if (digest_of(algorithm, parts, 3, &want) != STATUS_OK ||
	    digest_of(algorithm, &raw, 1, &want_beside) != STATUS_OK)
		abort();
	right = digest_equal(&want, digest_span(&jobs[0].result));
	CHECK(task.status == STATUS_OK && right == faults[row].right &&
		      jobs[0].unreadable != right &&
		      (right || jobs[0].result.algorithm == DIGEST_NONE) &&
		      digest_equal(&jobs[1].result, digest_span(&want_beside)),
	      "%s: %zu bytes, %s, %zu at a time", faults[row].name, n, digest_name(algorithm),
	      chunk);
	lanes_free(l);
	(void)close(fd);
}

int main(void)
{
	static const size_t sizes[] = { 1, 63, 5000, 300000 };
	static const size_t chunks[] = { 0, 512, (size_t)64 << 10 }; /* 0: EVP */

	for (size_t row = 0; row < COUNT_OF(faults); row++)
		for (size_t s = 0; s < COUNT_OF(sizes); s++)
			for (size_t c = 0; c < COUNT_OF(chunks); c++) {
				test_one(DIGEST_SHA256, sizes[s], row, chunks[c]);
				test_one(DIGEST_SHA1, sizes[s], row, chunks[c]);
			}
	return CHECK_DONE();
}
