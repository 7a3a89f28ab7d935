/* SPDX-License-Identifier: MIT */
/* assay help [COMMAND]. */
#include "cmd/complain.h"
#include "cmd/options.h"
#include "cmd/page.h"

static void overview(struct buffer *out)
{
	buffer_text(out,
		    "usage: assay COMMAND [OPTION...] [ARGUMENT...]\n"
		    "       assay FILE...             the same as: assay verify FILE...\n\n"
		    "Tells what executable files claim about their signer, what is true,\n"
		    "and whose signature was stolen.\n\n");
	for (size_t i = 0; i < n_commands; i++)
		buffer_printf(out, "  %-12s%s\n", commands[i].name, commands[i].summary);
	buffer_text(out, "\nexit: 0 everything passes, 1 a violation, 2 wrong usage, "
			 "3 something could not be judged\n"
			 "more: assay help COMMAND, man assay\n");
}

int cmd_help(struct invocation *call)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	const struct command *command;
	int code = page_operands(call, 0, 1);

	if (code != EXIT_PASS)
		return code;
	if (call->n_operands == 0) {
		overview(&out);
		return page_print(&out);
	}
	command = command_find(call->operands[0]);
	if (!command) {
		complain("help: there is no command \"%s\"", call->operands[0]);
		return EXIT_USAGE;
	}
	options_help(&out, command);
	return page_print(&out);
}
