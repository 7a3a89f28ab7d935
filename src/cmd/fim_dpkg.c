/* SPDX-License-Identifier: MIT */
#include "cmd/fim_dpkg.h"

#include "base/clock.h"
#include "base/limits.h"
#include "cmd/fim_upgrades.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* apt's and dpkg's (fcntl(2)). */
static const char *const locks[] = { "lock-frontend", "lock" };

static bool path_make(const struct settings *s, const char *name, char path[PATH_MAX_BYTES])
{
	int n = snprintf(path, PATH_MAX_BYTES, "%s/%s", fim_dpkg_folder(s), name);

	return n > 0 && n < PATH_MAX_BYTES;
}

static bool is_held(const char *path)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool held;

	if (fd < 0)
		return false;
	held = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	(void)close(fd);
	return held;
}

bool fim_dpkg_works(const struct settings *s)
{
	char path[PATH_MAX_BYTES];

	for (size_t i = 0; i < COUNT_OF(locks); i++)
		if (path_make(s, locks[i], path) && is_held(path))
			return true;
	return false;
}

bool fim_dpkg_worked(const struct settings *s)
{
	char path[PATH_MAX_BYTES];
	struct stat st;

	return path_make(s, "status", path) && stat(path, &st) == 0 &&
	       st.st_mtim.tv_sec > clock_wall_s() - FIM_DPKG_RECENT_S;
}
