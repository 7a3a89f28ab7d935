/* SPDX-License-Identifier: MIT */
/*
 * A bundle on a disk: each file of it goes through the pool for its print, then
 * each bundle, inner ones first, by its executable with the list of all prints.
 *
 * The supervisor does this.  It knows names, and which names are a bundle's; what
 * files say it hands from one answer of the worker to the next request.
 */
#pragma once
#include "engine/pool.h"

struct bundle_visit {
	struct pool *pool; /* nothing may be outstanding */
	void *context;
	/* Somebody asked to stop. */
	bool (*stopped)(void *context);
	/* @inner: a path from the folder, or empty: the folder itself; @report in wire form. */
	void (*answer)(void *context, struct span inner, struct span report);
	/* It could not be judged: @rule is a row of the rule table, @why a sentence. */
	void (*failed)(void *context, struct span inner, const char *rule, const char *why);
};

/* Is @path, by the names in it, a folder that is a bundle? */
bool bundle_folder_is(const char *path);

/* Judges the bundles in the folder @path; only the folder itself is answered unless @all. */
void bundle_folder_judge(const char *path, bool all, const struct bundle_visit *visit);
