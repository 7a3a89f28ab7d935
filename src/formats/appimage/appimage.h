/* SPDX-License-Identifier: MIT */
/* AppImage: an ELF program with a file system behind it (AppImage specification, types 1 and
 * 2). */
#pragma once
#include "formats/format.h"
#include "structure/elf.h"

struct appimage {
	struct elf elf;
	struct range signature, key; /* the sections; zero long: none */
	struct range payload;        /* the file system */
};

extern const struct format format_appimage;
