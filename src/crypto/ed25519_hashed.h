/* SPDX-License-Identifier: MIT */
/*
 * Ed25519 (RFC 8032 5.1.7) of a message that does not fit into memory: the hash
 * over R, the key and the message is computed elsewhere, piece by piece.
 */
#pragma once
#include "crypto/ed25519.h"

/* @hash: SHA-512 of the first 32 octets of @signature, @open and the message. */
enum signature_result ed25519_verify_hashed(const uint8_t open[ED25519_KEY_BYTES],
					    const struct digest *hash, struct span signature);
