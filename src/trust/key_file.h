/* SPDX-License-Identifier: MIT */
/*
 * Key files of the administrator -> draft: raw public keys, for ecosystems that
 * know no certificates.  What vouches for them is that he names them.
 */
#pragma once
#include "trust/intake.h"

#define KEY_FILE_MAX_ROOT    ((size_t)1 << 20) /* octets of a trusted_root.json */
#define KEY_FILE_MAX_LINE    256
#define KEY_FILE_MAX_COMMENT 1024
/* of an Ed25519 key file */
#define ED25519_FILE_OCTETS 42 /* "Ed", key number, key */

/* A SubjectPublicKeyInfo (RFC 5280 4.1.2.7); NOT_MINE: none. */
MUST_CHECK enum status public_key_take(struct intake *in, struct span spki);

/* OpenPGP keys (RFC 9580 10.1), binary, one behind the other; NOT_MINE: none. */
MUST_CHECK enum status keyring_take(struct intake *in, struct span packets);

/* The same in armor (RFC 9580 6.2), from its first dashes to its last. */
MUST_CHECK enum status armored_keyring_take(struct intake *in, struct span block);

/* The public key as minisign and signify write it; NOT_MINE: none. */
MUST_CHECK enum status ed25519_take(struct intake *in, struct span text);

/* A trusted_root.json of sigstore, which its scheme reads; NOT_MINE: none. */
MUST_CHECK enum status sigstore_root_take(struct intake *in, struct span text);
