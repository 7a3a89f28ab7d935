/* SPDX-License-Identifier: MIT */
/* What a guard says that it does not cover, by how it works on its host. */
#include "daemon/gaps.h"
#include "tests/check.h"
#include <stdbool.h>

static bool is_told(unsigned host, const char *words)
{
	const char *gap;
	size_t at = 0;

	while ((gap = gap_next(host, &at)) != NULL)
		if (strstr(gap, words))
			return true;
	return false;
}

#define USUAL (GAP_LAX | GAP_ALL | GAP_LENIENT)
#define FIRM  (GAP_LAX | GAP_ALL | GAP_FIRM)

static const struct {
	unsigned host;
	const char *words;
	bool told;
} rows[] = {
	{GAP_TIER_B | USUAL,                   "LD_PRELOAD",              true },
	{ GAP_TIER_A | USUAL,                  "LD_PRELOAD",              false},
	{ GAP_TIER_A | USUAL | GAP_FIRST_MAPS, "nobody vetted before",    true },
	{ GAP_TIER_A | FIRM | GAP_FIRST_ROOTS, "only root can write to",  true },
	{ GAP_TIER_A | FIRM,                   "the first time",          false},
	{ GAP_TIER_B | USUAL,                  "everything, once",        true },
	{ GAP_TIER_A | USUAL,                  "everything, once",        false},
	{ GAP_TIER_A | USUAL,                  "ten seconds",             false},
	{ GAP_TIER_A | FIRM,                   "ten seconds",             true },
	{ GAP_TIER_B | USUAL,                  "memfd_create, fexecve",   true },
	{ GAP_TIER_A | USUAL,                  "memfd_create, fexecve",   false},
	{ GAP_TIER_A | GAP_LAX | GAP_NAMED,    "memfd_create, fexecve",   true },
	{ GAP_TIER_B | USUAL,                  "through a mapping",       false},
	{ GAP_TIER_B | USUAL | GAP_FAST,       "through a mapping",       true },
	{ GAP_TIER_A | USUAL | GAP_FAST,       "through a mapping",       false},
	{ GAP_TIER_B | USUAL,                  "stores through mappings", false},
	{ GAP_TIER_B | USUAL | GAP_OLD_LAYERS, "stores through mappings", true },
	{ GAP_TIER_B | USUAL,                  "6.12.1",                  false},
	{ GAP_TIER_B | USUAL | GAP_WRITERS,    "6.12.1",                  true },
	{ GAP_TIER_B | USUAL,                  "sh FILE",                 true },
	{ GAP_TIER_B | GAP_STRICT | GAP_ALL,   "sh FILE",                 false},
	{ GAP_TIER_B | GAP_STRICT | GAP_ALL,   "standard input",          true },
	{ GAP_TIER_A | GAP_STRICT | GAP_NAMED, "does not name, in what",  true },
	{ GAP_TIER_A | GAP_STRICT | GAP_ALL,   "does not name, in what",  false},
	{ GAP_TIER_A | GAP_STRICT | GAP_ALL,   "past the file system",    true },
	{ GAP_TIER_B | USUAL,                  "an image of his own",     true },
	{ GAP_TIER_B | USUAL,                  "by a transfer that",      true },
	{ GAP_TIER_B | USUAL,                  "other bytes than",        true },
	{ GAP_TIER_B | USUAL,                  "name space of users",     true },
	{ GAP_TIER_B | GAP_LAX | GAP_NAMED,    "name space of users",     false},
	{ GAP_TIER_B | GAP_LAX | GAP_NAMED,    "what ran already",        true },
	{ GAP_TIER_B | GAP_LAX | GAP_ALL,      "what ran already",        false},
};

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(is_told(rows[i].host, rows[i].words) == rows[i].told, "%x: \"%s\" %s",
		      rows[i].host, rows[i].words, rows[i].told ? "is told" : "is not");
	return CHECK_DONE();
}
