/* SPDX-License-Identifier: MIT */
/* Configuration: what is understood, what is refused where, which file counts. */
#include "base/limits.h"
#include "cmd/config.h"
#include "tests/check.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_parsing(void)
{
	static const struct {
		const char *what, *text, *problem; /* NULL: fine */
	} rows[] = {
		{"nothing",                    "",					   NULL                            },
		{ "comments and blank lines",  "# a\n\n  # b\n",                             NULL                            },
		{ "a value",                   "[judge]\npadding = reject\n",                NULL                            },
		{ "no blanks",                 "[judge]\npadding=reject",                    NULL                            },
		{ "many blanks",               "  [judge]  \n\tpadding \t = \t reject \t\n", NULL                            },
		{ "two sections, one twice",   "[judge]\n[cache]\n[judge]\nfold=all\n",      NULL                            },
		{ "a list",                    "[revocation]\ndir = /a\ndir = /b\n",         NULL                            },
		{ "a list cleared",            "[revocation]\ndir = /a\ndir =\n",            NULL                            },
		{ "back to the initial value", "[judge]\nfold =\n",                          NULL                            },
		{ "unknown section",           "[jduge]\n",                                  "f:1:2: unknown section"        },
		{ "a section without end",     "[judge\n",                                   "f:1:7: a section ends in \"]\""},
		{ "an empty section",          "[]\n",                                       "f:1:2: unknown section"        },
		{ "a value without section",   "padding = reject\n",
                 "f:1:1: there is no section yet"									    },
		{ "unknown key",               "[judge]\npading = reject\n",
                 "f:2:1: unknown key in this section"									},
		{ "a key of another section",  "[cache]\npadding = reject\n",
                 "f:2:1: unknown key in this section"									},
		{ "no value",                  "[judge]\npadding\n",
                 "f:2:1: neither \"key = value\" nor \"[section]\""                                                          },
		{ "a wrong value",             "[judge]\n  padding =   rejct\n",
                 "f:2:15: should be accept|reject-payload|reject, not \"rejct\""                                             },
		{ "a value with a comment",    "[judge]\npadding = reject # yes\n",
                 "f:2:11: should be accept|reject-payload|reject, not \"reject # yes\""                                      },
		{ "a continuation",            "[judge]\npadding = \\\nreject\n",
                 "f:2:11: should be accept|reject-payload|reject, not \"\\\""                                                },
		{ "a relative path",           "[cache]\npath = verdicts.db\n",
                 "f:2:8: should be a path that begins with /, not \"verdicts.db\""                                           },
		{ "a key twice",               "[judge]\nfold = all\nfold = any\n",
                 "f:3:1: this key was given before in this file"                                                             },
		{ "not UTF-8",                 "[judge]\n\xff\n",                            "f:2:1: not UTF-8"              },
		{ "a carriage return",         "[judge]\r\n",
                 "f:1:8: a carriage return; a line ends in a line feed alone"                                                },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct config config = { 0 };
		const char *problem = NULL;
		enum status status =
			config_parse(&a, SPAN_TEXT(rows[i].text), "f", &config, &problem);

		CHECK(rows[i].problem ? status == STATUS_USAGE && problem &&
						strcmp(problem, rows[i].problem) == 0
				      : status == STATUS_OK && !problem,
		      "%s: %s", rows[i].what, problem ? problem : "fine");
	}
}

static void test_odd_texts(void)
{
	static const uint8_t nul[] = { '[', 'j', 'u', 'd', 'g', 'e', ']', '\n', 'f', 0, '=' };
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	static uint8_t large[CONFIG_MAX_FILE + 1];
	struct config config = { 0 };
	const char *problem;

	CHECK(config_parse(&a, SPAN_OF(nul), "f", &config, &problem) == STATUS_USAGE &&
		      strcmp(problem, "f:2:2: a NUL byte") == 0,
	      "a NUL byte: %s", problem);
	memset(large, '\n', sizeof(large));
	CHECK(config_parse(&a, SPAN_OF(large), "f", &config, &problem) == STATUS_USAGE,
	      "too large: %s", problem);
}

static char root[] = "/tmp/assay-test-config-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static void file_write(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "we");

	if (f) {
		(void)fputs(text, f);
		(void)fclose(f);
	}
}

static const char *padding_text(const struct settings *s)
{
	static const char *const words[] = { "accept", "reject-payload", "reject" };

	return words[s->padding];
}

/* Loads what is in the folders now. */
static enum status load(struct arena *a, struct settings *s, struct config *config,
			const char *named, const char **problem)
{
	struct config_places at = { .owner = geteuid(), .named = named };

	*s = (struct settings){ 0 };
	*config = (struct config){ 0 };
	*problem = NULL;
	at.vendor = arena_printf(a, "%s/lib", root);
	at.run = arena_printf(a, "%s/run", root);
	at.etc = arena_printf(a, "%s/etc", root);
	TRY(config_load(a, &at, config, problem));
	return config_apply(a, config, s, problem);
}

static void test_order(void)
{
	/* Each file is written in turn and stays: the later wins, or is hidden. */
	static const struct {
		const char *file, *text, *padding;
	} rows[] = {
		{"lib/assay.conf",               "[judge]\npadding = reject\n",         "reject"        },
		{ "etc/assay.conf",              "[judge]\npadding = accept\n",         "accept"        },
		{ "lib/assay.conf.d/50-a.conf",  "[judge]\npadding = reject\n",         "reject"        },
		{ "run/assay.conf.d/40-b.conf",  "[judge]\npadding = accept\n",         "reject"        },
		{ "run/assay.conf.d/60-c.conf",  "[judge]\npadding = accept\n",         "accept"        },
		{ "etc/assay.conf.d/60-c.conf",  "[judge]\npadding = reject-payload\n",
                 "reject-payload"								       },
		{ "etc/assay.conf.d/70-d.txt",   "not read\n",                          "reject-payload"},
		{ "etc/assay.conf.d/.70-d.conf", "not read\n",                          "reject-payload"},
		{ "etc/assay.conf.d/80-e.conf",  "[judge]\npadding =\n",                "accept"        },
	};
	CLEANUP(arena_free) struct arena a = ARENA_INIT(16 << 20);
	struct config config;
	const char *problem;
	struct settings s;

	CHECK(load(&a, &s, &config, NULL, &problem) == STATUS_OK && config.n == 0,
	      "no files: built-in only");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		file_write(rows[i].file, rows[i].text);
		CHECK(load(&a, &s, &config, NULL, &problem) == STATUS_OK &&
			      strcmp(padding_text(&s), rows[i].padding) == 0,
		      "with %s: %s", rows[i].file, problem ? problem : padding_text(&s));
	}
	(void)unlink(path_of("etc/assay.conf.d/80-e.conf"));
	(void)unlink(path_of("etc/assay.conf.d/60-c.conf"));
	(void)!symlink("/dev/null", path_of("etc/assay.conf.d/60-c.conf"));
	CHECK(load(&a, &s, &config, NULL, &problem) == STATUS_OK &&
		      strcmp(padding_text(&s), "reject") == 0,
	      "a link to /dev/null masks: %s", problem ? problem : padding_text(&s));
	file_write("named", "[judge]\npadding = reject-payload\n");
	CHECK(load(&a, &s, &config, path_of("named"), &problem) == STATUS_OK &&
		      strcmp(padding_text(&s), "reject-payload") == 0,
	      "ASSAY_CONFIG is laid over all");
	CHECK(load(&a, &s, &config, path_of("missing"), &problem) == STATUS_USAGE && problem,
	      "ASSAY_CONFIG that is missing: %s", problem ? problem : "fine");
}

static void test_owners(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct config config;
	const char *problem;
	struct settings s;

	(void)chmod(path_of("etc/assay.conf"), 0666);
	CHECK(load(&a, &s, &config, NULL, &problem) == STATUS_USAGE &&
		      strstr(problem, "others may write"),
	      "writable by others: %s", problem ? problem : "fine");
	(void)chmod(path_of("etc/assay.conf"), 0644);
	if (geteuid() == 0) {
		(void)!chown(path_of("etc/assay.conf"), 65534, 65534);
		CHECK(load(&a, &s, &config, NULL, &problem) == STATUS_USAGE &&
			      strstr(problem, "belong to root"),
		      "somebody else's: %s", problem ? problem : "fine");
		(void)!chown(path_of("etc/assay.conf"), 0, 0);
	} else {
		printf("# skip: somebody else's file needs root\n");
	}
	(void)unlink(path_of("etc/assay.conf"));
	(void)mkfifo(path_of("etc/assay.conf"), 0644);
	CHECK(load(&a, &s, &config, NULL, &problem) == STATUS_USAGE &&
		      strstr(problem, "regular file"),
	      "a FIFO: %s", problem ? problem : "fine");
}

static void test_effective(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct config config = { 0 };
	struct settings s = { 0 };
	const char *problem, *text = "[revocation]\ndir = /a\ndir =\ndir = /b\ndir = /c\n";

	CHECK(config_parse(&a, SPAN_TEXT(text), "f", &config, &problem) == STATUS_OK &&
		      config_apply(&a, &config, &s, &problem) == STATUS_OK &&
		      s.revocation_dirs.n == 2 &&
		      strcmp(s.revocation_dirs.items[0], "/b") == 0 &&
		      strcmp(s.revocation_dirs.items[1], "/c") == 0,
	      "a list that was cleared begins again");
	for (size_t i = 0; i < n_config_keys; i++) {
		const char *initial = config_keys[i].initial;

		CHECK(initial[0] == '\0' || settings_set(&s, &a, config_keys[i].setting,
							 initial, &problem) == STATUS_OK,
		      "%s.%s: the initial value is one", config_keys[i].section,
		      config_keys[i].name);
	}
}

int main(void)
{
	static const char *const folders[] = { "",
					       "lib",
					       "run",
					       "etc",
					       "lib/assay.conf.d",
					       "run/assay.conf.d",
					       "etc/assay.conf.d" };
	char command[128];

	(void)umask(022);
	if (!mkdtemp(root))
		return EXIT_FAILURE;
	for (size_t i = 1; i < COUNT_OF(folders); i++)
		(void)mkdir(path_of(folders[i]), 0755);
	test_parsing();
	test_odd_texts();
	test_order();
	test_owners();
	test_effective();
	(void)snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command) == 0 ? CHECK_DONE() : EXIT_FAILURE;
}
