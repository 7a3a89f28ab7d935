/* SPDX-License-Identifier: MIT */
/* forge: writes specimens for demonstrations, measurements and comparisons.  Never installed.
 */
#include "tests/forge/forge.h"
#include "tests/forge/sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const struct {
	const char *name;
	void (*write)(struct forge *f, const char *folder);
	const char *what;
} commands[] = {
	{"demo",            forge_set_demo,     "a signed program, two forgeries, an unsigned one"},
	{ "set",            forge_set_traps,    "every trap of the tests, and truth.tsv"          },
	{ "bench-big",      forge_set_big,      "one signed program of 100 MB"                    },
	{ "bench-macho",    forge_set_macho,    "one signed Mach-O program of 200 MB"             },
	{ "bench-many",     forge_set_many,     "256 signed programs of 4 MiB"                    },
	{ "bench-catalogs", forge_set_catalogs, "5000 catalogs, and files that they list"         },
	{ "bench-small",    forge_set_small,    "one signed program of 20 KB, 500 anchors"        },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < COUNT_OF(commands); i++) {
		struct forge *f;

		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		f = forge_new();
		(void)mkdir(argv[2], 0777);
		commands[i].write(f, argv[2]);
		forge_free(f);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		(void)fprintf(stderr, "usage: forge %s FOLDER   (%s)\n", commands[i].name,
			      commands[i].what);
	return 2;
}
