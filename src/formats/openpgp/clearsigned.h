/* SPDX-License-Identifier: MIT */
/* Text that is signed where it stands: apt's InRelease, lists of checksums (RFC 9580 7). */
#pragma once
#include "formats/format.h"

extern const struct format format_openpgp;
