/* SPDX-License-Identifier: MIT */
/* What was judged of a file, as a baseline remembers it. */
#include "cmd/fim.h"
#include "crypto/lanes.h"
#include "evidence/wire.h"
#include <stdlib.h>

#define HOLE_SUMMED  ((size_t)64 << 10) /* larger ones are not read once more */
#define JUDGE_DIGITS 16                 /* of a digest */
#define JUDGE_TEXT   64 /* what a worker says that somebody took over has an end */

enum status fim_content_digest(struct lanes **lanes, int fd, enum digest_algorithm algorithm,
			       struct digest *out)
{
	struct source source;
	struct view view = { 0 };
	struct piece whole = { .kind = PIECE_RANGE };
	struct digest_job job = {
		.algorithm = algorithm, .covered = {&whole, 1}
	};
	struct hash_task task = { .source = &source, .view = &view, .jobs = &job, .n_jobs = 1 };

	if (!*lanes)
		*lanes = lanes_new(true);
	if (!*lanes)
		return STATUS_NO_MEMORY;
	TRY(source_begin(&source, fd));
	view.size = whole.range.len = source.before.size;
	lanes_run(*lanes, &task, 1);
	TRY(source_end(&source));
	TRY(task.status);
	*out = job.result;
	return STATUS_OK;
}

enum status fim_content_hash(struct lanes **lanes, int fd, uint8_t out[32])
{
	struct digest digest;

	TRY(fim_content_digest(lanes, fd, DIGEST_SHA256, &digest));
	(void)span_copy(out, 32, digest_span(&digest));
	return STATUS_OK;
}

static struct span text_of(const char *text)
{
	return text ? SPAN_TEXT(text) : SPAN_NONE;
}

static void signature_take(struct arena *a, const struct report_signature *s,
			   struct baseline_record *r)
{
	CLEANUP(buffer_free) struct buffer covered = BUFFER_INIT;

	r->presence = s->presence;
	r->binding = s->binding;
	r->signature = s->signature;
	r->trust = s->trust;
	r->reason = text_of(s->trust_reason);
	r->signer = text_of(s->signer);
	r->signer_spki = s->signer_spki;
	r->anchor_spki = s->anchor_spki;
	if (s->has_signed_at)
		r->flags |= BASELINE_HAS_SIGNED_AT;
	r->signed_at = s->signed_at;
	if (!s->digest_algorithm || s->digest_computed.len == 0)
		return;
	buffer_printf(&covered, "%s:", s->digest_algorithm);
	buffer_hex(&covered, s->digest_computed);
	if (buffer_status(&covered) == STATUS_OK)
		r->covered = arena_copy(a, buffer_span(&covered));
}

/* ---- what no signature covers ---- */

static bool is_sound(const struct report_signature *s)
{
	return s->signature == ASSAY_SIGNATURE_GOOD && s->binding == ASSAY_BINDING_INTACT;
}

static int range_order(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->off > y->off) - (x->off < y->off);
}

/*
 * What sound signatures cover, in order of places.  NULL: none does, it is not known of each,
 * or there is no memory.
 */
static struct range *covered_list(struct arena *a, const struct report *report, size_t *n)
{
	struct range *list;
	size_t room = 0;

	*n = 0;
	for (size_t i = 0; i < report->n_signatures; i++) {
		const struct report_signature *s = &report->signatures[i];

		if (is_sound(s) && (s->covers_more || s->n_covered == REPORT_MAX_RANGES))
			return NULL;
		room += is_sound(s) ? s->n_covered : 0;
	}
	list = room > 0 ? ARENA_NEW(a, struct range, room) : NULL;
	for (size_t i = 0; list && i < report->n_signatures; i++)
		for (size_t k = 0; k < report->signatures[i].n_covered; k++)
			if (is_sound(&report->signatures[i]))
				list[(*n)++] = report->signatures[i].covered[k];
	if (list)
		qsort(list, *n, sizeof(*list), range_order);
	return list;
}

/* The beginning of the digest of a hole; 0: too large to be read once more. */
static enum status hole_sum(struct source *s, struct baseline_hole *hole)
{
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(HOLE_SUMMED + 64);
	struct digest digest;
	struct span bytes;
	uint8_t *room;

	if (hole->len > HOLE_SUMMED)
		return STATUS_OK;
	room = ARENA_NEW(&scratch, uint8_t, (size_t)hole->len);
	if (!room)
		return STATUS_NO_MEMORY;
	TRY(source_read(s, NULL, hole->off, room, (size_t)hole->len));
	bytes = (struct span){ room, (size_t)hole->len };
	TRY(digest_of(DIGEST_SHA256, &bytes, 1, &digest));
	for (size_t i = 0; i < sizeof(hole->sum); i++)
		hole->sum |= (uint64_t)digest.bytes[i] << (8 * i);
	hole->sum += hole->sum == 0;
	return STATUS_OK;
}

/* The bytes of a file of @size between what is @covered. */
static void holes_list(const struct range *covered, size_t n, uint64_t size,
		       struct baseline_hole holes[BASELINE_MAX_HOLES + 1], size_t *n_holes)
{
	uint64_t end = 0;

	*n_holes = 0;
	for (size_t i = 0; i <= n && *n_holes <= BASELINE_MAX_HOLES; i++) {
		struct range next = i < n ? covered[i] : (struct range){ size, 0 };

		if (next.off > size || next.len > size - next.off)
			next = (struct range){ size, 0 };
		if (next.off > end)
			holes[(*n_holes)++] =
				(struct baseline_hole){ .off = end, .len = next.off - end };
		if (next.off + next.len > end)
			end = next.off + next.len;
	}
}

static enum status holes_take(struct arena *a, int fd, const struct report *report,
			      struct baseline_record *r)
{
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;
	const struct source_identity known = { .size = r->size };
	struct baseline_hole holes[BASELINE_MAX_HOLES + 1];
	struct source source;
	size_t n, n_holes;
	const struct range *covered;

	/* Offsets of what comes out of a packed file are none of the file. */
	covered = report->packing ? NULL : covered_list(a, report, &n);
	if (!covered)
		return STATUS_OK;
	holes_list(covered, n, r->size, holes, &n_holes);
	if (n_holes > BASELINE_MAX_HOLES)
		return STATUS_OK;
	source_of_known(&source, fd, &known);
	for (size_t i = 0; i < n_holes; i++) {
		TRY(hole_sum(&source, &holes[i]));
		baseline_hole_put(&bytes, &holes[i]);
	}
	TRY(buffer_status(&bytes));
	r->flags |= BASELINE_HAS_HOLES;
	r->holes = arena_copy(a, buffer_span(&bytes));
	return n_holes == 0 || r->holes.ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

/* ---- what was found ---- */

static int text_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Their ids, each once, in order, as many as fit. */
static enum status findings_take(struct arena *a, const struct report *report,
				 struct baseline_record *r)
{
	CLEANUP(buffer_free) struct buffer ids = BUFFER_INIT;
	const char *list[REPORT_MAX_FINDINGS];
	size_t n = report->n_findings < COUNT_OF(list) ? report->n_findings : COUNT_OF(list);

	for (size_t i = 0; i < n; i++)
		list[i] = report->findings[i].id;
	qsort(list, n, sizeof(*list), text_order);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(list[i - 1], list[i]) == 0)
			continue;
		if (ids.len + 1 + strlen(list[i]) > BASELINE_MAX_FINDINGS)
			break;
		if (ids.len > 0)
			buffer_char(&ids, ' ');
		buffer_text(&ids, list[i]);
	}
	TRY(buffer_status(&ids));
	r->findings = arena_copy(a, buffer_span(&ids));
	return n == 0 || r->findings.ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Who judged it, as far as two of them have to be told apart. */
static void judge_take(const struct report *report, struct baseline_record *r)
{
	r->engine = span_clip(text_of(report->engine), 0, JUDGE_TEXT);
	r->policy = span_clip(text_of(report->policy), 0, JUDGE_DIGITS);
	r->trust_store = span_clip(text_of(report->trust_store), 0, JUDGE_DIGITS);
	r->version = span_clip(text_of(report->version), 0, JUDGE_TEXT);
}

enum status fim_answer_take(struct arena *a, struct lanes **lanes, int fd,
			    const struct pool_answer *answer, struct baseline_record *r)
{
	struct report report;

	if (answer->died || answer->timed_out ||
	    wire_decode(a, answer->report, &report) != STATUS_OK)
		report = (struct report){ .verdict = ASSAY_VERDICT_ERROR,
					  .rule = "error.worker",
					  .decisive = -1 };
	if (strcmp(report.rule, "error.changed") == 0)
		return STATUS_CHANGED;
	/* Of no known format: no verdict, and not one that could not be had. */
	if (report.format || report.verdict != ASSAY_VERDICT_UNSUPPORTED)
		r->verdict = report.verdict;
	r->rule = text_of(report.rule);
	r->format = text_of(report.format);
	if (report.decisive >= 0 && (size_t)report.decisive < report.n_signatures)
		signature_take(a, &report.signatures[report.decisive], r);
	if (r->verdict != ASSAY_VERDICT_UNKNOWN) {
		judge_take(&report, r);
		TRY(findings_take(a, &report, r));
		TRY(holes_take(a, fd, &report, r));
	}
	r->flags |= BASELINE_HAS_SHA256;
	if (!report.has_sha256) /* whatever ails the reader of its format, its bytes count */
		return fim_content_hash(lanes, fd, r->sha256);
	(void)span_copy(r->sha256, sizeof(r->sha256), SPAN_OF(report.sha256));
	return STATUS_OK;
}
