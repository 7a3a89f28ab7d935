/* SPDX-License-Identifier: MIT */
/* ZIP archives, and the kinds of them that sign: each kind is a room of its own. */
#pragma once
#include "formats/format.h"

extern const struct format format_zip;
