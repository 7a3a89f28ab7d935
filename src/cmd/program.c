/* SPDX-License-Identifier: MIT */
/* Which command, with which settings. */
#include "cmd/program.h"

#include "cmd/complain.h"
#include "cmd/config.h"
#include "cmd/options.h"
#include "cmd/page.h"
#include <fcntl.h>
#include <unistd.h>

#define ARENA_BYTES      ((size_t)64 << 20)
#define COMMANDS_BY_NAME 32

/*
 * Whoever starts us without them would have them reused for files.  Opened the
 * wrong way round, so that using one is still an error.
 */
static bool standard_descriptors_open(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

/* A word that is no command, no file, and nearly a command. */
static const char *misspelt(const char *word)
{
	const char *names[COMMANDS_BY_NAME + 1];
	size_t n = 0;

	if (span_at(SPAN_TEXT(word), 0) == '-' || access(word, F_OK) == 0)
		return NULL;
	for (size_t i = 0; i < n_commands && n < COMMANDS_BY_NAME; i++)
		names[n++] = commands[i].name;
	names[n] = NULL;
	return nearest_name(word, names);
}

/* The command, and where its arguments begin; NULL: it has complained. */
static const struct command *command_choose(int argc, char *argv[], int *first)
{
	const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;
	const char *near;

	*first = 2;
	if (command)
		return command;
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return command_find("help");
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return command_find("version");
	*first = 1;
	if (argc < 2) {
		complain("name a file or a command; try: assay help");
		return NULL;
	}
	near = misspelt(argv[1]);
	if (near) {
		complain("there is no command \"%s\"; did you mean %s? A file of that name: "
			 "./%s",
			 argv[1], near, argv[1]);
		return NULL;
	}
	return command_find("verify");
}

/* Configuration first, then what the command line says. */
static enum status settings_load(struct invocation *call, const struct parsed *parsed,
				 const char **problem)
{
	struct config_places places = config_places_system();
	struct config config = { 0 };

	/* Whoever mends a broken file needs the others. */
	if (call->command->configured && !options_have(parsed, SETTING_NO_CONFIG)) {
		TRY(config_load(call->arena, &places, &config, problem));
		TRY(config_apply(call->arena, &config, &call->settings, problem));
	}
	return options_apply(call->arena, parsed, &call->settings, problem);
}

static int help_print(const struct command *command)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

	options_help(&out, command);
	return page_print(&out);
}

/* What does not go together; NULL: all does. */
static const char *settings_contradiction(const struct invocation *call)
{
	const struct settings *s = &call->settings;

	if (s->cad && call->command->id != COMMAND_COVERAGE)
		return "--format cad is for coverage";
	if (s->max_sdk != 0 && s->min_sdk > s->max_sdk)
		return "--min-sdk is above --max-sdk: no system is between them";
	return NULL;
}

int program_run(const struct command *fixed, int argc, char *argv[])
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_BYTES);
	struct invocation call = { .arena = &arena };
	const char *problem = NULL;
	struct parsed parsed;
	enum status status;
	int first = 1;

	if (!standard_descriptors_open())
		return EXIT_INCOMPLETE;
	call.command = fixed;
	if (!fixed)
		call.command = command_choose(argc, argv, &first);
	if (!call.command)
		return EXIT_USAGE;
	status = options_parse(&arena, call.command, argc - first, &argv[first], &parsed,
			       &problem);
	if (status == STATUS_OK && options_have(&parsed, SETTING_HELP))
		return help_print(call.command);
	if (status == STATUS_OK && options_have(&parsed, SETTING_VERSION))
		call.command = command_find("version");
	if (status == STATUS_OK)
		status = settings_load(&call, &parsed, &problem);
	if (status != STATUS_OK) {
		complain("%s", problem ? problem : status_text(status));
		return EXIT_USAGE;
	}
	problem = settings_contradiction(&call);
	if (problem) {
		complain("%s: %s", call.command->name, problem);
		return EXIT_USAGE;
	}
	call.operands = parsed.operands;
	call.n_operands = parsed.n_operands;
	call.n_before = parsed.n_before;
	return call.command->run(&call);
}
