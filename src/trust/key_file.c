/* SPDX-License-Identifier: MIT */
#include "trust/key_file.h"

#include "base/base64.h"
#include "base/escape.h"

#define NAME_MAX_BYTES   128
#define NAME_OCTETS      8 /* of a digest, for a key that has no name of its own */
#define COMMENT          "untrusted comment:"
#define ED25519_MARK     "Ed"
#define KEY_NUMBER_BYTES 8
#define PGP_PUBLIC_KEY   6
#define PGP_USER_ID      13
#define PGP_SECRET_KEY   5

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

/* A packet with a definite length (RFC 9580 4.2); keys never have another. */
static bool packet_next(struct cursor *c, unsigned *tag, struct span *body)
{
	unsigned first = cursor_u8(c), octet;
	uint64_t len = 0;

	if (!(first & 0x80))
		return false;
	if (first & 0x40) {
		*tag = first & 0x3f;
		octet = cursor_u8(c);
		len = octet;
		if (octet == 255)
			len = cursor_be(c, 4);
		else if (octet >= 224)
			return false;
		else if (octet >= 192)
			len = (octet - 192) * 256 + cursor_u8(c) + 192;
	} else {
		*tag = first >> 2 & 0x0f;
		if ((first & 3) == 3)
			return false;
		len = cursor_be(c, 1U << (first & 3));
	}
	*body = cursor_take(c, len);
	return cursor_ok(c);
}

/* RFC 9580 5.5.4.  False: a version that has no fingerprint of this kind. */
static enum status fingerprint_of(struct span body, struct digest *out)
{
	struct buffer head CLEANUP(buffer_free) = BUFFER_INIT;
	unsigned version = span_at(body, 0);
	struct span parts[2];

	if (version != 4 && version != 6)
		return STATUS_UNSUPPORTED;
	buffer_char(&head, (char)(version == 4 ? 0x99 : 0x9b));
	for (int shift = version == 4 ? 8 : 24; shift >= 0; shift -= 8)
		buffer_char(&head, (char)(body.len >> shift & 0xff));
	TRY(buffer_status(&head));
	parts[0] = buffer_span(&head);
	parts[1] = body;
	return digest_of(version == 4 ? DIGEST_SHA1 : DIGEST_SHA256, parts, 2, out);
}

/* One transferable public key: the first packet of it is @primary. */
static enum status pgp_key_take(struct intake *in, struct span whole, struct span primary,
				struct span user)
{
	struct record key = { .stored.item = TRUST_OPENPGP_KEY, .stored.der = whole };
	struct digest fingerprint;
	enum status status = fingerprint_of(primary, &fingerprint);

	if (status == STATUS_UNSUPPORTED)
		return intake_refuse(in, STATUS_USAGE, in->name,
				     "holds an OpenPGP key of version %u; 4 and 6 are read",
				     span_at(primary, 0));
	TRY(status);
	key.key_id = digest_span(&fingerprint);
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

static enum status packet_take(struct intake *in, unsigned tag, struct span body,
			       struct pgp_key *key)
{
	if (tag == PGP_SECRET_KEY)
		return intake_refuse(in, STATUS_USAGE, in->name,
				     "holds a secret key; export the public one");
	if (tag == PGP_PUBLIC_KEY)
		key->primary = body;
	if (tag == PGP_USER_ID && key->user.len == 0)
		key->user = body;
	return STATUS_OK;
}

/* Packets to the last octet, a key first? */
static bool is_keyring(struct span packets)
{
	struct cursor c = cursor_at(packets, 0);
	unsigned tag = 0, first = 0;
	struct span body;

	while (cursor_left(&c) > 0) {
		if (!packet_next(&c, &tag, &body))
			return false;
		first = first ? first : tag;
	}
	return first == PGP_PUBLIC_KEY || first == PGP_SECRET_KEY;
}

enum status keyring_take(struct intake *in, struct span packets)
{
	struct cursor c = cursor_at(packets, 0);
	struct pgp_key key = { 0 };
	struct span body;
	unsigned tag;

	if (!is_keyring(packets))
		return STATUS_NOT_MINE;
	for (uint64_t at = 0; packet_next(&c, &tag, &body); at = c.pos) {
		if (tag == PGP_PUBLIC_KEY) {
			TRY(pgp_key_end(in, packets, at, &key));
			key = (struct pgp_key){ .begin = at };
		}
		TRY(packet_take(in, tag, body, &key));
	}
	return pgp_key_end(in, packets, packets.len, &key);
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

enum status armoured_keyring_take(struct intake *in, struct span body)
{
	struct span rest = body, packets, line;
	uint64_t end = body.len, at = 0;

	/* "Version: ..." and the like, to an empty line. */
	line = line_take(&rest);
	if (line.len > 0)
		return STATUS_MALFORMED;
	do
		line = line_take(&rest);
	while (line.len > 0 && rest.len > 0);
	while (span_find(rest, SPAN_TEXT("\n="), at, &at))
		end = at++;
	TRY(base64_decode_span(in->arena, span_clip(rest, 0, end), &packets));
	return keyring_take(in, packets);
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
