/* SPDX-License-Identifier: MIT */
#include "trust/pem.h"

#include "base/base64.h"

#define BEGIN       "-----BEGIN "
#define END         "-----END "
#define DASHES      "-----"
#define LABEL_MAX   64
#define LINE_OCTETS 48 /* 64 characters */

static bool mark_find(struct span text, const char *mark, uint64_t from, uint64_t *at)
{
	return span_find(text, SPAN_TEXT(mark), from, at);
}

/* The label behind the mark of @mark_len that stands at @at; *@behind is behind its dashes. */
static bool label_read(struct span text, uint64_t at, size_t mark_len, struct span *label,
		       uint64_t *behind)
{
	struct span rest = span_clip(text, at + mark_len, LABEL_MAX + strlen(DASHES));
	uint64_t len;

	if (!mark_find(rest, DASHES, 0, &len))
		return false;
	*label = span_clip(rest, 0, len);
	*behind = at + mark_len + len + strlen(DASHES);
	return true;
}

enum status pem_next(struct span text, uint64_t *at, struct pem_block *out)
{
	uint64_t begin, body, end, behind;
	struct span end_label;

	if (!mark_find(text, BEGIN, *at, &begin))
		return STATUS_NOT_MINE;
	*at = begin;
	if (!label_read(text, begin, strlen(BEGIN), &out->label, &body) ||
	    !mark_find(text, END, body, &end) ||
	    !label_read(text, end, strlen(END), &end_label, &behind) ||
	    !span_equal(out->label, end_label))
		return STATUS_MALFORMED;
	out->body = span_clip(text, body, end - body);
	out->whole = span_clip(text, begin, behind - begin);
	*at = behind;
	return STATUS_OK;
}

bool pem_label_is(const struct pem_block *block, const char *label)
{
	return span_equal(block->label, SPAN_TEXT(label));
}

enum status pem_decode(struct arena *a, struct span body, struct span *out)
{
	return base64_decode_span(a, body, out);
}

static void block_encode(struct buffer *out, const char *label, const char *headers,
			 struct span der)
{
	buffer_printf(out, BEGIN "%s" DASHES "\n%s", label, headers);
	for (uint64_t at = 0; at < der.len; at += LINE_OCTETS) {
		base64_encode(out, span_clip(der, at, LINE_OCTETS));
		buffer_char(out, '\n');
	}
	buffer_printf(out, END "%s" DASHES "\n", label);
}

void pem_encode(struct buffer *out, const char *label, struct span der)
{
	block_encode(out, label, "", der);
}

void armor_encode(struct buffer *out, const char *label, struct span packets)
{
	block_encode(out, label, "\n", packets);
}
