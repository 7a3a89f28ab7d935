/* SPDX-License-Identifier: MIT */
/* A process that says itself what it runs (prctl(2), PR_SET_MM_MAP). */
#include "daemon/test_scene.h"
#include "daemon/test_starved.h"

#include <fcntl.h>
#include <linux/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAPS 32

static size_t maps_read(const char *self, void *from[MAPS], size_t len[MAPS])
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	size_t n = 0;

	must(!f);
	while (fgets(line, sizeof(line), f)) {
		unsigned long begin, end;

		if (!strstr(line, self) || sscanf(line, "%lx-%lx", &begin, &end) != 2)
			continue;
		must(n == MAPS);
		from[n] = (void *)begin;
		len[n++] = end - begin;
	}
	(void)fclose(f);
	return n;
}

void disguise_begin(const char *self)
{
	void *from[MAPS];
	size_t len[MAPS], n = maps_read(self, from, len);

	for (size_t i = 0; i < n; i++) {
		void *to = mmap(NULL, len[i], PROT_READ | PROT_WRITE | PROT_EXEC,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		must(to == MAP_FAILED);
		/* By the kernel: to a sanitizer not all of it is ours to read. */
		must(process_vm_readv(getpid(), &(struct iovec){ to, len[i] }, 1,
				      &(struct iovec){ from[i], len[i] }, 1,
				      0) != (ssize_t)len[i]);
		must(mremap(to, len[i], len[i], MREMAP_MAYMOVE | MREMAP_FIXED, from[i]) ==
		     MAP_FAILED);
	}
}

static uint64_t own_field(int number)
{
	char text[1024] = "", *at;
	FILE *f = fopen("/proc/self/stat", "re");

	must(!f || !fgets(text, sizeof(text), f));
	(void)fclose(f);
	at = strrchr(text, ')');
	for (int i = 2; at && i < number; i++)
		at = strchr(at + 1, ' ');
	must(!at);
	return strtoull(at, NULL, 10);
}

void disguise_as(const char *path)
{
	struct prctl_mm_map map = {
		.start_code = own_field(26),
		.end_code = own_field(27),
		.start_data = own_field(45),
		.end_data = own_field(46),
		.start_brk = own_field(47),
		.brk = (uint64_t)(uintptr_t)sbrk(0),
		.start_stack = own_field(28),
		.arg_start = own_field(48),
		.arg_end = own_field(49),
		.env_start = own_field(50),
		.env_end = own_field(51),
		.exe_fd = (uint32_t)open(path, O_RDONLY | O_CLOEXEC),
	};

	must(prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) != 0);
	(void)close((int)map.exe_fd);
}
