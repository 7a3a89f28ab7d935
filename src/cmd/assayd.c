/* SPDX-License-Identifier: MIT */
/* assayd */
#include "cmd/program.h"

int main(int argc, char *argv[])
{
	static const struct command assayd = {
		.id = COMMAND_DAEMON,
		.configured = true,
		.name = "assayd",
		.summary = "guard this host: nothing forged runs",
		.run = cmd_daemon,
	};

	return program_run(&assayd, argc, argv);
}
