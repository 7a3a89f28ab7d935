/* SPDX-License-Identifier: MIT */
/* The commands: one row in the table of main.c, one file cmd_<name>.c each. */
#pragma once
#include "cmd/settings.h"
#include <stddef.h>

enum exit_code { EXIT_PASS = 0, EXIT_VIOLATION = 1, EXIT_USAGE = 2, EXIT_INCOMPLETE = 3 };

enum command_id {
	COMMAND_VERIFY,
	COMMAND_SCAN,
	COMMAND_EXPLAIN,
	COMMAND_COMPARE,
	COMMAND_RULES,
	COMMAND_TRUST,
	COMMAND_DONORS,
	COMMAND_GRAPH,
	COMMAND_REFERENCE,
	COMMAND_COVERAGE,
	COMMAND_PERMIT,
	COMMAND_RUN,
	COMMAND_FIM,
	COMMAND_POLICY,
	COMMAND_CONFIG,
	COMMAND_ROOMS,
	COMMAND_GUARD,
	COMMAND_STATUS,
	COMMAND_EVENTS,
	COMMAND_RELOAD,
	COMMAND_ALLOW,
	COMMAND_DENY,
	COMMAND_DAEMON,
	COMMAND_COMPLETION,
	COMMAND_VERSION,
	COMMAND_HELP,
};

/* One call of a command: defaults, then configuration, then the command line. */
struct invocation {
	const struct command *command;
	struct settings settings;
	const char *const *operands;
	size_t n_operands;
	size_t n_before;     /* of them before "--"; SIZE_MAX: there is no "--" */
	struct arena *arena; /* for what lives as long as the process */
};

struct command {
	enum command_id id;
	bool configured; /* what it answers depends on the configuration files */
	const char *name;
	const char *operands; /* as in the synopsis: "FILE..." */
	const char *words;    /* what the first operand may be: "list|show"; NULL: anything */
	const char *summary;
	int (*run)(struct invocation *call); /* the exit code */
};

extern const struct command commands[];
extern const size_t n_commands;

/* NULL: there is none of that name. */
const struct command *command_find(const char *name);

int cmd_verify(struct invocation *call);
int cmd_scan(struct invocation *call);
int cmd_explain(struct invocation *call);
int cmd_compare(struct invocation *call);
int cmd_rules(struct invocation *call);
int cmd_trust(struct invocation *call);
int cmd_donors(struct invocation *call);
int cmd_graph(struct invocation *call);
int cmd_reference(struct invocation *call);
int cmd_coverage(struct invocation *call);
int cmd_permit(struct invocation *call);
int cmd_run(struct invocation *call);
int cmd_fim(struct invocation *call);
int cmd_policy(struct invocation *call);
int cmd_config(struct invocation *call);
int cmd_rooms(struct invocation *call);
int cmd_guard(struct invocation *call);
int cmd_status(struct invocation *call);
int cmd_events(struct invocation *call);
int cmd_reload(struct invocation *call);
int cmd_list(struct invocation *call);
int cmd_daemon(struct invocation *call);
int cmd_completion(struct invocation *call);
int cmd_version(struct invocation *call);
int cmd_help(struct invocation *call);
