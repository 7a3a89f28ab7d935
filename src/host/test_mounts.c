/* SPDX-License-Identifier: MIT */
/* The kernel's table of mounts, and what is made of it. */
#include "host/mounts.h"

#include "base/span_search.h"
#include "tests/check.h"
#include <sys/sysmacros.h>

static const char table[] = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
			    "23 22 0:21 / /proc rw - proc proc rw\n"
			    "24 22 0:22 / /tmp rw shared:5 master:2 - tmpfs tmpfs rw,size=1g\n"
			    "25 22 8:1 /home /home rw - ext4 /dev/sda1 rw\n"
			    "26 22 0:40 / /mnt/a\\040b\\134c rw - fuse.sshfs host: rw\n"
			    "27 22 0:41 / /merged rw - overlay overlay rw,lowerdir=/a - b\n"
			    "28 22 0:42 / /new rw - whatfs none rw\n"
			    "nonsense\n"
			    "29 22 x:1 / /bad rw - ext4 none rw\n"
			    "30 22 0:43 / /cut rw";

static const struct {
	unsigned major, minor;
	const char *point;
	enum mount_kind kind;
} rows[] = {
	{8,  1,  "/",           MOUNT_DISK   },
        { 0, 21, "/proc",       MOUNT_SYSTEM },
	{ 0, 22, "/tmp",        MOUNT_MEMORY },
        { 0, 40, "/mnt/a b\\c", MOUNT_REMOTE },
	{ 0, 41, "/merged",     MOUNT_LAYERED},
        { 0, 42, "/new",        MOUNT_UNKNOWN},
};

int main(void)
{
	struct arena a = ARENA_INIT(4 << 20);
	struct mounts m;

	CHECK(mounts_parse(&a, SPAN_TEXT(table), &m) == STATUS_OK && m.n == COUNT_OF(rows),
	      "each file system once, lines without sense not at all: %zu", m.n);
	for (size_t i = 0; i < COUNT_OF(rows) && i < m.n; i++)
		CHECK(m.each[i].dev == makedev(rows[i].major, rows[i].minor) &&
			      strcmp(m.each[i].point, rows[i].point) == 0 &&
			      m.each[i].kind == rows[i].kind,
		      "%s: %s", m.each[i].point, mount_kind_word(m.each[i].kind));
	CHECK(mounts_read(&a, 0, &m) == STATUS_OK && m.n > 0, "this machine has %zu", m.n);
	CHECK(mounts_read(&a, 999999999, &m) == STATUS_IO, "a process that is not there");
	arena_free(&a);
	return CHECK_DONE();
}
