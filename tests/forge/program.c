/* SPDX-License-Identifier: MIT */
/* Builds a PE image ("PE Format", Microsoft) that does nothing but return zero. */
#include "tests/forge/program.h"

#include <stdio.h>

#define LFANEW         0x80U
#define FILE_ALIGNMENT 0x200U
#define COFF_BYTES     24U /* with the signature */
#define SECTION_BYTES  40U
#define CLR_BYTES      72U
#define CLR_OFFSET     16U /* inside the first section */
#define DIRECTORY_CLR  14U
#define CODE           0x60000020U
#define DATA           0x40000040U

void forge_zeros(struct buffer *out, size_t n)
{
	static const uint8_t zeros[4096];

	for (; n > 0; n -= n < sizeof(zeros) ? n : sizeof(zeros))
		buffer_add(out, (struct span){ zeros, n < sizeof(zeros) ? n : sizeof(zeros) });
}

void forge_noise(struct buffer *out, size_t n, uint64_t seed)
{
	uint8_t block[4096];

	while (n > 0) {
		size_t len = n < sizeof(block) ? n : sizeof(block);

		for (size_t i = 0; i < sizeof(block); i += 8) {
			uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

			z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
			z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
			z ^= z >> 31;
			memcpy(block + i, &z, 8);
		}
		buffer_add(out, (struct span){ block, len });
		n -= len;
	}
}

static uint32_t round_up(uint64_t n, uint32_t to)
{
	return (uint32_t)((n + to - 1) / to * to);
}

static void dos_header(struct buffer *b)
{
	static const char text[] = "\xcd\x20 Made for tests; does nothing.";

	buffer_text(b, "MZ");
	buffer_u16le(b, 0x80); /* e_cblp, e_cp: 128 bytes */
	buffer_u16le(b, 1);
	buffer_u16le(b, 0);
	buffer_u16le(b, 4); /* e_cparhdr */
	forge_zeros(b, 0x18 - b->len);
	buffer_u16le(b, 0x40); /* e_lfarlc */
	forge_zeros(b, 0x3c - b->len);
	buffer_u32le(b, LFANEW);
	buffer_add(b, SPAN_LITERAL(text));
	forge_zeros(b, LFANEW - b->len);
}

/* What follows from the wish. */
struct plan {
	struct forge_program w;
	uint32_t headers, first_raw, raw;
	uint16_t optional_bytes;
};

static struct plan plan_make(const struct forge_program *wish)
{
	struct plan p = { .w = *wish };
	uint32_t needed;

	p.w.subsystem = wish->subsystem ? wish->subsystem : 3;
	p.w.n_sections = wish->n_sections ? wish->n_sections : 1;
	p.w.section_size = wish->section_size ? wish->section_size : FILE_ALIGNMENT;
	p.w.section_alignment = wish->section_alignment ? wish->section_alignment : 0x1000;
	p.w.n_directories = wish->n_directories ? wish->n_directories : 16;
	p.optional_bytes = (uint16_t)((wish->pe32 ? 96 : 112) + 16 * 8);
	needed = LFANEW + COFF_BYTES + p.optional_bytes + p.w.n_sections * SECTION_BYTES;
	p.first_raw = round_up(needed, FILE_ALIGNMENT);
	p.headers = wish->size_of_headers ? wish->size_of_headers : p.first_raw;
	p.raw = round_up(p.w.section_size, FILE_ALIGNMENT);
	return p;
}

static uint32_t section_rva(const struct plan *p, unsigned i)
{
	uint32_t first = round_up(p->headers, p->w.section_alignment);

	return first + i * round_up(p->raw, p->w.section_alignment);
}

static void coff_header(struct buffer *b, const struct plan *p)
{
	buffer_add(b, SPAN_LITERAL("PE\0\0"));
	buffer_u16le(b, p->w.pe32 ? 0x14c : 0x8664);
	buffer_u16le(b, (uint16_t)p->w.n_sections);
	buffer_u32le(b, 0x67748580); /* 2025-01-01 */
	buffer_u64le(b, 0);
	buffer_u16le(b, p->optional_bytes);
	buffer_u16le(b, p->w.pe32 ? 0x102 : 0x22);
}

static void word(struct buffer *b, const struct plan *p, uint64_t value)
{
	if (p->w.pe32)
		buffer_u32le(b, (uint32_t)value);
	else
		buffer_u64le(b, value);
}

static void optional_header(struct buffer *b, const struct plan *p)
{
	buffer_u16le(b, p->w.pe32 ? 0x10b : 0x20b);
	buffer_u16le(b, 14);
	buffer_u32le(b, p->raw);
	buffer_u64le(b, 0);
	buffer_u32le(b, section_rva(p, 0));
	buffer_u32le(b, section_rva(p, 0));
	if (p->w.pe32)
		buffer_u32le(b, section_rva(p, 1));
	word(b, p, p->w.pe32 ? 0x400000 : UINT64_C(0x140000000));
	buffer_u32le(b, p->w.section_alignment);
	buffer_u32le(b, FILE_ALIGNMENT);
	buffer_u64le(b, 6);
	buffer_u32le(b, 6);
	buffer_u32le(b, 0);
	buffer_u32le(b, section_rva(p, p->w.n_sections));
	buffer_u32le(b, p->headers);
	buffer_u32le(b, 0); /* CheckSum */
	buffer_u16le(b, p->w.subsystem);
	buffer_u16le(b, 0x8160);
	for (int i = 0; i < 4; i++)
		word(b, p, i % 2 ? 0x1000 : 0x100000);
	buffer_u32le(b, 0);
	buffer_u32le(b, p->w.n_directories);
	for (uint32_t i = 0; i < 16; i++) {
		bool clr = i == DIRECTORY_CLR && p->w.dotnet;

		buffer_u32le(b, clr ? section_rva(p, 0) + CLR_OFFSET : 0);
		buffer_u32le(b, clr ? CLR_BYTES : 0);
	}
}

static void section_header(struct buffer *b, const struct plan *p, unsigned i)
{
	char name[9] = { 0 };

	(void)snprintf(name, sizeof(name), i ? ".data%u" : ".text", i);
	buffer_add(b, (struct span){ (const uint8_t *)name, 8 });
	buffer_u32le(b, p->w.section_size);
	buffer_u32le(b, section_rva(p, i));
	buffer_u32le(b, p->raw);
	buffer_u32le(b, p->first_raw + i * p->raw);
	forge_zeros(b, 12);
	buffer_u32le(b, i ? DATA : CODE);
}

static void section_content(struct buffer *b, const struct plan *p, unsigned i)
{
	size_t begin = b->len;

	if (i == 0)
		buffer_add(b, SPAN_LITERAL("\x31\xc0\xc3")); /* xor eax, eax; ret */
	if (i == 0 && p->w.dotnet) {
		forge_zeros(b, CLR_OFFSET - (b->len - begin));
		buffer_u32le(b, CLR_BYTES);
		buffer_u32le(b, 0x00050002);
		forge_zeros(b, CLR_BYTES - 8);
	}
	forge_noise(b, begin + p->w.section_size - b->len, p->w.seed * 1000 + i);
	forge_zeros(b, begin + p->raw - b->len);
}

void forge_program_make(const struct forge_program *wish, struct buffer *out)
{
	struct plan p = plan_make(wish);

	buffer_clear(out);
	dos_header(out);
	coff_header(out, &p);
	optional_header(out, &p);
	for (unsigned i = 0; i < p.w.n_sections; i++)
		section_header(out, &p, i);
	forge_zeros(out, p.first_raw - out->len);
	for (unsigned i = 0; i < p.w.n_sections; i++)
		section_content(out, &p, i);
	forge_noise(out, wish->overlay, wish->seed + 77);
	forge_checksum(out);
}
