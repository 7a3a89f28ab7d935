/* SPDX-License-Identifier: MIT */
/*
 * Files of which no list has a digest: what dpkg writes when it unpacks a package, and
 * what packages make anew.  Less can be said of them, and so less is explained.
 */
#include "cmd/fim_asking.h"
#include "source/paths.h"
#include "trust/file.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* dpkg puts the scripts of a package in their place when it writes the list of its files. */
#define CONTROL_WINDOW_S 60
#define BIT(rule)        (UINT64_C(1) << (rule))
#define CONTROL_MAY                                                                            \
	(BIT(FIM_CONTENT_CHANGED) | BIT(FIM_PROGRAM_CHANGED) | BIT(FIM_ADDED) |                \
	 BIT(FIM_REMOVED) | BIT(FIM_MOVED))

static bool dpkg_worked(const struct fim_asking *q)
{
	return fim_dpkg_changed(q, "status") > q->since;
}

/* When the lists of files were written, one of each package. */
static void times_read(struct fim_asking *q)
{
	const char *info = arena_printf(q->arena, "%s/info", q->folder), **names;
	int fd = info ? open(info, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int64_t *unpacked;
	size_t n;

	q->has_times = true;
	q->times.ended = fim_dpkg_changed(q, "status");
	if (fd < 0 ||
	    folder_read(fd, PERMIT_MAX_PACKAGES * 16, q->arena, &names, &n) != STATUS_OK)
		return;
	unpacked = ARENA_NEW(q->arena, int64_t, n + 1);
	for (size_t i = 0; unpacked && i < n; i++) {
		struct span name = SPAN_TEXT(names[i]);
		const char *place = arena_printf(q->arena, "info/%s", names[i]);

		if (place && name.len > 5 &&
		    span_equal(span_after(name, name.len - 5), SPAN_LITERAL(".list")))
			unpacked[q->times.n++] = fim_dpkg_changed(q, place);
	}
	q->times.unpacked = unpacked;
}

/* What is gone was written at no time. */
static bool written_then(struct fim_asking *q, const struct fim_change *c)
{
	if (!q->has_times)
		times_read(q);
	return c->after.path.len == 0 ||
	       fim_generated_then(&q->times, c->after.ctime_ns / INT64_C(1000000000));
}

/* "…/info/libc6:amd64.postinst" */
static const char *control_key(struct arena *a, const char *path)
{
	struct span name = SPAN_TEXT(path_name(path));
	uint64_t at, dot = name.len;

	for (uint64_t from = 0; span_find_byte(name, '.', from, &at); from = at + 1)
		dot = at;
	return arena_string(a, span_clip(name, 0, dot));
}

/* What maintainers' scripts and lists are, nobody says; but when dpkg wrote them. */
static size_t control_explain(struct fim_asking *q, const struct fim_change *c,
			      const char *path)
{
	const char *key = control_key(q->arena, path);
	const char *list = key ? arena_printf(q->arena, "info/%s.list", key) : NULL;
	int64_t unpacked = list ? fim_dpkg_changed(q, list) : 0;
	int64_t written = c->after.ctime_ns / INT64_C(1000000000);

	if (unpacked <= q->since || (c->rules & ~CONTROL_MAY) != 0 ||
	    (c->after.path.len > 0 &&
	     (!S_ISREG(c->after.mode) || llabs(written - unpacked) > CONTROL_WINDOW_S)))
		return 0;
	return fim_upgrade_of(q, key);
}

/* The source is its package's, and the byte code names it. */
static bool compiled_fits(struct fim_asking *q, const struct fim_change *c, const char *path,
			  const char *source, const struct permit_owner *owner)
{
	uint8_t head[FIM_COMPILED_HEAD];
	struct stat st;
	bool good;
	int fd;

	if (!owner->package || !owner->has_md5)
		return false;
	if (c->after.path.len == 0)
		return true;
	fd = fim_told_open(path, &c->after);
	if (fd < 0)
		return false;
	good = pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	       fim_content_is(q, source, NULL, owner->md5) && lstat(source, &st) == 0 &&
	       fim_compiled_names(SPAN_OF(head), st.st_mtim.tv_sec, (uint64_t)st.st_size);
	(void)close(fd);
	return good;
}

size_t fim_generated_explain(struct fim_asking *q, size_t i)
{
	const struct fim_change *c = &q->look->changes[i];
	const char *path = arena_string(q->arena, fim_path_of(c));
	const char *info = arena_printf(q->arena, "%s/info", q->folder), *by;
	const char *source = path ? fim_compiled_from(q->arena, path) : NULL;
	const struct dpkg_package *package;
	bool timed;

	if (!source || !info)
		return 0;
	if (path_lies_in(SPAN_TEXT(path), SPAN_TEXT(info)))
		return control_explain(q, c, path);
	if (!dpkg_worked(q))
		return 0;
	by = fim_generated_by(c, &timed);
	if (!by && path_lies_in(SPAN_TEXT(path), SPAN_TEXT(q->folder)) &&
	    fim_generated_may(c, "")) {
		timed = false;
		by = "dpkg";
	}
	if (!by && *source && fim_generated_may(c, "") &&
	    compiled_fits(q, c, path, source, &q->owners[i]))
		by = q->owners[i].package;
	if (by && timed && !written_then(q, c))
		return 0;
	package = by ? dpkg_package_find(&q->now, SPAN_TEXT(by)) : NULL;
	return package ? fim_generated_line(q, package) : 0;
}
