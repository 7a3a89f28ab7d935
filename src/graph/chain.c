/* SPDX-License-Identifier: MIT */
#include "graph/chain.h"

#include "graph/mermaid.h"
#include "graph/picture.h"

#define STEP_PITCH  74
#define STEP_HEIGHT 50
#define STEP_WIDTH  380
#define STEP_PAD    14

void chain_text(struct buffer *out, const struct graph_node *node)
{
	for (size_t i = node->n_chain; i-- > 0;) {
		const struct graph_class *c = &node->chain[i].class;

		buffer_text(out, "  ");
		plain_add(out, c->label);
		buffer_printf(out, "  (%s)\n%s", graph_family_word(c->family),
			      i ? "      ^\n" : "");
	}
}

void chain_mermaid(struct buffer *out, const struct graph_node *node)
{
	buffer_text(out, "graph BT\n");
	for (size_t i = 0; i < node->n_chain; i++) {
		const struct graph_class *c = &node->chain[i].class;

		buffer_printf(out, "  c%zu[\"", i);
		mermaid_label(out, c->label);
		buffer_printf(out, "<br/>%s\"]:::%s\n", graph_family_word(c->family),
			      graph_family_word(c->family));
	}
	for (size_t i = 0; i + 1 < node->n_chain; i++)
		buffer_printf(out, "  c%zu --> c%zu\n", i, i + 1);
	buffer_text(out, "  classDef attack fill:#ffe3e3,color:#1b1f24\n"
			 "  classDef d3fend fill:#e0edff,color:#1b1f24\n"
			 "  classDef artifact fill:#fff2d6,color:#1b1f24\n");
}

static void step_draw(struct buffer *out, const struct graph_node *node, size_t step)
{
	const struct graph_class *c = &node->chain[step].class;
	unsigned y = MARGIN + (unsigned)(node->n_chain - 1 - step) * STEP_PITCH;

	if (step + 1 < node->n_chain)
		buffer_printf(out,
			      "<path class=\"edge solid\" marker-end=\"url(#tip)\" d=\"M%d "
			      "%uV%u\"/>\n",
			      MARGIN + STEP_WIDTH / 2, y, y - (STEP_PITCH - STEP_HEIGHT) + TIP);
	buffer_printf(out,
		      "<a class=\"node\" role=\"link\" tabindex=\"0\" href=\"#class-%zu\">"
		      "<rect class=\"box %s\" x=\"%d\" y=\"%u\" width=\"%d\" height=\"%d\" "
		      "rx=\"4\"/>\n",
		      step, graph_family_word(c->family), MARGIN, y, STEP_WIDTH, STEP_HEIGHT);
	picture_label(out,
		      (struct words){
			      .x = MARGIN + STEP_PAD,
			      .y = y + 21,
			      .width = STEP_WIDTH - 2 * STEP_PAD,
			      .style = "name",
			      .how = {15, true}
        },
		      c->label);
	picture_label(out,
		      (struct words){
			      .x = MARGIN + STEP_PAD,
			      .y = y + 39,
			      .width = STEP_WIDTH - 2 * STEP_PAD,
			      .style = "dim",
			      .how = {12, false}
        },
		      graph_family_word(c->family));
	buffer_text(out, "</a>\n");
}

void chain_svg(struct buffer *out, const struct graph_node *node)
{
	unsigned height = (unsigned)node->n_chain * STEP_PITCH + 2 * MARGIN;

	picture_begin(out, STEP_WIDTH + 2 * MARGIN, height);
	buffer_text(out,
		    "<title id=\"graph-title\">Superclasses</title><desc id=\"graph-desc\">"
		    "Each class is a subclass of the one above it.</desc>\n");
	picture_style_add(out);
	for (size_t i = 0; i < node->n_chain; i++)
		step_draw(out, node, i);
	buffer_text(out, "</svg>\n");
}
