/* SPDX-License-Identifier: MIT */
/* assay */
#include "cmd/program.h"

int main(int argc, char *argv[])
{
	return program_run(NULL, argc, argv);
}
