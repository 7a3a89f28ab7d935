/* SPDX-License-Identifier: MIT */
/* The signatures of Chromium extensions (crx_verifier.cc of Chromium). */
#pragma once
#include "verify/scheme.h"

extern const struct scheme scheme_crx;
