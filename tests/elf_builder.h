/* SPDX-License-Identifier: MIT */
/* Builds small ELF files of both classes and orders, for tests and seeds. */
#pragma once
#include "base/buffer.h"

#define ELF_BUILD_MAX 16

struct elf_section_plan {
	const char *name;
	uint32_t type; /* 0: SHT_PROGBITS */
	uint64_t flags;
	struct span bytes;
};

struct elf_plan {
	bool is_32, is_big;
	uint16_t type;                                   /* 0: ET_REL */
	uint16_t machine;                                /* 0: EM_X86_64 */
	struct elf_section_plan sections[ELF_BUILD_MAX]; /* ends with a NULL name */
	bool without_table;
};

/* Header, sections, their names, the table of sections. */
void build_elf(struct buffer *to, const struct elf_plan *plan);

/* A module called @name with code of @code; its end is the end of the ELF. */
void build_module(struct buffer *to, const char *name, struct span code);
/* Behind it: @pkcs7, the twelve octets and the text. */
void build_module_trailer(struct buffer *to, struct span pkcs7);
