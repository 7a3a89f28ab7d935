/* SPDX-License-Identifier: MIT */
/* Write: all of it, however little the kernel takes at once (write(2)). */
#pragma once
#include "base/span.h"

/* False: errno says why; some of @bytes may be written. */
MUST_CHECK bool write_all(int fd, struct span bytes);
