/* SPDX-License-Identifier: MIT */
#include "host/spaces.h"

#include <errno.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* As in linux/nsfs.h, which Debian 12 has without them. */
struct space_info {
	uint32_t size, n_mounts;
	uint64_t number;
};
#define SPACE_INFO     _IOR(0xb7, 10, struct space_info)
#define SPACE_NEXT     _IOR(0xb7, 11, struct space_info)
#define SPACE_PREVIOUS _IOR(0xb7, 12, struct space_info)

bool space_name(int fd, struct space_name *out)
{
	struct space_info info = { .size = sizeof(info) };
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	*out = (struct space_name){ .inode = st.st_ino };
	if (ioctl(fd, SPACE_INFO, &info) == 0)
		out->number = info.number;
	return true;
}

int space_neighbour(int fd, bool higher, uint64_t *number, bool *told)
{
	struct space_info info = { .size = sizeof(info) };
	int next = ioctl(fd, higher ? SPACE_NEXT : SPACE_PREVIOUS, &info);

	*told = next >= 0 || errno == ENOENT;
	*number = info.number;
	return next;
}

bool space_enter(int fd)
{
	return setns(fd, CLONE_NEWNS) == 0;
}
