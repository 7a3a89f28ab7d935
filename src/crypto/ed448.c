/* SPDX-License-Identifier: MIT */
#include "crypto/ed448.h"

#include <openssl/err.h>
#include <openssl/evp.h>

/* A library context of its own reads no configuration. */
struct work {
	OSSL_LIB_CTX *library;
	EVP_PKEY *key;
	EVP_MD_CTX *context;
};

static void work_end(struct work *w)
{
	EVP_MD_CTX_free(w->context);
	EVP_PKEY_free(w->key);
	OSSL_LIB_CTX_free(w->library);
	(void)ERR_pop_to_mark();
}

enum signature_result ed448_verify(struct span open, struct span message, struct span signature)
{
	CLEANUP(work_end) struct work w = { 0 };

	(void)ERR_set_mark();
	if (open.len != ED448_KEY_BYTES || signature.len != ED448_SIGNATURE_BYTES)
		return SIGNATURE_WRONG;
	w.library = OSSL_LIB_CTX_new();
	w.context = EVP_MD_CTX_new();
	if (!w.library || !w.context)
		return SIGNATURE_UNKNOWN;
	w.key = EVP_PKEY_new_raw_public_key_ex(w.library, "ED448", NULL, open.ptr, open.len);
	if (!w.key ||
	    EVP_DigestVerifyInit_ex(w.context, NULL, NULL, w.library, NULL, w.key, NULL) != 1)
		return SIGNATURE_UNKNOWN;
	return EVP_DigestVerify(w.context, signature.ptr, signature.len, message.ptr,
				message.len) == 1
		       ? SIGNATURE_OK
		       : SIGNATURE_WRONG;
}
