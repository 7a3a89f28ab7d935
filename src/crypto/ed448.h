/* SPDX-License-Identifier: MIT */
/* Ed448 (RFC 8032): libcrypto computes. */
#pragma once
#include "crypto/key.h"

#define ED448_KEY_BYTES       57
#define ED448_SIGNATURE_BYTES 114

enum signature_result ed448_verify(struct span open, struct span message,
				   struct span signature);
