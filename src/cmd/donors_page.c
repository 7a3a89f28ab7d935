/* SPDX-License-Identifier: MIT */
#include "cmd/donors_page.h"

#include "base/escape.h"
#include "base/json.h"
#include "base/time.h"
#include <stdio.h>

#define DIGEST_SHOWN 8 /* octets in a line */
#define LABEL_WIDTH  18

/* A text of the record, under its name in JSON and for people. */
struct donor_text {
	const char *key, *label, *text;
};

#define DONOR_TEXTS 10

static void texts_of(const struct donor *d, struct donor_text out[DONOR_TEXTS])
{
	const struct donor_text texts[DONOR_TEXTS] = {
		{"format",             "format",        d->format           },
		{ "signer",            "signed by",     d->signer           },
		{ "name",              "file",          d->name             },
		{ "company",           "company",       d->company          },
		{ "product",           "product",       d->product          },
		{ "version",           "version",       d->version          },
		{ "original_filename", "original name", d->original_filename},
		{ "program_name",      "program name",  d->program_name     },
		{ "manifest",          "manifest",      d->manifest         },
		{ "provenance",        "learnt from",   d->provenance       },
	};

	for (size_t i = 0; i < DONOR_TEXTS; i++)
		out[i] = texts[i];
}

static void text_add(struct buffer *out, const char *text)
{
	escape_text(out, SPAN_TEXT(text ? text : ""));
}

static const char *first_of(const char *a, const char *b, const char *c)
{
	return a ? a : b ? b : c;
}

void donor_line(struct buffer *out, const struct donor *d)
{
	buffer_hex(out, span_clip(digest_span(&d->digest), 0, DIGEST_SHOWN));
	buffer_text(out, "  ");
	text_add(out, first_of(d->name, d->original_filename, "-"));
	if (d->version) {
		buffer_char(out, ' ');
		text_add(out, d->version);
	}
	if (d->kind == DONOR_VALID) {
		buffer_text(out, "  signed by \"");
		text_add(out, d->signer);
		buffer_text(out, d->sketched ? "\", with its pages" : "\"");
	} else {
		buffer_text(out, "  seen with a signature that is not its own");
	}
	buffer_text(out, "  (");
	text_add(out, d->provenance ? d->provenance : "-");
	buffer_text(out, ")\n");
}

static void hex_or_null(struct json *j, const char *key, struct span bytes, bool present)
{
	if (present)
		json_hex(j, key, bytes);
	else
		json_null(j, key);
}

/* The bytes of a hash that the record holds as a number, in the order in which people read it.
 */
static void hash_json(struct json *j, const char *key, uint64_t hash, bool present)
{
	char text[17];

	(void)snprintf(text, sizeof(text), "%016llx", (unsigned long long)hash);
	json_text(j, key, present ? text : NULL);
}

static void sections_json(struct json *j, const struct donor *d)
{
	json_array(j, "sections");
	for (uint32_t i = 0; i < d->n_sections; i++) {
		const struct donor_section *s = &d->sections[i];
		struct span name = { (const uint8_t *)s->name, strnlen(s->name, 8) };

		json_object(j, NULL);
		json_span(j, "name", name);
		json_u64(j, "raw_size", s->raw_size);
		json_u64(j, "characteristics", s->characteristics);
		hash_json(j, "hash", s->hash, s->hash != 0);
		json_end(j);
	}
	json_end(j);
}

static void header_json(struct json *j, const struct donor *d)
{
	json_u64(j, "machine", d->machine);
	json_u64(j, "subsystem", d->subsystem);
	json_bool(j, "dotnet", d->dotnet);
	json_bool(j, "reproducible", d->repro);
	json_u64(j, "size", d->size);
	json_u64(j, "size_of_headers", d->size_of_headers);
	json_u64(j, "entry_rva", d->entry_rva);
	json_u64(j, "time_date_stamp", d->time_date_stamp);
	if (d->has_checksum)
		json_u64(j, "checksum", d->checksum);
	else
		json_null(j, "checksum");
	hash_json(j, "icon", d->icon, d->has_icon);
	hex_or_null(j, "codeview", SPAN_OF(d->codeview), d->has_codeview);
	hex_or_null(j, "rich", SPAN_OF(d->rich), !span_is_zero(SPAN_OF(d->rich)));
	hex_or_null(j, "imphash", SPAN_OF(d->imports), !span_is_zero(SPAN_OF(d->imports)));
	sections_json(j, d);
	json_bool(j, "sketched", d->sketched);
	if (d->sketched) {
		json_u64(j, "executable_pages", d->executable.n_pages);
		json_u64(j, "other_pages", d->rest.n_pages);
	}
}

void donor_json(struct buffer *out, const struct donor *d)
{
	struct json j = json_begin(out);
	struct donor_text texts[DONOR_TEXTS];

	texts_of(d, texts);
	json_object(&j, NULL);
	json_text(&j, "schema", "assay.donor/1");
	json_text(&j, "kind", d->kind == DONOR_VALID ? "valid" : "seen");
	json_object(&j, "digest");
	json_text(&j, "algorithm", digest_name(d->digest.algorithm));
	json_hex(&j, "value", digest_span(&d->digest));
	json_end(&j);
	hex_or_null(&j, "signature_block", SPAN_OF(d->block), !span_is_zero(SPAN_OF(d->block)));
	for (size_t i = 0; i < DONOR_TEXTS; i++)
		json_text(&j, texts[i].key, texts[i].text);
	if (d->signed_at)
		json_time(&j, "signed_at", d->signed_at);
	else
		json_null(&j, "signed_at");
	header_json(&j, d);
	json_end(&j);
	buffer_char(out, '\n');
}

static void label_add(struct buffer *out, const char *label)
{
	buffer_printf(out, "    %-*s", LABEL_WIDTH, label);
}

static void hex_line(struct buffer *out, const char *label, struct span bytes)
{
	if (span_is_zero(bytes))
		return;
	label_add(out, label);
	buffer_hex(out, bytes);
	buffer_char(out, '\n');
}

static void sections_page(struct buffer *out, const struct donor *d)
{
	for (uint32_t i = 0; i < d->n_sections; i++) {
		const struct donor_section *s = &d->sections[i];
		struct span name = { (const uint8_t *)s->name, strnlen(s->name, 8) };

		label_add(out, i == 0 ? "sections" : "");
		escape_text(out, name);
		buffer_printf(out, "  %u bytes, characteristics 0x%08x", s->raw_size,
			      s->characteristics);
		if (s->hash)
			buffer_printf(out, ", SHA-256 %016llx...", (unsigned long long)s->hash);
		buffer_char(out, '\n');
	}
}

static void header_page(struct buffer *out, const struct donor *d)
{
	struct time_text time;

	label_add(out, "program");
	buffer_printf(out, "machine 0x%04x, subsystem %u%s, %llu bytes before its signature\n",
		      d->machine, d->subsystem, d->dotnet ? ", .NET" : "",
		      (unsigned long long)d->size);
	label_add(out, "headers");
	buffer_printf(out, "%u bytes, entry 0x%x, ", d->size_of_headers, d->entry_rva);
	if (d->repro)
		buffer_printf(out, "reproducible build 0x%08x", d->time_date_stamp);
	else
		buffer_printf(out, "built %s",
			      time_format(d->time_date_stamp, &time) ? time.text : "-");
	if (d->has_checksum)
		buffer_printf(out, ", checksum 0x%08x", d->checksum);
	buffer_char(out, '\n');
	if (d->has_codeview)
		hex_line(out, "debug file", SPAN_OF(d->codeview));
	hex_line(out, "Rich header", SPAN_OF(d->rich));
	hex_line(out, "imports", SPAN_OF(d->imports));
	if (d->has_icon) {
		label_add(out, "icon");
		buffer_printf(out, "%016llx\n", (unsigned long long)d->icon);
	}
	sections_page(out, d);
	if (!d->sketched)
		return;
	label_add(out, "sketch");
	buffer_printf(out, "%u of %u executable pages, %u of %u others\n", d->executable.n,
		      d->executable.n_pages, d->rest.n, d->rest.n_pages);
}

void donor_page(struct buffer *out, const struct donor *d)
{
	struct donor_text texts[DONOR_TEXTS];
	struct time_text time;

	texts_of(d, texts);
	donor_line(out, d);
	label_add(out, "digest");
	buffer_printf(out, "%s ", digest_name(d->digest.algorithm));
	buffer_hex(out, digest_span(&d->digest));
	buffer_char(out, '\n');
	hex_line(out, "signature block", SPAN_OF(d->block));
	for (size_t i = 0; i < DONOR_TEXTS; i++) {
		if (!texts[i].text)
			continue;
		label_add(out, texts[i].label);
		text_add(out, texts[i].text);
		buffer_char(out, '\n');
	}
	if (d->signed_at && time_format(d->signed_at, &time)) {
		label_add(out, "signed at");
		buffer_printf(out, "%s\n", time.text);
	}
	if (d->kind == DONOR_VALID)
		header_page(out, d);
}
