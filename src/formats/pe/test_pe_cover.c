/* SPDX-License-Identifier: MIT */
/* What digests cover: against random layouts, and against the tables of real files. */
#include "formats/pe/test_hold.h"
#include "formats/pe/test_sample.h"
#include "tests/check.h"
#include "tests/corpus.h"
#include <openssl/evp.h>

#define LAYOUTS 4000

/* A small generator of numbers, always the same ones. */
static uint32_t next(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

static uint32_t below(uint64_t *state, uint32_t limit)
{
	return next(state) % limit;
}

/* A value that is often plausible, sometimes at an edge, seldom wild. */
static uint64_t any_value(uint64_t *state, size_t len)
{
	switch (below(state, 5)) {
	case 0: return below(state, (uint32_t)len + 16);
	case 1: return below(state, (uint32_t)len + 16) & ~7U;
	case 2: return below(state, 0x40);
	case 3: return len - below(state, 0x100);
	default: return below(state, 4) ? next(state) : UINT32_MAX - below(state, 16);
	}
}

/* Fields whose values decide about layout. */
static const struct sample_patch fields[] = {
	{AT_DIRECTORY,  0,            4, 0},
	{ AT_DIRECTORY, 4,            4, 0},
	{ AT_OPTIONAL,  60,           4, 0},
	{ AT_SECTIONS,  16,           4, 0},
	{ AT_SECTIONS,  20,           4, 0},
	{ AT_SECTIONS,  40 + 16,      4, 0},
	{ AT_SECTIONS,  40 + 20,      4, 0},
	{ AT_TABLE,     0,            4, 0},
	{ AT_TABLE,     4,            4, 0},
	{ AT_TABLE,     SAMPLE_ENTRY, 4, 0},
	{ AT_COUNT,     0,            4, 0},
	{ AT_PE,        20,           2, 0},
	{ AT_PE,        6,            2, 0},
	{ AT_FILE,      0x3c,         4, 0},
};

static void layout_make(struct sample *s, uint64_t *state)
{
	struct sample_shape shape = {
		.e_lfanew = below(state, 8) ? 0x80 : 4 + below(state, 0x200),
		.plus = below(state, 2),
		.n_entries = below(state, 4),
		.overlay = below(state, 3) ? 0 : below(state, 0x300),
		.subsystem = below(state, 4) ? 3 : 10,
	};

	sample_make(s, &shape);
	for (uint32_t n = below(state, 4); n > 0; n--) {
		struct sample_patch p = fields[below(state, COUNT_OF(fields))];

		p.value = any_value(state, s->len);
		sample_apply(s, &p, 1);
	}
	s->len += below(state, 3) ? 0 : below(state, 0x100);
}

/* Covered and holes are the file, pieces give what the whole gives, and so on. */
static void test_layouts(void)
{
	static struct sample f;
	uint64_t state = 20080321;
	size_t bad = 0, claimed = 0;

	for (size_t i = 0; i < LAYOUTS; i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct container box = { 0 };
		const char *what;
		struct view v;

		layout_make(&f, &state);
		what = pe_hold(sample_span(&f));
		bad += what != NULL;
		if (what)
			printf("# layout %zu: %s\n", i, what);
		v = view_whole(sample_span(&f));
		claimed += format_pe.read(&v, &findings, &box) == STATUS_OK && box.claims;
	}
	CHECK(bad == 0, "%u random layouts keep every promise", LAYOUTS);
	CHECK(claimed > LAYOUTS / 10 && claimed < LAYOUTS, "%zu of them claim to be signed",
	      claimed);
}

/* The three holes of a file whose numbers are known. */
static void test_flat(void)
{
	static const struct sample_shape shape = {
		.e_lfanew = 0x80, .plus = true, .n_entries = 1, .overlay = 0x100
	};
	static const struct range want[] = {
		{0,      0xd8 },
                { 0xdc,  0x4c },
                { 0x130, 0x7d0},
                { 0x960, 0x10 }
	};
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	struct container box = { 0 };
	static struct sample f;
	struct coverage by_section;
	const struct coverage *c;
	struct view v;

	sample_make(&f, &shape);
	f.len += 0x10;
	v = view_whole(sample_span(&f));
	CHECK(format_pe.read(&v, &findings, &box) == STATUS_OK && box.claims, "is read");
	c = box.claims->covered;
	CHECK(c->n == COUNT_OF(want), "four ranges are covered");
	for (size_t i = 0; i < COUNT_OF(want) && i < c->n; i++)
		CHECK(c->pieces[i].range.off == want[i].off &&
			      c->pieces[i].range.len == want[i].len,
		      "range %zu", i);
	CHECK(pe_cover_by_section(&a, box.pe, &by_section) == STATUS_OK &&
		      coverage_equal(c, &by_section),
	      "by sections the same is covered");
}

static const struct {
	const char *name;
	struct sample_patch patch;
	enum status pages, by_section;
	bool equal;
} disorder[] = {
	{"sections in order",                 { AT_FILE, 0, 0, 0 },          STATUS_OK, STATUS_OK,          true },
	{ "a gap between sections",
         { AT_SECTIONS, 16, 4, 0x1f0 },
         STATUS_OK,								     STATUS_OK,
         false												   },
	{ "sections overlap",                 { AT_SECTIONS, 16, 4, 0x210 }, STATUS_OK, STATUS_OK,          false},
	{ "a section past the end",
         { AT_SECTIONS, 16, 4, 0x10000 },
         STATUS_UNSUPPORTED,							    STATUS_UNSUPPORTED,
         false												   },
	{ "headers past the end",
         { AT_OPTIONAL, 60, 4, 0x10000 },
         STATUS_UNSUPPORTED,							    STATUS_UNSUPPORTED,
         false												   },
	{ "headers end before the directory",
         { AT_OPTIONAL, 60, 4, 0x100 },
         STATUS_UNSUPPORTED,							    STATUS_UNSUPPORTED,
         false												   },
	{ "more sections than are read",
         { AT_PE, 6, 2, 97 },
         STATUS_UNSUPPORTED,							    STATUS_UNSUPPORTED,
         false												   },
};

static void test_disorder(void)
{
	static const struct sample_shape shape = { .e_lfanew = 0x80, .plus = true };
	static struct sample f;

	for (size_t i = 0; i < COUNT_OF(disorder); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct container box = { 0 };
		struct coverage flat, other = { 0 };
		struct pe_page *pages;
		struct view v;
		size_t n;

		sample_make(&f, &shape);
		sample_apply(&f, &disorder[i].patch, 1);
		v = view_whole(sample_span(&f));
		CHECK(format_pe.read(&v, &findings, &box) == STATUS_OK && box.pe &&
			      pe_cover_flat(&a, box.pe, &flat) == STATUS_OK,
		      "%s: is read", disorder[i].name);
		CHECK(pe_pages(&a, box.pe, PE_PAGE, &pages, &n) == disorder[i].pages,
		      "%s: pages", disorder[i].name);
		CHECK(pe_cover_by_section(&a, box.pe, &other) == disorder[i].by_section &&
			      coverage_equal(&flat, &other) == disorder[i].equal,
		      "%s: by section", disorder[i].name);
	}
}

/* 96 sections that are the whole file each: refused, not hashed 96 times. */
static void test_bomb(void)
{
	static struct pe_section sections[PE_MAX_SECTIONS];
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct pe_image pe = {
		.file_size = 0x100000,
		.checksum_off = 0xd8,
		.directory_off = 0x128,
		.has_directory = true,
		.size_of_headers = 0x400,
		.sections = sections,
		.n_sections = PE_MAX_SECTIONS,
		.number_of_sections = PE_MAX_SECTIONS,
	};
	struct coverage c;
	struct pe_page *pages;
	size_t n;

	for (size_t i = 0; i < PE_MAX_SECTIONS; i++)
		sections[i] = (struct pe_section){ .pointer_to_raw_data = 0x400,
						   .size_of_raw_data = 0x100000 - 0x400 };
	CHECK(pe_pages(&a, &pe, PE_PAGE, &pages, &n) == STATUS_LIMIT, "pages: a limit");
	CHECK(pe_cover_by_section(&a, &pe, &c) == STATUS_UNSUPPORTED, "by section: refused");
	pe.n_sections = pe.number_of_sections = 1;
	CHECK(pe_pages(&a, &pe, 0, &pages, &n) == STATUS_UNSUPPORTED, "no page size");
	CHECK(pe_pages(&a, &pe, 1, &pages, &n) == STATUS_LIMIT, "a memory limit");
	pe.file_size = (PE_MAX_PAGE_ENTRIES + 1) * PE_PAGE;
	sections[0].size_of_raw_data = PE_MAX_PAGE_ENTRIES * PE_PAGE;
	CHECK(pe_pages(&a, &pe, PE_PAGE, &pages, &n) == STATUS_LIMIT, "too many pages");
}

/* The digest of @c over @file, by libcrypto alone. */
static size_t hash(struct span file, const struct coverage *c, const EVP_MD *md,
		   uint8_t out[EVP_MAX_MD_SIZE])
{
	static const uint8_t zeros[PE_PAGE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned len = 0;

	if (!ctx || !EVP_DigestInit_ex(ctx, md, NULL))
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < c->n; i++) {
		const struct piece *p = &c->pieces[i];
		struct span part = { zeros, (size_t)p->range.len };

		if (p->kind == PIECE_RANGE)
			part = span_clip(file, p->range.off, p->range.len);
		if (!EVP_DigestUpdate(ctx, part.ptr, part.len))
			exit(EXIT_FAILURE);
	}
	if (!EVP_DigestFinal_ex(ctx, out, &len))
		exit(EXIT_FAILURE);
	EVP_MD_CTX_free(ctx);
	return len;
}

/* SpcSerializedObject: class id of page hashes; then the attribute type's last octets. */
static const uint8_t page_class[] = { 0xa6, 0xb5, 0x86, 0xd5, 0xb4, 0xa1, 0x24, 0x66,
				      0xae, 0x05, 0xa2, 0x17, 0xda, 0x8e, 0x60, 0xd6 };
static const uint8_t page_type[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x03 };

/* Header of a DER element: its length, at most two octets of it. */
static size_t der_length(struct cursor *c)
{
	size_t len;

	cursor_skip(c, 1);
	len = cursor_u8(c);
	if (len == 0x81)
		len = (size_t)cursor_be(c, 1);
	else if (len == 0x82)
		len = (size_t)cursor_be(c, 2);
	return len;
}

/* The page hash table of @file, and its algorithm. */
static struct span table_find(struct span file, const EVP_MD **md)
{
	struct cursor c;
	uint64_t at;

	if (!span_find(file, SPAN_OF(page_class), 0, &at) ||
	    !span_find(file, SPAN_OF(page_type), at, &at))
		return SPAN_NONE;
	c = cursor_at(file, at + sizeof(page_type));
	*md = cursor_u8(&c) == 2 ? EVP_sha256() : EVP_sha1();
	(void)der_length(&c); /* SET */
	return cursor_take(&c, der_length(&c));
}

static void test_page_table(const char *name, struct span file)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(4 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	struct container box = { 0 };
	struct view v = view_whole(file);
	struct pe_page *pages = NULL;
	const EVP_MD *md = NULL;
	size_t n = 0, good = 0;
	struct cursor c;

	CHECK(format_pe.read(&v, &findings, &box) == STATUS_OK && box.pe &&
		      pe_pages(&a, box.pe, PE_PAGE, &pages, &n) == STATUS_OK && n > 1,
	      "%s has pages", name);
	c = cursor_at(table_find(file, &md), 0);
	for (size_t i = 0; i < n && md; i++) {
		uint8_t digest[EVP_MAX_MD_SIZE];
		size_t len = hash(file, &pages[i].covered, md, digest);
		uint64_t off = cursor_u32le(&c);
		struct span listed = cursor_take(&c, len);

		good += cursor_ok(&c) && off == pages[i].off &&
			span_equal(listed, (struct span){ digest, len });
	}
	CHECK(n > 1 && good == n, "%s: %zu of %zu page hashes are the listed ones", name, good,
	      n);
	cursor_skip(&c, 4);
	CHECK(md && cursor_left(&c) == (size_t)EVP_MD_get_size(md) &&
		      span_is_zero(cursor_rest(&c)),
	      "%s: then comes the closing entry", name);
}

/* Files, and how the image digest stands in them: found by its bytes. */
static const struct {
	const char *path;
	bool pages, sha1;
} real[] = {
	{"generated/pe/pe-ph.exe",					  true,  false},
	{ "generated/pe/pe-ph-sha1.exe",                                    true,  true },
	{ "generated/pe/pe-sha256.exe",                                     false, false},
	{ "generated/pe/overlay-signed.exe",                                false, false},
	{ "generated/pe/dotnet.exe",					false, false},
	{ "generated/efi/efi.efi",					  false, false},
	{ "trailofbits+uthenticode/test/assets/32/pegoat-authenticode.exe", false, true },
	{ "saferwall+pe/test/putty.exe",                                    false, false},
};

static void test_real(void)
{
	for (size_t i = 0; i < COUNT_OF(real); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(4 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		uint8_t digest[EVP_MAX_MD_SIZE];
		struct container box = { 0 };
		struct span file;
		struct view v;
		uint64_t at;
		size_t len;

		file.ptr = corpus_load(real[i].path, &file.len);
		if (!file.ptr)
			continue;
		v = view_whole(file);
		CHECK(format_pe.read(&v, &findings, &box) == STATUS_OK && box.claims,
		      "%s is signed", real[i].path);
		len = hash(file, box.claims->covered, real[i].sha1 ? EVP_sha1() : EVP_sha256(),
			   digest);
		CHECK(span_find(box.claims->signature, (struct span){ digest, len }, 0, &at),
		      "%s: its signature holds the flat digest", real[i].path);
		if (real[i].pages)
			test_page_table(real[i].path, file);
		free((void *)(uintptr_t)file.ptr);
	}
}

int main(void)
{
	test_flat();
	test_disorder();
	test_bomb();
	test_layouts();
	test_real();
	return CHECK_DONE();
}
