/* SPDX-License-Identifier: MIT */
/*
 * Installed: of which package of this system a program is, by its bytes alone.
 *
 * Two have to say so, each what only it can know: an index of signed archives
 * (packages.h), that these bytes are of a package in a version, as long as the archive's
 * key is an anchor; dpkg, that this very version is installed.  dpkg's own digests are
 * MD5 and prove nothing; where the file lies proves nothing either.  Neither is asked.
 *
 * Packages of RPM are known by the index alone, and nobody is asked what is installed:
 * of their programs nothing can be said.
 *
 * Both files change while a host runs: who keeps this open asks installed_changed().
 */
#pragma once
#include "policy/policy.h"
#include "trust/trust.h"

struct installed_from {
	const char *index;                  /* of packages */
	const char *status;                 /* of dpkg */
	const struct trust_store *believed; /* borrowed: whose keys vouch */
	/* May what lies there be believed?  NULL: all of it. */
	bool (*firm)(struct span path);
};

struct installed;

/* NULL: no memory.  It can always be asked; what is missing or damaged is its problem. */
MUST_CHECK struct installed *installed_open(const struct installed_from *from);
/* NULL is fine. */
void installed_close(struct installed *i);

/* Why it cannot tell of every program, and what to do; NULL: it can, or @i is NULL. */
const char *installed_problem(const struct installed *i);
/* Was a file that it was made of written to, replaced or taken away since? */
MUST_CHECK bool installed_changed(const struct installed *i);

/*
 * The name of the package of the program with these bytes, good as long as @i is; of
 * several the first by name.  POLICY_ABSENT: it is of none that is installed and vouched
 * for.  POLICY_UNKNOWN: that cannot be said, now or (@i NULL) at all.
 */
struct policy_value installed_package(const struct installed *i, struct span sha256);
