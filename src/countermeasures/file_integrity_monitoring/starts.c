/* SPDX-License-Identifier: MIT */
#include "countermeasures/file_integrity_monitoring/starts.h"

#include "base/span_search.h"
#include <fnmatch.h>
#include <limits.h>

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

bool fim_starts_programs(struct span path)
{
	char text[PATH_MAX] = "";

	if (span_copy(text, sizeof(text) - 1, path) != path.len)
		return false;
	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (fnmatch(places[i], text, 0) == 0)
			return true;
	return false;
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
