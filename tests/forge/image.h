/* SPDX-License-Identifier: MIT */
/*
 * Real images: changes that keep a linked program loadable, as attackers' tools
 * make them ("PE Format", Microsoft).  Offsets and sizes are believed: for files
 * that image_unfit() has nothing against.
 */
#pragma once
#include "tests/forge/program.h"

#define IMAGE_CODE 0x60000020U /* IMAGE_SCN: code, executable, readable */
#define IMAGE_DATA 0x40000040U /* initialised data, readable */

#define IMAGE_DIRECTORY_RESOURCE 2U
#define IMAGE_DIRECTORY_DEBUG    6U
#define IMAGE_DEBUG_REPRO        16U

struct image_section {
	size_t header; /* of its entry in the section table */
	uint32_t virtual_size, rva, raw_size, raw, flags;
};

/* Why such changes cannot be made to @file; NULL: they can. */
const char *image_unfit(const struct buffer *file);

struct image_section image_section(const struct buffer *file, unsigned i);
/* Where the bytes of the last section end. */
size_t image_end(const struct buffer *file);
/* The section of which @rva is in the file; false: none. */
bool image_section_of(const struct buffer *file, uint32_t rva, struct image_section *out);
/* Where @rva lies in the file; 0: nowhere. */
size_t image_offset(const struct buffer *file, uint32_t rva);
/* The offset of directory entry @number; 0: the file has none so high. */
size_t image_directory(const struct buffer *file, unsigned number);
/* The largest executable section; false: none has bytes. */
bool image_code(const struct buffer *file, struct image_section *out);

/* Moves everything from @at back and puts @more there; what points at it follows. */
void image_insert(struct buffer *file, size_t at, struct span more);
/* Cuts what lies behind the last section, and what pointed there. */
void image_overlay_drop(struct buffer *file);
/* A new last section before any overlay; *@rva is where it is loaded (NULL: do not care).
 * False: no room for its header. */
bool image_section_add(struct buffer *file, const char *name, struct span content,
		       uint32_t flags, uint32_t *rva);
/* Everything that says when @file was built. */
void image_stamp(struct buffer *file, uint32_t when);
/* Drops debug entries of @type. */
void image_debug_drop(struct buffer *file, uint32_t type);

/* A resource: its data entry, its bytes in the file. */
struct image_resource {
	size_t entry, at;
	uint32_t len;
};
#define IMAGE_MAX_RESOURCES 1024
/* All resources of @file; gives how many there are, at most IMAGE_MAX_RESOURCES. */
size_t image_resources(const struct buffer *file,
		       struct image_resource out[IMAGE_MAX_RESOURCES]);

/*
 * What a file takes from another one, to look like it (transplant.c).  Each gives
 * false, and changes nothing, when the donor has no such thing or there is no room.
 */
/* All resources, in a new last section; @behind: further bytes in that section. */
bool image_take_resources(struct buffer *file, const struct buffer *donor, struct span behind);
/* DOS header, stub and Rich header. */
bool image_take_rich(struct buffer *file, const struct buffer *donor);
/* As many section names as both have. */
void image_take_names(struct buffer *file, const struct buffer *donor);
