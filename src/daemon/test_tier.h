/* SPDX-License-Identifier: MIT */
/* What the parts of test_tier_a share. */
#pragma once
#include "daemon/test_scene.h"

#define TIER_COPY "real" /* of this program: does nothing */
#define MAPPED    42     /* of a child: nobody refused */
/* It is judged by its last byte, and ends with the one that was the last at first. */
#define MENDED DEED_FORGED

extern char tier_pins[], tier_place[]; /* below scene_folder: bpffs, and for a disk */

/* A row of the one table (tests/check.h), from whatever part. */
void tier_check(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Of the guards that are tested now, for people. */
const char *tier_word(void);
/* What a loader does with a library, mapped as @first, then made @then (0: not): MAPPED, or
 * errno. */
int tier_map(const char *path, int first, int then);
/* All inodes that nobody uses are forgotten; only where no one else needs them. */
void tier_forget(void);
/* As an administrator does it: rm -r. */
void tier_pins_remove(void);

/*
 * Of test_tier_libraries.c.  A program that the loader is given, and a library that a good
 * program is given.
 */
void tier_loader(bool vetted);
/* One that nobody vetted, and that belongs to @owner. */
void tier_libraries(uid_t owner);
void tier_library_mended(void);
void tier_protected(void);
/* A file whose path contains @part, of which this process has mapped something to run. */
bool tier_mapped_path(const char *part, char *path, size_t room);

/* Of test_tier_layers.c: through overlayfs, also when nobody is there who answers. */
void tier_layers(void);
/* Of test_tier_cost.c: what a run costs, under a clock that counts instructions. */
void tier_cost(void);
