/* SPDX-License-Identifier: MIT */
/* What the system starts as root, and who else may change it. */
#include "countermeasures/local_file_permissions/audit.h"
#include "countermeasures/local_file_permissions/chain.h"
#include "countermeasures/local_file_permissions/unit.h"
#include "host/root_path.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNIT_BYTES ((size_t)1 << 20)
#define UNITS_MAX  16384

/* Several units may start one program. */
static bool is_told(const struct permit_findings *list, const char *path)
{
	for (const struct permit_finding *f = list->first; f; f = f->next)
		if (strcmp(f->row->id, "permit.start-writable") == 0 &&
		    strcmp(f->path, path) == 0)
			return true;
	return false;
}

static void start_look(struct permit_findings *list, struct span name, const char *what)
{
	const char *path = arena_string(list->arena, name), *weak;

	if (!path || span_at(name, 0) != '/')
		return;
	list->n_looked++;
	weak = permit_chain_weak(list->arena, path, 0, true);
	if (weak && !is_told(list, path))
		permit_finding_add(list, "permit.start-writable", path, what, weak, 0);
}

static void list_look(struct permit_findings *list, struct span text, const char *separators,
		      const char *what)
{
	while (text.len) {
		uint64_t end = 0;

		while (end < text.len && !strchr(separators, span_at(text, end)))
			end++;
		if (end)
			start_look(list, span_clip(text, 0, end), what);
		text = span_after(text, end + 1);
	}
}

static void unit_found(void *context, struct span path, const char *what)
{
	struct permit_findings *list = context;

	start_look(list, path, what);
}

/* A unit file, or what is dropped in beside one: itself, and what it names. */
static void unit_look(struct permit_findings *list, const char *path)
{
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(UNIT_BYTES * 2);
	struct span text = SPAN_NONE;
	int fd;

	enum status status = file_open(AT_FDCWD, path, &fd);

	if (status == STATUS_USAGE)
		return; /* masked: a link to /dev/null */
	start_look(list, SPAN_TEXT(path), "systemd reads it");
	if (status != STATUS_OK)
		return;
	if (file_read(fd, UNIT_BYTES, &scratch, &text) != STATUS_OK ||
	    unit_read(text, unit_found, list) != STATUS_OK)
		list->n_unknown++;
	(void)close(fd);
}

static bool ends_with(const char *name, struct span suffix)
{
	struct span whole = SPAN_TEXT(name);

	return whole.len > suffix.len &&
	       span_equal(span_after(whole, whole.len - suffix.len), suffix);
}

/* The names in the folder @path, which is itself looked at; none if it is not there. */
static size_t folder_look(struct permit_findings *list, const char *path, const char *what,
			  const char ***names)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n = 0;

	if (fd < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			list->n_unknown++;
		return 0;
	}
	start_look(list, SPAN_TEXT(path), what);
	if (folder_read(fd, UNITS_MAX, list->arena, names, &n) != STATUS_OK) {
		list->n_unknown++;
		return 0;
	}
	return n;
}

/* NAME.d: whatever ends in .conf there adds to the unit. */
static void drop_ins_look(struct permit_findings *list, const char *folder)
{
	const char **names = NULL;
	size_t n = folder_look(list, folder, "systemd reads it", &names);

	for (size_t i = 0; i < n; i++) {
		const char *path = arena_printf(list->arena, "%s/%s", folder, names[i]);

		if (path && ends_with(names[i], SPAN_LITERAL(".conf")))
			unit_look(list, path);
	}
}

static void units_look(struct permit_findings *list, const char *folder)
{
	const char **names = NULL;
	size_t n = folder_look(list, folder, "systemd reads it", &names);

	for (size_t i = 0; i < n; i++) {
		const char *path = arena_printf(list->arena, "%s/%s", folder, names[i]);

		if (!path)
			continue;
		if (unit_is_name(SPAN_TEXT(names[i])))
			unit_look(list, path);
		else if (ends_with(names[i], SPAN_LITERAL(".d")))
			drop_ins_look(list, path);
		else if (ends_with(names[i], SPAN_LITERAL(".wants")) ||
			 ends_with(names[i], SPAN_LITERAL(".requires")) ||
			 ends_with(names[i], SPAN_LITERAL(".upholds")))
			start_look(list, SPAN_TEXT(path),
				   "systemd starts what is linked there");
	}
}

/* Programs that write units, each run as root at every start. */
static void generators_look(struct permit_findings *list, const char *folder)
{
	const char **names = NULL;
	size_t n = folder_look(list, folder, "systemd starts what lies there", &names);

	for (size_t i = 0; i < n; i++) {
		const char *path = arena_printf(list->arena, "%s/%s", folder, names[i]);

		if (path)
			start_look(list, SPAN_TEXT(path), "systemd starts it");
	}
}

static void preload_look(struct permit_findings *list)
{
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(UNIT_BYTES * 2);
	struct span text;
	int fd;

	start_look(list, SPAN_TEXT("/etc/ld.so.preload"), "the loader reads it");
	if (file_open(AT_FDCWD, "/etc/ld.so.preload", &fd) != STATUS_OK)
		return;
	if (file_read(fd, UNIT_BYTES, &scratch, &text) == STATUS_OK)
		list_look(list, text, " \t\n:", "loaded into every program");
	else
		list->n_unknown++;
	(void)close(fd);
}

/* systemd.unit(5), systemd.generator(7): what the system's manager reads; not the users'. */
void permit_audit_start(struct permit_findings *list)
{
	static const char *const units[] = {
		"/etc/systemd/system.control",  "/run/systemd/system.control",
		"/run/systemd/transient",       "/run/systemd/generator.early",
		"/etc/systemd/system",          "/etc/systemd/system.attached",
		"/run/systemd/system.attached", "/run/systemd/system",
		"/run/systemd/generator",       "/usr/local/lib/systemd/system",
		"/usr/lib/systemd/system",      "/run/systemd/generator.late",
	};
	static const char *const generators[] = {
		"/run/systemd/system-generators",
		"/etc/systemd/system-generators",
		"/usr/local/lib/systemd/system-generators",
		"/usr/lib/systemd/system-generators",
	};
	const char *own = geteuid() == 0 ? getenv("PATH") : NULL;

	list_look(list, SPAN_TEXT(own ? own : ROOT_PATH), ":", "in root's PATH");
	preload_look(list);
	for (size_t i = 0; i < COUNT_OF(units); i++)
		units_look(list, units[i]);
	for (size_t i = 0; i < COUNT_OF(generators); i++)
		generators_look(list, generators[i]);
}
