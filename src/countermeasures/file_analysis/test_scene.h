/* SPDX-License-Identifier: MIT */
/* Programs, what is done to them, and their way through the room. */
#pragma once
#include "countermeasures/file_analysis/analysis.h"
#include "tests/forge/program.h"

#define SCENE_ARENA_BYTES ((size_t)16 << 20)

/* A program, and what is done to it. */
struct shape {
	struct forge_program program;
	void (*change)(struct buffer *file);
};

/* One file on its way through the room. */
struct scene {
	struct arena arena;
	struct buffer file;
	struct findings findings;
	struct container box;
	struct view view;
	struct analysis_look look;
	struct bulk bulk;
	struct features features;
};

/* Makes the file; scene_free() ends what it began. */
void scene_make(struct scene *s, const struct shape *shape);
/* Reads @bytes: features and findings.  False: it could not, or not all. */
bool scene_read(struct scene *s, struct span bytes, enum bulk_histogram histogram);
void scene_free(struct scene *s);
/* Is @text the feature @key?  Prints it when it is not. */
bool scene_tells(const struct scene *s, const char *key, const char *text);

void change_append_zip(struct buffer *file);
void change_append_jar(struct buffer *file);
void change_sign(struct buffer *file);
void change_sign_with_jar(struct buffer *file);
void change_sign_with_elf(struct buffer *file);
void change_sign_unaligned_overlay(struct buffer *file);
void change_symbols(struct buffer *file);
void change_symbols_and_more(struct buffer *file);
void change_symbols_signed(struct buffer *file);
void change_symbols_claimed(struct buffer *file);
void change_append_elf(struct buffer *file);
void change_append_program(struct buffer *file);
void change_wrong_checksum(struct buffer *file);
void change_zero_checksum(struct buffer *file);
void change_fill_with_zeros(struct buffer *file);
void change_fill_with_text(struct buffer *file);
void change_make_data(struct buffer *file);
void change_make_writable_code(struct buffer *file);
