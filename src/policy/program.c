/* SPDX-License-Identifier: MIT */
/*
 * A compiled policy as octets, little-endian, for another process.
 *
 * Whoever reads checks only that the tables are whole: decide.c believes no
 * index in them.  Text of lines and places to be looked at stay behind.
 */
#include "policy/program.h"

#include "base/cursor.h"

#define MAGIC    0x6c6f5061U /* "aPol" */
#define VERSION  1
#define MAX_ROWS ((size_t)1 << 20) /* of each table */

void policy_write(struct buffer *out, const struct policy *p)
{
	const size_t counts[] = { p->n_lines, p->n_steps,   p->n_numbers, p->n_texts,
				  p->n_lists, p->n_sources, p->bytes.len };

	buffer_u32le(out, MAGIC);
	buffer_u32le(out, VERSION);
	buffer_u32le(out, (uint32_t)p->kind);
	buffer_u32le(out, p->reads_now);
	buffer_u64le(out, p->reads[0]);
	buffer_u64le(out, p->reads[1]);
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		buffer_u32le(out, (uint32_t)counts[i]);
	for (size_t i = 0; i < p->n_lines; i++) {
		const struct policy_line *l = &p->lines[i];

		buffer_u16le(out, (uint16_t)(l->action | l->unconditional << 8 |
					     l->is_default << 9));
		buffer_u16le(out, l->source);
		buffer_u32le(out, l->number);
		buffer_u32le(out, l->rule);
		buffer_u32le(out, l->first);
		buffer_u32le(out, l->n);
	}
	for (size_t i = 0; i < p->n_steps; i++) {
		const struct policy_step *s = &p->steps[i];

		buffer_u16le(out, (uint16_t)(s->code | s->more << 8));
		buffer_u16le(out, s->what);
		buffer_u32le(out, s->at);
	}
	for (size_t i = 0; i < p->n_numbers; i++)
		buffer_u64le(out, (uint64_t)p->numbers[i]);
	for (size_t i = 0; i < p->n_texts; i++) {
		buffer_u32le(out, p->texts[i].off);
		buffer_u32le(out, p->texts[i].len);
	}
	for (size_t i = 0; i < p->n_lists; i++) {
		buffer_u32le(out, p->lists[i].type);
		buffer_u32le(out, p->lists[i].first);
		buffer_u32le(out, p->lists[i].n);
	}
	for (size_t i = 0; i < p->n_sources; i++)
		buffer_u32le(out, p->sources[i]);
	buffer_add(out, p->bytes);
}

static void line_read(struct cursor *c, struct policy_line *l)
{
	uint16_t flags = cursor_u16le(c);

	l->action = (uint8_t)(flags & 0xff);
	l->unconditional = flags & 0x100;
	l->is_default = flags & 0x200;
	l->source = cursor_u16le(c);
	l->number = cursor_u32le(c);
	l->rule = cursor_u32le(c);
	l->first = cursor_u32le(c);
	l->n = cursor_u32le(c);
	if (l->action > POLICY_NOTE)
		cursor_fail(c);
}

static void step_read(struct cursor *c, struct policy_step *s)
{
	uint16_t code = cursor_u16le(c);

	s->code = (uint8_t)(code & 0xff);
	s->more = (uint8_t)(code >> 8);
	s->what = cursor_u16le(c);
	s->at = cursor_u32le(c);
}

/* Room for every table. */
struct tables {
	struct policy_line *lines;
	struct policy_step *steps;
	int64_t *numbers;
	struct policy_text *texts;
	struct policy_list *lists;
	uint32_t *sources;
};

static enum status tables_make(struct arena *a, struct policy *out, struct tables *t)
{
	t->lines = ARENA_NEW(a, struct policy_line, out->n_lines + 1);
	t->steps = ARENA_NEW(a, struct policy_step, out->n_steps + 1);
	t->numbers = ARENA_NEW(a, int64_t, out->n_numbers + 1);
	t->texts = ARENA_NEW(a, struct policy_text, out->n_texts + 1);
	t->lists = ARENA_NEW(a, struct policy_list, out->n_lists + 1);
	t->sources = ARENA_NEW(a, uint32_t, out->n_sources + 1);
	if (!t->lines || !t->steps || !t->numbers || !t->texts || !t->lists || !t->sources)
		return STATUS_NO_MEMORY;
	out->lines = t->lines;
	out->steps = t->steps;
	out->numbers = t->numbers;
	out->texts = t->texts;
	out->lists = t->lists;
	out->sources = t->sources;
	return STATUS_OK;
}

static void tables_read(struct cursor *c, const struct policy *p, const struct tables *t)
{
	for (size_t i = 0; i < p->n_lines; i++)
		line_read(c, &t->lines[i]);
	for (size_t i = 0; i < p->n_steps; i++)
		step_read(c, &t->steps[i]);
	for (size_t i = 0; i < p->n_numbers; i++)
		t->numbers[i] = (int64_t)cursor_u64le(c);
	for (size_t i = 0; i < p->n_texts; i++) {
		t->texts[i].off = cursor_u32le(c);
		t->texts[i].len = cursor_u32le(c);
	}
	for (size_t i = 0; i < p->n_lists; i++) {
		t->lists[i].type = (uint8_t)cursor_u32le(c);
		t->lists[i].first = cursor_u32le(c);
		t->lists[i].n = cursor_u32le(c);
	}
	for (size_t i = 0; i < p->n_sources; i++)
		t->sources[i] = cursor_u32le(c);
}

enum status policy_read(struct arena *a, struct span in, struct policy *out)
{
	struct cursor c = cursor_at(in, 0);
	struct tables tables;
	size_t *counts[] = { &out->n_lines, &out->n_steps,   &out->n_numbers, &out->n_texts,
			     &out->n_lists, &out->n_sources, &out->bytes.len };
	struct span bytes;

	*out = (struct policy){ 0 };
	if (cursor_u32le(&c) != MAGIC || cursor_u32le(&c) != VERSION)
		return STATUS_MALFORMED;
	out->kind = (enum policy_kind)cursor_u32le(&c);
	out->reads_now = cursor_u32le(&c) != 0;
	out->reads[0] = cursor_u64le(&c);
	out->reads[1] = cursor_u64le(&c);
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		*counts[i] = cursor_u32le(&c);
		if (*counts[i] > MAX_ROWS || *counts[i] > in.len)
			return STATUS_MALFORMED;
	}
	if (!cursor_ok(&c) || out->kind > POLICY_KIND_PLAN)
		return STATUS_MALFORMED;
	TRY(tables_make(a, out, &tables));
	tables_read(&c, out, &tables);
	bytes = cursor_take(&c, out->bytes.len);
	if (!cursor_ok(&c) || cursor_left(&c) != 0)
		return STATUS_MALFORMED;
	out->bytes = arena_copy(a, bytes);
	return out->bytes.ptr ? STATUS_OK : STATUS_NO_MEMORY;
}
