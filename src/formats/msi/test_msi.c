/* SPDX-License-Identifier: MIT */
/* Installer packages: what is covered and in which order, what hides beside it. */
#include "formats/msi/msi.h"

#include "tests/cfb_builder.h"
#include "tests/check.h"
#include "tests/container_hold.h"

#define MSI_CLSID SPAN_LITERAL("\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46")
#define SIGNATURE "\5DigitalSignature"
#define EXTENDED  "\5MsiDigitalSignatureEx"
#define BYTES(s)  SPAN_INIT(s)
#define NONE                                                                                   \
	{                                                                                      \
		NULL, 0                                                                        \
	}
#define CLSID_7 "\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7"
#define STAMPS  "\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2"

struct row {
	const char *name;
	struct cfb_item items[6];
	const char *covers; /* all of it, but the CLSID of the root at its end */
	const char *rule;   /* that is found; NULL: none */
	bool signed_, stripped, broken;
};

/* clang-format off */
static const struct row rows[] = {
	{ "one stream", { { "a", -1, false, BYTES("A"), 0, 0 }, { SIGNATURE, -1, false, BYTES("S"), 0, 0 } },
	  "A", NULL, true, false, false },
	{ "by the bytes of names, not by length", { { "b", -1, false, BYTES("B"), 0, 0 },
	  { "aaa", -1, false, BYTES("A"), 0, 0 }, { "aa", -1, false, BYTES("a"), 0, 0 },
	  { SIGNATURE, -1, false, BYTES("S"), 0, 0 } }, "aAB", NULL, true, false, false },
	{ "capitals first", { { "b", -1, false, BYTES("B"), 0, 0 }, { "C", -1, false, BYTES("C"), 0, 0 },
	  { SIGNATURE, -1, false, BYTES("S"), 0, 0 } }, "CB", NULL, true, false, false },
	{ "a storage with its CLSID behind it", { { "a", -1, true, NONE, 7, 0 },
	  { "x", 0, false, BYTES("X"), 0, 0 }, { "b", -1, false, BYTES("B"), 0, 0 },
	  { SIGNATURE, -1, false, BYTES("S"), 0, 0 } }, "X" CLSID_7 "B", NULL, true, false, false },
	{ "the extended digest comes first", { { "\1", -1, false, BYTES("A"), 0, 0 },
	  { EXTENDED, -1, false, BYTES("E"), 0, 0 }, { SIGNATURE, -1, false, BYTES("S"), 0, 0 } },
	  "EA", NULL, true, false, false },
	{ "the name in a storage is covered", { { "a", -1, true, NONE, 7, 0 },
	  { SIGNATURE, 0, false, BYTES("X"), 0, 0 }, { SIGNATURE, -1, false, BYTES("S"), 0, 0 } },
	  "X" CLSID_7, "msi.signature-name", true, false, false },
	{ "a name that begins like it is covered", { { "\5D", -1, false, BYTES("X"), 0, 0 },
	  { SIGNATURE, -1, false, BYTES("S"), 0, 0 } }, "X", "msi.signature-name", true, false, false },
	{ "a name in capitals is covered", { { "\5DIGITALSIGNATURF", -1, false, BYTES("X"), 0, 0 },
	  { SIGNATURE, -1, false, BYTES("S"), 0, 0 } }, "X", NULL, true, false, false },
	{ "a storage of that name", { { SIGNATURE, -1, true, NONE, 7, 0 },
	  { "x", 0, false, BYTES("X"), 0, 0 } }, NULL, NULL, false, false, false },
	{ "a storage of the extended name", { { EXTENDED, -1, true, NONE, 7, 0 },
	  { "x", 0, false, BYTES("X"), 0, 0 }, { SIGNATURE, -1, false, BYTES("S"), 0, 0 } },
	  "X" CLSID_7, "msi.signature-name", true, false, false },
	{ "no signature", { { "a", -1, false, BYTES("A"), 0, 0 } }, NULL, NULL, false, false, false },
	{ "only the extended digest is left", { { EXTENDED, -1, false, BYTES("E"), 0, 0 } }, NULL,
	  NULL, false, true, false },
	{ "two of that name", { { SIGNATURE, -1, false, BYTES("S"), 0, 0 },
	  { SIGNATURE, -1, false, BYTES("T"), 0, 0 } }, NULL, "cfb.duplicate-name", false, false, true },
};
/* clang-format on */

static size_t items_of(const struct row *row)
{
	size_t n = 0;

	while (n < COUNT_OF(row->items) && row->items[n].name)
		n++;
	return n;
}

/* What the pieces stand for, one after the other. */
static void pieces_join(struct buffer *out, const struct coverage *c, struct span file)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct piece *p = &c->pieces[i];

		buffer_add(out, p->kind == PIECE_LITERAL
					? p->literal
					: span_clip(file, p->range.off, p->range.len));
	}
}

static void covers_check(const struct row *row, const struct container *box, struct span file)
{
	CLEANUP(buffer_free) struct buffer is = BUFFER_INIT, want = BUFFER_INIT;

	if (!box->claims)
		return;
	pieces_join(&is, box->claims->covered, file);
	buffer_text(&want, row->covers);
	buffer_add(&want, MSI_CLSID);
	CHECK(span_equal(buffer_span(&is), buffer_span(&want)), "covers: %s", row->name);
	CHECK(span_equal(box->claims->signature, SPAN_LITERAL("S")), "signature: %s",
	      row->name);
}

static void row_check(const struct row *row, enum cfb_build_order order)
{
	struct cfb_plan plan = {
		.items = row->items, .n = items_of(row), .order = order, .root_clsid = MSI_CLSID
	};
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(4 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	struct container box = { 0 };
	struct cfb_built built;
	struct view v;
	const char *bad;

	if (!cfb_build(&file, &plan, &built))
		abort();
	v = view_whole(buffer_span(&file));
	CHECK(format_msi.read(&v, &findings, &box) == STATUS_OK &&
		      (box.claims != NULL) == row->signed_ && box.stripped == row->stripped &&
		      box.broken == row->broken &&
		      (row->rule ? finding_has(&findings, row->rule, -1) : findings.n == 0),
	      "read: %s", row->name);
	covers_check(row, &box, buffer_span(&file));
	bad = container_hold(&format_msi, buffer_span(&file));
	CHECK(!bad, "holds: %s: %s", row->name, bad ? bad : "yes");
}

/* Names, sizes or CLSIDs, states, times: root first, then as the contents are ordered. */
static void test_metadata(void)
{
	static const struct cfb_item items[] = {
		{"b",        -1, false, BYTES("BBB"), 0, 2},
		{ "a",       -1, true,  NONE,         7, 2},
		{ "x",       1,  false, BYTES("X"),   0, 2},
		{ EXTENDED,  -1, false, BYTES("E"),   0, 2},
		{ SIGNATURE, -1, false, BYTES("S"),   0, 2},
	};
	struct cfb_plan plan = { .items = items, .n = 5, .root_clsid = MSI_CLSID };
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT, want = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(4 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	struct container box = { 0 };
	struct cfb_built built;
	struct view v;

	if (!cfb_build(&file, &plan, &built))
		abort();
	v = view_whole(buffer_span(&file));
	if (format_msi.read(&v, &findings, &box) != STATUS_OK || !box.msi)
		abort();
	buffer_add(&want, MSI_CLSID);
	buffer_add(&want, SPAN_LITERAL("\0\0\0\0"));
	buffer_add(&want, SPAN_LITERAL("a\0" CLSID_7 "\0\0\0\0" STAMPS));
	buffer_add(&want, SPAN_LITERAL("x\0\1\0\0\0\0\0\0\0" STAMPS));
	buffer_add(&want, SPAN_LITERAL("b\0\3\0\0\0\0\0\0\0" STAMPS));
	CHECK(box.msi->metadata.n == 1 &&
		      span_equal(box.msi->metadata.pieces[0].literal, buffer_span(&want)),
	      "metadata: root, then each entry in order");
	CHECK(box.msi->has_extended && span_equal(box.msi->extended, SPAN_LITERAL("E")),
	      "metadata: the stored digest");
	CHECK(box.msi->n_streams == 2 && strcmp(box.msi->streams[0].name, "x") == 0,
	      "streams: named in order");
}

static void test_trailing(void)
{
	static const struct {
		const char *name, *more;
		bool polyglot;
	} more[] = {
		{"spaces",            "      ",                         false},
		{ "a JAR (GlueBall)", "PK\3\4 class PK\1\2 PK\5\6 end", true },
	};
	static const struct cfb_item items[] = {
		{"a",        -1, false, BYTES("A"), 0, 0},
		{ SIGNATURE, -1, false, BYTES("S"), 0, 0},
	};

	for (size_t i = 0; i < COUNT_OF(more); i++) {
		struct cfb_plan plan = { .items = items, .n = 2, .root_clsid = MSI_CLSID };
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(4 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct container box = { 0 };
		struct cfb_built built;
		struct view v;
		size_t end;

		if (!cfb_build(&file, &plan, &built))
			abort();
		end = file.len;
		buffer_text(&file, more[i].more);
		v = view_whole(buffer_span(&file));
		CHECK(format_msi.read(&v, &findings, &box) == STATUS_OK && box.claims &&
			      box.claims->uncovered.off == end &&
			      box.claims->uncovered.len == strlen(more[i].more) &&
			      finding_has(&findings, "msi.trailing", -1),
		      "trailing: %s", more[i].name);
		CHECK(finding_has(&findings, "file.polyglot", -1) == more[i].polyglot,
		      "trailing: %s: another program", more[i].name);
	}
}

/* Free sectors at the end, filled: the allocation table knows of them, no stream does. */
static void test_free(void)
{
	static uint8_t big[5000];
	static const struct cfb_item items[] = {
		{"a",        -1, false, { big, sizeof(big) }, 0, 0},
		{ SIGNATURE, -1, false, BYTES("S"),           0, 0},
	};
	struct cfb_plan plan = { .items = items, .n = 2, .root_clsid = MSI_CLSID, .spare = 8 };

	for (int order = 0; order < 2; order++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(4 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct container box = { 0 };
		struct cfb_built built;
		struct view v;

		plan.order = order ? CFB_BUILD_REVERSED : CFB_BUILD_ORDERED;
		if (!cfb_build(&file, &plan, &built))
			abort();
		v = view_whole(buffer_span(&file));
		CHECK(format_msi.read(&v, &findings, &box) == STATUS_OK && box.msi &&
			      box.msi->free.n == 1 &&
			      box.msi->free.pieces[0].range.len == 8 * 512 &&
			      box.msi->zeros.pieces[0].range.len == 8 * 512,
		      "free sectors, order %d", order);
	}
}

static void test_names(void)
{
	static const struct {
		struct span utf16;
		const char *expect;
	} names[] = {
		{BYTES("\x05\0S\0u\0m\0"),                                           "\\x05Sum"    },
		{ BYTES("\x40\x48\xff\x3f\xe4\x43\xec\x41\xe4\x45\xac\x44\x31\x48"),
                 "!_Validation"								    },
		{ BYTES("a\0\x2e\x20"),					      "a\\u{202e}"  },
		{ BYTES("\0\xd8"),						   "\xef\xbf\xbd"},
		{ BYTES(""),							 ""            },
	};
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *name = "";

		CHECK(msi_name_read(&a, names[i].utf16, &name) == STATUS_OK &&
			      strcmp(name, names[i].expect) == 0,
		      "name: %s: %s", names[i].expect, name);
	}
}

/* Documents are compound files too, and none of our business. */
static void test_others(void)
{
	static const struct cfb_item items[] = {
		{"WordDocument", -1, false, BYTES("A"), 0, 0},
	};
	struct cfb_plan plan = { .items = items, .n = 1 };
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(4 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	struct container box = { 0 };
	struct cfb_built built;
	struct view v;

	if (!cfb_build(&file, &plan, &built))
		abort();
	v = view_whole(buffer_span(&file));
	CHECK(format_msi.read(&v, &findings, &box) == STATUS_NOT_MINE, "a document");
}

static void test_prefixes(void)
{
	static const struct cfb_item items[] = {
		{"a",        -1, false, BYTES("A"), 0, 0},
		{ SIGNATURE, -1, false, BYTES("S"), 0, 0},
	};
	struct cfb_plan plan = { .items = items, .n = 2, .root_clsid = MSI_CLSID };
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct cfb_built built;
	size_t n_claims = 0, n_bad = 0;

	if (!cfb_build(&file, &plan, &built))
		abort();
	for (size_t len = 0; len < file.len; len++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(4 << 20);
		struct span prefix = span_clip(buffer_span(&file), 0, len);
		struct findings findings = FINDINGS_INIT(&a);
		struct container box = { 0 };
		struct view v = view_whole(prefix);

		if (format_msi.read(&v, &findings, &box) == STATUS_OK)
			n_claims += box.claims != NULL;
		n_bad += container_hold(&format_msi, prefix) != NULL;
	}
	CHECK(n_claims == 0 && n_bad == 0, "no prefix claims anything: %zu, %zu", n_claims,
	      n_bad);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		row_check(&rows[i], CFB_BUILD_ORDERED);
		row_check(&rows[i], CFB_BUILD_WOVEN);
	}
	test_metadata();
	test_trailing();
	test_free();
	test_names();
	test_others();
	test_prefixes();
	return CHECK_DONE();
}
