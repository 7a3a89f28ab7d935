/* SPDX-License-Identifier: MIT */
/* One reading of one cabinet: what the files of this room hand to each other. */
#pragma once
#include "formats/cab/cab.h"

struct cab_reading {
	struct view *view;
	struct findings *findings;
	struct arena *arena;
	struct container *out;
	struct cab_file *file;
	uint64_t header_end; /* of fixed part and reserve */
	uint64_t names_end;  /* behind the names of its neighbours */
	uint64_t folders_end;
	uint32_t files_off;
	uint16_t reserve_bytes;
	uint8_t folder_reserve;
	struct span reserve;
	struct range signature; /* zero long: there is none */
};

/* Notes what makes the structure contradict itself. */
void cab_break(struct cab_reading *r, const char *rule, struct range where,
	       const char *expected, const char *observed);

/* Folders and files: contents.c */
MUST_CHECK enum status cab_contents_read(struct cab_reading *r);
/* The reserve, and the claim that it makes: signature.c */
MUST_CHECK enum status cab_signature_read(struct cab_reading *r);
