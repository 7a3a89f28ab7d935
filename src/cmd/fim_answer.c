/* SPDX-License-Identifier: MIT */
/* What was judged of a file, as a baseline remembers it. */
#include "cmd/fim.h"
#include "crypto/lanes.h"
#include "evidence/wire.h"

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
	r->flags |= BASELINE_HAS_SHA256;
	if (!report.has_sha256) /* whatever ails the reader of its format, its bytes count */
		return fim_content_hash(lanes, fd, r->sha256);
	(void)span_copy(r->sha256, sizeof(r->sha256), SPAN_OF(report.sha256));
	return STATUS_OK;
}
