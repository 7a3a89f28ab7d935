/* SPDX-License-Identifier: MIT */
/*
 * A layer of the ATT&CK Navigator, format 4.5: T1036.001 with the number of files
 * in which it was found.  Made of nothing but what the run was counted to.
 */
#include "base/json.h"
#include "evidence/formats.h"
#include "evidence/mapping.h"

#define LAYER_VERSION     "4.5"
#define NAVIGATOR_VERSION "5.1.0"

void navigator_report(struct exporting *e, struct buffer *out, const struct report *r,
		      const char *path)
{
	(void)e;
	(void)out;
	(void)r;
	(void)path;
}

static uint64_t count_found(const struct summary *s)
{
	uint64_t n = 0;

	for (int v = 0; v <= ASSAY_VERDICT_ERROR; v++)
		if (mapping_is_alert((enum assay_verdict)v))
			n += s->by_verdict[v];
	return n;
}

static void add_counted(struct json *j, const char *key, const struct summary *s)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_u64(&text, count_found(s));
	buffer_text(&text, " of ");
	buffer_u64(&text, s->n_files);
	buffer_text(&text, s->complete ? " files" : " files; the run is incomplete");
	json_span(j, key, buffer_span(&text));
	if (buffer_status(&text) != STATUS_OK)
		j->out->failed = true;
}

static void add_metadata(struct json *j, const char *name, uint64_t value)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_u64(&text, value);
	json_object(j, NULL);
	json_text(j, "name", name);
	json_span(j, "value", buffer_span(&text));
	json_end(j);
	if (buffer_status(&text) != STATUS_OK)
		j->out->failed = true;
}

static void add_technique(struct json *j, const struct summary *s)
{
	json_object(j, NULL);
	json_text(j, "techniqueID", ATTACK_SUBTECHNIQUE);
	json_text(j, "tactic", "defense-evasion");
	json_u64(j, "score", count_found(s));
	json_bool(j, "enabled", true);
	add_counted(j, "comment", s);
	json_array(j, "metadata");
	for (int v = ASSAY_VERDICT_VALID; v <= ASSAY_VERDICT_ERROR; v++)
		if (s->by_verdict[v])
			add_metadata(j, assay_verdict_word((enum assay_verdict)v),
				     s->by_verdict[v]);
	json_end(j);
	json_array(j, "links");
	json_object(j, NULL);
	json_text(j, "label", ATTACK_SUBTECHNIQUE_NAME);
	json_text(j, "url", ATTACK_URL);
	json_end(j);
	json_end(j);
	json_end(j);
}

static void add_gradient(struct json *j, uint64_t most)
{
	json_object(j, "gradient");
	json_array(j, "colors");
	json_text(j, NULL, "#ffffff");
	json_text(j, NULL, "#ff6666");
	json_end(j);
	json_u64(j, "minValue", 0);
	json_u64(j, "maxValue", most ? most : 1);
	json_end(j);
}

void navigator_end(struct exporting *e, struct buffer *out, const struct summary *s,
		   int exit_code)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "name", s->complete ? "assay" : "assay (incomplete)");
	json_object(&j, "versions");
	json_text(&j, "attack", ATTACK_MAJOR);
	json_text(&j, "navigator", NAVIGATOR_VERSION);
	json_text(&j, "layer", LAYER_VERSION);
	json_end(&j);
	json_text(&j, "domain", "enterprise-attack");
	add_counted(&j, "description", s);
	json_array(&j, "techniques");
	add_technique(&j, s);
	json_end(&j);
	add_gradient(&j, count_found(s));
	json_array(&j, "metadata");
	json_object(&j, NULL);
	json_text(&j, "name", "engine");
	json_text(&j, "value", e->engine);
	json_end(&j);
	json_object(&j, NULL);
	json_text(&j, "name", "complete");
	json_text(&j, "value", s->complete ? "true" : "false");
	json_end(&j);
	add_metadata(&j, "exit code", exit_code < 0 ? 0 : (uint64_t)exit_code);
	json_end(&j);
	json_end(&j);
	buffer_char(out, '\n');
}
