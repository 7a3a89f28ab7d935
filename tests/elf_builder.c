/* SPDX-License-Identifier: MIT */
#include "tests/elf_builder.h"

#include <stdlib.h>
#include <string.h>

#define MARKER "~Module signature appended~\n"

struct building {
	struct buffer *to;
	const struct elf_plan *plan;
	size_t begin, n; /* n: sections with the one of nothing and the one of names */
	uint64_t offs[ELF_BUILD_MAX + 2];
	uint32_t names[ELF_BUILD_MAX + 2];
	struct buffer strings;
};

static void number_add(struct building *b, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++) {
		size_t at = b->plan->is_big ? width - 1 - i : i;

		buffer_char(b->to, (char)(value >> (8 * at)));
	}
}

static void wide_add(struct building *b, uint64_t value)
{
	number_add(b, value, b->plan->is_32 ? 4 : 8);
}

static void section_add(struct building *b, uint32_t name, const struct elf_section_plan *s,
			uint64_t off)
{
	number_add(b, name, 4);
	number_add(b, s->type ? s->type : 1, 4);
	wide_add(b, s->flags);
	wide_add(b, 0);
	wide_add(b, off);
	wide_add(b, s->bytes.len);
	number_add(b, 0, 4);
	number_add(b, 0, 4);
	wide_add(b, 1);
	wide_add(b, 0);
}

static void header_add(struct building *b, uint64_t table)
{
	const struct elf_plan *p = b->plan;

	buffer_text(b->to, "\x7f"
			   "ELF");
	buffer_char(b->to, p->is_32 ? 1 : 2);
	buffer_char(b->to, p->is_big ? 2 : 1);
	buffer_char(b->to, 1);
	for (int i = 0; i < 9; i++)
		buffer_char(b->to, 0);
	number_add(b, p->type ? p->type : 1, 2);
	number_add(b, p->machine ? p->machine : 62, 2);
	number_add(b, 1, 4);
	wide_add(b, 0);
	wide_add(b, 0);
	wide_add(b, p->without_table ? 0 : table);
	number_add(b, 0, 4);
	number_add(b, p->is_32 ? 52 : 64, 2);
	number_add(b, p->is_32 ? 32 : 56, 2);
	number_add(b, 0, 2);
	number_add(b, p->is_32 ? 40 : 64, 2);
	number_add(b, p->without_table ? 0 : b->n, 2);
	number_add(b, p->without_table ? 0 : b->n - 1, 2);
}

static void strings_make(struct building *b)
{
	buffer_char(&b->strings, 0);
	for (b->n = 1; b->plan->sections[b->n - 1].name; b->n++) {
		if (b->n > ELF_BUILD_MAX - 1)
			abort();
		b->names[b->n] = (uint32_t)b->strings.len;
		buffer_text(&b->strings, b->plan->sections[b->n - 1].name);
		buffer_char(&b->strings, 0);
	}
	b->names[b->n++] = (uint32_t)b->strings.len;
	buffer_text(&b->strings, ".shstrtab");
	buffer_char(&b->strings, 0);
}

void build_elf(struct buffer *to, const struct elf_plan *plan)
{
	struct building b = { .to = to, .plan = plan, .begin = to->len };
	uint64_t at = plan->is_32 ? 52 : 64;
	static const struct elf_section_plan nothing;
	struct elf_section_plan names = { .type = 3 };

	strings_make(&b);
	for (size_t i = 1; i + 1 < b.n; i++) {
		b.offs[i] = at;
		at += plan->sections[i - 1].bytes.len;
	}
	b.offs[b.n - 1] = at;
	header_add(&b, at + b.strings.len);
	for (size_t i = 1; i + 1 < b.n; i++)
		buffer_add(to, plan->sections[i - 1].bytes);
	names.bytes = buffer_span(&b.strings);
	buffer_add(to, names.bytes);
	for (size_t i = 0; !plan->without_table && i < b.n; i++)
		section_add(&b, b.names[i],
			    i == 0         ? &nothing
			    : i == b.n - 1 ? &names
					   : &plan->sections[i - 1],
			    b.offs[i]);
	buffer_free(&b.strings);
}

void build_module(struct buffer *to, const char *name, struct span code)
{
	CLEANUP(buffer_free) struct buffer info = BUFFER_INIT;
	struct elf_plan plan = { 0 };

	buffer_printf(&info, "name=%s%cvermagic=6.1.0-test SMP%cversion=1.0%c", name, 0, 0, 0);
	plan.sections[0] = (struct elf_section_plan){ ".text", 1, 6, code };
	plan.sections[1] = (struct elf_section_plan){ ".modinfo", 1, 2, buffer_span(&info) };
	build_elf(to, &plan);
}

void build_module_trailer(struct buffer *to, struct span pkcs7)
{
	static const uint8_t head[] = { 0, 0, 2, 0, 0, 0, 0, 0 };

	buffer_add(to, pkcs7);
	buffer_add(to, SPAN_OF(head));
	for (int shift = 24; shift >= 0; shift -= 8)
		buffer_char(to, (char)(pkcs7.len >> shift & 0xff));
	buffer_text(to, MARKER);
}
