/* SPDX-License-Identifier: MIT */
/*
 * The signs of a copied signature as people read them (`assay explain SIGN`,
 * `assay rules`), and as JSON: what each means, how often it was seen, and what
 * it weighs.
 */
#include "base/json.h"
#include "evidence/parts.h"
#include "mimicry/mimicry.h"

static const struct {
	const char *word, *counted;
} groups[] = {
	[WEIGHT_SUPPORT] = {"support",  "It explains, and is never counted."                 },
	[WEIGHT_CONTENT] = { "content", "It decides by rule, not by its weight."             },
	[WEIGHT_STAMP] = { "stamp",   "Of the signs about times the heaviest is counted."  },
	[WEIGHT_NAME] = { "name",    "Of the signs about names the heaviest is counted."  },
	[WEIGHT_RECORD] = { "record",  "Of the signs about headers the heaviest is counted."},
};

static void rates_write(struct buffer *out, const struct weight *w)
{
	if (w->n_genuine == 0 && w->n_forged == 0) {
		buffer_text(out, "How often it is seen was not measured.");
		return;
	}
	buffer_text(out, "Seen in ");
	if (w->n_genuine)
		buffer_printf(out, "%u of %u genuine signed programs", w->genuine,
			      w->n_genuine);
	if (w->n_genuine && w->n_forged)
		buffer_text(out, " and in ");
	if (w->n_forged)
		buffer_printf(out, "%u of %u pairs of unrelated programs", w->forged,
			      w->n_forged);
	if (w->n_forged == 0)
		buffer_text(out, "; in pairs of unrelated programs it was not measured");
	if (w->n_genuine == 0)
		buffer_text(out, "; in genuine ones it was not measured");
	buffer_char(out, '.');
}

static void weight_write(struct buffer *out, const struct weight *w)
{
	int llr = weight_llr(w);

	buffer_text(out, groups[w->group].counted);
	if (w->n_genuine == 0 || w->n_forged == 0)
		return;
	buffer_text(out, " Weight ");
	text_milli(out, llr);
	buffer_text(out, ", the logarithm of the first rate over the second: it speaks ");
	buffer_text(out, llr < 0 ? "for a forgery." : "against a forgery.");
}

void explain_sign(struct buffer *out, const struct weight *w)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_text(out, w->id);
	buffer_text(out, ": a sign, group ");
	buffer_text(out, groups[w->group].word);
	buffer_char(out, '\n');
	text_wrap(out, w->sentence, 2, TEXT_COLUMNS);
	if (w->note)
		text_wrap(out, w->note, 2, TEXT_COLUMNS);
	rates_write(&text, w);
	text_wrap(out, buffer_string(&text, 0), 2, TEXT_COLUMNS);
	buffer_clear(&text);
	weight_write(&text, w);
	text_wrap(out, buffer_string(&text, 0), 2, TEXT_COLUMNS);
}

void sign_json(struct buffer *out, const struct weight *w)
{
	CLEANUP(buffer_free) struct buffer llr = BUFFER_INIT;
	struct json j = json_begin(out);

	text_milli(&llr, weight_llr(w));
	json_object(&j, NULL);
	json_text(&j, "schema", "assay.rule/1");
	json_text(&j, "id", w->id);
	json_text(&j, "kind", "sign");
	json_null(&j, "severity");
	json_null(&j, "verdict");
	json_null(&j, "reference");
	json_text(&j, "sentence", w->sentence);
	json_null(&j, "advice");
	json_text(&j, "note", w->note);
	json_text(&j, "group", groups[w->group].word);
	json_u64(&j, "genuine", w->genuine);
	json_u64(&j, "n_genuine", w->n_genuine);
	json_u64(&j, "forged", w->forged);
	json_u64(&j, "n_forged", w->n_forged);
	json_span(&j, "llr", buffer_span(&llr));
	json_end(&j);
	buffer_char(out, '\n');
	out->failed = out->failed || buffer_status(&llr) != STATUS_OK;
}
