/* SPDX-License-Identifier: MIT */
/*
 * SARIF 2.1.0 (OASIS): one document for the whole run.
 *
 * A file is a result with the rule of its word, and one more for each finding, at
 * the place that it is about.  What could not be judged is a notification and no
 * result.  When a run of the document has as many results as code scanning
 * services take, another one begins.
 */
#include "evidence/extension.h"
#include "evidence/formats.h"
#include "evidence/mapping.h"
#include "evidence/parts.h"
#include "verdict/rules.h"

#define SARIF_SCHEMA                                                                           \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"                  \
	"sarif-schema-2.1.0.json"
#define SARIF_MAX_RESULTS 20000 /* in one run; services take 25 000 */

/* Lists that stand behind the results. */
enum aside { ASIDE_ARTIFACTS, ASIDE_NOTIFICATIONS };

/* Where a standard that a rule refers to can be read; the first that begins so. */
static const struct {
	const char *reference, *url;
} standards[] = {
	{"PE Format",         "https://learn.microsoft.com/windows/win32/debug/pe-format"            },
	{ "winver.h",         "https://learn.microsoft.com/windows/win32/menurc/versioninfo-resource"},
	{ "UEFI",             "https://uefi.org/specifications"                                      },
	{ "X.690",            "https://www.itu.int/rec/T-REC-X.690"                                  },
	{ "NIST SP 800-131A", "https://csrc.nist.gov/pubs/sp/800/131/a/r2/final"                     },
	{ "CVE-2013-3900",    "https://nvd.nist.gov/vuln/detail/CVE-2013-3900"                       },
};

/* "RFC 5280, 4.1.2.2": the number behind @text; 0: none. */
static uint64_t rfc_of(struct span text)
{
	uint64_t n = 0;

	if (!span_starts(text, "RFC ", 4))
		return 0;
	for (uint64_t i = 4; span_at(text, i) >= '0' && span_at(text, i) <= '9'; i++)
		n = n * 10 + span_at(text, i) - '0';
	return n;
}

static void add_help_uri(struct json *j, const struct rule *rule)
{
	struct span reference = SPAN_TEXT(rule->reference);
	CLEANUP(buffer_free) struct buffer url = BUFFER_INIT;
	uint64_t rfc = rfc_of(reference);

	if (rfc) {
		buffer_text(&url, "https://www.rfc-editor.org/rfc/rfc");
		buffer_u64(&url, rfc);
	}
	for (size_t i = 0; i < COUNT_OF(standards) && url.len == 0; i++)
		if (span_starts(reference, standards[i].reference,
				strlen(standards[i].reference)))
			buffer_text(&url, standards[i].url);
	if (url.len == 0)
		buffer_text(&url, ATTACK_URL);
	json_span(j, "helpUri", buffer_span(&url));
	if (buffer_status(&url) != STATUS_OK)
		j->out->failed = true;
}

static void add_text(struct json *j, const char *key, const char *text)
{
	json_object(j, key);
	json_text(j, "text", text);
	json_end(j);
}

/* By severity; a level is "none" unless the kind is "fail". */
static const struct {
	const char *level, *kind;
} findings[] = {
	[ASSAY_SEVERITY_NONE] = {"none",     "informational"},
	[ASSAY_SEVERITY_INFO] = { "none",    "informational"},
	[ASSAY_SEVERITY_LOW] = { "note",    "fail"         },
	[ASSAY_SEVERITY_MEDIUM] = { "warning", "fail"         },
	[ASSAY_SEVERITY_HIGH] = { "error",   "fail"         },
};

static const char *level_of(const struct rule *rule)
{
	const char *level = mapping_of(rule->verdict)->level;

	if (rule->kind == RULE_FINDING)
		return findings[rule->severity].level;
	return level ? level : "error";
}

static void add_reference(struct json *j, const char *id, const char *taxonomy, uint64_t index)
{
	json_text(j, "id", id);
	json_object(j, "toolComponent");
	json_text(j, "name", taxonomy);
	json_u64(j, "index", index);
	json_end(j);
}

static void add_rule(struct json *j, const struct rule *rule)
{
	CLEANUP(buffer_free) struct buffer help = BUFFER_INIT;

	explain_rule(&help, rule);
	json_object(j, NULL);
	json_text(j, "id", rule->id);
	add_text(j, "shortDescription", rule->sentence);
	add_text(j, "fullDescription", rule->sentence);
	json_object(j, "help");
	json_span(j, "text", buffer_span(&help));
	json_end(j);
	add_help_uri(j, rule);
	json_object(j, "defaultConfiguration");
	json_text(j, "level", level_of(rule));
	json_end(j);
	if (rule->kind == RULE_VERDICT && mapping_of(rule->verdict)->technique) {
		json_array(j, "relationships");
		json_object(j, NULL);
		json_object(j, "target");
		add_reference(j, ATTACK_SUBTECHNIQUE, "ATT&CK", 0);
		json_end(j);
		json_array(j, "kinds");
		json_text(j, NULL, "relevant");
		json_end(j);
		json_end(j);
		json_end(j);
	}
	json_object(j, "properties");
	json_text(j, "reference", rule->reference);
	json_end(j);
	json_end(j);
	if (buffer_status(&help) != STATUS_OK)
		j->out->failed = true;
}

static void add_tool(struct json *j, const struct exporting *e)
{
	json_object(j, "tool");
	json_object(j, "driver");
	json_text(j, "name", "assay");
	json_text(j, "semanticVersion", e->engine);
	json_array(j, "supportedTaxonomies");
	for (uint64_t i = 0; i < 2; i++) {
		json_object(j, NULL);
		json_text(j, "name", i ? "D3FEND" : "ATT&CK");
		json_u64(j, "index", i);
		json_end(j);
	}
	json_end(j);
	json_array(j, "rules");
	for (size_t i = 0; i < n_rules; i++)
		add_rule(j, &rules[i]);
	json_end(j);
	json_end(j);
	json_end(j);
}

static void begin_taxonomy(struct json *j, const char *name, const char *version,
			   const char *url)
{
	json_object(j, NULL);
	json_text(j, "name", name);
	json_text(j, "version", version);
	json_text(j, "organization", "MITRE");
	json_text(j, "informationUri", url);
	json_array(j, "taxa");
}

static void add_taxon(struct json *j, const char *id, const char *name, const char *url)
{
	json_object(j, NULL);
	json_text(j, "id", id);
	json_text(j, "name", name);
	add_text(j, "shortDescription", name);
	json_text(j, "helpUri", url);
	json_end(j);
}

static void add_taxonomies(struct json *j)
{
	json_array(j, "taxonomies");
	begin_taxonomy(j, "ATT&CK", ATTACK_VERSION, "https://attack.mitre.org/");
	add_taxon(j, ATTACK_SUBTECHNIQUE, ATTACK_SUBTECHNIQUE_NAME, ATTACK_URL);
	json_end(j);
	json_end(j);
	begin_taxonomy(j, "D3FEND", D3FEND_VERSION, "https://d3fend.mitre.org/");
	for (size_t i = 0; i < n_mapping_defences; i++)
		add_taxon(j, mapping_defences[i].id, mapping_defences[i].name,
			  mapping_defences[i].url);
	json_end(j);
	json_end(j);
	json_end(j);
}

static void run_begin(struct exporting *e)
{
	struct json *j = &e->json;

	e->n_results = e->n_artifacts = e->n_notifications = 0;
	e->n_parts++;
	for (size_t i = 0; i < COUNT_OF(e->aside); i++) {
		buffer_clear(&e->aside[i]);
		e->lists[i] = json_begin(&e->aside[i]);
		json_array(&e->lists[i], NULL);
	}
	json_object(j, NULL);
	add_tool(j, e);
	add_taxonomies(j);
	json_array(j, "results");
}

/* @s NULL: the run goes on in another part. */
static void run_end(struct exporting *e, const struct summary *s, int exit_code)
{
	struct json *j = &e->json;
	CLEANUP(buffer_free) struct buffer id = BUFFER_INIT;

	buffer_text(&id, "assay/");
	buffer_u64(&id, e->n_parts);
	buffer_char(&id, '/');
	for (size_t i = 0; i < COUNT_OF(e->aside); i++)
		json_end(&e->lists[i]);
	json_end(j);
	json_value(j, "artifacts", &e->aside[ASIDE_ARTIFACTS]);
	json_array(j, "invocations");
	json_object(j, NULL);
	json_bool(j, "executionSuccessful", e->n_notifications == 0 && (!s || s->complete));
	if (s) {
		json_u64(j, "exitCode", exit_code < 0 ? 0 : (uint64_t)exit_code);
		if (e->interrupted)
			json_text(j, "exitCodeDescription", "interrupted");
	}
	json_value(j, "toolExecutionNotifications", &e->aside[ASIDE_NOTIFICATIONS]);
	json_end(j);
	json_end(j);
	json_object(j, "automationDetails");
	json_span(j, "id", buffer_span(&id));
	json_end(j);
	json_end(j);
	if (buffer_status(&id) != STATUS_OK)
		j->out->failed = true;
}

void sarif_begin(struct exporting *e, struct buffer *out)
{
	struct json *j = &e->json;

	*j = json_begin(out);
	json_object(j, NULL);
	json_text(j, "$schema", SARIF_SCHEMA);
	json_text(j, "version", "2.1.0");
	json_array(j, "runs");
	run_begin(e);
}

/* RFC 3986: octets of @path, whatever they are, with what is not plain as %NN. */
static void add_uri(struct json *j, const char *path)
{
	CLEANUP(buffer_free) struct buffer uri = BUFFER_INIT;
	struct span text = SPAN_TEXT(path);

	if (span_at(text, 0) == '/')
		buffer_text(&uri, "file://");
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = span_at(text, i);
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || (c && strchr("-._~/", c));

		if (plain)
			buffer_char(&uri, (char)c);
		else
			buffer_printf(&uri, "%%%02X", c);
	}
	json_span(j, "uri", buffer_span(&uri));
	if (buffer_status(&uri) != STATUS_OK)
		j->out->failed = true;
}

static void add_artifact(struct exporting *e, const struct report *r, const char *path)
{
	struct json *j = &e->lists[ASIDE_ARTIFACTS];

	json_object(j, NULL);
	json_object(j, "location");
	add_uri(j, path);
	json_u64(j, "index", e->n_artifacts - 1);
	json_end(j);
	json_u64(j, "length", r->size);
	json_array(j, "roles");
	json_text(j, NULL, "analysisTarget");
	json_end(j);
	if (r->has_sha256) {
		json_object(j, "hashes");
		json_hex(j, "sha-256", SPAN_OF(r->sha256));
		json_end(j);
	}
	json_end(j);
}

/* In the file that was listed last. */
static void add_locations(struct json *j, const struct exporting *e, const char *path,
			  struct range where)
{
	json_array(j, "locations");
	json_object(j, NULL);
	json_object(j, "physicalLocation");
	json_object(j, "artifactLocation");
	add_uri(j, path);
	json_u64(j, "index", e->n_artifacts - 1);
	json_end(j);
	if (where.len) {
		json_object(j, "region");
		json_u64(j, "byteOffset", where.off);
		json_u64(j, "byteLength", where.len);
		json_end(j);
	}
	json_end(j);
	json_end(j);
	json_end(j);
}

static void add_rule_id(struct json *j, const char *id)
{
	json_text(j, "ruleId", id);
	for (size_t i = 0; i < n_rules; i++)
		if (strcmp(rules[i].id, id) == 0)
			json_u64(j, "ruleIndex", i);
}

/* One thing that is said about a file. */
struct remark {
	const char *rule, *level, *kind;
	struct range where;
	int signature;
};

static void begin_result(struct exporting *e, const struct report *r, const char *path,
			 const struct remark *what)
{
	struct json *j = &e->json;
	CLEANUP(buffer_free) struct buffer uid = BUFFER_INIT;

	extension_uid(&uid, what->rule, r, path, what->signature);
	e->n_results++;
	json_object(j, NULL);
	add_rule_id(j, what->rule);
	json_text(j, "kind", what->kind);
	json_text(j, "level", what->level);
	add_locations(j, e, path, what->where);
	json_object(j, "partialFingerprints");
	json_span(j, "assay/v1", buffer_span(&uid));
	json_end(j);
	if (buffer_status(&uid) != STATUS_OK)
		j->out->failed = true;
}

static void add_verdict(struct exporting *e, const struct report *r, const char *path)
{
	const struct mapping *m = mapping_of(r->verdict);
	int decisive = report_decisive(r);
	struct remark what = {
		r->rule, m->level, m->kind, {0, 0},
                   decisive
	};
	struct json *j = &e->json;

	if (r->verdict == ASSAY_VERDICT_VALID && !mapping_is_good(r))
		what.kind = "open";
	if (decisive >= 0)
		what.where = r->signatures[decisive].where;
	begin_result(e, r, path, &what);
	json_object(j, "message");
	extension_sentence(j, "text", r);
	json_end(j);
	if (m->technique) {
		json_array(j, "taxa");
		json_object(j, NULL);
		add_reference(j, ATTACK_SUBTECHNIQUE, "ATT&CK", 0);
		json_end(j);
		for (size_t i = 0; i < n_mapping_defences; i++) {
			json_object(j, NULL);
			add_reference(j, mapping_defences[i].id, "D3FEND", 1);
			json_end(j);
		}
		json_end(j);
	}
	json_object(j, "properties");
	extension_write(j, "assay", r, path);
	json_end(j);
	json_end(j);
}

static void add_finding(struct exporting *e, const struct report *r, const char *path,
			const struct report_finding *f)
{
	struct remark what = { f->id, findings[f->severity].level, findings[f->severity].kind,
			       f->where, f->signature };

	begin_result(e, r, path, &what);
	add_text(&e->json, "message", f->message);
	json_end(&e->json);
}

static void add_notification(struct exporting *e, const struct report *r, const char *path)
{
	struct json *j = &e->lists[ASIDE_NOTIFICATIONS];

	e->n_notifications++;
	json_object(j, NULL);
	json_text(j, "level", "error");
	json_object(j, "message");
	extension_sentence(j, "text", r);
	json_end(j);
	json_object(j, "associatedRule");
	json_text(j, "id", r->rule);
	json_end(j);
	add_locations(j, e, path, (struct range){ 0, 0 });
	json_end(j);
}

void sarif_report(struct exporting *e, struct buffer *out, const struct report *r,
		  const char *path)
{
	(void)out;
	if (e->n_results + 1 + r->n_findings > SARIF_MAX_RESULTS) {
		run_end(e, NULL, 0);
		run_begin(e);
	}
	e->n_artifacts++;
	add_artifact(e, r, path);
	if (!mapping_of(r->verdict)->level) {
		add_notification(e, r, path);
		return;
	}
	add_verdict(e, r, path);
	for (size_t i = 0; i < r->n_findings; i++)
		add_finding(e, r, path, &r->findings[i]);
}

void sarif_end(struct exporting *e, struct buffer *out, const struct summary *s, int exit_code)
{
	struct json *j = &e->json;

	run_end(e, s, exit_code);
	json_end(j);
	json_end(j);
	buffer_char(out, '\n');
}
