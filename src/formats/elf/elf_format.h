/* SPDX-License-Identifier: MIT */
/*
 * ELF programs and libraries: no deployed standard signs them.
 *
 * What stands in sections that some tool uses for signatures is told, and
 * makes the file one that cannot be judged; everything else is unsigned here,
 * however it came to the disk.
 */
#pragma once
#include "formats/format.h"
#include "structure/elf.h"

extern const struct format format_elf;
