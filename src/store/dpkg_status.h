/* SPDX-License-Identifier: MIT */
/*
 * dpkg's list of what is installed (deb-control(5), deb-version(7)), as far as names
 * and versions go.  Nobody signed it: root of this host can write another one.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define DPKG_STATUS "/var/lib/dpkg/status"

#define DPKG_MAX_STATUS   ((size_t)64 << 20)
#define DPKG_MAX_PACKAGES ((size_t)65535)
#define DPKG_ARENA_BYTES  (2 * DPKG_MAX_STATUS) /* what reading it needs at most */

struct dpkg_package {
	struct span name, architecture, version;
	struct span conffiles; /* dpkg_conffile_find() */
};

struct dpkg_status {
	struct dpkg_package *each; /* in order of names */
	size_t n;
};

/*
 * What @text says is installed: all files of that version are there, whatever is wanted of
 * it, and whether it is configured or not.  What has no plain name is none.  @out borrows
 * from @text.
 */
MUST_CHECK enum status dpkg_status_parse(struct arena *a, struct span text,
					 struct dpkg_status *out);
/* The same of the file at @path; a host without it has no packages. */
MUST_CHECK enum status dpkg_status_read(struct arena *a, const char *path,
					struct dpkg_status *out);
/* "NAME:ARCHITECTURE", or "NAME" of the first of this name; NULL: it is not installed. */
const struct dpkg_package *dpkg_package_find(const struct dpkg_status *s, struct span name);

/* "NAME VERSION ARCHITECTURE", as indexes of archives have it.  False: that is none. */
MUST_CHECK bool dpkg_package_parse(struct span text, struct dpkg_package *out);
/* The one of the same name and architecture, in whichever version; NULL: not installed. */
const struct dpkg_package *dpkg_package_like(const struct dpkg_status *s,
					     const struct dpkg_package *p);

/*
 * The MD5 of the configuration file at @path as this version of the package brings it,
 * whatever stands there.  False: it has none of that name.
 */
MUST_CHECK bool dpkg_conffile_find(const struct dpkg_package *p, struct span path,
				   uint8_t md5[16]);

/* Less than, equal to or greater than 0. */
int dpkg_version_order(struct span a, struct span b);
