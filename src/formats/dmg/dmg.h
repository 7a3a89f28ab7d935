/* SPDX-License-Identifier: MIT */
/*
 * DMG: disk images of macOS, as far as their signatures go.
 *
 * Follows UDIFResourceFile (Apple, "koly" trailer of 512 bytes) and DiskImageRep
 * (diskimagerep.cpp, Security framework).  A code signature lies between the
 * image and its trailer; it covers everything before it, and the trailer without
 * its own length.  What is on the disk is not read.
 */
#pragma once
#include "formats/format.h"
#include "structure/code_signature.h"

#define DMG_TRAILER 512

struct dmg_image {
	uint64_t trailer;             /* where it begins */
	struct range data, rsrc, xml; /* forks and the property list, as the trailer says */
	struct range signature;       /* zero long: none */
	const struct code_signature *code; /* NULL: none that could be read */
	struct coverage own;               /* of the trailer, as special slot 6 digests it */
	bool broken, limit_differs;
	bool holes; /* bytes that belong to the image and that no signature covers */
};

extern const struct format format_dmg;
