/* SPDX-License-Identifier: MIT */
/*
 * IMA: the signature in security.ima, or in a file beside (Linux integrity subsystem);
 * EVM: the one in security.evm; and a bare signature over the SHA-256 of a file, by keys of the
 * same set.
 */
#pragma once
#include "verify/scheme.h"

extern const struct scheme scheme_ima, scheme_raw;

/* The portable signature in security.evm, over the other attributes, owner and mode. */
extern const struct scheme scheme_evm;
