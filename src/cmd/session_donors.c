/* SPDX-License-Identifier: MIT */
#include "cmd/session_donors.h"

#include "base/limits.h"
#include "cmd/complain.h"
#include "crypto/digest.h"
#include "engine/places.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define VENDORS_MAX_BYTES ((size_t)1 << 20)

enum status session_vendors(struct arena *a, const struct settings *set, struct vendors *out,
			    struct span *file, const char **problem)
{
	const char *path = set->vendors ? set->vendors : SESSION_VENDORS;
	struct vendors ours;
	enum status status;
	int fd = -1;

	*file = SPAN_NONE;
	TRY(vendors_default(a, &ours));
	*out = ours;
	errno = 0;
	status = file_open(AT_FDCWD, path, &fd);
	if (status == STATUS_OK)
		status = file_read(fd, VENDORS_MAX_BYTES, a, file);
	if (fd >= 0)
		(void)close(fd);
	if (status == STATUS_IO && errno == ENOENT && !set->vendors)
		return STATUS_OK;
	if (status != STATUS_OK) {
		*problem = arena_printf(a, "%s: %s", path,
					status == STATUS_IO ? strerrordesc_np(errno)
							    : status_text(status));
		return STATUS_USAGE;
	}
	status = vendors_read(a, *file, &ours, out, problem);
	if (status == STATUS_MALFORMED) {
		*problem =
			arena_printf(a, "%s: %s", path, *problem ? *problem : "not readable");
		return STATUS_USAGE;
	}
	return status;
}

static enum status vendors_open(struct session *s, struct arena *a,
				struct engine_settings *settings, const char **problem)
{
	struct digest digest;
	struct span whole;

	settings->vendors = &s->vendors;
	TRY(session_vendors(a, s->settings, &s->vendors, &whole, problem));
	if (!whole.ptr)
		return STATUS_OK;
	TRY(digest_of(DIGEST_SHA256, &whole, 1, &digest));
	(void)span_copy(settings->vendors_digest, sizeof(settings->vendors_digest),
			digest_span(&digest));
	return STATUS_OK;
}

static const char *folder_here(struct arena *a)
{
	char path[PATH_MAX_BYTES];

	return getcwd(path, sizeof(path)) ? arena_printf(a, "%s", path) : NULL;
}

/* What somebody's special anchors or clock made valid is nobody else's donor. */
static bool may_remember(const struct settings *set, const struct session_plan *plan)
{
	return plan->remembers && (plan->learns || !set->forgetful) && !set->has_at &&
	       set->trust.n == 0 && set->only_trust.n == 0 && set->kernels.n == 0;
}

enum status session_donors_open(struct session *s, struct arena *a,
				const struct session_plan *plan,
				struct engine_settings *settings, const char **problem)
{
	const char *folders[PLACES_MAX_DONORS];
	size_t n;

	TRY(vendors_open(s, a, settings, problem));
	if (s->settings->no_donors)
		return STATUS_OK;
	n = places_donors(a, folders);
	s->donors = donors_open(a, folders, n, problem);
	if (!s->donors) {
		*problem = arena_printf(a, "%s (--no-donors goes without)",
					*problem ? *problem : "the donor index cannot be read");
		return STATUS_MALFORMED;
	}
	settings->donors = donors_index(s->donors);
	s->gathers = plan->gathers;
	s->donors_folder = places_own_donors(a, s->settings->system);
	s->folder = folder_here(a);
	s->learns = plan->learns;
	if (plan->learns && !s->donors_folder) {
		*problem = "you have no home folder for donors of your own; with --system the "
			   "system's are changed";
		return STATUS_USAGE;
	}
	s->remembers = s->donors_folder && may_remember(s->settings, plan);
	/* Now, for later this process may make no folder. */
	if (s->remembers &&
	    donors_prepare(s->donors_folder, s->settings->system) != STATUS_OK) {
		*problem = arena_printf(a, "%s: %s", s->donors_folder, strerrordesc_np(errno));
		if (plan->learns)
			return STATUS_USAGE;
		complain("%s; what is learnt will be forgotten", *problem);
		s->remembers = false;
	}
	settings->learn = plan->learns || s->settings->learn;
	if (s->gathers)
		backlog_open(&s->backlog);
	return STATUS_OK;
}

void session_donors_close(struct session *s)
{
	donors_close(s->donors);
	s->donors = NULL;
}
