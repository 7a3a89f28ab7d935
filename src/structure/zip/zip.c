/* SPDX-License-Identifier: MIT */
#include "structure/zip/zip_reading.h"

#include "base/escape.h"

#define SHOWN_MAX 200 /* bytes of a name in a finding */

void zip_note(struct zip_reading *r, unsigned trouble, const char *rule, struct range where,
	      const char *expected, const char *observed)
{
	r->out->trouble |= trouble;
	/* A length that lies may reach behind the file. */
	if (where.off <= r->view->size && where.len > r->view->size - where.off)
		where.len = r->view->size - where.off;
	for (size_t i = 0; i < SAID_RULES; i++) {
		struct zip_said *said = &r->said[i];

		if (said->rule && strcmp(said->rule, rule) != 0)
			continue;
		said->rule = rule;
		if (said->n++ < SAID_MAX)
			finding_add(r->findings, rule, where, expected, observed);
		return;
	}
}

const char *zip_shown(struct zip_reading *r, struct span name)
{
	return escape_string(r->findings->arena, name, SHOWN_MAX);
}

static enum status entries_read(struct zip_reading *r, struct zip_entry *entries)
{
	for (size_t i = 0; i < r->out->n_entries; i++)
		TRY(zip_local_read(r, &entries[i]));
	return STATUS_OK;
}

enum status zip_read(struct view *v, struct findings *findings, struct zip *out)
{
	struct zip_reading r = { .view = v, .findings = findings, .out = out };
	struct zip_entry *entries;

	*out = (struct zip){ 0 };
	TRY(zip_end_read(&r));
	TRY(zip_local_want(&r));
	TRY(zip_central_read(&r, &entries));
	TRY(entries_read(&r, entries));
	out->entries = entries;
	TRY(zip_names_read(&r));
	TRY(zip_holes_read(&r));
	return zip_ends_count(&r);
}

/* What each ecosystem's own readers refuse, or read in two ways. */
#define ALWAYS_BROKEN                                                                          \
	(ZIP_MANY_ENDS | ZIP_CENTRAL_BAD | ZIP_LOCAL_BAD | ZIP_OVERLAP | ZIP_DUPLICATE |       \
	 ZIP_NAME)

bool zip_broken(const struct zip *z, enum zip_profile profile)
{
	static const unsigned refused[] = {
		[ZIP_PROFILE_STRICT] = ALWAYS_BROKEN | ZIP_PREFIX | ZIP_TRAILING |
				       ZIP_CENTRAL_GAP | ZIP_CENTRAL_SLACK | ZIP_LOCAL_METHOD |
				       ZIP_GAP | ZIP_ODD_METHOD | ZIP_ENCRYPTED,
		[ZIP_PROFILE_JAVA] = ALWAYS_BROKEN | ZIP_LOCAL_METHOD | ZIP_ODD_METHOD,
		[ZIP_PROFILE_ANDROID] =
			ALWAYS_BROKEN | ZIP_PREFIX_RAW | ZIP_TRAILING | ZIP_CENTRAL_GAP,
	};

	return (z->trouble & refused[profile]) != 0;
}
