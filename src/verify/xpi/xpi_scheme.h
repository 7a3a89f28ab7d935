/* SPDX-License-Identifier: MIT */
/* The signatures of Firefox add-ons: blocks of META-INF, and COSE_Sign (RFC 9052) beside them.
 */
#pragma once
#include "verify/scheme.h"

extern const struct scheme scheme_xpi, scheme_cose;
