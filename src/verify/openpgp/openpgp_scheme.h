/* SPDX-License-Identifier: MIT */
/*
 * OpenPGP signatures over files: in Debian and RPM packages, beside their data, around
 * their text (RFC 9580; debsigs, dpkg-sig, "RPM Package format").
 */
#pragma once
#include "verify/scheme.h"

#define OPENPGP_MAX_SIGNATURES 32 /* of one file */

extern const struct scheme scheme_openpgp;
