/* SPDX-License-Identifier: MIT */
/* A host of the forge matrix: prints its arguments, and does nothing else. */
#include <stdio.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		puts(argv[i]);
	return 0;
}
