/* SPDX-License-Identifier: MIT */
#include "crypto/ed448.h"

#include "crypto/edwards.h"

enum signature_result ed448_verify(struct span open, struct span message, struct span signature)
{
	if (open.len != ED448_KEY_BYTES || signature.len != ED448_SIGNATURE_BYTES)
		return SIGNATURE_WRONG;
	return edwards_verify("ED448", open, message, signature);
}
