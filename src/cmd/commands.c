/* SPDX-License-Identifier: MIT */
/* The table of commands: help, completion, manual and main() all go by it. */
#include "cmd/cmd.h"

#include "base/attrs.h"
#include <string.h>

const struct command commands[] = {
  /* clang-format off */
	{ COMMAND_VERIFY, "verify", "FILE...", NULL,
	  "judge the named files; only valid ones pass", true, cmd_verify },
	{ COMMAND_SCAN, "scan", "PATH...", NULL,
	  "judge everything in files and folders; forgeries fail", true, cmd_scan },
	{ COMMAND_EXPLAIN, "explain", "FILE|RULE", NULL,
	  "tell the whole story of a file, or what a rule means", true, cmd_explain },
	{ COMMAND_RULES, "rules", NULL, NULL,
	  "list every verdict and finding that there is", false, cmd_rules },
	{ COMMAND_TRUST, "trust", "list|show|add|remove|import [WHAT...]",
	  "list|show|add|remove|import",
	  "see and change whom to trust, and what is revoked", true, cmd_trust },
	{ COMMAND_CONFIG, "config", "show", "show",
	  "show the configuration that holds", true, cmd_config },
	{ COMMAND_ROOMS, "rooms", NULL, NULL,
	  "list the formats that this build can judge", false, cmd_rooms },
	{ COMMAND_COMPLETION, "completion", "SHELL", "bash|zsh|fish",
	  "print completions for a shell", false, cmd_completion },
	{ COMMAND_VERSION, "version", NULL, NULL,
	  "print the version", false, cmd_version },
	{ COMMAND_HELP, "help", "[COMMAND]", NULL,
	  "print this, or the options of a command", false, cmd_help },
  /* clang-format on */
};
const size_t n_commands = COUNT_OF(commands);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < n_commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}
