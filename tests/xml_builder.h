/* SPDX-License-Identifier: MIT */
/*
 * XML signatures for tests, written in canonical form by hand, so that a mistake
 * of ours in writing it cannot hide.
 */
#pragma once
#include "tests/forge/signing.h"

#define DSIG      "http://www.w3.org/2000/09/xmldsig#"
#define C14N      "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define EXCLUSIVE "http://www.w3.org/2001/10/xml-exc-c14n#"
#define SHA256    "http://www.w3.org/2001/04/xmlenc#sha256"
#define RSA       "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

/* A SignedInfo with one reference. */
struct xml_info {
	const char *form, *uri;
	bool enveloped;
	struct span signed_text; /* what the reference is to */
};

/* Base64 of the SHA-256 of @text. */
void xml_digest_write(struct buffer *out, struct span text);
/* SignedInfo and SignatureValue; @bad: of another digest. */
void xml_signature_write(struct forge *f, struct buffer *out, const struct xml_info *info,
			 const char *signer, bool bad);
/* X509Data with the chain of @signer. */
void xml_certificates_write(struct forge *f, struct buffer *out, const char *signer);
/* KeyValue with the key of @signer. */
void xml_key_write(struct forge *f, struct buffer *out, const char *signer);
