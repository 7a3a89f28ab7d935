/* SPDX-License-Identifier: MIT */
/* Cabinets: what is covered in both readings, and every field told wrong. */
#include "formats/cab/cab.h"

#include "tests/check.h"
#include "tests/container_hold.h"

#define BLOB "\x30\x10signature of 16"

struct shape {
	const char *name;
	uint16_t flags, number;
	struct span first; /* first structure of the reserve */
	bool reserve;      /* there is one */
	bool inside;       /* the blob itself in the reserve */
	uint32_t filler;   /* last 4 bytes of the second structure */
	size_t gap, behind;
	/* What is covered, as text; "|" where a piece ends. */
	bool has_other;
	const char *rule;
};

/* clang-format off */
static const struct shape shapes[] = {
	{ "plain", 0, 0, { NULL, 0 }, false, false, 0, 0, 0, false, NULL },
	{ "signed", 0, 0, { NULL, 0 }, true, false, 0, 0, 0, false, NULL },
	{ "signed, the third of its set", CAB_PREVIOUS, 2, { NULL, 0 }, true, false, 0, 0, 0, true, NULL },
	{ "signed, between two others", CAB_PREVIOUS | CAB_NEXT, 0, { NULL, 0 }, true, false, 0, 0, 0,
	  false, NULL },
	{ "signed, with filler", 0, 0, { NULL, 0 }, true, false, 7, 0, 0, true, NULL },
	{ "signed, with a first structure", 0, 0, SPAN_INIT("first"), true, false, 0, 0, 0, false, NULL },
	{ "signed in the reserve", 0, 0, { NULL, 0 }, true, true, 0, 0, 0, false, NULL },
	{ "a gap before the signature", 0, 0, { NULL, 0 }, true, false, 0, 5, 0, true, "cab.trailing" },
	{ "bytes behind the signature", 0, 0, { NULL, 0 }, true, false, 0, 0, 32, false, "cab.trailing" },
	{ "bytes behind a signature in the reserve", 0, 0, { NULL, 0 }, true, true, 0, 0, 9, false,
	  "cab.trailing" },
};
/* clang-format on */

struct built {
	struct buffer bytes;
	size_t names, folders, files, data, signature, size;
};

static void u32_patch(struct buffer *b, size_t at, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		b->bytes[at + i] = (char)(value >> (8 * i));
}

static void head_add(struct built *b, const struct shape *s)
{
	struct buffer *out = &b->bytes;

	buffer_text(out, "MSCF");
	buffer_u32le(out, 0x11111111); /* csumHeader */
	buffer_u32le(out, 0);
	buffer_u32le(out, 0);
	buffer_u32le(out, 0);
	buffer_u32le(out, 0);
	buffer_char(out, 3);
	buffer_char(out, 1);
	buffer_u16le(out, 1);
	buffer_u16le(out, 1);
	buffer_u16le(out, (uint16_t)(s->flags | (s->reserve ? CAB_RESERVE : 0)));
	buffer_u16le(out, 0x2222);
	buffer_u16le(out, s->number);
}

static void reserve_add(struct built *b, const struct shape *s)
{
	size_t second = s->inside ? sizeof(BLOB) : 16;
	struct buffer *out = &b->bytes;

	buffer_u16le(out, (uint16_t)(4 + s->first.len + second));
	buffer_u16le(out, 0);
	buffer_u16le(out, (uint16_t)s->first.len);
	buffer_u16le(out, (uint16_t)second);
	buffer_add(out, s->first);
	b->signature = out->len;
	if (s->inside) {
		buffer_add(out, SPAN_LITERAL(BLOB "\0"));
		return;
	}
	buffer_u32le(out, 0);
	buffer_u32le(out, sizeof(BLOB));
	buffer_u32le(out, 0);
	buffer_u32le(out, s->filler);
}

static void cabinet_make(struct built *b, const struct shape *s)
{
	struct buffer *out = &b->bytes;
	size_t pointer;

	*b = (struct built){ .bytes = BUFFER_INIT };
	head_add(b, s);
	if (s->reserve)
		reserve_add(b, s);
	pointer = b->signature;
	b->names = out->len;
	if (s->flags & CAB_PREVIOUS)
		buffer_add(out, SPAN_LITERAL("a.cab\0disk\0"));
	if (s->flags & CAB_NEXT)
		buffer_add(out, SPAN_LITERAL("c.cab\0disk\0"));
	b->folders = out->len;
	buffer_u32le(out, 0);
	buffer_u16le(out, 1);
	buffer_u16le(out, 0);
	b->files = out->len;
	buffer_u32le(out, 5);
	buffer_u32le(out, 0);
	buffer_u16le(out, 0);
	buffer_u16le(out, 0);
	buffer_u16le(out, 0);
	buffer_u16le(out, 0x20);
	buffer_add(out, SPAN_LITERAL("f.txt\0"));
	b->data = out->len;
	buffer_u32le(out, 0);
	buffer_u16le(out, 5);
	buffer_u16le(out, 5);
	buffer_text(out, "hello");
	b->size = out->len;
	for (size_t i = 0; i < s->gap; i++)
		buffer_char(out, 'g');
	if (s->reserve && !s->inside) {
		b->signature = out->len;
		u32_patch(out, pointer, (uint32_t)out->len);
		buffer_add(out, SPAN_LITERAL(BLOB "\0"));
	}
	for (size_t i = 0; i < s->behind; i++)
		buffer_char(out, 'b');
	u32_patch(out, 8, (uint32_t)b->size);
	u32_patch(out, 16, (uint32_t)b->files);
	u32_patch(out, b->folders, (uint32_t)b->data);
}

static void pieces_join(struct buffer *out, const struct coverage *c, struct span file)
{
	for (size_t i = 0; i < c->n; i++)
		buffer_add(out,
			   span_clip(file, c->pieces[i].range.off, c->pieces[i].range.len));
}

/* The same by hand: jsign's reading, and osslsigncode's. */
static void expect_join(struct buffer *out, const struct built *b, const struct shape *s,
			bool other)
{
	struct span file = buffer_span(&b->bytes);

	buffer_add(out, span_clip(file, 0, 4));
	if (other) {
		buffer_add(out, span_clip(file, 8, 26));
		buffer_add(out, span_clip(file, 56, 4));
		buffer_add(out, span_clip(file, b->names, b->size + s->gap - b->names));
		return;
	}
	buffer_add(out, span_clip(file, 8, 28));
	buffer_add(out, span_clip(file, 40, 2));
	buffer_add(out, s->first);
	buffer_add(out, span_clip(file, b->names, b->size - b->names));
}

static bool covers(const struct coverage *c, const struct built *b, const struct shape *s,
		   bool other)
{
	CLEANUP(buffer_free) struct buffer is = BUFFER_INIT, want = BUFFER_INIT;

	pieces_join(&is, c, buffer_span(&b->bytes));
	expect_join(&want, b, s, other);
	return span_equal(buffer_span(&is), buffer_span(&want));
}

static void shape_check(const struct shape *s)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	struct container box = { 0 };
	struct built b;
	struct view v;
	const char *bad;

	cabinet_make(&b, s);
	v = view_whole(buffer_span(&b.bytes));
	CHECK(format_cab.read(&v, &findings, &box) == STATUS_OK && !box.broken &&
		      (box.claims != NULL) == s->reserve,
	      "read: %s", s->name);
	if (box.claims) {
		CHECK(covers(box.claims->covered, &b, s, false), "covers: %s", s->name);
		CHECK((box.cab->other.n > 0) == s->has_other &&
			      (!s->has_other || covers(&box.cab->other, &b, s, true)),
		      "covers in the other reading: %s", s->name);
		CHECK(span_starts(box.claims->signature, BLOB, sizeof(BLOB) - 1) &&
			      box.claims->signature_off == b.signature,
		      "signature: %s", s->name);
		CHECK((box.claims->uncovered.len > 0) == (s->gap + s->behind > 0),
		      "uncovered: %s", s->name);
	}
	CHECK(s->rule ? finding_has(&findings, s->rule, -1) : findings.n == 0, "findings: %s",
	      s->name);
	bad = container_hold(&format_cab, buffer_span(&b.bytes));
	CHECK(!bad, "holds: %s: %s", s->name, bad ? bad : "yes");
	buffer_free(&b.bytes);
}

enum place { AT_HEAD, AT_FOLDER, AT_FILE };

/* clang-format off */
static const struct {
	const char *name;
	enum place place;
	size_t off, width;
	uint64_t value;
	const char *rule;
} forgeries[] = {
	{ "no folders", AT_HEAD, 26, 2, 0, "cab.header" },
	{ "65535 folders", AT_HEAD, 26, 2, 0xffff, "cab.folders" },
	{ "no files", AT_HEAD, 28, 2, 0, "cab.header" },
	{ "65535 files", AT_HEAD, 28, 2, 0xffff, "cab.files" },
	{ "version 2.0", AT_HEAD, 24, 2, 0x200, "cab.header" },
	{ "a size of 2^32 - 1", AT_HEAD, 8, 4, UINT32_MAX, "cab.header" },
	{ "a size of 0", AT_HEAD, 8, 4, 0, "cab.header" },
	{ "files outside", AT_HEAD, 16, 4, 0xffffff, "cab.header" },
	{ "files in the header", AT_HEAD, 16, 4, 0, "cab.folders" },
	{ "a reserve longer than the file", AT_HEAD, 36, 2, 0xffff, "cab.header" },
	{ "a reserve of the folders longer than the file", AT_HEAD, 38, 1, 0xff, "cab.folders" },
	{ "a signature outside", AT_HEAD, 44, 4, 0xffffff, "cab.signature-outside" },
	{ "a signature that wraps", AT_HEAD, 44, 8, UINT64_MAX, "cab.signature-outside" },
	{ "a signature in the cabinet", AT_HEAD, 44, 4, 60, "cab.signature-outside" },
	{ "another reserve", AT_HEAD, 40, 2, 0xff, "cab.reserve" },
	{ "data outside", AT_FOLDER, 0, 4, 0xffffff, "cab.folders" },
	{ "a file of another folder", AT_FILE, 8, 2, 1, "cab.files" },
	{ "a file of the cabinet before, which there is not", AT_FILE, 8, 2, 0xfffd, "cab.files" },
	{ "a file without a name", AT_FILE, 16, 1, 0, "cab.files" },
};
/* clang-format on */

static void test_forgeries(void)
{
	for (size_t i = 0; i < COUNT_OF(forgeries); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct container box = { 0 };
		struct built b;
		struct view v;
		const char *bad;
		size_t at;

		cabinet_make(&b, &shapes[1]);
		at = forgeries[i].off + (forgeries[i].place == AT_FOLDER ? b.folders
					 : forgeries[i].place == AT_FILE ? b.files
									 : 0);
		for (size_t k = 0; k < forgeries[i].width; k++)
			b.bytes.bytes[at + k] = (char)(forgeries[i].value >> (8 * k));
		v = view_whole(buffer_span(&b.bytes));
		CHECK(format_cab.read(&v, &findings, &box) == STATUS_OK && !box.claims &&
			      box.broken == (strcmp(forgeries[i].rule, "cab.reserve") != 0) &&
			      finding_has(&findings, forgeries[i].rule, -1),
		      "forged: %s: %s", forgeries[i].name,
		      findings.first ? findings.first->rule : "nothing found");
		bad = container_hold(&format_cab, buffer_span(&b.bytes));
		CHECK(!bad, "holds: %s: %s", forgeries[i].name, bad ? bad : "yes");
		buffer_free(&b.bytes);
	}
}

static void test_prefixes(void)
{
	struct built b;
	size_t n_good = 0, n_bad = 0;

	cabinet_make(&b, &shapes[1]);
	for (size_t len = 0; len < b.bytes.len; len++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct span prefix = span_clip(buffer_span(&b.bytes), 0, len);
		struct findings findings = FINDINGS_INIT(&a);
		struct container box = { 0 };
		struct view v = view_whole(prefix);

		n_good += format_cab.read(&v, &findings, &box) == STATUS_OK && !box.broken;
		n_bad += container_hold(&format_cab, prefix) != NULL;
	}
	CHECK(n_good == 0 && n_bad == 0, "every prefix is broken: %zu, %zu", n_good, n_bad);
	buffer_free(&b.bytes);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(shapes); i++)
		shape_check(&shapes[i]);
	test_forgeries();
	test_prefixes();
	return CHECK_DONE();
}
