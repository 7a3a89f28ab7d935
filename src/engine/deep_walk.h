/* SPDX-License-Identifier: MIT */
/* One look into a file, while it lasts.  Private to src/engine. */
#pragma once
#include "engine/deep.h"

struct deep {
	const struct engine *engine;
	struct lanes *lanes;
	const struct deep_sink *sink;
	struct buffer inside; /* names down to here, "!" between them */
	unsigned depth;
	uint64_t size;               /* of the file */
	uint64_t n_members, n_bytes; /* so far */
	uint64_t held;               /* bytes of the members that we stand in */
	bool stopped;                /* a limit of the whole look was reached */
};

/* What may come out: counts @n more bytes.  False: no more. */
MUST_CHECK bool deep_spend(struct deep *d, uint64_t n);

/* May a member have @n bytes, where it stands? */
bool deep_fits(const struct deep *d, uint64_t n);

/* Judges a member, and looks inside it. */
void deep_member(struct deep *d, struct span name, struct span bytes);

/* Says that the member @name (empty: what is left) is not looked into, by a row of the rule
 * table. */
void deep_refuse(struct deep *d, struct span name, const char *rule, const char *why);

/* Containers by their kind.  Each judges its members, and refuses what it cannot give. */
void deep_zip(struct deep *d, struct source *source);
void deep_archive(struct deep *d, struct source *source, bool packed);
/* Loads what a confined process no longer can. */
void deep_archive_begin(void);
