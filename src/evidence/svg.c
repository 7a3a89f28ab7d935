/* SPDX-License-Identifier: MIT */
#include "evidence/svg.h"

#define LETTER      7 /* units of a letter of 12 units monospace, rounded up */
#define KEY_SQUARE  14
#define KEY_GAP     6
#define LEAST_LABEL 3 /* letters */

static const struct {
	const char *name, *drawing;
} fills[SVG_FILLS] = {
	[SVG_NOTHING] = {"nothing", ""									   },
	[SVG_SOLID] = { "solid",  "<rect width=\"8\" height=\"8\" class=\"ok\"/>"                              },
	[SVG_DOTS] = { "dots",   "<circle cx=\"4\" cy=\"4\" r=\"1.2\" class=\"dim\"/>"                        },
	[SVG_LINES] = { "lines",  "<path d=\"M0 4h8\" class=\"dim\"/>"                                         },
	[SVG_SLASH] = { "slash",  "<path d=\"M0 8L8 0\" class=\"info\"/>"                                      },
	[SVG_BACK] = { "back",   "<path d=\"M0 0L8 8\" class=\"warn\"/>"                                      },
	[SVG_GRID] = { "grid",   "<path d=\"M0 4h8M4 0v8\" class=\"warn\"/>"                                  },
	[SVG_CROSS] = { "cross",  "<rect width=\"8\" height=\"8\" class=\"no\"/>"
				 "<path d=\"M0 0L8 8M8 0L0 8\" class=\"cut\"/>"},
};

void svg_patterns(struct buffer *out)
{
	buffer_text(out, "<svg class=\"patterns\" width=\"0\" height=\"0\" "
			 "xmlns=\"http://www.w3.org/2000/svg\" aria-hidden=\"true\">"
			 "<title>Patterns</title><desc>For the pictures below.</desc><defs>\n");
	for (size_t i = SVG_SOLID; i < SVG_FILLS; i++)
		buffer_printf(out,
			      "<pattern id=\"fill-%s\" width=\"8\" height=\"8\" "
			      "patternUnits=\"userSpaceOnUse\">%s</pattern>\n",
			      fills[i].name, fills[i].drawing);
	buffer_text(out, "</defs></svg>\n");
}

void svg_begin(struct buffer *out, unsigned height, const char *title, const char *desc)
{
	buffer_printf(out,
		      "<svg role=\"img\" xmlns=\"http://www.w3.org/2000/svg\" "
		      "viewBox=\"0 0 %u %u\"><title>%s</title><desc>%s</desc>\n",
		      SVG_WIDTH, height, title, desc);
}

void svg_end(struct buffer *out)
{
	buffer_text(out, "</svg>\n");
}

void svg_rect(struct buffer *out, enum svg_fill fill, struct range x, struct range y)
{
	buffer_printf(out,
		      "<rect class=\"%s\" x=\"%llu\" y=\"%llu\" width=\"%llu\" "
		      "height=\"%llu\"/>\n",
		      fills[fill].name, (unsigned long long)x.off, (unsigned long long)y.off,
		      (unsigned long long)x.len, (unsigned long long)y.len);
}

void svg_path_begin(struct buffer *out, enum svg_fill fill)
{
	buffer_printf(out, "<path class=\"%s\" d=\"", fills[fill].name);
}

void svg_path_end(struct buffer *out)
{
	buffer_text(out, "\"/>\n");
}

/* The first @n characters; false: that is all of it. */
static bool characters_cut(struct span *text, uint64_t n)
{
	uint64_t at = 0;

	while (n-- > 0 && at < text->len)
		do
			at++;
		while ((span_at(*text, at) & 0xc0) == 0x80);
	if (at >= text->len)
		return false;
	*text = span_clip(*text, 0, at);
	return true;
}

void svg_label(struct buffer *out, uint64_t x, uint64_t y, uint64_t width, const char *text)
{
	CLEANUP(buffer_free) struct buffer shown = BUFFER_INIT;
	uint64_t room = width / LETTER;
	struct span all;
	size_t from;
	bool cut;

	if (room < LEAST_LABEL)
		return;
	text_value(&shown, text);
	all = buffer_span(&shown);
	if (buffer_status(&shown) != STATUS_OK)
		out->failed = true;
	cut = characters_cut(&all, room);
	if (cut)
		(void)characters_cut(&all, room - 1);
	buffer_printf(out, "<text x=\"%llu\" y=\"%llu\">", (unsigned long long)x,
		      (unsigned long long)y);
	from = out->len;
	buffer_add(out, all);
	markup_escape(out, from);
	buffer_text(out, cut ? "\xe2\x80\xa6</text>\n" : "</text>\n");
}

unsigned svg_key(struct buffer *out, unsigned x, unsigned y, enum svg_fill fill,
		 const char *text)
{
	unsigned at = x + KEY_SQUARE + KEY_GAP, width = (unsigned)strlen(text) * (LETTER + 1);

	svg_rect(out, fill, (struct range){ x, KEY_SQUARE }, (struct range){ y, KEY_SQUARE });
	svg_label(out, at, y + KEY_SQUARE - 3, width, text);
	return at + width + KEY_GAP;
}
