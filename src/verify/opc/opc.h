/* SPDX-License-Identifier: MIT */
/* OPC: claims of packages -> facts.  Follows ECMA-376 part 2, 13. */
#pragma once
#include "verify/scheme.h"

extern const struct scheme scheme_opc;
