/* SPDX-License-Identifier: MIT */
/* Characters that look like others.  Private to src/trust. */
#pragma once
#include <stdint.h>

/*
 * The ASCII letter, digit or mark that @code is read as, or a space; 0: it is
 * itself.  CONFUSABLE_NOTHING: it is not seen at all.
 */
#define CONFUSABLE_NOTHING 1
char confusable_ascii(uint32_t code);
