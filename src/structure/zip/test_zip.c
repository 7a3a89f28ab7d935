/* SPDX-License-Identifier: MIT */
/* Archives that are right, and archives that are wrong in one way each. */
#include "structure/zip/zip.h"

#include "base/memory.h"
#include "structure/zip/test_hold.h"
#include "tests/check.h"
#include "tests/zip_builder.h"
#include <time.h>

#define S(literal) SPAN_INIT(literal)

static const char long_text[] = "many words, many words, many words, many words, many words";

/* clang-format 14 breaks rows of unequal shape; these are rectangular. */
#define ITEM(id, words, ...)                                                                   \
	{                                                                                      \
		.name = (id), .text = (words), __VA_ARGS__                                     \
	}
#define ONE(id, ...)                                                                           \
	static const struct zip_item id[] = { ITEM("a.txt", long_text, __VA_ARGS__) }
#define TWO(id, first, second)                                                                 \
	static const struct zip_item id[] = { ITEM(first, "1"), ITEM(second, "2") }

static const struct zip_item plain[] = {
	ITEM("a.txt", "first"),
	ITEM("dir/", ""),
	ITEM("dir/b.txt", long_text, .deflate = true),
};
static const struct zip_item inner[] = {
	{.name = "z", .data = SPAN_INIT("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
};
static const struct zip_item inner_exact[] = {
	{.name = "z", .data = SPAN_INIT("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x45\0")},
};
static const struct zip_item late[] = {
	ITEM("a", long_text, .deflate = true, .descriptor = true),
	ITEM("b", long_text, .deflate = true, .descriptor = true, .bare_descriptor = true),
	ITEM("c", long_text, .deflate = true, .descriptor = true, .wide = true),
	ITEM("d", long_text, .descriptor = true, .wide = true, .bare_descriptor = true),
	ITEM("e", "", .descriptor = true),
};
ONE(wide, .wide = true);
ONE(lie_method, .lie = ZIP_LIE_METHOD, .deflate = true);
ONE(lie_name, .lie = ZIP_LIE_NAME);
ONE(lie_crc, .lie = ZIP_LIE_CRC);
ONE(lie_late_crc, .lie = ZIP_LIE_CRC, .descriptor = true);
ONE(lie_size, .lie = ZIP_LIE_SIZE);
ONE(lie_local, .lie = ZIP_LIE_NO_LOCAL);
ONE(lie_flags, .lie = ZIP_LIE_FLAGS);
ONE(odd_method, .method = 14);
ONE(encrypted, .flags = 1);
ONE(broken_utf8, .flags = 1 << 11, .extra = S(""));
ONE(unicode_path, .extra = S("\x75\x70\x0a\x00\x01\x00\x00\x00\x00"
			     "b.txt"));
ONE(same_path, .extra = S("\x75\x70\x0a\x00\x01\x00\x00\x00\x00"
			  "a.txt"));
ONE(local_path, .local_extra = S("\x75\x70\x0a\x00\x01\x00\x00\x00\x00"
				 "b.txt"));
ONE(second_path, .extra = S("\x75\x70\x0a\x00\x01\x00\x00\x00\x00"
			    "a.txt\x75\x70\x0a\x00\x01\x00\x00\x00\x00"
			    "b.txt"));
ONE(newer_path, .extra = S("\x75\x70\x0a\x00\x02\x00\x00\x00\x00"
			   "b.txt"));
static const struct zip_item old_name[] = { ITEM("\x81.txt", "1",
						 .extra = S("\x75\x70\x0b\x00\x01\x00\x00"
							    "\x00\x00\xc3\xbc.txt")) };
static const struct zip_item other_name[] = { ITEM("\x81.txt", "1",
						   .extra = S("\x75\x70\x0a\x00\x01\x00\x00"
							      "\x00\x00"
							      "b.txt")) };
TWO(letters, "\xc3\x84.txt", "a\xcc\x88.TXT");
TWO(marks, "a\xcc\xa3\xcc\x88", "A\xcc\x88\xcc\xa3");
TWO(syllables, "\xea\xb0\x81", "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8");
TWO(sharp,
    "stra\xc3\x9f"
    "e",
    "STRASSE");
TWO(apart, "a", "\xc3\xa4");
TWO(octets, "\xe4", "\xc4");
TWO(duplicate, "a", "a");
TWO(folders, "d/", "d/");
TWO(aliases, "Dir/a", "dir\\A");
TWO(dot_aliases, "d/./a", "d/a");
TWO(upwards, "a", "x/../../b");
TWO(absolute, "a", "/etc/b");
TWO(drive, "a", "C:b");
static const struct zip_item bad_utf8[] = { ITEM("\xff\xfe", "1", .flags = 1 << 11) };
static const struct zip_item empty_folders[] = { ITEM("d/", ""), ITEM("d/", "") };
static const struct zip_item shared[] = { ITEM("a", "1"), ITEM("a", "1", .again = true) };
static const struct zip_item gapped[] = { ITEM("a", "1"), ITEM("b", "2", .gap = 5) };

#define PLAN(id, list, ...)                                                                    \
	static const struct zip_plan id = { .items = (list), .n = COUNT_OF(list), __VA_ARGS__ }
PLAN(plan_plain, plain, .raw = false);
PLAN(plan_late, late, .raw = false);
PLAN(plan_wide, wide, .raw = false);
PLAN(plan_wide_end, plain, .wide = true);
PLAN(plan_wide_bare, plain, .wide_bare = true);
PLAN(plan_comment, plain, .comment = S("words"));
PLAN(plan_ends, plain, .comment = S("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
PLAN(plan_inner, inner, .raw = false);
PLAN(plan_inner_exact, inner_exact, .raw = false);
PLAN(plan_prefix, plain, .prefix = S("#!/bin/sh\n"));
PLAN(plan_raw, plain, .prefix = S("MZ and more"), .raw = true);
PLAN(plan_module, plain, .prefix = S("JM\1\0"), .raw = true);
PLAN(plan_raw_wide, plain, .prefix = S("MZ and more"), .raw = true, .wide = true);
PLAN(plan_trailing, plain, .trailing = S("more"));
PLAN(plan_block, plain, .block = S("\0\0\0\0dex\n035"));
PLAN(plan_slack, plain, .slack = S("PK\5\5\0\0"));
PLAN(plan_gap, plain, .central_gap = S("xx"));
PLAN(plan_more, plain, .more = 1);
PLAN(plan_fewer, plain, .more = -1);
PLAN(plan_shift, plain, .shift = 1);
static const struct zip_plan plan_empty = { .items = NULL };
#define OF(list)                                                                               \
	&(const struct zip_plan)                                                               \
	{                                                                                      \
		.items = (list), .n = COUNT_OF(list)                                           \
	}

struct row {
	const char *name;
	const struct zip_plan *plan;
	enum status status;
	unsigned trouble;
	bool strict, java, android; /* refused */
};

static const struct row rows[] = {
	{"plain",				     &plan_plain,       STATUS_OK,        0,                                          0, 0, 0},
	{ "empty",				    &plan_empty,       STATUS_OK,        0,                                          0, 0, 0},
	{ "descriptors in four forms",                &plan_late,        STATUS_OK,        0,                                          0, 0, 0},
	{ "ZIP64 entry",			      &plan_wide,        STATUS_OK,        0,                                          0, 0, 0},
	{ "ZIP64 end",				&plan_wide_end,    STATUS_OK,        0,                                          0, 0, 0},
	{ "ZIP64 end not needed",                     &plan_wide_bare,   STATUS_OK,        ZIP_CENTRAL_BAD | ZIP_CENTRAL_GAP,
         1,															       1, 1},
	{ "comment",				  &plan_comment,     STATUS_OK,        0,                                          0, 0, 0},
	{ "archive in the comment",                   &plan_ends,        STATUS_OK,
         ZIP_MANY_ENDS | ZIP_PREFIX | ZIP_PREFIX_RAW | ZIP_POLYGLOT,                                                                   1, 1, 1},
	{ "archive in an entry",                      &plan_inner,       STATUS_OK,        0,                                          0, 0, 0},
	{ "its comment ends with the file",           &plan_inner_exact, STATUS_OK,        ZIP_MANY_ENDS,                              1, 1,
         1																    },
	{ "prefix",				   &plan_prefix,      STATUS_OK,        ZIP_PREFIX | ZIP_POLYGLOT,                  1, 0, 0},
	{ "raw prefix",			       &plan_raw,         STATUS_OK,        ZIP_PREFIX | ZIP_PREFIX_RAW | ZIP_POLYGLOT, 1, 0,
         1																    },
	{ "raw prefix, ZIP64",                        &plan_raw_wide,    STATUS_OK,
         ZIP_PREFIX | ZIP_PREFIX_RAW | ZIP_POLYGLOT,										   1, 0, 1},
	{ "the magic of a module",                    &plan_module,      STATUS_OK,        ZIP_PREFIX | ZIP_PREFIX_RAW,                1, 0,
         1																    },
	{ "bytes behind the end",                     &plan_trailing,    STATUS_OK,        ZIP_TRAILING,                               1, 0, 1},
	{ "program before the directory",             &plan_block,       STATUS_OK,        ZIP_POLYGLOT,                               0, 0, 0},
	{ "slack in the directory",                   &plan_slack,       STATUS_OK,        ZIP_CENTRAL_SLACK,                          1, 0, 0},
	{ "gap before the end",                       &plan_gap,         STATUS_OK,        ZIP_CENTRAL_GAP,                            1, 0, 1},
	{ "one record too few",                       &plan_more,        STATUS_MALFORMED, 0,                                          0, 0, 0},
	{ "one record too many",                      &plan_fewer,       STATUS_OK,        ZIP_CENTRAL_SLACK | ZIP_POLYGLOT,           1, 0,
         0																    },
	{ "offset beyond the directory",              &plan_shift,       STATUS_MALFORMED, 0,                                          0, 0, 0},
	{ "local method differs",                     OF(lie_method),    STATUS_OK,        ZIP_LOCAL_METHOD,                           1, 1, 0},
	{ "local name differs",                       OF(lie_name),      STATUS_OK,        ZIP_LOCAL_BAD,                              1, 1, 1},
	{ "local CRC differs",                        OF(lie_crc),       STATUS_OK,        ZIP_LOCAL_BAD,                              1, 1, 1},
	{ "descriptor differs",                       OF(lie_late_crc),  STATUS_OK,        ZIP_LOCAL_BAD,                              1, 1, 1},
	{ "local size differs",                       OF(lie_size),      STATUS_OK,        ZIP_LOCAL_BAD,                              1, 1, 1},
	{ "local header missing",                     OF(lie_local),     STATUS_OK,
         ZIP_LOCAL_BAD | ZIP_PREFIX | ZIP_POLYGLOT,										    1, 1, 1},
	{ "local flags differ",                       OF(lie_flags),     STATUS_OK,        ZIP_LOCAL_BAD,                              1, 1, 1},
	{ "odd method",			       OF(odd_method),    STATUS_OK,        ZIP_ODD_METHOD,                             1, 1, 0},
	{ "encrypted",				OF(encrypted),     STATUS_OK,        ZIP_ENCRYPTED,                              1, 0, 0},
	{ "UTF-8",				    OF(broken_utf8),   STATUS_OK,        0,                                          0, 0, 0},
	{ "broken UTF-8",			     OF(bad_utf8),      STATUS_OK,        ZIP_NAME,                                   1, 1, 1},
	{ "another Unicode path",                     OF(unicode_path),  STATUS_OK,        ZIP_NAME,                                   1, 1, 1},
	{ "the same Unicode path",                    OF(same_path),     STATUS_OK,        0,                                          0, 0, 0},
	{ "a name twice",			     OF(duplicate),     STATUS_OK,        ZIP_DUPLICATE,                              1, 1, 1},
	{ "a folder twice, with bytes",               OF(folders),       STATUS_OK,        ZIP_DUPLICATE,                              1, 1, 1},
	{ "an empty folder twice",                    OF(empty_folders), STATUS_OK,        0,                                          0, 0, 0},
	{ "case and slash",                           OF(aliases),       STATUS_OK,        ZIP_ALIAS,                                  0, 0, 0},
	{ "dot folder",			       OF(dot_aliases),   STATUS_OK,        ZIP_ALIAS,                                  0, 0, 0},
	{ "a letter with its mark",                   OF(letters),       STATUS_OK,        ZIP_ALIAS,                                  0, 0, 0},
	{ "marks in another order",                   OF(marks),         STATUS_OK,        ZIP_ALIAS,                                  0, 0, 0},
	{ "syllables",				OF(syllables),     STATUS_OK,        ZIP_ALIAS,                                  0, 0, 0},
	{ "sharp s",				  OF(sharp),         STATUS_OK,        ZIP_ALIAS,                                  0, 0, 0},
	{ "letters that are apart",                   OF(apart),         STATUS_OK,        0,                                          0, 0, 0},
	{ "bytes that are no letters",                OF(octets),        STATUS_OK,        0,                                          0, 0, 0},
	{ "another Unicode path in the local header", OF(local_path),    STATUS_OK,        ZIP_NAME,                                   1, 1,
         1																    },
	{ "a second Unicode path",                    OF(second_path),   STATUS_OK,        ZIP_NAME,                                   1, 1, 1},
	{ "a path of a version that nobody reads",    OF(newer_path),    STATUS_OK,        0,                                          0, 0, 0},
	{ "the Unicode path of an old name",          OF(old_name),      STATUS_OK,        0,                                          0, 0, 0},
	{ "another path than the old name",           OF(other_name),    STATUS_OK,        ZIP_NAME,                                   1, 1, 1},
	{ "upwards",				  OF(upwards),       STATUS_OK,        ZIP_NAME,                                   1, 1, 1},
	{ "absolute",				 OF(absolute),      STATUS_OK,        ZIP_NAME,                                   1, 1, 1},
	{ "drive",				    OF(drive),         STATUS_OK,        ZIP_NAME,                                   1, 1, 1},
	{ "two entries, one header",                  OF(shared),        STATUS_OK,        ZIP_OVERLAP | ZIP_DUPLICATE,                1, 1,
         1																    },
	{ "gap",				      OF(gapped),        STATUS_OK,        ZIP_GAP,                                    1, 0, 0},
};

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		const struct row *row = &rows[i];
		enum status status;
		struct view v;
		struct zip z;
		const char *problem;

		zip_build(&file, row->plan);
		v = view_whole(buffer_span(&file));
		status = zip_read(&v, &findings, &z);
		problem = zip_hold(buffer_span(&file));
		CHECK(status == row->status, "%s: status %s", row->name, status_text(status));
		CHECK(!problem, "%s: %s", row->name, problem ? problem : "holds");
		if (status != STATUS_OK)
			continue;
		CHECK(z.trouble == row->trouble, "%s: trouble %x, expected %x", row->name,
		      z.trouble, row->trouble);
		CHECK((z.trouble != 0) <= (findings.n != 0), "%s: told", row->name);
		CHECK(zip_broken(&z, ZIP_PROFILE_STRICT) == row->strict &&
			      zip_broken(&z, ZIP_PROFILE_JAVA) == row->java &&
			      zip_broken(&z, ZIP_PROFILE_ANDROID) == row->android,
		      "%s: profiles", row->name);
	}
}

/* Four bytes before an archive, and what is said of them. */
static const struct {
	struct span prefix;
	const char *rule;
} prefixes[] = {
	{SPAN_INIT("JM\1\0"),    "zip.module"    },
	{ SPAN_INIT("JM\2\0"),   "zip.prefix-raw"},
	{ SPAN_INIT("JM\1\0\0"), "zip.prefix-raw"},
};

static void test_modules(void)
{
	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct zip_plan plan = plan_raw;
		struct view v;
		struct zip z;

		plan.prefix = prefixes[i].prefix;
		zip_build(&file, &plan);
		v = view_whole(buffer_span(&file));
		CHECK(zip_read(&v, &findings, &z) == STATUS_OK && findings.n == 1 &&
			      finding_has(&findings, prefixes[i].rule, -1),
		      "prefix %zu: %s", i, prefixes[i].rule);
	}
}

static void test_contents(void)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	struct zip_budget budget = { 0 };
	const struct zip_entry *e;
	struct span bytes;
	struct view v;
	struct zip z;

	zip_build(&file, &plan_plain);
	v = view_whole(buffer_span(&file));
	CHECK(zip_read(&v, &findings, &z) == STATUS_OK && z.n_entries == 3, "three entries");
	e = zip_find(&z, SPAN_LITERAL("dir/b.txt"));
	CHECK(e && zip_bytes(&v, &a, e, 1000, &bytes) == STATUS_OK &&
		      span_equal(bytes, SPAN_TEXT(long_text)),
	      "deflated contents");
	CHECK(e && zip_bytes(&v, &a, e, 10, &bytes) == STATUS_LIMIT, "longer than wanted");
	CHECK(e && zip_spend(&budget, e) == STATUS_OK && budget.out == e->size, "spent");
	e = zip_find(&z, SPAN_LITERAL("a.txt"));
	CHECK(e && zip_bytes(&v, &a, e, 1000, &bytes) == STATUS_OK &&
		      span_equal(bytes, SPAN_TEXT("first")),
	      "stored contents");
	CHECK(!zip_find(&z, SPAN_LITERAL("A.TXT")) &&
		      zip_find_any_case(&z, SPAN_LITERAL("A.TXT")) == e,
	      "in any case");
	CHECK(!zip_find_any_case(&z, SPAN_LITERAL("b.txt")), "not there");
	CHECK(zip_is_directory(zip_find(&z, SPAN_LITERAL("dir/"))), "a folder");
}

/* Contents that are not what the headers say. */
static void test_false_contents(void)
{
	static const struct {
		const char *name;
		struct zip_item item;
		enum status status;
	} cases[] = {
		{"right",      { .name = "a", .text = long_text, .deflate = true }, STATUS_OK},
		{ "CRC",
                 { .name = "a", .text = long_text, .lie = ZIP_LIE_CENTRAL_CRC },
                 STATUS_MALFORMED							    },
		{ "encrypted",
                 { .name = "a", .text = long_text, .flags = 1 },
                 STATUS_UNSUPPORTED							  },
		{ "method",
                 { .name = "a", .text = long_text, .method = 99 },
                 STATUS_MALFORMED							    },
		{ "no stream",
                 { .name = "a", .text = long_text, .method = ZIP_DEFLATED },
                 STATUS_MALFORMED							    },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct zip_plan plan = { .items = &cases[i].item, .n = 1 };
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct span bytes;
		struct view v;
		struct zip z;

		zip_build(&file, &plan);
		v = view_whole(buffer_span(&file));
		CHECK(zip_read(&v, &findings, &z) == STATUS_OK &&
			      zip_bytes(&v, &a, &z.entries[0], 1000, &bytes) == cases[i].status,
		      "contents: %s", cases[i].name);
	}
}

/* A bomb is a limit, and not read. */
static void test_bomb(void)
{
	CLEANUP(buffer_free) struct buffer zeros = BUFFER_INIT, file = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	struct zip_item item = { .name = "a", .deflate = true };
	struct zip_plan plan = { .items = &item, .n = 1 };
	struct zip_budget budget = { 0 };
	struct span bytes;
	struct view v;
	struct zip z;

	for (size_t i = 0; i < 4 << 20; i++)
		buffer_char(&zeros, 0);
	item.data = buffer_span(&zeros);
	zip_build(&file, &plan);
	v = view_whole(buffer_span(&file));
	CHECK(zip_read(&v, &findings, &z) == STATUS_OK && a.used < 1 << 16, "a bomb is read");
	CHECK(zip_spend(&budget, &z.entries[0]) == STATUS_LIMIT, "but not unpacked");
	CHECK(zip_bytes(&v, &a, &z.entries[0], UINT64_MAX, &bytes) == STATUS_LIMIT, "nor had");
}

/* Every prefix of a good archive is no archive. */
static void test_prefixes(void)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	size_t bad = 0;

	zip_build(&file, &plan_late);
	for (size_t n = 0; n < file.len; n++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct view v = view_whole(span_clip(buffer_span(&file), 0, n));
		struct zip z;

		bad += zip_read(&v, &findings, &z) != STATUS_NOT_MINE;
	}
	CHECK(bad == 0, "no prefix is an archive");
}

/* Every byte of the archive but the unowned ones can be anything: what is read must hold. */
static void test_flips(void)
{
	static const struct zip_plan *const plans[] = { &plan_plain, &plan_late, &plan_wide_end,
							&plan_raw };
	const char *problem = NULL;

	for (size_t i = 0; i < COUNT_OF(plans); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;

		zip_build(&file, plans[i]);
		for (size_t at = 0; !problem && at < file.len; at++)
			for (int bit = 0; !problem && bit < 8; bit++) {
				file.bytes[at] ^= (char)(1 << bit);
				problem = zip_hold(buffer_span(&file));
				file.bytes[at] ^= (char)(1 << bit);
			}
		CHECK(!problem, "flips of archive %zu: %s", i, problem ? problem : "hold");
	}
}

/* A view that loads only what is asked for, as the engine's does. */
static enum status read_by_wants(struct arena *a, struct span file, struct zip *z,
				 size_t *loaded)
{
	struct view v = { .size = file.len };
	enum status status;

	for (int round = 0; round < 16; round++) {
		struct findings findings = FINDINGS_INIT(a);

		status = zip_read(&v, &findings, z);
		if (status != STATUS_WANT)
			return status;
		if (v.n_want_parts > 0) {
			CLEANUP(buffer_free) struct buffer all = BUFFER_INIT;

			for (size_t i = 0; i < v.n_want_parts; i++)
				buffer_add(&all, span_clip(file, v.want_parts[i].off,
							   v.want_parts[i].len));
			*loaded += all.len;
			TRY(view_add_parts(&v, a, arena_copy(a, buffer_span(&all))));
			continue;
		}
		*loaded += v.want.len;
		if (!view_add(&v, v.want.off, span_clip(file, v.want.off, v.want.len)))
			return STATUS_LIMIT;
	}
	return STATUS_LIMIT;
}

/* 100 000 entries: little memory, little time, the same whether read at once or by wants. */
static void test_many(void)
{
	enum { N = 100000 };
	struct zip_item *items = memory_new(N, sizeof(*items));
	char(*names)[32] = memory_new(N, sizeof(*names));
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)48 << 20);
	struct zip_plan plan = { .items = items, .n = N, .wide = true };
	size_t loaded = 0;
	clock_t begun;
	enum status status;
	struct zip z;

	if (!items || !names)
		abort();
	for (size_t i = 0; i < N; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "some/folder/entry%zu.class", i);
		items[i].name = names[i];
		items[i].text = long_text;
		items[i].deflate = true;
		items[i].descriptor = true;
		items[i].gap = i % 50000 == 3 ? 3 : 0;
	}
	zip_build(&file, &plan);
	begun = clock();
	status = read_by_wants(&a, buffer_span(&file), &z, &loaded);
	CHECK(status == STATUS_OK && z.n_entries == N && z.trouble == ZIP_GAP && z.n_holes == 2,
	      "100 000 entries: %s, %.1f MiB, %.0f ms", status_text(status),
	      (double)a.used / (1 << 20), (double)(clock() - begun) / CLOCKS_PER_SEC * 1000);
	CHECK(a.used + loaded < (size_t)64 << 20, "within 64 MiB, %.1f MiB loaded",
	      (double)loaded / (1 << 20));
	CHECK(clock() - begun < 2 * CLOCKS_PER_SEC, "and soon");
	memory_free(items);
	memory_free(names);
}

/* What may be the end of an archive, when nothing else says that the file is one. */
static void test_ends(void)
{
	static const struct {
		const char *name;
		const struct zip_plan *plan;
		bool likely;
	} ends[] = {
		{"plain",                 &plan_plain,    true },
		{ "with a comment",       &plan_comment,  true },
		{ "with bytes behind it", &plan_trailing, true },
		{ "ZIP64",                &plan_wide_end, true },
		{ "empty",                &plan_empty,    false},
	};

	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		struct span whole;

		zip_build(&file, ends[i].plan);
		whole = buffer_span(&file);
		CHECK(zip_ends_likely(whole, whole.len) == ends[i].likely, "end: %s",
		      ends[i].name);
		CHECK(zip_ends_likely(span_after(whole, whole.len / 2), whole.len) ==
			      ends[i].likely,
		      "end: %s, of its half", ends[i].name);
	}
	CHECK(!zip_ends_likely(SPAN_LITERAL("PK\5\6 and more than twenty-two bytes"), 1000) &&
		      !zip_ends_likely(SPAN_LITERAL("PK\5\6"), 4) &&
		      !zip_ends_likely(SPAN_NONE, 0),
	      "end: letters that are none");
}

int main(void)
{
	test_rows();
	test_modules();
	test_contents();
	test_false_contents();
	test_bomb();
	test_prefixes();
	test_flips();
	test_many();
	test_ends();
	return CHECK_DONE();
}
