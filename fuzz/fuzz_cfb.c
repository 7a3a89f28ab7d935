/* SPDX-License-Identifier: MIT */
/* Any bytes as a compound file: whatever is read of them must hold together. */
#include "fuzz/must.h"
#include "structure/test_cfb_hold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *broken = cfb_hold((struct span){ data, size });

	if (broken) {
		(void)fprintf(stderr, "does not hold: %s\n", broken);
		abort();
	}
	return 0;
}
