/* SPDX-License-Identifier: MIT */
/*
 * STIX 2.1 (OASIS): one bundle for the whole run.
 *
 * A file and the certificates that it carries are observables, whose ids are made
 * of what they are (2.9), so that two runs name the same thing alike; what we say
 * of its signatures is an extension of the observation, because STIX has no field
 * for it and it is true of a time, not of the file.  Masquerades become indicators
 * of T1036.001.  Certificates are told by digest; their names are claims, and left
 * out unless verified.
 */
#include "base/memory.h"
#include "base/time.h"
#include "base/utf8.h"
#include "evidence/extension.h"
#include "evidence/formats.h"
#include "evidence/mapping.h"
#include "evidence/parts.h"
#include "evidence/stix_id.h"

#define MADE_AT "2026-01-01T00:00:00Z" /* what does not change with a run */

/* ---- what does not change ---- */

static struct stix_id author(struct exporting *e)
{
	return stix_id_of(e, "identity", "assay");
}

static struct stix_id technique(struct exporting *e)
{
	return stix_id_of(e, "attack-pattern", ATTACK_SUBTECHNIQUE);
}

static struct stix_id extension(struct exporting *e)
{
	return stix_id_of(e, "extension-definition", "assay.report/1");
}

static void add_made(struct exporting *e, const char *made_at)
{
	struct stix_id by = author(e);

	stix_add_id(&e->json, "created_by_ref", &by);
	json_text(&e->json, "created", made_at);
	json_text(&e->json, "modified", made_at);
}

static void add_author(struct exporting *e)
{
	struct stix_id id = author(e);

	stix_begin_object(e, &id);
	json_text(&e->json, "created", MADE_AT);
	json_text(&e->json, "modified", MADE_AT);
	json_text(&e->json, "name", "assay");
	json_text(&e->json, "identity_class", "system");
	json_end(&e->json);
}

static void add_extension(struct exporting *e)
{
	struct stix_id id = extension(e);

	stix_begin_object(e, &id);
	add_made(e, MADE_AT);
	json_text(&e->json, "name", "Code signatures of an observed file");
	json_text(&e->json, "description",
		  "What a signature claims, what was checked, and the word for both. Names "
		  "below \"claimed\" were not verified.");
	json_text(&e->json, "schema", "assay.report/1");
	json_text(&e->json, "version", "1.0.0");
	json_array(&e->json, "extension_types");
	json_text(&e->json, NULL, "property-extension");
	json_end(&e->json);
	json_end(&e->json);
}

static void add_external(struct json *j, const char *source, const char *id, const char *url)
{
	json_array(j, "external_references");
	json_object(j, NULL);
	json_text(j, "source_name", source);
	json_text(j, "external_id", id);
	json_text(j, "url", url);
	json_end(j);
	json_end(j);
}

static void add_technique(struct exporting *e)
{
	struct stix_id id = technique(e);

	stix_begin_object(e, &id);
	add_made(e, MADE_AT);
	json_text(&e->json, "name", ATTACK_SUBTECHNIQUE_NAME);
	add_external(&e->json, "mitre-attack", ATTACK_SUBTECHNIQUE, ATTACK_URL);
	json_array(&e->json, "kill_chain_phases");
	json_object(&e->json, NULL);
	json_text(&e->json, "kill_chain_name", "mitre-attack");
	json_text(&e->json, "phase_name", "defense-evasion");
	json_end(&e->json);
	json_end(&e->json);
	json_end(&e->json);
}

static void add_relationship(struct exporting *e, const char *type, const struct stix_id *from,
			     const struct stix_id *to, const char *made_at,
			     const char *description)
{
	CLEANUP(buffer_free) struct buffer name = BUFFER_INIT;
	struct stix_id id;

	stix_id_write(&name, from);
	buffer_text(&name, type);
	stix_id_write(&name, to);
	id = stix_id_made(e, "relationship", &name);
	if (!stix_is_new(e, &id))
		return;
	stix_begin_object(e, &id);
	add_made(e, made_at);
	json_text(&e->json, "relationship_type", type);
	if (description)
		json_text(&e->json, "description", description);
	stix_add_id(&e->json, "source_ref", from);
	stix_add_id(&e->json, "target_ref", to);
	json_end(&e->json);
}

static void add_defences(struct exporting *e)
{
	struct stix_id against = technique(e);

	for (size_t i = 0; i < n_mapping_defences; i++) {
		const struct mapping_defence *d = &mapping_defences[i];
		struct stix_id id = stix_id_of(e, "course-of-action", d->id);

		stix_begin_object(e, &id);
		add_made(e, MADE_AT);
		json_text(&e->json, "name", d->name);
		add_external(&e->json, "mitre-d3fend", d->id, d->url);
		json_end(&e->json);
		add_relationship(e, "related-to", &id, &against, MADE_AT, d->verb);
	}
}

void stix_begin(struct exporting *e, struct buffer *out)
{
	e->json = json_begin(out);
	e->seen = memory_new(1, sizeof(*e->seen));
	json_object(&e->json, NULL);
	json_text(&e->json, "type", "bundle");
	json_array(&e->json, "objects");
	add_author(e);
	add_extension(e);
	add_technique(e);
	add_defences(e);
}

/* ---- observables ---- */

/* Members in the order of their names, as the id wants them. */
static void write_sections(struct json *j, const struct report *r)
{
	bool any = false;

	for (size_t i = 0; i < r->n_regions; i++) {
		if (strcmp(r->regions[i].kind, "section") != 0)
			continue;
		if (!any)
			json_array(j, "sections");
		any = true;
		json_object(j, NULL);
		json_text(j, "name", r->regions[i].name);
		json_u64(j, "size", r->regions[i].where.len);
		json_end(j);
	}
	if (any)
		json_end(j);
}

/* "PE32+ .NET library": the last word says what it is. */
static const char *pe_type_of(const struct report *r)
{
	struct span variant = r->variant ? SPAN_TEXT(r->variant) : SPAN_NONE;
	uint64_t at;

	if (span_find(variant, SPAN_TEXT("library"), 0, &at))
		return "dll";
	return span_find(variant, SPAN_TEXT(" driver"), 0, &at) ? "sys" : "exe";
}

static void write_pe(struct json *j, const struct report *r)
{
	json_object(j, "windows-pebinary-ext");
	json_text(j, "pe_type", pe_type_of(r));
	write_sections(j, r);
	json_end(j);
}

static bool is_pe(const struct report *r)
{
	return r->format && strcmp(r->format, "pe") == 0;
}

/* What a file is known by: exactly this makes its id. */
static void write_identity(struct json *j, const struct report *r, const char *path)
{
	if (is_pe(r)) {
		json_object(j, "extensions");
		write_pe(j, r);
		json_end(j);
	}
	if (r->has_sha256) {
		json_object(j, "hashes");
		json_hex(j, "SHA-256", SPAN_OF(r->sha256));
		json_end(j);
	}
	json_span(j, "name", extension_file_name(path));
}

static struct stix_id add_file(struct exporting *e, const struct report *r, const char *path)
{
	CLEANUP(buffer_free) struct buffer identity = BUFFER_INIT;
	struct json j = json_begin(&identity);
	struct stix_id id;

	json_object(&j, NULL);
	write_identity(&j, r, path);
	json_end(&j);
	id = stix_id_of_observable(e, "file", &identity);
	if (!stix_is_new(e, &id))
		return id;
	stix_begin_object(e, &id);
	write_identity(&e->json, r, path);
	json_u64(&e->json, "size", r->size);
	json_end(&e->json);
	return id;
}

static void write_certificate(struct json *j, const struct report_certificate *c)
{
	json_object(j, "hashes");
	json_hex(j, "SHA-256", SPAN_OF(c->sha256));
	json_end(j);
	if (c->serial.len)
		json_hex(j, "serial_number", c->serial);
}

static struct stix_id id_of_certificate(struct exporting *e, const struct report_certificate *c)
{
	CLEANUP(buffer_free) struct buffer identity = BUFFER_INIT;
	struct json j = json_begin(&identity);

	json_object(&j, NULL);
	write_certificate(&j, c);
	json_end(&j);
	return stix_id_of_observable(e, "x509-certificate", &identity);
}

static void add_certificate(struct exporting *e, const struct report_certificate *c,
			    bool with_names)
{
	struct stix_id id = id_of_certificate(e, c);

	if (!stix_is_new(e, &id))
		return;
	stix_begin_object(e, &id);
	write_certificate(&e->json, c);
	if (with_names) {
		json_text(&e->json, "issuer", c->issuer);
		json_text(&e->json, "subject", c->subject);
	}
	json_time(&e->json, "validity_not_before", c->not_before);
	json_time(&e->json, "validity_not_after", c->not_after);
	json_end(&e->json);
}

/* ---- what we say ---- */

/* STIX has neither null nor empty lists nor empty texts. */
static void add_some(struct json *j, const char *key, const char *text)
{
	if (text && span_at(SPAN_TEXT(text), 0))
		json_text(j, key, text);
}

static void add_signature(struct json *j, const struct report *r,
			  const struct report_signature *s)
{
	json_object(j, NULL);
	json_text(j, "scheme", s->scheme);
	json_text(j, "verdict", assay_verdict_word(s->verdict));
	json_text(j, "presence", assay_presence_word(s->presence));
	json_text(j, "binding", assay_binding_word(s->binding));
	json_text(j, "signature", assay_signature_word(s->signature));
	json_text(j, "trust", assay_trust_word(s->trust));
	json_bool(j, "trusted", report_trusted(r, s));
	add_some(j, "signer", report_signer(r, s));
	if (s->has_signed_at)
		json_time(j, "signed_at", s->signed_at);
	add_some(j, "digest_algorithm", s->digest_algorithm);
	if (s->digest_signed.len)
		json_hex(j, "digest_signed", s->digest_signed);
	if (s->digest_computed.len)
		json_hex(j, "digest_computed", s->digest_computed);
	if (s->claimed_signer && !report_signer(r, s)) {
		json_object(j, "claimed");
		json_text(j, "subject_name", s->claimed_signer);
		json_end(j);
	}
	json_end(j);
}

static void add_donor(struct json *j, const struct report *r)
{
	const struct report_relation *relation = report_relation_of(r);
	const struct report_donor *d = relation ? &relation->donor : NULL;

	if (!d || !d->indexed)
		return;
	json_object(j, "donor");
	add_some(j, "name", d->name);
	add_some(j, "version", d->version);
	add_some(j, "product", d->product);
	add_some(j, "company", d->company);
	add_some(j, "signer", d->signer);
	add_some(j, "known_by", d->known_by);
	add_some(j, "confidence", relation->confidence);
	if (d->digest.len)
		json_hex(j, "authentihash", d->digest);
	json_end(j);
}

static void add_findings(struct json *j, const struct report *r)
{
	if (r->n_findings == 0)
		return;
	json_array(j, "findings");
	for (size_t i = 0; i < r->n_findings; i++)
		json_text(j, NULL, r->findings[i].id);
	json_end(j);
}

static void add_facts(struct json *j, const struct report *r, const char *path)
{
	json_text(j, "extension_type", "property-extension");
	json_object(j, "assay");
	json_text(j, "schema", "assay.report/1");
	json_text(j, "verdict", assay_verdict_word(r->verdict));
	json_text(j, "rule", r->rule);
	json_text(j, "masquerade", assay_masquerade_word(r->masquerade));
	json_bool(j, "complete", r->complete);
	add_some(j, "format", r->format);
	if (!utf8_valid(extension_file_name(path)))
		json_base64(j, "name_b64", extension_file_name(path));
	if (r->n_signatures) {
		json_array(j, "signatures");
		for (size_t i = 0; i < r->n_signatures; i++)
			add_signature(j, r, &r->signatures[i]);
		json_end(j);
	}
	add_findings(j, r);
	add_donor(j, r);
	if (r->removed_signer) {
		json_object(j, "claimed");
		json_text(j, "removed_signer", r->removed_signer);
		json_end(j);
	}
	add_some(j, "engine", r->engine);
	add_some(j, "policy", r->policy);
	add_some(j, "trust_store", r->trust_store);
	add_some(j, "donors", r->donors);
	json_end(j);
}

static void add_references(struct exporting *e, const struct report *r,
			   const struct stix_id *file)
{
	json_array(&e->json, "object_refs");
	stix_add_id(&e->json, NULL, file);
	for (size_t i = 0; i < r->n_signatures; i++)
		for (size_t k = 0; k < r->signatures[i].n_chain; k++) {
			struct stix_id id = id_of_certificate(e, &r->signatures[i].chain[k]);

			stix_add_id(&e->json, NULL, &id);
		}
	json_end(&e->json);
}

static struct stix_id add_observation(struct exporting *e, const struct report *r,
				      const char *path, const struct stix_id *file,
				      const char *now)
{
	CLEANUP(buffer_free) struct buffer name = BUFFER_INIT, key = BUFFER_INIT;
	struct stix_id id, kind = extension(e);

	stix_id_write(&name, file);
	buffer_text(&name, now);
	buffer_text(&name, path);
	id = stix_id_made(e, "observed-data", &name);
	if (!stix_is_new(e, &id))
		return id;
	stix_id_write(&key, &kind);
	stix_begin_object(e, &id);
	add_made(e, now);
	json_text(&e->json, "first_observed", now);
	json_text(&e->json, "last_observed", now);
	json_u64(&e->json, "number_observed", 1);
	add_references(e, r, file);
	json_object(&e->json, "extensions");
	json_object(&e->json, buffer_string(&key, 0));
	add_facts(&e->json, r, path);
	json_end(&e->json);
	json_end(&e->json);
	json_end(&e->json);
	if (buffer_status(&key) != STATUS_OK)
		e->json.out->failed = true;
	return id;
}

static void add_pattern(struct json *j, const struct report *r)
{
	CLEANUP(buffer_free) struct buffer pattern = BUFFER_INIT;

	buffer_text(&pattern, "[file:hashes.'SHA-256' = '");
	buffer_hex(&pattern, SPAN_OF(r->sha256));
	buffer_text(&pattern, "']");
	json_span(j, "pattern", buffer_span(&pattern));
	if (buffer_status(&pattern) != STATUS_OK)
		j->out->failed = true;
}

/* Of this very file: its digest, and nothing that another, honest file might share. */
static void add_indicator(struct exporting *e, const struct report *r,
			  const struct stix_id *observation, const char *now)
{
	struct stix_id id, of = technique(e);
	CLEANUP(buffer_free) struct buffer name = BUFFER_INIT;

	buffer_text(&name, r->rule);
	buffer_text(&name, now);
	buffer_hex(&name, SPAN_OF(r->sha256));
	id = stix_id_made(e, "indicator", &name);
	if (stix_is_new(e, &id)) {
		stix_begin_object(e, &id);
		add_made(e, now);
		json_text(&e->json, "name", assay_verdict_word(r->verdict));
		extension_sentence(&e->json, "description", r);
		json_array(&e->json, "indicator_types");
		json_text(&e->json, NULL, "anomalous-activity");
		json_end(&e->json);
		add_pattern(&e->json, r);
		json_text(&e->json, "pattern_type", "stix");
		json_text(&e->json, "valid_from", now);
		json_end(&e->json);
	}
	add_relationship(e, "indicates", &id, &of, now, NULL);
	add_relationship(e, "based-on", &id, observation, now, NULL);
}

void stix_report(struct exporting *e, struct buffer *out, const struct report *r,
		 const char *path)
{
	struct stix_id file, observation;
	struct time_text now;

	(void)out;
	(void)time_format(e->now, &now);
	if (!e->seen)
		e->json.out->failed = true;
	file = add_file(e, r, path);
	for (size_t i = 0; i < r->n_signatures; i++)
		for (size_t k = 0; k < r->signatures[i].n_chain; k++)
			add_certificate(e, &r->signatures[i].chain[k],
					extension_names(e, r, &r->signatures[i]));
	observation = add_observation(e, r, path, &file, now.text);
	if (mapping_is_alert(r->verdict) && r->has_sha256)
		add_indicator(e, r, &observation, now.text);
}

void stix_end(struct exporting *e, struct buffer *out, const struct summary *s, int exit_code)
{
	struct stix_id id = { .type = "bundle" };

	(void)exit_code;
	if (!s->complete) {
		struct stix_id note = stix_id_of(e, "note", "incomplete");
		struct stix_id by = author(e);
		struct time_text now;

		(void)time_format(e->now, &now);
		stix_begin_object(e, &note);
		add_made(e, now.text);
		json_text(&e->json, "abstract", "incomplete");
		json_text(&e->json, "content",
			  "The run that made this bundle did not judge every file.");
		json_array(&e->json, "object_refs");
		stix_add_id(&e->json, NULL, &by);
		json_end(&e->json);
		json_end(&e->json);
	}
	json_end(&e->json);
	for (size_t i = 0; i < sizeof(e->chain); i++)
		id.uuid.bytes[i] = e->chain[i];
	stix_add_id(&e->json, "id", &id);
	json_end(&e->json);
	buffer_char(out, '\n');
}
