/* SPDX-License-Identifier: MIT */
/* Starts: what says which programs run, by its place. */
#include "countermeasures/file_integrity_monitoring/starts.h"

#include "tests/check.h"
#include <sys/stat.h>

static void check_folders(void)
{
	static const struct {
		const char *path;
		bool starts;
	} rows[] = {
		{"/usr/local/sbin",                  true },
		{ "/usr/local/bin",                  true },
		{ "/usr/sbin",                       true },
		{ "/usr/bin",                        true },
		{ "/sbin",			   true },
		{ "/bin",			    true },
		{ "/mnt/image/usr/bin",              true },
		{ "/etc/cron.d",                     true },
		{ "/etc/ld.so.conf.d",               true },
		{ "/etc/systemd",                    true },
		{ "/etc/systemd/system",             true },
		{ "/etc/systemd/system/x.service.d", true },
		{ "/etc/udev/rules.d",               true },
		{ "/etc/xdg/autostart",              true },
		{ "/etc/pam.d",                      true },
		{ "/usr/share/dbus-1/services",      true },
		{ "/usr/local",                      false},
		{ "/usr/bin/below",                  false},
		{ "/home/x/bin",                     false},
		{ "/srv/xusr/bin",                   false},
		{ "/sys/fs/cgroup/x.service",        false},
		{ "/etc",			    false},
		{ "/",			       false},
		{ "",				false},
	};
	struct baseline_record r = { .mode = S_IFDIR | 0755, .path = SPAN_LITERAL("/usr/bin") };

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK(fim_folder_starts_programs(SPAN_TEXT(rows[i].path)) == rows[i].starts,
		      "folder \"%s\"", rows[i].path);
	CHECK(fim_folder_is_wanted(&r, true) && !fim_folder_is_wanted(&r, false),
	      "one that is as it should be, if all are wanted");
	r.mode |= S_IWGRP;
	CHECK(fim_folder_is_wanted(&r, false), "one that others may write to");
	r.path = SPAN_LITERAL("/srv/bin");
	CHECK(!fim_folder_is_wanted(&r, true), "but none that starts nothing");
}

int main(void)
{
	static const struct {
		const char *path;
		bool starts;
	} rows[] = {
		{"/etc/systemd/system/x.service",                true },
		{ "/etc/systemd/system/x.service.d/more.conf",   true },
		{ "/usr/lib/systemd/system/x.timer",             true },
		{ "/srv/x.service",                              true },
		{ "/etc/ld.so.preload",                          true },
		{ "/mnt/image/etc/ld.so.preload",                true },
		{ "/etc/ld.so.conf.d/x.conf",                    true },
		{ "/etc/cron.d/x",                               true },
		{ "/etc/crontab",                                true },
		{ "/var/spool/cron/crontabs/root",               true },
		{ "/etc/pam.d/sshd",                             true },
		{ "/etc/sudoers.d/x",                            true },
		{ "/etc/profile.d/x.sh",                         true },
		{ "/usr/lib/udev/rules.d/60-x.rules",            true },
		{ "/etc/xdg/autostart/x.desktop",                true },
		{ "/usr/share/dbus-1/system-services/x.service", true },
		{ "/etc/hosts",				  false},
		{ "/usr/share/doc/ld.so.preload.txt",            false},
		{ "/usr/share/doc/crontab.gz",                   false},
		{ "/home/x/profile",                             false},
		{ "/srv/sudoers.bak",                            false},
		{ "",					    false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK(fim_starts_programs(SPAN_TEXT(rows[i].path)) == rows[i].starts, "\"%s\"",
		      rows[i].path);
	check_folders();
	return CHECK_DONE();
}
