/* SPDX-License-Identifier: MIT */
#include "countermeasures/file_integrity_monitoring/generated.h"

#include "base/cursor.h"
#include "source/paths.h"
#include <fnmatch.h>
#include <limits.h>
#include <sys/stat.h>

#define BIT(rule) (UINT64_C(1) << (rule))

/* What may become of such a file: never its rights, never a program. */
#define MAY_BECOME                                                                             \
	(BIT(FIM_CONTENT_CHANGED) | BIT(FIM_ADDED) | BIT(FIM_REMOVED) | BIT(FIM_MOVED) |       \
	 BIT(FIM_LINK_CHANGED) | BIT(FIM_LINKS_COUNTED))

/* "*" takes "/", too. */
struct row {
	const char *pattern;
	const char *package;
	const char *format; /* that it may have; "": none */
	bool timed;
};

static const struct row rows[] = {
	{"/var/cache/apt/archives/*.deb",                  "apt",                 "deb", false},
	{ "/var/cache/apt/*",			      "apt",                 "",    false},
	{ "/var/lib/apt/*",				"apt",                 "",    false},
	{ "/var/log/apt/*",				"apt",                 "",    false},
	{ "/var/log/dpkg.log*",                            "dpkg",                "",    false},
	{ "/var/log/alternatives.log*",                    "dpkg",                "",    false},
	{ "/var/cache/debconf/*",                          "debconf",             "",    false},
	{ "/var/lib/ucf/*",				"ucf",                 "",    false},
	{ "/var/lib/systemd/deb-systemd-*",                "init-system-helpers", "",    false},
	{ "/etc/ld.so.cache",			      "libc-bin",            "",    true },
	{ "/var/cache/ldconfig/aux-cache",                 "libc-bin",            "",    false},
	{ "/var/cache/man/*",			      "man-db",              "",    false},
	{ "/var/cache/fontconfig/*",                       "fontconfig",          "",    false},
	{ "/var/log/fontconfig.log",                       "fontconfig",          "",    false},
	{ "/etc/ssl/certs/*",			      "ca-certificates",     "",    true },
	{ "/etc/ca-certificates.conf*",                    "ca-certificates",     "",    true },
	{ "/boot/initrd.img-*",                            "initramfs-tools",     "",    true },
	{ "/lib/modules/*/modules.*",                      "kmod",                "",    true },
	{ "/usr/lib/modules/*/modules.*",                  "kmod",                "",    true },
	{ "/usr/lib/locale/locale-archive",                "locales",             "",    true },
	{ "/usr/share/applications/mimeinfo.cache",        "desktop-file-utils",  "",    false},
	{ "/usr/share/glib-2.0/schemas/gschemas.compiled", "libglib2.0-0",        "",    true },
	{ "/usr/share/icons/*/icon-theme.cache",           "hicolor-icon-theme",  "",    false},
	{ "/usr/share/info/dir",                           "install-info",        "",    false},
	{ "/usr/share/info/dir.old",                       "install-info",        "",    false},
	{ "/usr/share/mime/*",                             "shared-mime-info",    "",    false},
};

/* Rights, and what says which programs run, nobody makes anew. */
bool fim_generated_may(const struct fim_change *c, const char *format)
{
	const struct baseline_record *a = &c->after;

	return (c->rules & ~MAY_BECOME) == 0 &&
	       (a->path.len == 0 || S_ISLNK(a->mode) ||
		(S_ISREG(a->mode) && (a->mode & 0111) == 0 &&
		 (a->format.len == 0 || span_equal(a->format, SPAN_TEXT(format)))));
}

const char *fim_generated_by(const struct fim_change *c, bool *timed)
{
	char text[PATH_MAX] = "";
	struct span path = fim_path_of(c);

	*timed = true;
	if (span_copy(text, sizeof(text) - 1, path) != path.len)
		return NULL;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (fnmatch(rows[i].pattern, text, 0) == 0) {
			*timed = rows[i].timed;
			return fim_generated_may(c, rows[i].format) ? rows[i].package : NULL;
		}
	return NULL;
}

/* What a package brings is put in its place, then it and others are configured. */
#define RUN_S  600
#define STEP_S 60

static bool is_within(int64_t when, int64_t from, int64_t to)
{
	return when >= from && when <= to;
}

bool fim_generated_then(const struct fim_dpkg_times *times, int64_t when)
{
	if (is_within(when, times->ended - RUN_S, times->ended + STEP_S))
		return true;
	for (size_t i = 0; i < times->n; i++)
		if (is_within(when, times->unpacked[i] - STEP_S, times->unpacked[i] + RUN_S))
			return true;
	return false;
}

#define CACHE "/__pycache__"

const char *fim_compiled_from(struct arena *a, const char *path)
{
	struct span name = SPAN_TEXT(path_name(path)), stem;
	const char *folder = path_folder(a, path);
	uint64_t dot, above;

	if (!folder)
		return NULL;
	above = SPAN_TEXT(folder).len;
	if (name.len < 5 || !span_equal(span_after(name, name.len - 4), SPAN_LITERAL(".pyc")) ||
	    above <= sizeof(CACHE) - 1 ||
	    strcmp(text_after(folder, above - (sizeof(CACHE) - 1)), CACHE) != 0 ||
	    !span_find_byte(name, '.', 0, &dot))
		return "";
	above -= sizeof(CACHE) - 1;
	stem = span_clip(name, 0, dot);
	return arena_printf(a, "%.*s/%.*s.py", (int)above, folder, (int)stem.len,
			    path_name(path));
}

bool fim_compiled_names(struct span head, int64_t mtime_s, uint64_t size)
{
	struct cursor c = cursor_at(head, 4);
	uint32_t flags = cursor_u32le(&c), time = cursor_u32le(&c), len = cursor_u32le(&c);

	return cursor_ok(&c) && flags == 0 && time == (uint32_t)mtime_s &&
	       len == (uint32_t)size;
}
