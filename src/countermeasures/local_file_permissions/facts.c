/* SPDX-License-Identifier: MIT */
#include "countermeasures/local_file_permissions/facts.h"

#include "base/hex.h"
#include "base/search.h"
#include "crypto/digest.h"
#include "source/paths.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DIGEST_MAX_FILE ((size_t)256 << 20)
#define MAPS_MAX        ((size_t)4 << 20)

/* ---- packages ---- */

/* A name under which a path may be listed. */
struct wanted {
	struct span name;
	size_t path;
	struct span
		only; /* the package that diverted all others from there; empty: nobody did */
	struct span other; /* the package that has another file of that name; empty: none */
};

static int wanted_order(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return span_compare(x->name, y->name);
}

/* Lists know /bin/x, the file is /usr/bin/x, or the other way round. */
static const char *alias_of(struct arena *a, const char *path)
{
	if (span_starts(SPAN_TEXT(path), "/usr/", 5))
		return text_after(path, 4);
	return arena_printf(a, "/usr%s", path);
}

struct lookup {
	struct arena *arena;
	struct wanted *rows;
	size_t n;
	struct permit_owner *out;
	int folder;
};

struct wanted_search {
	const struct lookup *lookup;
	struct span name;
};

static bool wanted_comes_before(const void *context, uint64_t row)
{
	const struct wanted_search *s = context;

	return span_compare(s->lookup->rows[row].name, s->name) < 0;
}

/* "libc6:amd64" is of libc6. */
static bool is_package(const char *key, struct span name)
{
	struct span text = SPAN_TEXT(key);
	uint64_t at = text.len;

	if (!span_find_byte(text, ':', 0, &at))
		at = text.len;
	return span_equal(span_clip(text, 0, at), name);
}

static bool may_own(const struct wanted *w, const char *package)
{
	if (w->only.len > 0)
		return is_package(package, w->only);
	return w->other.len == 0 || !is_package(package, w->other);
}

/* The first row of that name, which several paths may be asked by; l->n: there is none. */
static size_t wanted_find(const struct lookup *l, struct span name)
{
	const struct wanted_search search = { l, name };
	size_t at = search_first(l->n, wanted_comes_before, &search);

	return at < l->n && span_equal(l->rows[at].name, name) ? at : l->n;
}

/* Calls @each with every line of the file @name. */
static enum status lines_read(const struct lookup *l, const char *name, const char *package,
			      void (*each)(const struct lookup *, struct span, const char *))
{
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(PERMIT_MAX_LIST + 65536);
	struct span text, line;
	int fd;
	enum status status = file_open(l->folder, name, &fd);

	if (status != STATUS_OK)
		return status == STATUS_IO && errno == ENOENT ? STATUS_OK : status;
	status = file_read(fd, PERMIT_MAX_LIST, &scratch, &text);
	(void)close(fd);
	if (status != STATUS_OK)
		return status;
	while (span_line(&text, &line))
		each(l, line, package);
	return STATUS_OK;
}

static void list_line(const struct lookup *l, struct span line, const char *package)
{
	for (size_t i = wanted_find(l, line); i < l->n && span_equal(l->rows[i].name, line);
	     i++)
		if (may_own(&l->rows[i], package))
			l->out[l->rows[i].path].package = package;
}

/* "d41d8cd98f00b204e9800998ecf8427e  usr/bin/x" */
static void sums_line(const struct lookup *l, struct span line, const char *package)
{
	CLEANUP(buffer_free) struct buffer name = BUFFER_INIT;

	if (line.len < 35)
		return;
	buffer_char(&name, '/');
	buffer_add(&name, span_after(line, 34));
	for (size_t i = wanted_find(l, buffer_span(&name));
	     i < l->n && span_equal(l->rows[i].name, buffer_span(&name)); i++) {
		struct permit_owner *o = &l->out[l->rows[i].path];

		if (o->package && strcmp(o->package, package) == 0 &&
		    may_own(&l->rows[i], package))
			o->has_md5 = hex_parse(span_clip(line, 0, 32), o->md5, sizeof(o->md5));
	}
}

static bool any_of(const struct lookup *l, const char *package)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->out[l->rows[i].path].package == package)
			return true;
	return false;
}

static enum status package_read(const struct lookup *l, const char *file)
{
	struct span name = SPAN_TEXT(file);
	const char *package, *sums;

	if (name.len < 5 || !span_equal(span_after(name, name.len - 5), SPAN_LITERAL(".list")))
		return STATUS_OK;
	package = arena_string(l->arena, span_clip(name, 0, name.len - 5));
	sums = package ? arena_printf(l->arena, "%s.md5sums", package) : NULL;
	if (!sums)
		return STATUS_NO_MEMORY;
	TRY(lines_read(l, file, package, list_line));
	return any_of(l, package) ? lines_read(l, sums, package, sums_line) : STATUS_OK;
}

/* Who diverted @from, to @to; ":" of the administrator is no package's name. */
struct diversion {
	struct span from, to, by;
};

static void diversion_take(struct lookup *l, const struct diversion *d, struct span *renamed)
{
	for (size_t i = wanted_find(l, d->from);
	     i < l->n && span_equal(l->rows[i].name, d->from); i++)
		l->rows[i].only = d->by;
	for (size_t i = wanted_find(l, d->to); i < l->n && span_equal(l->rows[i].name, d->to);
	     i++) {
		l->rows[i].other = d->by;
		renamed[i] = d->from;
	}
}

/* dpkg-divert(1): three lines each.  Who cannot read it knows of none. */
static enum status diversions_read(struct lookup *l)
{
	struct span *renamed = ARENA_NEW(l->arena, struct span, l->n + 1), text;
	struct diversion d;
	int fd;

	if (!renamed)
		return STATUS_NO_MEMORY;
	if (file_open(l->folder, "../diversions", &fd) != STATUS_OK)
		return STATUS_OK;
	if (file_read(fd, PERMIT_MAX_DIVERSIONS, l->arena, &text) != STATUS_OK)
		text = SPAN_NONE;
	(void)close(fd);
	while (span_line(&text, &d.from) && span_line(&text, &d.to) && span_line(&text, &d.by))
		diversion_take(l, &d, renamed);
	for (size_t i = 0; i < l->n; i++)
		if (renamed[i].len > 0)
			l->rows[i].name = renamed[i];
	qsort(l->rows, l->n, sizeof(*l->rows), wanted_order);
	return STATUS_OK;
}

static enum status wanted_make(struct lookup *l, const char *const *paths, size_t n)
{
	l->rows = ARENA_NEW(l->arena, struct wanted, 2 * n + 1);
	if (!l->rows)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		const char *alias = alias_of(l->arena, paths[i]);

		if (!alias)
			return STATUS_NO_MEMORY;
		l->out[i] = (struct permit_owner){ 0 };
		l->rows[l->n++] = (struct wanted){ .name = SPAN_TEXT(paths[i]), .path = i };
		l->rows[l->n++] = (struct wanted){ .name = SPAN_TEXT(alias), .path = i };
	}
	qsort(l->rows, l->n, sizeof(*l->rows), wanted_order);
	return STATUS_OK;
}

enum status permit_owners_read(struct arena *a, const char *folder, const char *const *paths,
			       size_t n, struct permit_owner *out)
{
	struct lookup l = { .arena = a, .out = out };
	enum status status = STATUS_OK;
	const char **names;
	size_t n_names = 0;

	TRY(wanted_make(&l, paths, n));
	l.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l.folder < 0)
		return errno == ENOENT ? STATUS_OK : STATUS_IO;
	status = diversions_read(&l);
	if (status == STATUS_OK)
		status = folder_read(dup(l.folder), PERMIT_MAX_PACKAGES * 16, a, &names,
				     &n_names);
	for (size_t i = 0; status == STATUS_OK && i < n_names; i++)
		status = package_read(&l, names[i]);
	(void)close(l.folder);
	return status;
}

static bool bytes_digest(struct span bytes, enum digest_algorithm algorithm, uint8_t *out,
			 size_t len)
{
	struct digest digest;

	return digest_of(algorithm, &bytes, 1, &digest) == STATUS_OK &&
	       span_copy(out, len, digest_span(&digest)) == len;
}

bool permit_file_digests(int fd, uint8_t md5[16], uint8_t sha256[32])
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(DIGEST_MAX_FILE + 65536);
	struct span bytes;

	return file_read(fd, DIGEST_MAX_FILE, &arena, &bytes) == STATUS_OK &&
	       bytes_digest(bytes, DIGEST_MD5, md5, 16) &&
	       bytes_digest(bytes, DIGEST_SHA256, sha256, 32);
}

bool permit_file_digest(int fd, bool md5, uint8_t *out, size_t len)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(DIGEST_MAX_FILE + 65536);
	struct span bytes;

	return file_read(fd, DIGEST_MAX_FILE, &arena, &bytes) == STATUS_OK &&
	       bytes_digest(bytes, md5 ? DIGEST_MD5 : DIGEST_SHA256, out, len);
}

bool permit_as_packaged(const char *path, const struct permit_owner *owner)
{
	uint8_t md5[16];
	int fd = owner->package && owner->has_md5
			 ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
			 : -1;
	bool same = fd >= 0 && permit_file_digest(fd, true, md5, sizeof(md5)) &&
		    span_equal(SPAN_OF(md5), SPAN_OF(owner->md5));

	if (fd >= 0)
		(void)close(fd);
	return same;
}

/* ---- what the system needs ---- */

static void vital_add(struct permit_vitals *v, const char *path, const char *why)
{
	struct stat st;

	if (v->n == PERMIT_MAX_VITAL || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	v->each[v->n++] = (struct permit_vital){
		.id = {.dev = st.st_dev, .ino = st.st_ino, .kind = S_IFREG},
                  .why = why
	};
}

/* All that a process has mapped, by name: "… r-xp … 08:01 1234   /usr/lib/x". */
static void maps_read(struct permit_vitals *v, const char *maps, const char *why)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	uint8_t chunk[65536];
	int fd = open(maps, O_RDONLY | O_CLOEXEC);
	struct span left, line;
	uint64_t at;
	ssize_t n;

	if (fd < 0)
		return;
	while (text.len < MAPS_MAX && (n = read(fd, chunk, sizeof(chunk))) > 0)
		buffer_add(&text, span_clip(SPAN_OF(chunk), 0, (uint64_t)n));
	(void)close(fd);
	left = buffer_span(&text);
	while (span_line(&left, &line)) {
		char path[4096] = "";

		if (!span_find(line, SPAN_LITERAL("/"), 0, &at) ||
		    span_copy(path, sizeof(path) - 1, span_after(line, at)) == 0)
			continue;
		vital_add(v, path, why);
	}
}

void permit_vitals_read(struct permit_vitals *out)
{
	char kernel[sizeof(struct utsname) + 32] = "";
	struct utsname name;

	out->n = 0;
	vital_add(out, "/proc/1/exe", "PID 1 runs it");
	maps_read(out, "/proc/1/maps", "PID 1 has it mapped");
	vital_add(out, "/proc/self/exe", "it is assay itself");
	maps_read(out, "/proc/self/maps",
		  "programs need it to start: the loader, libc, a library");
	if (uname(&name) == 0) {
		(void)snprintf(kernel, sizeof(kernel), "/boot/vmlinuz-%s", name.release);
		vital_add(out, kernel, "it is the kernel that runs");
	}
}

static bool lies_below(const char *path, const char *folder)
{
	return path_lies_in(SPAN_TEXT(path), SPAN_TEXT(folder));
}

const char *permit_vital_why(const struct permit_vitals *v, const struct object_identity *id,
			     const char *path, const char *state_folder)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->each[i].id.dev == id->dev && v->each[i].id.ino == id->ino)
			return v->each[i].why;
	if (lies_below(path, "/var/lib/assay") || lies_below(path, "/etc/assay") ||
	    (state_folder && lies_below(path, state_folder)))
		return "it is assay's own";
	return NULL;
}

bool permit_wine_present(void)
{
	static const char *const places[] = {
		"/usr/bin/wine",
		"/usr/bin/wine64",
		"/usr/lib/wine/wine64",
		"/usr/lib/wine/wine",
		"/usr/local/bin/wine",
		"/opt/wine-stable/bin/wine",
		"/opt/wine-devel/bin/wine",
		"/proc/sys/fs/binfmt_misc/wine",
	};

	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (access(places[i], F_OK) == 0)
			return true;
	return false;
}
