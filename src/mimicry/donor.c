/* SPDX-License-Identifier: MIT */
/*
 * The encoded form of a donor, version 1, numbers lowest byte first:
 *
 *	version u8, kind u8, digest algorithm u8, parts u32: a bit for each
 *	part that follows, in the order of enum part; then the digest, and
 *	the parts.  A text is a length u16 and as many bytes.
 *
 * There is one encoding of a donor only: a part that is empty has no bit,
 * and what is read back and written again is the same to the byte.
 */
#include "mimicry/donor.h"

#include "base/cursor.h"
#include "base/utf8.h"

#define DONOR_VERSION 1

enum part {
	PART_BLOCK,
	PART_IDENTITY,
	/* Texts. */
	PART_FORMAT,
	PART_SIGNER,
	PART_NAME,
	PART_COMPANY,
	PART_PRODUCT,
	PART_VERSION,
	PART_ORIGINAL_FILENAME,
	PART_PROGRAM_NAME,
	PART_MANIFEST,
	/* Numbers. */
	PART_SIGNED_AT,
	PART_MACHINE,
	PART_SUBSYSTEM,
	PART_SIZE,
	PART_SIZE_OF_HEADERS,
	PART_ENTRY_RVA,
	PART_TIME_DATE_STAMP,
	/* What says by its bit alone that it is there: it may be zero. */
	PART_CHECKSUM,
	PART_ICON,
	PART_CODEVIEW,
	PART_RICH,
	PART_IMPORTS,
	PART_SECTIONS,
	PART_SKETCHES,
	PART_DOTNET,
	PART_REPRO,
	PART_COUNT
};

#define TEXTS         (PART_MANIFEST - PART_FORMAT + 1)
#define NUMBERS       (PART_TIME_DATE_STAMP - PART_SIGNED_AT + 1)
#define SECTION_BYTES 24
#define SKETCH_BYTES  (4 + 1 + DONOR_SKETCH * 8)
#define MOST_BYTES                                                                             \
	(3 + 4 + DIGEST_MAX + 32 + 16 + TEXTS * (2 + DONOR_NAME_MAX) + NUMBERS * 8 + 4 + 8 +   \
	 20 + 8 + 16 + 1 + DONOR_MAX_SECTIONS * SECTION_BYTES + 2 * SKETCH_BYTES)
_Static_assert(MOST_BYTES <= DONOR_MAX_BYTES, "the largest donor fits");
_Static_assert(PART_COUNT <= 32, "a bit for each part");

/* In the order of enum part. */
static const size_t number_bytes[NUMBERS] = { 8, 2, 2, 8, 4, 4, 4 };

static void number_put(struct buffer *out, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++)
		buffer_char(out, (char)(uint8_t)(value >> (8 * i)));
}

/* At most DONOR_NAME_MAX bytes, and no half character at the end. */
static struct span text_cut(struct span text)
{
	uint64_t at = 0;

	if (text.len <= DONOR_NAME_MAX)
		return text;
	for (;;) {
		struct utf8_char c = utf8_at(text, at);

		if (c.len == 0 || at + c.len > DONOR_NAME_MAX)
			return span_clip(text, 0, at);
		at += c.len;
	}
}

static void text_put(struct buffer *out, const char *text)
{
	struct span cut = text_cut(SPAN_TEXT(text));

	buffer_u16le(out, (uint16_t)cut.len);
	buffer_add(out, cut);
}

static void sections_put(struct buffer *out, const struct donor *d)
{
	uint32_t n = d->n_sections < DONOR_MAX_SECTIONS ? d->n_sections : DONOR_MAX_SECTIONS;

	number_put(out, n, 1);
	for (uint32_t i = 0; i < n; i++) {
		const struct donor_section *s = &d->sections[i];

		buffer_add(out, (struct span){ (const uint8_t *)s->name, sizeof(s->name) });
		buffer_u32le(out, s->raw_size);
		buffer_u32le(out, s->characteristics);
		buffer_u64le(out, s->hash);
	}
}

static void sketch_put(struct buffer *out, const struct sketch *s)
{
	uint32_t n = s->n < DONOR_SKETCH ? s->n : DONOR_SKETCH;

	buffer_u32le(out, s->n_pages);
	number_put(out, n, 1);
	for (uint32_t i = 0; i < n; i++)
		buffer_u64le(out, s->hashes[i]);
}

/* What an encoder and a decoder go through in order. */
struct donor_parts {
	const char *texts[TEXTS];
	uint64_t numbers[NUMBERS];
};

static struct donor_parts parts_of(const struct donor *d)
{
	return (struct donor_parts){
		.texts = {d->format,    d->signer, d->name,        d->company, d->product,           d->version,
                          d->original_filename, d->program_name, d->manifest },
		.numbers = { (uint64_t)d->signed_at, d->machine,         d->subsystem, d->size,
                          d->size_of_headers, d->entry_rva,    d->time_date_stamp  },
	};
}

static uint32_t bits_of(const struct donor *d, const struct donor_parts *p)
{
	const bool flags[PART_COUNT] = {
		[PART_BLOCK] = !span_is_zero(SPAN_OF(d->block)),
		[PART_IDENTITY] = !span_is_zero(SPAN_OF(d->identity)),
		[PART_CHECKSUM] = d->has_checksum,
		[PART_ICON] = d->has_icon,
		[PART_CODEVIEW] = d->has_codeview,
		[PART_RICH] = !span_is_zero(SPAN_OF(d->rich)),
		[PART_IMPORTS] = !span_is_zero(SPAN_OF(d->imports)),
		[PART_SECTIONS] = d->n_sections > 0,
		[PART_SKETCHES] = d->sketched,
		[PART_DOTNET] = d->dotnet,
		[PART_REPRO] = d->repro,
	};
	uint32_t bits = 0;

	for (unsigned i = 0; i < PART_COUNT; i++)
		bits |= (uint32_t)flags[i] << i;
	for (unsigned i = 0; i < TEXTS; i++)
		bits |= (uint32_t)(p->texts[i] != NULL) << (PART_FORMAT + i);
	for (unsigned i = 0; i < NUMBERS; i++)
		bits |= (uint32_t)(p->numbers[i] != 0) << (PART_SIGNED_AT + i);
	return bits;
}

static bool has(uint32_t bits, unsigned part)
{
	return (bits >> part & 1) != 0;
}

void donor_encode(struct buffer *out, const struct donor *d)
{
	struct donor_parts p = parts_of(d);
	uint32_t bits = bits_of(d, &p);

	number_put(out, DONOR_VERSION, 1);
	number_put(out, (uint64_t)d->kind, 1);
	number_put(out, (uint64_t)d->digest.algorithm, 1);
	buffer_u32le(out, bits);
	buffer_add(out, digest_span(&d->digest));
	if (has(bits, PART_BLOCK))
		buffer_add(out, SPAN_OF(d->block));
	if (has(bits, PART_IDENTITY))
		buffer_add(out, SPAN_OF(d->identity));
	for (unsigned i = 0; i < TEXTS; i++)
		if (p.texts[i])
			text_put(out, p.texts[i]);
	for (unsigned i = 0; i < NUMBERS; i++)
		if (p.numbers[i])
			number_put(out, p.numbers[i], number_bytes[i]);
	if (d->has_checksum)
		buffer_u32le(out, d->checksum);
	if (d->has_icon)
		buffer_u64le(out, d->icon);
	if (d->has_codeview)
		buffer_add(out, SPAN_OF(d->codeview));
	if (has(bits, PART_RICH))
		buffer_add(out, SPAN_OF(d->rich));
	if (has(bits, PART_IMPORTS))
		buffer_add(out, SPAN_OF(d->imports));
	if (d->n_sections > 0)
		sections_put(out, d);
	if (d->sketched) {
		sketch_put(out, &d->executable);
		sketch_put(out, &d->rest);
	}
}

/* Bytes that have no bit when they are all zero. */
static void bytes_take(struct cursor *c, bool present, uint8_t *to, size_t len)
{
	struct span bytes;

	if (!present)
		return;
	bytes = cursor_take(c, len);
	if (span_is_zero(bytes))
		cursor_fail(c);
	(void)span_copy(to, len, bytes);
}

static enum status text_take(struct arena *a, struct cursor *c, const char **out)
{
	uint16_t len = cursor_u16le(c);
	struct span text = cursor_take(c, len);
	uint64_t at;

	if (!cursor_ok(c) || len > DONOR_NAME_MAX ||
	    span_find(text, SPAN_LITERAL("\0"), 0, &at)) {
		cursor_fail(c);
		return STATUS_MALFORMED;
	}
	*out = arena_string(a, text);
	return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status texts_take(struct arena *a, struct cursor *c, uint32_t bits,
			      struct donor *out)
{
	const char **const texts[TEXTS] = {
		&out->format,
		&out->signer,
		&out->name,
		&out->company,
		&out->product,
		&out->version,
		&out->original_filename,
		&out->program_name,
		&out->manifest,
	};

	for (unsigned i = 0; i < TEXTS; i++)
		if (has(bits, PART_FORMAT + i))
			TRY(text_take(a, c, texts[i]));
	return STATUS_OK;
}

static void numbers_take(struct cursor *c, uint32_t bits, struct donor *out)
{
	uint64_t n[NUMBERS] = { 0 };

	for (unsigned i = 0; i < NUMBERS; i++) {
		if (!has(bits, PART_SIGNED_AT + i))
			continue;
		n[i] = cursor_le(c, number_bytes[i]);
		if (n[i] == 0)
			cursor_fail(c);
	}
	out->signed_at = (int64_t)n[0];
	out->machine = (uint16_t)n[PART_MACHINE - PART_SIGNED_AT];
	out->subsystem = (uint16_t)n[PART_SUBSYSTEM - PART_SIGNED_AT];
	out->size = n[PART_SIZE - PART_SIGNED_AT];
	out->size_of_headers = (uint32_t)n[PART_SIZE_OF_HEADERS - PART_SIGNED_AT];
	out->entry_rva = (uint32_t)n[PART_ENTRY_RVA - PART_SIGNED_AT];
	out->time_date_stamp = (uint32_t)n[PART_TIME_DATE_STAMP - PART_SIGNED_AT];
}

static void sections_take(struct cursor *c, struct donor *out)
{
	uint8_t n = cursor_u8(c);

	if (n == 0 || n > DONOR_MAX_SECTIONS) {
		cursor_fail(c);
		return;
	}
	out->n_sections = n;
	for (uint32_t i = 0; i < n; i++) {
		struct donor_section *s = &out->sections[i];

		(void)span_copy(s->name, sizeof(s->name), cursor_take(c, sizeof(s->name)));
		s->raw_size = cursor_u32le(c);
		s->characteristics = cursor_u32le(c);
		s->hash = cursor_u64le(c);
	}
}

static void sketch_take(struct cursor *c, struct sketch *s)
{
	s->n_pages = cursor_u32le(c);
	s->n = cursor_u8(c);
	if (s->n > DONOR_SKETCH || s->n > s->n_pages) {
		cursor_fail(c);
		s->n = 0;
	}
	for (uint32_t i = 0; i < s->n; i++) {
		s->hashes[i] = cursor_u64le(c);
		if (i > 0 && s->hashes[i - 1] >= s->hashes[i])
			cursor_fail(c);
	}
}

static void rest_take(struct cursor *c, uint32_t bits, struct donor *out)
{
	out->has_checksum = has(bits, PART_CHECKSUM);
	out->has_icon = has(bits, PART_ICON);
	out->has_codeview = has(bits, PART_CODEVIEW);
	out->sketched = has(bits, PART_SKETCHES);
	out->dotnet = has(bits, PART_DOTNET);
	out->repro = has(bits, PART_REPRO);
	if (out->has_checksum)
		out->checksum = cursor_u32le(c);
	if (out->has_icon)
		out->icon = cursor_u64le(c);
	if (out->has_codeview)
		(void)span_copy(out->codeview, sizeof(out->codeview),
				cursor_take(c, sizeof(out->codeview)));
	bytes_take(c, has(bits, PART_RICH), out->rich, sizeof(out->rich));
	bytes_take(c, has(bits, PART_IMPORTS), out->imports, sizeof(out->imports));
	if (has(bits, PART_SECTIONS))
		sections_take(c, out);
	if (!out->sketched)
		return;
	sketch_take(c, &out->executable);
	sketch_take(c, &out->rest);
}

enum status donor_decode(struct arena *a, struct span in, struct donor *out)
{
	struct cursor c = cursor_at(in, 0);
	uint8_t version = cursor_u8(&c), kind = cursor_u8(&c), algorithm = cursor_u8(&c);
	uint32_t bits = cursor_u32le(&c);

	*out = (struct donor){ 0 };
	if (!cursor_ok(&c) || version != DONOR_VERSION || kind > DONOR_VALID ||
	    algorithm > DIGEST_BLAKE2B || bits >> PART_COUNT != 0 || in.len > DONOR_MAX_BYTES)
		return STATUS_MALFORMED;
	out->kind = (enum donor_kind)kind;
	out->digest.algorithm = (enum digest_algorithm)algorithm;
	(void)span_copy(out->digest.bytes, DIGEST_MAX,
			cursor_take(&c, digest_size(out->digest.algorithm)));
	bytes_take(&c, has(bits, PART_BLOCK), out->block, sizeof(out->block));
	bytes_take(&c, has(bits, PART_IDENTITY), out->identity, sizeof(out->identity));
	TRY(texts_take(a, &c, bits, out));
	numbers_take(&c, bits, out);
	rest_take(&c, bits, out);
	return cursor_ok(&c) && cursor_left(&c) == 0 ? STATUS_OK : STATUS_MALFORMED;
}

bool donor_has_contents(const struct donor *d)
{
	bool has = d->sketched;

	for (uint32_t i = 0; i < d->n_sections && i < DONOR_MAX_SECTIONS; i++)
		has = has || d->sections[i].hash != 0;
	return has;
}

enum donor_kind donor_kind_of(struct span in)
{
	uint8_t kind = span_at(in, 1);

	return in.len > 1 && kind <= DONOR_VALID ? (enum donor_kind)kind : DONOR_NONE;
}

/* Lower case (ASCII), and one blank for any number of them: what looks the same is the same. */
static bool words_fold(struct buffer *out, const char *text)
{
	struct span s = text ? SPAN_TEXT(text) : SPAN_NONE;
	size_t before = out->len;
	bool blank = false;

	for (uint64_t i = 0; i < s.len; i++) {
		uint8_t c = span_at(s, i);

		if (c == ' ' || (c >= '\t' && c <= '\r')) {
			blank = out->len > before;
			continue;
		}
		if (blank)
			buffer_char(out, ' ');
		blank = false;
		buffer_char(out, (char)letter_small(c));
	}
	buffer_char(out, '\0');
	return out->len > before + 1;
}

bool donor_identity(const char *company, const char *product, const char *original_filename,
		    uint8_t out[16])
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct digest digest;
	struct span whole;
	bool all = words_fold(&text, company);

	all = words_fold(&text, product) && all;
	all = words_fold(&text, original_filename) && all;
	memset(out, 0, 16);
	whole = buffer_span(&text);
	if (!all || buffer_status(&text) != STATUS_OK ||
	    digest_of(DIGEST_SHA256, &whole, 1, &digest) != STATUS_OK)
		return false;
	(void)span_copy(out, 16, digest_span(&digest));
	return true;
}
