/* SPDX-License-Identifier: MIT */
/* Any bytes as a kernel module and as an ELF file: whatever is read must hold together. */
#include "formats/elf/elf_format.h"
#include "formats/kernel_module/kernel_module.h"
#include "fuzz/must.h"
#include "tests/container_hold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void format_must_hold(const struct format *format, struct span file)
{
	const char *broken = container_hold(format, file);

	if (!broken)
		return;
	(void)fprintf(stderr, "does not hold for %s: %s\n", format->name, broken);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = { data, size };

	format_must_hold(&format_kernel_module, file);
	format_must_hold(&format_elf, file);
	return 0;
}
