/* SPDX-License-Identifier: MIT */
#include "crypto/edwards.h"

#include <openssl/err.h>

void edwards_end(struct edwards *w)
{
	EVP_MD_CTX_free(w->context);
	EVP_PKEY_free(w->key);
	OSSL_LIB_CTX_free(w->library);
	(void)ERR_pop_to_mark();
}

bool edwards_begin(struct edwards *w)
{
	(void)ERR_set_mark();
	w->library = OSSL_LIB_CTX_new();
	w->context = EVP_MD_CTX_new();
	return w->library && w->context;
}

enum signature_result edwards_verify(const char *kind, struct span open, struct span message,
				     struct span signature)
{
	CLEANUP(edwards_end) struct edwards w = { 0 };

	if (!edwards_begin(&w))
		return SIGNATURE_UNKNOWN;
	w.key = EVP_PKEY_new_raw_public_key_ex(w.library, kind, NULL, open.ptr, open.len);
	if (!w.key ||
	    EVP_DigestVerifyInit_ex(w.context, NULL, NULL, w.library, NULL, w.key, NULL) != 1)
		return SIGNATURE_UNKNOWN;
	return EVP_DigestVerify(w.context, signature.ptr, signature.len, message.ptr,
				message.len) == 1
		       ? SIGNATURE_OK
		       : SIGNATURE_WRONG;
}
