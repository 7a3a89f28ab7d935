/* SPDX-License-Identifier: MIT */
/* Complaints: one line on standard error, "assay: ...", with hostile characters escaped. */
#pragma once
#include "base/attrs.h"

PRINTF(1, 2) void complain(const char *format, ...);
