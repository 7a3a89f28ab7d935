/* SPDX-License-Identifier: MIT */
/* Starts: what says which programs run, by its place. */
#include "countermeasures/file_integrity_monitoring/starts.h"

#include "tests/check.h"

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
	return CHECK_DONE();
}
