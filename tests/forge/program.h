/* SPDX-License-Identifier: MIT */
/*
 * Programs of the forge: harmless PE images (they return zero), and everything
 * that can be done to their bytes.
 */
#pragma once
#include "base/buffer.h"

/* What a program shall look like.  Zeroed fields take the default. */
struct forge_program {
	bool pe32;                  /* else PE32+ */
	bool dotnet;                /* a CLR header */
	uint16_t subsystem;         /* 3: console; 1: driver; 10: EFI application */
	unsigned n_sections;        /* 1 */
	uint32_t section_size;      /* raw bytes of each: 512 */
	uint32_t section_alignment; /* 0x1000 */
	uint32_t size_of_headers;   /* as far as needed */
	uint32_t n_directories;     /* 16 */
	size_t overlay;             /* bytes behind the last section */
	uint64_t seed;              /* its content */
};

void forge_program_make(const struct forge_program *wish, struct buffer *out);

/* Deterministic bytes, the same for the same @seed. */
void forge_noise(struct buffer *out, size_t n, uint64_t seed);
void forge_zeros(struct buffer *out, size_t n);

/* Offsets of what a signature touches. */
struct forge_places {
	size_t optional, checksum, directory;
	size_t table, table_len; /* as the directory entry says */
	size_t sections;
	unsigned n_sections;
	bool pe32;
};
struct forge_places forge_places_of(const struct buffer *file);

uint64_t forge_get(const struct buffer *file, size_t off, size_t width);
void forge_put(struct buffer *file, size_t off, size_t width, uint64_t value);
/* The table's bytes. */
struct span forge_table(const struct buffer *file);

/* Sets the directory entry. */
void forge_directory(struct buffer *file, uint32_t off, uint32_t len);
/* Sets CheckSum as a linker would. */
void forge_checksum(struct buffer *file);
/* Zeros up to a multiple of eight. */
void forge_align(struct buffer *file);

/*
 * One WIN_CERTIFICATE with @der, and @behind inside it, filled up to a multiple of
 * eight.  @revision_type: 0x00020200 for the usual one (wRevision, wCertificateType).
 */
#define FORGE_USUAL 0x00020200U
void forge_entry(struct buffer *table, struct span der, struct span behind,
		 uint32_t revision_type);
/* Puts @table at the end of @file, sets the directory entry and CheckSum. */
void forge_attach(struct buffer *file, struct span table);

/* Takes the table off; zeroes the directory entry. */
void forge_strip(struct buffer *file);
/* Replaces whatever table @file has by that of @donor. */
void forge_graft(struct buffer *file, const struct buffer *donor);
void forge_copy(struct buffer *to, const struct buffer *from);
