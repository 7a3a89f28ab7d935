/* SPDX-License-Identifier: MIT */
/*
 * NuGet: claims of packages -> facts.
 *
 * Follows the NuGet Package Signatures Technical Specification, version 1: the
 * author's or a repository's signature, and a repository's countersignature.
 */
#pragma once
#include "verify/scheme.h"

#define NUGET_MIN_RSA_BITS 2048

extern const struct scheme scheme_nuget;
