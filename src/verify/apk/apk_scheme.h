/* SPDX-License-Identifier: MIT */
/* The signatures of Android packages: APK Signature Schemes v1, v2, v3 and v3.1 (AOSP). */
#pragma once
#include "verify/scheme.h"

#define APK_MAX_SIGNERS 10 /* as AOSP has it, for each scheme */

extern const struct scheme scheme_apk;
/* Scheme v4: a signature beside the package (.idsig), over a tree of hashes of all of it. */
extern const struct scheme scheme_apk_v4;
