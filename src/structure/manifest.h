/* SPDX-License-Identifier: MIT */
/*
 * Manifest: the sections of META-INF/MANIFEST.MF and of signature files.
 *
 * JAR File Specification (JDK 17), "JAR Manifest": lines end in CR LF, LF or
 * CR and go on in the next one after a space; a section ends with an empty
 * line.  Sections are kept as the octets that stand there, because digests are
 * taken over these.
 */
#pragma once
#include "base/arena.h"
#include "base/cursor.h"
#include "base/status.h"

#define MANIFEST_MAX_BYTES    ((size_t)64 << 20)
#define MANIFEST_MAX_SECTIONS ((size_t)1 << 20)

struct manifest_section {
	struct span whole; /* with its empty line */
	struct span name;  /* empty: the main section */
};

struct manifest {
	struct span bytes;
	struct manifest_section main;
	const struct manifest_section *sections; /* the others, as they stand */
	size_t n_sections;
	const uint32_t *by_name; /* indexes */
	const char *problem;     /* why readers could differ, a literal; NULL: nothing */
};

/* STATUS_LIMIT: a limit above.  Everything else is a .problem. */
MUST_CHECK enum status manifest_read(struct arena *a, struct span bytes, struct manifest *out);

/* Which section has this name?  False: none. */
MUST_CHECK bool manifest_find(const struct manifest *m, struct span name, size_t *index);

/*
 * The attributes of a section, one after the other: *@at 0 at first.  False: no
 * more, or no memory for a value that goes on in further lines.
 */
MUST_CHECK bool manifest_attribute_next(struct arena *a, const struct manifest_section *s,
					uint64_t *at, struct span *name, struct span *value);

/* The value of the attribute @name, in any case; false: it is not there. */
MUST_CHECK bool manifest_attribute(struct arena *a, const struct manifest_section *s,
				   struct span name, struct span *value);
