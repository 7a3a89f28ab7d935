/* SPDX-License-Identifier: MIT */
/*
 * Relation: whose signature a file carries, and what shows it.
 *
 * A donor's name was verified when it was learnt; the one that a signature
 * claims without an index stands behind "claims".
 */
#include "evidence/parts.h"

#include <inttypes.h>
#include <stdlib.h>

#define MILLI          1000
#define SHOWN_EVIDENCE 12
#define DETAIL_INDENT  4

const struct report_relation *report_relation_of(const struct report *r)
{
	int i = report_decisive(r);

	if (r->relation || i < 0)
		return r->relation;
	return r->signatures[i].relation;
}

/* ---- JSON ---- */

static void add_milli(struct json *j, const char *key, int milli)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_printf(&text, "%s%d.%03d", milli < 0 ? "-" : "", abs(milli) / MILLI,
		      abs(milli) % MILLI);
	json_span(j, key, buffer_span(&text));
	if (buffer_status(&text) != STATUS_OK)
		j->out->failed = true;
}

static void add_sections(struct json *j, const struct report_donor *d)
{
	json_array(j, "sections");
	for (size_t i = 0; i < d->n_sections; i++) {
		json_object(j, NULL);
		json_text(j, "name", d->sections[i].name);
		json_u64(j, "size", d->sections[i].raw_size);
		if (d->sections[i].hashed)
			json_bool(j, "same", d->sections[i].same);
		else
			json_null(j, "same");
		json_end(j);
	}
	json_end(j);
}

static void add_pages(struct json *j, const struct report_relation *r)
{
	if (r->n_host_pages == 0) {
		json_null(j, "pages");
		return;
	}
	json_object(j, "pages");
	json_u64(j, "file", r->n_host_pages);
	json_u64(j, "donor", r->n_donor_pages);
	json_u64(j, "matched", r->n_matched_pages);
	json_bool(j, "sampled", r->sampled);
	ranges_json(j, "foreign", r->foreign, r->n_foreign);
	json_end(j);
}

void relation_json(struct json *j, const char *key, const struct report_relation *r)
{
	const struct report_donor *d;

	if (!r) {
		json_null(j, key);
		return;
	}
	d = &r->donor;
	json_object(j, key);
	json_bool(j, "indexed", d->indexed);
	json_text(j, "name", d->name);
	json_text(j, "version", d->version);
	json_text(j, "product", d->product);
	json_text(j, "company", d->company);
	json_text(j, d->indexed ? "signer" : "claimed_signer", d->signer);
	hex_json(j, "authentihash", d->digest);
	json_text(j, "digest_algorithm", d->digest_algorithm);
	json_text(j, "known_by", d->known_by);
	json_text(j, "confidence", r->confidence);
	time_json(j, "signed_at", d->has_signed_at, d->signed_at);
	json_text(j, "learnt_from", d->provenance);
	json_u64(j, "size", d->size);
	add_sections(j, d);
	add_pages(j, r);
	add_milli(j, "llr", r->llr);
	json_end(j);
}

void evidence_json(struct json *j, const struct report *r)
{
	json_array(j, "evidence");
	for (size_t i = 0; i < r->n_evidence; i++) {
		const struct report_evidence *e = &r->evidence[i];

		json_object(j, NULL);
		json_text(j, "id", e->id);
		json_text(j, "message", e->sentence);
		json_text(j, "note", e->note);
		json_text(j, "expected", e->expected);
		json_text(j, "observed", e->observed);
		json_u64(j, "offset", e->where.off);
		json_u64(j, "length", e->where.len);
		json_u64(j, "genuine", e->genuine);
		json_u64(j, "n_genuine", e->n_genuine);
		json_u64(j, "forged", e->forged);
		json_u64(j, "n_forged", e->n_forged);
		add_milli(j, "llr", e->llr);
		index_json(j, e->signature);
		json_end(j);
	}
	json_end(j);
}

/* ---- text ---- */

void donor_name_write(struct buffer *out, const struct report_donor *d)
{
	const char *name = d->name ? d->name : d->product;

	if (!name) {
		buffer_text(out, "a program whose digest is ");
		buffer_hex(out, d->digest);
		return;
	}
	text_value(out, name);
	if (d->version) {
		buffer_char(out, ' ');
		text_value(out, d->version);
	}
}

void donor_write(struct buffer *out, const struct report_relation *r, const char *indent)
{
	const struct report_donor *d = &r->donor;

	buffer_text(out, indent);
	buffer_text(out, "donor ");
	if (d->indexed) {
		donor_name_write(out, d);
		buffer_text(out, ", signed by ");
		text_name(out, d->signer);
	} else {
		buffer_text(out, "not known, claims ");
		text_name(out, d->signer);
	}
	if (d->has_signed_at) {
		buffer_text(out, ", ");
		text_day(out, d->signed_at);
	}
	if (d->digest.len) {
		buffer_text(out, "; image digest ");
		text_value(out, d->digest_algorithm);
		buffer_char(out, ' ');
		buffer_hex(out, d->digest);
	}
	if (d->known_by) {
		buffer_text(out, "; known by ");
		text_value(out, d->known_by);
	}
	if (d->provenance) {
		buffer_text(out, "; learnt from ");
		text_path(out, d->provenance);
	}
	buffer_char(out, '\n');
	if (r->n_host_pages == 0)
		return;
	buffer_text(out, indent);
	buffer_printf(out,
		      "different pages of code: %" PRIu64 ", the donor has %" PRIu64
		      ", %s%" PRIu64 " are the donor's%s\n",
		      r->n_host_pages, r->n_donor_pages, r->sampled ? "about " : "",
		      r->n_matched_pages, r->sampled ? " (by a sample of 64)" : "");
}

static void add_rate(struct buffer *out, const struct report_evidence *e)
{
	if (e->n_genuine)
		buffer_printf(out, "; in %u of %u genuine files", e->genuine, e->n_genuine);
	if (e->n_forged)
		buffer_printf(out, "%s %u of %u made-up pairs", e->n_genuine ? " and" : "; in",
			      e->forged, e->n_forged);
}

void evidence_write(struct buffer *out, const struct report *r, const char *indent, bool all)
{
	size_t n = all || r->n_evidence < SHOWN_EVIDENCE ? r->n_evidence : SHOWN_EVIDENCE;

	for (size_t i = 0; i < n; i++) {
		const struct report_evidence *e = &r->evidence[i];

		buffer_text(out, indent);
		text_value(out, e->id);
		if (e->where.len) {
			buffer_text(out, " @");
			text_range(out, e->where);
		}
		if (e->expected) {
			buffer_text(out, "  expected ");
			text_value(out, e->expected);
		}
		if (e->observed) {
			buffer_text(out, "  observed ");
			text_value(out, e->observed);
		}
		add_rate(out, e);
		buffer_char(out, '\n');
	}
}

void matches_write(struct buffer *out, const struct report *r, const char *indent)
{
	if (r->yara && strcmp(r->yara, "done") != 0) {
		buffer_text(out, indent);
		buffer_text(out, "yara: ");
		text_value(out, r->yara);
		buffer_char(out, '\n');
	}
	for (size_t i = 0; i < r->n_matches; i++) {
		const struct report_match *m = &r->matches[i];

		buffer_text(out, indent);
		buffer_text(out, "yara: rule ");
		text_value(out, m->rule);
		if (*m->tags) {
			buffer_text(out, " [");
			text_value(out, m->tags);
			buffer_char(out, ']');
		}
		for (size_t k = 0; k < m->n_strings; k++) {
			buffer_text(out, k ? ", " : " @");
			text_range(out, m->strings[k]);
		}
		buffer_char(out, '\n');
	}
}

/* `assay explain`: each piece of evidence with its meaning and when it lies. */
void relation_explain(struct buffer *out, const struct report *r, size_t width)
{
	const struct report_relation *relation = report_relation_of(r);

	if (!relation && r->n_evidence == 0)
		return;
	buffer_text(out, "\nWhose it is\n");
	if (relation) {
		donor_write(out, relation, "  ");
		buffer_text(out, "  ");
		buffer_text(out, relation->confidence ? relation->confidence : "undecided");
		buffer_char(out, '\n');
	}
	for (size_t i = 0; i < r->n_evidence; i++) {
		const struct report_evidence *e = &r->evidence[i];
		struct report one = { .evidence = e, .n_evidence = 1 };

		evidence_write(out, &one, "  ", true);
		text_wrap(out, e->sentence, DETAIL_INDENT, width);
		if (e->note && *e->note)
			text_wrap(out, e->note, DETAIL_INDENT, width);
	}
}
