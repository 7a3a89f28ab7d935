/* SPDX-License-Identifier: MIT */
/* Summary: what a run came to, as a last line of text or of JSON. */
#include "base/json.h"
#include "evidence/evidence.h"

static void add_part(struct buffer *out, uint64_t n, const char *what)
{
	if (n == 0)
		return;
	buffer_text(out, ", ");
	buffer_u64(out, n);
	buffer_char(out, ' ');
	buffer_text(out, what);
}

void text_summary(struct buffer *out, const struct summary *s, int exit_code)
{
	buffer_u64(out, s->n_files);
	buffer_text(out, s->n_files == 1 ? " file" : " files");
	if (s->n_violations == 0)
		buffer_text(out, ", no violation");
	add_part(out, s->n_violations, s->n_violations == 1 ? "violation" : "violations");
	add_part(out, s->by_verdict[ASSAY_VERDICT_VALID], "valid");
	add_part(out, s->by_verdict[ASSAY_VERDICT_UNTRUSTED], "untrusted");
	add_part(out, s->n_unevaluated, "of them cannot be checked");
	add_part(out, s->by_verdict[ASSAY_VERDICT_UNSIGNED], "unsigned");
	add_part(out, s->by_verdict[ASSAY_VERDICT_UNSUPPORTED], "unsupported");
	add_part(out, s->n_errors, s->n_errors == 1 ? "error" : "errors");
	add_part(out, s->n_skipped, "skipped");
	add_part(out, s->n_cached, "from the cache");
	buffer_text(out, s->complete ? "; exit " : "; incomplete; exit ");
	buffer_u64(out, exit_code < 0 ? 0 : (uint64_t)exit_code);
	buffer_char(out, '\n');
}

void json_summary(struct buffer *out, const struct summary *s)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.summary/1");
	json_u64(&j, "files", s->n_files);
	json_u64(&j, "violations", s->n_violations);
	json_u64(&j, "errors", s->n_errors);
	json_u64(&j, "skipped", s->n_skipped);
	json_u64(&j, "unevaluated", s->n_unevaluated);
	json_u64(&j, "cached", s->n_cached);
	json_u64(&j, "bytes", s->n_bytes);
	json_object(&j, "verdicts");
	for (int v = ASSAY_VERDICT_VALID; v <= ASSAY_VERDICT_ERROR; v++)
		json_u64(&j, assay_verdict_word((enum assay_verdict)v), s->by_verdict[v]);
	json_end(&j);
	json_bool(&j, "complete", s->complete);
	json_end(&j);
}
