/* SPDX-License-Identifier: MIT */
/*
 * X.509 certificates (RFC 5280 4.1 and 4.2).
 *
 * A certificate that breaks a rule but can be read is read, and marked: only
 * who builds a chain knows whether it matters.
 */
#include "crypto/x509.h"

#define SERIAL_MAX_BYTES 20 /* RFC 5280 4.1.2.2 */
#define TIME_NEVER_FROM  INT64_MAX
#define TIME_NEVER_UNTIL INT64_MIN

struct extension {
	struct span oid, value;
	bool critical;
};

/* The next of the Extensions; false, and the cursor failed, if it is none. */
static bool extension_next(struct cursor *extensions, struct extension *out)
{
	struct der sequence, oid, critical, value;
	struct cursor c;
	bool named;

	if (!der_expect(extensions, DER_SEQUENCE, &sequence))
		return false;
	c = der_enter(&sequence);
	named = der_expect(&c, DER_OID, &oid);
	(void)der_optional(&c, DER_BOOLEAN, &critical);
	if (!named || !der_expect(&c, DER_OCTET_STRING, &value) || cursor_left(&c) != 0) {
		extensions->failed = true;
		return false;
	}
	*out = (struct extension){ oid.value, value.value, span_at(critical.value, 0) != 0 };
	return true;
}

static bool basic_constraints_read(const struct extension *e, struct certificate *out)
{
	struct der sequence, ca, length;
	struct cursor c;

	if (!der_only(e->value, DER_SEQUENCE, &sequence, NULL))
		return false;
	c = der_enter(&sequence);
	out->has_basic_constraints = true;
	out->is_ca = der_optional(&c, DER_BOOLEAN, &ca) && span_at(ca.value, 0) != 0;
	out->has_path_len = der_optional(&c, DER_INTEGER, &length);
	if (out->has_path_len && !der_u64(&length, &out->path_len))
		return false;
	return cursor_ok(&c) && cursor_left(&c) == 0;
}

static bool key_usage_read(const struct extension *e, struct certificate *out)
{
	struct der bits;

	if (!der_only(e->value, DER_BIT_STRING, &bits, NULL) || bits.value.len == 0)
		return false;
	out->has_key_usage = true;
	out->key_usage = span_at(bits.value, 1);
	return true;
}

static bool eku_read(const struct extension *e, struct certificate *out)
{
	struct der sequence, oid;
	struct cursor c;

	out->has_eku = true;
	out->eku_critical = e->critical;
	if (!der_only(e->value, DER_SEQUENCE, &sequence, NULL))
		return false;
	out->eku = sequence.value;
	c = der_enter(&sequence);
	while (cursor_left(&c) > 0)
		if (!der_expect(&c, DER_OID, &oid))
			return false;
	return out->eku.len > 0;
}

static bool subject_key_id_read(const struct extension *e, struct certificate *out)
{
	struct der octets;

	if (!der_only(e->value, DER_OCTET_STRING, &octets, NULL))
		return false;
	out->subject_key_id = octets.value;
	return true;
}

static bool authority_key_id_read(const struct extension *e, struct certificate *out)
{
	struct der sequence, id;
	struct cursor c;

	if (!der_only(e->value, DER_SEQUENCE, &sequence, NULL))
		return false;
	c = der_enter(&sequence);
	if (der_optional(&c, DER_CONTEXT(0), &id))
		out->authority_key_id = id.value;
	return cursor_ok(&c);
}

static bool name_constraints_read(const struct extension *e, struct certificate *out)
{
	struct der sequence;

	out->name_constraints = e->value;
	return der_only(e->value, DER_SEQUENCE, &sequence, NULL);
}

/* What may be critical; whoever has no reader restricts nothing that we ask about. */
static const struct {
	struct span oid;
	bool (*read)(const struct extension *e, struct certificate *out);
} known_extensions[] = {
	{OID_INIT("\x55\x1d\x0e"),                          subject_key_id_read   },
	{ OID_INIT("\x55\x1d\x23"),                         authority_key_id_read },
	{ OID_INIT("\x55\x1d\x0f"),                         key_usage_read        },
	{ OID_INIT("\x55\x1d\x25"),                         eku_read              },
	{ OID_INIT("\x55\x1d\x13"),                         basic_constraints_read},
	{ OID_INIT("\x55\x1d\x1e"),                         name_constraints_read },
	{ OID_INIT("\x55\x1d\x20"),                         NULL                  }, /* certificatePolicies */
	{ OID_INIT("\x55\x1d\x1f"),                         NULL                  }, /* cRLDistributionPoints */
	{ OID_INIT("\x2b\x06\x01\x05\x05\x07\x01\x01"),     NULL                  }, /* authorityInfoAccess */
	{ OID_INIT("\x55\x1d\x11"),                         NULL                  }, /* subjectAltName */
	{ OID_INIT("\x55\x1d\x12"),                         NULL                  }, /* issuerAltName */
	{ OID_INIT("\x55\x1d\x09"),                         NULL                  }, /* subjectDirectoryAttributes */
	{ OID_INIT("\x55\x1d\x10"),                         NULL                  }, /* privateKeyUsagePeriod */
	{ OID_INIT("\x55\x1d\x21"),                         NULL                  }, /* policyMappings */
	{ OID_INIT("\x55\x1d\x24"),                         NULL                  }, /* policyConstraints */
	{ OID_INIT("\x55\x1d\x2e"),                         NULL                  }, /* freshestCRL */
	{ OID_INIT("\x55\x1d\x36"),                         NULL                  }, /* inhibitAnyPolicy */
	{ OID_INIT("\x2b\x06\x01\x05\x05\x07\x01\x0b"),     NULL                  }, /* subjectInfoAccess */
	{ OID_INIT("\x2b\x06\x01\x05\x05\x07\x30\x01\x05"), NULL                  }, /* OCSP no-check */
	{ OID_INIT("\x60\x86\x48\x01\x86\xf8\x42\x01\x01"), NULL                  }, /* Netscape type */
};

static bool extension_read(const struct extension *e, struct certificate *out)
{
	for (size_t i = 0; i < COUNT_OF(known_extensions); i++)
		if (span_equal(known_extensions[i].oid, e->oid))
			return !known_extensions[i].read || known_extensions[i].read(e, out);
	if (e->critical && out->critical_unknown.len == 0)
		out->critical_unknown = e->oid;
	return true;
}

static enum status extensions_read(struct certificate *out)
{
	struct span seen[CERTIFICATE_MAX_EXTENSIONS];
	struct cursor c = cursor_at(out->extensions, 0);
	struct extension e;
	size_t n = 0;

	while (cursor_left(&c) > 0) {
		bool repeated = false;

		if (n == COUNT_OF(seen))
			return STATUS_LIMIT;
		if (!extension_next(&c, &e))
			break;
		for (size_t i = 0; i < n; i++)
			repeated = repeated || span_equal(seen[i], e.oid);
		seen[n++] = e.oid;
		/* The first counts: a second one must not widen what it says. */
		if (repeated || !extension_read(&e, out))
			out->malformed = true;
	}
	if (!cursor_ok(&c))
		out->malformed = true;
	return STATUS_OK;
}

/* A time that cannot be read is never: no moment lies in such a validity. */
static void validity_read(const struct der *validity, struct certificate *out)
{
	struct cursor c = der_enter(validity);
	struct der from, until;

	if (der_next(&c, &from) && der_next(&c, &until) && cursor_left(&c) == 0 &&
	    der_time(&from, &out->not_before) && der_time(&until, &out->not_after))
		return;
	out->not_before = TIME_NEVER_FROM;
	out->not_after = TIME_NEVER_UNTIL;
	out->malformed = true;
}

/* issuerUniqueID, subjectUniqueID and extensions: what may stand behind the key. */
static bool tail_read(struct cursor *c, struct certificate *out)
{
	struct der unique, extensions, sequence;

	while (der_optional(c, DER_CONTEXT(1), &unique) ||
	       der_optional(c, DER_CONTEXT(2), &unique))
		continue;
	if (der_optional(c, DER_CONTEXT_CONSTRUCTED(3), &extensions)) {
		if (!der_only(extensions.value, DER_SEQUENCE, &sequence, NULL))
			return false;
		out->extensions = sequence.value;
	}
	return cursor_ok(c) && cursor_left(c) == 0;
}

static bool version_read(struct cursor *c, struct certificate *out)
{
	struct der explicit, number;

	if (!der_optional(c, DER_CONTEXT_CONSTRUCTED(0), &explicit))
		return cursor_ok(c);
	return der_only(explicit.value, DER_INTEGER, &number, NULL) &&
	       der_u64(&number, &out->version);
}

/* *@algorithm: the AlgorithmIdentifier that the signature covers. */
static bool tbs_read(const struct der *tbs, struct certificate *out, struct span *algorithm)
{
	struct der serial, signature, issuer, validity, subject, key;
	struct cursor c = der_enter(tbs);

	if (!version_read(&c, out) || !der_expect(&c, DER_INTEGER, &serial) ||
	    !der_expect(&c, DER_SEQUENCE, &signature) ||
	    !der_expect(&c, DER_SEQUENCE, &issuer) ||
	    !der_expect(&c, DER_SEQUENCE, &validity) ||
	    !der_expect(&c, DER_SEQUENCE, &subject) || !der_expect(&c, DER_SEQUENCE, &key))
		return false;
	*algorithm = signature.whole;
	out->serial = serial.value;
	out->issuer = issuer.whole;
	out->subject = subject.whole;
	validity_read(&validity, out);
	if (public_key_read(key.whole, &out->key) == STATUS_MALFORMED)
		out->malformed = true;
	out->key.spki = key.whole;
	return tail_read(&c, out);
}

static enum status fingerprint(struct span s, uint8_t out[32])
{
	struct digest d;

	TRY(digest_of(DIGEST_SHA256, &s, 1, &d));
	(void)span_copy(out, 32, digest_span(&d));
	return STATUS_OK;
}

enum status certificate_read(struct span der, struct certificate *out, struct span *rest)
{
	struct der whole, tbs, algorithm, signature;
	struct span signed_algorithm;
	struct cursor c;

	*out = (struct certificate){ 0 };
	if (!der_only(der, DER_SEQUENCE, &whole, rest))
		return STATUS_MALFORMED;
	c = der_enter(&whole);
	if (!der_expect(&c, DER_SEQUENCE, &tbs) || !der_expect(&c, DER_SEQUENCE, &algorithm) ||
	    !der_expect(&c, DER_BIT_STRING, &signature) || cursor_left(&c) != 0 ||
	    !der_bits(&signature, &out->signature) || !tbs_read(&tbs, out, &signed_algorithm))
		return STATUS_MALFORMED;
	out->der = whole.whole;
	out->tbs = tbs.whole;
	TRY(signature_algorithm_read(&algorithm, &out->signature_algorithm));
	TRY(extensions_read(out));
	out->algorithms_differ = !span_equal(algorithm.whole, signed_algorithm);
	if (out->algorithms_differ || out->version > 2 || out->serial.len == 0 ||
	    out->serial.len > SERIAL_MAX_BYTES + 1)
		out->malformed = true;
	TRY(fingerprint(out->der, out->sha256));
	return fingerprint(out->key.spki, out->spki_sha256);
}

bool certificate_self_issued(const struct certificate *c)
{
	return span_equal(c->issuer, c->subject);
}

enum signature_result certificate_signed_by(const struct certificate *child,
					    const struct public_key *key)
{
	struct digest hash;
	struct signature_check check = { .key = key,
					 .algorithm = &child->signature_algorithm,
					 .hash = &hash,
					 .signature = child->signature };

	if (child->algorithms_differ) /* RFC 5280, 4.1.1.2 */
		return SIGNATURE_WRONG;
	/* Here nothing but the algorithm can say which digest was signed. */
	if (child->signature_algorithm.key == KEY_UNKNOWN ||
	    child->signature_algorithm.digest == DIGEST_NONE)
		return SIGNATURE_NOT_SUPPORTED;
	if (digest_of(child->signature_algorithm.digest, &child->tbs, 1, &hash) != STATUS_OK)
		return SIGNATURE_UNKNOWN;
	return signature_verify(&check);
}

bool certificate_has_eku(const struct certificate *c, struct span oid)
{
	struct cursor ids = cursor_at(c->eku, 0);
	struct der d;

	while (cursor_left(&ids) > 0 && der_expect(&ids, DER_OID, &d))
		if (span_equal(d.value, oid))
			return true;
	return false;
}

static bool extension_known(struct span oid)
{
	for (size_t i = 0; i < COUNT_OF(known_extensions); i++)
		if (span_equal(known_extensions[i].oid, oid))
			return true;
	return false;
}

struct span certificate_critical_unknown(const struct certificate *c, struct span arc)
{
	struct cursor extensions = cursor_at(c->extensions, 0);
	struct extension e;

	if (c->critical_unknown.len == 0 || arc.len == 0)
		return c->critical_unknown;
	while (cursor_left(&extensions) > 0 && extension_next(&extensions, &e))
		if (e.critical && !extension_known(e.oid) && !oid_is_below(e.oid, arc))
			return e.oid;
	return SPAN_NONE;
}

bool certificate_extension(const struct certificate *c, struct span oid, struct span *value,
			   bool *critical)
{
	struct cursor extensions = cursor_at(c->extensions, 0);
	struct extension e;

	*value = SPAN_NONE;
	*critical = false;
	while (cursor_left(&extensions) > 0 && extension_next(&extensions, &e))
		if (span_equal(e.oid, oid)) {
			*value = e.value;
			*critical = e.critical;
			return true;
		}
	return false;
}
