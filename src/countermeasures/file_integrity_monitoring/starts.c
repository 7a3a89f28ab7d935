/* SPDX-License-Identifier: MIT */
#include "countermeasures/file_integrity_monitoring/starts.h"

#include "base/span_search.h"
#include "host/root_path.h"
#include <fnmatch.h>
#include <limits.h>
#include <sys/stat.h>

/* By their places, for an image or another root may be mounted anywhere; "*" takes "/", too. */
static const char *const places[] = {
	/* systemd.unit(5), systemd.generator(7) and all that lies beside */
	"*/systemd/*",
	"*.service",
	"*.socket",
	"*.timer",
	/* ld.so(8) */
	"*/ld.so.preload",
	"*/ld.so.conf",
	"*/ld.so.conf.d/*",
	/* crontab(5), anacrontab(5), init(8) */
	"*/crontab",
	"*/anacrontab",
	"*/cron.*/*",
	"*/spool/cron/*",
	"*/init.d/*",
	"*/rc.local",
	"*/inittab",
	/* udev(7), modprobe.d(5), binfmt.d(5) */
	"*/rules.d/*.rules",
	"*/modprobe.d/*",
	"*/modules-load.d/*",
	"*/binfmt.d/*",
	/* pam.conf(5), sudoers(5) */
	"*/pam.d/*",
	"*/pam.conf",
	"*/sudoers",
	"*/sudoers.d/*",
	/* what shells read of all users, and desktops start for them */
	"*/etc/profile",
	"*/profile.d/*",
	"*/etc/bash.bashrc",
	"*/etc/environment",
	"*/autostart/*.desktop",
	"*/dbus-1/*services/*",
};

/* Those of which only names that end so start programs. */
static const char *const folders[] = {
	"*/rules.d",
	"*/autostart",
};

static bool text_matches(const char *text, const char *const *globs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fnmatch(globs[i], text, 0) == 0)
			return true;
	return false;
}

bool fim_starts_programs(struct span path)
{
	char text[PATH_MAX] = "";

	return span_copy(text, sizeof(text) - 1, path) == path.len &&
	       text_matches(text, places, COUNT_OF(places));
}

/* Is it @folder, or that of an image or of another root? */
static bool is_or_ends_with(struct span path, struct span folder)
{
	uint64_t at;

	if (span_equal(path, folder))
		return true;
	/* Too many are called "bin". */
	return span_find_byte(folder, '/', 1, &at) && path.len > folder.len &&
	       span_equal(span_after(path, path.len - folder.len), folder);
}

static bool is_on_path(struct span path)
{
	struct span list = SPAN_LITERAL(ROOT_PATH);

	while (list.len > 0) {
		uint64_t end;

		if (!span_find_byte(list, ':', 0, &end))
			end = list.len;
		if (is_or_ends_with(path, span_clip(list, 0, end)))
			return true;
		list = span_after(list, end + 1);
	}
	return false;
}

bool fim_folder_starts_programs(struct span path)
{
	char text[PATH_MAX] = "";

	if (is_on_path(path))
		return true;
	if (path.len >= sizeof(text) - 1)
		return false;
	(void)span_copy(text, sizeof(text) - 1, path);
	if (text_matches(text, folders, COUNT_OF(folders)))
		return true;
	/* Whatever is put into it is of those. */
	text[path.len] = '/';
	return text_matches(text, places, COUNT_OF(places));
}

static bool is_scope(const struct baseline_about *about, struct span path)
{
	for (size_t i = 0; i < about->n_scopes; i++)
		if (span_equal(SPAN_TEXT(about->scopes[i]), path))
			return true;
	return false;
}

bool fim_is_wanted(const struct baseline_about *about, const struct baseline_record *file)
{
	return about->all_files || file->format.len > 0 || (file->mode & 0111) != 0 ||
	       is_scope(about, file->path) || fim_starts_programs(file->path);
}

bool fim_folder_is_wanted(const struct baseline_record *folder, bool all)
{
	return (all || (folder->mode & (S_IWGRP | S_IWOTH)) != 0) &&
	       fim_folder_starts_programs(folder->path);
}
