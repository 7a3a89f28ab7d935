/* SPDX-License-Identifier: MIT */
/*
 * trust_judge(): the way through the steps.
 *
 * All paths from the leaf are tried; a path that ends in an anchor of the
 * purpose's set is better than any that does not, and among those the one
 * with the mildest reason against it decides (RFC 5280 6.1 leaves the choice
 * of the path open).  Nothing is fetched, whatever addresses a file names.
 */
#include "base/time.h"
#include "trust/inquiry.h"

/* Mildest last; the order of enum assay_trust, but for "unevaluated". */
static const enum assay_trust precedence[] = {
	ASSAY_TRUST_REVOKED,        ASSAY_TRUST_DISTRUSTED,  ASSAY_TRUST_WRONG_USAGE,
	ASSAY_TRUST_WEAK_ALGORITHM, ASSAY_TRUST_EXPIRED,     ASSAY_TRUST_SELF_SIGNED,
	ASSAY_TRUST_UNTRUSTED_ROOT, ASSAY_TRUST_UNKNOWN_KEY, ASSAY_TRUST_UNEVALUATED,
};

enum assay_trust assessment_trust(const struct assessment *as)
{
	for (size_t i = 0; i < COUNT_OF(precedence); i++)
		if (as->reasons & (1U << precedence[i]))
			return precedence[i];
	return ASSAY_TRUST_ANCHORED;
}

const char *sentence(struct inquiry *in, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = arena_vprintf(in->arena, format, args);
	va_end(args);
	if (!text)
		in->no_memory = true;
	return text ? text : "";
}

void assess(struct inquiry *in, struct assessment *as, enum assay_trust reason,
	    const char *format, ...)
{
	va_list args;

	if (reason >= ASSAY_TRUST_ANCHORED || as->reasons & (1U << reason))
		return;
	as->reasons |= 1U << reason;
	va_start(args, format);
	as->why[reason] = arena_vprintf(in->arena, format, args);
	va_end(args);
	if (!as->why[reason])
		in->no_memory = true;
}

void note_bytes(struct inquiry *in, const char *rule, struct span about, const char *expected,
		const char *observed)
{
	struct range where = { 0, 0 };
	uint64_t off;

	if (span_offset(in->q->whole, about, &off))
		where = (struct range){ in->q->base + off, about.len };
	for (const struct finding *f = in->findings->first; f; f = f->next)
		if (f->signature == in->findings->signature && f->where.off == where.off &&
		    f->where.len == where.len && strcmp(f->rule, rule) == 0)
			return;
	finding_add(in->findings, rule, where, expected, observed);
}

void note_certificate(struct inquiry *in, const char *rule, const struct certificate *about,
		      const char *expected, const char *observed)
{
	note_bytes(in, rule, about->der, expected, observed);
}

const char *certificate_name(struct inquiry *in, const struct certificate *c)
{
	const char *name = name_short(in->arena, c->subject);

	if (!name)
		in->no_memory = true;
	return name ? name : "";
}

const char *day_text(struct inquiry *in, int64_t when)
{
	struct time_text text;

	if (!time_format(when, &text))
		return "a day that is none";
	return sentence(in, "%.10s", text.text);
}

bool certificate_same(const struct certificate *a, const struct certificate *b)
{
	return span_equal(SPAN_OF(a->sha256), SPAN_OF(b->sha256));
}

bool oid_list_has(struct span list, struct span oid)
{
	struct cursor c = cursor_at(list, 0);
	struct der element;

	while (cursor_left(&c) > 0 && der_next(&c, &element))
		if (element.tag == DER_OID && span_equal(element.value, oid))
			return true;
	return false;
}

static const struct trust_set_row *question_set(const struct trust_question *q)
{
	const struct trust_set_row *row = trust_set_row(q->set);

	switch (q->purpose) {
	case TRUST_PURPOSE_CODE: break;
	case TRUST_PURPOSE_TIMESTAMP: return trust_set_row(row->stamps);
	}
	return row;
}

/*
 * A leaf with the lifetime usage is never helped by a timestamp.  A timestamp's
 * own path is judged at the time that it states, however late it is now.
 */
static struct trust_clock clock_begin(const struct trust_question *q, bool lifetime)
{
	bool fixed = q->purpose == TRUST_PURPOSE_TIMESTAMP || q->timestamped;
	bool moving = lifetime || !fixed;

	return (struct trust_clock){ .now = q->policy->now,
				     .at = moving ? q->policy->now : q->time,
				     .moving = moving,
				     .from = INT64_MIN,
				     .until = INT64_MAX };
}

/* An old list misses what was distrusted since. */
static void note_list_age(struct inquiry *in)
{
	int64_t date;

	if (!(in->set->anchors & (TRUST_MS_CODE | TRUST_MS_TSA)) ||
	    !store_list_date(in->store, &date) ||
	    clock_now_before(&in->clock, date + TRUST_LIST_MAX_AGE + 1) ||
	    finding_has(in->findings, "trust.list-old", -2))
		return;
	finding_add(in->findings, "trust.list-old", (struct range){ 0, 0 },
		    "a list of the last 180 days",
		    sentence(in, "the list of %s", day_text(in, date)));
}

/* Without a dbx nobody can be distrusted, which silence would not tell. */
static void note_empty_dbx(struct inquiry *in)
{
	if (in->set->set != TRUST_UEFI ||
	    store_has_distrust(in->store, DISTRUST_IMAGE_SHA256) ||
	    store_has_distrust(in->store, DISTRUST_CERT_SHA256) ||
	    store_has_distrust(in->store, DISTRUST_TBS_SHA256) ||
	    finding_has(in->findings, "trust.dbx-empty", -2))
		return;
	finding_add(in->findings, "trust.dbx-empty", (struct range){ 0, 0 },
		    "a list of forbidden images (dbx)", "none");
}

static void answer_fill(struct inquiry *in, const struct path *path,
			const struct assessment *as, struct trust_answer *out)
{
	out->trust = assessment_trust(as);
	out->reasons = as->reasons;
	if (out->trust == ASSAY_TRUST_ANCHORED)
		out->reasons = 1U << ASSAY_TRUST_ANCHORED;
	else
		out->explanation = as->why[out->trust];
	for (size_t i = 0; i < path->n; i++)
		out->path[i] = path->certs[i];
	out->n_path = path->n;
	out->path_has_anchor = path->has_anchor;
	if (path->has_anchor) {
		const char *name = path->anchor.name;

		out->anchor_name =
			name && *name ? name : certificate_name(in, path->certs[path->n - 1]);
	}
	out->counterfeit =
		in->convicted || (in->curveball && out->trust != ASSAY_TRUST_ANCHORED);
	out->holds_from = in->clock.from;
	out->holds_until = in->clock.until;
}

enum status trust_judge(struct trust_store *store, struct arena *a,
			const struct trust_question *q, struct findings *findings,
			struct trust_answer *out)
{
	bool lifetime = q->set == TRUST_MS_CODE && q->purpose == TRUST_PURPOSE_CODE &&
			certificate_has_eku(q->leaf, EKU_LIFETIME);
	struct inquiry in = {
		.store = store,
		.arena = a,
		.q = q,
		.findings = findings,
		.set = question_set(q),
		.usage = q->purpose == TRUST_PURPOSE_TIMESTAMP ? EKU_TIME_STAMPING
							       : trust_set_row(q->set)->usage,
		.usage_arc = q->purpose == TRUST_PURPOSE_TIMESTAMP
				     ? SPAN_NONE
				     : trust_set_row(q->set)->usage_arc,
		.n_pool = q->n_pool < CHAIN_MAX_POOL ? q->n_pool : CHAIN_MAX_POOL,
		.clock = clock_begin(q, lifetime),
		.chain_edges = { .limit = CHAIN_MAX_EDGES },
		.forged_edges = { .limit = FORGED_MAX_EDGES },
		.status_edges = { .limit = STATUS_MAX_EDGES },
	};
	struct assessment as = { 0 };
	struct path path = { 0 };

	in.effort = q->effort ? q->effort : &in.own_effort;
	*out = (struct trust_answer){ .lifetime_signing = lifetime };
	TRY(chain_search(&in, &path, &as));
	TRY(forged_judge(&in, &path));
	if (in.limited || q->n_pool > CHAIN_MAX_POOL)
		note_certificate(&in, "limit.chain", q->leaf, NULL,
				 sentence(&in, "%zu signature checks", in.chain_edges.spent));
	note_list_age(&in);
	note_empty_dbx(&in);
	answer_fill(&in, &path, &as, out);
	return in.no_memory ? STATUS_NO_MEMORY : STATUS_OK;
}
