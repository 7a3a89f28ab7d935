/* SPDX-License-Identifier: MIT */
/* The kernel images whose keys vouch for modules: --kernel, else that of the running system. */
#pragma once
#include "cmd/settings.h"
#include "engine/kernels.h"

/* On failure *@problem says which one and why. */
MUST_CHECK enum status images_open(struct arena *a, const struct settings *s,
				   struct kernels **out, const char **problem);
