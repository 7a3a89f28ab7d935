/* SPDX-License-Identifier: MIT */
/*
 * OCSF 1.9.0, a JSON object a line: a Detection Finding (2004) for each file that
 * is not valid or unsigned, and one Scan Activity (6007) as the last line.
 *
 * Every signature goes into file.signatures[], in file order.  A certificate
 * object needs issuer and serial number; without them it is left out.
 */
#include "base/json.h"
#include "evidence/extension.h"
#include "evidence/formats.h"
#include "evidence/mapping.h"
#include "evidence/parts.h"
#include "evidence/pieces.h"

#define OCSF_VERSION "1.9.0"

#define CLASS_DETECTION    2004
#define CLASS_SCAN         6007
#define ACTIVITY_CREATE    1
#define ACTIVITY_COMPLETED 2
#define ACTIVITY_CANCELLED 3
#define TYPES_OF_CLASS     100 /* type_uid = class_uid * 100 + activity_id */

static const char *const severities[] = { "Unknown", "Informational", "Low",
					  "Medium",  "High",          "Critical" };

/* Milliseconds since 1970; nothing was signed before. */
static void add_time(struct json *j, const char *key, bool known, int64_t seconds)
{
	if (known && seconds >= 0)
		json_u64(j, key, (uint64_t)seconds * 1000);
}

void ocsf_class_write(struct json *j, const struct ocsf_class *c)
{
	json_u64(j, "category_uid", c->class / 1000);
	json_u64(j, "class_uid", c->class);
	json_u64(j, "activity_id", c->activity);
	json_u64(j, "type_uid", c->class * TYPES_OF_CLASS + c->activity);
	if (c->time_ms >= 0)
		json_u64(j, "time", (uint64_t)c->time_ms);
	json_object(j, "metadata");
	json_text(j, "version", OCSF_VERSION);
	if (c->profile) {
		json_array(j, "profiles");
		json_text(j, NULL, c->profile);
		json_end(j);
	}
	json_object(j, "product");
	json_text(j, "name", "assay");
	json_text(j, "vendor_name", "assay");
	json_text(j, "version", c->engine);
	json_end(j);
	json_end(j);
}

static void add_class(struct json *j, const struct exporting *e, uint64_t class,
		      uint64_t activity)
{
	ocsf_class_write(j, &(struct ocsf_class){ .class = class,
						  .activity = activity,
						  .time_ms = e->now < 0 ? -1 : e->now * 1000,
						  .engine = e->engine });
}

void ocsf_severity_write(struct json *j, unsigned severity)
{
	json_u64(j, "severity_id", severity);
	json_text(j, "severity", severities[severity]);
}

void ocsf_pair_write(struct json *j, const char *key, const char *uid, const char *name)
{
	json_object(j, key);
	json_text(j, "uid", uid);
	json_text(j, "name", name);
	json_end(j);
}

void ocsf_attacks_write(struct json *j)
{
	json_array(j, "attacks");
	json_object(j, NULL);
	json_text(j, "version", ATTACK_VERSION);
	ocsf_pair_write(j, "tactic", ATTACK_TACTIC, ATTACK_TACTIC_NAME);
	ocsf_pair_write(j, "technique", ATTACK_TECHNIQUE, ATTACK_TECHNIQUE_NAME);
	ocsf_pair_write(j, "sub_technique", ATTACK_SUBTECHNIQUE, ATTACK_SUBTECHNIQUE_NAME);
	json_end(j);
	json_end(j);
}

static const struct {
	const char *name, *caption;
	unsigned id;
} hashes[] = {
	{"md5",     "MD5",     1},
	{ "sha1",   "SHA-1",   2},
	{ "sha256", "SHA-256", 3},
	{ "sha512", "SHA-512", 4},
};

static void add_fingerprint(struct json *j, const char *key, const char *algorithm,
			    struct span value)
{
	size_t i = 0;

	while (i < COUNT_OF(hashes) && strcmp(hashes[i].name, algorithm) != 0)
		i++;
	json_object(j, key);
	json_text(j, "algorithm", i < COUNT_OF(hashes) ? hashes[i].caption : algorithm);
	json_u64(j, "algorithm_id", i < COUNT_OF(hashes) ? hashes[i].id : 99);
	json_hex(j, "value", value);
	json_end(j);
}

void ocsf_sha256_write(struct json *j, struct span sha256)
{
	if (sha256.len == 0)
		return;
	json_array(j, "hashes");
	add_fingerprint(j, NULL, "sha256", sha256);
	json_end(j);
}

static void add_certificate(struct json *j, const struct report_certificate *c)
{
	if (!c->issuer || c->serial.len == 0)
		return;
	json_object(j, "certificate");
	json_text(j, "subject", c->subject);
	json_text(j, "issuer", c->issuer);
	json_hex(j, "serial_number", c->serial);
	json_array(j, "fingerprints");
	add_fingerprint(j, NULL, "sha256", SPAN_OF(c->sha256));
	json_end(j);
	add_time(j, "created_time", true, c->not_before);
	add_time(j, "expiration_time", true, c->not_after);
	json_end(j);
}

/* How what is signed is put together, where it is not the whole file. */
static const struct {
	const char *scheme, *algorithm, *serialization;
	unsigned algorithm_id, serialization_id;
} schemes[] = {
	{"authenticode", "Authenticode", "Authenticode", 4, 6},
};

static void add_scheme(struct json *j, const struct report_signature *s)
{
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		if (strcmp(schemes[i].scheme, s->scheme) != 0)
			continue;
		json_u64(j, "algorithm_id", schemes[i].algorithm_id);
		json_text(j, "algorithm", schemes[i].algorithm);
		json_u64(j, "serialization_id", schemes[i].serialization_id);
		json_text(j, "serialization", schemes[i].serialization);
		return;
	}
	json_u64(j, "algorithm_id", 99);
	json_text(j, "algorithm", s->scheme);
}

static void add_signature(struct json *j, const struct exporting *e, const struct report *r,
			  const struct report_signature *s)
{
	struct mapping_state state = mapping_state(r, s);

	json_object(j, NULL);
	add_scheme(j, s);
	json_u64(j, "state_id", state.id);
	json_text(j, "state", state.state);
	add_time(j, "created_time", s->has_signed_at, s->signed_at);
	if (s->digest_algorithm && s->digest_signed.len)
		add_fingerprint(j, "digest", s->digest_algorithm, s->digest_signed);
	if (s->n_chain && extension_names(e, r, s))
		add_certificate(j, &s->chain[0]);
	json_end(j);
}

static void add_file(struct json *j, const struct exporting *e, const struct report *r,
		     const char *path)
{
	json_object(j, "file");
	json_span(j, "name", extension_file_name(path));
	json_text(j, "path", path);
	json_u64(j, "type_id", r->format ? 8 : 1);
	json_text(j, "type", r->format ? "Executable File" : "Regular File");
	json_u64(j, "size", r->size);
	ocsf_sha256_write(j, r->has_sha256 ? SPAN_OF(r->sha256) : SPAN_NONE);
	json_array(j, "signatures");
	for (size_t i = 0; i < r->n_signatures; i++)
		add_signature(j, e, r, &r->signatures[i]);
	json_end(j);
	json_end(j);
}

static void add_finding_info(struct json *j, const struct exporting *e, const struct report *r,
			     const char *path)
{
	CLEANUP(buffer_free) struct buffer uid = BUFFER_INIT;

	extension_uid(&uid, r->rule, r, path, report_decisive(r));
	json_object(j, "finding_info");
	json_span(j, "uid", buffer_span(&uid));
	json_text(j, "title", assay_verdict_word(r->verdict));
	extension_sentence(j, "desc", r);
	add_time(j, "created_time", true, e->now);
	json_object(j, "analytic");
	json_text(j, "uid", r->rule);
	json_text(j, "name", r->rule);
	json_u64(j, "type_id", 1); /* Rule */
	json_end(j);
	if (r->masquerade == ASSAY_MASQUERADE_YES ||
	    r->masquerade == ASSAY_MASQUERADE_SUSPECTED || mapping_of(r->verdict)->technique)
		ocsf_attacks_write(j);
	json_end(j);
	if (buffer_status(&uid) != STATUS_OK)
		j->out->failed = true;
}

void ocsf_report(struct exporting *e, struct buffer *out, const struct report *r,
		 const char *path)
{
	struct json j = json_begin(out);

	if (mapping_is_good(r) || r->verdict == ASSAY_VERDICT_UNSIGNED)
		return;
	json_object(&j, NULL);
	add_class(&j, e, CLASS_DETECTION, ACTIVITY_CREATE);
	ocsf_severity_write(&j, mapping_of(r->verdict)->severity);
	json_u64(&j, "status_id", 1);
	json_text(&j, "status", "New");
	extension_sentence(&j, "message", r);
	add_finding_info(&j, e, r, path);
	json_array(&j, "evidences");
	json_object(&j, NULL);
	add_file(&j, e, r, path);
	json_end(&j);
	json_end(&j);
	json_object(&j, "unmapped");
	extension_write(&j, "assay", r, path);
	json_end(&j);
	json_end(&j);
	buffer_char(out, '\n');
}

/* What was not judged; never none when the run says that it is incomplete. */
static uint64_t count_skipped(const struct summary *s)
{
	uint64_t n = s->n_skipped + s->n_errors;

	return n == 0 && !s->complete ? 1 : n;
}

void ocsf_end(struct exporting *e, struct buffer *out, const struct summary *s, int exit_code)
{
	struct json j = json_begin(out);
	uint64_t good = s->by_verdict[ASSAY_VERDICT_VALID];
	uint64_t quiet = good + s->by_verdict[ASSAY_VERDICT_UNSIGNED];

	json_object(&j, NULL);
	add_class(&j, e, CLASS_SCAN, e->interrupted ? ACTIVITY_CANCELLED : ACTIVITY_COMPLETED);
	ocsf_severity_write(&j, 1);
	json_u64(&j, "status_id", s->complete ? 1 : 2);
	json_text(&j, "status", s->complete ? "Success" : "Failure");
	json_object(&j, "scan");
	json_text(&j, "name", "assay");
	json_u64(&j, "type_id", 1);
	json_text(&j, "type", "Manual");
	json_end(&j);
	json_u64(&j, "total", s->n_files);
	json_u64(&j, "num_files", s->n_files);
	json_u64(&j, "num_detections", s->n_files - quiet);
	json_u64(&j, "num_trusted_items", good);
	json_u64(&j, "num_skipped_items", count_skipped(s));
	json_object(&j, "unmapped");
	extension_summary(&j, "assay", s, exit_code);
	json_end(&j);
	json_end(&j);
	buffer_char(out, '\n');
}
