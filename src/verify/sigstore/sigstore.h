/* SPDX-License-Identifier: MIT */
/* The scheme of sigstore bundles beside a file. */
#pragma once
#include "verify/scheme.h"

extern const struct scheme scheme_sigstore;
