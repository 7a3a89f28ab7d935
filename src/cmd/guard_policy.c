/* SPDX-License-Identifier: MIT */
#include "cmd/guard_policy.h"

#include "cmd/config.h"
#include "store/digest_list.h"
#include "store/policy_files.h"
#include <sys/stat.h>

#define SOCKET_PATH "/run/assay/control.sock"
#define EVENTS_PATH "/var/lib/assay/events.db"

const char *guard_socket_path(const struct settings *s)
{
	return s->guard_socket ? s->guard_socket : SOCKET_PATH;
}

const char *guard_events_path(const struct settings *s)
{
	return s->guard_events ? s->guard_events : EVENTS_PATH;
}

enum guard_mode guard_mode_of(const struct settings *s)
{
	return s->guard_mode != GUARD_NO_MODE ? s->guard_mode : GUARD_LEARN;
}

/* The digests of both lists. */
struct listed {
	struct digest_list lists[POLICY_SETS];
};

static struct policy_value is_listed(void *context, enum policy_set set,
				     enum policy_attribute attribute, struct span bytes)
{
	const struct listed *l = (const struct listed *)context;
	const struct digest_list *list = &l->lists[set];

	(void)attribute; /* digests of any kind: no two of 32 octets meet by chance */
	if (bytes.len == 0)
		return policy_number(list->n > 0);
	return policy_number(digest_list_has(list, bytes));
}

static enum status lists_read(struct decider_policy *out, const char **problem)
{
	struct listed *l = ARENA_NEW(&out->arena, struct listed, 1);

	if (!l)
		return STATUS_NO_MEMORY;
	TRY(digest_list_read(&out->arena, DIGEST_LIST_ALLOW, &l->lists[POLICY_ALLOW_LIST],
			     problem));
	TRY(digest_list_read(&out->arena, DIGEST_LIST_DENY, &l->lists[POLICY_DENY_LIST],
			     problem));
	out->listed = is_listed;
	out->listed_context = l;
	return STATUS_OK;
}

/* Without them a host in the mode allowlist could not be rescued. */
static void own_find(struct decider_policy *out)
{
	static const char *const paths[] = { "/proc/self/exe", ASSAY_BIN_DIR "/assay",
					     ASSAY_SBIN_DIR "/assayd" };
	struct stat st;

	_Static_assert(COUNT_OF(paths) <= DECIDER_MAX_OWN, "there is room for all");
	for (size_t i = 0; i < COUNT_OF(paths); i++)
		/* One that others could write to is nobody's own. */
		if (stat(paths[i], &st) == 0 && st.st_uid == 0 &&
		    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
			out->own[out->n_own++] = (struct decider_own){ st.st_dev, st.st_ino };
}

/* The mode may have changed since this process began. */
static enum status mode_read(const struct guard_policy_from *from, struct decider_policy *out,
			     const char **problem)
{
	struct config_places places = config_places_system();
	struct config config = { 0 };
	struct settings settings = { 0 };

	out->mode = guard_mode_of(from->settings);
	if (from->settings->no_config)
		return STATUS_OK;
	TRY(config_load(&out->arena, &places, &config, problem));
	TRY(config_apply(&out->arena, &config, &settings, problem));
	out->mode = guard_mode_of(&settings);
	return STATUS_OK;
}

enum status guard_policy_load(void *context, struct decider_policy *out, const char **problem)
{
	const struct guard_policy_from *from = (const struct guard_policy_from *)context;
	struct guard_settings built_in = { 0 };
	struct policy_from files = policy_from_system(POLICY_KIND_GUARD);
	struct policy_problems problems;
	enum status status;

	TRY(mode_read(from, out, problem));
	TRY(lists_read(out, problem));
	own_find(out);
	files.guard = &built_in;
	files.look_at_places = true;
	status = policy_load(&out->arena, &files, &problems, &out->policy, problem);
	if (status == STATUS_USAGE && !*problem && problems.n > 0)
		*problem =
			arena_printf(&out->arena, "%s:%u:%u: %s%s%s", problems.list[0].file,
				     problems.list[0].line, problems.list[0].column,
				     problems.list[0].what, problems.list[0].advice ? "; " : "",
				     problems.list[0].advice ? problems.list[0].advice : "");
	return status;
}
