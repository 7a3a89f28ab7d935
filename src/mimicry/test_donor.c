/* SPDX-License-Identifier: MIT */
/* The encoded form of a donor: round trips, sizes, and whatever else somebody may have written.
 */
#include "mimicry/donor.h"
#include "tests/check.h"

#define RANDOM_DONORS 400
#define FLIPS         40

static uint64_t state = 0x2545f4914f6cdd1dULL;

static uint64_t chance(uint64_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

static const char *text_make(struct arena *a)
{
	static const char *const words[] = {
		"",          "a", "Example Corp", "\xc3\xa4\xe2\x82\xac", "\xff\xfe not text",
		"\n\x1b[31m"
	};
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	uint64_t n = chance(4) == 0 ? 40 : 1;

	if (chance(3) == 0)
		return NULL;
	while (n-- > 0 && b.len < DONOR_NAME_MAX - 16)
		buffer_text(&b, words[chance(COUNT_OF(words))]);
	return arena_string(a, buffer_span(&b));
}

static void bytes_make(uint8_t *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)chance(256);
}

static void sketch_make_any(struct sketch *s)
{
	s->n = (uint32_t)chance(DONOR_SKETCH + 1);
	s->n_pages = s->n + (uint32_t)chance(1000);
	for (uint32_t i = 0; i < s->n; i++)
		s->hashes[i] = (i ? s->hashes[i - 1] : 0) + 1 + chance(1ULL << 50);
}

static struct donor donor_make(struct arena *a)
{
	struct donor d = { .kind = (enum donor_kind)chance(DONOR_VALID + 1),
			   .digest.algorithm = (enum digest_algorithm)chance(6),
			   .format = text_make(a),
			   .signer = text_make(a),
			   .name = text_make(a),
			   .company = text_make(a),
			   .product = text_make(a),
			   .version = text_make(a),
			   .original_filename = text_make(a),
			   .program_name = text_make(a),
			   .manifest = text_make(a),
			   .signed_at = chance(2) ? (int64_t)chance(1ULL << 40) - 1000 : 0,
			   .machine = (uint16_t)chance(3),
			   .subsystem = (uint16_t)chance(3),
			   .dotnet = chance(2),
			   .repro = chance(2),
			   .has_icon = chance(2),
			   .has_codeview = chance(2),
			   .has_checksum = chance(2),
			   .sketched = chance(2),
			   .size = chance(1ULL << 40),
			   .size_of_headers = (uint32_t)chance(4096),
			   .entry_rva = (uint32_t)chance(1 << 20),
			   .time_date_stamp = (uint32_t)chance(1ULL << 32),
			   .n_sections = (uint32_t)chance(DONOR_MAX_SECTIONS + 1) };

	bytes_make(d.digest.bytes, digest_size(d.digest.algorithm));
	if (chance(4))
		bytes_make(d.block, sizeof(d.block));
	if (chance(2))
		bytes_make(d.identity, sizeof(d.identity));
	if (d.has_icon)
		d.icon = chance(UINT64_MAX);
	if (d.has_checksum)
		d.checksum = (uint32_t)chance(2);
	if (d.has_codeview)
		bytes_make(d.codeview, sizeof(d.codeview));
	if (chance(2))
		bytes_make(d.rich, sizeof(d.rich));
	if (chance(2))
		bytes_make(d.imports, sizeof(d.imports));
	for (uint32_t i = 0; i < d.n_sections; i++) {
		(void)snprintf(d.sections[i].name, sizeof(d.sections[i].name), ".s%u", i);
		d.sections[i].hash = chance(UINT64_MAX);
		d.sections[i].raw_size = (uint32_t)chance(1 << 20);
	}
	if (d.sketched) {
		sketch_make_any(&d.executable);
		sketch_make_any(&d.rest);
	}
	return d;
}

static bool texts_same(const struct donor *x, const struct donor *y)
{
	const char *const pairs[][2] = {
		{x->format,             y->format           },
		{ x->signer,            y->signer           },
		{ x->name,              y->name             },
		{ x->company,           y->company          },
		{ x->product,           y->product          },
		{ x->version,           y->version          },
		{ x->original_filename, y->original_filename},
		{ x->program_name,      y->program_name     },
		{ x->manifest,          y->manifest         },
	};

	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		if (!pairs[i][0] != !pairs[i][1] ||
		    (pairs[i][0] && strcmp(pairs[i][0], pairs[i][1]) != 0))
			return false;
	return true;
}

/* Everything else: without texts, and without the padding between fields. */
static bool rest_same(const struct donor *x, const struct donor *y)
{
	return x->kind == y->kind && x->digest.algorithm == y->digest.algorithm &&
	       memcmp(x->digest.bytes, y->digest.bytes, DIGEST_MAX) == 0 &&
	       memcmp(x->block, y->block, 32) == 0 &&
	       memcmp(x->identity, y->identity, 16) == 0 && x->signed_at == y->signed_at &&
	       x->machine == y->machine && x->subsystem == y->subsystem &&
	       x->dotnet == y->dotnet && x->has_icon == y->has_icon &&
	       x->has_codeview == y->has_codeview && x->sketched == y->sketched &&
	       x->has_checksum == y->has_checksum && x->repro == y->repro &&
	       x->size == y->size && x->size_of_headers == y->size_of_headers &&
	       x->entry_rva == y->entry_rva && x->time_date_stamp == y->time_date_stamp &&
	       x->checksum == y->checksum && x->icon == y->icon &&
	       memcmp(x->codeview, y->codeview, 20) == 0 && memcmp(x->rich, y->rich, 8) == 0 &&
	       memcmp(x->imports, y->imports, 16) == 0 && x->n_sections == y->n_sections &&
	       memcmp(x->sections, y->sections, sizeof(x->sections)) == 0 &&
	       memcmp(&x->executable, &y->executable, sizeof(x->executable)) == 0 &&
	       memcmp(&x->rest, &y->rest, sizeof(x->rest)) == 0;
}

/* Is it refused, or else the only encoding of what it means? */
static bool honest(struct arena *a, struct span bytes)
{
	CLEANUP(buffer_free) struct buffer again = BUFFER_INIT;
	struct donor d;
	enum status status = donor_decode(a, bytes, &d);

	if (status != STATUS_OK)
		return status == STATUS_MALFORMED;
	donor_encode(&again, &d);
	return span_equal(buffer_span(&again), bytes);
}

static bool prefixes_refused(struct arena *a, struct span bytes)
{
	struct donor d;

	for (size_t i = 0; i < bytes.len; i++)
		if (donor_decode(a, span_clip(bytes, 0, i), &d) != STATUS_MALFORMED)
			return false;
	return true;
}

static bool flips_honest(struct arena *a, struct buffer *b)
{
	for (int i = 0; i < FLIPS; i++) {
		size_t at = chance(b->len);
		char was = b->bytes[at];
		bool good;

		b->bytes[at] = (char)chance(256);
		good = honest(a, buffer_span(b));
		b->bytes[at] = was;
		if (!good)
			return false;
	}
	return true;
}

static void test_random(void)
{
	struct arena a = ARENA_INIT((size_t)64 << 20);
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	size_t same = 0, cut = 0, flipped = 0, most = 0;
	struct donor d, back;

	for (int i = 0; i < RANDOM_DONORS; i++) {
		arena_reset(&a);
		buffer_clear(&b);
		d = donor_make(&a);
		donor_encode(&b, &d);
		most = b.len > most ? b.len : most;
		same += donor_decode(&a, buffer_span(&b), &back) == STATUS_OK &&
			texts_same(&d, &back) && rest_same(&d, &back) &&
			honest(&a, buffer_span(&b));
		cut += prefixes_refused(&a, buffer_span(&b));
		flipped += flips_honest(&a, &b);
		buffer_char(&b, 'x');
		same -= donor_decode(&a, buffer_span(&b), &back) != STATUS_MALFORMED;
	}
	CHECK(same == RANDOM_DONORS, "%d donors come back as they were", RANDOM_DONORS);
	CHECK(cut == RANDOM_DONORS, "none of their prefixes is a donor");
	CHECK(flipped == RANDOM_DONORS, "other bytes are refused, or mean what they say");
	CHECK(most <= DONOR_MAX_BYTES, "the largest has %zu bytes", most);
	arena_free(&a);
}

static void test_names(void)
{
	static const struct {
		const char *what, *end; /* behind 255 letters */
		size_t len;
	} rows[] = {
		{"a name of 256 letters stays",             "a",                256},
		{ "a longer one is cut",                    "abcdef",           256},
		{ "a character of two bytes is not halved", "\xc3\xa4",         255},
		{ "nor one of four",                        "\xf0\x9f\x98\x80", 255},
		{ "broken bytes are taken one by one",      "\xff\xff",         256},
	};
	struct arena a = ARENA_INIT((size_t)1 << 20);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		char name[300];
		struct donor d = { .name = name }, back;

		memset(name, 'n', 255);
		(void)snprintf(&name[255], 40, "%s", rows[i].end);
		donor_encode(&b, &d);
		CHECK(donor_decode(&a, buffer_span(&b), &back) == STATUS_OK &&
			      strlen(back.name) == rows[i].len,
		      "%s", rows[i].what);
	}
	arena_free(&a);
}

static void test_sizes(void)
{
	static const struct donor rows[] = {
		{.kind = DONOR_NONE,  .digest.algorithm = DIGEST_NONE  },
		{ .kind = DONOR_SEEN, .digest.algorithm = DIGEST_SHA256},
	};
	static const size_t sizes[] = { 7, 39 };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

		donor_encode(&b, &rows[i]);
		CHECK(b.len == sizes[i], "a donor without parts has %zu bytes", sizes[i]);
	}
}

/* One byte of the head of a small donor is @value. */
static void test_heads(void)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} rows[] = {
		{"version 0",                       0, 0   },
		{ "a newer version",                0, 2   },
		{ "a kind that there is not",       1, 3   },
		{ "an algorithm that there is not", 2, 6   },
		{ "a part that there is not",       6, 0x80},
		{ "a part that is missing",         3, 1   },
		{ "sections that are missing",      5, 0x80},
	};
	struct arena a = ARENA_INIT((size_t)1 << 20);
	struct donor d = { .kind = DONOR_VALID, .digest.algorithm = DIGEST_SHA1 }, back;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

		donor_encode(&b, &d);
		b.bytes[rows[i].at] = (char)rows[i].value;
		CHECK(donor_decode(&a, buffer_span(&b), &back) == STATUS_MALFORMED,
		      "%s is refused", rows[i].what);
	}
	arena_free(&a);
}

static void test_identity(void)
{
	static const struct {
		const char *what, *company, *product, *file;
		bool found, same;
	} rows[] = {
		{"the same",           "Example Corp",        "Editor",   "edit.exe", true,  true },
		{ "another case",      "EXAMPLE corp",        "editor",   "Edit.EXE", true,  true },
		{ "other blanks",      " Example \t Corp",    "Editor ",  "edit.exe", true,  true },
		{ "another product",   "Example Corp",        "Editor 2", "edit.exe", true,  false},
		{ "words moved over",  "Example Corp Editor", "x",        "edit.exe", true,  false},
		{ "no company",        NULL,                  "Editor",   "edit.exe", false, false},
		{ "an empty product",  "Example Corp",        "",         "edit.exe", false, false},
		{ "a blank file name", "Example Corp",        "Editor",   "  ",       false, false},
	};
	uint8_t first[16], id[16];

	(void)donor_identity("Example Corp", "Editor", "edit.exe", first);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool found = donor_identity(rows[i].company, rows[i].product, rows[i].file, id);

		CHECK(found == rows[i].found && (memcmp(first, id, 16) == 0) == rows[i].same &&
			      span_is_zero(SPAN_OF(id)) == !found,
		      "identity: %s", rows[i].what);
	}
}

int main(void)
{
	test_random();
	test_names();
	test_sizes();
	test_heads();
	test_identity();
	return CHECK_DONE();
}
