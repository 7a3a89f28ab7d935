/* SPDX-License-Identifier: MIT */
/* What two records say of one content: versions, findings, and bytes that no signature covers.
 */
#include "countermeasures/file_integrity_monitoring/content.h"

/* ---- versions ---- */

/* The next number of a version, without zeros before it, at *@at.  False: there is no number.
 */
static bool number_next(struct span version, uint64_t *at, struct span *out)
{
	uint64_t from = *at, end;

	for (end = from; span_at(version, end) >= '0' && span_at(version, end) <= '9'; end++)
		;
	if (end == from || (end < version.len && span_at(version, end) != '.'))
		return false;
	while (from + 1 < end && span_at(version, from) == '0')
		from++;
	*out = span_clip(version, from, end - from);
	*at = end < version.len ? end + 1 : end;
	return end + 1 != version.len; /* nothing behind the last dot */
}

static int number_order(struct span a, struct span b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	for (uint64_t i = 0; i < a.len; i++)
		if (span_at(a, i) != span_at(b, i))
			return span_at(a, i) < span_at(b, i) ? -1 : 1;
	return 0;
}

int fim_version_order(struct span a, struct span b)
{
	uint64_t at_a = 0, at_b = 0;
	int order = 0;

	if (a.len == 0 || b.len == 0)
		return 0;
	while (at_a < a.len || at_b < b.len) {
		struct span x = SPAN_LITERAL("0"), y = x;
		int now;

		if ((at_a < a.len && !number_next(a, &at_a, &x)) ||
		    (at_b < b.len && !number_next(b, &at_b, &y)))
			return 0;
		now = number_order(x, y);
		if (order == 0)
			order = now;
	}
	return order;
}

/* ---- bytes that no signature covers ---- */

bool fim_covers_same(const struct fim_change *c)
{
	return c->before.covered.len > 0 && span_equal(c->before.covered, c->after.covered);
}

const char *fim_bytes_word(enum fim_bytes what)
{
	switch (what) {
	case FIM_BYTES_MAYBE: return "maybe";
	case FIM_BYTES_CHANGED: return "changed";
	case FIM_BYTES_ADDED: return "added";
	case FIM_BYTES_REMOVED: return "removed";
	}
	return "maybe";
}

struct holes {
	struct fim_hole *each;
	size_t n;
};

static void hole_add(struct holes *h, enum fim_bytes what, uint64_t off, uint64_t len)
{
	if (len > 0)
		h->each[h->n++] = (struct fim_hole){ what, off, len };
}

/* Both begin at the same place. */
static void holes_meet(struct holes *h, const struct baseline_hole *b,
		       const struct baseline_hole *a)
{
	bool known = a->sum != 0 && b->sum != 0;

	if (a->len == b->len) {
		if (!known || a->sum != b->sum)
			hole_add(h, known ? FIM_BYTES_CHANGED : FIM_BYTES_MAYBE, a->off,
				 a->len);
		return;
	}
	hole_add(h, FIM_BYTES_MAYBE, a->off, a->len < b->len ? a->len : b->len);
	if (a->len > b->len)
		hole_add(h, FIM_BYTES_ADDED, a->off + b->len, a->len - b->len);
	else
		hole_add(h, FIM_BYTES_REMOVED, a->off + a->len, b->len - a->len);
}

size_t fim_holes_find(const struct fim_change *c, struct fim_hole holes[FIM_HOLES_MAX])
{
	const struct baseline_record *before = &c->before, *after = &c->after;
	size_t n_before = baseline_hole_count(before), n_after = baseline_hole_count(after);
	struct holes h = { holes, 0 };
	size_t i = 0, k = 0;

	if ((before->flags & after->flags & BASELINE_HAS_HOLES) == 0 || !fim_covers_same(c) ||
	    span_equal(SPAN_OF(before->sha256), SPAN_OF(after->sha256)))
		return 0;
	while (i < n_before || k < n_after) {
		struct baseline_hole b = baseline_hole_at(before, i),
				     a = baseline_hole_at(after, k);

		if (k == n_after || (i < n_before && b.off < a.off)) {
			hole_add(&h, FIM_BYTES_REMOVED, b.off, b.len);
			i++;
		} else if (i == n_before || a.off < b.off) {
			hole_add(&h, FIM_BYTES_ADDED, a.off, a.len);
			k++;
		} else {
			holes_meet(&h, &b, &a);
			i++;
			k++;
		}
	}
	/* Something changed, and there is nothing else that can have. */
	if (h.n == 1 && holes[0].what == FIM_BYTES_MAYBE)
		holes[0].what = FIM_BYTES_CHANGED;
	return h.n;
}

bool fim_holes_added(const struct fim_change *c)
{
	struct fim_hole holes[FIM_HOLES_MAX];
	size_t n = fim_holes_find(c, holes);

	for (size_t i = 0; i < n; i++)
		if (holes[i].what == FIM_BYTES_ADDED)
			return true;
	return false;
}

/* ---- why it was judged so ---- */

const char *fim_moved_by(const struct fim_change *c)
{
	const struct baseline_record *b = &c->before, *a = &c->after;

	if (!fim_has(c, FIM_VERDICT_MOVED))
		return NULL;
	if (a->trust != b->trust && a->trust == ASSAY_TRUST_REVOKED)
		return "revocation";
	if (a->trust != b->trust && a->trust == ASSAY_TRUST_DISTRUSTED)
		return "distrust";
	if (a->trust != b->trust && a->trust == ASSAY_TRUST_EXPIRED)
		return "expiry";
	if (b->engine.len == 0 || a->engine.len == 0)
		return "unknown";
	if (!span_equal(b->engine, a->engine))
		return "engine";
	if (!span_equal(b->trust_store, a->trust_store))
		return "anchors";
	return span_equal(b->policy, a->policy) ? "unknown" : "policy";
}

bool fim_has_findings(const struct fim_change *c)
{
	return c->before.engine.len > 0 && c->after.engine.len > 0;
}

/* The id at *@at; empty: there is none. */
static struct span id_next(struct span ids, uint64_t *at)
{
	uint64_t end = ids.len;
	struct span id;

	if (*at >= ids.len)
		return SPAN_NONE;
	if (!span_find_byte(ids, ' ', *at, &end))
		end = ids.len;
	id = span_clip(ids, *at, end - *at);
	*at = end + 1;
	return id;
}

static bool has_id(struct span ids, struct span id)
{
	uint64_t at = 0;

	while (at < ids.len)
		if (span_equal(id_next(ids, &at), id))
			return true;
	return false;
}

struct span fim_finding_next(struct span ids, struct span others, uint64_t *at)
{
	while (*at < ids.len) {
		struct span id = id_next(ids, at);

		if (id.len > 0 && !has_id(others, id))
			return id;
	}
	return SPAN_NONE;
}
