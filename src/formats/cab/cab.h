/* SPDX-License-Identifier: MIT */
/*
 * CAB: cabinets ([MS-CAB]), alone or of a set.
 *
 * A signed cabinet keeps in its header's reserve where its signature lies,
 * behind the cabinet, or the signature itself.
 */
#pragma once
#include "formats/format.h"

#define CAB_MAX_SIGNATURE ((uint64_t)16 << 20)
#define CAB_MAX_STRING    256 /* with its NUL ([MS-CAB] 2.1) */

struct cab_file {
	uint32_t size; /* cbCabinet */
	uint16_t n_folders, n_files, flags, set_id, number;
	/*
	 * Two readings of what a signature covers are in use.  Tools differ when
	 * the header says something unusual; empty: both are the same.
	 */
	struct coverage other;
};

#define CAB_PREVIOUS 1
#define CAB_NEXT     2
#define CAB_RESERVE  4

extern const struct format format_cab;
