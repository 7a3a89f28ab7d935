/* SPDX-License-Identifier: MIT */
/*
 * One reading of one PE file: what the files of this room hand to each other.
 *
 *	pe_headers_read()    DOS header, COFF header, optional header, sections
 *	pe_table_read()      Certificate Table -> claims, or what is wrong with it
 *	pe_orphans_find()    signatures that lie outside the table
 *	pe_regions_make()    the byte map
 */
#pragma once
#include "formats/pe/pe.h"

#define PE_CERTIFICATE_HEADER 8 /* dwLength, wRevision, wCertificateType */

struct pe_reading {
	struct view *view;
	struct findings *findings;
	struct container *out;
	struct pe_image *image; /* NULL: no headers that could be read */
	uint64_t headers_end;   /* behind everything that the headers consist of */
	uint64_t sections_end;  /* behind headers and the last section's raw data */
	uint64_t entry_off;     /* the directory entry, as it stands in the file ... */
	uint64_t entry_size;    /* ... and not yet believed */
};

/* Notes what makes the structure contradict itself. */
void pe_break(struct pe_reading *r, const char *rule, struct range where, const char *expected,
	      const char *observed);

MUST_CHECK enum status pe_headers_read(struct pe_reading *r);
MUST_CHECK enum status pe_table_read(struct pe_reading *r);
MUST_CHECK enum status pe_orphans_find(struct pe_reading *r);
MUST_CHECK enum status pe_regions_make(struct pe_reading *r);

/*
 * The sections that have bytes in the file, as indices, in the order of
 * PointerToRawData (table order when equal).  Says how many.
 */
size_t pe_sections_sort(const struct pe_image *pe, size_t order[PE_MAX_SECTIONS]);

/* Does SizeOfHeaders lie between the directory entry and the end of the file, is every
 * section known?  Else digests that follow the section table have no meaning. */
bool pe_headers_coverable(const struct pe_image *pe);
bool pe_section_inside(const struct pe_image *pe, const struct pe_section *s);

/* The headers without CheckSum and directory entry. */
#define PE_HEADER_PIECES 3
void pe_cover_headers(const struct pe_image *pe, struct piece pieces[PE_HEADER_PIECES],
		      size_t *n);
