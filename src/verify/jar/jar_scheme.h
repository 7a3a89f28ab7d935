/* SPDX-License-Identifier: MIT */
/* The signatures of Java archives (JAR File Specification, JDK 17, "Signed JAR File"). */
#pragma once
#include "verify/scheme.h"

extern const struct scheme scheme_jar;
