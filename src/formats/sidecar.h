/* SPDX-License-Identifier: MIT */
/*
 * Sidecars: signatures over the whole of a file that stand beside it, in an
 * attribute of it, or were given by the user.
 *
 * What kind of signature a companion is, its bytes say; its name never selects
 * a key, and a name alone makes no claim.
 */
#pragma once
#include "formats/format.h"
#include "source/companions.h"

/* A file of no program format, with a signature beside it. */
extern const struct format format_file;

/*
 * Adds a claim to @box for each companion that is a signature, in the order in
 * which they are listed.  @whole is all of the file: a range of what is judged, or
 * a literal when that came out of it.  A box without format becomes one of
 * format_file if there is any.  STATUS_NO_MEMORY only.
 */
MUST_CHECK enum status sidecar_claims(struct arena *a, const struct companions *companions,
				      const struct piece *whole, struct container *box);
