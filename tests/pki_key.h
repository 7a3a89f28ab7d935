/* SPDX-License-Identifier: MIT */
/* What pki.c and pki_sign.c share.  Private to them. */
#pragma once
#include "tests/pki.h"
#include <openssl/evp.h>
#include <openssl/x509.h>

struct pki_key {
	EVP_PKEY *pkey;
	enum pki_key_type type;
	unsigned number;
	bool shared; /* may be given again for the same type and number */
};

/* A copy that the infrastructure owns. */
struct span pki_keep(struct pki *pki, const void *bytes, size_t len);
X509 *pki_x509(const struct pki_certificate *c);
EVP_PKEY *pki_dsa_make(void);
