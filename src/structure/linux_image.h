/* SPDX-License-Identifier: MIT */
/*
 * Linux kernel images: where the kernel itself lies in them, packed.
 *
 * Follows the x86 boot protocol (Documentation/arch/x86/boot.rst, 2.08 and
 * later), the EFI zboot header, and for everything else the plain image.
 */
#pragma once
#include "base/span.h"
#include "structure/unpack.h"

#define VMLINUX_MAX ((uint64_t)512 << 20)

struct linux_image {
	struct span payload;  /* packed, with its size behind it; or the whole image */
	enum packing packing; /* PACKING_NONE: the payload is the kernel */
	struct span release;  /* "6.1.0-56-amd64"; empty: not told */
};

/* False: nothing that begins like a kernel. */
MUST_CHECK bool linux_image_read(struct span file, struct linux_image *out);
