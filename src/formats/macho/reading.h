/* SPDX-License-Identifier: MIT */
/*
 * One reading of one Mach-O file: what the files of this room hand to each other.
 *
 *	fat_read()           the table of a universal file -> its slices
 *	slice_read()         one slice: header, load commands, signature
 *	commands_read()      its load commands
 *	slice_signature()    where its signature lies, and what is wrong with that
 */
#pragma once
#include "base/cursor.h"
#include "formats/macho/macho.h"

struct macho_reading {
	struct view *view;
	struct findings *findings;
	struct arena *arena; /* of the findings */
	struct macho_file *file;
};

/* What load commands say, as far as only the reading of them needs it. */
struct macho_commands {
	uint32_t n, bytes;
	uint64_t data_off, data_size; /* LC_CODE_SIGNATURE, as they stand */
	struct range command;         /* where it stands in the file */
	bool has_linkedit;
	uint64_t linkedit_end; /* in the slice */
};

/* The magic of a slice, or MACHO_UNKNOWN. */
enum macho_kind macho_kind_of(struct span head);
bool fat_magic(struct span head, bool *wide);

/* Notes what makes the slice contradict itself. */
void slice_break(struct macho_reading *r, struct macho_slice *s, const char *rule,
		 struct range where, const char *expected, const char *observed);

MUST_CHECK enum status fat_read(struct macho_reading *r);
MUST_CHECK enum status slice_read(struct macho_reading *r, struct macho_slice *s);
MUST_CHECK enum status commands_read(struct macho_reading *r, struct macho_slice *s,
				     struct span commands, struct macho_commands *out);
MUST_CHECK enum status slice_signature(struct macho_reading *r, struct macho_slice *s,
				       const struct macho_commands *c);

/* A number of the slice's own byte order. */
static inline uint64_t slice_number(const struct macho_slice *s, struct cursor *c, size_t width)
{
	return s->big_endian ? cursor_be(c, width) : cursor_le(c, width);
}
