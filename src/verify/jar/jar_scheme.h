/* SPDX-License-Identifier: MIT */
/* The signatures of Java archives (JAR File Specification, JDK 17, "Signed JAR File"). */
#pragma once
#include "verify/scheme.h"

#define JAR_MAX_FACTS 64 /* signers of all blocks of a file */

extern const struct scheme scheme_jar;
