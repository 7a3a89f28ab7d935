/* SPDX-License-Identifier: MIT */
/* Any bytes as an archive: owned bytes and holes are the file, names are found, sizes hold. */
#include "fuzz/must.h"
#include "structure/zip/test_hold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *broken = zip_hold((struct span){ data, size });

	if (broken)
		(void)fprintf(stderr, "%s\n", broken);
	MUST(!broken);
	return 0;
}
