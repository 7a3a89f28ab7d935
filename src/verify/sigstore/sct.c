/* SPDX-License-Identifier: MIT */
/*
 * Signed certificate timestamps (RFC 6962, 3.2 and 3.3) inside a certificate:
 * a log saw it before it was issued.  What the log signed is the certificate's
 * body without the timestamps.
 */
#include "verify/sigstore/state.h"

#define OID_SCT_LIST   OID("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02")
#define SCT_V1         0
#define ENTRY_PRECERT  1
#define HASH_SHA256    4 /* RFC 5246, 7.4.1.4.1 */
#define MAX_SCTS       16
#define EXTENSIONS_TAG DER_CONTEXT_CONSTRUCTED(3)

struct sct {
	struct span log_id, extensions, signature;
	uint64_t milliseconds;
	unsigned hash;
};

static bool sct_read(struct span in, struct sct *out)
{
	struct cursor c = cursor_at(in, 0);
	unsigned version = cursor_u8(&c);

	out->log_id = cursor_take(&c, SIGSTORE_LOG_ID);
	out->milliseconds = cursor_be(&c, 8);
	out->extensions = cursor_take(&c, cursor_be(&c, 2));
	out->hash = cursor_u8(&c);
	cursor_skip(&c, 1); /* the key says what it signs with */
	out->signature = cursor_take(&c, cursor_be(&c, 2));
	return cursor_ok(&c) && cursor_left(&c) == 0 && version == SCT_V1;
}

/* The extensions but the list of timestamps. */
static bool extensions_copy(struct span list, struct buffer *out)
{
	struct cursor c = cursor_at(list, 0);

	while (cursor_left(&c) > 0) {
		struct der extension, oid;
		struct cursor inside;

		if (!der_expect(&c, DER_SEQUENCE, &extension))
			return false;
		inside = der_enter(&extension);
		if (!der_expect(&inside, DER_OID, &oid))
			return false;
		if (!span_equal(oid.value, OID_SCT_LIST))
			buffer_add(out, extension.whole);
	}
	return true;
}

/* A TBSCertificate without them; false: it is not what it was when it was read. */
static bool body_copy(struct span tbs, struct buffer *out)
{
	CLEANUP(buffer_free)
	struct buffer fields = BUFFER_INIT, list = BUFFER_INIT, sequence = BUFFER_INIT;
	struct der whole, field, extensions;
	struct cursor c;

	if (!der_only(tbs, DER_SEQUENCE, &whole, NULL))
		return false;
	c = der_enter(&whole);
	while (cursor_left(&c) > 0) {
		if (!der_next(&c, &field))
			return false;
		if (field.tag != EXTENSIONS_TAG) {
			buffer_add(&fields, field.whole);
			continue;
		}
		if (!der_only(field.value, DER_SEQUENCE, &extensions, NULL) ||
		    !extensions_copy(extensions.value, &list))
			return false;
		sigstore_der_add(&sequence, DER_SEQUENCE, buffer_span(&list));
		sigstore_der_add(&fields, EXTENSIONS_TAG, buffer_span(&sequence));
	}
	sigstore_der_add(out, DER_SEQUENCE, buffer_span(&fields));
	out->failed |= fields.failed || list.failed || sequence.failed;
	return true;
}

static void add_number(struct buffer *out, uint64_t value, unsigned width)
{
	for (; width > 0; width--)
		buffer_char(out, (char)(value >> (8 * (width - 1)) & 0xff));
}

/* digitally-signed struct of RFC 6962, 3.2. */
static enum status signed_make(const struct sct *sct, const struct certificate *issuer,
			       struct span body, struct buffer *out)
{
	buffer_clear(out);
	add_number(out, SCT_V1, 1);
	add_number(out, 0, 1); /* certificate_timestamp */
	add_number(out, sct->milliseconds, 8);
	add_number(out, ENTRY_PRECERT, 2);
	buffer_add(out, SPAN_OF(issuer->spki_sha256));
	add_number(out, body.len, 3);
	buffer_add(out, body);
	add_number(out, sct->extensions.len, 2);
	buffer_add(out, sct->extensions);
	return buffer_status(out);
}

/* One timestamp by a log that is known, at a time for which the log is believed. */
static enum status sct_verify(const struct sct *sct, const struct sigstore_path *path,
			      const struct sigstore_logs *logs, struct span body, bool *good)
{
	const struct sigstore_log *log = sigstore_log_find(logs, sct->log_id);
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	int64_t time = (int64_t)(sct->milliseconds / 1000);
	enum signature_result result;

	*good = false;
	if (!log || time < log->from || time > log->until || sct->hash != HASH_SHA256)
		return STATUS_OK;
	TRY(signed_make(sct, path->certs[1], body, &text));
	TRY(sigstore_key_verify(&log->key, buffer_span(&text), sct->signature, &result));
	*good = result == SIGNATURE_OK;
	return STATUS_OK;
}

/* The list of timestamps; false: there is none that can be read. */
static bool list_find(const struct certificate *c, struct cursor *out)
{
	struct span value;
	struct der octets;
	uint64_t len;
	bool critical;

	if (!certificate_extension(c, OID_SCT_LIST, &value, &critical) ||
	    !der_only(value, DER_OCTET_STRING, &octets, NULL))
		return false;
	*out = der_enter(&octets);
	len = cursor_be(out, 2);
	return cursor_ok(out) && len == cursor_left(out);
}

enum status sigstore_sct_check(const struct sigstore_path *path,
			       const struct sigstore_logs *logs, const char **problem)
{
	CLEANUP(buffer_free) struct buffer body = BUFFER_INIT;
	const struct certificate *leaf = path->certs[0];
	struct cursor list;
	bool good = false;

	*problem = "its certificate bears no timestamp of a log of certificates";
	if (path->n < 2 || !list_find(leaf, &list) || !body_copy(leaf->tbs, &body))
		return STATUS_OK;
	TRY(buffer_status(&body));
	*problem = "no log of certificates in the trusted root vouches for its certificate";
	for (size_t n = 0; n < MAX_SCTS && cursor_left(&list) > 0 && !good; n++) {
		struct span one = cursor_take(&list, cursor_be(&list, 2));
		struct sct sct;

		if (!cursor_ok(&list) || !sct_read(one, &sct))
			return STATUS_OK;
		TRY(sct_verify(&sct, path, logs, buffer_span(&body), &good));
	}
	if (good)
		*problem = NULL;
	return STATUS_OK;
}
