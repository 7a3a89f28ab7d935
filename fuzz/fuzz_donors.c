/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an index of donors, under sums that are right: flag u8, rows of the three
 * tables u16 each, bytes of the records u16, then records and tables.  And as a
 * record, and as a signed list, which nobody can have signed.
 *
 * What opens is answered or refused, and each donor that is found has the key that was asked;
 * of what verifies every donor is found, and it can be written again.
 */
#include "fuzz/must.h"
#include "store/donors_merge.h"
#include "store/donors_write.h"
#include "store/list_bundle.h"

#define PREFIX_BYTES 9

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void file_make(struct buffer *file, struct span bytes)
{
	CLEANUP(buffer_free) struct buffer sums = BUFFER_INIT, foot = BUFFER_INIT;
	struct cursor c = cursor_at(bytes, 0);
	uint64_t flags = cursor_u8(&c) & IMAGE_HAS_SHA1, n[IMAGE_TABLES], records, body;
	struct digest digest;
	struct span parts[2];

	for (size_t i = 0; i < IMAGE_TABLES; i++)
		n[i] = cursor_u16le(&c);
	records = cursor_u16le(&c);
	buffer_text(file, IMAGE_MAGIC);
	buffer_u32le(file, IMAGE_VERSION);
	buffer_u32le(file, 0);
	buffer_add(file, cursor_rest(&c));
	body = file->len;
	for (uint64_t at = 0; at < body; at += IMAGE_BLOCK) {
		parts[0] = span_clip(buffer_span(file), at, IMAGE_BLOCK);
		MUST(digest_of(DIGEST_SHA256, parts, 1, &digest) == STATUS_OK);
		buffer_add(&sums, digest_span(&digest));
	}
	buffer_u64le(&foot, body);
	buffer_u64le(&foot, IMAGE_HEAD_BYTES + records);
	buffer_u64le(&foot, flags);
	for (size_t i = 0; i < IMAGE_TABLES; i++)
		buffer_u64le(&foot, n[i]);
	parts[0] = buffer_span(&sums);
	parts[1] = buffer_span(&foot);
	MUST(digest_of(DIGEST_SHA256, parts, 2, &digest) == STATUS_OK);
	buffer_add(file, parts[0]);
	buffer_add(file, parts[1]);
	buffer_add(file, digest_span(&digest));
	buffer_text(file, IMAGE_MAGIC);
}

/* What is found under the keys of @d has them, and is in order; is @d among it? */
static void keys_hold(const struct image *i, struct arena *a, const struct donor *d, bool whole)
{
	const struct span values[IMAGE_TABLES] = {
		[DONOR_BY_DIGEST] = digest_span(&d->digest),
		[DONOR_BY_BLOCK] = SPAN_OF(d->block),
		[DONOR_BY_IDENTITY] = SPAN_OF(d->identity),
	};
	struct donor_order order, its;

	donor_order_of(d, &order);
	for (enum donor_key k = DONOR_BY_DIGEST; k < IMAGE_TABLES; k++) {
		struct donor *found = NULL, **last = &found;
		struct image_key key, other;
		bool among = false;
		size_t n = 0;

		if (image_find(i, k, values[k], a, &last) != STATUS_OK) {
			MUST(!whole);
			continue;
		}
		for (; found; found = found->next, n++) {
			MUST(image_key_of(found, k, &other) && image_key_of(d, k, &key) &&
			     memcmp(&key, &other, sizeof(key)) == 0);
			donor_order_of(found, &its);
			among |= donor_order_compare(&order, &its) == 0;
		}
		MUST(n <= IMAGE_MAX_HITS);
		MUST(!whole || among || n == IMAGE_MAX_HITS || !image_key_of(d, k, &key));
	}
}

static bool each_holds(const struct image *i, bool whole)
{
	struct arena a = ARENA_INIT((size_t)16 << 20);
	bool all = true;

	for (uint64_t at = 0; at < image_count(i); at++) {
		struct donor d;
		enum status status = image_donor(i, at, &a, &d);

		MUST(status == STATUS_OK || (status == STATUS_MALFORMED && !whole));
		all &= status == STATUS_OK;
		if (status == STATUS_OK) {
			MUST(d.kind != DONOR_NONE && d.n_sections <= DONOR_MAX_SECTIONS &&
			     d.executable.n <= DONOR_SKETCH && d.rest.n <= DONOR_SKETCH);
			keys_hold(i, &a, &d, whole);
		}
		arena_reset(&a);
	}
	arena_free(&a);
	return all;
}

/* Written again, it is the same index. */
static void written_again(const struct image *i)
{
	struct image_layer layer = { i };
	struct image_writer w;
	const struct donor *d;
	const char *problem;
	struct image again;
	struct merge m;

	image_writer_begin(&w, NULL);
	MUST(merge_begin(&m, &layer, 1) == STATUS_OK);
	for (;;) {
		MUST(merge_next(&m, &d) == STATUS_OK);
		if (!d)
			break;
		image_writer_add(&w, d);
	}
	merge_end(&m);
	MUST(image_writer_finish(&w) == STATUS_OK);
	MUST(image_open(image_writer_bytes(&w), &again, &problem) == STATUS_OK);
	MUST(image_verify(&again) == STATUS_OK && image_count(&again) == image_count(i));
	MUST(again.has_sha1 != i->has_sha1 ||
	     memcmp(again.root, i->root, sizeof(again.root)) == 0);
	image_close(&again);
	image_writer_end(&w);
}

static void image_holds(struct span bytes)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const char *problem = NULL;
	struct image image;

	file_make(&file, bytes);
	if (image_open(buffer_span(&file), &image, &problem) == STATUS_OK) {
		bool whole = image_verify(&image) == STATUS_OK;
		bool all = each_holds(&image, whole);

		MUST(all || !whole);
		if (whole)
			written_again(&image);
	} else {
		MUST(problem != NULL);
	}
	image_close(&image);
}

static void record_holds(struct span bytes)
{
	CLEANUP(buffer_free) struct buffer again = BUFFER_INIT;
	struct arena a = ARENA_INIT((size_t)1 << 20);
	struct donor d;
	enum status status = donor_decode(&a, bytes, &d);

	MUST(status == STATUS_OK || status == STATUS_MALFORMED);
	if (status == STATUS_OK) {
		donor_encode(&again, &d);
		MUST(span_equal(buffer_span(&again), bytes));
	}
	arena_free(&a);
}

static void bundle_holds(struct span bytes)
{
	static const struct ed25519_key keys[1] = { { .open = { 1 } } };
	const struct bundle_trust none = { keys, 0, 1 }, one = { keys, 1, 1 };
	const struct ed25519_key *signer;
	const char *problem = NULL;
	struct bundle b;

	if (bundle_read(bytes, &b, &problem) != STATUS_OK) {
		MUST(problem != NULL);
		return;
	}
	must_lie_in(bytes, b.name);
	must_lie_in(bytes, b.manifest);
	must_lie_in(bytes, b.content);
	MUST(b.manifest.len + 4 + b.signatures.len + b.content.len == bytes.len);
	MUST(bundle_name_good(b.name));
	MUST(bundle_verify(&b, &none, &signer, &problem) != STATUS_OK && problem);
	/* The identity of the curve: whoever wants may "sign" with it, but it has no id. */
	MUST(bundle_verify(&b, &one, &signer, &problem) != STATUS_OK ||
	     span_is_zero(span_clip(b.signatures, 0, 32)) || b.signatures.len > 96);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = { data, size };
	const char *problem = NULL;
	struct image raw;

	record_holds(bytes);
	bundle_holds(bytes);
	if (image_open(bytes, &raw, &problem) == STATUS_OK)
		(void)each_holds(&raw, false);
	image_close(&raw);
	if (size >= PREFIX_BYTES)
		image_holds(bytes);
	return 0;
}
