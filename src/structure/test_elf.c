/* SPDX-License-Identifier: MIT */
/* ELF: both classes, both orders, and tables that are not where they should be. */
#include "structure/elf.h"
#include "tests/check.h"
#include "tests/elf_builder.h"

static struct arena arena = ARENA_INIT((size_t)64 << 20);

static enum status read_bytes(struct span file, struct elf *out)
{
	struct view v = view_whole(file);

	return elf_read(&v, &arena, out);
}

static void classes(void)
{
	for (int i = 0; i < 4; i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		struct elf_plan plan = { .is_32 = i & 1,
					 .is_big = i & 2,
					 .machine = i & 2 ? 21 : 62 };
		const struct elf_section *s;
		struct elf e;
		uint16_t type;

		plan.sections[0] =
			(struct elf_section_plan){ ".text", 1, 6, SPAN_TEXT("code") };
		plan.sections[1] = (struct elf_section_plan){ ".bss", 8, 3, SPAN_TEXT("") };
		plan.sections[2] =
			(struct elf_section_plan){ ".data", 1, 3, SPAN_TEXT("values") };
		build_elf(&b, &plan);
		CHECK(elf_sniff(buffer_span(&b), &type) && type == ELF_RELOCATABLE &&
			      read_bytes(buffer_span(&b), &e) == STATUS_OK && !e.problem &&
			      e.is_64 == !plan.is_32 && e.is_big == plan.is_big &&
			      e.n_sections == 5 && e.end == b.len,
		      "class %d: %s", i, elf_kind(&arena, &e));
		s = elf_section_find(&e, ".data");
		CHECK(s && s->where.len == 6 && s->flags == 3 &&
			      span_equal(span_clip(buffer_span(&b), s->where.off, 6),
					 SPAN_TEXT("values")) &&
			      !elf_section_find(&e, ".dat"),
		      "class %d: its sections", i);
	}
}

/* Whatever is cut off: an answer, and never a section of more than there is to it. */
static void prefixes(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	size_t n_ok = 0, n_problem = 0, n_wrong = 0;
	struct elf e;

	build_module(&b, "cut", SPAN_TEXT("some code that is longer than nothing"));
	for (size_t len = 0; len < b.len; len++) {
		enum status s = read_bytes(span_clip(buffer_span(&b), 0, len), &e);

		n_ok += s == STATUS_OK;
		n_problem += s == STATUS_OK && e.problem;
		n_wrong += s != STATUS_OK && s != STATUS_NOT_MINE;
		n_wrong += s == STATUS_OK && e.end > len;
	}
	CHECK(n_wrong == 0 && n_ok == b.len - 64 && n_problem == n_ok,
	      "every prefix: %zu read, %zu with a problem, %zu wrong", n_ok, n_problem,
	      n_wrong);
}

/* A header of 64 bits with numbers of our own. */
static void header_make(struct buffer *b, uint64_t table, uint16_t row, uint16_t n,
			uint16_t names)
{
	struct elf_plan plan = { .without_table = true };

	buffer_clear(b);
	build_elf(b, &plan);
	for (size_t i = 0; i < 8; i++)
		b->bytes[40 + i] = (char)(table >> (8 * i));
	b->bytes[58] = (char)row;
	b->bytes[59] = (char)(row >> 8);
	b->bytes[60] = (char)n;
	b->bytes[61] = (char)(n >> 8);
	b->bytes[62] = (char)names;
	b->bytes[63] = (char)(names >> 8);
}

static void hostile(void)
{
	static const struct {
		const char *name;
		uint64_t table;
		uint16_t row, n, names;
		bool problem;
	} rows[] = {
		{"no table",               0,          64, 0,     0, false},
		{ "table far away",        1ULL << 40, 64, 3,     1, true },
		{ "table that would wrap", ~0ULL - 7,  64, 65535, 1, true },
		{ "rows of nothing",       64,         0,  3,     1, true },
		{ "rows too short",        64,         63, 1,     0, true },
		{ "no number, no room",    60,         64, 0,     0, false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		struct elf e;

		header_make(&b, rows[i].table, rows[i].row, rows[i].n, rows[i].names);
		CHECK(read_bytes(buffer_span(&b), &e) == STATUS_OK &&
			      !!e.problem == rows[i].problem && e.end <= b.len,
		      "%s: %s", rows[i].name, e.problem ? e.problem : "fine");
	}
}

/* Section 0 says how many there are when the header cannot. */
static void large_numbers(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct elf e;

	header_make(&b, 0, 64, 0, 0);
	b.bytes[40] = (char)b.len;
	for (size_t i = 0; i < 64; i++)
		buffer_char(&b, i == 32 + 3 ? 1 : 0); /* sh_size: 16 million */
	CHECK(read_bytes(buffer_span(&b), &e) == STATUS_LIMIT, "16 million sections: a limit");
	b.bytes[b.len - 64 + 32 + 3] = 0;
	b.bytes[b.len - 64 + 32] = 1;
	CHECK(read_bytes(buffer_span(&b), &e) == STATUS_OK && e.n_sections == 1,
	      "one section, by section 0");
}

int main(void)
{
	classes();
	prefixes();
	hostile();
	large_numbers();
	arena_free(&arena);
	return CHECK_DONE();
}
