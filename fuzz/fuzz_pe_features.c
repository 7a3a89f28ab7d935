/* SPDX-License-Identifier: MIT */
/* Any bytes as a PE: its features must hold together, alone and in a big file. */
#include "formats/pe/test_features_hold.h"
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = { data, size };
	/* A big file takes ten times as long; some are enough. */
	const char *broken = size % 8 == 0 ? pe_features_hold(file) : hold_reading(file);

	if (broken) {
		(void)fprintf(stderr, "does not hold: %s\n", broken);
		abort();
	}
	return 0;
}
