/* SPDX-License-Identifier: MIT */
/* Which files are the configuration, in which order, and whose they must be. */
#include "cmd/config.h"
#include "source/believed.h"
#include <stdlib.h>

#define MAIN_FILE "assay.conf"
#define DROP_INS  "assay.conf.d"

_Static_assert(CONFIG_MAX_FILE == BELIEVED_MAX_BYTES, "one limit");

struct config_places config_places_system(void)
{
	const char *named = secure_getenv("ASSAY_CONFIG");

	return (struct config_places){
		.vendor = "/usr/lib/assay",
		.run = "/run/assay",
		.etc = "/etc/assay",
		.named = named && *named ? named : NULL,
		.owner = 0,
	};
}

static enum status file_load(struct arena *a, const char *path, const struct config_places *at,
			     struct config *out, const char **problem)
{
	bool named = path == at->named, there;
	struct believed_file file = { path, at->owner, named, named };
	struct span text;

	if (!path)
		return STATUS_NO_MEMORY;
	TRY(believed_read(a, &file, &text, &there, problem));
	return config_parse(a, text, path, out, problem);
}

enum status config_load(struct arena *a, const struct config_places *at, struct config *out,
			const char **problem)
{
	const struct believed_folders folders = { at->vendor, at->run, at->etc };
	const char **drop_ins;

	*problem = NULL;
	TRY(file_load(a, arena_printf(a, "%s/" MAIN_FILE, at->vendor), at, out, problem));
	TRY(file_load(a, arena_printf(a, "%s/" MAIN_FILE, at->etc), at, out, problem));
	TRY(believed_drop_ins(a, &folders, DROP_INS, ".conf", &drop_ins, problem));
	for (size_t i = 0; drop_ins[i]; i++)
		TRY(file_load(a, drop_ins[i], at, out, problem));
	if (at->named)
		TRY(file_load(a, at->named, at, out, problem));
	return STATUS_OK;
}
