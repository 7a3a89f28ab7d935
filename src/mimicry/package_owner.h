/* SPDX-License-Identifier: MIT */
/* Whose name an Android package has.  Private to src/mimicry. */
#pragma once
#include "mimicry/mimicry.h"

/* As donors and the vendors of administrators write a key: "sha256:HEX" of its certificate. */
const char *package_key(struct arena *a, struct span certificate);

/* What all packages of a name have in common; false: it has no letters. */
bool package_identity(const char *package, uint8_t out[16]);

/* The name that the package gives itself; NULL: none, or it is none. */
const char *package_name(const struct mimicry_case *c);

/*
 * Says of every signature that holds when the name is known under another key:
 * untrusted, or counterfeit when the administrator said whose it is.
 */
MUST_CHECK enum status package_owner_judge(struct arena *a, struct mimicry_case *c);
