/* SPDX-License-Identifier: MIT */
/*
 * signature_info with the names of members that VirusTotal prints, a JSON object a
 * line: for comparing, not for believing.  "verified" is "Signed" for a valid file
 * and nothing else; for others it is our sentence.
 */
#include "base/json.h"
#include "base/time.h"
#include "evidence/extension.h"
#include "evidence/formats.h"
#include "evidence/mapping.h"
#include "evidence/parts.h"

/* The value of the first attribute @name of an RFC 4514 text; empty: it has none. */
static struct span attribute_of(struct span text, struct span name)
{
	uint64_t from = 0, at, end;

	while (span_find(text, name, from, &at)) {
		from = at + name.len;
		if (at != 0 && span_at(text, at - 1) != ',' && span_at(text, at - 1) != ' ')
			continue;
		for (end = from; end < text.len && span_at(text, end) != ','; end++)
			if (span_at(text, end) == '\\')
				end++;
		return span_clip(text, from, end - from);
	}
	return SPAN_NONE;
}

static void add_common_name(struct buffer *out, const char *name)
{
	struct span text = name ? SPAN_TEXT(name) : SPAN_NONE;
	struct span common = attribute_of(text, SPAN_TEXT("CN="));

	buffer_add(out, common.len ? common : text);
}

static void add_common(struct json *j, const char *key, const char *name)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	add_common_name(&text, name);
	json_span(j, key, buffer_span(&text));
	if (buffer_status(&text) != STATUS_OK)
		j->out->failed = true;
}

/* "12:00 PM 10/09/2025" */
static void add_date(struct json *j, const char *key, int64_t seconds)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct civil_time c;

	if (!time_to_civil(seconds, &c))
		return;
	buffer_printf(&text, "%02d:%02d %s %02d/%02d/%04d", c.hour % 12 ? c.hour % 12 : 12,
		      c.minute, c.hour < 12 ? "AM" : "PM", c.month, c.day, c.year);
	json_span(j, key, buffer_span(&text));
	if (buffer_status(&text) != STATUS_OK)
		j->out->failed = true;
}

/* "Leaf; Issuer; Root" */
static void add_signers(struct json *j, const struct report_signature *s)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	for (size_t i = 0; i < s->n_chain; i++) {
		if (i)
			buffer_text(&text, "; ");
		add_common_name(&text, s->chain[i].subject);
	}
	json_span(j, "signers", buffer_span(&text));
	if (buffer_status(&text) != STATUS_OK)
		j->out->failed = true;
}

static void add_certificate(struct json *j, const struct report_certificate *c,
			    const char *status)
{
	json_object(j, NULL);
	add_common(j, "name", c->subject);
	add_common(j, "cert issuer", c->issuer);
	if (status)
		json_text(j, "status", status);
	add_date(j, "valid from", c->not_before);
	add_date(j, "valid to", c->not_after);
	if (c->serial.len)
		json_hex(j, "serial number", c->serial);
	json_hex(j, "thumbprint_sha256", SPAN_OF(c->sha256));
	json_end(j);
}

static void add_details(struct json *j, const struct report *r,
			const struct report_signature *s)
{
	struct mapping_state state = mapping_state(r, s);

	json_array(j, "signers details");
	for (size_t i = 0; i < s->n_chain; i++)
		add_certificate(j, &s->chain[i], state.state);
	json_end(j);
	json_array(j, "x509");
	for (size_t i = 0; i < s->n_chain; i++)
		if (s->chain[i].where.len)
			add_certificate(j, &s->chain[i], NULL);
	json_end(j);
}

static void add_counter_signers(struct json *j, const struct exporting *e,
				const struct report_signature *s)
{
	for (size_t i = 0; i < s->n_timestamps; i++) {
		const struct report_timestamp *t = &s->timestamps[i];

		if (!t->signer || !(report_time_proven(t) || e->claimed_names))
			continue;
		json_text(j, "counter signers", t->signer);
		return;
	}
}

/* What the version information says, in VirusTotal's names and ours. */
static const struct {
	const char *name, *feature;
} versions[] = {
	{"product",        "pe.version.strings.product_name"     },
	{ "description",   "pe.version.strings.file_description" },
	{ "copyright",     "pe.version.strings.legal_copyright"  },
	{ "original name", "pe.version.strings.original_filename"},
	{ "internal name", "pe.version.strings.internal_name"    },
	{ "file version",  "pe.version.strings.file_version"     },
};

static void add_versions(struct json *j, const struct report *r)
{
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		const struct feature *f =
			feature_find(r->features, r->n_features, versions[i].feature);

		if (f && f->kind == FEATURE_TEXT)
			json_text(j, versions[i].name, f->text);
	}
}

static void add_verified(struct json *j, const struct report *r)
{
	if (mapping_is_good(r))
		json_text(j, "verified", "Signed");
	else if (!mapping_of(r->verdict)->bare && mapping_of(r->verdict)->level)
		extension_sentence(j, "verified", r);
}

static void add_info(struct json *j, const struct exporting *e, const struct report *r)
{
	int worst = mapping_signature(r);
	const struct report_signature *s = worst < 0 ? NULL : &r->signatures[worst];

	json_object(j, "signature_info");
	add_verified(j, r);
	if (s && s->n_chain && extension_names(e, r, s)) {
		add_signers(j, s);
		add_details(j, r, s);
	}
	if (s)
		add_counter_signers(j, e, s);
	if (s ? extension_names(e, r, s) : e->claimed_names)
		add_versions(j, r);
	if (s && s->has_signed_at)
		add_date(j, "signing date", s->signed_at);
	json_end(j);
}

void vt_report(struct exporting *e, struct buffer *out, const struct report *r,
	       const char *path)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "path", path);
	json_u64(&j, "size", r->size);
	if (r->has_sha256)
		json_hex(&j, "sha256", SPAN_OF(r->sha256));
	json_bool(&j, "trusted",
		  report_decisive(r) >= 0 &&
			  report_trusted(r, &r->signatures[report_decisive(r)]));
	add_info(&j, e, r);
	extension_write(&j, "assay", r, path);
	json_end(&j);
	buffer_char(out, '\n');
}

void vt_end(struct exporting *e, struct buffer *out, const struct summary *s, int exit_code)
{
	struct json j = json_begin(out);

	(void)e;
	json_object(&j, NULL);
	extension_summary(&j, "assay", s, exit_code);
	json_end(&j);
	buffer_char(out, '\n');
}
