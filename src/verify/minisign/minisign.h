/* SPDX-License-Identifier: MIT */
/* minisign and signify: Ed25519 signatures of files, beside them. */
#pragma once
#include "verify/scheme.h"

#define MINISIGN_MAX_COMMENT 1024 /* octets of a trusted comment, as minisign itself */

extern const struct scheme scheme_minisign, scheme_signify;
