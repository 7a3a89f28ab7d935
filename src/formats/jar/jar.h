/* SPDX-License-Identifier: MIT */
/* JAR: Java archives (JAR File Specification, JDK 17). */
#pragma once
#include "formats/format.h"

extern const struct format format_jar;
