/* SPDX-License-Identifier: MIT */
/* Any bytes as a script: whatever is read of them must hold together. */
#include "formats/script/test_hold.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *broken = script_hold((struct span){ data, size });

	if (broken) {
		(void)fprintf(stderr, "does not hold: %s\n", broken);
		abort();
	}
	return 0;
}
