/* SPDX-License-Identifier: MIT */
/*
 * The picture, as D3FEND's page of a technique draws it: left to right, solid
 * what is asserted, dotted what is inferred.  It stands alone or inside a page.
 *
 * Text has a contrast of 4.5:1 at least (WCAG 2.2, 1.4.3), lines 3:1 (1.4.11), in
 * light and dark; states and kinds have shapes and words, so that it can be read
 * in black and white.
 */
#include "graph/picture.h"

/* Values, not variables: what draws SVG outside a browser knows no others. */
static const char style[] =
	".assay-graph{color-scheme:light dark;font-family:\"DejaVu Sans\",Verdana,sans-serif;"
	"background:#ffffff}\n"
	".assay-graph .ground{fill:#ffffff}.assay-graph text{fill:#1b1f24;font-size:12px}\n"
	".assay-graph .title{font-size:20px;font-weight:bold}\n"
	".assay-graph .name{font-size:15px;font-weight:bold}\n"
	".assay-graph .state,.assay-graph .group{font-size:13px;font-weight:bold}\n"
	".assay-graph .dim{fill:#57606a}.assay-graph .inferred{font-style:italic}\n"
	".assay-graph .box{fill:#f4f5f7;stroke:#6e7781;stroke-width:1.5}\n"
	".assay-graph .attack{stroke:#1b1f24;stroke-width:2.5}"
	".assay-graph .d3fend{stroke:#0b5cad}.assay-graph .artifact{stroke:#7a4d00}\n"
	".assay-graph .not-built{fill:#ffffff;stroke-dasharray:6 4}\n"
	".assay-graph .unknown{stroke-dasharray:2 3}\n"
	".assay-graph .active{stroke:#1a7f37;stroke-width:2.5}\n"
	".assay-graph .degraded{stroke:#7a4d00;stroke-width:2.5;stroke-dasharray:14 4}\n"
	".assay-graph .failed{stroke:#b3202a;stroke-width:4}\n"
	".assay-graph .edge{fill:none;stroke:#57606a;stroke-width:1.5}\n"
	".assay-graph .dotted{stroke-dasharray:2 4}.assay-graph .tip{fill:#57606a}\n"
	".assay-graph .line{fill:none;stroke:#57606a;stroke-width:1.5}\n"
	".assay-graph .ink{fill:#57606a}.assay-graph .good{fill:#1a7f37}\n"
	".assay-graph .warn{fill:#7a4d00}.assay-graph .bad{fill:#b3202a}\n"
	".assay-graph .cut{fill:none;stroke:#ffffff;stroke-width:2}\n"
	".assay-graph a:hover .box,.assay-graph a:focus .box{stroke:#0b5cad;stroke-width:4;"
	"stroke-dasharray:none}.assay-graph a{outline:none}\n"
	"@media(prefers-color-scheme:dark){\n"
	".assay-graph{background:#14161a}\n"
	".assay-graph .ground{fill:#14161a}.assay-graph text{fill:#e6e8eb}\n"
	".assay-graph .dim{fill:#a8b0b9}\n"
	".assay-graph .box{fill:#20242a;stroke:#8b949e}.assay-graph .attack{stroke:#e6e8eb}\n"
	".assay-graph .d3fend{stroke:#7ab8ff}.assay-graph .artifact{stroke:#e8b04b}\n"
	".assay-graph .not-built{fill:#14161a}.assay-graph .active{stroke:#5cd17b}\n"
	".assay-graph .degraded{stroke:#e8b04b}.assay-graph .failed{stroke:#ff8a84}\n"
	".assay-graph .edge,.assay-graph .line{stroke:#a8b0b9}\n"
	".assay-graph .tip,.assay-graph .ink{fill:#a8b0b9}.assay-graph .good{fill:#5cd17b}\n"
	".assay-graph .warn{fill:#e8b04b}.assay-graph .bad{fill:#ff8a84}\n"
	".assay-graph .cut{stroke:#14161a}\n"
	".assay-graph a:hover .box,.assay-graph a:focus .box{stroke:#7ab8ff}}\n";

/* What is shown, and where it comes from: inert, not yet markup. */
static void title_add(struct buffer *out, const struct graph *g)
{
	plain_add(out, g->nodes[0].class.label);
	buffer_text(out, " - ");
	plain_add(out, g->nodes[0].id);
}

static void subtitle_add(struct buffer *out, const struct graph *g)
{
	buffer_text(out, "Countermeasures, what they act on, and what of them works on this "
			 "host. Relations: ");
	source_add(out, &g->source);
}

void picture_begin(struct buffer *out, unsigned width, unsigned height)
{
	buffer_printf(
		out,
		"<svg class=\"assay-graph\" xmlns=\"http://www.w3.org/2000/svg\" "
		"version=\"1.1\" role=\"group\" aria-labelledby=\"graph-title graph-desc\" "
		"width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\">\n",
		width, height, width, height);
}

void picture_style_add(struct buffer *out)
{
	buffer_printf(out,
		      "<style>\n%s</style>\n<defs><marker id=\"tip\" viewBox=\"0 0 10 10\" "
		      "refX=\"1\" refY=\"5\" markerUnits=\"userSpaceOnUse\" markerWidth=\"%d\" "
		      "markerHeight=\"%d\" orient=\"auto\"><path class=\"tip\" "
		      "d=\"M0 0L10 5L0 10z\"/></marker></defs>\n"
		      "<rect class=\"ground\" width=\"100%%\" height=\"100%%\"/>\n",
		      style, TIP, TIP);
}

static void add_head(struct buffer *out, const struct picture *p)
{
	size_t from;

	picture_begin(out, PICTURE_WIDTH, p->height);
	buffer_text(out, "<title id=\"graph-title\">");
	from = out->len;
	title_add(out, p->g);
	markup_escape(out, from);
	buffer_text(out, "</title>\n<desc id=\"graph-desc\">");
	from = out->len;
	subtitle_add(out, p->g);
	markup_escape(out, from);
	buffer_text(out, "</desc>\n");
	picture_style_add(out);
}

/* Lines above the columns. */
static void add_words(struct buffer *out, const struct graph *g)
{
	CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;
	struct words place = {
		.x = MARGIN,
		.y = 36,
		.width = PICTURE_WIDTH - 2 * MARGIN,
		.style = "title",
		.how = {20, true}
	};

	title_add(&line, g);
	picture_words(out, place, buffer_span(&line));
	buffer_clear(&line);
	subtitle_add(&line, g);
	place.y = 60;
	place.style = "dim";
	place.how = (struct letters){ 12, false };
	picture_words(out, place, buffer_span(&line));
	if (buffer_status(&line) != STATUS_OK)
		out->failed = true;
}

void graph_svg(struct buffer *out, const struct graph *g)
{
	struct picture p;

	picture_plan(&p, g);
	add_head(out, &p);
	add_words(out, g);
	picture_edges(out, &p);
	picture_nodes(out, &p);
	picture_legend(out, &p);
	buffer_text(out, "</svg>\n");
}
