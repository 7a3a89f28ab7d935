/* SPDX-License-Identifier: MIT */
/* Coverage for programs: our own JSON, and a layer of the ATT&CK Navigator (format 4.5). */
#include "graph/coverage.h"

#define LAYER_VERSION     "4.5"
#define NAVIGATOR_VERSION "5.1.0"

/* ---- ours ---- */

static const char *answer_word(enum coverage_answer answer)
{
	switch (answer) {
	case COVERAGE_UNKNOWN: return "unknown";
	case COVERAGE_WORKS: return "works";
	case COVERAGE_LACKS: return "lacks";
	}
	return "unknown";
}

static void add_analytics(struct json *j, const struct graph *g)
{
	const struct attack_facts *a = g->attack;

	json_array(j, "analytics");
	for (size_t i = 0; i < a->n_analytics; i++) {
		const struct attack_analytic *one = &a->analytics[i];

		json_object(j, NULL);
		json_text(j, "id", one->id);
		json_text(j, "platform", one->platform);
		json_text(j, "state", room_health_word(coverage_of_analytic(g, one)));
		json_text(j, "given", one->given);
		json_array(j, "components");
		for (size_t k = 0; k < one->n_components; k++) {
			json_object(j, NULL);
			json_text(j, "id", one->components[k].id);
			json_text(j, "name", one->components[k].name);
			json_text(j, "channel", one->components[k].channel);
			json_text(j, "state",
				  room_health_word(
					  coverage_of_component(g, one, &one->components[k])));
			json_end(j);
		}
		json_end(j);
		json_array(j, "elements");
		for (size_t k = 0; k < one->n_elements; k++)
			json_text(j, NULL, one->elements[k]);
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

static void add_attack(struct json *j, const struct graph *g)
{
	const struct attack_facts *a = g->attack;

	json_object(j, "attack");
	json_text(j, "version", a->version);
	json_text(j, "technique", a->technique);
	json_text(j, "tactic", a->tactic);
	json_text(j, "state", room_health_word(coverage_of_technique(g)));
	json_text(j, "strategy", a->strategy);
	json_text(j, "strategy_state", room_health_word(coverage_of_strategy(g)));
	add_analytics(j, g);
	json_object(j, "mitigation");
	json_text(j, "id", a->mitigation);
	json_text(j, "name", a->mitigation_name);
	json_text(j, "state", room_health_word(coverage_of(g, coverage_requiring)));
	json_end(j);
	json_array(j, "controls");
	for (size_t i = 0; i < a->n_controls; i++)
		json_text(j, NULL, a->controls[i]);
	json_end(j);
	json_end(j);
}

void coverage_json(struct buffer *out, const struct graph *g)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.coverage/1");
	json_text(&j, "answer", answer_word(coverage_judge(g)));
	if (g->attack)
		add_attack(&j, g);
	json_array(&j, "d3fend");
	for (size_t i = 0; i < g->n_nodes; i++) {
		const struct graph_node *n = &g->nodes[i];

		if (n->kind != GRAPH_COUNTERMEASURE)
			continue;
		json_object(&j, NULL);
		json_text(&j, "id", n->id);
		json_text(&j, "label", n->class.label);
		json_text(&j, "tactic", n->n_tactics ? n->tactics[0] : NULL);
		json_text(&j, "command", n->command);
		state_json(&j, &n->state);
		json_end(&j);
	}
	json_end(&j);
	source_json(&j, &g->source);
	json_end(&j);
	buffer_char(out, '\n');
}

/* ---- ATT&CK Navigator ---- */

static void metadata_add(struct json *j, const char *name, const char *value)
{
	json_object(j, NULL);
	json_text(j, "name", name);
	json_text(j, "value", value);
	json_end(j);
}

/* "Defense Evasion" is "defense-evasion" in a layer. */
static void tactic_add(struct json *j, const char *name)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct span all = SPAN_TEXT(name);

	for (uint64_t i = 0; i < all.len; i++) {
		uint8_t c = letter_small(span_at(all, i));

		buffer_char(&text, (char)(c == ' ' ? '-' : c));
	}
	json_span(j, "tactic", buffer_span(&text));
	if (buffer_status(&text) != STATUS_OK)
		j->out->failed = true;
}

static void layer_technique(struct json *j, const struct graph *g)
{
	json_object(j, NULL);
	json_text(j, "techniqueID", g->nodes[0].id);
	if (g->attack)
		tactic_add(j, g->attack->tactic_name);
	json_u64(j, "score", coverage_count(g, ROOM_ACTIVE));
	json_bool(j, "enabled", true);
	json_text(j, "comment", "D3FEND countermeasures that are active on this host");
	json_array(j, "metadata");
	for (size_t i = 0; i < g->n_nodes; i++)
		if (g->nodes[i].kind == GRAPH_COUNTERMEASURE)
			metadata_add(j, g->nodes[i].id,
				     room_health_word(g->nodes[i].state.health));
	json_end(j);
	json_end(j);
}

void coverage_navigator(struct buffer *out, const struct graph *g)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "name", "assay coverage");
	json_object(&j, "versions");
	if (g->attack) {
		struct span version = SPAN_TEXT(g->attack->version);
		uint64_t end;

		if (!span_find(version, SPAN_TEXT("."), 0, &end))
			end = version.len;
		json_span(&j, "attack", span_clip(version, 0, end));
	}
	json_text(&j, "navigator", NAVIGATOR_VERSION);
	json_text(&j, "layer", LAYER_VERSION);
	json_end(&j);
	json_text(&j, "domain", "enterprise-attack");
	json_text(&j, "description", "How many of D3FEND's countermeasures work on this host");
	json_array(&j, "techniques");
	layer_technique(&j, g);
	json_end(&j);
	json_object(&j, "gradient");
	json_array(&j, "colors");
	json_text(&j, NULL, "#ffffff");
	json_text(&j, NULL, "#66b266");
	json_end(&j);
	json_u64(&j, "minValue", 0);
	json_u64(&j, "maxValue", 12);
	json_end(&j);
	json_array(&j, "metadata");
	metadata_add(&j, "answer", answer_word(coverage_judge(g)));
	json_end(&j);
	json_end(&j);
	buffer_char(out, '\n');
}
