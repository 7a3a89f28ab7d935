/* SPDX-License-Identifier: MIT */
/* Disk images of the forge, good and bent, and what is read of them. */
#include "formats/dmg/dmg.h"
#include "tests/check.h"
#include "tests/container_hold.h"
#include "tests/forge/macho.h"

#define ARENA_BYTES ((size_t)32 << 20)

static const struct row {
	const char *name;
	bool is_signed;
	unsigned at; /* in the trailer */
	uint8_t width;
	uint64_t value;
	const char *rule; /* the finding that must be there; NULL: none at all */
	bool broken, holes;
} rows[] = {
	{"unsigned",		      false, 0,   0, 0,          NULL,                        false, false},
	{ "signed",		       true,  0,   0, 0,          NULL,                        false, false},
	{ "another version",              true,  4,   4, 5,          "dmg.trailer-malformed",     true,  false},
	{ "another size",                 true,  8,   4, 500,        "dmg.trailer-malformed",     true,  false},
	{ "data fork outside",            true,  32,  8, UINT64_MAX, "dmg.trailer-malformed",     true,  false},
	{ "property list in the trailer", true,  216, 8, 99999,      "dmg.trailer-malformed",     true,
         false												},
	{ "signature outside",            true,  296, 8, 99999,      "dmg.signature-outside",     true,  false},
	{ "signature of no length",       true,  304, 8, 0,          "dmg.signature-outside",     true,  false},
	{ "signature cut",                true,  304, 8, 16,         "macho.superblob-malformed", true,  false},
	{ "image beyond the signature",   true,  32,  8, 3200,       "dmg.uncovered",             false, true },
};

static void row_check(struct forge *f, const struct row *row)
{
	CLEANUP(arena_free) struct arena a = { .limit = ARENA_BYTES };
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct forge_apple by = { .agility = true };
	struct findings findings = FINDINGS_INIT(&a);
	struct container box = { 0 };
	struct view v;
	const char *bad;
	bool right;

	forge_dmg_make(f, row->is_signed ? &by : NULL, 9, &file);
	if (row->width)
		forge_put_be(&file, file.len - DMG_TRAILER + row->at, row->width, row->value);
	v = view_whole(buffer_span(&file));
	CHECK(format_dmg.read(&v, &findings, &box) == STATUS_OK && box.dmg, "%s: read",
	      row->name);
	right = row->rule ? finding_has(&findings, row->rule, -2) : findings.n == 0;
	CHECK(right, "%s: %s", row->name, row->rule ? row->rule : "no finding");
	CHECK(box.dmg && box.broken == row->broken && box.dmg->holes == row->holes,
	      "%s: broken %d", row->name, box.broken);
	bad = container_hold(&format_dmg, buffer_span(&file));
	CHECK(!bad, "%s: %s", row->name, bad ? bad : "holds");
}

/* No prefix of an image ends in its trailer. */
static void prefixes_check(struct forge *f)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct forge_apple by = { 0 };
	size_t mine = 0;

	forge_dmg_make(f, &by, 9, &file);
	for (size_t len = 0; len < file.len; len++) {
		CLEANUP(arena_free) struct arena a = { .limit = ARENA_BYTES };
		struct findings findings = FINDINGS_INIT(&a);
		struct view v = view_whole(span_clip(buffer_span(&file), 0, len));
		struct container box = { 0 };

		mine += format_dmg.read(&v, &findings, &box) != STATUS_NOT_MINE;
	}
	CHECK(mine == 0, "no prefix passes");
}

int main(void)
{
	struct forge *f = forge_new();

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(f, &rows[i]);
	prefixes_check(f);
	forge_free(f);
	return CHECK_DONE();
}
