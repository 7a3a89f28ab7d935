/* SPDX-License-Identifier: MIT */
/* Two states of one content: versions, findings, uncovered bytes; and where file systems went.
 */
#include "countermeasures/file_integrity_monitoring/content.h"
#include "countermeasures/file_integrity_monitoring/volumes.h"
#include "tests/check.h"
#include <sys/stat.h>

static struct span text_of(const char *text)
{
	return text ? SPAN_TEXT(text) : SPAN_NONE;
}

static const struct baseline_record valid = {
	.path = SPAN_INIT("/p"),
	.flags = BASELINE_HAS_SHA256 | BASELINE_HAS_HOLES,
	.ino = 3,
	.size = 1000,
	.mode = S_IFREG | 0755,
	.nlink = 1,
	.verdict = ASSAY_VERDICT_VALID,
	.trust = ASSAY_TRUST_ANCHORED,
	.signer_spki = SPAN_INIT("k"),
	.anchor_spki = SPAN_INIT("a"),
	.covered = SPAN_INIT("sha256:00"),
	.engine = SPAN_INIT("1"),
	.policy = SPAN_INIT("p"),
	.trust_store = SPAN_INIT("t"),
};

/* ---- versions ---- */

static const struct {
	const char *a, *b;
	int order;
} versions[] = {
	{"1.2.3.4",                    "1.2.3.4",                   0 },
	{ "1.2.3.4",                   "1.2.3.5",                   -1},
	{ "10.0.9",		    "10.0.10",                   -1},
	{ "1.2",		       "1.2.0.0",                   0 },
	{ "1.2",		       "1.2.0.1",                   -1},
	{ "01.002",		    "1.2",                       0 },
	{ "99999999999999999999999.1", "99999999999999999999998.2", 1 },
	{ "0",			 "0.0.1",                     -1},
	{ "1.2",		       NULL,			0 },
	{ "1.2",		       "1.x",                       0 },
	{ "1.2",		       "1..2",                      0 },
	{ "1.2",		       "1.",			0 },
	{ "2.",			"1.2",		       0 },
	{ "2-1",		       "1",			 0 },
};

static void versions_check(void)
{
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		struct span a = text_of(versions[i].a), b = text_of(versions[i].b);
		int there = fim_version_order(a, b), back = fim_version_order(b, a);

		CHECK((there > 0) - (there < 0) == versions[i].order &&
			      (back > 0) - (back < 0) == -versions[i].order,
		      "%s against %s", versions[i].a, versions[i].b ? versions[i].b : "none");
	}
}

static const struct {
	const char *what, *before, *after;
	int64_t signed_before, signed_after; /* 0: not known */
	enum fim_rule rule;
} downgrades[] = {
	{"an older version",                "1.2.0.10", "1.2.0.9",  0, 0, FIM_DOWNGRADE},
	{ "a newer one",                    "1.2.0.9",  "1.2.0.10", 0, 0, FIM_UPDATED  },
	{ "an older one, signed later",     "1.2.0.10", "1.2.0.9",  5, 6, FIM_DOWNGRADE},
	{ "a newer one, signed earlier",    "1.2.0.9",  "1.2.0.10", 6, 5, FIM_DOWNGRADE},
	{ "no version, signed earlier",     NULL,       NULL,       6, 5, FIM_DOWNGRADE},
	{ "one that is lost",               "1.2",      NULL,       0, 0, FIM_UPDATED  },
	{ "one that cannot be compared",    "1.2",      "0-rc",     0, 0, FIM_UPDATED  },
	{ "the same version, signed later", "1.2",      "1.2",      5, 6, FIM_UPDATED  },
};

static void downgrades_check(void)
{
	for (size_t i = 0; i < COUNT_OF(downgrades); i++) {
		struct fim_change c = { .before = valid, .after = valid };

		c.after.sha256[0] = 1;
		c.after.ctime_ns = 1;
		c.after.covered = SPAN_LITERAL("sha256:01");
		c.before.version = text_of(downgrades[i].before);
		c.after.version = text_of(downgrades[i].after);
		c.before.signed_at = downgrades[i].signed_before;
		c.after.signed_at = downgrades[i].signed_after;
		if (downgrades[i].signed_before) {
			c.before.flags |= BASELINE_HAS_SIGNED_AT;
			c.after.flags |= BASELINE_HAS_SIGNED_AT;
		}
		fim_compare(&c);
		CHECK(c.rules == UINT64_C(1) << downgrades[i].rule, "%s: %s",
		      downgrades[i].what, fim_rules[downgrades[i].rule].id);
	}
}

/* ---- bytes that no signature covers ---- */

#define CHANGED(off, len)                                                                      \
	{                                                                                      \
		FIM_BYTES_CHANGED, off, len                                                    \
	}
#define MAYBE(off, len)                                                                        \
	{                                                                                      \
		FIM_BYTES_MAYBE, off, len                                                      \
	}
#define ADDED(off, len)                                                                        \
	{                                                                                      \
		FIM_BYTES_ADDED, off, len                                                      \
	}
#define REMOVED(off, len)                                                                      \
	{                                                                                      \
		FIM_BYTES_REMOVED, off, len                                                    \
	}

static const struct {
	const char *what;
	struct baseline_hole before[3], after[3];
	size_t n_before, n_after;
	struct fim_hole told[3];
	size_t n_told;
	enum fim_rule rule;
} holes[] = {
  /* clang-format off */
	{ "the checksum", { { 88, 4, 1 }, { 900, 100, 2 } }, { { 88, 4, 3 }, { 900, 100, 2 } }, 2, 2,
	  { CHANGED(88, 4) }, 1, FIM_UNCOVERED_CHANGED },
	{ "a table that grew", { { 88, 4, 1 }, { 900, 100, 2 } }, { { 88, 4, 1 }, { 900, 150, 3 } },
	  2, 2, { MAYBE(900, 100), ADDED(1000, 50) }, 2, FIM_UNCOVERED_ADDED },
	{ "a table that shrank", { { 88, 4, 1 }, { 900, 100, 2 } }, { { 88, 4, 1 }, { 900, 60, 3 } },
	  2, 2, { MAYBE(900, 60), REMOVED(960, 40) }, 2, FIM_UNCOVERED_CHANGED },
	{ "a hole that was not there", { { 88, 4, 1 } }, { { 88, 4, 1 }, { 950, 50, 2 } }, 1, 2,
	  { ADDED(950, 50) }, 1, FIM_UNCOVERED_ADDED },
	{ "a hole that is not there", { { 88, 4, 1 }, { 950, 50, 2 } }, { { 88, 4, 1 } }, 2, 1,
	  { REMOVED(950, 50) }, 1, FIM_UNCOVERED_CHANGED },
	{ "the only one that can have changed", { { 88, 4, 1 }, { 900, 100, 0 } },
	  { { 88, 4, 1 }, { 900, 100, 0 } }, 2, 2, { CHANGED(900, 100) }, 1, FIM_UNCOVERED_CHANGED },
	{ "two that may have", { { 88, 4, 0 }, { 900, 100, 0 } }, { { 88, 4, 1 }, { 900, 100, 0 } },
	  2, 2, { MAYBE(88, 4), MAYBE(900, 100) }, 2, FIM_UNCOVERED_CHANGED },
	{ "none that is known", { { 0 } }, { { 0 } }, 0, 0, { { 0 } }, 0, FIM_UNCOVERED_CHANGED },
  /* clang-format on */
};

static struct span holes_put(struct buffer *out, const struct baseline_hole *each, size_t n)
{
	for (size_t i = 0; i < n; i++)
		baseline_hole_put(out, &each[i]);
	return buffer_status(out) == STATUS_OK ? buffer_span(out) : SPAN_NONE;
}

static void holes_check(void)
{
	for (size_t i = 0; i < COUNT_OF(holes); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, a = BUFFER_INIT;
		struct fim_change c = { .before = valid, .after = valid };
		struct fim_hole told[FIM_HOLES_MAX];
		bool same = true;
		size_t n;

		c.after.sha256[0] = 1;
		c.after.ctime_ns = 1;
		c.before.holes = holes_put(&b, holes[i].before, holes[i].n_before);
		c.after.holes = holes_put(&a, holes[i].after, holes[i].n_after);
		fim_compare(&c);
		n = fim_holes_find(&c, told);
		for (size_t k = 0; k < n && k < holes[i].n_told; k++)
			same &= told[k].what == holes[i].told[k].what &&
				told[k].off == holes[i].told[k].off &&
				told[k].len == holes[i].told[k].len;
		CHECK(n == holes[i].n_told && same, "%s: where it changed", holes[i].what);
		CHECK(c.rules == UINT64_C(1) << holes[i].rule, "%s: %s", holes[i].what,
		      fim_rules[holes[i].rule].id);
		c.after.covered = SPAN_LITERAL("sha256:01");
		CHECK(fim_holes_find(&c, told) == 0, "%s: not where signed bytes changed",
		      holes[i].what);
	}
}

/* ---- why ---- */

static const struct {
	enum assay_trust trust;
	const char *engine, *policy, *trust_store, *by;
} moves[] = {
	{ASSAY_TRUST_REVOKED,         "2",  "p", "t", "revocation"},
	{ ASSAY_TRUST_DISTRUSTED,     "1",  "p", "u", "distrust"  },
	{ ASSAY_TRUST_EXPIRED,        "1",  "p", "t", "expiry"    },
	{ ASSAY_TRUST_UNTRUSTED_ROOT, "2",  "q", "u", "engine"    },
	{ ASSAY_TRUST_UNTRUSTED_ROOT, "1",  "q", "u", "anchors"   },
	{ ASSAY_TRUST_UNTRUSTED_ROOT, "1",  "q", "t", "policy"    },
	{ ASSAY_TRUST_UNTRUSTED_ROOT, "1",  "p", "t", "unknown"   },
	{ ASSAY_TRUST_UNTRUSTED_ROOT, NULL, "q", "t", "unknown"   },
};

static void moves_check(void)
{
	struct fim_change c;

	for (size_t i = 0; i < COUNT_OF(moves); i++) {
		c = (struct fim_change){ .before = valid, .after = valid };
		c.after.verdict = ASSAY_VERDICT_UNTRUSTED;
		c.after.trust = moves[i].trust;
		c.after.engine = text_of(moves[i].engine);
		c.after.policy = text_of(moves[i].policy);
		c.after.trust_store = text_of(moves[i].trust_store);
		fim_compare(&c);
		CHECK(fim_moved_by(&c) && strcmp(fim_moved_by(&c), moves[i].by) == 0, "by %s",
		      moves[i].by);
	}
	c = (struct fim_change){ .before = valid, .after = valid };
	fim_compare(&c);
	CHECK(!fim_moved_by(&c), "by nothing, if it did not move");
}

static void findings_check(void)
{
	struct span before = SPAN_LITERAL("a.b a.c d.e"), after = SPAN_LITERAL("a.c a.cc z");
	struct fim_change c = { .before = valid, .after = valid };
	uint64_t at = 0;

	CHECK(span_equal(fim_finding_next(after, before, &at), SPAN_LITERAL("a.cc")) &&
		      span_equal(fim_finding_next(after, before, &at), SPAN_LITERAL("z")) &&
		      fim_finding_next(after, before, &at).len == 0,
	      "findings that were not there");
	at = 0;
	CHECK(span_equal(fim_finding_next(before, after, &at), SPAN_LITERAL("a.b")) &&
		      span_equal(fim_finding_next(before, after, &at), SPAN_LITERAL("d.e")) &&
		      fim_finding_next(before, after, &at).len == 0,
	      "findings that are gone");
	CHECK(fim_has_findings(&c), "who judged knows them");
	c.before.engine = SPAN_NONE;
	CHECK(!fim_has_findings(&c), "a baseline of before does not");
}

/* ---- inodes ---- */

static void generations_check(void)
{
	struct fim_change c[2] = { { .before = valid }, { .after = valid } };
	struct fim_change same = { .before = valid, .after = valid };
	size_t n = 2;

	same.after.sha256[0] = 1;
	same.before.flags |= BASELINE_HAS_GENERATION;
	same.after.flags |= BASELINE_HAS_GENERATION;
	fim_compare(&same);
	CHECK(fim_has(&same, FIM_SILENT_CHANGE), "one inode, other content: silent");
	same.after.generation = 1;
	fim_compare(&same);
	CHECK(!fim_has(&same, FIM_SILENT_CHANGE), "another inode with its number is not");
	c[0].before.flags |= BASELINE_HAS_GENERATION;
	c[1].after.flags |= BASELINE_HAS_GENERATION;
	c[1].after.path = SPAN_LITERAL("/q");
	c[1].after.sha256[0] = 1;
	fim_compare(&c[0]);
	fim_compare(&c[1]);
	CHECK(fim_moves_find(c, &n) == STATUS_OK && n == 1 && fim_has(&c[0], FIM_MOVED),
	      "the same inode: moved");
	n = 2;
	c[0] = (struct fim_change){ .before = valid };
	c[1] = (struct fim_change){ .after = valid };
	c[0].before.flags |= BASELINE_HAS_GENERATION;
	c[1].after.flags |= BASELINE_HAS_GENERATION;
	c[1].after.generation = 1;
	c[1].after.path = SPAN_LITERAL("/q");
	c[1].after.sha256[0] = 1;
	fim_compare(&c[0]);
	fim_compare(&c[1]);
	CHECK(fim_moves_find(c, &n) == STATUS_OK && n == 2, "its number alone: not moved");
}

static void labels_check(void)
{
	struct fim_change c = { .before = valid, .after = valid };

	c.before.flags |= BASELINE_HAS_XATTRS;
	c.after.flags |= BASELINE_HAS_XATTRS;
	c.after.xattrs[0] = 1;
	c.after.label = SPAN_LITERAL("u:r:t");
	fim_compare(&c);
	CHECK(c.rules == UINT64_C(1) << FIM_XATTRS_CHANGED, "a label that nobody knew before");
	c.before.label = SPAN_LITERAL("u:r:s");
	fim_compare(&c);
	CHECK(c.rules == UINT64_C(1) << FIM_LABEL_CHANGED, "another label");
}

/* ---- file systems ---- */

#define U(n)                                                                                   \
	{                                                                                      \
		(n), (n)                                                                       \
	}

static const struct {
	const char *what;
	struct baseline_volume was[2], now[3];
	size_t n_was, n_now;
	uint64_t dev, is;
} volumes[] = {
  /* clang-format off */
	{ "stayed", { { 8, 80, U(1) } }, { { 8, 80, U(1) } }, 1, 1, 8, 8 },
	{ "of an older baseline", { { 0 } }, { { 8, 80, U(1) } }, 0, 1, 8, 8 },
	{ "moved", { { 8, 80, U(1) } }, { { 9, 80, U(1) } }, 1, 1, 8, 9 },
	{ "changed places", { { 8, 80, U(1) }, { 9, 90, U(2) } }, { { 9, 80, U(1) }, { 8, 90, U(2) } },
	  2, 2, 8, 9 },
	{ "gone, another in its place", { { 8, 80, U(1) } }, { { 8, 90, U(2) } }, 1, 1, 8,
	  FIM_VOLUME_GONE },
	{ "not met yet", { { 8, 80, U(1) } }, { { 9, 90, U(2) } }, 1, 1, 8, 8 },
	{ "its id is its number", { { 8, 8, U(1) } }, { { 9, 9, U(1) } }, 1, 1, 8, 9 },
	{ "a subvolume", { { 8, 80, U(1) } }, { { 9, 81, U(1) }, { 10, 80, U(1) } }, 1, 2, 8, 10 },
	{ "another subvolume", { { 8, 80, U(1) } }, { { 8, 81, U(1) } }, 1, 1, 8, FIM_VOLUME_GONE },
	{ "no UUID is told", { { 8, 80, U(0) } }, { { 9, 80, U(0) } }, 1, 1, 8, 9 },
	{ "nothing is told", { { 8, 8, U(0) } }, { { 8, 8, U(0) }, { 9, 9, U(0) } }, 1, 2, 8, 8 },
	{ "the kernel learnt to tell", { { 8, 80, U(0) } }, { { 8, 80, U(1) } }, 1, 1, 8, 8 },
	{ "an overlay over it", { { 50, 80, U(0) } }, { { 8, 80, U(1) }, { 50, 80, U(0) } }, 1, 2, 50,
	  50 },
	{ "one of several overlays", { { 50, 80, U(0) } },
	  { { 51, 80, U(0) }, { 52, 80, U(0) }, { 50, 90, U(0) } }, 1, 3, 50, FIM_VOLUME_GONE },
  /* clang-format on */
};

static void volumes_check(void)
{
	for (size_t i = 0; i < COUNT_OF(volumes); i++) {
		const struct baseline_about was = { .volumes = volumes[i].was,
						    .n_volumes = volumes[i].n_was };

		CHECK(fim_volume_now(&was, volumes[i].now, volumes[i].n_now, volumes[i].dev) ==
			      volumes[i].is,
		      "a file system: %s", volumes[i].what);
	}
}

int main(void)
{
	versions_check();
	downgrades_check();
	holes_check();
	moves_check();
	findings_check();
	generations_check();
	labels_check();
	volumes_check();
	return CHECK_DONE();
}
