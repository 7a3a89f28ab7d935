/* SPDX-License-Identifier: MIT */
/* The block: as in Java archives, and the manifest lists the two files of COSE as well. */
#include "verify/xpi/xpi_scheme.h"

#include "verify/archive.h"

static bool mozilla_exempt(struct span name)
{
	return meta_inf_signs(name, META_INF_ANY_CASE);
}

static const struct archive_profile mozilla = {
	&scheme_xpi, TRUST_MOZ_ADDON, {DIGESTS_ALL, mozilla_exempt},
          NULL
};

static enum status xpi_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	struct archive *archive = ARENA_NEW(a, struct archive, 1);

	if (!archive)
		return STATUS_NO_MEMORY;
	TRY(archive_begin(a, c, &mozilla, archive));
	*out = (struct scheme_work){
		.state = archive,
		.jobs = archive->entries.jobs,
		.n_jobs = archive->entries.n_jobs,
	};
	return STATUS_OK;
}

static enum status xpi_finish(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			      struct fact **out)
{
	struct archive *archive = (struct archive *)work->state;

	archive->entries.jobs = work->jobs;
	return archive_finish(a, c, archive, &out);
}

const struct scheme scheme_xpi = {
	.name = "xpi",
	.begin = xpi_begin,
	.finish = xpi_finish,
};
