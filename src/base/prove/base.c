/* SPDX-License-Identifier: MIT */
/* What `make prove` proves: every function of these headers, against its contract. */
#include "base/arena_size.h"
#include "base/cursor.h"
#include "base/span.h"
