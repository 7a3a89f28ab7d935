/* SPDX-License-Identifier: MIT */
/* Members of ZIP archives, by the reader that formats use too. */
#include "engine/deep_walk.h"

#include "base/limits.h"
#include "engine/zip_member.h"

#define LOADS_MAX 64 /* how often the reader may ask for more */

static enum status directory_read(struct source *source, struct arena *a, struct view *v,
				  struct zip *z)
{
	enum status status;

	TRY(source_glance(source, a, v));
	for (int round = 0; round < LOADS_MAX; round++) {
		struct findings findings = FINDINGS_INIT(a);

		status = zip_read(v, &findings, z);
		if (status != STATUS_WANT)
			return status;
		TRY(source_load(source, a, v));
	}
	return STATUS_LIMIT;
}

static bool member_spend(void *context, uint64_t n)
{
	struct deep *d = (struct deep *)context;

	return deep_spend(d, n);
}

static const char *why_not(enum status status)
{
	return status == STATUS_MALFORMED ? "its data contradicts the archive's directory"
					  : status_text(status);
}

static void entry_look(struct deep *d, struct zip_member *m, struct source *source,
		       const struct zip_entry *e)
{
	enum status status;

	if (!zip_readable(e)) {
		deep_refuse(d, e->name, "deep.unsupported",
			    "it is encrypted, packed in an unknown way, or contradicts itself");
		return;
	}
	if (!deep_fits(d, e->size)) {
		deep_refuse(d, e->name, "limit.deep-member", "it is too large to be unpacked");
		return;
	}
	status = zip_member_take(m, source, e);
	if (status == STATUS_OK)
		deep_member(d, e->name, buffer_span(&m->out));
	else if (!d->stopped)
		deep_refuse(d, e->name, "deep.damaged", why_not(status));
}

void deep_zip(struct deep *d, struct source *source)
{
	struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	struct zip_member m = { .spend = member_spend, .context = d };
	struct view v;
	struct zip z = { 0 };
	enum status status = directory_read(source, &a, &v, &z);

	m.out.limit = (size_t)DEEP_MAX_MEMBER;
	if (status == STATUS_OK)
		status = zip_member_begin(&m);
	if (status == STATUS_LIMIT)
		deep_refuse(d, SPAN_NONE, "limit.zip", "its directory is too large");
	else if (status != STATUS_OK && status != STATUS_NOT_MINE)
		deep_refuse(d, SPAN_NONE, "deep.damaged", "its directory cannot be read");
	for (size_t i = 0; status == STATUS_OK && i < z.n_entries && !d->stopped; i++)
		if (!zip_is_directory(&z.entries[i]))
			entry_look(d, &m, source, &z.entries[i]);
	zip_member_end(&m);
	arena_free(&a);
}
