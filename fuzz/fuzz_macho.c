/* SPDX-License-Identifier: MIT */
/* Any bytes as a Mach-O: whatever is read of them must hold together. */
#include "formats/macho/test_hold.h"
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *broken = macho_hold((struct span){ data, size });

	if (broken) {
		(void)fprintf(stderr, "does not hold: %s\n", broken);
		abort();
	}
	return 0;
}
