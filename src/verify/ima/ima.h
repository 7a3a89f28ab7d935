/* SPDX-License-Identifier: MIT */
/*
 * IMA: the signature in security.ima, or in a file beside (Linux integrity subsystem);
 * and a bare signature over the SHA-256 of a file, by keys of the same set.
 */
#pragma once
#include "verify/scheme.h"

extern const struct scheme scheme_ima, scheme_raw;
