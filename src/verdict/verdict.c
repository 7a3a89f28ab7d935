/* SPDX-License-Identifier: MIT */
/*
 * The word for each signature and for the file.
 *
 * Default folding: the integrity of all, the trust of the best.  A signature
 * that contradicts the file decides even beside a good one; among sound ones
 * the best trust counts.
 */
#include "verdict/verdict.h"

struct word {
	enum assay_verdict verdict;
	const char *rule;
};

static struct word untrusted_word(const struct fact *f)
{
	static const char *const rule_of[] = {
		[ASSAY_TRUST_UNEVALUATED] = "trust.unevaluated",
		[ASSAY_TRUST_REVOKED] = "verdict.revoked",
		[ASSAY_TRUST_DISTRUSTED] = "verdict.distrusted",
		[ASSAY_TRUST_WRONG_USAGE] = "verdict.wrong-usage",
		[ASSAY_TRUST_WEAK_ALGORITHM] = "verdict.weak-algorithm",
		[ASSAY_TRUST_EXPIRED] = "verdict.expired",
		[ASSAY_TRUST_SELF_SIGNED] = "verdict.self-signed",
		[ASSAY_TRUST_UNTRUSTED_ROOT] = "verdict.untrusted-root",
		[ASSAY_TRUST_UNKNOWN_KEY] = "trust.unknown-key",
		[ASSAY_TRUST_ANCHORED] = "verdict.valid",
	};

	return (struct word){ ASSAY_VERDICT_UNTRUSTED, rule_of[f->trust] };
}

/* A sound signature over other bytes: as far as src/mimicry knows why. */
static struct word modified_word(const struct relation *r)
{
	if (r && r->rule && r->kind == RELATION_TAMPERED)
		return (struct word){ ASSAY_VERDICT_TAMPERED, r->rule };
	if (r && r->rule && r->kind == RELATION_GRAFTED)
		return (struct word){ ASSAY_VERDICT_GRAFTED, r->rule };
	return (struct word){ ASSAY_VERDICT_MISMATCHED, "verdict.mismatched" };
}

/* First match wins. */
static struct word signature_word(const struct fact *f, enum padding_check padding)
{
	bool hidden = (padding == PADDING_REJECT && f->stuffed) ||
		      (padding != PADDING_ACCEPT && f->stuffed_payload);

	if (f->signature == ASSAY_SIGNATURE_UNSUPPORTED && f->counterfeit)
		return (struct word){ ASSAY_VERDICT_COUNTERFEIT, "verdict.counterfeit" };
	if (f->signature == ASSAY_SIGNATURE_UNSUPPORTED)
		return (struct word){ ASSAY_VERDICT_UNSUPPORTED, "verdict.unsupported" };
	if (f->signature != ASSAY_SIGNATURE_GOOD)
		return (struct word){ ASSAY_VERDICT_BROKEN, "verdict.broken" };
	if (f->binding == ASSAY_BINDING_MODIFIED)
		return modified_word(f->relation);
	if (f->counterfeit)
		return (struct word){ ASSAY_VERDICT_COUNTERFEIT, "verdict.counterfeit" };
	if (f->binding == ASSAY_BINDING_PARTIAL && f->table_inside)
		return (struct word){ ASSAY_VERDICT_PARTIAL, "verdict.partial-table" };
	if (f->binding == ASSAY_BINDING_PARTIAL)
		return (struct word){ ASSAY_VERDICT_PARTIAL, "verdict.partial-pages" };
	if (f->binding != ASSAY_BINDING_INTACT)
		return (struct word){ ASSAY_VERDICT_BROKEN, "verdict.broken" };
	if (hidden)
		return (struct word){ ASSAY_VERDICT_PARTIAL, "verdict.partial-padding" };
	if (f->trust == ASSAY_TRUST_ANCHORED)
		return (struct word){ ASSAY_VERDICT_VALID, "verdict.valid" };
	return untrusted_word(f);
}

/* For folding: these decide even beside a good signature, in this order; then the best of the
 * rest. */
static const enum assay_verdict default_order[] = {
	ASSAY_VERDICT_COUNTERFEIT, ASSAY_VERDICT_GRAFTED, ASSAY_VERDICT_TAMPERED,
	ASSAY_VERDICT_MISMATCHED,  ASSAY_VERDICT_BROKEN,  ASSAY_VERDICT_PARTIAL,
	ASSAY_VERDICT_VALID,       ASSAY_VERDICT_ADHOC,   ASSAY_VERDICT_UNTRUSTED,
	ASSAY_VERDICT_UNSUPPORTED,
};

/* Worst first, for everything that consists of parts. */
static const enum assay_verdict worst_order[] = {
	ASSAY_VERDICT_COUNTERFEIT, ASSAY_VERDICT_GRAFTED,   ASSAY_VERDICT_TAMPERED,
	ASSAY_VERDICT_MISMATCHED,  ASSAY_VERDICT_BROKEN,    ASSAY_VERDICT_STRIPPED,
	ASSAY_VERDICT_PARTIAL,     ASSAY_VERDICT_COSTUME,   ASSAY_VERDICT_ERROR,
	ASSAY_VERDICT_UNSUPPORTED, ASSAY_VERDICT_UNTRUSTED, ASSAY_VERDICT_UNSIGNED,
	ASSAY_VERDICT_ADHOC,       ASSAY_VERDICT_VALID,
};

static size_t place_in(const enum assay_verdict *order, size_t n, enum assay_verdict v)
{
	for (size_t i = 0; i < n; i++)
		if (order[i] == v)
			return i;
	return n;
}

/* Of two signatures with the same word, the one with the better trust speaks for the file. */
static bool decides_before(const enum assay_verdict *order, size_t n, const struct fact *f,
			   const struct fact *than)
{
	size_t here = place_in(order, n, f->verdict), there = place_in(order, n, than->verdict);

	return here < there || (here == there && f->trust > than->trust);
}

static const struct fact *facts_fold(const struct fact *facts, enum assay_fold fold)
{
	const enum assay_verdict *order = default_order;
	size_t n = COUNT_OF(default_order);
	const struct fact *best = facts;

	if (fold == ASSAY_FOLD_FIRST)
		return facts;
	if (fold == ASSAY_FOLD_ALL) {
		order = worst_order;
		n = COUNT_OF(worst_order);
	}
	for (const struct fact *f = facts; f; f = f->next) {
		if (fold == ASSAY_FOLD_ANY && f->verdict == ASSAY_VERDICT_VALID)
			return f;
		if (f != best && decides_before(order, n, f, best))
			best = f;
	}
	return best;
}

static enum assay_masquerade masquerade_of(enum assay_verdict v, const struct fact *decisive)
{
	switch (v) {
	case ASSAY_VERDICT_TAMPERED:
	case ASSAY_VERDICT_GRAFTED:
	case ASSAY_VERDICT_MISMATCHED:
	case ASSAY_VERDICT_COUNTERFEIT:
	case ASSAY_VERDICT_BROKEN: return ASSAY_MASQUERADE_YES;
	case ASSAY_VERDICT_PARTIAL:
	case ASSAY_VERDICT_STRIPPED:
	case ASSAY_VERDICT_COSTUME: return ASSAY_MASQUERADE_SUSPECTED;
	case ASSAY_VERDICT_UNTRUSTED:
		return decisive && (decisive->trust == ASSAY_TRUST_REVOKED ||
				    decisive->trust == ASSAY_TRUST_DISTRUSTED)
			       ? ASSAY_MASQUERADE_SUSPECTED
			       : ASSAY_MASQUERADE_NO;
	case ASSAY_VERDICT_VALID:
	case ASSAY_VERDICT_ADHOC:
	case ASSAY_VERDICT_UNSIGNED: return ASSAY_MASQUERADE_NO;
	case ASSAY_VERDICT_UNKNOWN:
	case ASSAY_VERDICT_UNSUPPORTED:
	case ASSAY_VERDICT_ERROR: return ASSAY_MASQUERADE_UNKNOWN;
	}
	return ASSAY_MASQUERADE_UNKNOWN;
}

/* What the file is when it carries no signature that could be found. */
static struct word bare_word(const struct container *box, const struct relation *r)
{
	if (box->broken)
		return (struct word){ ASSAY_VERDICT_BROKEN, "verdict.broken-structure" };
	if (box->unsupported)
		return (struct word){ ASSAY_VERDICT_UNSUPPORTED,
				      "verdict.unsupported-program" };
	if (r && r->rule && r->kind == RELATION_STRIPPED)
		return (struct word){ ASSAY_VERDICT_STRIPPED, r->rule };
	if (box->stripped)
		return (struct word){ ASSAY_VERDICT_STRIPPED, "verdict.stripped" };
	if (r && r->rule && r->kind == RELATION_COSTUME)
		return (struct word){ ASSAY_VERDICT_COSTUME, r->rule };
	return (struct word){ ASSAY_VERDICT_UNSIGNED, "verdict.unsigned" };
}

/* A structure that contradicts itself is as bad as a broken signature. */
static bool structure_decides(const struct container *box, const struct fact *best)
{
	return box->broken &&
	       place_in(default_order, COUNT_OF(default_order), best->verdict) >
		       place_in(default_order, COUNT_OF(default_order), ASSAY_VERDICT_BROKEN);
}

struct judgement verdict_judge(struct fact *facts, const struct relation *bare,
			       const struct container *box,
			       const struct verdict_settings *settings)
{
	struct judgement out = { 0 };
	struct word word;

	for (struct fact *f = facts; f; f = f->next) {
		word = signature_word(f, settings->padding);
		f->verdict = word.verdict;
		f->rule = word.rule;
	}
	out.decisive = facts ? facts_fold(facts, settings->fold) : NULL;
	if (!out.decisive || structure_decides(box, out.decisive))
		word = bare_word(box, bare);
	else
		word = (struct word){ out.decisive->verdict, out.decisive->rule };
	out.verdict = word.verdict;
	out.rule = word.rule;
	out.masquerade = masquerade_of(out.verdict, out.decisive);
	return out;
}
