/* SPDX-License-Identifier: MIT */
/*
 * Signed XAR archives: claims -> facts.
 *
 * Follows xar++.cpp (Apple, Security framework): a CMS signature, or one of RSA
 * alone, over the checksum of the packed table of contents.
 */
#pragma once
#include "verify/scheme.h"

extern const struct scheme scheme_xar;
