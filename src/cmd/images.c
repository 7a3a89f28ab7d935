/* SPDX-License-Identifier: MIT */
#include "cmd/images.h"

#include <errno.h>

static const char *why_not(enum status status)
{
	if (status == STATUS_IO)
		return strerrordesc_np(errno);
	return status == STATUS_LIMIT ? "too large, or one kernel image too many"
				      : "empty, or not a regular file";
}

enum status images_open(struct arena *a, const struct settings *s, struct kernels **out,
			const char **problem)
{
	struct kernels *k = kernels_new();

	*out = k;
	if (!k)
		return STATUS_NO_MEMORY;
	if (s->kernels.n == 0)
		kernels_add_running(k);
	for (size_t i = 0; i < s->kernels.n; i++) {
		enum status status = kernels_add(k, s->kernels.items[i]);

		if (status == STATUS_OK)
			continue;
		*problem = arena_printf(a, "%s: %s", s->kernels.items[i], why_not(status));
		return STATUS_USAGE;
	}
	return STATUS_OK;
}
