/* SPDX-License-Identifier: MIT */
/*
 * Sentences: one line that says what was found, for each word.
 *
 * A name that was not verified stands behind "claims", "carries" or "poses as";
 * only a valid signature is "signed by".
 */
#include "evidence/parts.h"
#include "verdict/rules.h"
#include <inttypes.h>

/* Why a sound signature is not believed, where trust gave no sentence of its own. */
static const char *const reason_of[] = {
	[ASSAY_TRUST_UNEVALUATED] = "no anchors for this kind of file",
	[ASSAY_TRUST_REVOKED] = "a certificate of its chain was revoked",
	[ASSAY_TRUST_DISTRUSTED] = "a certificate of its chain is distrusted",
	[ASSAY_TRUST_WRONG_USAGE] = "its certificate is not for signing code",
	[ASSAY_TRUST_WEAK_ALGORITHM] = "it rests on a weak algorithm",
	[ASSAY_TRUST_EXPIRED] = "its certificate had expired, and no timestamp helps",
	[ASSAY_TRUST_SELF_SIGNED] = "its certificate vouches only for itself",
	[ASSAY_TRUST_UNTRUSTED_ROOT] = "its chain does not end in an anchor",
	[ASSAY_TRUST_UNKNOWN_KEY] = "the key is not known",
	[ASSAY_TRUST_ANCHORED] = "something about it disqualifies it",
};

/* What a sentence speaks about; .s is NULL when the file bears no signature. */
struct subject {
	const struct report *r;
	const struct report_signature *s;
	int index;
};

/* @before "Name" @after; @unnamed when the name could not be read. */
static void add_claim(struct buffer *out, const struct subject *of, const char *before,
		      const char *after, const char *unnamed)
{
	if (!of->s || !of->s->claimed_signer) {
		buffer_text(out, unnamed);
		return;
	}
	buffer_text(out, before);
	text_name(out, of->s->claimed_signer);
	buffer_text(out, after);
}

/* Is the name that the signature claims vouched for?  Then only the bytes are other ones. */
static bool is_anchored(const struct subject *of)
{
	return of->s && of->s->trust == ASSAY_TRUST_ANCHORED;
}

static void say_unknown(struct buffer *out, const struct subject *of)
{
	(void)of;
	buffer_text(out, "was not judged");
}

static void say_valid(struct buffer *out, const struct subject *of)
{
	const char *signer = of->s ? report_signer(of->r, of->s) : NULL;

	if (!signer) {
		add_claim(out, of, "claims ", " and holds, but the file does not pass",
			  "holds, but its signer cannot be read");
		return;
	}
	buffer_text(out, of->s->presence == ASSAY_PRESENCE_CATALOG ? "in a catalog signed by "
								   : "signed by ");
	text_name(out, signer);
	if (of->s->has_signed_at) {
		buffer_text(out, ", ");
		text_day(out, of->s->signed_at);
	} else {
		buffer_text(out, of->s->n_timestamps ? ", its timestamp proves nothing"
						     : ", without timestamp");
	}
	if (of->s->anchor) {
		buffer_text(out, ", chain ends in ");
		text_name(out, of->s->anchor);
	}
}

static void say_untrusted(struct buffer *out, const struct subject *of)
{
	enum assay_trust trust = of->s ? of->s->trust : ASSAY_TRUST_UNEVALUATED;
	bool unchecked = trust == ASSAY_TRUST_UNEVALUATED || trust == ASSAY_TRUST_UNKNOWN_KEY;

	add_claim(out, of, "claims ", ", but ", "sound, but ");
	if (unchecked)
		buffer_text(out, "cannot be checked: ");
	if (of->s && of->s->trust_reason)
		text_value(out, of->s->trust_reason);
	else
		buffer_text(out, reason_of[trust]);
}

static void say_adhoc(struct buffer *out, const struct subject *of)
{
	(void)of;
	buffer_text(out, "whole, but its signature names nobody");
}

static void say_partial(struct buffer *out, const struct subject *of)
{
	add_claim(out, of, "carries the signature of ", ", but ", "carries a signature, but ");
	if (of->s && of->s->n_bad_pages) {
		buffer_u64(out, of->s->n_bad_pages);
		buffer_text(out, " of ");
		buffer_u64(out, of->s->n_pages);
		buffer_text(out, of->s->n_bad_pages == 1 ? " pages differs" : " pages differ");
		buffer_text(out, " from what was signed");
		if (of->s->n_bad_pages_kept) {
			buffer_text(out, " (");
			text_hex(out, of->s->bad_pages[0].off);
			buffer_char(out, ')');
		}
		return;
	}
	buffer_text(out, "bytes that matter are not covered by it");
}

/* What is known of the program whose signature or face this is; NULL: nothing. */
static const struct report_relation *relation_of(const struct subject *of)
{
	return of->s ? of->s->relation : of->r->relation;
}

/* What was changed.  Of a sample of pages only "about" can be said. */
static void add_pages(struct buffer *out, const struct report_relation *r)
{
	uint64_t changed =
		r->n_host_pages < r->n_matched_pages ? 0 : r->n_host_pages - r->n_matched_pages;

	if (changed == 0 && !r->code_differs) {
		buffer_text(out, r->sampled ? ", altered, not in the code that was compared"
					    : ", altered outside its code");
		return;
	}
	if (changed == 0) {
		buffer_text(out, ", with a little of its code changed");
		return;
	}
	buffer_printf(out, ", with %s%" PRIu64 " of %" PRIu64 " pages of code changed",
		      r->sampled ? "about " : "", changed, r->n_host_pages);
	if (r->n_foreign) {
		buffer_text(out, r->sampled ? " (one at " : " (");
		text_hex(out, r->foreign[0].off);
		buffer_char(out, ')');
	}
}

static void say_tampered(struct buffer *out, const struct subject *of)
{
	const struct report_relation *r = relation_of(of);

	add_claim(out, of,
		  is_anchored(of) ? "the program that " : "a program whose signature claims ",
		  is_anchored(of) ? " signed" : "", "the program that was signed");
	if (r && r->donor.indexed && r->donor.name) {
		buffer_text(out, " (");
		donor_name_write(out, &r->donor);
		buffer_char(out, ')');
	}
	if (r && r->n_host_pages > 0)
		add_pages(out, r);
	else
		buffer_text(out, ", altered afterwards");
}

static void say_grafted(struct buffer *out, const struct subject *of)
{
	const struct report_relation *r = relation_of(of);

	add_claim(out, of,
		  is_anchored(of) ? "carries the signature of "
				  : "carries a signature that claims ",
		  ", which signs another program", "carries a signature of another program");
	if (r && r->donor.indexed && r->donor.name) {
		buffer_text(out, " (");
		donor_name_write(out, &r->donor);
		buffer_char(out, ')');
	}
	buffer_text(out, "; image digest differs");
	if (r && r->confidence && strcmp(r->confidence, "inferred") == 0)
		buffer_text(out, " (inferred)");
}

static void say_mismatched(struct buffer *out, const struct subject *of)
{
	const struct report_relation *r = relation_of(of);

	add_claim(out, of,
		  is_anchored(of) ? "carries the signature of "
				  : "carries a signature that claims ",
		  ", but the image digest differs", "the signed image digest differs");
	buffer_text(out, ": the file was altered, or the signature belongs to another program");
	if (r && r->donor.indexed && r->donor.name) {
		buffer_text(out, "; it was made for ");
		donor_name_write(out, &r->donor);
	}
}

static void say_counterfeit(struct buffer *out, const struct subject *of)
{
	const struct report_finding *f =
		report_worst(of->r, ASSAY_SEVERITY_HIGH, of->s ? of->index : -2);

	add_claim(out, of, "poses as ", ": the certificate is forged",
		  "its certificate is forged");
	if (f) {
		buffer_text(out, " (");
		text_value(out, f->id);
		buffer_char(out, ')');
	}
}

/* A broken signature, or a structure in which none can be found. */
static void say_broken(struct buffer *out, const struct subject *of)
{
	bool structure = !of->s || of->s->verdict != ASSAY_VERDICT_BROKEN;
	const struct report_finding *f =
		report_worst(of->r, ASSAY_SEVERITY_MEDIUM, structure ? -1 : of->index);

	if (!structure)
		add_claim(out, of, "carries a signature that claims ", ", but is broken",
			  "its signature is broken");
	else
		buffer_text(out, "its structure contradicts itself");
	if (!structure && of->s->problem) {
		buffer_text(out, ": ");
		text_value(out, of->s->problem);
	} else if (f) {
		buffer_text(out, " (");
		text_value(out, f->id);
		buffer_char(out, ')');
	}
}

static void say_stripped(struct buffer *out, const struct subject *of)
{
	const struct report_relation *r = relation_of(of);

	if (r && r->donor.indexed) {
		buffer_text(out, "no signature, but it is ");
		donor_name_write(out, &r->donor);
		buffer_text(out, ", which ");
		text_name(out, r->donor.signer);
		buffer_text(out, " signs: the signature was removed");
		return;
	}
	buffer_text(out, "no signature, but traces of one that was removed");
	if (!of->r->removed_signer)
		return;
	buffer_text(out, ", which claims ");
	text_name(out, of->r->removed_signer);
}

static void say_costume(struct buffer *out, const struct subject *of)
{
	const struct report_relation *r = relation_of(of);

	if (!r || !r->donor.indexed) {
		buffer_text(out, "no signature, but the face of a program that its vendor "
				 "always signs");
		return;
	}
	buffer_text(out, "no signature, but wears the version information and face of ");
	donor_name_write(out, &r->donor);
	buffer_text(out, ", which ");
	text_name(out, r->donor.signer);
	buffer_text(out, " always signs");
}

/* Distributions ship unsigned originals; whoever took a signature off leaves the same. */
static void say_unsigned(struct buffer *out, const struct subject *of)
{
	buffer_text(out, "no signature");
	for (size_t i = 0; i < of->r->n_findings; i++) {
		if (strcmp(of->r->findings[i].id, "mimicry.unsigned-original") != 0)
			continue;
		buffer_text(out, "; ");
		text_value(out, of->r->findings[i].observed);
		return;
	}
}

static void say_unsupported(struct buffer *out, const struct subject *of)
{
	if (!of->r->format) {
		buffer_text(out, "no known program format");
	} else if (of->s && of->s->problem) {
		text_value(out, of->s->problem);
	} else if (of->s) {
		buffer_text(out, "signed in a way that is not built in");
	} else {
		buffer_text(out, "a program of a kind that cannot be judged");
		if (of->r->variant) {
			buffer_text(out, ": ");
			text_value(out, of->r->variant);
		}
	}
}

static void say_error(struct buffer *out, const struct subject *of)
{
	const struct rule *rule = of->r->rule ? rule_find(of->r->rule) : NULL;

	if (of->r->n_errors)
		text_value(out, of->r->errors[0]);
	else
		buffer_text(out, rule ? rule->sentence : "the file could not be judged");
}

static void (*const say[])(struct buffer *out, const struct subject *of) = {
	[ASSAY_VERDICT_UNKNOWN] = say_unknown,
	[ASSAY_VERDICT_VALID] = say_valid,
	[ASSAY_VERDICT_UNTRUSTED] = say_untrusted,
	[ASSAY_VERDICT_ADHOC] = say_adhoc,
	[ASSAY_VERDICT_PARTIAL] = say_partial,
	[ASSAY_VERDICT_TAMPERED] = say_tampered,
	[ASSAY_VERDICT_GRAFTED] = say_grafted,
	[ASSAY_VERDICT_MISMATCHED] = say_mismatched,
	[ASSAY_VERDICT_COUNTERFEIT] = say_counterfeit,
	[ASSAY_VERDICT_BROKEN] = say_broken,
	[ASSAY_VERDICT_STRIPPED] = say_stripped,
	[ASSAY_VERDICT_COSTUME] = say_costume,
	[ASSAY_VERDICT_UNSIGNED] = say_unsigned,
	[ASSAY_VERDICT_UNSUPPORTED] = say_unsupported,
	[ASSAY_VERDICT_ERROR] = say_error,
};

void sentence_write(struct buffer *out, const struct report *r, int signature,
		    enum assay_verdict v)
{
	struct subject of = { r, signature < 0 ? NULL : &r->signatures[signature], signature };

	say[v](out, &of);
}

void text_sentence(struct buffer *out, const struct report *r)
{
	const struct report_finding *f = NULL;

	sentence_write(out, r, report_decisive(r), r->verdict);
	if (r->verdict == ASSAY_VERDICT_VALID || r->verdict == ASSAY_VERDICT_UNSIGNED)
		f = report_worst(r, ASSAY_SEVERITY_MEDIUM, -2);
	if (f) {
		buffer_text(out, "; see ");
		text_value(out, f->id);
	}
}
