/* SPDX-License-Identifier: MIT */
/*
 * Upgrades: changes that a package explains, told as one line for each package.
 *
 * A file's change is explained when dpkg lists the file as that of a package of
 * which a newer version is installed than when the baseline was written, and its
 * content is what that package says (MD5, which is all that dpkg keeps); a link's,
 * when it leads to such a file beside it.  Forged, broken and lost signatures,
 * gained rights and whatever else a package does not say are never explained.
 */
#pragma once
#include "cmd/fim.h"

struct fim_upgrade {
	struct span name;          /* "coreutils" */
	struct span before, after; /* versions */
	uint64_t n_files;
};

struct fim_upgrades {
	struct fim_upgrade *each;
	size_t n;
};

/* The folder of dpkg's data. */
const char *fim_dpkg_folder(const struct settings *s);
/* What is installed now, as baselines remember it; a host without dpkg has no packages. */
MUST_CHECK enum status fim_packages_read(struct arena *a, const struct settings *s,
					 struct baseline_about *out);
/*
 * Finds what upgrades since @was explain of the changes of @look, and sets their
 * .upgrade; what is explained counts as info.
 */
MUST_CHECK enum status fim_upgrades_find(struct arena *a, const struct settings *s,
					 const struct baseline_about *was,
					 struct fim_look *look, struct fim_upgrades *out);
