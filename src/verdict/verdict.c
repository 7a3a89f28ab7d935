/* SPDX-License-Identifier: MIT */
/*
 * The word for each signature and for the file.
 *
 * Default folding: the integrity of all, the trust of the best.  A signature
 * that contradicts the file decides even beside a good one; among sound ones
 * the best trust counts.  Of several programs in one file the worst decides,
 * since nobody knows which one will run.
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

static struct word counterfeit_word(const struct fact *f)
{
	return (struct word){ ASSAY_VERDICT_COUNTERFEIT, f->counterfeit_rule
								 ? f->counterfeit_rule
								 : "verdict.counterfeit" };
}

static struct word partial_word(const struct fact *f)
{
	const char *rule = f->table_inside ? "verdict.partial-table" : f->partial_rule;

	return (struct word){ ASSAY_VERDICT_PARTIAL, rule ? rule : "verdict.partial-pages" };
}

/* A signature whose mathematics hold, or that has none: by what it is bound to. */
static struct word bound_word(const struct fact *f, enum padding_check padding)
{
	bool hidden = (padding == PADDING_REJECT && f->stuffed) ||
		      (padding != PADDING_ACCEPT && f->stuffed_payload);

	if (f->binding == ASSAY_BINDING_MODIFIED && f->tampered_rule)
		return (struct word){ ASSAY_VERDICT_TAMPERED, f->tampered_rule };
	if (f->binding == ASSAY_BINDING_MODIFIED)
		return modified_word(f->relation);
	if (f->counterfeit)
		return counterfeit_word(f);
	if (f->binding == ASSAY_BINDING_PARTIAL && f->grafted_rule)
		return (struct word){ ASSAY_VERDICT_GRAFTED, f->grafted_rule };
	if (f->binding == ASSAY_BINDING_PARTIAL)
		return partial_word(f);
	if (f->binding != ASSAY_BINDING_INTACT)
		return (struct word){ ASSAY_VERDICT_BROKEN, "verdict.broken" };
	if (hidden)
		return (struct word){ ASSAY_VERDICT_PARTIAL, "verdict.partial-padding" };
	if (f->signature == ASSAY_SIGNATURE_KEYLESS)
		return (struct word){ ASSAY_VERDICT_ADHOC, "verdict.adhoc" };
	if (f->untrusted_rule)
		return (struct word){ ASSAY_VERDICT_UNTRUSTED, f->untrusted_rule };
	if (f->trust == ASSAY_TRUST_ANCHORED)
		return (struct word){ ASSAY_VERDICT_VALID, "verdict.valid" };
	return untrusted_word(f);
}

/* First match wins. */
static struct word signature_word(const struct fact *f, enum padding_check padding)
{
	if (f->counterfeit && f->counterfeit_rule)
		return counterfeit_word(f);
	if (f->stripped)
		return (struct word){ ASSAY_VERDICT_STRIPPED, "verdict.stripped-scheme" };
	if (f->signature == ASSAY_SIGNATURE_UNSUPPORTED && f->counterfeit)
		return counterfeit_word(f);
	if (f->signature == ASSAY_SIGNATURE_UNSUPPORTED)
		return (struct word){ ASSAY_VERDICT_UNSUPPORTED, "verdict.unsupported" };
	/* Nobody can check it without the key, and somebody asked for that. */
	if (f->signature == ASSAY_SIGNATURE_ABSENT &&
	    (f->trust == ASSAY_TRUST_UNKNOWN_KEY ||
	     (f->trust == ASSAY_TRUST_UNEVALUATED && f->answer.explanation)))
		return untrusted_word(f);
	/* It holds for another file, which is known. */
	if (f->signature == ASSAY_SIGNATURE_BAD && f->relation)
		return modified_word(f->relation);
	if (f->signature != ASSAY_SIGNATURE_GOOD && f->signature != ASSAY_SIGNATURE_KEYLESS)
		return (struct word){ ASSAY_VERDICT_BROKEN, "verdict.broken" };
	return bound_word(f, padding);
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

/* Of code that a signature seals as a whole, the worst word stands, when it is worse. */
static struct word inner_word(const struct fact *f, struct word word)
{
	static const char *const rule_of[] = {
		[ASSAY_VERDICT_COUNTERFEIT] = "verdict.inner-counterfeit",
		[ASSAY_VERDICT_GRAFTED] = "verdict.inner-grafted",
		[ASSAY_VERDICT_TAMPERED] = "verdict.inner-tampered",
		[ASSAY_VERDICT_MISMATCHED] = "verdict.inner-mismatched",
		[ASSAY_VERDICT_BROKEN] = "verdict.inner-broken",
		[ASSAY_VERDICT_STRIPPED] = "verdict.inner-stripped",
		[ASSAY_VERDICT_PARTIAL] = "verdict.inner-partial",
		[ASSAY_VERDICT_COSTUME] = "verdict.inner-costume",
		[ASSAY_VERDICT_ERROR] = "verdict.inner-error",
		[ASSAY_VERDICT_UNSUPPORTED] = "verdict.inner-unsupported",
		[ASSAY_VERDICT_UNTRUSTED] = "verdict.inner-untrusted",
		[ASSAY_VERDICT_UNSIGNED] = "verdict.inner-unsigned",
		[ASSAY_VERDICT_ADHOC] = "verdict.inner-adhoc",
		[ASSAY_VERDICT_VALID] = "verdict.valid",
	};

	for (size_t i = 0; i < COUNT_OF(worst_order) && worst_order[i] != word.verdict; i++)
		if ((f->inner >> worst_order[i] & 1) != 0)
			return (struct word){ worst_order[i], rule_of[worst_order[i]] };
	return word;
}

/* Of two signatures with the same word, the one with the better trust speaks for the file. */
static bool decides_before(const enum assay_verdict *order, size_t n, const struct fact *f,
			   const struct fact *than)
{
	size_t here = place_in(order, n, f->verdict), there = place_in(order, n, than->verdict);

	return here < there || (here == there && f->trust > than->trust);
}

/* The next one of this part, from @f on. */
static const struct fact *fact_of_part(const struct fact *f, unsigned part)
{
	while (f && f->part != part)
		f = f->next;
	return f;
}

static const struct fact *facts_fold(const struct fact *facts, unsigned part,
				     enum assay_fold fold)
{
	const struct fact *best = fact_of_part(facts, part);
	const enum assay_verdict *order = default_order;
	size_t n = COUNT_OF(default_order);

	if (fold == ASSAY_FOLD_FIRST)
		return best;
	if (fold == ASSAY_FOLD_ALL) {
		order = worst_order;
		n = COUNT_OF(worst_order);
	}
	for (const struct fact *f = best; f; f = fact_of_part(f->next, part)) {
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
static struct word bare_word(const struct part *box, const struct relation *r)
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
static bool structure_decides(const struct part *box, const struct fact *best)
{
	return box->broken &&
	       place_in(default_order, COUNT_OF(default_order), best->verdict) >
		       place_in(default_order, COUNT_OF(default_order), ASSAY_VERDICT_BROKEN);
}

/* What one program of the file is. */
struct part_word {
	struct word word;
	const struct fact *decisive;
};

static struct part_word part_judge(const struct fact *facts, unsigned index,
				   const struct part *part, const struct relation *bare,
				   enum assay_fold fold)
{
	struct part_word out = { .decisive = facts_fold(facts, index, fold) };

	if (!out.decisive || structure_decides(part, out.decisive))
		out.word = bare_word(part, bare);
	else
		out.word = (struct word){ out.decisive->verdict, out.decisive->rule };
	return out;
}

static bool bears_identity(enum assay_verdict v)
{
	return v == ASSAY_VERDICT_VALID || v == ASSAY_VERDICT_UNTRUSTED;
}

static bool bears_none(enum assay_verdict v)
{
	return v == ASSAY_VERDICT_UNSIGNED || v == ASSAY_VERDICT_ADHOC;
}

/* The worst of all.  Where only some bear an identity, the others hide behind it; where none
 * does, it is ordinary that linkers sign only what must be signed. */
static struct part_word parts_fold(const struct part_word *parts, size_t n)
{
	const size_t n_order = COUNT_OF(worst_order);
	struct part_word worst = parts[0], adhoc = { 0 };
	size_t n_identity = 0, n_none = 0, n_adhoc = 0, place;

	for (size_t i = 0; i < n; i++) {
		enum assay_verdict v = parts[i].word.verdict;

		n_identity += bears_identity(v);
		n_none += bears_none(v);
		n_adhoc += v == ASSAY_VERDICT_ADHOC;
		if (v == ASSAY_VERDICT_ADHOC)
			adhoc = parts[i];
		if (place_in(worst_order, n_order, v) <
		    place_in(worst_order, n_order, worst.word.verdict))
			worst = parts[i];
	}
	place = place_in(worst_order, n_order, worst.word.verdict);
	if (n_identity > 0 && n_none > 0 &&
	    place > place_in(worst_order, n_order, ASSAY_VERDICT_PARTIAL))
		worst.word = (struct word){ ASSAY_VERDICT_PARTIAL, "verdict.partial-parts" };
	if (n_none == n && n_adhoc > 0)
		worst = adhoc;
	return worst;
}

static struct part_word parts_judge(const struct fact *facts, const struct relation *bare,
				    const struct container *box, enum assay_fold fold)
{
	struct part_word parts[CONTAINER_MAX_PARTS] = { 0 };
	size_t n = box->n_parts < CONTAINER_MAX_PARTS ? box->n_parts : CONTAINER_MAX_PARTS;

	for (size_t i = 0; i < n; i++)
		parts[i] =
			part_judge(facts, (unsigned)i, &box->parts[i], i ? NULL : bare, fold);
	return parts_fold(parts, n);
}

struct judgement verdict_judge(struct fact *facts, const struct relation *bare,
			       const struct container *box,
			       const struct verdict_settings *settings)
{
	const struct part whole = {
		.stripped = box->stripped,
		.broken = box->broken,
		.unsupported = box->unsupported,
	};
	struct part_word out;

	for (struct fact *f = facts; f; f = f->next) {
		struct word word = inner_word(f, signature_word(f, settings->padding));

		f->verdict = word.verdict;
		f->rule = word.rule;
	}
	if (box->n_parts > 0 && !box->broken)
		out = parts_judge(facts, bare, box, settings->fold);
	else
		out = part_judge(facts, 0, &whole, bare, settings->fold);
	return (struct judgement){
		.verdict = out.word.verdict,
		.rule = out.word.rule,
		.masquerade = masquerade_of(out.word.verdict, out.decisive),
		.decisive = out.decisive,
	};
}
