/* SPDX-License-Identifier: MIT */
/*
 * Upgrades: changes that packages explain, told as one line for each package.
 *
 * A file's change is explained when dpkg lists the file as that of a package of
 * which a newer version is installed than when the baseline was written, or which dpkg
 * has unpacked again since, and its content is what that package says (MD5, which is all
 * that dpkg keeps); a link's, when it leads to such a file beside it; and that of a file
 * which packages make anew (countermeasures/file_integrity_monitoring/generated.h), when dpkg
 * has worked since.  Forged, broken and lost signatures, gained rights and whatever else a
 * package does not say are never explained.
 */
#pragma once
#include "cmd/fim.h"

enum fim_upgrade_kind {
	FIM_PACKAGE_NONE,
	FIM_PACKAGE_UPGRADED,
	FIM_PACKAGE_REINSTALLED, /* the same version, once more */
	FIM_PACKAGE_GENERATED,   /* what it makes anew: no digest of it is known */
};

struct fim_upgrade {
	enum fim_upgrade_kind kind;
	struct span name;          /* "coreutils" */
	struct span before, after; /* versions */
	uint64_t n_files;
};

struct fim_upgrades {
	struct fim_upgrade *each;
	size_t n;
};

/* "package-upgraded" "package-reinstalled" "package-generated" */
const char *fim_upgrade_word(enum fim_upgrade_kind kind);
/* Adds "coreutils: 9.1-1 became 9.1-2; 3 files are what dpkg says of it (MD5)". */
void fim_upgrade_sentence(struct buffer *out, const struct fim_upgrade *u);

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
