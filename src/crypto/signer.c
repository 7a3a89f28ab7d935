/* SPDX-License-Identifier: MIT */
/* SignerInfo (RFC 5652 5.3, PKCS #7 1.5): what it says, and whether it is so. */
#include "crypto/cms.h"

#define OID_CONTENT_TYPE   OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03")
#define OID_MESSAGE_DIGEST OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04")
#define OID_SIGNING_TIME   OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05")

#define CONSTRUCTED 0x20

static void shape_note(struct signer_info *out, const struct der *d)
{
	out->indefinite = out->indefinite || d->indefinite;
	out->non_minimal = out->non_minimal || d->non_minimal;
}

static bool take(struct signer_info *out, struct cursor *c, uint8_t tag, struct der *d)
{
	if (!der_expect(c, tag, d))
		return false;
	shape_note(out, d);
	return true;
}

static enum status values_read(struct signer_info *signer, const struct der *set,
			       struct cms_attribute *out)
{
	struct cursor c = der_enter(set);
	struct der value;

	while (cursor_left(&c) > 0) {
		if (out->n_values == CMS_MAX_VALUES)
			return STATUS_LIMIT;
		if (!der_next(&c, &value))
			return STATUS_MALFORMED;
		shape_note(signer, &value);
		out->values[out->n_values++] = value.whole;
	}
	return STATUS_OK;
}

static enum status attribute_read(struct signer_info *signer, struct cursor *c,
				  struct cms_attribute *out)
{
	struct der sequence, oid, set;
	struct cursor inside;

	if (!take(signer, c, DER_SEQUENCE, &sequence))
		return STATUS_MALFORMED;
	inside = der_enter(&sequence);
	if (!take(signer, &inside, DER_OID, &oid) || !take(signer, &inside, DER_SET, &set) ||
	    cursor_left(&inside) != 0)
		return STATUS_MALFORMED;
	out->oid = oid.value;
	return values_read(signer, &set, out);
}

static enum status attributes_read(struct arena *a, struct signer_info *signer,
				   const struct der *set, struct cms_attribute **out,
				   size_t *n_out)
{
	struct cursor c = der_enter(set);
	struct cms_attribute *attrs;
	struct der d;
	size_t n = 0;

	while (cursor_left(&c) > 0) {
		if (n++ == CMS_MAX_ATTRS)
			return STATUS_LIMIT;
		if (!der_next(&c, &d))
			return STATUS_MALFORMED;
	}
	attrs = ARENA_NEW(a, struct cms_attribute, n ? n : 1);
	if (!attrs)
		return STATUS_NO_MEMORY;
	c = der_enter(set);
	for (size_t i = 0; i < n; i++)
		TRY(attribute_read(signer, &c, &attrs[i]));
	*out = attrs;
	*n_out = n;
	return STATUS_OK;
}

/* The one value of an attribute that must stand there once; false: absent, or not so. */
static bool single_value(struct signer_info *s, struct span oid, struct cursor *out)
{
	const struct cms_attribute *found = NULL;

	for (size_t i = 0; i < s->n_attrs; i++) {
		if (!span_equal(s->attrs[i].oid, oid))
			continue;
		s->duplicate_attr = s->duplicate_attr || found || s->attrs[i].n_values != 1;
		found = &s->attrs[i];
	}
	if (!found || s->duplicate_attr)
		return false;
	*out = cursor_at(found->values[0], 0);
	return true;
}

static enum status known_attributes_read(struct arena *a, struct signer_info *s)
{
	struct cursor c;
	struct der d;
	const struct cms_attribute *time;

	if (single_value(s, OID_MESSAGE_DIGEST, &c) && der_next(&c, &d) &&
	    (d.tag & ~CONSTRUCTED) == DER_OCTET_STRING)
		TRY(der_octets(a, &d, &s->message_digest));
	if (single_value(s, OID_CONTENT_TYPE, &c) && der_expect(&c, DER_OID, &d))
		s->content_type = d.value;
	time = cms_attribute_find(s->attrs, s->n_attrs, OID_SIGNING_TIME);
	/* Two times are no time (RFC 5652, 11.3): nobody shall choose among them. */
	for (size_t i = 0; time && i < s->n_attrs; i++)
		if (&s->attrs[i] != time && span_equal(s->attrs[i].oid, OID_SIGNING_TIME))
			time = NULL;
	if (time && time->n_values == 1) {
		c = cursor_at(time->values[0], 0);
		s->has_signing_time = der_next(&c, &d) && der_time(&d, &s->signing_time);
	}
	return STATUS_OK;
}

/* SignerIdentifier: which certificate. */
static enum status identifier_read(struct arena *a, struct cursor *c, struct signer_info *out)
{
	struct der sid, name, serial;
	struct cursor inside;

	if (der_optional(c, DER_CONTEXT(0), &sid) ||
	    der_optional(c, DER_CONTEXT_CONSTRUCTED(0), &sid))
		return der_octets(a, &sid, &out->key_id);
	if (!take(out, c, DER_SEQUENCE, &sid))
		return STATUS_MALFORMED;
	inside = der_enter(&sid);
	if (!take(out, &inside, DER_SEQUENCE, &name) ||
	    !take(out, &inside, DER_INTEGER, &serial) || cursor_left(&inside) != 0)
		return STATUS_MALFORMED;
	out->issuer = name.whole;
	out->serial = serial.value;
	return STATUS_OK;
}

static enum status digest_algorithm_read(struct cursor *c, struct signer_info *out)
{
	struct der sequence, oid;
	struct cursor inside;

	if (!take(out, c, DER_SEQUENCE, &sequence))
		return STATUS_MALFORMED;
	inside = der_enter(&sequence);
	if (!take(out, &inside, DER_OID, &oid))
		return STATUS_MALFORMED;
	out->digest_oid = oid.value;
	out->digest = digest_by_oid(oid.value);
	return STATUS_OK;
}

static enum status signature_value_read(struct arena *a, struct cursor *c,
					struct signer_info *out)
{
	struct der d;

	if (!der_optional(c, DER_OCTET_STRING, &d) &&
	    !der_optional(c, DER_OCTET_STRING | CONSTRUCTED, &d))
		return STATUS_MALFORMED;
	shape_note(out, &d);
	return der_octets(a, &d, &out->signature);
}

enum status signer_info_read(struct arena *a, struct span in, struct signer_info *out)
{
	struct der whole, version, algorithm, attrs;
	struct cursor c = cursor_at(in, 0);

	*out = (struct signer_info){ 0 };
	if (!take(out, &c, DER_SEQUENCE, &whole) || cursor_left(&c) != 0)
		return STATUS_MALFORMED;
	out->whole = whole.whole;
	c = der_enter(&whole);
	if (!take(out, &c, DER_INTEGER, &version) || !der_u64(&version, &out->version))
		return STATUS_MALFORMED;
	TRY(identifier_read(a, &c, out));
	TRY(digest_algorithm_read(&c, out));
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(0), &attrs)) {
		shape_note(out, &attrs);
		out->signed_attrs = attrs.whole;
		TRY(attributes_read(a, out, &attrs, &out->attrs, &out->n_attrs));
		TRY(known_attributes_read(a, out));
	}
	if (!take(out, &c, DER_SEQUENCE, &algorithm))
		return STATUS_MALFORMED;
	TRY(signature_algorithm_read(&algorithm, &out->signature_algorithm));
	TRY(signature_value_read(a, &c, out));
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(1), &attrs)) {
		shape_note(out, &attrs);
		TRY(attributes_read(a, out, &attrs, &out->unsigned_attrs,
				    &out->n_unsigned_attrs));
	}
	return cursor_ok(&c) && cursor_left(&c) == 0 ? STATUS_OK : STATUS_MALFORMED;
}

const struct cms_attribute *cms_attribute_find(const struct cms_attribute *attrs, size_t n,
					       struct span oid)
{
	for (size_t i = 0; i < n; i++)
		if (span_equal(attrs[i].oid, oid))
			return &attrs[i];
	return NULL;
}

/* @exactly: octet by octet; else as RFC 5280 7.1 compares names, for signers who wrote theirs
 * with other string types than its certificate has. */
static bool names_certificate(const struct signer_info *s, const struct certificate *c,
			      bool exactly)
{
	if (s->issuer.len > 0)
		return span_equal(s->serial, c->serial) &&
		       (exactly ? span_equal(s->issuer, c->issuer)
				: name_equal(s->issuer, c->issuer));
	return s->key_id.len > 0 && span_equal(s->key_id, c->subject_key_id);
}

const struct certificate *signer_certificate(const struct signer_info *signer,
					     const struct certificate *certs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (names_certificate(signer, &certs[i], true))
			return &certs[i];
	for (size_t i = 0; i < n; i++)
		if (names_certificate(signer, &certs[i], false))
			return &certs[i];
	return NULL;
}

/* A length as DER writes it: the first octet stands for how many follow (X.690 8.1.3). */
struct length_octets {
	uint8_t bytes[9];
	size_t n;
};

static struct length_octets length_encode(uint64_t len)
{
	struct length_octets out = { .n = 1 };
	int width = 0;

	if (len < 0x80) {
		out.bytes[0] = (uint8_t)len;
		return out;
	}
	while (width < 8 && len >> 8 * width != 0)
		width++;
	out.bytes[0] = (uint8_t)(0x80 | width);
	while (width-- > 0)
		out.bytes[out.n++] = (uint8_t)(len >> 8 * width);
	return out;
}

/*
 * The signature covers the attributes as a SET OF in DER (RFC 5652 5.4), but
 * they stand there as [0] and sometimes with an indefinite length.  So header
 * and contents are hashed apart: the contents exactly as they stand.
 */
static enum status attributes_hash(const struct signer_info *s, struct digest *out)
{
	static const uint8_t set[] = { DER_SET };
	struct length_octets length;
	struct der d;

	if (!der_only(s->signed_attrs, DER_CONTEXT_CONSTRUCTED(0), &d, NULL))
		return STATUS_MALFORMED;
	length = length_encode(d.value.len);
	return digest_of(s->digest,
			 (struct span[]){
				 SPAN_OF(set), {length.bytes, length.n},
                                  d.value
        },
			 3, out);
}

/* @content: the digest of what is signed, or of what the attributes speak of. */
static enum status digest_verify(const struct signer_info *signer, const struct public_key *key,
				 const struct digest *content, bool allow_raw_hash,
				 struct signer_check *out)
{
	enum digest_algorithm implied = signer->signature_algorithm.digest;
	struct digest hash = *content;
	struct signature_check check = { .key = key,
					 .algorithm = &signer->signature_algorithm,
					 .hash = &hash,
					 .signature = signer->signature,
					 .raw_hash = allow_raw_hash };

	out->algorithm_contradiction = implied != DIGEST_NONE && implied != signer->digest;
	out->digest_matches = true;
	if (signer->signed_attrs.len > 0) {
		out->digest_matches = digest_equal(&hash, signer->message_digest);
		TRY(attributes_hash(signer, &hash));
	}
	out->signature = signature_verify(&check);
	out->raw_hash = check.was_raw;
	return out->signature == SIGNATURE_UNKNOWN ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status signer_verify(const struct signer_info *signer, const struct public_key *key,
			  struct span content, bool allow_raw_hash, struct signer_check *out)
{
	struct digest hash;

	*out = (struct signer_check){ 0 };
	if (signer->digest == DIGEST_NONE) {
		out->signature = SIGNATURE_NOT_SUPPORTED;
		return STATUS_OK;
	}
	TRY(digest_of(signer->digest, &content, 1, &hash));
	return digest_verify(signer, key, &hash, allow_raw_hash, out);
}

enum status signer_verify_detached(const struct signer_info *signer,
				   const struct public_key *key, const struct digest *content,
				   struct signer_check *out)
{
	*out = (struct signer_check){ 0 };
	if (signer->digest == DIGEST_NONE || signer->digest != content->algorithm) {
		out->signature = SIGNATURE_NOT_SUPPORTED;
		return STATUS_OK;
	}
	return digest_verify(signer, key, content, false, out);
}

const char *signer_problem(const struct signer_info *signer, const struct signer_check *check)
{
	if (signer->duplicate_attr)
		return "a signed attribute that must be unique stands there twice";
	if (check->algorithm_contradiction)
		return "signature algorithm and digest algorithm contradict each other";
	if (!check->digest_matches)
		return "the signed digest of its content (messageDigest) differs";
	if (check->signature != SIGNATURE_OK)
		return "the signature value is not made by the key of its certificate";
	return NULL;
}
