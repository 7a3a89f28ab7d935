/* SPDX-License-Identifier: MIT */
/* Options: what is parsed, what is refused and with which words; the table itself. */
#include "cmd/options.h"
#include "tests/check.h"

#define ARGUMENTS_MAX 8

/* Splits @text at blanks; "_" stands for an empty argument. */
static int arguments_of(struct arena *a, const char *text, char *argv[ARGUMENTS_MAX])
{
	char *copy = ARENA_NEW(a, char, strlen(text) + 1), *save = NULL;
	int n = 0;

	if (!copy)
		return 0;
	memcpy(copy, text, strlen(text));
	for (char *word = strtok_r(copy, " ", &save); word && n < ARGUMENTS_MAX;
	     word = strtok_r(NULL, " ", &save)) {
		if (strcmp(word, "_") == 0)
			word[0] = '\0';
		argv[n++] = word;
	}
	return n;
}

/* What came out, as text: "json policy=strict | a b", or the complaint. */
static const char *outcome_of(struct arena *a, const char *command, const char *text)
{
	char *argv[ARGUMENTS_MAX];
	int argc = arguments_of(a, text, argv);
	struct settings settings = { 0 };
	const char *problem = NULL, *out = "";
	struct parsed parsed;

	if (options_parse(a, command_find(command), argc, argv, &parsed, &problem) !=
		    STATUS_OK ||
	    options_apply(a, &parsed, &settings, &problem) != STATUS_OK)
		return problem;
	for (size_t i = 0; i < parsed.n_uses && out; i++)
		out = arena_printf(a, "%s%s%s%s ", out, parsed.uses[i].row->name,
				   parsed.uses[i].row->argument ? "=" : "",
				   parsed.uses[i].value);
	out = arena_printf(a, "%s|", out);
	for (size_t i = 0; i < parsed.n_operands && out; i++)
		out = arena_printf(a, "%s %s", out, parsed.operands[i]);
	return out;
}

static const struct {
	const char *command, *arguments, *outcome;
} parsing[] = {
	{"scan",    "",			  "|"						      },
	{ "scan",   "a b",                       "| a b"						  },
	{ "scan",   "--json a",                  "json | a"					       },
	{ "scan",   "a --json",                  "json | a"					       },
	{ "scan",   "-- --json",                 "| --json"					       },
	{ "scan",   "- a",                       "| - a"						  },
	{ "scan",   "./-q",                      "| ./-q"						 },
	{ "scan",   "-qq a",                     "quiet quiet | a"                                        },
	{ "scan",   "-qv0",                      "quiet verbose null |"                                   },
	{ "scan",   "-j4 a",                     "jobs=4 | a"					     },
	{ "scan",   "-j 4 a",                    "jobs=4 | a"					     },
	{ "scan",   "-qj4",                      "quiet jobs=4 |"                                         },
	{ "scan",   "--jobs=4",                  "jobs=4 |"					       },
	{ "scan",   "--jobs 4",                  "jobs=4 |"					       },
	{ "scan",   "--exclude=a=b",             "exclude=a=b |"                                          },
	{ "scan",   "--exclude --json",          "exclude=--json |"                                       },
	{ "scan",   "--trust ms-code=x",         "trust=ms-code=x |"                                      },
	{ "scan",   "--jso",                     "unknown option --jso; did you mean --json?"             },
	{ "scan",   "--all=1",                   "option --all takes no value"                            },
	{ "scan",   "--jobs",                    "option --jobs needs a value: N"                         },
	{ "scan",   "-j",			"option --jobs needs a value: N"                         },
	{ "scan",   "-Z",			"unknown option -Z"                                      },
	{ "scan",   "-qZ",                       "unknown option -Z"                                      },
	{ "scan",   "--xyzzy-plugh",             "unknown option --xyzzy-plugh"                           },
	{ "scan",   "--dereference",             "unknown option --dereference"                           },
	{ "scan",   "--min-age 3",               "unknown option --min-age"                               },
	{ "verify", "--exclude x",               "option --exclude does not belong to verify"             },
	{ "verify", "--shard 1/2",               "option --shard does not belong to verify"               },
	{ "donors", "learn --trust x y",
         "option --trust does not belong to donors: what is valid only through it is "
	  "not "
	  "remembered; assay trust add trusts for good"                                                   },
	{ "donors", "learn --at now y",
         "option --at does not belong to donors: what is valid only at another time "
	  "is not "
	  "remembered"										    },
	{ "scan",   "-j 0",                      "--jobs should be a number from 1 to 32, not \"0\""      },
	{ "scan",   "-j 33",                     "--jobs should be a number from 1 to 32, not \"33\""     },
	{ "scan",   "-j -1",                     "--jobs should be a number from 1 to 32, not \"-1\""     },
	{ "scan",   "-j 4x",                     "--jobs should be a number from 1 to 32, not \"4x\""     },
	{ "scan",   "--policy lax",
         "--policy should be strict|forgery|integrity, not \"lax\"; a file of that name: "
	  "./lax"											 },
	{ "scan",   "--policy stric",
         "--policy should be strict|forgery|integrity, not \"stric\"; a file of that name: "
	  "./stric"										       },
	{ "scan",   "--policy strict|forgery",
         "--policy should be strict|forgery|integrity, not \"strict|forgery\"; a file of that "
	  "name: ./strict|forgery"									},
	{ "scan",   "--policy ./lax",            "policy=./lax |"                                         },
	{ "scan",   "--policy _",                "--policy should be strict|forgery|integrity, not \"\""  },
	{ "scan",   "--max-size 64",
         "--max-size should be a size in B, KiB, MiB, GiB or TiB, like 64MiB, not "
	  "\"64\""											},
	{ "scan",   "--max-size 0B",
         "--max-size should be a size in B, KiB, MiB, GiB or TiB, like 64MiB, not "
	  "\"0B\""											},
	{ "scan",   "--max-size 64MiB",          "max-size=64MiB |"                                       },
	{ "scan",   "--min-sdk 24",              "min-sdk=24 |"                                           },
	{ "scan",   "--max-sdk 33",              "max-sdk=33 |"                                           },
	{ "scan",   "--min-sdk 0",
         "--min-sdk should be an API level of Android, like 24, not \"0\""                                },
	{ "scan",   "--timeout 30",
         "--timeout should be a time in s, min, h, d or w, like 30s, not \"30\""                          },
	{ "scan",   "--timeout 30s",             "timeout=30s |"                                          },
	{ "scan",   "--at yesterday",
         "--at should be a time like 2026-11-22T12:00:00Z, not \"yesterday\""                             },
	{ "scan",   "--at 2026-11-22T12:00:00Z", "at=2026-11-22T12:00:00Z |"                              },
	{ "scan",   "--shard 1/4",               "shard=1/4 |"                                            },
	{ "scan",   "--shard 0/4",               "--shard should be one of N parts, like 1/4, not \"0/4\""},
	{ "scan",   "--shard 5/4",               "--shard should be one of N parts, like 1/4, not \"5/4\""},
	{ "scan",   "--shard 1",                 "--shard should be one of N parts, like 1/4, not \"1\""  },
	{ "scan",   "-o _",                      "--output should be a path, not \"\""                    },
};

static void test_parsing(void)
{
	for (size_t i = 0; i < COUNT_OF(parsing); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		const char *outcome = outcome_of(&a, parsing[i].command, parsing[i].arguments);

		CHECK(outcome && strcmp(outcome, parsing[i].outcome) == 0, "%s %s: %s",
		      parsing[i].command, parsing[i].arguments, outcome ? outcome : "nothing");
	}
}

static void test_values(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct settings s = { 0 };
	const char *problem;

	CHECK(settings_set(&s, &a, SETTING_POLICY, "integrity", &problem) == STATUS_OK &&
		      s.has_policy && s.policy == EXIT_POLICY_INTEGRITY,
	      "policy");
	CHECK(settings_set(&s, &a, SETTING_FOLD, "first", &problem) == STATUS_OK &&
		      s.fold == ASSAY_FOLD_FIRST,
	      "fold");
	CHECK(settings_set(&s, &a, SETTING_PADDING, "reject", &problem) == STATUS_OK &&
		      s.has_padding && s.padding == PADDING_REJECT,
	      "padding");
	CHECK(settings_set(&s, &a, SETTING_REVOCATION_MODE, "require", &problem) == STATUS_OK &&
		      s.revocation == TRUST_REVOCATION_REQUIRE,
	      "revocation");
	CHECK(settings_set(&s, &a, SETTING_COLOR, "never", &problem) == STATUS_OK &&
		      s.color == WHEN_NEVER,
	      "colour");
	CHECK(settings_set(&s, &a, SETTING_TIMEOUT, "2min", &problem) == STATUS_OK &&
		      s.timeout_s == 120,
	      "timeout");
	for (int i = 0; i < SETTINGS_MAX_LIST; i++)
		(void)!settings_set(&s, &a, SETTING_EXCLUDE, "x", &problem);
	CHECK(s.exclude.n == SETTINGS_MAX_LIST && !s.exclude.items[SETTINGS_MAX_LIST],
	      "a list holds %d values and ends in NULL", SETTINGS_MAX_LIST);
	CHECK(settings_set(&s, &a, SETTING_EXCLUDE, "x", &problem) == STATUS_USAGE,
	      "and no more");
	CHECK(settings_set(&s, &a, SETTING_ONLY_TRUST, "", &problem) == STATUS_USAGE,
	      "an empty argument is refused");
	CHECK(settings_set(&s, &a, SETTING_REVOCATION_DIR, "/crl", &problem) == STATUS_OK &&
		      s.revocation_dirs.n == 1 &&
		      settings_set(&s, &a, SETTING_REVOCATION_DIR, "", &problem) == STATUS_OK &&
		      s.revocation_dirs.n == 0,
	      "an empty value of a file clears its list");
}

/* What the table promises. */
static void test_table(void)
{
	for (size_t i = 0; i < n_option_rows; i++) {
		const struct option_row *r = &option_rows[i];

		for (size_t k = 0; k < i; k++) {
			const struct option_row *other = &option_rows[k];

			if (strcmp(r->name, other->name) == 0 ||
			    (r->letter && r->letter == other->letter &&
			     (r->commands & other->commands) != 0))
				CHECK(0, "--%s and --%s are the same", r->name, other->name);
		}
		CHECK(r->setting != SETTING_NONE && r->summary && r->name[0] != '-' &&
			      r->summary[strlen(r->summary) - 1] != '.',
		      "--%s is a whole row", r->name);
	}
	for (size_t i = 0; i < n_commands; i++)
		CHECK(commands[i].run && commands[i].summary &&
			      command_find(commands[i].name) == &commands[i],
		      "%s is a whole row", commands[i].name);
}

static void test_nearest(void)
{
	static const char *const names[] = { "verify", "scan", "explain", "help", NULL };
	static const struct {
		const char *wrong, *near;
	} rows[] = {
		{"scna",								"scan"   },
		{ "verfy",							      "verify" },
		{ "explian",							    "explain"},
		{ "setup.exe",							  NULL     },
		{ "x",								  NULL     },
		{ "halp",							       "help"   },
		{ "",								   NULL     },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL     },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *near = nearest_name(rows[i].wrong, names);

		CHECK(near == rows[i].near ||
			      (near && rows[i].near && strcmp(near, rows[i].near) == 0),
		      "near \"%s\": %s", rows[i].wrong, near ? near : "nothing");
	}
}

int main(void)
{
	test_parsing();
	test_values();
	test_table();
	test_nearest();
	return CHECK_DONE();
}
