/* SPDX-License-Identifier: MIT */
/* assay scan PATH...: judges trees; files of no known format are passed over. */
#include "base/clock.h"
#include "base/cursor.h"
#include "cmd/cmd.h"
#include "cmd/complain.h"
#include "cmd/list.h"
#include "cmd/run.h"
#include "cmd/scan.h"
#include "crypto/digest.h"
#include "formats/bundle/bundle.h"
#include "source/identity.h"
#include "source/paths.h"
#include "source/walk.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUNDLES_BYTES ((size_t)256 << 20) /* names of bundles in one target */
#define OPEN_TARGET   (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

struct bundle_found {
	const char *path;
	struct bundle_found *before;
};

struct scan {
	struct run run;
	const struct settings *settings;
	struct walk_options walk;
	bool no_atime; /* reading leaves no trace, where the owner allows it */
	size_t target; /* length of what is walked: bundles around it are none of it */
	struct bundle_found *bundles; /* in it, outermost ones; the last one first */
	struct arena arena;           /* of these */
	uint64_t n_targets;
};

static void fail(struct scan *s, const char *path, const char *rule, const char *why)
{
	run_failed(&s->run, &(struct run_file){ .path = path }, rule, why);
}

/* Is this path in our share?  fleet workers agree on it without talking. */
static bool in_shard(const struct scan *s, const char *path)
{
	struct span text = SPAN_TEXT(path);
	struct digest digest;
	struct cursor c;

	if (s->settings->n_shards == 0)
		return true;
	if (digest_of(DIGEST_SHA256, &text, 1, &digest) != STATUS_OK)
		return true; /* twice is better than never */
	c = cursor_at(digest_span(&digest), 0);
	return cursor_be(&c, 8) % s->settings->n_shards == s->settings->shard - 1;
}

static int file_open(struct scan *s, const struct walk_entry *e)
{
	int fd = -1;

	if (s->no_atime) {
		fd = openat(e->dirfd, e->name, OPEN_TARGET | O_NOATIME);
		if (fd >= 0 || errno != EPERM)
			return fd;
		s->no_atime = false;
	}
	return openat(e->dirfd, e->name, OPEN_TARGET);
}

static bool known_from_cache(struct scan *s, struct run_file f)
{
	struct session *session = s->run.session;
	struct span report;

	f.cached = true;
	return session->cache &&
	       cache_find(session->cache, &f.identity, session->now, &report) &&
	       run_known(&s->run, &f, report);
}

static void scan_file(struct scan *s, const struct walk_entry *e)
{
	struct run_file f = { .path = e->path, .identity = e->identity };
	struct engine_file file = { .fd = -1 };

	if (!in_shard(s, e->path))
		return;
	if (e->accompanied)
		companions_open(e->dirfd, e->name, &file.beside);
	/* A report that rests on other files too is not this inode's alone. */
	if (file.beside.n == 0 && known_from_cache(s, f))
		return;
	f.read_at = clock_wall_s();
	do
		file.fd = file_open(s, e);
	while (file.fd < 0 && errno == EMFILE && run_relieve(&s->run));
	if (file.fd < 0) {
		companions_close(&file.beside);
		/* It was there when its folder was read: gone is not unreadable. */
		if (errno == ENOENT && e->dirfd != AT_FDCWD)
			run_skipped(&s->run, e->path);
		else
			fail(s, e->path, "error.io", strerrordesc_np(errno));
		return;
	}
	/* Another file may have taken the name since. */
	if (source_identify(file.fd, &f.identity) != STATUS_OK || !S_ISREG(f.identity.mode)) {
		(void)close(file.fd);
		companions_close(&file.beside);
		fail(s, e->path, "error.changed", "this was a regular file a moment ago");
		return;
	}
	f.keep = s->run.session->cache && file.beside.n == 0 &&
		 identity_times_tell(identity_telling_of(file.fd), &f.identity);
	run_judge(&s->run, &f, &file);
}

/* Does @path lie in the folder @around? */
static bool lies_in(const char *path, struct span around)
{
	return SPAN_TEXT(path).len != around.len && path_lies_in(SPAN_TEXT(path), around);
}

/* A file by whose name a bundle is known: its folder is judged when all files are read. */
static void bundle_note(struct scan *s, const char *path)
{
	struct bundle_found *found;
	struct span root;

	if (!bundle_mark(SPAN_TEXT(path), &root) || root.len < s->target)
		return;
	if (s->bundles && (lies_in(path, SPAN_TEXT(s->bundles->path)) ||
			   span_equal(SPAN_TEXT(s->bundles->path), root)))
		return;
	/* Bundles inside are met first, and right before the one around them. */
	while (s->bundles && lies_in(s->bundles->path, root))
		s->bundles = s->bundles->before;
	found = ARENA_NEW(&s->arena, struct bundle_found, 1);
	if (found)
		found->path = arena_string(&s->arena, root);
	if (!found || !found->path) {
		fail(s, path, "limit.bundle", "there are too many bundles");
		return;
	}
	found->before = s->bundles;
	s->bundles = found;
}

static void bundles_judge(struct scan *s)
{
	struct bundle_found *first = NULL;

	while (s->bundles) {
		struct bundle_found *next = s->bundles;

		s->bundles = next->before;
		next->before = first;
		first = next;
	}
	for (; first && !run_stopped(&s->run); first = first->before) {
		struct run_file f = { .path = first->path };

		if (in_shard(s, f.path))
			run_bundle(&s->run, &f, true);
	}
	arena_reset(&s->arena);
}

static void scan_entry(struct scan *s, const struct walk_entry *e)
{
	bool named = e->dirfd == AT_FDCWD;

	switch (e->kind) {
	case WALK_FILE:
		scan_file(s, e);
		if (!named)
			bundle_note(s, e->path);
		break;
	case WALK_SPECIAL:
		if (named)
			fail(s, e->path, "error.not-regular", "neither a file nor a folder");
		else
			run_skipped(&s->run, e->path);
		break;
	case WALK_LINK: run_skipped(&s->run, e->path); break;
	case WALK_ERROR:
		if (e->error == ENOENT && !named)
			run_skipped(&s->run, e->path);
		else
			fail(s, e->path, "error.io", strerrordesc_np(e->error));
		break;
	case WALK_MOUNT:
	case WALK_FOLDER: break;
	}
}

static void scan_target(struct scan *s, const char *path)
{
	struct walk *walk = walk_new(path, &s->walk);
	struct walk_entry e;

	s->n_targets++;
	s->target = strlen(path);
	while (s->target > 1 && span_at(SPAN_TEXT(path), s->target - 1) == '/')
		s->target--;
	if (!walk) {
		fail(s, path, "error.memory", "out of memory");
		return;
	}
	while (!run_stopped(&s->run) && walk_next(walk, &e))
		scan_entry(s, &e);
	walk_free(walk);
	bundles_judge(s);
}

/* False: it could not be read to its end. */
static bool scan_list(struct scan *s, int fd)
{
	struct list list = { .fd = fd, .end = s->settings->null_separated ? 0 : '\n' };
	const char *path;

	while (!run_stopped(&s->run) && (path = list_next(&list)) != NULL)
		scan_target(s, path);
	if (list.error != 0)
		fail(s, s->settings->files_from, "error.io", strerrordesc_np(list.error));
	list_free(&list);
	return list.error == 0;
}

/* False: it has complained. */
static bool operands_allowed(const struct invocation *call)
{
	const struct settings *set = &call->settings;

	if (call->n_operands == 0 && !set->files_from && !set->allow_empty) {
		complain("scan: name a file or a folder; try: assay scan --help");
		return false;
	}
	for (size_t i = 0; i < call->n_operands; i++) {
		if (strcmp(call->operands[i], "-") == 0) {
			complain("scan: standard input (-) is for verify and explain; a file "
				 "of that name is ./-");
			return false;
		}
	}
	return true;
}

int scan_paths(struct invocation *call, const struct session_plan *plan)
{
	const struct settings *set = &call->settings;
	struct scan s = {
		.settings = set,
		.walk = {set->one_file_system, set->exclude.items, false},
		.no_atime = true,
		.arena = ARENA_INIT(BUNDLES_BYTES),
	};
	struct session session;
	enum exit_code code;

	code = session_open(&session, call, plan);
	if (code != EXIT_PASS)
		return (int)code;
	if (run_begin(&s.run, &session) != STATUS_OK) {
		session_abandon(&session);
		return EXIT_INCOMPLETE;
	}
	for (size_t i = 0; i < plan->n_targets && !run_stopped(&s.run); i++)
		scan_target(&s, plan->targets[i]);
	if (session.list >= 0 && scan_list(&s, session.list) && s.n_targets == 0 &&
	    !set->allow_empty && !run_stopped(&s.run)) {
		complain("%s: this list of files is empty", set->files_from);
		run_abandon(&s.run);
		arena_free(&s.arena);
		return EXIT_USAGE;
	}
	arena_free(&s.arena);
	return (int)run_end(&s.run, true);
}

int cmd_scan(struct invocation *call)
{
	struct session_plan plan = {
		.policy = EXIT_POLICY_FORGERY,
		.cached = true,
		.gathers = true,
		.remembers = true,
		.targets = call->operands,
		.n_targets = call->n_operands,
	};

	return operands_allowed(call) ? scan_paths(call, &plan) : EXIT_USAGE;
}
