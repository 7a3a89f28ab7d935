/* SPDX-License-Identifier: MIT */
/*
 * CSV by RFC 4180: a header, then a line for each file, with the worst of its
 * signatures.
 *
 * Nothing in a cell ends a line, moves a cursor or begins a formula: controls
 * appear as \xNN, and a cell that begins with = + - @ gets a quote before it.
 */
#include "base/escape.h"
#include "evidence/extension.h"
#include "evidence/formats.h"
#include "evidence/mapping.h"
#include "evidence/parts.h"
#include "evidence/pieces.h"

/* Spreadsheets take these for the beginning of a formula. */
static bool is_formula(struct span text)
{
	return text.len && strchr("=+-@\t\r", span_at(text, 0)) && span_at(text, 0);
}

static void add_quoted(struct buffer *out, struct span text)
{
	buffer_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (span_at(text, i) == '"')
			buffer_char(out, '"');
		buffer_char(out, (char)span_at(text, i));
	}
	buffer_char(out, '"');
}

void csv_cell(struct csv_line *line, struct span text)
{
	CLEANUP(buffer_free) struct buffer cell = BUFFER_INIT;
	struct span shown;
	uint64_t at;

	if (is_formula(text))
		buffer_char(&cell, '\'');
	escape_text(&cell, text);
	shown = buffer_span(&cell);
	if (line->begun)
		buffer_char(line->out, ',');
	line->begun = true;
	if (span_find(shown, SPAN_TEXT(","), 0, &at) ||
	    span_find(shown, SPAN_TEXT("\""), 0, &at) ||
	    span_find(shown, SPAN_TEXT(" "), 0, &at))
		add_quoted(line->out, shown);
	else
		buffer_add(line->out, shown);
	if (buffer_status(&cell) != STATUS_OK)
		line->out->failed = true;
}

void csv_text(struct csv_line *line, const char *text)
{
	csv_cell(line, text ? SPAN_TEXT(text) : SPAN_NONE);
}

/* What was put together elsewhere, if it was. */
static void add_made(struct csv_line *line, const struct buffer *text)
{
	csv_cell(line, buffer_span(text));
	if (buffer_status(text) != STATUS_OK)
		line->out->failed = true;
}

void csv_hex(struct csv_line *line, struct span bytes)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_hex(&text, bytes);
	add_made(line, &text);
}

void csv_number(struct csv_line *line, uint64_t number)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_u64(&text, number);
	add_made(line, &text);
}

void csv_end(struct csv_line *line)
{
	buffer_text(line->out, "\r\n");
	line->begun = false;
}

void csv_begin(struct exporting *e, struct buffer *out)
{
	(void)e;
	buffer_text(out, "path,sha256,size,format,verdict,presence,binding,signature,trust,"
			 "signer,claimed_signer,issuer,serial,signed_at,donor,rules\r\n");
}

static void add_signature(struct csv_line *line, const struct exporting *e,
			  const struct report *r, const struct report_signature *s)
{
	const struct report_certificate *leaf =
		s->n_chain && extension_names(e, r, s) ? &s->chain[0] : NULL;
	CLEANUP(buffer_free) struct buffer signed_at = BUFFER_INIT;

	if (s->has_signed_at)
		text_time(&signed_at, s->signed_at);
	csv_text(line, assay_presence_word(s->presence));
	csv_text(line, assay_binding_word(s->binding));
	csv_text(line, assay_signature_word(s->signature));
	csv_text(line, assay_trust_word(s->trust));
	csv_text(line, report_signer(r, s));
	csv_text(line, report_signer(r, s) ? NULL : s->claimed_signer);
	csv_text(line, leaf ? leaf->issuer : NULL);
	csv_hex(line, leaf ? leaf->serial : SPAN_NONE);
	add_made(line, &signed_at);
}

static void add_no_signature(struct csv_line *line, const struct report *r)
{
	csv_text(line, mapping_of(r->verdict)->bare ? "none" : NULL);
	csv_text(line, NULL);
	csv_text(line, mapping_of(r->verdict)->bare ? "absent" : NULL);
	csv_text(line, NULL);
	csv_text(line, NULL);
	csv_text(line, r->removed_signer);
	for (int i = 0; i < 3; i++)
		csv_text(line, NULL);
}

static void add_donor(struct csv_line *line, const struct report *r)
{
	const struct report_relation *relation = report_relation_of(r);
	const struct report_donor *d =
		relation && relation->donor.indexed ? &relation->donor : NULL;
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	const char *name = NULL;

	if (d)
		name = d->name ? d->name : d->product;
	if (name)
		buffer_text(&text, name); /* the cell escapes it */
	else if (d)
		donor_name_write(&text, d);
	if (name && d->version) {
		buffer_char(&text, ' ');
		buffer_text(&text, d->version);
	}
	add_made(line, &text);
}

static void add_rules(struct csv_line *line, const struct report *r)
{
	CLEANUP(buffer_free) struct buffer ids = BUFFER_INIT;

	buffer_text(&ids, r->rule);
	for (size_t i = 0; i < r->n_findings; i++) {
		buffer_char(&ids, ' ');
		buffer_text(&ids, r->findings[i].id);
	}
	add_made(line, &ids);
}

void csv_report(struct exporting *e, struct buffer *out, const struct report *r,
		const char *path)
{
	struct csv_line line = { .out = out };
	int worst = mapping_signature(r);

	csv_text(&line, path);
	csv_hex(&line, r->has_sha256 ? SPAN_OF(r->sha256) : SPAN_NONE);
	csv_number(&line, r->size);
	csv_text(&line, r->format);
	csv_text(&line, assay_verdict_word(r->verdict));
	if (worst >= 0)
		add_signature(&line, e, r, &r->signatures[worst]);
	else
		add_no_signature(&line, r);
	add_donor(&line, r);
	add_rules(&line, r);
	csv_end(&line);
}
