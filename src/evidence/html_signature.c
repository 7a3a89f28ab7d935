/* SPDX-License-Identifier: MIT */
/* One signature in the page, and the program that it was made for. */
#include "evidence/svg.h"

static void add_axes(struct buffer *out, const struct report_signature *s)
{
	html_item(out, "presence", assay_presence_word(s->presence));
	html_item(out, "binding", assay_binding_word(s->binding));
	html_item(out, "signature", assay_signature_word(s->signature));
	html_item_begin(out, "trust");
	html_value(out, assay_trust_word(s->trust));
	if (s->trust_reason) {
		buffer_text(out, ": ");
		html_value(out, s->trust_reason);
	}
	html_item_end(out);
	if (s->problem)
		html_item(out, "problem", s->problem);
	if (s->part)
		html_item(out, "part", s->part);
	if (s->limits)
		html_item(out, "for", s->limits);
}

static void add_claim(struct buffer *out, const char *label, const char *value)
{
	if (!value)
		return;
	html_item_begin(out, label);
	html_signer(out, value, false);
	html_item_end(out);
}

static void add_names(struct buffer *out, const struct report *r,
		      const struct report_signature *s)
{
	const char *signer = report_signer(r, s);

	html_item_begin(out, "signer");
	if (signer || s->claimed_signer)
		html_signer(out, signer ? signer : s->claimed_signer, signer != NULL);
	else
		buffer_text(out, "cannot be read");
	if (!signer && s->claimed_signer)
		buffer_text(out, ", not verified");
	html_item_end(out);
	add_claim(out, "programme", s->program_name);
	add_claim(out, "more at", s->more_info);
	add_claim(out, "statement", s->statement);
	html_item_begin(out, "signed at");
	if (s->has_signed_at) {
		text_time(out, s->signed_at);
		buffer_text(out, ", proven by a timestamp");
	} else {
		buffer_text(out, "not proven by any timestamp");
	}
	if (s->has_claimed_time) {
		buffer_text(out, "; claims ");
		text_time(out, s->claimed_time);
	}
	html_item_end(out);
}

static void add_digests(struct buffer *out, const struct report_signature *s)
{
	if (s->digest_signed.len == 0)
		return;
	html_item_begin(out, "image digest");
	html_value(out, s->digest_algorithm);
	if (s->digest_computed.len == 0)
		buffer_text(out, ", not computed");
	else if (span_equal(s->digest_signed, s->digest_computed))
		buffer_text(out, ", as signed");
	else
		buffer_text(out, ", <strong>different</strong> from the signed one");
	buffer_text(out, "<br>signed <code>");
	buffer_hex(out, s->digest_signed);
	buffer_text(out, "</code>");
	if (s->digest_computed.len) {
		buffer_text(out, "<br>computed <code>");
		buffer_hex(out, s->digest_computed);
		buffer_text(out, "</code>");
	}
	html_item_end(out);
}

static void add_certificate(struct buffer *out, const struct report_certificate *c)
{
	buffer_text(out, "<li><bdi>");
	html_name(out, c->subject);
	buffer_text(out, c->anchor ? "</bdi>, an anchor<br>" : "</bdi><br>");
	text_day(out, c->not_before);
	buffer_text(out, " to ");
	text_day(out, c->not_after);
	if (c->where.len) {
		buffer_text(out, ", at ");
		text_range(out, c->where);
	}
	buffer_text(out, "<br>SHA-256 <code>");
	buffer_hex(out, SPAN_OF(c->sha256));
	buffer_text(out, "</code></li>\n");
}

static void add_chain(struct buffer *out, const struct report *r,
		      const struct report_signature *s)
{
	size_t n = s->n_chain < REPORT_MAX_CHAIN ? s->n_chain : REPORT_MAX_CHAIN;

	if (n == 0)
		return;
	buffer_text(out, report_trusted(r, s)
				 ? "<h4>Chain, to an anchor</h4>\n<ol class=\"verified\">\n"
				 : "<h4>Chain, as claimed</h4>\n<ol class=\"claim\">\n");
	for (size_t i = 0; i < n; i++)
		add_certificate(out, &s->chain[i]);
	buffer_text(out, "</ol>\n");
	html_more(out, s->n_chain - n);
}

static void add_timestamp(struct buffer *out, const struct report_timestamp *t)
{
	bool proven = report_time_proven(t);

	html_item_begin(out, "timestamp");
	html_value(out, t->kind);
	if (t->has_time) {
		buffer_text(out, proven ? " " : ", claims ");
		text_time(out, t->time);
	}
	buffer_text(out, proven ? ", verified" : ", proves nothing");
	if (t->signer) {
		buffer_text(out, "; ");
		html_signer(out, t->signer, proven);
	}
	if (t->problem) {
		buffer_text(out, ": ");
		html_value(out, t->problem);
	}
	html_item_end(out);
}

static void add_place(struct buffer *out, const struct report_signature *s)
{
	html_item_begin(out, "where");
	html_value(out, s->scheme);
	buffer_text(out, " at ");
	text_range(out, s->where);
	buffer_text(out, ", entry ");
	buffer_u64(out, (uint64_t)s->entry + 1);
	if (s->depth) {
		buffer_text(out, ", nested ");
		buffer_u64(out, s->depth);
		buffer_text(out, " deep");
	}
	html_item_end(out);
}

static void add_pages(struct buffer *out, const struct report *r,
		      const struct report_signature *s)
{
	if (s->n_pages == 0)
		return;
	buffer_text(out, "<h4>Page hashes</h4>\n<p>");
	buffer_u64(out, s->n_pages);
	buffer_text(out, " pages have a digest in the signature, ");
	buffer_u64(out, s->n_bad_pages);
	buffer_text(out, s->n_bad_pages == 1 ? " is different" : " are different");
	if (s->n_bad_pages > s->n_bad_pages_kept) {
		buffer_text(out, "; the first ");
		buffer_u64(out, s->n_bad_pages_kept);
		buffer_text(out, " are shown");
	}
	buffer_text(out, ".</p>\n");
	svg_bad_pages(out, r, s);
}

void html_signature(struct buffer *out, const struct report *r, size_t i)
{
	const struct report_signature *s = &r->signatures[i];
	size_t n =
		s->n_timestamps < HTML_MAX_TIMESTAMPS ? s->n_timestamps : HTML_MAX_TIMESTAMPS;
	CLEANUP(buffer_free) struct buffer title = BUFFER_INIT;

	buffer_printf(&title, "Signature %zu of %zu: %s", i + 1, r->n_signatures,
		      assay_verdict_word(s->verdict));
	buffer_char(&title, '\0');
	if (buffer_status(&title) != STATUS_OK)
		out->failed = true;
	html_fold_begin(out, buffer_string(&title, 0), 0);
	buffer_text(out, "<p>");
	html_sentence(out, r, (int)i, s->verdict);
	buffer_text(out, "</p>\n<dl>\n");
	add_axes(out, s);
	add_names(out, r, s);
	add_digests(out, s);
	add_place(out, s);
	for (size_t t = 0; t < n; t++)
		add_timestamp(out, &s->timestamps[t]);
	buffer_text(out, "</dl>\n");
	html_more(out, s->n_timestamps - n);
	add_chain(out, r, s);
	add_pages(out, r, s);
	html_fold_end(out);
}

static void add_donor_facts(struct buffer *out, const struct report_donor *d)
{
	if (d->digest.len) {
		html_item_begin(out, "image digest");
		html_value(out, d->digest_algorithm);
		buffer_text(out, " <code>");
		buffer_hex(out, d->digest);
		buffer_text(out, "</code>");
		html_item_end(out);
	}
	if (d->has_signed_at) {
		html_item_begin(out, d->indexed ? "signed at" : "claims to be signed at");
		text_time(out, d->signed_at);
		html_item_end(out);
	}
	if (d->known_by)
		html_item(out, "known by", d->known_by);
	if (d->provenance) {
		html_item_begin(out, "learnt from");
		buffer_text(out, "<bdi>");
		html_path(out, d->provenance);
		buffer_text(out, "</bdi>");
		html_item_end(out);
	}
	if (d->size) {
		html_item_begin(out, "size up to its signature");
		buffer_u64(out, d->size);
		html_item_end(out);
	}
}

static void add_relation_pages(struct buffer *out, const struct report_relation *relation)
{
	if (relation->n_host_pages == 0)
		return;
	html_item_begin(out, "pages of code");
	buffer_u64(out, relation->n_host_pages);
	buffer_text(out, ", the donor has ");
	buffer_u64(out, relation->n_donor_pages);
	buffer_text(out, relation->sampled ? ", by a sample about " : ", ");
	buffer_u64(out, relation->n_matched_pages);
	buffer_text(out, " are the donor's");
	html_item_end(out);
}

void html_donor(struct buffer *out, const struct report *r,
		const struct report_relation *relation)
{
	const struct report_donor *d = &relation->donor;
	size_t from;

	buffer_text(out, "<h3>Donor</h3>\n<dl>\n");
	html_item_begin(out, "program");
	if (d->indexed) {
		buffer_text(out, "<bdi>");
		from = out->len;
		donor_name_write(out, d);
		markup_escape(out, from);
		buffer_text(out, "</bdi>");
	} else {
		buffer_text(out, "not known");
	}
	html_item_end(out);
	html_item_begin(out, "signer");
	html_signer(out, d->signer, d->indexed);
	html_item_end(out);
	html_item(out, "confidence", relation->confidence ? relation->confidence : "undecided");
	add_donor_facts(out, d);
	add_relation_pages(out, relation);
	buffer_text(out, "</dl>\n");
	svg_donor(out, r, d);
	svg_pages(out, relation);
}
