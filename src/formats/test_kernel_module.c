/* SPDX-License-Identifier: MIT */
/* Kernel modules: where the signature is, what it covers, and every octet told wrong. */
#include "formats/elf/elf_format.h"
#include "formats/kernel_module/kernel_module.h"

#include "tests/check.h"
#include "tests/container_hold.h"
#include "tests/elf_builder.h"

#define PKCS7 "\x30\x0c\x06\x01\x01signature"

struct row {
	const char *name;
	/* Between module and PKCS #7; instead of one octet of the trailer; behind the text. */
	struct span between, behind;
	int at, value; /* octet of the last 40 that is changed; 0: none */
	bool signature, twice, cut_text;
	bool claimed, broken, stripped, orphan;
	const char *rule;
};

#define ROW(...)                                                                               \
	{                                                                                      \
		__VA_ARGS__                                                                    \
	}
#define NOTHING SPAN_INIT("")

static const struct row rows[] = {
	ROW("unsigned", NOTHING, NOTHING, 0, 0, false, false, false, false, false, false, false,
	    NULL),
	ROW("signed", NOTHING, NOTHING, 0, 0, true, false, false, true, false, false, false,
	    NULL),
	ROW("a gap", SPAN_INIT("gap"), NOTHING, 0, 0, true, false, false, true, false, false,
	    false, "kmod.gap"),
	ROW("signed twice", NOTHING, NOTHING, 0, 0, true, true, false, true, false, false,
	    false, "kmod.double-signature"),
	ROW("bytes behind the text", NOTHING, SPAN_INIT("x"), 0, 0, true, false, false, false,
	    false, true, true, "kmod.marker-not-at-eof"),
	ROW("the text cut off", NOTHING, NOTHING, 0, 0, true, false, true, false, false, true,
	    true, "kmod.signature-remains"),
	ROW("bytes behind a module", SPAN_INIT("bytes"), NOTHING, 0, 0, false, false, false,
	    false, false, false, false, "kmod.trailing"),
	ROW("algorithm", NOTHING, NOTHING, -12, 1, true, false, false, true, true, false, false,
	    "kmod.header"),
	ROW("hash", NOTHING, NOTHING, -11, 4, true, false, false, true, true, false, false,
	    "kmod.header"),
	ROW("OpenPGP", NOTHING, NOTHING, -10, 1, true, false, false, false, true, false, false,
	    "kmod.id-type"),
	ROW("signer's length", NOTHING, NOTHING, -9, 1, true, false, false, true, true, false,
	    false, "kmod.header"),
	ROW("key's length", NOTHING, NOTHING, -8, 1, true, false, false, true, true, false,
	    false, "kmod.header"),
	ROW("padding", NOTHING, NOTHING, -5, 1, true, false, false, true, true, false, false,
	    "kmod.header"),
	ROW("longer than the file", NOTHING, NOTHING, -4, 1, true, false, false, false, true,
	    false, false, "kmod.signature-length"),
	ROW("a length of nothing", NOTHING, NOTHING, -1, 0, true, false, false, true, false,
	    false, false, "kmod.gap"),
};

static struct arena arena = ARENA_INIT((size_t)64 << 20);

static void row_build(struct buffer *b, const struct row *r)
{
	build_module(b, "shape", SPAN_TEXT("code of a module"));
	buffer_add(b, r->between);
	if (r->signature)
		build_module_trailer(b, SPAN_LITERAL(PKCS7));
	if (r->twice)
		build_module_trailer(b, SPAN_LITERAL(PKCS7));
	if (r->at)
		b->bytes[b->len - KMOD_MARKER_BYTES - (size_t)-r->at] = (char)r->value;
	if (r->cut_text)
		buffer_cut(b, b->len - KMOD_MARKER_BYTES);
	buffer_add(b, r->behind);
}

static void row_judge(const struct row *r)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct findings findings = FINDINGS_INIT(&arena);
	struct container box = { 0 };
	const struct kernel_module *m;
	const char *bad;
	struct view v;

	row_build(&b, r);
	v = view_whole(buffer_span(&b));
	if (format_kernel_module.read(&v, &findings, &box) != STATUS_OK)
		exit(EXIT_FAILURE);
	m = box.kernel_module;
	CHECK(!!box.claims == r->claimed && box.broken == r->broken &&
		      box.stripped == r->stripped && (box.orphan.len > 0) == r->orphan &&
		      (r->rule ? findings.first && strcmp(findings.first->rule, r->rule) == 0
			       : !findings.first),
	      "%s: %s", r->name, findings.first ? findings.first->rule : "nothing found");
	CHECK(strcmp(m->name, "shape") == 0 && strcmp(m->vermagic, "6.1.0-test SMP") == 0 &&
		      (!box.claims ||
		       (m->payload.off == 0 && m->payload.len == box.claims->where.off &&
			m->payload.len + m->pkcs7.len + KMOD_TRAILER + KMOD_MARKER_BYTES ==
				b.len)),
	      "%s: covered and rest are the file", r->name);
	bad = container_hold(&format_kernel_module, buffer_span(&b));
	CHECK(!bad, "%s: holds (%s)", r->name, bad ? bad : "all of it");
}

static void prefixes(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	size_t n_bad = 0;

	row_build(&b, &rows[3]);
	for (size_t len = 0; len <= b.len; len++) {
		struct span file = span_clip(buffer_span(&b), 0, len);
		const char *bad = container_hold(&format_kernel_module, file);

		bad = bad ? bad : container_hold(&format_elf, file);
		if (bad && n_bad++ == 0)
			printf("# %zu octets: %s\n", len, bad);
	}
	CHECK(n_bad == 0, "every prefix holds");
}

/* What looks like a module, and is none, is an ELF file; and the other way round. */
static void neighbours(void)
{
	CLEANUP(buffer_free) struct buffer object = BUFFER_INIT, spoilt = BUFFER_INIT;
	struct elf_plan plan = { .sections = { { ".text", 1, 6, SPAN_TEXT("code") } } };
	struct findings findings = FINDINGS_INIT(&arena);
	struct container box = { 0 };
	struct view v;

	build_elf(&object, &plan);
	v = view_whole(buffer_span(&object));
	CHECK(format_kernel_module.sniff(buffer_span(&object)) &&
		      format_kernel_module.read(&v, &findings, &box) == STATUS_NOT_MINE &&
		      format_elf.read(&v, &findings, &box) == STATUS_OK && !box.claims &&
		      strcmp(box.variant, "ELF64 x86-64 object") == 0,
	      "an object file is no module");
	plan.without_table = true;
	build_elf(&spoilt, &plan);
	build_module_trailer(&spoilt, SPAN_LITERAL(PKCS7));
	v = view_whole(buffer_span(&spoilt));
	box = (struct container){ 0 };
	CHECK(format_kernel_module.read(&v, &findings, &box) == STATUS_OK && box.claims,
	      "what has the text at its end is one, whatever its tables say");
}

static void foreign_signatures(void)
{
	static const struct {
		const char *section;
		uint64_t flags;
		struct span bytes;
		bool told;
	} sections[] = {
		{".sha256_sig",      0, SPAN_INIT("text"), true },
		{ ".sha256_sig",     0, SPAN_INIT("\0\0"), false},
		{ ".SUNW_signature", 0, SPAN_INIT("text"), true },
		{ "signature",       0, SPAN_INIT("text"), true },
		{ "signature",       2, SPAN_INIT("text"), false},
		{ ".data",           0, SPAN_INIT("text"), false},
	};

	for (size_t i = 0; i < COUNT_OF(sections); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		struct findings findings = FINDINGS_INIT(&arena);
		struct elf_plan plan = { .type = 3 };
		struct container box = { 0 };
		struct view v;

		plan.sections[0] =
			(struct elf_section_plan){ sections[i].section, 1, sections[i].flags,
						   sections[i].bytes };
		build_elf(&b, &plan);
		v = view_whole(buffer_span(&b));
		CHECK(format_elf.read(&v, &findings, &box) == STATUS_OK &&
			      box.unsupported == sections[i].told &&
			      finding_has(&findings, "elf.foreign-signature", -1) ==
				      sections[i].told,
		      "section %s: %s", sections[i].section,
		      sections[i].told ? "told" : "nothing to tell");
	}
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_judge(&rows[i]);
	prefixes();
	neighbours();
	foreign_signatures();
	arena_free(&arena);
	return CHECK_DONE();
}
