/* SPDX-License-Identifier: MIT */
/* Any bytes as a dmginet: whatever is read of them must hold together. */
#include "formats/dmg/dmg.h"
#include "fuzz/must.h"
#include "tests/container_hold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *broken = container_hold(&format_dmg, (struct span){ data, size });

	if (broken) {
		(void)fprintf(stderr, "does not hold: %s\n", broken);
		abort();
	}
	return 0;
}
