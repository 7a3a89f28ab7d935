/* SPDX-License-Identifier: MIT */
#include "tests/xml_builder.h"

#include "base/base64.h"
#include "crypto/x509.h"

void xml_digest_write(struct buffer *out, struct span text)
{
	struct forge_digest d = forge_digest_of("SHA256", &text, 1);

	base64_encode(out, forge_digest_span(&d));
}

/* What @signer signs of @text, as PKCS #1 v1.5 does. */
static void value_write(struct forge *f, const char *signer, struct span text, bool bad,
			struct buffer *out)
{
	const struct pki_certificate *certificate = forge_identity(f, signer);
	struct forge_digest d = forge_digest_of("SHA256", &text, 1);
	CLEANUP(buffer_free) struct buffer block = BUFFER_INIT;
	size_t whole = der_open(&block, DER_SEQUENCE);

	der_add_algorithm(&block, forge_digest_oid("SHA256", false), true);
	d.bytes[0] ^= bad;
	der_add(&block, DER_OCTET_STRING, forge_digest_span(&d));
	der_close(&block, whole);
	base64_encode(out,
		      pki_sign(forge_pki(f), certificate->key, "SHA256", buffer_span(&block)));
}

/* A SignedInfo as it stands in a Signature, and in canonical form. */
static void info_write(struct buffer *out, const struct xml_info *info, bool canonical)
{
	buffer_printf(out,
		      "<SignedInfo%s><CanonicalizationMethod Algorithm=\"%s\">"
		      "</CanonicalizationMethod><SignatureMethod Algorithm=\"" RSA
		      "\"></SignatureMethod><Reference URI=\"%s\"><Transforms>",
		      canonical ? " xmlns=\"" DSIG "\"" : "", info->form, info->uri);
	if (info->enveloped)
		buffer_text(out, "<Transform Algorithm=\"" DSIG
				 "enveloped-signature\"></Transform>");
	buffer_printf(out,
		      "<Transform Algorithm=\"%s\"></Transform></Transforms><DigestMethod "
		      "Algorithm=\"" SHA256 "\"></DigestMethod><DigestValue>",
		      info->form);
	xml_digest_write(out, info->signed_text);
	buffer_text(out, "</DigestValue></Reference></SignedInfo>");
}

void xml_signature_write(struct forge *f, struct buffer *out, const struct xml_info *info,
			 const char *signer, bool bad)
{
	CLEANUP(buffer_free) struct buffer canonical = BUFFER_INIT;

	info_write(out, info, false);
	info_write(&canonical, info, true);
	buffer_text(out, "<SignatureValue>");
	value_write(f, signer, buffer_span(&canonical), bad, out);
	buffer_text(out, "</SignatureValue>");
}

void xml_certificates_write(struct forge *f, struct buffer *out, const char *signer)
{
	const struct pki_certificate *chain[FORGE_MAX_CHAIN];
	size_t n = forge_chain(f, signer, chain);

	buffer_text(out, "<X509Data>");
	for (size_t i = n; i > 0; i--) {
		buffer_text(out, "<X509Certificate>");
		base64_encode(out, chain[i - 1]->der);
		buffer_text(out, "</X509Certificate>");
	}
	buffer_text(out, "<X509Certificate>");
	base64_encode(out, forge_identity(f, signer)->der);
	buffer_text(out, "</X509Certificate></X509Data>");
}

void xml_key_write(struct forge *f, struct buffer *out, const char *signer)
{
	struct certificate c;

	if (certificate_read(forge_identity(f, signer)->der, &c, NULL) != STATUS_OK)
		forge_fail(signer);
	buffer_text(out, "<KeyValue><RSAKeyValue><Modulus>");
	base64_encode(out, c.key.modulus);
	buffer_text(out, "</Modulus><Exponent>");
	base64_encode(out, c.key.exponent);
	buffer_text(out, "</Exponent></RSAKeyValue></KeyValue>");
}
