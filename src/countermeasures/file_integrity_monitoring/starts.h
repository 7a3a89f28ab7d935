/* SPDX-License-Identifier: MIT */
/* Starts: files that are no programs, and say which ones run. */
#pragma once
#include "base/span.h"
#include <stdbool.h>

/* Whoever writes the file at @path decides what runs, as root or at every log-in. */
bool fim_starts_programs(struct span path);
