/* SPDX-License-Identifier: MIT */
/* Expressions beside what the C library says of them. */
#include "structure/ere.h"
#include "tests/check.h"
#include <regex.h>

#define EFFORT UINT64_C(100000000)

static const struct {
	const char *pattern;
	const char *texts[6];
} rows[] = {
	{"^.*",						   { "a/b", "" }						},
	{ "^Resources/",					  { "Resources/a", "XResources/a", "Resources" }               },
	{ "^Info\\.plist$",				       { "Info.plist", "InfoXplist", "a/Info.plist", "Info.plistx" }},
	{ "^(.*/)?\\.DS_Store$",				  { ".DS_Store", "a/b/.DS_Store", "a.DS_Store", "x/DS_Store" } },
	{ ".*\\.dSYM($|/)",				       { "a.dSYM", "a.dSYM/b", "a.dSYMx" }                          },
	{ "^(Frameworks|PlugIns|Library/(Automator|Spotlight))/",
         { "Frameworks/x", "Library/Automator/x", "Library/x", "PlugIns" }                                                     },
	{ "^[^/]+$",					      { "a", "a/b", "" }					   },
	{ "a{2,3}b",					      { "ab", "aab", "aaab", "xaaaab", "aa" }                      },
	{ "^(a|b)*c$",					    { "c", "ababc", "abac", "abacd", "ab" }                      },
	{ "^(a*)*$",					      { "", "aaaa", "aab" }                                        },
	{ "^(a|)+b",					      { "b", "aab", "cb" }                                         },
	{ "[]a]x[^]b]",					   { "]xa", "axb", "ax]", "axc" }                               },
	{ "^[[:alpha:]_][[:alnum:]]{0,3}$",                       { "a", "_123", "1", "abcde", "a-" }                          },
	{ "x?y+z*$",					      { "y", "xyyzz", "xz", "yyq" }                                },
	{ "a{2,}",						{ "a", "aa", "baaa" }                                        },
	{ "(^a|b$)",					      { "ac", "cb", "ca", "ba" }                                   },
	{ "",						     { "", "a" }						  },
	{ "[a-c-]+$",					     { "a-b", "d", "-" }					  },
};

static void check_rows(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)4 << 20);
		struct ere *e = NULL;
		regex_t regex;
		bool same = regcomp(&regex, rows[i].pattern, REG_EXTENDED | REG_NOSUB) == 0 &&
			    ere_read(&a, SPAN_TEXT(rows[i].pattern), &e) == STATUS_OK;

		for (size_t k = 0; same && k < 6 && rows[i].texts[k]; k++) {
			uint64_t effort = EFFORT;
			bool matches = false;

			same = ere_match(e, SPAN_TEXT(rows[i].texts[k]), &effort, &matches) ==
				       STATUS_OK &&
			       matches == (regexec(&regex, rows[i].texts[k], 0, NULL, 0) == 0);
			if (!same)
				printf("# \"%s\": %d\n", rows[i].texts[k], matches);
		}
		regfree(&regex);
		CHECK(same, "%s", rows[i].pattern);
	}
}

static const struct {
	const char *pattern;
	enum status status;
} refused[] = {
	{"(",				      STATUS_MALFORMED  },
	{ ")",				     STATUS_MALFORMED  },
	{ "a)",				    STATUS_MALFORMED  },
	{ "[a",				    STATUS_MALFORMED  },
	{ "[[:alpha:",			     STATUS_MALFORMED  },
	{ "*a",				    STATUS_MALFORMED  },
	{ "a{",				    STATUS_MALFORMED  },
	{ "a{3,2}",				STATUS_MALFORMED  },
	{ "a{256}",				STATUS_MALFORMED  },
	{ "a\\",				   STATUS_MALFORMED  },
	{ "(a)\\1",				STATUS_UNSUPPORTED},
	{ "[[.a.]]",			       STATUS_UNSUPPORTED},
	{ "(((a{255}){255}){255})",                STATUS_LIMIT      },
	{ "(((((){255}){255}){255}){255})",        STATUS_LIMIT      },
	{ "((((((((((((((((((a))))))))))))))))))", STATUS_LIMIT      },
};

static void check_refused(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)4 << 20);
	char big[ERE_MAX_BYTES + 2];

	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct ere *e;
		enum status s = ere_read(&a, SPAN_TEXT(refused[i].pattern), &e);

		CHECK(s == refused[i].status && !e, "refused: %s (%s)", refused[i].pattern,
		      status_text(s));
	}
	memset(big, 'a', sizeof(big));
	CHECK(ere_read(&a, (struct span){ (const uint8_t *)big, sizeof(big) },
		       &(struct ere *){ NULL }) == STATUS_LIMIT,
	      "too long");
}

/* Small patterns of all kinds, by a fixed generator. */
static void check_noise(void)
{
	static const char letters[] = "ab/.*+?()|[]^$\\{}1,-";
	uint64_t x = 88172645463325252;
	unsigned n_both = 0, n_wrong = 0;

	for (int round = 0; round < 60000; round++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)1 << 20);
		char pattern[9] = { 0 }, text[7] = { 0 };
		uint64_t effort = EFFORT;
		bool matches = false, wanted;
		struct ere *e;
		regex_t regex;

		for (size_t i = 0; i < 14; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			if (i < 8)
				pattern[i] = letters[x % (sizeof(letters) - 1)];
			else
				text[i - 8] = "ab/"[x % 3];
		}
		if (ere_read(&a, SPAN_TEXT(pattern), &e) != STATUS_OK ||
		    regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
			continue;
		wanted = regexec(&regex, text, 0, NULL, 0) == 0;
		regfree(&regex);
		n_both++;
		if (ere_match(e, SPAN_TEXT(text), &effort, &matches) == STATUS_OK &&
		    matches == wanted)
			continue;
		n_wrong++;
		printf("# %s of %s: %d, wanted %d\n", pattern, text, matches, wanted);
	}
	CHECK(n_both > 500 && n_wrong == 0, "%u patterns, %u wrong", n_both, n_wrong);
}

static void check_effort(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)4 << 20);
	struct ere *e = NULL;
	uint64_t effort = 100;
	char text[512];
	bool matches;

	memset(text, 'a', sizeof(text));
	CHECK(ere_read(&a, SPAN_LITERAL("(a|a|a|a)*(a*)*b"), &e) == STATUS_OK &&
		      ere_match(e, (struct span){ (const uint8_t *)text, sizeof(text) },
				&effort, &matches) == STATUS_LIMIT,
	      "effort is used up");
	effort = EFFORT;
	CHECK(e &&
		      ere_match(e, (struct span){ (const uint8_t *)text, sizeof(text) },
				&effort, &matches) == STATUS_OK &&
		      !matches && effort > EFFORT - 100000,
	      "no way is gone twice");
}

int main(void)
{
	check_rows();
	check_refused();
	check_noise();
	check_effort();
	return CHECK_DONE();
}
