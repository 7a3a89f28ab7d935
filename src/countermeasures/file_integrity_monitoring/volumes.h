/* SPDX-License-Identifier: MIT */
/*
 * Volumes: file systems that come back under another number.
 *
 * What a baseline calls a device is dealt out anew whenever the host starts.  A file system
 * is the same if it says so of itself; one that says nothing is where it was.
 */
#pragma once
#include "store/baseline.h"

/* No file system has this number. */
#define FIM_VOLUME_GONE UINT64_MAX

/* The number that what was on @dev has, of those that are there @now. */
uint64_t fim_volume_now(const struct baseline_about *was, const struct baseline_volume *now,
			size_t n_now, uint64_t dev);
