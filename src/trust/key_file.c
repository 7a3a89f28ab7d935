/* SPDX-License-Identifier: MIT */
#include "trust/key_file.h"

#include "base/base64.h"
#include "base/escape.h"
#include "crypto/openpgp.h"

#define NAME_MAX_BYTES   128
#define NAME_OCTETS      8 /* of a digest, for a key that has no name of its own */
#define COMMENT          "untrusted comment:"
#define ED25519_MARK     "Ed"
#define KEY_NUMBER_BYTES 8

/* The draft gets it; what it is known by is made of @identity. */
static enum status key_add(struct intake *in, struct record *key, struct span identity)
{
	struct stored *s = &key->stored;

	if (in->n_keys == INTAKE_MAX_ITEMS)
		return STATUS_LIMIT;
	TRY(key_of(identity, s->sha256));
	if (!s->name)
		return STATUS_NO_MEMORY;
	TRY(intake_sets(in, s->item, s->sha256, &s->sets));
	s->der = arena_copy(in->arena, s->der);
	key->key_id = arena_copy(in->arena, key->key_id);
	if (!s->der.ptr)
		return STATUS_NO_MEMORY;
	s->origin = in->origin;
	key->source = RECORD_ADDED;
	in->n_keys++;
	return intake_add(in, key);
}

/* "public key 9b74c9897bac770f" */
static const char *key_name(struct arena *a, const char *what, struct span octets)
{
	struct buffer text CLEANUP(buffer_free) = BUFFER_INIT;

	buffer_printf(&text, "%s ", what);
	buffer_hex(&text, octets);
	return buffer_status(&text) == STATUS_OK ? arena_string(a, buffer_span(&text)) : NULL;
}

enum status public_key_take(struct intake *in, struct span spki)
{
	struct record key = { .stored.item = TRUST_PUBLIC_KEY, .stored.der = spki };
	struct public_key read;
	uint8_t sha256[32];

	if (public_key_read(spki, &read) != STATUS_OK)
		return STATUS_NOT_MINE;
	TRY(key_of(spki, sha256));
	key.stored.name =
		key_name(in->arena, "public key", span_clip(SPAN_OF(sha256), 0, NAME_OCTETS));
	return key_add(in, &key, spki);
}

/* One transferable public key: the first packet of it is @primary. */
static enum status pgp_key_take(struct intake *in, struct span whole, struct span primary,
				struct span user)
{
	struct record key = { .stored.item = TRUST_OPENPGP_KEY, .stored.der = whole };
	struct openpgp_fingerprint fingerprint;
	struct openpgp_key read;
	enum status status = openpgp_key_read(primary, &read);

	if (status == STATUS_OK)
		status = openpgp_fingerprint_of(&read, &fingerprint);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK || (read.version != 4 && read.version != 6))
		return intake_refuse(in, STATUS_USAGE, in->name,
				     "holds an OpenPGP key of version %u that is not read",
				     span_at(primary, 0));
	key.key_id = openpgp_fingerprint_span(&fingerprint);
	key.stored.name = user.len ? escape_string(in->arena, user, NAME_MAX_BYTES)
				   : key_name(in->arena, "OpenPGP key", key.key_id);
	return key_add(in, &key, key.key_id);
}

/* A transferable key while its packets come by. */
struct pgp_key {
	uint64_t begin;
	struct span primary, user;
};

static enum status pgp_key_end(struct intake *in, struct span packets, uint64_t end,
			       const struct pgp_key *key)
{
	if (key->primary.len == 0)
		return STATUS_OK;
	return pgp_key_take(in, span_clip(packets, key->begin, end - key->begin), key->primary,
			    key->user);
}

static enum status packet_take(struct intake *in, const struct openpgp_packet *packet,
			       struct pgp_key *key)
{
	if (packet->tag == OPENPGP_SECRET_KEY)
		return intake_refuse(in, STATUS_USAGE, in->name,
				     "holds a secret key; export the public one");
	if (packet->tag == OPENPGP_PUBLIC_KEY)
		key->primary = packet->body;
	if (packet->tag == OPENPGP_USER_ID && key->user.len == 0)
		key->user = packet->body;
	return STATUS_OK;
}

/* Packets to the last octet, a key first? */
static bool is_keyring(struct span packets)
{
	struct cursor c = cursor_at(packets, 0);
	struct openpgp_packet packet;
	uint8_t first = 0;

	while (cursor_left(&c) > 0) {
		if (!openpgp_next(&c, &packet))
			return false;
		first = first ? first : packet.tag;
	}
	return first == OPENPGP_PUBLIC_KEY || first == OPENPGP_SECRET_KEY;
}

enum status keyring_take(struct intake *in, struct span packets)
{
	struct cursor c = cursor_at(packets, 0);
	struct pgp_key key = { 0 };
	struct openpgp_packet packet;
	uint64_t at = 0;

	if (!is_keyring(packets))
		return STATUS_NOT_MINE;
	for (; cursor_left(&c) > 0 && openpgp_next(&c, &packet); at = c.pos) {
		if (packet.tag == OPENPGP_PUBLIC_KEY) {
			TRY(pgp_key_end(in, packets, at, &key));
			key = (struct pgp_key){ .begin = at };
		}
		TRY(packet_take(in, &packet, &key));
	}
	return pgp_key_end(in, packets, packets.len, &key);
}

enum status armored_keyring_take(struct intake *in, struct span block)
{
	struct openpgp_armor armor;

	TRY(openpgp_armor_read(in->arena, block, 0, &armor));
	return keyring_take(in, armor.bytes);
}

/* What of @text stands before the end of its line; *@text goes on behind it. */
static struct span line_take(struct span *text)
{
	struct span line = *text;
	uint64_t at;

	if (span_find(*text, SPAN_TEXT("\n"), 0, &at)) {
		line = span_clip(*text, 0, at);
		*text = span_after(*text, at + 1);
	} else {
		*text = SPAN_NONE;
	}
	if (line.len && span_at(line, line.len - 1) == '\r')
		line = span_clip(line, 0, line.len - 1);
	return line;
}

enum status ed25519_take(struct intake *in, struct span text)
{
	struct span comment = line_take(&text), line = line_take(&text), octets;
	struct record key = { .stored.item = TRUST_ED25519 };
	enum status status;

	if (!span_starts(comment, COMMENT, strlen(COMMENT)) || line.len > KEY_FILE_MAX_LINE ||
	    comment.len > KEY_FILE_MAX_COMMENT)
		return STATUS_NOT_MINE;
	status = base64_decode_span(in->arena, line, &octets);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK || octets.len != ED25519_FILE_OCTETS ||
	    !span_starts(octets, ED25519_MARK, strlen(ED25519_MARK)))
		return STATUS_NOT_MINE;
	key.stored.der = octets;
	key.key_id = span_clip(octets, strlen(ED25519_MARK), KEY_NUMBER_BYTES);
	key.stored.name = key_name(in->arena, "Ed25519 key", key.key_id);
	return key_add(in, &key, span_after(octets, strlen(ED25519_MARK) + KEY_NUMBER_BYTES));
}

enum status sigstore_root_take(struct intake *in, struct span text)
{
	static const char mark[] = "application/vnd.dev.sigstore.trustedroot";
	struct record key = { .stored.item = TRUST_SIGSTORE_ROOT, .stored.der = text };
	uint8_t sha256[32];
	uint64_t at;

	if (span_at(text, 0) != '{' || text.len > KEY_FILE_MAX_ROOT ||
	    !span_find(text, SPAN_TEXT(mark), 0, &at))
		return STATUS_NOT_MINE;
	TRY(key_of(text, sha256));
	key.stored.name = key_name(in->arena, "trusted root of sigstore",
				   span_clip(SPAN_OF(sha256), 0, NAME_OCTETS));
	return key_add(in, &key, text);
}
