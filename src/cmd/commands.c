/* SPDX-License-Identifier: MIT */
/* The table of commands: help, completion, manual and main() all go by it. */
#include "cmd/cmd.h"

#include "base/attrs.h"
#include <string.h>

const struct command commands[] = {
  /* clang-format off */
	{ COMMAND_VERIFY, true, "verify", "FILE...", NULL,
	  "judge the named files; only valid ones pass", cmd_verify },
	{ COMMAND_SCAN, true, "scan", "PATH...", NULL,
	  "judge everything in files and folders; forgeries fail", cmd_scan },
	{ COMMAND_EXPLAIN, true, "explain", "FILE|RULE|SIGN", NULL,
	  "tell the whole story of a file, or what a rule or sign means", cmd_explain },
	{ COMMAND_COMPARE, true, "compare", "A B", NULL,
	  "say what relates two files: signatures, code, looks", cmd_compare },
	{ COMMAND_RULES, false, "rules", NULL, NULL,
	  "list every verdict, finding and sign that there is", cmd_rules },
	{ COMMAND_TRUST, true, "trust", "list|show|add|remove|import [WHAT...]",
	  "list|show|add|remove|import",
	  "see and change whom to trust, and what is revoked", cmd_trust },
	{ COMMAND_DONORS, true, "donors",
	  "learn|list|show|export|import|forget [WHAT...]",
	  "learn|list|show|export|import|forget",
	  "see and share the signed programs whose signatures may be stolen", cmd_donors },
	{ COMMAND_GRAPH, true, "graph", "[ID]", NULL,
	  "show what acts on a technique, and what of it works here", cmd_graph },
	{ COMMAND_REFERENCE, true, "reference", "[ID]", NULL,
	  "show the ontology's page of a technique or countermeasure", cmd_reference },
	{ COMMAND_COVERAGE, true, "coverage", NULL, NULL,
	  "say what of ATT&CK and D3FEND works on this host", cmd_coverage },
	{ COMMAND_PERMIT, true, "permit", "FILE...|check [PATH...]|list|undo ID...", NULL,
	  "take rights away from judged files, give them back, watch them", cmd_permit },
	{ COMMAND_RUN, true, "run", "--only DIR... -- PROGRAM [ARGUMENT...]", NULL,
	  "verify a program, and run it so that it starts others only from DIR", cmd_run },
	{ COMMAND_FIM, true, "fim",
	  "init SCOPE... | check | accept --reason TEXT PATH...|--all | watch | list | "
	  "sign FILE",
	  "init|check|accept|watch|list|sign",
	  "remember how files are, and say what became of them and their signatures", cmd_fim },
	{ COMMAND_POLICY, true, "policy",
	  "check [FILE [DIR]] | test DIR [FILE] | show [FILE] | sign FILE BUNDLE | "
	  "import BUNDLE... | forget NAME",
	  "check|test|show|sign|import|forget",
	  "check, test, show and share the lines that decide what may happen", cmd_policy },
	{ COMMAND_CONFIG, true, "config", "show", "show",
	  "show the configuration that holds", cmd_config },
	{ COMMAND_ROOMS, false, "rooms", NULL, NULL,
	  "list what this build has: formats, countermeasures", cmd_rooms },
	{ COMMAND_GUARD, true, "guard", "status | check FILE | mode [MODE] | learn [FILE...]",
	  "status|check|mode|learn",
	  "see what the guard does, and what it would say of a file", cmd_guard },
	{ COMMAND_STATUS, true, "status", NULL, NULL,
	  "say what the running guard does, and what it does not cover", cmd_status },
	{ COMMAND_EVENTS, true, "events", NULL, NULL,
	  "list what the guard refused, or would have", cmd_events },
	{ COMMAND_RELOAD, true, "reload", NULL, NULL,
	  "let the running guard read its policy again", cmd_reload },
	{ COMMAND_ALLOW, true, "allow", "add|remove|list|sign|import|forget [WHAT...]",
	  "add|remove|list|sign|import|forget",
	  "change and share the list of files that may run", cmd_list },
	{ COMMAND_DENY, true, "deny", "add|remove|list|sign|import|forget [WHAT...]",
	  "add|remove|list|sign|import|forget",
	  "change and share the list of files that may not", cmd_list },
	{ COMMAND_COMPLETION, false, "completion", "SHELL", "bash|zsh|fish",
	  "print completions for a shell", cmd_completion },
	{ COMMAND_VERSION, false, "version", NULL, NULL,
	  "print the version", cmd_version },
	{ COMMAND_HELP, false, "help", "[COMMAND]", NULL,
	  "print this, or the options of a command", cmd_help },
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
