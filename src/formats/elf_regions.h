/* SPDX-License-Identifier: MIT */
/* The byte map of an ELF file, for every format that is one. */
#pragma once
#include "formats/format.h"
#include "structure/elf.h"

/*
 * Every byte under one name, in file order: header, tables, sections by their
 * offsets, gaps, what stands behind.  @signature: a part that keeps its own
 * name; zero long: none.
 */
MUST_CHECK enum status elf_regions(struct arena *a, const struct elf *elf, uint64_t size,
				   struct range signature, struct container *out);

/* The name of a section in printable ASCII. */
const char *elf_section_text(struct arena *a, const struct elf_section *section);
