/* SPDX-License-Identifier: MIT */
#include "crypto/lanes_feed.h"

#include "structure/inflater.h"
#include <openssl/evp.h>

static const uint8_t zeros[4096];

static uint64_t piece_len(const struct piece *p)
{
	return p->kind == PIECE_LITERAL ? p->literal.len : p->range.len;
}

static bool is_inflated(const struct piece *p)
{
	return p->kind == PIECE_INFLATED || p->kind == PIECE_INFLATED_PART;
}

/* Does it want bytes of the file? */
static bool piece_reads(const struct piece *p)
{
	return p->kind == PIECE_RANGE || is_inflated(p);
}

enum status coverage_check(const struct coverage *c, uint64_t size)
{
	uint64_t n_zeros = 0;

	for (size_t i = 0; i < c->n; i++) {
		struct range r = c->pieces[i].range;

		switch (c->pieces[i].kind) {
		case PIECE_RANGE:
		case PIECE_INFLATED:
		case PIECE_INFLATED_PART:
			if (r.off > size || r.len > size - r.off)
				return STATUS_MALFORMED;
			break;
		case PIECE_ZEROS:
			if (r.len > LANES_MAX_ZEROS - n_zeros)
				return STATUS_LIMIT;
			n_zeros += r.len;
			break;
		case PIECE_LITERAL: break;
		}
	}
	return STATUS_OK;
}

uint64_t coverage_first(const struct coverage *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (piece_reads(&c->pieces[i]) && c->pieces[i].range.len > 0)
			return c->pieces[i].range.off;
	return FEED_NONE;
}

uint64_t coverage_until(const struct coverage *c, size_t piece, uint64_t done, uint64_t limit)
{
	uint64_t until = 0;

	for (; piece < c->n && until < limit; piece++, done = 0) {
		const struct piece *p = &c->pieces[piece];

		if (!piece_reads(p) || p->range.len == done)
			continue;
		if (p->range.off + done < until || p->range.off + done >= limit)
			break;
		until = p->range.off + p->range.len;
	}
	return until < limit ? until : limit;
}

void digest_methods_free(struct digest_methods *m)
{
	for (size_t i = 0; i < COUNT_OF(m->fetched); i++)
		EVP_MD_free(m->fetched[i]);
}

static enum status evp_begin(struct feed *f, enum digest_algorithm a, struct digest_methods *m)
{
	if (!m->fetched[a])
		m->fetched[a] = EVP_MD_fetch(NULL, digest_name(a), NULL);
	if (!m->fetched[a])
		return digest_refused();
	if (!f->context)
		f->context = EVP_MD_CTX_new();
	if (!f->context || EVP_DigestInit_ex2(f->context, m->fetched[a], NULL) != 1)
		return digest_refused();
	return STATUS_OK;
}

enum status feed_begin(struct feed *f, struct digest_job *job, struct digest_methods *m)
{
	f->piece = 0;
	f->done = 0;
	f->part = SPAN_NONE;
	f->padded = false;
	f->inflating = false;
	job->unreadable = false;
	f->streams = m->use_cpu && stream_can(job->algorithm);
	if (f->streams)
		stream_begin(&f->stream, job->algorithm);
	else
		TRY(evp_begin(f, job->algorithm, m));
	f->job = job;
	return STATUS_OK;
}

uint64_t feed_wants(const struct feed *f)
{
	return f->job->covered.pieces[f->piece].range.off + f->done;
}

/* No digest can say what does not come out; the rest of the job is passed over. */
static enum feed_state feed_give_up(struct feed *f)
{
	f->job->unreadable = true;
	f->piece = f->job->covered.n;
	return FEED_DONE;
}

/* Inflates what the window has of @p.  FEED_DONE: the piece ended as it should. */
static enum feed_state feed_inflate(struct feed *f, const struct piece *p,
				    const struct view_piece *window)
{
	/* Before the window: wraps, and is far behind it. */
	struct span in =
		span_clip(window->bytes, feed_wants(f) - window->off, p->range.len - f->done);
	size_t taken;

	if (!f->plain && inflater_new(&f->plain) != STATUS_OK)
		return FEED_FAILED;
	if (!f->inflating)
		inflater_begin(f->plain, p->plain);
	f->inflating = true;
	switch (inflater_run(f->plain, in, &taken, &f->part)) {
	case INFLATED_SOME: f->done += taken; return FEED_BLOCKS;
	case INFLATED_WANTS:
		f->done += taken;
		if (f->done < p->range.len)
			return FEED_WAITS;
		if (p->kind != PIECE_INFLATED_PART || !inflater_full(f->plain))
			return feed_give_up(f);
		f->inflating = false;
		return FEED_DONE;
	case INFLATED_ALL:
		f->done += taken;
		f->inflating = false;
		return f->done == p->range.len ? FEED_DONE : feed_give_up(f);
	case INFLATED_BAD: return feed_give_up(f);
	case INFLATED_NO_MEMORY: break;
	}
	return FEED_FAILED;
}

/* The next bytes that are at hand, in f->part; FEED_BLOCKS says that there are some. */
static enum feed_state feed_part(struct feed *f, const struct view_piece *window)
{
	const struct coverage *c = &f->job->covered;

	for (; f->piece < c->n; f->piece++, f->done = 0) {
		const struct piece *p = &c->pieces[f->piece];
		uint64_t left = piece_len(p) - f->done;

		if (is_inflated(p)) {
			enum feed_state state = feed_inflate(f, p, window);

			if (f->job->unreadable)
				return FEED_DONE;
			if (state != FEED_DONE)
				return state;
			continue;
		}
		if (left == 0)
			continue;
		switch (p->kind) {
		case PIECE_INFLATED:
		case PIECE_INFLATED_PART: break;
		case PIECE_RANGE:
			/* Before the window: wraps, and is far behind it. */
			f->part = span_clip(window->bytes, feed_wants(f) - window->off, left);
			break;
		case PIECE_ZEROS: f->part = span_clip(SPAN_OF(zeros), 0, left); break;
		case PIECE_LITERAL: f->part = span_after(p->literal, f->done); break;
		}
		f->done += f->part.len;
		return f->part.len > 0 ? FEED_BLOCKS : FEED_WAITS;
	}
	return FEED_DONE;
}

static enum feed_state feed_evp(struct feed *f, const struct view_piece *window)
{
	struct digest *result = &f->job->result;
	enum feed_state state;

	while ((state = feed_part(f, window)) == FEED_BLOCKS)
		if (EVP_DigestUpdate(f->context, f->part.ptr, f->part.len) != 1)
			return FEED_FAILED;
	if (state != FEED_DONE)
		return state;
	if (EVP_DigestFinal_ex(f->context, result->bytes, NULL) != 1)
		return FEED_FAILED;
	result->algorithm = f->job->algorithm;
	if (f->job->unreadable)
		*result = (struct digest){ 0 };
	return FEED_DONE;
}

/* At most one turn's blocks out of f->part. */
static bool feed_take(struct feed *f, struct span *blocks)
{
	struct span turn = span_clip(f->part, 0, FEED_TURN);
	size_t before = turn.len;
	bool taken = stream_take(&f->stream, &turn, blocks);

	f->part = span_after(f->part, before - turn.len);
	return taken;
}

enum feed_state feed_run(struct feed *f, const struct view_piece *window, struct span *blocks)
{
	if (!f->streams)
		return feed_evp(f, window);
	while (!feed_take(f, blocks)) {
		enum feed_state state = f->part.len > 0 ? FEED_BLOCKS : feed_part(f, window);

		if (state == FEED_WAITS || state == FEED_FAILED)
			return state;
		if (state == FEED_BLOCKS)
			continue;
		if (f->padded) {
			stream_result(&f->stream, &f->job->result);
			if (f->job->unreadable)
				f->job->result = (struct digest){ 0 };
			return FEED_DONE;
		}
		f->padded = true;
		*blocks = stream_last(&f->stream);
		break;
	}
	return FEED_BLOCKS;
}

void feed_free(struct feed *f)
{
	EVP_MD_CTX_free(f->context);
	inflater_free(f->plain);
}
