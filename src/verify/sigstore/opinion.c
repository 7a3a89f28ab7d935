/* SPDX-License-Identifier: MIT */
/* What one trusted root makes of a bundle whose own mathematics hold. */
#include "base/time.h"
#include "verify/sigstore/state.h"

static const char *moment_text(struct arena *a, int64_t seconds)
{
	struct time_text text;

	time_format(seconds, &text);
	return arena_printf(a, "%s", text.text);
}

static void distrust(struct sigstore_opinion *o, enum assay_trust trust, const char *why)
{
	o->trust = trust;
	o->why = why;
}

/* A log's own time counts when the log signed it (Rekor v1). */
static void time_take(const struct scheme_case *c, const struct sigstore_entry *e,
		      struct sigstore_opinion *out)
{
	if (e->promise.len > 0 && e->has_time)
		sigstore_time_add(c, e->integrated_time, out);
}

bool sigstore_time_add(const struct scheme_case *c, int64_t time, struct sigstore_opinion *out)
{
	int64_t counts_from = time - SIGSTORE_TOLERATED_AHEAD;

	if (counts_from > c->policy.now) {
		if (out->holds_until >= counts_from)
			out->holds_until = counts_from - 1;
		return false;
	}
	if (out->holds_from < counts_from)
		out->holds_from = counts_from;
	out->times[out->n_times++] = time;
	return true;
}

/* Every entry of a log that is known must hold, and there must be one. */
static enum status entries_judge(struct arena *a, const struct scheme_case *c,
				 const struct sigstore_bundle *b,
				 const struct sigstore_root *root, struct sigstore_opinion *out)
{
	size_t n_known = 0;

	for (size_t i = 0; i < b->n_entries; i++) {
		const struct sigstore_entry *e = &b->entries[i];
		const struct sigstore_log *log = sigstore_log_find(&root->logs, e->log_id);

		if (!log || !log->key.usable)
			continue;
		TRY(sigstore_log_check(a, e, log, &out->broken));
		if (out->broken)
			return STATUS_OK;
		n_known++;
		time_take(c, e, out);
	}
	if (n_known == 0)
		distrust(out, ASSAY_TRUST_UNTRUSTED_ROOT,
			 "its transparency log is not in the trusted root");
	return STATUS_OK;
}

/* Was each log in force whenever the signature was there? */
static void logs_judge(const struct sigstore_bundle *b, const struct sigstore_root *root,
		       struct sigstore_opinion *out)
{
	for (size_t i = 0; i < b->n_entries && !out->why; i++) {
		const struct sigstore_log *log =
			sigstore_log_find(&root->logs, b->entries[i].log_id);

		for (size_t k = 0; log && k < out->n_times; k++)
			if (out->times[k] < log->from || out->times[k] > log->until)
				distrust(out, ASSAY_TRUST_EXPIRED,
					 "its transparency log was not in force at that time");
	}
}

/* The path of the leaf that is valid at every time, else why there is none. */
static enum status chain_judge(struct arena *a, const struct sigstore_bundle *b,
			       const struct sigstore_root *root, struct sigstore_opinion *out)
{
	const char *why = "no authority for certificates is in the trusted root";
	enum assay_trust trust = ASSAY_TRUST_UNTRUSTED_ROOT;

	for (size_t i = 0; i < root->issuers.n; i++) {
		const struct sigstore_authority *authority = &root->issuers.each[i];
		bool valid = true;
		const char *problem;

		TRY(sigstore_path_find(a, &b->leaf, authority, EKU_CODE_SIGNING, &out->path,
				       &problem));
		if (problem) {
			why = trust == ASSAY_TRUST_EXPIRED ? why : problem;
			continue;
		}
		for (size_t k = 0; k < out->n_times; k++)
			valid = valid &&
				sigstore_path_valid(&out->path, authority, out->times[k]);
		if (valid)
			return sigstore_sct_check(&out->path, &root->ct_logs, &out->why);
		trust = ASSAY_TRUST_EXPIRED;
		why = "a certificate was not valid at every time at which the signature was "
		      "seen";
	}
	distrust(out, trust, why);
	return STATUS_OK;
}

/* Without any time that somebody proves, a certificate of minutes says nothing. */
static void timeless(struct arena *a, const struct scheme_case *c,
		     const struct sigstore_bundle *b, struct sigstore_opinion *out)
{
	const char *end = moment_text(a, b->leaf.not_after);

	bool ended = c->policy.now > b->leaf.not_after;

	if (ended && out->holds_from <= b->leaf.not_after)
		out->holds_from = b->leaf.not_after + 1;
	if (!ended && out->holds_until > b->leaf.not_after)
		out->holds_until = b->leaf.not_after;
	distrust(out, ended ? ASSAY_TRUST_EXPIRED : ASSAY_TRUST_UNTRUSTED_ROOT,
		 arena_printf(a,
			      "nothing that is trusted says when it was signed, and its "
			      "certificate ends at %s",
			      end ? end : ""));
}

enum status sigstore_opinion_make(struct arena *a, const struct scheme_case *c,
				  const struct sigstore_bundle *b,
				  const struct sigstore_root *root,
				  struct sigstore_opinion *out)
{
	*out = (struct sigstore_opinion){
		.trust = ASSAY_TRUST_ANCHORED,
		.holds_from = INT64_MIN,
		.holds_until = INT64_MAX,
	};
	TRY(entries_judge(a, c, b, root, out));
	if (out->broken)
		return STATUS_OK;
	TRY(sigstore_tokens_judge(a, c, b, root, out));
	if (!out->why)
		logs_judge(b, root, out);
	if (out->why || !b->has_leaf)
		return STATUS_OK;
	if (out->n_times == 0) {
		timeless(a, c, b, out);
		return out->why ? STATUS_OK : STATUS_NO_MEMORY;
	}
	TRY(chain_judge(a, b, root, out));
	if (out->why && out->trust == ASSAY_TRUST_ANCHORED)
		out->trust = ASSAY_TRUST_UNTRUSTED_ROOT;
	return STATUS_OK;
}
