/* SPDX-License-Identifier: MIT */
/* Universal programs in bundles: what they are known by, and what a seal says of them. */
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/macho.h"

#include "base/base64.h"
#include "formats/bundle/bundle.h"

#define SET_MAGIC   0xfade0c01U
#define ONE_MAGIC   0xfade0c00U
#define SET_SLOT    2
#define SET_HEADER  20 /* magic, length, count, and one row */
#define DESIGNATED  3
#define EXPRESSION  1
#define IS_IDENTIFY 2

/* The set of requirements of a program that is known by @identifier, without its header. */
static struct span requirements(struct forge *f, const char *identifier)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	uint32_t len = (uint32_t)strlen(identifier);
	const uint32_t words[] = {
		1,          DESIGNATED,  SET_HEADER, ONE_MAGIC, 20 + (len + 3) / 4 * 4,
		EXPRESSION, IS_IDENTIFY, len
	};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		for (unsigned shift = 32; shift > 0; shift -= 8)
			buffer_char(&b, (char)(words[i] >> (shift - 8)));
	buffer_text(&b, identifier);
	for (; len % 4 != 0; len++)
		buffer_char(&b, 0);
	return forge_keep(f, buffer_span(&b));
}

static void slice_make(struct forge *f, uint32_t cpu, const char *identifier,
		       struct buffer *out)
{
	struct forge_code code = { .identifier = identifier };

	if (identifier)
		code.extras[0] =
			(struct forge_blob){ SET_SLOT, SET_MAGIC, requirements(f, identifier) };
	forge_macho_make(&(struct forge_macho){ .cpu_type = cpu }, out);
	forge_macho_sign_by(f, &code, &(struct forge_apple){ .agility = true }, out);
}

static const struct report *judge(struct court *c, const struct engine_bytes *file)
{
	arena_reset(&c->arena);
	engine_examine_part(&c->engine, c->lanes, file, &c->arena, &c->report);
	return &c->report;
}

/* Such a program is known by what all its slices are known by. */
static const struct {
	const char *first, *second, *known;
} slices[] = {
	{"one",  "one", "identifier \"one\""},
	{ "one", "two", ""                  },
	{ "one", NULL,  ""                  },
	{ NULL,  "one", ""                  },
};

static void check_slices(struct court *c, struct forge *f)
{
	for (size_t i = 0; i < COUNT_OF(slices); i++) {
		CLEANUP(buffer_free) struct buffer a = BUFFER_INIT, b = BUFFER_INIT;
		CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT;
		struct forge_fat fat = { .align = 12 };
		struct bundle_print print = { 0 };
		bool read;

		slice_make(f, MACHO_X86_64, slices[i].first, &a);
		slice_make(f, MACHO_ARM64, slices[i].second, &b);
		fat.slices[0] = (struct forge_slice){ buffer_span(&a), MACHO_X86_64, 3 };
		fat.slices[1] = (struct forge_slice){ buffer_span(&b), MACHO_ARM64, 0 };
		forge_fat_make(&fat, &whole);
		read = bundle_print_decode(
			judge(c, &(struct engine_bytes){ .bytes = buffer_span(&whole),
							 .part = ENGINE_SEALED })
				->print,
			&print);
		CHECK(read && print.n_parts == 2 &&
			      span_equal(print.designated, SPAN_TEXT(slices[i].known)),
		      "slices %s and %s are known by: %.*s",
		      slices[i].first ? slices[i].first : "without a name",
		      slices[i].second ? slices[i].second : "without a name",
		      (int)print.designated.len, (const char *)print.designated.ptr);
	}
}

/*
 * A helper of two slices: what is said of it, and what the bundle is then.  The
 * seal names the first by its hash, and a requirement.
 */
static const struct {
	const char *what;
	enum assay_verdict verdict;
	bool both; /* the seal names both */
	const char *designated, *word;
} helpers[] = {
	{"one slice, the sealed requirement", ASSAY_VERDICT_VALID, false, "anchor apple",
         "untrusted"										 },
	{ "one slice, another requirement",   ASSAY_VERDICT_VALID, false, "identifier x",
         "tampered"										  },
	{ "one slice, no requirement",        ASSAY_VERDICT_VALID, false, "",             "tampered" },
	{ "both slices, no requirement",      ASSAY_VERDICT_VALID, true,  "",             "untrusted"},
	{ "one slice, ad-hoc",                ASSAY_VERDICT_ADHOC, false, "anchor apple", "tampered" },
};

#define HASH_ONE "aaaaaaaaaaaaaaaaaaaa"
#define HASH_TWO "bbbbbbbbbbbbbbbbbbbb"

/* An inventory with the helper alone. */
static void inventory_write(size_t row, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer print = BUFFER_INIT;
	struct bundle_item item = { .kind = BUNDLE_FILE, .path = SPAN_LITERAL("MacOS/helper") };

	bundle_print_encode(
		&print, &(struct bundle_print){
				.verdict = helpers[row].verdict,
				.n_parts = 2,
				.cdhashes = helpers[row].both
						    ? SPAN_LITERAL("\0" HASH_ONE "\1" HASH_ONE)
						    : SPAN_LITERAL("\0" HASH_ONE "\1" HASH_TWO),
				.designated = SPAN_TEXT(helpers[row].designated),
			});
	item.print = buffer_span(&print);
	bundle_inventory_begin(out, SPAN_LITERAL("MacOS/prog"), false);
	bundle_inventory_add(out, &item);
}

static void seal_write(struct buffer *out)
{
	buffer_text(out, "<plist version=\"1.0\"><dict><key>files</key><dict/><key>files2</key>"
			 "<dict><key>MacOS/helper</key><dict><key>cdhash</key><data>");
	base64_encode(out, SPAN_LITERAL(HASH_ONE));
	buffer_text(out, "</data><key>requirement</key><string>anchor apple</string></dict>"
			 "</dict><key>rules2</key><dict><key>^.*</key><true/></dict></dict>"
			 "</plist>");
}

static void check_helpers(struct court *c, struct forge *f)
{
	struct span info =
		SPAN_LITERAL("<plist version=\"1.0\"><dict><key>CFBundleExecutable</key>"
			     "<string>prog</string></dict></plist>");
	CLEANUP(buffer_free) struct buffer seal = BUFFER_INIT, program = BUFFER_INIT;
	struct forge_code code = { .info = info };

	seal_write(&seal);
	code.resources = buffer_span(&seal);
	forge_macho_make(&(struct forge_macho){ 0 }, &program);
	forge_macho_sign_by(f, &code, &(struct forge_apple){ .agility = true }, &program);
	for (size_t i = 0; i < COUNT_OF(helpers); i++) {
		CLEANUP(buffer_free) struct buffer list = BUFFER_INIT;
		struct companion beside[] = {
			{"Info.plist",     info,           info.len, &beside[1]},
			{ "CodeResources", code.resources, seal.len, &beside[2]},
			{ "inventory",     SPAN_NONE,      0,        NULL      },
		};
		const struct report *r;

		inventory_write(i, &list);
		beside[2].bytes = buffer_span(&list);
		beside[2].size = list.len;
		r = judge(c, &(struct engine_bytes){
				     .bytes = buffer_span(&program),
				     .beside = &(struct companions){ .first = beside } });
		CHECK(strcmp(assay_verdict_word(r->verdict), helpers[i].word) == 0,
		      "helper, %s: %s (%s)", helpers[i].what, assay_verdict_word(r->verdict),
		      r->rule);
	}
}

int main(void)
{
	struct forge *f = forge_new();
	struct court court;

	court_open(&court, f);
	check_slices(&court, f);
	check_helpers(&court, f);
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
