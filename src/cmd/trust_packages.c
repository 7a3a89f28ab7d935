/* SPDX-License-Identifier: MIT */
/*
 * From the keys of archives to the programs of packages that are at hand.
 *
 * A package of Debian counts when a list of a valid release names its digest; its
 * programs are then what the confined reader of --deep finds in it.  One of RPM
 * counts when it is valid itself; its header names its programs, and so does the
 * database of those that are installed.
 */
#include "cmd/trust_packages.h"

#include "base/json.h"
#include "base/limits.h"
#include "cmd/complain.h"
#include "cmd/importing.h"
#include "cmd/releases.h"
#include "cmd/rpms.h"
#include "engine/deep.h"
#include "engine/places.h"
#include "formats/rpm/rpm.h"
#include "source/walk.h"
#include "store/dpkg_status.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POOL_FOLDER  "/var/cache/apt/archives"
#define LISTS_FOLDER "/var/lib/apt/lists"
#define RPM_DATABASE "rpmdb.sqlite"
#define OPEN_PACKAGE (O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

struct taking {
	struct invocation *call;
	struct buffer *out;
	struct importing by;
	struct packages_writer *writer;
	const char *lists; /* where the lists of packages lie; NULL: they were read */
	struct releases releases;
	struct rpms rpms;
	struct dpkg_status installed; /* what dpkg says of packages */
	uint64_t package;             /* the one that is looked into ... */
	bool here;                    /* ... and whose programs shall lie on this system */
	bool whole;                   /* ... none of which could not be read */
	enum status status;
	size_t n_seen, n_packages, n_unlisted;
};

/* "data.tar.xz!usr/bin/x": a name as it stands in an archive, without what escapes there. */
static bool inside_name(struct span inside, struct buffer *out)
{
	uint64_t at;

	if (!span_starts(inside, "data.tar", strlen("data.tar")) ||
	    !span_find(inside, SPAN_LITERAL("!"), 0, &at))
		return false;
	inside = span_after(inside, at + 1);
	for (size_t i = 0; i < inside.len; i++) {
		struct span rest = span_after(inside, i);

		if (span_at(inside, i) == '!')
			return false; /* inside of something that is inside */
		if (span_starts(rest, "%21", 3) || span_starts(rest, "%25", 3)) {
			buffer_char(out, span_at(rest, 2) == '1' ? '!' : '%');
			i += 2;
			continue;
		}
		buffer_char(out, (char)span_at(inside, i));
	}
	return out->len > 0 && buffer_status(out) == STATUS_OK;
}

/* Could something be a program of the package itself, or end all reading, and was not read? */
static bool is_left_out(const struct report *report)
{
	static const char *const ends[] = { "limit.deep-bytes", "limit.deep-members" };
	size_t depth = 0;

	if (report->has_sha256 && (report->format || report->verdict != ASSAY_VERDICT_ERROR))
		return false;
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (report->rule && strcmp(report->rule, ends[i]) == 0)
			return true;
	for (uint64_t i = 0; i < report->inside.len; i++)
		depth += span_at(report->inside, i) == '!';
	return depth <= 1;
}

static void program_take(void *context, const struct report *report)
{
	struct taking *t = (struct taking *)context;
	CLEANUP(buffer_free) struct buffer name = BUFFER_INIT;

	if (is_left_out(report))
		t->whole = false;
	if (t->status != STATUS_OK || !report->has_sha256 || !report->format ||
	    !inside_name(report->inside, &name))
		return;
	t->status = packages_writer_program(t->writer, t->package, buffer_span(&name),
					    report->sha256, t->here);
}

static void alive(void *context)
{
	(void)context;
}

/* When the first package wants them: where there is none, they are nobody's concern. */
static enum status lists_take(struct taking *t)
{
	const char *lists = t->lists;

	t->lists = NULL;
	return lists && access(lists, F_OK) == 0 ? releases_read(&t->releases, &t->by.engine,
								 t->by.lanes, lists, t->writer)
						 : STATUS_OK;
}

/*
 * Has this system the package @name ("coreutils 9.1-1 amd64"), but in another version?  One
 * that was only downloaded says nothing of what lies where it would be.
 */
static bool is_superseded(const struct dpkg_status *installed, const char *name)
{
	struct dpkg_package package;
	const struct dpkg_package *there = dpkg_package_parse(SPAN_TEXT(name), &package)
						   ? dpkg_package_like(installed, &package)
						   : NULL;

	return there && !span_equal(there->version, package.version);
}

static enum status package_take(struct taking *t, int fd)
{
	const struct deep_sink sink = { t, program_take, alive };
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	const struct engine_file file = { .fd = fd };
	const struct listed_package *listed;
	struct report report = { 0 };

	engine_examine(&t->by.engine, t->by.lanes, &file, 1, &a, &report);
	if (report.format && strcmp(report.format, format_rpm.name) == 0) {
		if (report.verdict == ASSAY_VERDICT_VALID)
			return rpms_package(&t->rpms, fd);
		t->rpms.n_unsigned++;
		return STATUS_OK;
	}
	TRY(lists_take(t));
	listed = report.has_sha256 ? releases_find(&t->releases, report.sha256) : NULL;
	if (!listed) {
		t->n_unlisted++;
		return STATUS_OK;
	}
	t->n_packages++;
	t->package = packages_writer_package(t->writer, listed->release, listed->name);
	t->here = !is_superseded(&t->installed, listed->name);
	t->whole = true;
	deep_examine(&t->by.engine, t->by.lanes, fd, &sink);
	if (t->status == STATUS_OK && t->whole)
		return packages_writer_whole(t->writer, t->package, SPAN_TEXT(listed->name));
	return t->status;
}

static bool is_package(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && (strcmp(text_after(name, len - 4), ".deb") == 0 ||
			   strcmp(text_after(name, len - 4), ".rpm") == 0);
}

static enum status file_take(struct taking *t, const struct walk_entry *e)
{
	enum status status;
	int fd;

	t->n_seen += strcmp(e->name, RPM_DATABASE) == 0 || is_package(e->name);
	if (strcmp(e->name, RPM_DATABASE) == 0)
		return rpms_database(&t->rpms, e->path);
	if (!is_package(e->name))
		return STATUS_OK;
	fd = openat(e->dirfd, e->name, OPEN_PACKAGE);
	if (fd < 0)
		return STATUS_OK;
	status = package_take(t, fd);
	(void)close(fd);
	return status;
}

static enum status pool_take(struct taking *t, const char *pool)
{
	struct walk_options options = { 0 };
	struct walk *walk = walk_new(pool, &options);
	enum status status = walk ? STATUS_OK : STATUS_NO_MEMORY;
	struct walk_entry e;

	while (status == STATUS_OK && walk_next(walk, &e))
		if (e.kind == WALK_FILE)
			status = file_take(t, &e);
	walk_free(walk);
	return status;
}

/* Lists that lie with the packages are those of another system. */
static const char *lists_of(struct arena *a, const char *pool)
{
	const char *own = arena_printf(a, "%s/lists", pool);

	return own && access(own, F_OK) == 0 ? own : LISTS_FOLDER;
}

/* Where systems keep what they installed; of each kind, many have none. */
static enum status system_take(struct taking *t)
{
	static const char *const databases[] = { "/var/lib/rpm/" RPM_DATABASE,
						 "/usr/lib/sysimage/rpm/" RPM_DATABASE };

	if (access(POOL_FOLDER, F_OK) == 0)
		TRY(pool_take(t, POOL_FOLDER));
	for (size_t i = 0; i < COUNT_OF(databases); i++)
		if (access(databases[i], F_OK) == 0) {
			t->n_seen++;
			return rpms_database(&t->rpms, databases[i]);
		}
	return STATUS_OK;
}

/* @pool NULL: the system's own. */
static enum status import_all(struct taking *t, const char *pool)
{
	t->lists = pool ? lists_of(t->call->arena, pool) : LISTS_FOLDER;
	t->rpms.engine = &t->by.engine;
	t->rpms.writer = t->writer;
	return pool ? pool_take(t, pool) : system_take(t);
}

static void taken_json(const struct taking *t, const char *path, uint64_t n_programs)
{
	const struct releases *r = &t->releases;
	struct json j = json_begin(t->out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.packages-imported/1");
	json_text(&j, "index", path);
	json_bool(&j, "dry_run", t->call->settings.dry_run);
	if (!t->call->settings.dry_run)
		json_u64(&j, "programs", n_programs);
	json_u64(&j, "releases", r->n_releases);
	json_u64(&j, "releases_refused", r->n_refused);
	json_u64(&j, "lists", r->n_lists);
	json_u64(&j, "listed", r->n);
	json_u64(&j, "taken", t->n_packages);
	json_u64(&j, "unlisted", t->n_unlisted);
	json_u64(&j, "rpms_taken", t->rpms.n_packages);
	json_u64(&j, "rpms_unsigned", t->rpms.n_unsigned);
	json_end(&j);
	buffer_char(t->out, '\n');
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void taken_text(const struct taking *t, const char *path, uint64_t n_programs)
{
	const struct releases *r = &t->releases;

	if (!t->call->settings.dry_run)
		buffer_printf(t->out, "%s: %llu program%s\n", path,
			      (unsigned long long)n_programs, plural(n_programs));
	buffer_printf(
		t->out,
		"%zu release%s, %zu list%s, %zu package%s in them; %zu package%s taken in, "
		"%zu in no list\n",
		r->n_releases, plural(r->n_releases), r->n_lists, plural(r->n_lists), r->n,
		plural(r->n), t->n_packages, plural(t->n_packages), t->n_unlisted);
	if (t->rpms.n_packages + t->rpms.n_unsigned > 0)
		buffer_printf(t->out,
			      "%zu package%s of RPM taken in, %zu signed by nobody who is "
			      "believed\n",
			      t->rpms.n_packages, plural(t->rpms.n_packages),
			      t->rpms.n_unsigned);
}

static int import_end(struct taking *t, const char *path)
{
	uint64_t n_programs = 0;

	/* A mistyped folder shall not wipe what is known. */
	if (t->n_seen == 0) {
		complain("trust: there is no package and no database of packages here; the "
			 "index stays as it was");
		return EXIT_INCOMPLETE;
	}
	if (!t->call->settings.dry_run) {
		enum status status = packages_writer_commit(t->writer, &n_programs);

		if (status != STATUS_OK)
			return importing_failed(status, path);
	}
	if (t->call->settings.format == EXPORT_JSON)
		taken_json(t, path, n_programs);
	else
		taken_text(t, path, n_programs);
	return t->releases.n_refused > 0 ? EXIT_VIOLATION : EXIT_PASS;
}

static int import(struct taking *t, const char *path, const char *pool)
{
	const char *problem = NULL;
	enum status status = importing_begin(&t->by, t->call, true, &problem);
	int lock = -1, code;

	if (status != STATUS_OK) {
		complain("trust: %s", problem ? problem : status_text(status));
		return EXIT_USAGE;
	}
	deep_prepare();
	status = file_lock_folder(path, &lock);
	if (status == STATUS_OK)
		status = packages_writer_new(path, &t->writer);
	if (status == STATUS_OK)
		status = import_all(t, pool);
	code = status == STATUS_OK
		       ? import_end(t, path)
		       : importing_failed(status, pool ? pool : "this system's packages");
	if (lock >= 0)
		(void)close(lock);
	return code;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int trust_packages(struct invocation *call, struct buffer *out)
{
	struct taking t = { .call = call, .out = out };
	const char *path = places_own_packages(call->arena, call->settings.system);
	CLEANUP(arena_free) struct arena installed = ARENA_INIT(DPKG_ARENA_BYTES);
	int code;

	if (strcmp(call->operands[0], "import") != 0 || call->n_operands > 2) {
		complain("trust: --packages goes with import, and one folder of packages");
		return EXIT_USAGE;
	}
	if (!path) {
		complain("trust: you have no home folder for an index of your own; with "
			 "--system the system's is changed");
		return EXIT_USAGE;
	}
	if (call->n_operands > 1 && !is_folder(call->operands[1])) {
		complain("trust: %s: name a folder of packages", call->operands[1]);
		return EXIT_USAGE;
	}
	if (dpkg_status_read(&installed, DPKG_STATUS, &t.installed) != STATUS_OK)
		t.installed = (struct dpkg_status){ 0 };
	code = import(&t, path, call->n_operands > 1 ? call->operands[1] : NULL);
	packages_writer_free(t.writer);
	releases_free(&t.releases);
	importing_end(&t.by);
	return code;
}
