/* SPDX-License-Identifier: MIT */
/*
 * Packages of RPM: the header, which a key signs, names each file with its digest.  It
 * stands in the package, and of installed ones in the database of rpm.
 */
#pragma once
#include "engine/engine.h"
#include "store/packages.h"

#define RPM_MAX_FOLDERS ((uint32_t)1 << 18) /* that one package names */

struct rpms {
	const struct engine *engine;
	struct packages_writer *writer;
	size_t n_packages, n_unsigned; /* unsigned: or by nobody who is believed */
};

/* The package at @fd, which was found to be valid. */
MUST_CHECK enum status rpms_package(struct rpms *r, int fd);

/* All packages that a database tells of. */
MUST_CHECK enum status rpms_database(struct rpms *r, const char *path);
