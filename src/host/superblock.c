/* SPDX-License-Identifier: MIT */
#include "host/superblock.h"

#include "base/span_search.h"
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MARK "sdev:"

/* "inotify wd:1 ino:100 sdev:2e mask:400 ..." (proc_pid_fdinfo(5)); as the kernel counts. */
static uint64_t line_device(struct span line)
{
	char digits[9] = "";
	unsigned inside;
	uint64_t at;

	if (!span_find(line, SPAN_LITERAL(MARK), 0, &at))
		return 0;
	(void)span_copy(digits, sizeof(digits) - 1,
			span_after(line, at + SPAN_LITERAL(MARK).len));
	inside = (unsigned)strtoul(digits, NULL, 16); /* eight at most */
	return makedev(inside >> 20, inside & 0xfffff);
}

static uint64_t watched_read(int proc, int watch)
{
	char path[32];
	uint8_t text[512];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "self/fdinfo/%d", watch);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text)) : -1;
	if (fd >= 0)
		(void)close(fd);
	return n > 0 ? line_device(span_clip(SPAN_OF(text), 0, (uint64_t)n)) : 0;
}

/* What watches a file is told which file system that is of; nothing else says it of a file. */
static uint64_t device_ask(int proc, int fd)
{
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	uint64_t device = 0;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (watch >= 0 && inotify_add_watch(watch, path, IN_DELETE_SELF) >= 0)
		device = watched_read(proc, watch);
	if (watch >= 0)
		(void)close(watch);
	return device;
}

bool superblock_device(int proc, int fd, uint64_t *device)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) != 0 || fstatfs(fd, &fs) != 0)
		return false;
	*device = fs.f_type == BTRFS_SUPER_MAGIC ? device_ask(proc, fd) : st.st_dev;
	return *device != 0;
}
