/* SPDX-License-Identifier: MIT */
/*
 * ELF as bytes: header, program headers, sections with their names.
 *
 * Follows the System V gABI, chapters 4 and 5, both classes and both byte
 * orders.  Pure reading, by several formats: programs, kernel modules, kernels,
 * AppImages.  A section table that cannot be read leaves a program that can
 * still run, so it is told and not refused.
 */
#pragma once
#include "base/arena.h"
#include "base/cursor.h"
#include "source/view.h"

#define ELF_MAX_SECTIONS 65535
#define ELF_HEADER_MAX   64
#define ELF_MAX_SEGMENTS 4096
#define ELF_MAX_NAMES    ((uint64_t)16 << 20) /* octets of the section names */
#define ELF_MAX_NAME     256                  /* ... of one, with its NUL */

enum elf_type { ELF_NONE = 0, ELF_RELOCATABLE, ELF_EXECUTABLE, ELF_SHARED, ELF_CORE };

#define ELF_SECTION_NOBITS 8
#define ELF_FLAG_ALLOC     2
#define ELF_FLAG_EXECUTE   4

struct elf_section {
	struct span name; /* as it stands, without the NUL; empty: none */
	uint32_t type;
	uint64_t flags, address;
	struct range where; /* in the file; zero long for NOBITS */
};

struct elf_segment {
	uint32_t type, flags;
	uint64_t address;
	struct range where;
};

struct elf {
	bool is_64, is_big;
	uint16_t type, machine; /* enum elf_type; EM_... */
	uint8_t abi;            /* EI_OSABI */
	uint64_t header_len, entry;
	struct range section_table, segment_table;
	struct elf_section *sections;
	size_t n_sections;
	struct elf_segment *segments;
	size_t n_segments;
	const char *problem; /* why a table could not be read (a literal); NULL: both were */
	uint64_t end;        /* behind the last byte that header, tables or sections speak of */
};

/* Could a file that begins with @head be ELF?  Of which type (enum elf_type, or higher)? */
MUST_CHECK bool elf_sniff(struct span head, uint16_t *type);

/*
 * STATUS_NOT_MINE: no ELF header; STATUS_WANT; STATUS_LIMIT: more sections or
 * segments than the limits.
 */
MUST_CHECK enum status elf_read(struct view *view, struct arena *a, struct elf *out);

/* The first section called @name; NULL: none. */
const struct elf_section *elf_section_find(const struct elf *elf, const char *name);

/* "ELF64 x86-64"; never NULL but for want of memory. */
const char *elf_kind(struct arena *a, const struct elf *elf);
