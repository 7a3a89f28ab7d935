/* SPDX-License-Identifier: MIT */
#include "formats/sidecar.h"

#include "base/base64.h"
#include "base/cursor.h"
#include "structure/der.h"
#include "structure/openpgp/openpgp.h"

#define COMMENT         "untrusted comment:"
#define TRUSTED         "trusted comment:"
#define ED25519_OCTETS  74 /* algorithm, key number, signature */
#define IMA_MAGIC_BYTES 2

/* A packet of a signature, and nothing but packets behind it. */
static bool is_openpgp(struct arena *a, struct span bytes)
{
	const struct openpgp_signature *s;
	const char *problem;

	if (openpgp_armored(bytes))
		return !openpgp_clearsigned(bytes);
	return openpgp_binary(bytes) && openpgp_signatures(a, bytes, &s, &problem) == STATUS_OK;
}

/* The line behind @at, without its end; *@at then stands behind it. */
static struct span line_at(struct span text, uint64_t *at)
{
	struct span rest = span_after(text, *at);
	uint64_t end = rest.len;

	if (!rest.ptr)
		return SPAN_NONE;
	if (!span_find(rest, SPAN_LITERAL("\n"), 0, &end))
		end = rest.len;
	*at += end + 1;
	rest = span_clip(rest, 0, end);
	if (rest.len > 0 && span_at(rest, rest.len - 1) == '\r')
		rest = span_clip(rest, 0, rest.len - 1);
	return rest;
}

/* Comment and base64, as both write it; only minisign goes on behind that. */
static bool is_ed25519(struct arena *a, struct span text, bool trusted)
{
	struct span octets, line;
	uint64_t at = 0;

	line = line_at(text, &at);
	if (!span_starts(line, COMMENT, strlen(COMMENT)))
		return false;
	if (base64_decode_span(a, line_at(text, &at), &octets) != STATUS_OK ||
	    octets.len != ED25519_OCTETS)
		return false;
	line = line_at(text, &at);
	return span_starts(line, TRUSTED, strlen(TRUSTED)) == trusted;
}

static bool is_minisign(struct arena *a, struct span bytes)
{
	return is_ed25519(a, bytes, true);
}

static bool is_signify(struct arena *a, struct span bytes)
{
	return is_ed25519(a, bytes, false);
}

/* security.ima: version 2 or 3 of a signature, with a hash algorithm that exists. */
static bool is_ima(struct arena *a, struct span bytes)
{
	uint8_t type = span_at(bytes, 0), version = span_at(bytes, 1);

	(void)a;
	return bytes.len > IMA_MAGIC_BYTES &&
	       ((type == 3 && version == 2) || (type == 6 && version == 3));
}

/* A ContentInfo of SignedData, and nothing behind it. */
static bool is_pkcs7(struct arena *a, struct span bytes)
{
	struct der sequence, oid;
	struct cursor c;

	(void)a;
	if (!der_only(bytes, DER_SEQUENCE, &sequence, NULL))
		return false;
	c = der_enter(&sequence);
	return der_expect(&c, DER_OID, &oid) &&
	       span_equal(oid.value, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"));
}

/* A JSON object that names the type of bundles, however it goes on. */
static bool is_sigstore(struct arena *a, struct span bytes)
{
	static const char mark[] = "application/vnd.dev.sigstore.bundle";
	uint64_t at;

	(void)a;
	return span_at(bytes, 0) == '{' && span_find(bytes, SPAN_TEXT(mark), 0, &at);
}

/* APK Signature Scheme v4: version 2, then the length of what says how it is hashed. */
static bool is_idsig(struct arena *a, struct span bytes)
{
	struct cursor c = cursor_at(bytes, 0);
	uint32_t version = cursor_u32le(&c), len = cursor_u32le(&c),
		 algorithm = cursor_u32le(&c);

	(void)a;
	return cursor_ok(&c) && version == 2 && len >= 13 && len <= bytes.len && algorithm == 1;
}

static const struct {
	const char *scheme;
	bool (*is)(struct arena *a, struct span bytes);
	bool of_packages; /* beside Android packages only */
} kinds[] = {
	{"openpgp",   is_openpgp,  false},
        { "minisign", is_minisign, false},
	{ "signify",  is_signify,  false},
        { "ima",      is_ima,      false},
	{ "fsverity", is_pkcs7,    false},
        { "sigstore", is_sigstore, false},
	{ "apk-v4",   is_idsig,    true },
};

/* security.evm: a sum of the host's, a signature for one inode, or a portable one. */
static bool is_evm(struct span bytes)
{
	uint8_t type = span_at(bytes, 0);

	return bytes.len > IMA_MAGIC_BYTES && (type == 2 || type == 3 || type == 5);
}

static const char *scheme_of(struct arena *a, const struct companion *c,
			     const struct container *box)
{
	if (strcmp(c->name, "security.evm") == 0)
		return is_evm(c->bytes) ? "evm" : NULL;
	if (strcmp(c->name, "security.ima") == 0)
		return is_ima(a, c->bytes) ? "ima" : NULL;
	/* The other attributes are what EVM speaks of. */
	if (span_starts(SPAN_TEXT(c->name), "security.", strlen("security.")))
		return NULL;
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if ((box->apk || !kinds[i].of_packages) && kinds[i].is(a, c->bytes))
			return kinds[i].scheme;
	return NULL;
}

static enum status whole_make(struct arena *a, const struct piece *whole,
			      const struct coverage **out)
{
	struct coverage *covered = ARENA_NEW(a, struct coverage, 1);
	struct piece *piece = ARENA_NEW(a, struct piece, 1);

	if (!covered || !piece)
		return STATUS_NO_MEMORY;
	*piece = *whole;
	*covered = (struct coverage){ piece, 1 };
	*out = covered;
	return STATUS_OK;
}

/* Before the claims that the file itself makes, whose list is not ours to change. */
static void claim_append(struct container *box, struct claim *claim, struct claim **last)
{
	claim->next = *last ? (*last)->next : box->claims;
	if (*last)
		(*last)->next = claim;
	else
		box->claims = claim;
	*last = claim;
}

/* A tree of hashes is built of what is judged. */
static bool needs_range(const char *scheme)
{
	return strcmp(scheme, "fsverity") == 0 || strcmp(scheme, "apk-v4") == 0;
}

enum status sidecar_claims(struct arena *a, const struct companions *companions,
			   const struct piece *whole, struct container *box)
{
	const struct coverage *covered = NULL;
	struct claim *last = NULL;

	for (const struct companion *c = companions->first; c; c = c->next) {
		bool given = strcmp(c->name, companion_rows[COMPANION_GIVEN].name) == 0;
		const char *scheme = scheme_of(a, c, box);
		struct claim *claim;

		/* What the user names is a signature, whatever it looks like. */
		if (!scheme && !given)
			continue;
		if (!scheme)
			scheme = "raw";
		if (needs_range(scheme) && whole->kind != PIECE_RANGE)
			continue;
		if (!covered)
			TRY(whole_make(a, whole, &covered));
		claim = ARENA_NEW(a, struct claim, 1);
		if (!claim)
			return STATUS_NO_MEMORY;
		*claim = (struct claim){ .scheme = scheme,
					 .presence = given ? ASSAY_PRESENCE_DETACHED
							   : ASSAY_PRESENCE_SIDECAR,
					 .signature = c->bytes,
					 .companion = c->name,
					 .covered = covered };
		claim_append(box, claim, &last);
	}
	if (last && !box->format) {
		box->format = &format_file;
		box->variant = "file";
	}
	return STATUS_OK;
}

const struct format format_file = {
	.name = "file",
	.title = "File with a signature beside it",
};
