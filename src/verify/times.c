/* SPDX-License-Identifier: MIT */
/*
 * Timestamps of a signature: each is judged alone, all are reported.
 *
 * One that is bad or not trusted leaves the signature without it; it never
 * makes the signature broken, and never switches the expiry check off.
 */
#include "verify/message.h"

#include "base/time.h"

#define DAY INT64_C(86400)

static const char *moment_text(struct arena *a, int64_t seconds)
{
	struct time_text text;

	time_format(seconds, &text);
	return arena_printf(a, "%s", text.text);
}

enum status fact_timestamp_judge(struct arena *a, struct scheme_case *c,
				 const struct fact *fact, enum trust_set set,
				 struct timestamp_fact *tf)
{
	const struct timestamp *t = tf->timestamp;
	struct trust_question q = {
		.policy = &c->policy,
		.leaf = t->signer,
		.pool = t->certs,
		.n_pool = t->n_certs,
		.set = set,
		.purpose = TRUST_PURPOSE_TIMESTAMP,
		.time = t->time,
		.timestamped = true,
		.digest = t->imprint_algorithm,
		.signer_digest = t->digest,
		.effort = &c->effort,
		.whole = fact->claim->signature,
		.base = claim_base(fact->claim),
	};

	if (t->raw_hash)
		finding_add(c->findings, "ts.raw-hash", t->where, "DigestInfo",
			    "the hash alone");
	if (!t->good || !t->has_time || !t->signer) {
		finding_add(c->findings, "ts.bad", t->where, "a good timestamp",
			    t->problem ? t->problem : "it cannot be verified");
		return STATUS_OK;
	}
	if (t->time > c->policy.now + DAY) {
		tf->answer.holds_from = INT64_MIN;
		tf->answer.holds_until = t->time - DAY - 1;
		finding_add(c->findings, "ts.future", t->where, "a time before now",
			    moment_text(a, t->time));
		return STATUS_OK;
	}
	TRY(trust_judge(c->store, a, &q, c->findings, &tf->answer));
	if (tf->answer.holds_from < t->time - DAY)
		tf->answer.holds_from = t->time - DAY;
	tf->counts = tf->answer.trust == ASSAY_TRUST_ANCHORED;
	if (!tf->counts && tf->answer.trust != ASSAY_TRUST_UNEVALUATED)
		finding_add(c->findings, "ts.bad", t->where, "a trusted timestamp authority",
			    tf->answer.explanation);
	return STATUS_OK;
}

/* The earliest timestamp that counts and at which the leaf was valid, else now. */
static int64_t time_choose(struct fact *fact, int64_t now, struct findings *findings)
{
	const struct certificate *leaf = fact->certificate;
	int64_t best = now, first = INT64_MAX, last = INT64_MIN;

	fact->timestamped = false;
	for (size_t i = 0; i < fact->n_timestamps; i++) {
		const struct timestamp_fact *tf = &fact->timestamps[i];
		int64_t t = tf->timestamp->time;

		if (!tf->counts)
			continue;
		first = t < first ? t : first;
		last = t > last ? t : last;
		if (t < leaf->not_before)
			finding_add(findings, "ts.before-cert", tf->timestamp->where, NULL,
				    NULL);
		if (t < leaf->not_before || t > leaf->not_after ||
		    (fact->timestamped && t >= best))
			continue;
		best = t;
		fact->timestamped = true;
	}
	if (first < last && last - first > DAY)
		finding_add(findings, "ts.disagree", fact->where, "one time",
			    "timestamps more than a day apart");
	if (first != INT64_MAX) {
		fact->has_signed_at = true;
		fact->signed_at = fact->timestamped ? best : first;
	}
	return best;
}

void fact_times_choose(struct scheme_case *c, struct fact *fact)
{
	fact->judged_at = time_choose(fact, c->policy.now, c->findings);
}

static enum status times_judge(struct arena *a, struct scheme_case *c, struct fact *fact,
			       enum trust_set set, bool only_tokens)
{
	struct timestamps read;

	TRY(timestamps_read(a, fact->signer, fact->cms, fact->claim->signature,
			    claim_base(fact->claim), &read));
	c->n_timestamps += read.n;
	if (c->n_timestamps > FACT_MAX_STAMPS) {
		finding_add(
			c->findings, "limit.cms", fact->where,
			arena_printf(a, "at most %d timestamps in one file", FACT_MAX_STAMPS),
			NULL);
		return STATUS_LIMIT;
	}
	fact->timestamps = ARENA_NEW(a, struct timestamp_fact, read.n ? read.n : 1);
	if (!fact->timestamps)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < read.n; i++) {
		struct timestamp_fact *tf = &fact->timestamps[fact->n_timestamps];

		if (only_tokens && read.each[i].kind != TIMESTAMP_RFC3161)
			continue;
		fact->n_timestamps++;
		tf->timestamp = &read.each[i];
		TRY(fact_timestamp_judge(a, c, fact, set, tf));
	}
	fact_times_choose(c, fact);
	return STATUS_OK;
}

enum status fact_times(struct arena *a, struct scheme_case *c, struct fact *fact,
		       enum trust_set set)
{
	return times_judge(a, c, fact, set, false);
}

enum status fact_tokens(struct arena *a, struct scheme_case *c, struct fact *fact,
			enum trust_set set)
{
	return times_judge(a, c, fact, set, true);
}
