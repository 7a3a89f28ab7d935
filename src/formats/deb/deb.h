/* SPDX-License-Identifier: MIT */
/* deb: Debian packages (deb(5)), and the signatures that debsigs and dpkg-sig put into them. */
#pragma once
#include "formats/format.h"

#define DEB_MAX_MEMBERS   64
#define DEB_MAX_SIGNATURE ((uint64_t)1 << 20)

/* The three members that a package is made of, in the order in which they stand. */
enum deb_part { DEB_BINARY, DEB_CONTROL, DEB_DATA, DEB_PARTS };

/* What else is in it. */
struct deb_member {
	const char *name; /* printable */
	struct range where, data;
	const struct deb_member *next;
};

struct deb {
	struct range parts[DEB_PARTS];      /* contents of each */
	const char *part_names[DEB_PARTS];  /* "data.tar.xz" */
	const struct deb_member *uncovered; /* members that no signature speaks for */
	struct range trailing;              /* behind the last member */
};

extern const struct format format_deb;
