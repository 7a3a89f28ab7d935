/* SPDX-License-Identifier: MIT */
/*
 * Donors: the index of signed programs on disk.
 *
 * Immutable sorted files, mapped, looked up by binary search, stacked (what the
 * system brings, what the administrator imported, what this user's scans met).
 * SQLite holds the provenance of each record and the tail that is not yet in a
 * file.  A reader holds one frozen generation, whatever writers do meanwhile.
 */
#pragma once
#include "mimicry/donor.h"

#define DONORS_MAX_RECORDS ((uint64_t)1 << 22) /* of one file */
#define DONORS_MAX_FILES   64                  /* of one stack */
#define DONORS_LIST        "list " /* so begins the provenance of what was imported */

struct donors;

/*
 * Opens all index files in @folders, in their order; folders need not be there.
 * Files are mapped before the process confines itself; a look-up does no I/O of
 * its own.  NULL and *@problem (a sentence in @a): damaged, or of a newer version: exit 3,
 * never "no donor".
 */
struct donors *donors_open(struct arena *a, const char *const *folders, size_t n,
			   const char **problem);

/* What a run met, laid over @under (NULL: over nothing; borrowed).  NULL: no memory. */
struct donors *donors_of_run(const struct donor *first, const struct donors *under);

/* The look-up interface, to be handed to src/mimicry; lives as long as @d. */
const struct donor_index *donors_index(const struct donors *d);
void donors_close(struct donors *d);

/* Makes @folder if it is missing: for all users to read (the system's), or for this one alone.
 */
MUST_CHECK enum status donors_prepare(const char *folder, bool shared);

/*
 * Adds @first and what follows to the index in @folder (made with mode 0700 when
 * missing); what is known already is passed over, a richer record replaces a
 * poorer one.  Durable when it returns.  @provenance as in each donor.
 * *@n_new: how many signed programs are new.  Safe beside other writers.
 */
MUST_CHECK enum status donors_publish(struct arena *a, const char *folder,
				      const struct donor *first, uint64_t *n_new,
				      const char **problem);

/* Every record, in key order; @each gives false to stop. */
MUST_CHECK enum status donors_each(const struct donors *d,
				   bool (*each)(void *context, const struct donor *donor),
				   void *context);

/* Looks at every byte of every file.  STATUS_MALFORMED: damaged. */
MUST_CHECK enum status donors_verify(const struct donors *d);

/* What a person calls donors: 16 or more hex digits with which their digest or block begins,
 * where they were learnt, or "list NAME" for all that came with a list. */
struct donor_pattern {
	struct span digest;
	const char *text;
};
MUST_CHECK enum status donor_pattern_make(struct arena *a, const char *what,
					  struct donor_pattern *out);
MUST_CHECK bool donor_matches(const struct donor_pattern *p, const struct donor *d);

/* Forgets all records in @folder that match @what; *@n of them. */
MUST_CHECK enum status donors_forget(struct arena *a, const char *folder, const char *what,
				     uint64_t *n, const char **problem);
