/* SPDX-License-Identifier: MIT */
#include "source/write.h"

#include <errno.h>
#include <unistd.h>

bool write_all(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes = span_after(bytes, (uint64_t)n);
	}
	return true;
}
