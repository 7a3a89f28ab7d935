/* SPDX-License-Identifier: MIT */
/*
 * assayd: guards this host.  It reads its settings, opens what judging needs,
 * and hands over to the guard; from then on this process parses nothing.
 */
#include "cmd/anchors.h"
#include "cmd/complain.h"
#include "cmd/config.h"
#include "cmd/guard_policy.h"
#include "cmd/session.h"
#include "daemon/control.h"
#include "daemon/decider.h"
#include "daemon/guard.h"
#include "daemon/notify.h"
#include "daemon/run_facts.h"
#include "engine/places.h"
#include "host/writers.h"
#include "source/paths.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALIVE_MS 100 /* how often the guard comes round */

/* In a file without a name, which nobody can change; of no use as a program. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

struct daemon {
	struct guard_policy_from policy;
	struct anchors_plan anchors;
	struct engine *engine;
	struct decider_plan decider;
	int64_t watchdog_ms, told_ms;
};

static void on_ready(void *context)
{
	(void)context;
	notify_send("READY=1");
}

static void on_alive(void *context)
{
	struct daemon *d = (struct daemon *)context;
	int64_t now = ledger_now();

	if (d->watchdog_ms == 0 || now - d->told_ms < d->watchdog_ms / 2 - ALIVE_MS)
		return;
	d->told_ms = now;
	notify_send("WATCHDOG=1");
}

static int on_decide(void *context, struct ledger *ledger, int orders)
{
	struct daemon *d = (struct daemon *)context;

	return decider_run(&d->decider, ledger, orders);
}

/* @bytes in a file that has no name and stays as it is; -1: it cannot be. */
static int file_unnamed(struct span bytes)
{
	int fd = memfd_create("assay-anchors",
			      MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	ssize_t n = 1;

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("assay-anchors", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	while (fd >= 0 && bytes.len > 0 && n > 0) {
		n = write(fd, bytes.ptr, bytes.len);
		bytes = span_after(bytes, n > 0 ? (uint64_t)n : 0);
	}
	if (fd < 0 || (bytes.len == 0 &&
		       fcntl(fd, F_ADD_SEALS,
			     F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0))
		return fd;
	(void)close(fd);
	return -1;
}

static enum status on_anchors_read(void *context, struct arena *a, int *out,
				   const char **problem)
{
	const struct daemon *d = (const struct daemon *)context;
	CLEANUP(buffer_free) struct buffer pack = BUFFER_INIT;
	struct trust_store *store;
	uint8_t digest[32];

	TRY(guard_anchors_open(&d->policy, a, &store, problem));
	trust_digest(store, digest);
	if (span_equal(SPAN_OF(digest), SPAN_OF(d->engine->trust_digest)))
		return STATUS_OK;
	TRY(trust_pack(store, &pack));
	*out = file_unnamed(buffer_span(&pack));
	return *out >= 0 ? STATUS_OK : STATUS_IO;
}

static bool on_anchors_take(void *context, int fd)
{
	const struct daemon *d = (const struct daemon *)context;
	struct trust_store *store;

	if (trust_unpack(fd, &store) != STATUS_OK)
		return false;
	engine_trust(d->engine, store);
	return true;
}

/* The folder of @path, made when it is missing. */
static const char *folder_for(struct arena *a, const char *path, unsigned mode)
{
	const char *folder = path_folder(a, path);

	return folder && folders_make(folder, mode) ? folder : NULL;
}

/* Is somebody there already?  Two guards would wait for each other. */
static bool is_guarded(const char *socket)
{
	CLEANUP(buffer_free) struct buffer out = { .limit = CONTROL_MAX_ANSWER };

	return control_ask(socket, CONTROL_STATUS, &out) == STATUS_OK;
}

/* The manager's, who listened before us and goes on when we are gone; else our own. */
static int socket_prepare(struct invocation *call, struct control *control, bool *given)
{
	const char *socket = guard_socket_path(&call->settings);

	control->listener = notify_listener();
	*given = control->listener >= 0;
	if (*given)
		return EXIT_PASS;
	if (is_guarded(socket)) {
		complain("assayd: another one guards this host: %s", socket);
		return EXIT_INCOMPLETE;
	}
	if (!folder_for(call->arena, socket, 0755) ||
	    control_open(control, socket) != STATUS_OK) {
		complain("assayd: %s: %s", socket, strerrordesc_np(errno));
		return EXIT_INCOMPLETE;
	}
	return EXIT_PASS;
}

#define SETTINGS_FOLDER "/etc/assay"
#define FIXED_RULES     (10 + PLACES_MAX_DATABASES)

/* By whom packages are believed; what makes no sense was told before. */
static void anchors_allow(struct arena *a, const struct settings *s,
			  struct confine_rule *allowed, size_t *n)
{
	const struct text_list *const lists[] = { &s->trust, &s->only_trust };
	const char *databases[PLACES_MAX_DATABASES], *problem;
	const char *own = places_own_database(a, false);
	size_t n_databases = places_databases(a, true, databases);

	/* As for /etc/assay: `assay trust add' may come later.  A home that is closed has none.
	 */
	if (own)
		(void)folder_for(a, own, 0755);
	for (size_t i = 0; i < n_databases; i++)
		allowed[(*n)++].path = path_folder(a, databases[i]);
	for (size_t k = 0; k < COUNT_OF(lists); k++)
		for (size_t i = 0; i < lists[k]->n; i++) {
			struct trust_source source = { .path = NULL };

			if (anchors_parse(a, lists[k]->items[i], &source, &problem) ==
			    STATUS_OK)
				allowed[(*n)++].path = source.path;
		}
	for (size_t i = 0; i < s->revocation_dirs.n; i++)
		allowed[(*n)++].path = s->revocation_dirs.items[i];
}

static int files_prepare(struct invocation *call, struct daemon *d,
			 const struct control *control)
{
	const char *events = guard_events_path(&call->settings);
	const char *lists = guard_lists_folder(call->arena, &call->settings);
	const struct settings *s = &call->settings;
	const struct text_list *keys = &s->lists_keys;
	struct confine_rule *allowed = ARENA_NEW(
		call->arena, struct confine_rule,
		FIXED_RULES + keys->n + s->trust.n + s->only_trust.n + s->revocation_dirs.n);
	const char *const readable[] = { SETTINGS_FOLDER, "/usr/lib/assay", "/run/assay",
					 "/proc", "/var/lib/dpkg" };
	const char *named = config_places_system().named;

	if (!allowed)
		return EXIT_INCOMPLETE;
	allowed[d->decider.n_rules++] =
		(struct confine_rule){ folder_for(call->arena, events, 0755), true };
	if (!allowed[0].path) {
		complain("assayd: %s: %s", events, strerrordesc_np(errno));
		return EXIT_INCOMPLETE;
	}
	/* What is not there now cannot be reached later: the mode that is set first, too. */
	if (!folders_make(SETTINGS_FOLDER, 0755))
		complain("assayd: " SETTINGS_FOLDER
			 " is not there, nor can it be made (%s): what is "
			 "put there holds when assayd is started again",
			 strerrordesc_np(errno));
	if (!lists || !folders_make(lists, 0755)) {
		complain("assayd: %s: %s", lists, strerrordesc_np(errno));
		return EXIT_INCOMPLETE;
	}
	for (size_t i = 0; i < COUNT_OF(readable); i++)
		allowed[d->decider.n_rules++] = (struct confine_rule){ .path = readable[i] };
	allowed[d->decider.n_rules++] = (struct confine_rule){ .path = lists };
	for (size_t i = 0; i < keys->n; i++)
		allowed[d->decider.n_rules++] = (struct confine_rule){ .path = keys->items[i] };
	if (named)
		allowed[d->decider.n_rules++] = (struct confine_rule){ .path = named };
	anchors_allow(call->arena, s, allowed, &d->decider.n_rules);
	d->decider.rules = allowed;
	d->decider.control = control->listener;
	d->decider.events = events;
	d->decider.journal = call->settings.guard_journal;
	d->decider.syslog = call->settings.guard_syslog;
	return EXIT_PASS;
}

/* Nothing is guarded by a policy that nobody can read. */
static int policy_try(struct daemon *d)
{
	struct decider_policy policy = { .arena = ARENA_INIT(GUARD_POLICY_ARENA),
					 .first = true };
	const char *problem = NULL;
	enum status status = guard_policy_load(&d->policy, &policy, &problem);

	if (status != STATUS_OK || policy.instead)
		complain("assayd: %s", policy.instead ? policy.instead
				       : problem      ? problem
						      : status_text(status));
	decider_policy_end(&policy);
	return status == STATUS_OK ? EXIT_PASS : EXIT_USAGE;
}

/* "all" among the paths: every local one, too.  So it is without any. */
static enum status places_take(struct arena *a, const struct text_list *named,
			       struct guard_plan *plan)
{
	const char **places = ARENA_NEW(a, const char *, named->n + 1);

	if (!places)
		return STATUS_NO_MEMORY;
	plan->all = named->n == 0;
	for (size_t i = 0; i < named->n; i++)
		if (strcmp(named->items[i], "all") == 0)
			plan->all = true;
		else
			places[plan->n_places++] = named->items[i];
	plan->places = places;
	plan->watcher.memory = plan->all;
	return STATUS_OK;
}

static int guard(const struct invocation *call, struct session *s, struct daemon *d)
{
	const struct settings *set = &call->settings;
	struct guard_plan plan = {
		.watcher = {.engine = &s->engine,
                            .anchors = &d->anchors,
                            .pool = { .n_threads = set->jobs },
                            .ignores = set->guard_fast,
                            .libraries = set->guard_libraries},
		.mode = guard_mode_of(set),
		.all_or_none = set->guard_all_or_none,
		.tier_a = set->guard_tier_b ? NULL : TIER_A_FOLDER,
		.decide = on_decide,
		.context = d,
		.ready = on_ready,
		.alive = on_alive,
	};
	const char *problem = NULL;
	enum status status;

	d->engine = &s->engine;
	d->anchors = (struct anchors_plan){ on_anchors_read, on_anchors_take, d };
	status = places_take(call->arena, &set->guard_filesystems, &plan);

	if (status != STATUS_OK) {
		complain("assayd: filesystems: %s", status_text(status));
		return EXIT_INCOMPLETE;
	}
	if (set->guard_tier_b)
		tier_a_drop(TIER_A_FOLDER);
	if (set->guard_strict) {
		plan.watcher.interpreters = interpreters_find(
			call->arena, set->guard_interpreters.items, set->guard_interpreters.n);
		if (!plan.watcher.interpreters) {
			complain("assayd: interpreters: %s", status_text(STATUS_NO_MEMORY));
			return EXIT_INCOMPLETE;
		}
	}
	status = guard_run(&plan, &problem);

	if (status == STATUS_OK)
		return EXIT_PASS;
	complain("assayd: %s%s%s", problem ? problem : "it cannot go on", errno ? ": " : "",
		 errno ? strerrordesc_np(errno) : "");
	return EXIT_INCOMPLETE;
}

int cmd_daemon(struct invocation *call)
{
	struct session_plan plan = { .policy = EXIT_POLICY_STRICT,
				     .with_sha256 = true,
				     .names_files = true,
				     .goes_on = true };
	struct control control = { .listener = -1 };
	struct daemon d = { .policy = { .settings = &call->settings },
			    .watchdog_ms = notify_watchdog_ms() };
	struct session s;
	bool given;
	int code;

	if (call->n_operands > 0) {
		complain("assayd: takes no operands; what it does stands in assay.conf");
		return EXIT_USAGE;
	}
	if (geteuid() != 0) {
		complain("assayd: it needs root: only root may ask the kernel what is run");
		return EXIT_INCOMPLETE;
	}
	d.decider.strict = call->settings.guard_strict;
	d.decider.fast = call->settings.guard_fast;
	d.decider.libraries = call->settings.guard_libraries;
	d.decider.writers_pass = !writers_are_kept_away();
	d.decider.load = guard_policy_load;
	d.decider.context = &d.policy;
	code = policy_try(&d);
	if (code == EXIT_PASS)
		code = (int)session_prepare(&s, call, &plan);
	if (code != EXIT_PASS)
		return code;
	code = socket_prepare(call, &control, &given);
	if (code == EXIT_PASS)
		code = files_prepare(call, &d, &control);
	if (code == EXIT_PASS)
		code = guard(call, &s, &d);
	if (control.listener >= 0 && !given)
		(void)unlink(guard_socket_path(&call->settings));
	control_close(&control);
	session_abandon(&s);
	return code;
}
