/* SPDX-License-Identifier: MIT */
/*
 * Configuration: INI files with drop-ins, in the manner of systemd.
 *
 * Strict: "[section]", "key = value", "#" comments; a list repeats its key, an
 * empty value clears it.  UTF-8, no continuation, no includes, no variables.
 * An unknown key or a wrong value is an error with file, line and column: a
 * typo in a security setting must not weaken it.
 */
#pragma once
#include "cmd/settings.h"
#include <sys/types.h>

#define CONFIG_MAX_FILE   65536
#define CONFIG_MAX_FILES  256
#define CONFIG_MAX_VALUES 4096

struct config_key {
	const char *section, *name;
	enum setting_id setting;
	bool list;
	const char *initial; /* what holds when nobody says anything; "" for lists */
};
extern const struct config_key config_keys[];
extern const size_t n_config_keys;

/* A value as it stands in a file. */
struct config_value {
	const struct config_key *key;
	const char *text, *file;
	unsigned line;
};

/* Everything that was read, in order. */
struct config {
	struct config_value *values;
	size_t n;
};

/* Where to look: of a file name in two folders, the later folder's counts. */
struct config_places {
	const char *vendor, *run, *etc;
	const char *named; /* $ASSAY_CONFIG, laid over all; NULL: none */
	uid_t owner;       /* whose the files must be; of .named: theirs or the caller's */
};
struct config_places config_places_system(void);

/* One file that is in memory.  STATUS_USAGE: *@problem is "file:line:column: why". */
MUST_CHECK enum status config_parse(struct arena *a, struct span text, const char *file,
				    struct config *out, const char **problem);

/* All files, in their order. */
MUST_CHECK enum status config_load(struct arena *a, const struct config_places *places,
				   struct config *out, const char **problem);

/* Does what the values say. */
MUST_CHECK enum status config_apply(struct arena *a, const struct config *config,
				    struct settings *s, const char **problem);

/* The value that counts; of a list the @nth.  NULL: none, the initial one holds. */
const struct config_value *config_effective(const struct config *config,
					    const struct config_key *key, size_t nth);
