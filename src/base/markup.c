/* SPDX-License-Identifier: MIT */
#include "base/markup.h"

#include "base/escape.h"

static const char *entity_of(uint8_t c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

void markup_escape(struct buffer *out, size_t from)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct span all;

	buffer_add(&text, span_after(buffer_span(out), from));
	if (buffer_status(&text) != STATUS_OK)
		out->failed = true;
	if (out->failed)
		return;
	all = buffer_span(&text);
	buffer_cut(out, from);
	for (uint64_t i = 0; i < all.len; i++) {
		const char *entity = entity_of(span_at(all, i));

		if (entity)
			buffer_text(out, entity);
		else
			buffer_char(out, (char)span_at(all, i));
	}
}

void markup_text(struct buffer *out, struct span text)
{
	size_t from = out->len;

	escape_text(out, text);
	markup_escape(out, from);
}
