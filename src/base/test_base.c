/* SPDX-License-Identifier: MIT */
/* Spans, slots, cursors, arenas, buffers, findings: where everything else begins. */
#include "base/buffer.h"
#include "base/cursor.h"
#include "base/finding.h"
#include "base/memory.h"
#include "base/search.h"
#include "base/slot.h"
#include "tests/check.h"

static const uint8_t eight[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void test_span_part(void)
{
	static const struct {
		uint64_t off, len;
		bool inside;
		size_t clipped, after;
	} rows[] = {
		{0,           8,          true,  8, 8},
                { 0,          0,          true,  0, 8},
		{ 8,          0,          true,  0, 0},
                { 3,          5,          true,  5, 5},
		{ 3,          6,          false, 5, 5},
                { 9,          0,          false, 0, 0},
		{ 8,          1,          false, 0, 0},
                { 1,          UINT64_MAX, false, 7, 7},
		{ UINT64_MAX, 1,          false, 0, 0},
                { UINT64_MAX, UINT64_MAX, false, 0, 0},
	};
	struct span s = SPAN_OF(eight), out;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t bytes[8];
		struct slot slot = { bytes, sizeof(bytes) }, part;
		bool inside = span_part(s, rows[i].off, rows[i].len, &out);

		CHECK(inside == rows[i].inside && out.len == (inside ? rows[i].len : 0) &&
			      (!out.len || span_at(out, 0) == rows[i].off + 1) &&
			      span_clip(s, rows[i].off, rows[i].len).len == rows[i].clipped &&
			      span_after(s, rows[i].off).len == rows[i].after,
		      "part %llu+%llu", (unsigned long long)rows[i].off,
		      (unsigned long long)rows[i].len);
		CHECK(slot_part(slot, rows[i].off, rows[i].len, &part) == inside &&
			      part.len == out.len &&
			      slot_after(slot, rows[i].off).len == rows[i].after,
		      "and to write to");
	}
}

static void test_span(void)
{
	struct span s = SPAN_OF(eight), text = SPAN_TEXT("abcabc");
	uint8_t bytes[8] = { 0 };
	struct slot slot = { bytes, sizeof(bytes) };
	uint64_t at = 0;

	CHECK(span_at(s, 7) == 8 && span_at(s, 8) == 0 && span_at(s, UINT64_MAX) == 0, "at");
	CHECK(span_starts(text, "abc", 3) && !span_starts(text, "abd", 3) &&
		      !span_starts(SPAN_TEXT("ab"), "abc", 3),
	      "starts");
	CHECK(span_compare(SPAN_TEXT("a"), SPAN_TEXT("ab")) < 0 &&
		      span_compare(SPAN_TEXT("b"), SPAN_TEXT("ab")) > 0 &&
		      span_compare(s, SPAN_OF(eight)) == 0 &&
		      span_compare(SPAN_TEXT("\x7f"), SPAN_TEXT("\x80")) < 0,
	      "compare");
	CHECK(span_same(s, s) && !span_same(s, span_after(s, 1)) &&
		      span_same(SPAN_NONE, SPAN_TEXT("")) &&
		      !span_same(SPAN_TEXT("ab"), SPAN_TEXT("ac")),
	      "same");
	CHECK(span_find(text, SPAN_TEXT("bc"), 0, &at) && at == 1 &&
		      span_find(text, SPAN_TEXT("bc"), 2, &at) && at == 4 &&
		      !span_find(text, SPAN_TEXT("bc"), 5, &at) &&
		      !span_find(text, SPAN_NONE, 0, &at) &&
		      !span_find(text, SPAN_TEXT("bc"), 7, &at),
	      "find");
	CHECK(span_offset(s, span_after(s, 3), &at) && at == 3 && !span_offset(s, text, &at) &&
		      !span_offset(span_clip(s, 0, 4), span_clip(s, 3, 2), &at),
	      "offset");
	CHECK(slot_put(slot, 2, span_clip(s, 0, 6)) && bytes[2] == 1 && bytes[7] == 6 &&
		      !slot_put(slot, 3, span_clip(s, 0, 6)) && bytes[3] == 2,
	      "put");
	CHECK(span_is_zero(span_clip(slot_span(slot), 0, 2)) &&
		      !span_is_zero(slot_span(slot)) && span_is_zero(SPAN_NONE),
	      "zero");
}

static void test_nocase(void)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{"",      "",     true },
                { "aZ-9", "Az-9", true },
                { "ab",   "abc",  false},
		{ "abc",  "ab",   false},
                { "@",    "`",    false},
                { "[",    "{",    false},
		{ "-",    "\r",   false},
                { "\xc4", "\xe4", false},
                { "",     "a",    false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK(span_equal_nocase(SPAN_TEXT(rows[i].a), SPAN_TEXT(rows[i].b)) ==
			      rows[i].equal,
		      "but for case: %zu", i);
	CHECK(span_equal_nocase(SPAN_NONE, SPAN_TEXT("")), "but for case: nothing");
}

struct numbers {
	const uint32_t *each;
	uint32_t wanted;
};

static bool number_comes_before(const void *context, uint64_t row)
{
	const struct numbers *n = context;

	return n->each[row] < n->wanted;
}

static bool any_comes_before(const void *context, uint64_t row)
{
	return row < *(const uint64_t *)context;
}

static void test_search(void)
{
	static const uint32_t each[] = { 3, 5, 5, 5, 8, 13 };
	static const struct {
		uint32_t n, wanted, first;
	} rows[] = {
		{6,  0,  0},
                { 6, 3,  0},
                { 6, 4,  1},
                { 6, 5,  1},
                { 6, 6,  4},
		{ 6, 13, 5},
                { 6, 14, 6},
                { 0, 5,  0},
                { 1, 3,  0},
                { 1, 4,  1},
	};
	static const uint64_t places[] = { 0, 1, UINT64_MAX / 2, UINT64_MAX - 1, UINT64_MAX };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct numbers n = { each, rows[i].wanted };

		CHECK(search_first(rows[i].n, number_comes_before, &n) == rows[i].first,
		      "the first of %u that is not below %u", rows[i].n, rows[i].wanted);
	}
	for (size_t i = 0; i < COUNT_OF(places); i++)
		CHECK(search_first(UINT64_MAX, any_comes_before, &places[i]) == places[i],
		      "among as many as can be counted: %llu", (unsigned long long)places[i]);
}

static void test_cursor(void)
{
	struct cursor c = cursor_at(SPAN_OF(eight), 0);

	CHECK(cursor_u8(&c) == 1 && cursor_u16le(&c) == 0x0302 &&
		      cursor_be(&c, 4) == 0x04050607,
	      "numbers");
	CHECK(cursor_left(&c) == 1 && cursor_ok(&c), "one is left");
	CHECK(cursor_u16le(&c) == 0 && !cursor_ok(&c) && cursor_left(&c) == 0 &&
		      cursor_u8(&c) == 0 && cursor_rest(&c).len == 0,
	      "a failure stays");
	c = cursor_at(SPAN_OF(eight), 0);
	CHECK(cursor_u64le(&c) == 0x0807060504030201 && cursor_ok(&c) &&
		      cursor_rest(&c).len == 0 && cursor_ok(&c),
	      "exactly to the end");
	c = cursor_at(SPAN_OF(eight), 9);
	CHECK(!cursor_ok(&c), "behind the end");
	c = cursor_at(SPAN_OF(eight), 1);
	cursor_skip(&c, UINT64_MAX);
	CHECK(!cursor_ok(&c) && c.pos == 1, "a length that wraps");
}

static void test_arena(void)
{
	struct arena a CLEANUP(arena_free) = ARENA_INIT(1 << 20);
	struct arena tiny CLEANUP(arena_free) = ARENA_INIT(64);
	uint8_t *first = ARENA_NEW(&a, uint8_t, 3), *second = ARENA_NEW(&a, uint8_t, 100000);
	struct span copy, kept;

	CHECK(arena_keep(&a, SPAN_TEXT("ab"), &kept) == STATUS_OK &&
		      span_equal(kept, SPAN_TEXT("ab")) &&
		      arena_keep(&a, SPAN_TEXT(""), &kept) == STATUS_OK && !kept.ptr &&
		      arena_keep(&tiny, (struct span){ (const uint8_t *)&a, 65 }, &kept) ==
			      STATUS_NO_MEMORY,
	      "kept, or nothing of nothing");
	CHECK(first && second && (uintptr_t)second % 16 == 0 &&
		      span_is_zero((struct span){ second, 100000 }),
	      "aligned and zeroed");
	CHECK(!arena_alloc(&a, SIZE_MAX, 2) && !arena_alloc(&a, 1 << 20, 1), "too much");
	copy = arena_copy(&a, SPAN_OF(eight));
	CHECK(span_equal(copy, SPAN_OF(eight)) && copy.ptr != eight, "a copy");
	copy = arena_copy(&a, SPAN_NONE);
	CHECK(copy.ptr && copy.len == 0, "a copy of nothing");
	CHECK(strcmp(arena_string(&a, SPAN_TEXT("text")), "text") == 0 &&
		      strcmp(arena_printf(&a, "%d-%s", 7, "x"), "7-x") == 0,
	      "strings");
	arena_reset(&a);
	first = ARENA_NEW(&a, uint8_t, 60000);
	CHECK(a.used >= 60000 && first && span_is_zero((struct span){ first, 60000 }),
	      "zeroed again after a reset");
	CHECK(!a.full && !ARENA_NEW(&a, uint8_t, 1 << 20) && a.full, "full, and it says so");
	arena_widen(&a, 1 << 20);
	arena_widen(&a, SIZE_MAX);
	CHECK(ARENA_NEW(&a, uint8_t, 1 << 20) && !ARENA_NEW(&a, uint8_t, 1 << 20),
	      "wider, and no wider than was said");
	arena_reset(&a);
	CHECK(!a.full && a.limit == 1 << 20 && !ARENA_NEW(&a, uint8_t, 1 << 20),
	      "as narrow as before after a reset");
	CHECK(ARENA_NEW(&tiny, uint8_t, 40) && !ARENA_NEW(&tiny, uint8_t, 40) &&
		      !arena_printf(&tiny, "%040d", 1) &&
		      !arena_copy(&tiny, SPAN_OF(eight)).ptr,
	      "a small limit holds");
}

static void test_buffer(void)
{
	struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;
	struct buffer small CLEANUP(buffer_free) = { .limit = 5 };

	CHECK(buffer_string(&b, 0)[0] == '\0' && buffer_span(&b).len == 0, "an empty one");
	buffer_text(&b, "a");
	buffer_char(&b, '-');
	buffer_printf(&b, "%s%d", "b", 12);
	buffer_hex(&b, span_clip(SPAN_OF(eight), 0, 2));
	buffer_u64(&b, 0);
	buffer_u64(&b, UINT64_MAX);
	CHECK(strcmp(b.bytes, "a-b120102018446744073709551615") == 0, "text");
	buffer_cut(&b, 3);
	buffer_cut(&b, 99);
	CHECK(strcmp(buffer_string(&b, 1), "-b") == 0 && buffer_string(&b, 3)[0] == '\0',
	      "cut");
	buffer_drop(&b, 2);
	CHECK(strcmp(buffer_string(&b, 0), "b") == 0 && b.len == 1, "drop");
	buffer_drop(&b, 99);
	buffer_drop(&b, 1);
	CHECK(b.len == 0 && buffer_status(&b) == STATUS_OK, "drop more than there is");
	buffer_clear(&b);
	buffer_u16le(&b, 0x0201);
	buffer_u32le(&b, 0x06050403);
	buffer_u16le(&b, 0x0807);
	CHECK(span_equal(buffer_span(&b), SPAN_OF(eight)), "numbers");
	for (int i = 0; i < 10000; i++)
		buffer_add(&b, SPAN_OF(eight));
	CHECK(b.len == 80008 && buffer_status(&b) == STATUS_OK, "it grows");
	buffer_text(&small, "1234");
	CHECK(buffer_status(&small) == STATUS_OK, "as much as may be");
	buffer_char(&small, '5');
	CHECK(buffer_status(&small) == STATUS_NO_MEMORY && strcmp(small.bytes, "1234") == 0,
	      "not more");
	buffer_text(&small, "");
	CHECK(buffer_status(&small) == STATUS_NO_MEMORY, "and it is remembered");
}

/* Something of everything; true: all of it worked. */
static bool use_everything(void)
{
	struct arena a CLEANUP(arena_free) = ARENA_INIT(1 << 20);
	struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;
	struct findings list = FINDINGS_INIT(&a);
	bool ok = ARENA_NEW(&a, uint64_t, 10000) && ARENA_NEW(&a, uint8_t, 70000);

	finding_add(&list, "test.rule", (struct range){ 1, 2 }, NULL, NULL);
	ok = ok && list.dropped == 0;
	for (int i = 0; i < 3; i++)
		buffer_printf(&b, "%05000d", i);
	return ok && arena_string(&a, buffer_span(&b)) && buffer_status(&b) == STATUS_OK;
}

static void test_no_memory(void)
{
	bool done = false;
	int n = 0;

	for (; !done && n < 50; n++) {
		memory_fail_after(n);
		done = use_everything();
		memory_fail_after(-1);
	}
	CHECK(done && n > 4, "each of %d allocations may fail", n - 1);
}

static void test_findings(void)
{
	struct arena a CLEANUP(arena_free) = ARENA_INIT(1 << 20);
	struct findings list = FINDINGS_INIT(&a);

	finding_add(&list, "test.one", (struct range){ 0, 0 }, NULL, "x");
	list.signature = 1;
	finding_add(&list, "test.two", (struct range){ 0, 0 }, NULL, NULL);
	CHECK(finding_has(&list, "test.one", -1) && !finding_has(&list, "test.one", 1) &&
		      finding_has(&list, "test.two", 1) && finding_has(&list, "test.two", -2) &&
		      !finding_has(&list, "test.three", -2),
	      "of one signature, of any");
	for (int i = 0; i < FINDINGS_MAX; i++)
		finding_add(&list, "test.many", (struct range){ 0, 0 }, NULL, NULL);
	CHECK(list.n == FINDINGS_MAX && list.dropped == 2, "no more than may be");
}

/* Bytes that an arena takes over are freed with it, and no sooner. */
static void test_give(void)
{
	struct arena a = ARENA_INIT(1 << 20), poor = ARENA_INIT(1);
	struct buffer b = BUFFER_INIT;
	struct span given;

	CHECK(buffer_give(&b, &a).len == 0, "an empty buffer gives nothing");
	buffer_text(&b, "kept");
	CHECK(buffer_give(&b, &poor).len == 0 && b.len == 4, "no memory: it stays");
	given = buffer_give(&b, &a);
	CHECK(span_equal(given, SPAN_TEXT("kept")) && b.len == 0 && !b.bytes,
	      "given, and the buffer is new");
	buffer_text(&b, "again");
	CHECK(buffer_give(&b, &a).len == 5 && span_equal(given, SPAN_TEXT("kept")),
	      "more than one");
	arena_reset(&a);
	CHECK(!a.adopted, "gone with a reset");
	buffer_free(&b);
	arena_free(&a);
	arena_free(&poor);
}

int main(void)
{
	test_span_part();
	test_span();
	test_nocase();
	test_search();
	test_cursor();
	test_arena();
	test_buffer();
	test_give();
	test_no_memory();
	test_findings();
	return CHECK_DONE();
}
