/* SPDX-License-Identifier: MIT */
/* Any bytes as a PE: its features must hold together, alone and in a big file. */
#include "formats/pe/test_features_hold.h"
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *broken = pe_features_hold((struct span){ data, size });

	if (broken) {
		(void)fprintf(stderr, "does not hold: %s\n", broken);
		abort();
	}
	return 0;
}
