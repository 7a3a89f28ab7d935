/* SPDX-License-Identifier: MIT */
/* What Ed25519 and Ed448 (RFC 8032) ask of libcrypto, each time in a context of its own. */
#ifndef CRYPTO_EDWARDS_H
#define CRYPTO_EDWARDS_H

#include "crypto/key.h"
#include <openssl/evp.h>

/* All that one computation holds.  A library context of its own reads no configuration. */
struct edwards {
	OSSL_LIB_CTX *library;
	EVP_PKEY *key;
	EVP_MD_CTX *context;
};

/* False: there is no memory.  edwards_end() is due in any case. */
bool edwards_begin(struct edwards *w);

void edwards_end(struct edwards *w);

/* @kind "ED25519" or "ED448"; the lengths of the key and of the signature are the caller's. */
enum signature_result edwards_verify(const char *kind, struct span open, struct span message,
				     struct span signature);

#endif
