/* SPDX-License-Identifier: MIT */
/*
 * Apple's code signatures: claims -> facts.
 *
 * Follows Apple's Security framework (StaticCode.cpp, codedirectory.cpp,
 * sigblob.h), RFC 5652 and RFC 5280.  A CodeDirectory lists a digest of each page
 * and of what stands beside the code; the CMS signature covers the CodeDirectory
 * of slot 0 and names all others.
 */
#pragma once
#include "verify/scheme.h"

extern const struct scheme scheme_code_directory;
