/* SPDX-License-Identifier: MIT */
/*
 * NuGet packages (.nupkg): ZIP archives with a manifest, and a signature that
 * is one of the entries.
 *
 * Follows the NuGet Package Signatures Technical Specification, version 1.
 */
#pragma once
#include "formats/format.h"

#define NUGET_SIGNATURE     ".signature.p7s"
#define NUGET_MAX_SIGNATURE ((uint64_t)16 << 20)

struct nuget_package {
	struct range slack; /* bytes that the signature leaves out and that are none of it */
	uint64_t n_slack;   /* how many; 0: none */
};

extern const struct format format_nuget;
