/* SPDX-License-Identifier: MIT */
/* Authenticode: PE claims -> facts. */
#pragma once
#include "formats/pe/pe.h"
#include "verify/scheme.h"

#define AUTH_MAX_DEPTH 4
#define AUTH_MAX_SIGS  32

extern const struct scheme scheme_authenticode;
