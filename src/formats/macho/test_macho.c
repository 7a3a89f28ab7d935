/* SPDX-License-Identifier: MIT */
/* Mach-O files of the forge, good and bent, and what is read of them. */
#include "formats/macho/test_hold.h"
#include "tests/check.h"
#include "tests/forge/macho.h"

/* What is bent: relative to which part of the file. */
enum at { AT_FILE, AT_COMMAND, AT_LINKEDIT, AT_BLOB, AT_DIRECTORY, AT_DATA_END, AT_END };

struct bend {
	enum at at;
	int off;
	uint8_t width; /* 0: none */
	bool big;      /* the numbers of blobs are */
	uint64_t value;
};

enum shape {
	THIN,
	THIN_UNSIGNED,
	THIN_TWO,   /* two CodeDirectories, entitlements, team */
	THIN_TWICE, /* two of the same hash */
	THIN_NARROW,
	THIN_BIG,
	FAT_TWO,
	FAT_MIXED,
	FAT_HIDDEN,
	FAT_WIDE,
	FAT_LIBRARY,
};

static const struct row {
	const char *name;
	enum shape shape;
	struct bend bends[2];
	size_t more;      /* so many bytes behind the end ... */
	uint8_t byte;     /* ... of this */
	const char *rule; /* the one finding that must be there; NULL: none at all */
	bool broken, holes;
} rows[] = {
#define ROW(name, shape, rule, broken, holes, ...)                                             \
	{                                                                                      \
		name, shape, { __VA_ARGS__ }, 0, 0, rule, broken, holes                        \
	}
#define MORE(name, shape, rule, n, byte)                                                       \
	{                                                                                      \
		name, shape, { { 0 } }, n, byte, rule, false, true                             \
	}
#define NO_BEND                                                                                \
	{                                                                                      \
		0                                                                              \
	}
	ROW("signed", THIN, NULL, false, false, NO_BEND),
	ROW("unsigned", THIN_UNSIGNED, NULL, false, false, NO_BEND),
	ROW("two directories", THIN_TWO, NULL, false, false, NO_BEND),
	ROW("32 bits", THIN_NARROW, NULL, false, false, NO_BEND),
	ROW("big-endian", THIN_BIG, NULL, false, false, NO_BEND),
	ROW("universal", FAT_TWO, NULL, false, false, NO_BEND),
	ROW("universal, one slice unsigned", FAT_MIXED, NULL, false, false, NO_BEND),
	ROW("hidden slice", FAT_HIDDEN, "macho.fat-hidden-arch", false, false, NO_BEND),
	ROW("64-bit table", FAT_WIDE, "macho.fat-wide", false, false, NO_BEND),
	ROW("static libraries", FAT_LIBRARY, NULL, false, false, NO_BEND),
	MORE("bytes behind the signature", THIN, "macho.trailing-data", 16, 0),
	MORE("bytes behind the last slice", FAT_TWO, "macho.fat-trailing", 1, 0),
	ROW("data in the slack", THIN, "macho.sig-slack-data", false, true,
	    { AT_DATA_END, -1, 1, false, 1 }),
	ROW("command too short", THIN, "macho.signature-short", true, false,
	    { AT_COMMAND, 12, 1, false, 0 }),
	ROW("signature behind the file", THIN, "macho.signature-outside", true, false,
	    { AT_COMMAND, 11, 1, false, 1 }),
	ROW("signature in the headers", THIN, "macho.signature-outside", true, false,
	    { AT_COMMAND, 8, 4, false, 64 }),
	ROW("no magic", THIN, "macho.superblob-malformed", true, false,
	    { AT_BLOB, 0, 1, true, 0 }),
	ROW("SuperBlob longer than its place", THIN, "macho.superblob-malformed", true, false,
	    { AT_BLOB, 5, 1, true, 1 }),
	ROW("more blobs than room", THIN, "macho.superblob-malformed", true, false,
	    { AT_BLOB, 8, 4, true, 60 }),
	ROW("blob outside", THIN, "macho.superblob-malformed", true, false,
	    { AT_BLOB, 16, 4, true, 0x10000 }),
	ROW("directory under a wrong type", THIN, "macho.signature-empty", false, false,
	    { AT_BLOB, 12, 4, true, 9999 }),
	ROW("directory with another magic", THIN, "macho.superblob-malformed", true, false,
	    { AT_DIRECTORY, 0, 4, true, 0xfade0c05 }),
	ROW("one page less", THIN, "macho.cd-malformed", true, false,
	    { AT_DIRECTORY, 28, 4, true, 4 }),
	ROW("shorter code limit", THIN, "macho.cd-code-limit", false, false,
	    { AT_DIRECTORY, 35, 1, true, 1 }),
	ROW("digests before the blob", THIN, "macho.cd-malformed", true, false,
	    { AT_DIRECTORY, 24, 4, true, 0x7fffffff }),
	ROW("digests behind the blob", THIN, "macho.cd-malformed", true, false,
	    { AT_DIRECTORY, 16, 4, true, 0x7fffffff }),
	ROW("identifier outside", THIN, "macho.cd-malformed", true, false,
	    { AT_DIRECTORY, 20, 4, true, 0xffffffff }),
	ROW("wrong digest size", THIN, "macho.cd-malformed", true, false,
	    { AT_DIRECTORY, 36, 1, true, 20 }),
	ROW("SHA-512", THIN, "macho.cd-unsupported", false, false,
	    { AT_DIRECTORY, 37, 1, true, 5 }),
	ROW("future version", THIN, "macho.cd-unsupported", false, false,
	    { AT_DIRECTORY, 8, 4, true, 0x30000 }),
	ROW("past version", THIN, "macho.cd-unsupported", false, false,
	    { AT_DIRECTORY, 8, 4, true, 0x20000 }),
	ROW("scatter vector outside", THIN, "macho.cd-malformed", true, false,
	    { AT_DIRECTORY, 44, 4, true, 0xffffff }),
	ROW("identifier among the digests", THIN, "macho.cd-overlap", false, false,
	    { AT_DIRECTORY, 20, 4, true, 93 }, { AT_DIRECTORY, 93, 2, true, 0x4100 }),
	ROW("flags differ", THIN_TWO, "macho.cd-flag-disagreement", false, false,
	    { AT_DIRECTORY, 15, 1, true, 2 }),
	ROW("identifiers differ", THIN_TWO, "macho.cd-disagreement", false, false,
	    { AT_DIRECTORY, 88, 1, true, 'x' }),
	ROW("the same hash twice", THIN_TWICE, "macho.cd-twice", true, false, NO_BEND),
	ROW("command of no length", THIN, "macho.command-malformed", true, false,
	    { AT_LINKEDIT, 4, 4, false, 0 }),
	ROW("command behind the others", THIN, "macho.command-malformed", true, false,
	    { AT_LINKEDIT, 6, 1, false, 1 }),
	ROW("__LINKEDIT too long", THIN, "macho.linkedit-length", false, true,
	    { AT_LINKEDIT, 50, 1, false, 1 }),
	ROW("commands behind the file", THIN, "macho.header-cut", true, false,
	    { AT_FILE, 22, 1, false, 2 }),
	ROW("two signatures", THIN, "macho.signature-twice", true, false,
	    { AT_COMMAND, -24, 4, false, 0x1d }),
	ROW("cut header", THIN, "macho.header-cut", true, false,
	    { AT_FILE, 23, 1, false, 0x00 }, { AT_FILE, 20, 4, false, 0xfffff }),
	ROW("data in a gap", FAT_TWO, "macho.fat-nonzero-gap", false, true,
	    { AT_FILE, 100, 1, false, 1 }),
	ROW("gap as large as the alignment", FAT_TWO, "macho.fat-gap", false, true,
	    { AT_FILE, 27, 1, true, 3 }),
	ROW("listed as another processor", FAT_TWO, "macho.fat-cputype-mismatch", false, false,
	    { AT_FILE, 8, 4, true, 0x1000005 }),
	ROW("two slices at one place", FAT_TWO, "macho.fat-overlap", true, true,
	    { AT_FILE, 36, 4, true, 0x1000 }),
	ROW("slice outside", FAT_TWO, "macho.fat-slice-outside", true, true,
	    { AT_FILE, 36, 4, true, 0x7fffffff }),
	ROW("a program and a library", FAT_TWO, "macho.fat-type", true, false,
	    { AT_FILE, 0x100c, 4, false, 6 }),
	ROW("slice of anything", FAT_TWO, "macho.fat-slice-unknown", false, false,
	    { AT_FILE, 0x1000, 4, false, 6 }),
#undef ROW
#undef MORE
};

static void sign(struct buffer *file, bool rich)
{
	struct forge_code plain = { .flags = MACHO_LINKER, .slack = 0 };
	struct forge_code both = {
		.hashes = {HASH_SHA1,                                    HASH_SHA256},
		.team = "TEAM123456",
		.flags = 0x10000,
		.extras = { { 2, 0xfade0c01, SPAN_LITERAL("\0\0\0\0") },
                           { 5, 0xfade7171, SPAN_LITERAL("<plist/>") }              },
		.with_wrapper = true,
	};

	forge_macho_sign(rich ? &both : &plain, file);
}

static void thin_make(struct buffer *out, uint32_t cpu, bool with_signature)
{
	struct forge_macho wish = { .cpu_type = cpu };

	forge_macho_make(&wish, out);
	if (with_signature)
		sign(out, false);
}

static void fat_make(enum shape shape, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer one = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer two = BUFFER_INIT;
	struct forge_fat fat = { .wide = shape == FAT_WIDE, .hidden = shape == FAT_HIDDEN };

	thin_make(&one, MACHO_X86_64, shape != FAT_MIXED);
	thin_make(&two, MACHO_ARM64, true);
	fat.slices[0] = (struct forge_slice){ buffer_span(&one), MACHO_X86_64, 3 };
	fat.slices[1] = (struct forge_slice){ buffer_span(&two), MACHO_ARM64, 0 };
	if (shape == FAT_LIBRARY) {
		fat.slices[0].bytes = SPAN_LITERAL("!<arch>\nx");
		fat.slices[1].bytes = SPAN_LITERAL("BC\xc0\xdeyyyyy");
	}
	forge_fat_make(&fat, out);
}

static void shape_make(enum shape shape, struct buffer *out)
{
	struct forge_code twice = {
		.hashes = {HASH_SHA256, HASH_SHA256}
	};
	struct forge_macho wish = { .narrow = shape == THIN_NARROW || shape == THIN_BIG,
				    .big_endian = shape == THIN_BIG,
				    .cpu_type = shape == THIN_BIG ? 18 : MACHO_ARM64,
				    .info_plist =
					    shape == THIN_TWO ? "<plist>x</plist>" : NULL };

	if (shape >= FAT_TWO) {
		fat_make(shape, out);
		return;
	}
	forge_macho_make(&wish, out);
	if (shape == THIN_TWICE)
		forge_macho_sign(&twice, out);
	else if (shape != THIN_UNSIGNED)
		sign(out, shape == THIN_TWO);
}

static size_t place_of(const struct buffer *file, enum at at)
{
	struct forge_macho_places p = { 0 };

	if (at != AT_FILE && at != AT_END)
		p = forge_macho_places_of(file);
	switch (at) {
	case AT_FILE: return 0;
	case AT_COMMAND: return p.command;
	case AT_LINKEDIT: return p.linkedit;
	case AT_BLOB: return p.data;
	case AT_DIRECTORY: return p.data + (size_t)forge_get_be(file, p.data + 16, 4);
	case AT_DATA_END: return p.data + p.data_len;
	case AT_END: return file->len;
	}
	return 0;
}

static void row_make(const struct row *row, struct buffer *out)
{
	shape_make(row->shape, out);
	for (size_t i = 0; i < COUNT_OF(row->bends) && row->bends[i].width; i++) {
		const struct bend *b = &row->bends[i];
		size_t at = (size_t)((long)place_of(out, b->at) + b->off);

		if (b->big)
			forge_put_be(out, at, b->width, b->value);
		else
			forge_put(out, at, b->width, b->value);
	}
	for (size_t i = 0; i < row->more; i++)
		buffer_char(out, (char)row->byte);
}

static void row_check(const struct row *row)
{
	CLEANUP(arena_free) struct arena a = { .limit = HOLD_ARENA };
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct findings findings = FINDINGS_INIT(&a);
	struct container box = { 0 };
	struct view v;
	const char *bad;
	bool holes = false, broken = false, right;

	row_make(row, &file);
	v = view_whole(buffer_span(&file));
	CHECK(hold_read(&v, &findings, &box) == STATUS_OK, "%s: read", row->name);
	for (size_t i = 0; box.macho && i < box.macho->n_slices; i++)
		holes |= box.macho->slices[i].holes;
	for (size_t i = 0; box.macho && i < box.macho->n_slices; i++)
		broken |= box.macho->slices[i].broken;
	broken |= box.broken;
	holes |= box.macho && box.macho->holes;
	right = row->rule ? finding_has(&findings, row->rule, -2) : findings.n == 0;
	CHECK(right, "%s: %s", row->name, row->rule ? row->rule : "no finding");
	for (const struct finding *f = findings.first; f && !right; f = f->next)
		printf("# %s: %s, %s\n", f->rule, f->expected ? f->expected : "-",
		       f->observed ? f->observed : "-");
	CHECK(broken == row->broken && holes == row->holes, "%s: broken %d, holes %d",
	      row->name, broken, holes);
	bad = macho_hold(buffer_span(&file));
	CHECK(!bad, "%s: %s", row->name, bad ? bad : "holds");
}

/* No prefix of a good file passes for it. */
static void prefixes_check(enum shape shape, const char *name)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	size_t passed = 0, held = 0;

	shape_make(shape, &file);
	for (size_t len = 0; len < file.len; len += len < 8192 ? 7 : 61) {
		CLEANUP(arena_free) struct arena a = { .limit = HOLD_ARENA };
		struct span part = span_clip(buffer_span(&file), 0, len);
		struct findings findings = FINDINGS_INIT(&a);
		struct view v = view_whole(part);
		struct container box = { 0 };

		if (hold_read(&v, &findings, &box) == STATUS_OK && !box.broken &&
		    !(box.n_parts > 0 && box.parts[box.n_parts - 1].broken))
			passed++;
		held += macho_hold(part) == NULL;
	}
	CHECK(passed == 0, "%s: no prefix passes (%zu)", name, passed);
	CHECK(held > 100, "%s: prefixes hold", name);
}

static void fields_check(void)
{
	CLEANUP(arena_free) struct arena a = { .limit = HOLD_ARENA };
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct findings findings = FINDINGS_INIT(&a);
	struct container box = { 0 };
	const struct code_signature *code;
	struct view v;

	shape_make(THIN_TWO, &file);
	v = view_whole(buffer_span(&file));
	CHECK(hold_read(&v, &findings, &box) == STATUS_OK && box.macho &&
		      box.macho->slices[0].code,
	      "a signature is read");
	if (!box.macho || !box.macho->slices[0].code)
		return;
	code = box.macho->slices[0].code;
	CHECK(code->n_directories == 2 && code->n_blobs == 5, "all blobs are read");
	CHECK(code_directory_best(code) == &code->directories[1], "SHA-256 before SHA-1");
	CHECK(span_equal(code->directories[0].identifier, SPAN_LITERAL("forge")), "identifier");
	CHECK(span_equal(code->directories[1].team, SPAN_LITERAL("TEAM123456")), "team");
	CHECK(code->directories[0].n_special == 5 && code->directories[0].n_code == 6,
	      "counts");
	CHECK(code->has_wrapper && code->cms.len == 0, "empty wrapper");
	CHECK(!code_signature_flag(code, CODE_FLAG_ADHOC) &&
		      code_signature_flag(code, CODE_FLAG_RUNTIME),
	      "flags");
	CHECK(box.macho->slices[0].info_plist.len == 16, "Info.plist");
	CHECK(box.macho->slices[0].uuid.len == 16, "UUID");
	CHECK(box.variant && strcmp(box.variant, "Mach-O arm64 program") == 0, "variant");
	CHECK(box.macho->slices[0].source_version == 0, "no version");
}

/* Its UUID is a version instead. */
static void version_check(void)
{
	static const uint8_t uuid[] = { 0x1b, 0, 0, 0, 24, 0, 0, 0 };
	static const uint8_t version[] = { 0x2a, 0,    0, 0, 24,   0, 0, 0,
					   5,    0x10, 0, 0, 0x80, 2, 0, 0 };
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = { .limit = HOLD_ARENA };
	struct findings findings = FINDINGS_INIT(&a);
	struct container box = { 0 };
	struct view v;
	uint64_t at = 0;

	shape_make(THIN_TWO, &file);
	CHECK(span_find(buffer_span(&file), SPAN_OF(uuid), 0, &at), "a command");
	for (size_t i = 0; i < sizeof(version); i++)
		file.bytes[at + i] = (char)version[i];
	v = view_whole(buffer_span(&file));
	CHECK(hold_read(&v, &findings, &box) == STATUS_OK && box.macho &&
		      box.macho->slices[0].source_version == 0x28000001005 &&
		      box.macho->slices[0].uuid.len == 0,
	      "LC_SOURCE_VERSION");
}

/* A Java class has the magic too. */
static void class_check(void)
{
	static const uint8_t java[] = { 0xca, 0xfe, 0xba, 0xbe, 0,   0,   0,   61,  0,   20, 10,
					0,    2,    0,    3,    7,   0,   4,   12,  0,   5,  0,
					6,    1,    0,    16,   'j', 'a', 'v', 'a', '/', 'l' };
	CLEANUP(arena_free) struct arena a = { .limit = HOLD_ARENA };
	struct findings findings = FINDINGS_INIT(&a);
	struct view v = view_whole(SPAN_OF(java));
	struct container box = { 0 };

	CHECK(format_fat.read(&v, &findings, &box) == STATUS_NOT_MINE, "a class is none");
	CHECK(macho_hold(SPAN_OF(java)) == NULL, "and holds");
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(&rows[i]);
	prefixes_check(THIN_TWO, "thin");
	prefixes_check(FAT_TWO, "universal");
	fields_check();
	version_check();
	class_check();
	return CHECK_DONE();
}
