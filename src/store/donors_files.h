/* SPDX-License-Identifier: MIT */
/* Files: the donor indexes of a folder, mapped; and what makes such a folder trustworthy. */
#pragma once
#include "store/donors_image.h"

#define DONORS_TAIL      "tail.donors"
#define DONORS_ENDING    ".donors"
#define DONORS_DATABASE  "donors.db"
#define FOLDER_MAX_NAMES 4096

struct donor_file {
	const char *folder, *name; /* in the arena that was given */
	struct span mapping;
	struct image image;
};

struct donor_files {
	struct donor_file *each;
	size_t n, size;
};

/*
 * Maps all indexes of @folder behind those that are there, in the order of their names; a
 * folder that is not there has none.  What a writer does meanwhile is seen as a whole, or
 * not at all, or twice.  Not STATUS_OK: *@problem, a sentence in @a.
 */
MUST_CHECK enum status donor_files_open(struct arena *a, const char *folder,
					struct donor_files *files, const char **problem);
/* Usable as CLEANUP(donor_files_close). */
void donor_files_close(struct donor_files *files);
