/* SPDX-License-Identifier: MIT */
/* The people of the forge.  Private to tests/forge. */
#pragma once
#include "tests/forge/forge.h"

const struct pki_certificate *identity_make(struct forge *f, const char *name);
extern const char *const identity_anchors[];
extern const size_t n_identity_anchors;
/* What the authority "revoking" revoked. */
struct span identity_crl(struct forge *f);
