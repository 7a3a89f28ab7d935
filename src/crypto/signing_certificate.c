/* SPDX-License-Identifier: MIT */
/* Which certificate a signer says is his: RFC 2634 5.4, RFC 5035 4. */
#include "crypto/cms.h"

#define OID_SIGNING_CERT    OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0c")
#define OID_SIGNING_CERT_V2 OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f")

/* The first ESSCertID(v2) of a signingCertificate attribute (RFC 2634 5.4, RFC 5035 4). */
static bool cert_id_read(struct span value, bool v2, enum digest_algorithm *algorithm,
			 struct span *hash)
{
	struct der whole, ids, id, identifier, oid, octets;
	struct cursor c;

	if (!der_only(value, DER_SEQUENCE, &whole, NULL))
		return false;
	c = der_enter(&whole);
	if (!der_expect(&c, DER_SEQUENCE, &ids))
		return false;
	c = der_enter(&ids);
	if (!der_expect(&c, DER_SEQUENCE, &id))
		return false;
	c = der_enter(&id);
	*algorithm = v2 ? DIGEST_SHA256 : DIGEST_SHA1;
	if (v2 && der_optional(&c, DER_SEQUENCE, &identifier)) {
		struct cursor inside = der_enter(&identifier);

		if (!der_expect(&inside, DER_OID, &oid))
			return false;
		*algorithm = digest_by_oid(oid.value);
	}
	if (!der_expect(&c, DER_OCTET_STRING, &octets))
		return false;
	*hash = octets.value;
	return true;
}

enum status signer_names_certificate(const struct signer_info *signer,
				     const struct certificate *certificate, bool v2,
				     enum certificate_named *out)
{
	const struct cms_attribute *attr = cms_attribute_find(
		signer->attrs, signer->n_attrs, v2 ? OID_SIGNING_CERT_V2 : OID_SIGNING_CERT);
	enum digest_algorithm algorithm = DIGEST_NONE;
	struct span said = SPAN_NONE;
	struct digest hash;

	*out = NAMED_NOT;
	if (!attr)
		return STATUS_OK;
	*out = NAMED_UNREADABLE;
	if (attr->n_values != 1 || !cert_id_read(attr->values[0], v2, &algorithm, &said))
		return STATUS_OK;
	*out = NAMED_UNSUPPORTED;
	if (algorithm == DIGEST_NONE)
		return STATUS_OK;
	TRY(digest_of(algorithm, &certificate->der, 1, &hash));
	*out = digest_equal(&hash, said) ? NAMED_RIGHT : NAMED_WRONG;
	return STATUS_OK;
}
