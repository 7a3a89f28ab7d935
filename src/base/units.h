/* SPDX-License-Identifier: MIT */
/*
 * Units: numbers as people write them in options and configuration files.
 *
 * Decimal digits only, no sign, no space, no fraction.  A unit is part of what
 * is asked for and never guessed: 64MiB, 10s, 30d.  False: anything else,
 * or more than fits.
 */
#pragma once
#include "base/attrs.h"
#include <stdbool.h>
#include <stdint.h>

MUST_CHECK bool units_number(const char *text, uint64_t *value);  /* none */
MUST_CHECK bool units_bytes(const char *text, uint64_t *bytes);   /* B KiB MiB GiB TiB */
MUST_CHECK bool units_seconds(const char *text, uint64_t *value); /* s min h d w */
