/* SPDX-License-Identifier: MIT */
/* Small PE files made in memory, and changes to them, for the tests of this room. */
#pragma once
#include "base/span.h"

#define SAMPLE_MAX      ((size_t)64 << 10)
#define SAMPLE_SECTIONS 2
#define SAMPLE_ENTRY    0x60 /* bytes of each WIN_CERTIFICATE */

struct sample {
	uint8_t bytes[SAMPLE_MAX];
	size_t len;
	/* Where its parts begin; patches are relative to one of them. */
	size_t parts[7];
};

enum sample_part {
	AT_FILE,
	AT_PE,
	AT_OPTIONAL,
	AT_COUNT, /* NumberOfRvaAndSizes */
	AT_DIRECTORY,
	AT_SECTIONS,
	AT_TABLE,
};

struct sample_shape {
	uint32_t e_lfanew;
	bool plus; /* PE32+ */
	uint16_t subsystem, characteristics;
	uint32_t clr;          /* the CLR directory's address */
	uint32_t overlay;      /* bytes between sections and table */
	uint32_t n_entries;    /* of the Certificate Table; 0: no table */
	uint32_t headers_size; /* 0: 0x400 */
};

struct sample_patch {
	enum sample_part part;
	uint32_t off;
	uint8_t width; /* 0: no patch */
	uint64_t value;
};

static inline void sample_put(struct sample *s, size_t off, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width && off + i < sizeof(s->bytes); i++)
		s->bytes[off + i] = (uint8_t)(value >> (8 * i));
}

static inline void sample_write(struct sample *s, size_t off, const void *from, size_t len)
{
	if (off <= sizeof(s->bytes) && len <= sizeof(s->bytes) - off)
		memcpy(s->bytes + off, from, len);
}

static inline void sample_fill(struct sample *s, size_t off, uint8_t value, size_t len)
{
	if (off <= sizeof(s->bytes) && len <= sizeof(s->bytes) - off)
		memset(s->bytes + off, value, len);
}

static inline void sample_apply(struct sample *s, const struct sample_patch *p, size_t n)
{
	for (size_t i = 0; i < n && p[i].width != 0; i++)
		sample_put(s, s->parts[p[i].part] + p[i].off, p[i].width, p[i].value);
}

/* What a signature begins with: SEQUENCE { OID signedData, [0] ... }, of indefinite length. */
static const uint8_t sample_der[] = {
	0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x07, 0x02, 0xa0, 0x49, 0x30, 0x47, 0x02, 0x01, 0x01,
};

/* WIN_CERTIFICATE of SAMPLE_ENTRY bytes at @off. */
static inline void sample_entry(struct sample *s, size_t off)
{
	sample_put(s, off, 4, SAMPLE_ENTRY);
	sample_put(s, off + 4, 2, 0x200);
	sample_put(s, off + 6, 2, 2);
	sample_fill(s, off + 8, 0x5a, SAMPLE_ENTRY - 8);
	sample_write(s, off + 8, sample_der, sizeof(sample_der));
}

static inline void sample_section(struct sample *s, size_t i, const char *name, uint32_t off,
				  uint32_t len)
{
	size_t at = s->parts[AT_SECTIONS] + 40 * i;

	sample_write(s, at, name, strlen(name));
	sample_put(s, at + 8, 4, len);
	sample_put(s, at + 12, 4, UINT64_C(0x1000) * (i + 1));
	sample_put(s, at + 16, 4, len);
	sample_put(s, at + 20, 4, off);
	sample_put(s, at + 36, 4, 0x60000020);
}

/* .text and .data of 0x200 bytes each behind 0x400 bytes of headers, and so on. */
static inline void sample_make(struct sample *s, const struct sample_shape *shape)
{
	uint32_t headers = shape->headers_size ? shape->headers_size : 0x400;
	size_t pe = shape->e_lfanew, opt = pe + 24, count = opt + (shape->plus ? 108 : 92);
	size_t table = headers + 0x400 + shape->overlay;

	memset(s, 0, sizeof(*s));
	sample_fill(s, headers, 0xc3, table - headers);
	sample_write(s, 0, "MZ", 2);
	sample_put(s, pe, 4, 0x4550);
	sample_put(s, pe + 4, 2, shape->plus ? 0x8664 : 0x14c);
	sample_put(s, pe + 6, 2, SAMPLE_SECTIONS);
	sample_put(s, pe + 20, 2, count + 4 + 128 - opt);
	sample_put(s, pe + 22, 2, shape->characteristics ? shape->characteristics : 0x22);
	sample_put(s, opt, 2, shape->plus ? 0x20b : 0x10b);
	sample_put(s, opt + 16, 4, 0x1000);
	sample_put(s, opt + 32, 4, 0x1000);
	sample_put(s, opt + 36, 4, 0x200);
	sample_put(s, opt + 60, 4, headers);
	sample_put(s, opt + 64, 4, 0x12345678);
	sample_put(s, opt + 68, 2, shape->subsystem ? shape->subsystem : 3);
	sample_put(s, count, 4, 16);
	sample_put(s, count + 4 + 112, 4, shape->clr);
	s->parts[AT_PE] = pe;
	s->parts[AT_OPTIONAL] = opt;
	s->parts[AT_COUNT] = count;
	s->parts[AT_DIRECTORY] = count + 4 + 32;
	s->parts[AT_SECTIONS] = count + 4 + 128;
	s->parts[AT_TABLE] = table;
	sample_section(s, 0, ".text", headers, 0x200);
	sample_section(s, 1, ".data", headers + 0x200, 0x200);
	/* e_lfanew last: in a tiny PE it is SectionAlignment too */
	sample_put(s, 0x3c, 4, shape->e_lfanew);
	s->len = table + (size_t)shape->n_entries * SAMPLE_ENTRY;
	if (shape->n_entries == 0)
		return;
	sample_put(s, s->parts[AT_DIRECTORY], 4, table);
	sample_put(s, s->parts[AT_DIRECTORY] + 4, 4, s->len - table);
	for (size_t i = 0; i < shape->n_entries; i++)
		sample_entry(s, table + i * SAMPLE_ENTRY);
}

static inline struct span sample_span(const struct sample *s)
{
	return (struct span){ s->bytes, s->len };
}
