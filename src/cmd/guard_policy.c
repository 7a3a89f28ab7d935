/* SPDX-License-Identifier: MIT */
#include "cmd/guard_policy.h"

#include "base/clock.h"
#include "cmd/anchors.h"
#include "cmd/cmd.h"
#include "cmd/complain.h"
#include "cmd/config.h"
#include "daemon/control.h"
#include "daemon/run_facts.h"
#include "engine/places.h"
#include "source/paths.h"
#include "store/digest_list.h"
#include "store/dpkg_status.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

bool guard_events_refused(const char *path)
{
	if (access(path, R_OK) == 0 || errno != EACCES)
		return false;
	complain("%s: only root may read what was run here, and by whom", path);
	return true;
}

enum guard_mode guard_mode_of(const struct settings *s)
{
	return s->guard_mode != GUARD_NO_MODE ? s->guard_mode : GUARD_LEARN;
}

const char *guard_lists_folder(struct arena *a, const struct settings *s)
{
	const char *state = path_folder(a, guard_events_path(s));

	if (s->lists_folder)
		return s->lists_folder;
	return state ? arena_printf(a, "%s/lists", state) : NULL;
}

enum status guard_lists_from(struct arena *a, const struct settings *s,
			     struct ed25519_key *keys, struct signed_from *out,
			     const char **problem)
{
	*out = (struct signed_from){
		.folder = guard_lists_folder(a, s),
		.trust = {keys, s->lists_keys.n, s->lists_signatures},
		.now = clock_wall_s()
	};
	if (!out->folder)
		return STATUS_NO_MEMORY;
	return signed_keys_read(a, s->lists_keys.items, s->lists_keys.n, keys, problem);
}

/* The digests of all lists: the administrator's own, and those that are signed. */
struct listed {
	struct digest_list own[POLICY_SETS];
	struct signed_lists followed;
};

/* One that lets pass does so only while somebody answers for it, and nobody can hold back a
 * newer one. */
static bool in_force(const struct signed_list *list, enum policy_set set, int64_t now)
{
	if (set == POLICY_DENY_LIST)
		return list->what == BUNDLE_DENY;
	return list->what == BUNDLE_ALLOW && !list->unvouched &&
	       (list->expires == 0 || list->expires >= now);
}

static struct policy_value is_listed(void *context, enum policy_set set,
				     enum policy_attribute attribute, struct span bytes)
{
	const struct listed *l = (const struct listed *)context;
	int64_t now = clock_wall_s();
	bool any = l->own[set].n > 0, holds = digest_list_holds(&l->own[set], bytes, now);

	(void)attribute; /* digests of any kind: no two of 32 octets meet by chance */
	for (size_t i = 0; i < l->followed.n && !holds; i++) {
		const struct signed_list *list = &l->followed.lists[i];

		if (!in_force(list, set, now))
			continue;
		any = any || list->set.n > 0;
		holds = digest_list_holds(&list->set, bytes, now);
	}
	return policy_number(bytes.len == 0 ? any : holds);
}

/* When something of the lists ends; 0: never. */
static int64_t lists_until(const struct listed *l, int64_t now)
{
	int64_t until = INT64_MAX, ends;

	for (size_t i = 0; i < POLICY_SETS; i++) {
		ends = digest_list_ends(&l->own[i], now);
		until = ends < until ? ends : until;
	}
	for (size_t i = 0; i < l->followed.n; i++) {
		const struct signed_list *list = &l->followed.lists[i];

		ends = digest_list_ends(&list->set, now);
		until = ends < until ? ends : until;
		if (list->expires >= now && list->expires + 1 < until)
			until = list->expires + 1;
	}
	return until == INT64_MAX ? 0 : until;
}

static enum status lists_read(const struct settings *s, struct decider_policy *out,
			      const char **problem)
{
	struct listed *l = ARENA_NEW(&out->arena, struct listed, 1);
	struct ed25519_key keys[BUNDLE_MAX_KEYS];
	struct signed_from from;

	if (!l)
		return STATUS_NO_MEMORY;
	TRY(digest_list_read(&out->arena, DIGEST_LIST_ALLOW, &l->own[POLICY_ALLOW_LIST],
			     problem));
	TRY(digest_list_read(&out->arena, DIGEST_LIST_DENY, &l->own[POLICY_DENY_LIST],
			     problem));
	TRY(guard_lists_from(&out->arena, s, keys, &from, problem));
	TRY(signed_lists_read(&out->arena, &from, BUNDLE_NOTHING, &l->followed, problem));
	out->signed_lists = l->followed;
	for (size_t i = l->followed.n; i > 0; i--)
		if (l->followed.lists[i - 1].unvouched)
			out->unvouched = l->followed.lists[i - 1].unvouched;
	out->until = lists_until(l, from.now);
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

enum status guard_policy_signed(struct arena *a, const struct signed_lists *lists,
				struct policy_from *out, const char **problem)
{
	const struct signed_list *found = NULL;

	for (size_t i = 0; i < lists->n; i++) {
		if (lists->lists[i].what != BUNDLE_POLICY)
			continue;
		if (found) {
			*problem = "two signed policies are followed; assay policy forget NAME "
				   "leaves one";
			return STATUS_USAGE;
		}
		found = &lists->lists[i];
	}
	if (!found)
		return STATUS_OK;
	out->signed_list = found->name;
	/* Its lines may let pass, too: none of them counts. */
	if (found->unvouched)
		return STATUS_OK;
	out->signed_text = found->content;
	out->signed_name = arena_printf(a, "signed policy %s number %llu", found->name,
					(unsigned long long)found->sequence);
	return out->signed_name ? STATUS_OK : STATUS_NO_MEMORY;
}

const char *guard_policy_problem(struct arena *a, const struct policy_problems *problems)
{
	const struct policy_problem *p = &problems->list[0];

	return arena_printf(a, "%s:%u:%u: %s%s%s", p->file, p->line, p->column, p->what,
			    p->advice ? "; " : "", p->advice ? p->advice : "");
}

/* Settings may have changed since this process began. */
static enum status settings_read(const struct guard_policy_from *from, struct arena *a,
				 struct settings *out, const char **problem)
{
	struct config_places places = config_places_system();
	struct config config = { 0 };

	*out = *from->settings;
	if (from->settings->no_config)
		return STATUS_OK;
	*out = (struct settings){ 0 };
	TRY(config_load(a, &places, &config, problem));
	return config_apply(a, &config, out, problem);
}

static enum status lines_read(struct arena *a, const struct policy_from *from,
			      struct policy *out, const char **problem)
{
	struct policy_problems problems;
	enum status status = policy_load(a, from, &problems, out, problem);

	if (status == STATUS_USAGE && !*problem && problems.n > 0)
		*problem = guard_policy_problem(a, &problems);
	return status;
}

/* The system's alone: what users keep for themselves vouches for nothing here. */
static enum status packages_read(const struct settings *s, struct decider_policy *out,
				 const char **problem)
{
	TRY(anchors_open(&out->arena, s, &out->anchors, problem));
	out->installed_from = (struct installed_from){
		.index = places_own_packages(&out->arena, true),
		.status = DPKG_STATUS,
		.believed = out->anchors,
		.firm = policy_path_is_firm,
	};
	out->installed = installed_open(&out->installed_from);
	return out->installed ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status guard_anchors_open(const struct guard_policy_from *from, struct arena *a,
			       struct trust_store **out, const char **problem)
{
	struct settings settings;

	TRY(settings_read(from, a, &settings, problem));
	return anchors_open(a, &settings, out, problem);
}

/* Better the last one that somebody signed than none. */
static enum status lines_read_signed(struct decider_policy *out, struct policy_from *from,
				     const char **problem)
{
	const char *why = *problem;

	from->signed_alone = true;
	*problem = NULL;
	TRY(lines_read(&out->arena, from, &out->policy, problem));
	out->instead = arena_printf(&out->arena, "%s; until that is mended, %s holds", why,
				    from->signed_name);
	return out->instead ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status guard_policy_load(void *context, struct decider_policy *out, const char **problem)
{
	const struct guard_policy_from *from = (const struct guard_policy_from *)context;
	struct policy_from files = policy_from_system(POLICY_KIND_GUARD);
	struct settings settings;
	enum status status;

	TRY(settings_read(from, &out->arena, &settings, problem));
	out->mode = guard_mode_of(&settings);
	TRY(lists_read(&settings, out, problem));
	own_find(out);
	files.guard = &settings.guard_built_in;
	files.look_at_places = true;
	TRY(guard_policy_signed(&out->arena, &out->signed_lists, &files, problem));
	status = lines_read(&out->arena, &files, &out->policy, problem);
	if (status == STATUS_USAGE && out->first && files.signed_name && *problem)
		status = lines_read_signed(out, &files, problem);
	if (status == STATUS_OK && (from->packages || decider_asks_packages(&out->policy)))
		status = packages_read(&settings, out, problem);
	return status;
}
