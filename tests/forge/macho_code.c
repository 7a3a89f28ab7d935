/* SPDX-License-Identifier: MIT */
/* SuperBlobs and CodeDirectories, with digests of libcrypto. */
#include "tests/forge/macho.h"
#include "tests/forge/signing.h"

#include <stdlib.h>

#define SPECIAL_LAST  11
#define SIGNED_ALIGN  16
#define COMMAND_BYTES 16
#define MAX_BLOBS     24
#define TRAILER       512 /* of a disk image */

static const struct {
	const char *name;
	size_t len; /* of the digests that are kept */
} hash_kinds[] = {
	[HASH_SHA1] = {"SHA1",    20},
	[HASH_SHA256] = { "SHA256", 32},
	[HASH_CUT] = { "SHA256", 20},
	[HASH_SHA384] = { "SHA384", 48},
};

static void be(struct buffer *out, size_t width, uint64_t value)
{
	size_t at = out->len;

	forge_zeros(out, width);
	forge_put_be(out, at, width, value);
}

static void blob(struct buffer *out, uint32_t magic, struct span payload)
{
	be(out, 4, magic);
	be(out, 4, payload.len + 8);
	buffer_add(out, payload);
}

static void digest_add(struct buffer *out, enum forge_hash hash, struct span bytes)
{
	struct forge_digest d = forge_digest_of(hash_kinds[hash].name, &bytes, 1);

	buffer_add(out, span_clip(forge_digest_span(&d), 0, hash_kinds[hash].len));
}

/* What special slot @n is a digest of; whole blobs, but of Info.plist its bytes. */
static void special_add(const struct forge_code *wish, enum forge_hash hash, uint32_t n,
			struct span info, struct buffer *out)
{
	struct span bytes = n == 1   ? info
			    : n == 3 ? wish->resources
			    : n == 6 ? wish->own
				     : SPAN_NONE;

	if (bytes.len > 0) {
		digest_add(out, hash, bytes);
		return;
	}
	for (size_t i = 0; i < MACHO_MAX_EXTRAS && wish->extras[i].type; i++) {
		CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT;

		if (wish->extras[i].type != n)
			continue;
		blob(&whole, wish->extras[i].magic, wish->extras[i].payload);
		digest_add(out, hash, buffer_span(&whole));
		return;
	}
	forge_zeros(out, hash_kinds[hash].len);
}

static uint32_t special_count(const struct forge_code *wish, struct span info)
{
	uint32_t n = wish->own.len > 0 ? 6 : wish->resources.len > 0 ? 3 : info.len > 0 ? 1 : 0;

	for (size_t i = 0; i < MACHO_MAX_EXTRAS && wish->extras[i].type; i++)
		if (wish->extras[i].type <= SPECIAL_LAST && wish->extras[i].type > n)
			n = wish->extras[i].type;
	return n;
}

void forge_code_directory(const struct forge_code *wish, enum forge_hash hash,
			  struct span covered, struct span info, struct buffer *out)
{
	uint32_t version = wish->version ? wish->version : 0x20400;
	size_t fixed = version >= 0x20500   ? 96
		       : version >= 0x20400 ? 88
		       : version >= 0x20300 ? 64
		       : version >= 0x20200 ? 52
		       : version >= 0x20100 ? 48
					    : 44;
	unsigned shift = wish->page_shift ? wish->page_shift : 12;
	size_t page = wish->one_page ? covered.len : (size_t)1 << shift;
	size_t n = (covered.len + page - 1) / page;
	struct span identifier = SPAN_TEXT(wish->identifier ? wish->identifier : "forge");
	struct span team = SPAN_TEXT(wish->team ? wish->team : "");
	uint32_t special = special_count(wish, info);
	size_t size = hash_kinds[hash].len, team_off = fixed + identifier.len + 1;
	size_t hashes = team_off + (team.len ? team.len + 1 : 0) + special * size;

	be(out, 4, 0xfade0c02);
	be(out, 4, hashes + n * size);
	be(out, 4, version);
	be(out, 4, wish->flags);
	be(out, 4, hashes);
	be(out, 4, fixed);
	be(out, 4, special);
	be(out, 4, n);
	be(out, 4, covered.len);
	be(out, 4, (uint64_t)size << 24 | (uint64_t)hash << 16 | (wish->one_page ? 0 : shift));
	forge_zeros(out, fixed - 40);
	if (version >= 0x20200 && team.len)
		forge_put_be(out, out->len - fixed + 48, 4, team_off);
	buffer_add(out, identifier);
	forge_zeros(out, 1);
	if (team.len) {
		buffer_add(out, team);
		forge_zeros(out, 1);
	}
	for (uint32_t i = special; i > 0; i--)
		special_add(wish, hash, i, info, out);
	for (size_t i = 0; i < n; i++)
		digest_add(out, hash, span_clip(covered, i * page, page));
}

/* Blobs one behind the other, and the index that will stand before them. */
struct packing {
	struct buffer bodies;
	uint32_t types[MAX_BLOBS];
	size_t offsets[MAX_BLOBS], n;
};

static void pack(struct packing *p, uint32_t type)
{
	p->types[p->n] = type;
	p->offsets[p->n++] = p->bodies.len;
}

void forge_superblob(const struct forge_code *wish, struct span covered, struct span info,
		     struct buffer *out)
{
	struct packing p = { .n = 0 };
	size_t head;

	for (size_t i = 0; i < MACHO_MAX_HASHES; i++) {
		enum forge_hash hash = wish->hashes[i];

		if (hash == HASH_NONE && i > 0)
			break;
		pack(&p, i == 0 ? 0 : 0xfff + (uint32_t)i);
		forge_code_directory(wish, hash ? hash : HASH_SHA256, covered, info, &p.bodies);
	}
	for (size_t i = 0; i < MACHO_MAX_EXTRAS && wish->extras[i].type; i++) {
		pack(&p, wish->extras[i].type);
		blob(&p.bodies, wish->extras[i].magic, wish->extras[i].payload);
	}
	if (wish->with_wrapper || wish->cms.len > 0) {
		pack(&p, 0x10000);
		blob(&p.bodies, 0xfade0b01, wish->cms);
	}
	head = 12 + 8 * p.n;
	be(out, 4, 0xfade0cc0);
	be(out, 4, head + p.bodies.len);
	be(out, 4, p.n);
	for (size_t i = 0; i < p.n; i++) {
		be(out, 4, p.types[i]);
		be(out, 4, head + p.offsets[i]);
	}
	buffer_add(out, buffer_span(&p.bodies));
	buffer_free(&p.bodies);
}

static uint64_t own(const struct buffer *file, size_t off, size_t width)
{
	bool big = (uint8_t)file->bytes[0] == 0xfe;

	return big ? forge_get_be(file, off, width) : forge_get(file, off, width);
}

static void own_put(struct buffer *file, size_t off, size_t width, uint64_t value)
{
	if ((uint8_t)file->bytes[0] == 0xfe)
		forge_put_be(file, off, width, value);
	else
		forge_put(file, off, width, value);
}

static bool is_wide(const struct buffer *file)
{
	return (own(file, 0, 4) & 1) != 0;
}

struct forge_macho_places forge_macho_places_of(const struct buffer *file)
{
	struct forge_macho_places p = { 0 };
	size_t end = file->len - TRAILER;
	size_t at = is_wide(file) ? 32 : 28, n = (size_t)own(file, 16, 4);

	if (file->len > TRAILER && memcmp(&file->bytes[end], "koly", 4) == 0) {
		p.data = (size_t)forge_get_be(file, end + 296, 8);
		p.data_len = (size_t)forge_get_be(file, end + 304, 8);
		return p;
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t command = own(file, at, 4);

		if (command == 0x1d) {
			p.command = at;
			p.data = (size_t)own(file, at + 8, 4);
			p.data_len = (size_t)own(file, at + 12, 4);
		}
		if ((command == 0x19 || command == 1) &&
		    memcmp(&file->bytes[at + 8], "__LINKEDIT", 10) == 0)
			p.linkedit = at;
		at += (size_t)own(file, at + 4, 4);
	}
	p.code = at;
	return p;
}

/* The Info.plist that the program carries in its first section. */
static struct span info_of(const struct buffer *file)
{
	bool wide = is_wide(file);
	size_t segment = wide ? 32 : 28, section = segment + (wide ? 72 : 56);
	size_t width = wide ? 8 : 4, size = section + 32 + width;

	if (own(file, segment + (wide ? 64 : 48), 4) == 0)
		return SPAN_NONE;
	return span_clip(buffer_span(file), own(file, size + width, 4), own(file, size, width));
}

void forge_macho_sign(const struct forge_code *wish, struct buffer *file)
{
	CLEANUP(buffer_free) struct buffer blob_bytes = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer empty = BUFFER_INIT;
	struct forge_macho_places p = forge_macho_places_of(file);
	size_t width = is_wide(file) ? 8 : 4, size, data, from;
	struct span info = wish->info.len > 0 ? wish->info : info_of(file);

	forge_zeros(file, (SIGNED_ALIGN - file->len % SIGNED_ALIGN) % SIGNED_ALIGN);
	/* How long the signature is does not depend on what it covers. */
	forge_superblob(wish, buffer_span(file), info, &empty);
	data = empty.len + (wish->slack ? wish->slack : 16);
	own_put(file, p.code, 4, 0x1d);
	own_put(file, p.code + 4, 4, COMMAND_BYTES);
	own_put(file, p.code + 8, 4, file->len);
	own_put(file, p.code + 12, 4, data);
	own_put(file, 16, 4, own(file, 16, 4) + 1);
	own_put(file, 20, 4, own(file, 20, 4) + COMMAND_BYTES);
	size = p.linkedit + 24 + 3 * width;
	from = (size_t)own(file, size - width, width);
	own_put(file, size, width, file->len + data - from);
	forge_superblob(wish, buffer_span(file), info, &blob_bytes);
	buffer_add(file, buffer_span(&blob_bytes));
	forge_zeros(file, data - blob_bytes.len);
}
