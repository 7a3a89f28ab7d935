/* SPDX-License-Identifier: MIT */
#include "cmd/fim_write.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cmd/fim_upgrades.h"
#include "countermeasures/file_integrity_monitoring/starts.h"
#include "source/paths.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>

enum status fim_about_end(struct arena *a, struct baseline_about *about,
			  const struct session *s, const struct baseline_serial *last)
{
	struct utsname host;

	if (last->counter >= INT64_MAX)
		return STATUS_LIMIT;
	about->engine = ASSAY_VERSION;
	about->host = arena_string(a, SPAN_TEXT(uname(&host) == 0 ? host.nodename : ""));
	about->ended = clock_wall_s();
	about->counter = last->counter + 1;
	(void)span_copy(about->previous, sizeof(about->previous), SPAN_OF(last->root));
	(void)span_copy(about->policy, sizeof(about->policy), SPAN_OF(s->engine.policy_digest));
	(void)span_copy(about->trust, sizeof(about->trust), SPAN_OF(s->engine.trust_digest));
	return about->host ? STATUS_OK : STATUS_NO_MEMORY;
}

/* The name by which the baseline knows @typed; what is gone has no other name. */
static const char *path_known(struct arena *a, const char *typed)
{
	const char *path;

	return path_resolve(a, typed, &path) == STATUS_OK ? path : typed;
}

static bool change_is(const struct fim_change *c, struct span path)
{
	return span_equal(c->before.path, path) || span_equal(c->after.path, path);
}

/* Only what is wished remains. */
static enum status changes_choose(struct arena *a, struct fim_look *look,
				  const struct fim_acceptance *wish, const char **unknown)
{
	bool *chosen = ARENA_NEW(a, bool, look->n_changes + 1);
	size_t kept = 0;

	if (!chosen)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < wish->n_paths; i++) {
		struct span path = SPAN_TEXT(path_known(a, wish->paths[i]));
		bool any = false;

		for (size_t k = 0; k < look->n_changes; k++)
			if (change_is(&look->changes[k], path))
				any = chosen[k] = true;
		if (!any) {
			*unknown = wish->paths[i];
			return STATUS_USAGE;
		}
	}
	for (size_t k = 0; k < look->n_changes; k++)
		if (wish->all || chosen[k])
			look->changes[kept++] = look->changes[k];
	look->n_changes = kept;
	return STATUS_OK;
}

static int path_order(const void *a, const void *b)
{
	return baseline_path_order(*(const struct span *)a, *(const struct span *)b);
}

/* The paths whose records do not stay, in order. */
static struct span *paths_replaced(const struct fim_look *look, size_t *n)
{
	struct span *paths = (struct span *)memory_new(2 * look->n_changes + 1, sizeof(*paths));

	*n = 0;
	for (size_t i = 0; paths && i < look->n_changes; i++) {
		if (look->changes[i].before.path.len > 0)
			paths[(*n)++] = look->changes[i].before.path;
		if (look->changes[i].after.path.len > 0)
			paths[(*n)++] = look->changes[i].after.path;
	}
	if (paths)
		qsort(paths, *n, sizeof(*paths), path_order);
	return paths;
}

/* Most folders in the place of a file are told, but not remembered: what is in them is. */
static bool is_kept(const struct baseline_record *r)
{
	return r->path.len > 0 && (!S_ISDIR(r->mode) || fim_folder_starts_programs(r->path));
}

static enum status records_write(struct baseline_writer *w, const struct baseline *known,
				 struct fim_look *look)
{
	size_t n, at = 0;
	struct span *replaced = paths_replaced(look, &n);
	struct baseline_record r;
	enum status status = replaced ? STATUS_OK : STATUS_NO_MEMORY;

	for (uint64_t i = 0; status == STATUS_OK && i < baseline_count(known); i++) {
		status = baseline_record_at(known, i, &r);
		while (at < n && baseline_path_order(replaced[at], r.path) < 0)
			at++;
		if (status != STATUS_OK || (at < n && span_equal(replaced[at], r.path)))
			continue;
		r.dev = fim_volumes_now(&look->volumes, baseline_about(known), r.dev);
		status = baseline_writer_add(w, &r);
	}
	for (size_t i = 0; status == STATUS_OK && i < look->n_changes; i++)
		if (is_kept(&look->changes[i].after))
			status = baseline_writer_add(w, &look->changes[i].after);
	memory_free(replaced);
	return status;
}

enum status fim_accept(struct arena *a, const struct session *s, const struct baseline *known,
		       struct fim_look *look, const struct fim_acceptance *wish,
		       const char **unknown)
{
	struct baseline_about about = *baseline_about(known);
	struct baseline_writer *w = NULL;
	enum status status;

	TRY(changes_choose(a, look, wish, unknown));
	status = baseline_writer_new(wish->path, &w);
	if (status == STATUS_OK)
		status = records_write(w, known, look);
	about.reason = wish->reason;
	/* What stays as it was is still explained by upgrades since then. */
	if (status == STATUS_OK && wish->all)
		status = fim_packages_read(a, s->settings, &about);
	if (status == STATUS_OK)
		status = fim_volumes_write(a, &look->volumes, baseline_about(known), &about);
	if (status == STATUS_OK)
		status = fim_about_end(a, &about, s, &wish->belief->last);
	if (status == STATUS_OK)
		status = fim_commit(a, wish->path, w, &about, wish->belief);
	baseline_writer_free(w);
	return status;
}
