/* SPDX-License-Identifier: MIT */
#include "tests/check.h"
#include "verdict/verdict.h"

/* One signature: signature, binding, trust, then forged identity, stuffed, payload. */
#define SIGNATURE(s, b, t, ...)                                                                \
	{                                                                                      \
		.signature = ASSAY_SIGNATURE_##s, .binding = ASSAY_BINDING_##b,                \
		.trust = ASSAY_TRUST_##t, __VA_ARGS__                                          \
	}

static const struct fact anchored = SIGNATURE(GOOD, INTACT, ANCHORED, );
static const struct fact expired = SIGNATURE(GOOD, INTACT, EXPIRED, );
static const struct fact revoked = SIGNATURE(GOOD, INTACT, REVOKED, );
static const struct fact distrusted = SIGNATURE(GOOD, INTACT, DISTRUSTED, );
static const struct fact unrooted = SIGNATURE(GOOD, INTACT, UNTRUSTED_ROOT, );
static const struct fact unevaluated = SIGNATURE(GOOD, INTACT, UNEVALUATED, );
static const struct fact modified = SIGNATURE(GOOD, MODIFIED, ANCHORED, );
static const struct fact unchecked = SIGNATURE(GOOD, UNCHECKED, ANCHORED, );
static const struct fact paged = SIGNATURE(GOOD, PARTIAL, ANCHORED, );
static const struct fact shifted = SIGNATURE(GOOD, PARTIAL, ANCHORED, .table_inside = true);
static const struct fact bad = SIGNATURE(BAD, INTACT, UNEVALUATED, );
static const struct fact unsupported = SIGNATURE(UNSUPPORTED, INTACT, UNEVALUATED, );
static const struct fact nothing = SIGNATURE(ABSENT, UNCHECKED, UNEVALUATED, );
static const struct fact forged = SIGNATURE(GOOD, INTACT, SELF_SIGNED, .counterfeit = true);
static const struct fact tagged = SIGNATURE(GOOD, INTACT, ANCHORED, .stuffed = true);
static const struct fact adhoc = SIGNATURE(KEYLESS, INTACT, UNEVALUATED, );
static const struct fact adhoc_modified = SIGNATURE(KEYLESS, MODIFIED, UNEVALUATED, );
static const struct fact unknown_key = SIGNATURE(ABSENT, UNCHECKED, UNKNOWN_KEY, );
static const struct fact no_keys =
	SIGNATURE(ABSENT, UNCHECKED, UNEVALUATED, .answer.explanation = "no anchors for kmod");
static const struct fact stripped = SIGNATURE(GOOD, INTACT, ANCHORED, .stripped = true);
static const struct fact altered =
	SIGNATURE(GOOD, MODIFIED, ANCHORED, .tampered_rule = "verdict.tampered-entries");
static const struct fact tailed =
	SIGNATURE(GOOD, PARTIAL, ANCHORED, .partial_rule = "verdict.partial-parts");
static const struct fact loaded =
	SIGNATURE(GOOD, INTACT, ANCHORED, .stuffed = true, .stuffed_payload = true);

struct row {
	const char *name;
	const struct fact *first, *second;
	const char *rule;
	enum assay_fold fold;
	enum padding_check padding;
	enum assay_verdict expect;
	enum assay_masquerade masquerade;
};

#define ROW(name, first, second, fold, padding, word, rule, masquerade)                        \
	{                                                                                      \
		name, first, second, rule, ASSAY_FOLD_##fold, PADDING_##padding,               \
			ASSAY_VERDICT_##word, ASSAY_MASQUERADE_##masquerade                    \
	}

static const struct row rows[] = {
	ROW("anchored", &anchored, NULL, DEFAULT, ACCEPT, VALID, "verdict.valid", NO),
	ROW("no anchors", &unevaluated, NULL, DEFAULT, ACCEPT, UNTRUSTED, "trust.unevaluated",
	    NO),
	ROW("revoked", &revoked, NULL, DEFAULT, ACCEPT, UNTRUSTED, "verdict.revoked",
	    SUSPECTED),
	ROW("distrusted", &distrusted, NULL, DEFAULT, ACCEPT, UNTRUSTED, "verdict.distrusted",
	    SUSPECTED),
	ROW("expired", &expired, NULL, DEFAULT, ACCEPT, UNTRUSTED, "verdict.expired", NO),
	ROW("other bytes", &modified, NULL, DEFAULT, ACCEPT, MISMATCHED, "verdict.mismatched",
	    YES),
	ROW("bad mathematics", &bad, NULL, DEFAULT, ACCEPT, BROKEN, "verdict.broken", YES),
	ROW("zero is never good", &nothing, NULL, DEFAULT, ACCEPT, BROKEN, "verdict.broken",
	    YES),
	ROW("unchecked is never good", &unchecked, NULL, DEFAULT, ACCEPT, BROKEN,
	    "verdict.broken", YES),
	ROW("forged identity", &forged, NULL, DEFAULT, ACCEPT, COUNTERFEIT,
	    "verdict.counterfeit", YES),
	ROW("a page", &paged, NULL, DEFAULT, ACCEPT, PARTIAL, "verdict.partial-pages",
	    SUSPECTED),
	ROW("a table between the sections", &shifted, NULL, DEFAULT, ACCEPT, PARTIAL,
	    "verdict.partial-table", SUSPECTED),
	ROW("modified decides", &anchored, &modified, DEFAULT, ACCEPT, MISMATCHED,
	    "verdict.mismatched", YES),
	ROW("broken decides", &bad, &anchored, DEFAULT, ACCEPT, BROKEN, "verdict.broken", YES),
	ROW("forged over modified", &modified, &forged, DEFAULT, ACCEPT, COUNTERFEIT,
	    "verdict.counterfeit", YES),
	ROW("the best trust", &distrusted, &anchored, DEFAULT, ACCEPT, VALID, "verdict.valid",
	    NO),
	ROW("the better reason", &revoked, &unrooted, DEFAULT, ACCEPT, UNTRUSTED,
	    "verdict.untrusted-root", NO),
	ROW("unsupported beside valid", &unsupported, &anchored, DEFAULT, ACCEPT, VALID,
	    "verdict.valid", NO),
	ROW("unsupported alone", &unsupported, NULL, DEFAULT, ACCEPT, UNSUPPORTED,
	    "verdict.unsupported", UNKNOWN),
	ROW("all: the worst trust", &anchored, &expired, ALL, ACCEPT, UNTRUSTED,
	    "verdict.expired", NO),
	ROW("any: one suffices", &modified, &anchored, ANY, ACCEPT, VALID, "verdict.valid", NO),
	ROW("any: none valid", &modified, &expired, ANY, ACCEPT, MISMATCHED,
	    "verdict.mismatched", YES),
	ROW("first", &anchored, &bad, FIRST, ACCEPT, VALID, "verdict.valid", NO),
	ROW("payload accepted", &loaded, NULL, DEFAULT, ACCEPT, VALID, "verdict.valid", NO),
	ROW("payload, strict", &loaded, NULL, DEFAULT, REJECT_PAYLOAD, PARTIAL,
	    "verdict.partial-padding", SUSPECTED),
	ROW("tag, strict", &tagged, NULL, DEFAULT, REJECT_PAYLOAD, VALID, "verdict.valid", NO),
	ROW("nobody signed", &adhoc, NULL, DEFAULT, ACCEPT, ADHOC, "verdict.adhoc", NO),
	ROW("nobody signed, and altered", &adhoc_modified, NULL, DEFAULT, ACCEPT, MISMATCHED,
	    "verdict.mismatched", YES),
	ROW("no key is known at all", &no_keys, NULL, DEFAULT, ACCEPT, UNTRUSTED,
	    "trust.unevaluated", NO),
	ROW("the key is not known", &unknown_key, NULL, DEFAULT, ACCEPT, UNTRUSTED,
	    "trust.unknown-key", NO),
	ROW("another signature is gone", &stripped, NULL, DEFAULT, ACCEPT, STRIPPED,
	    "verdict.stripped-scheme", SUSPECTED),
	ROW("proven by its own list", &altered, NULL, DEFAULT, ACCEPT, TAMPERED,
	    "verdict.tampered-entries", YES),
	ROW("partial for a reason of its own", &tailed, NULL, DEFAULT, ACCEPT, PARTIAL,
	    "verdict.partial-parts", SUSPECTED),
	ROW("tag rejected", &tagged, NULL, DEFAULT, REJECT, PARTIAL, "verdict.partial-padding",
	    SUSPECTED),
};

static void row_check(const struct row *row)
{
	const struct verdict_settings settings = { .fold = row->fold, .padding = row->padding };
	const struct container box = { 0 };
	struct fact facts[2] = { *row->first };
	struct judgement got;

	if (row->second) {
		facts[1] = *row->second;
		facts[0].next = &facts[1];
	}
	got = verdict_judge(facts, NULL, &box, &settings);
	CHECK(got.verdict == row->expect && got.masquerade == row->masquerade &&
		      strcmp(got.rule, row->rule) == 0,
	      "%s: %s by %s", row->name, assay_verdict_word(got.verdict), got.rule);
	CHECK(rule_find(got.rule) && rule_find(got.rule)->verdict == got.verdict,
	      "%s: the rule stands in the table under the same word", row->name);
}

/* Several programs in one file. */
static const struct parts_row {
	const char *name;
	const struct fact *facts[3]; /* of each part; NULL: it bears none */
	size_t n;
	enum assay_verdict expect;
} parts_rows[] = {
	{"all sound",                      { &anchored, &anchored },        2, ASSAY_VERDICT_VALID      },
	{ "the worst trust",               { &anchored, &expired },         2, ASSAY_VERDICT_UNTRUSTED  },
	{ "one bears nothing",             { &anchored, NULL },             2, ASSAY_VERDICT_PARTIAL    },
	{ "one is signed by nobody",       { &adhoc, &anchored },           2, ASSAY_VERDICT_PARTIAL    },
	{ "linkers sign what must be",     { NULL, &adhoc },                2, ASSAY_VERDICT_ADHOC      },
	{ "none bears anything",           { NULL, NULL },                  2, ASSAY_VERDICT_UNSIGNED   },
	{ "one is altered",                { &anchored, &altered, &adhoc }, 3, ASSAY_VERDICT_TAMPERED   },
	{ "one is broken, one bears none", { NULL, &bad, &anchored },       3, ASSAY_VERDICT_BROKEN     },
	{ "one is forged",                 { &altered, &forged },           2, ASSAY_VERDICT_COUNTERFEIT},
};

static void parts_check(const struct parts_row *row)
{
	const struct verdict_settings settings = { 0 };
	const struct part parts[3] = { { .name = "one" },
				       { .name = "two" },
				       { .name = "three" } };
	const struct container box = { .parts = parts, .n_parts = row->n };
	struct fact facts[3], *first = NULL, **last = &first;
	struct judgement got;

	for (size_t i = 0; i < row->n; i++) {
		if (!row->facts[i])
			continue;
		facts[i] = *row->facts[i];
		facts[i].part = (unsigned)i;
		*last = &facts[i];
		last = &facts[i].next;
	}
	got = verdict_judge(first, NULL, &box, &settings);
	CHECK(got.verdict == row->expect, "parts: %s: %s", row->name,
	      assay_verdict_word(got.verdict));
	CHECK(rule_find(got.rule) && rule_find(got.rule)->verdict == got.verdict,
	      "parts: %s: %s stands in the table under the same word", row->name, got.rule);
}

static enum assay_verdict bare_word(struct container box)
{
	const struct verdict_settings settings = { 0 };

	return verdict_judge(NULL, NULL, &box, &settings).verdict;
}

/* What a relation makes of a signature over other bytes, and of a file without one. */
static const struct relation_row {
	const char *rule;
	enum relation_kind kind;
	enum assay_verdict signed_, bare;
} relation_rows[] = {
	{"verdict.grafted-pages",     RELATION_GRAFTED,   ASSAY_VERDICT_GRAFTED,
         ASSAY_VERDICT_UNSIGNED									   },
	{ "verdict.grafted-inferred", RELATION_GRAFTED,   ASSAY_VERDICT_GRAFTED,
         ASSAY_VERDICT_UNSIGNED									   },
	{ "verdict.tampered-donor",   RELATION_TAMPERED,  ASSAY_VERDICT_TAMPERED,
         ASSAY_VERDICT_UNSIGNED									   },
	{ "verdict.stripped-donor",   RELATION_STRIPPED,  ASSAY_VERDICT_MISMATCHED,
         ASSAY_VERDICT_STRIPPED									   },
	{ "verdict.costume-donor",    RELATION_COSTUME,   ASSAY_VERDICT_MISMATCHED,
         ASSAY_VERDICT_COSTUME									    },
	{ NULL,		       RELATION_UNDECIDED, ASSAY_VERDICT_MISMATCHED, ASSAY_VERDICT_UNSIGNED},
	{ NULL,		       RELATION_NONE,      ASSAY_VERDICT_MISMATCHED, ASSAY_VERDICT_UNSIGNED},
};

static void relation_check(const struct relation_row *row)
{
	const struct verdict_settings settings = { 0 };
	const struct relation r = { .kind = row->kind, .rule = row->rule };
	const struct container box = { 0 }, traces = { .stripped = true };
	struct fact here = modified, sound = anchored, elsewhere = bad;
	struct judgement got;

	here.relation = sound.relation = elsewhere.relation = &r;
	got = verdict_judge(&here, NULL, &box, &settings);
	CHECK(got.verdict == row->signed_ && got.masquerade == ASSAY_MASQUERADE_YES,
	      "relation %d: %s", (int)row->kind, assay_verdict_word(got.verdict));
	CHECK(rule_find(got.rule) && rule_find(got.rule)->verdict == got.verdict,
	      "relation %d: by a row of that word", (int)row->kind);
	CHECK(verdict_judge(&elsewhere, NULL, &box, &settings).verdict == row->signed_,
	      "relation %d: of a signature that holds for another file", (int)row->kind);
	CHECK(verdict_judge(&sound, NULL, &box, &settings).verdict == ASSAY_VERDICT_VALID,
	      "relation %d: not of a signature that holds", (int)row->kind);
	got = verdict_judge(NULL, &r, &box, &settings);
	CHECK(got.verdict == row->bare, "relation %d, bare: %s", (int)row->kind,
	      assay_verdict_word(got.verdict));
	CHECK(rule_find(got.rule) && rule_find(got.rule)->verdict == got.verdict,
	      "relation %d, bare: by a row of that word", (int)row->kind);
	CHECK(verdict_judge(NULL, &r, &traces, &settings).verdict == ASSAY_VERDICT_STRIPPED,
	      "relation %d: traces of a signature go before", (int)row->kind);
}

int main(void)
{
	const struct verdict_settings settings = { 0 };
	const struct container broken = { .broken = true };
	struct fact good = anchored;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(&rows[i]);
	for (size_t i = 0; i < COUNT_OF(parts_rows); i++)
		parts_check(&parts_rows[i]);
	CHECK(bare_word((struct container){ 0 }) == ASSAY_VERDICT_UNSIGNED, "no signature");
	CHECK(bare_word((struct container){ .stripped = true }) == ASSAY_VERDICT_STRIPPED,
	      "traces of one");
	CHECK(bare_word((struct container){ .broken = true, .stripped = true }) ==
		      ASSAY_VERDICT_BROKEN,
	      "contradicts itself");
	CHECK(bare_word((struct container){ .unsupported = true }) == ASSAY_VERDICT_UNSUPPORTED,
	      "a DOS program");
	for (size_t i = 0; i < COUNT_OF(relation_rows); i++)
		relation_check(&relation_rows[i]);
	CHECK(verdict_judge(&good, NULL, &broken, &settings).verdict == ASSAY_VERDICT_BROKEN,
	      "a broken structure decides beside a good signature");
	return CHECK_DONE();
}
