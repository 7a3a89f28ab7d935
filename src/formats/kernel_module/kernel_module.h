/* SPDX-License-Identifier: MIT */
/*
 * Linux kernel modules and the signature behind them.
 *
 * Follows Documentation/admin-guide/module-signing.rst and the checks of the
 * kernel itself, in its order: PKCS #7, then twelve octets that say how long it
 * is, then a text at the very end of the file.  What is signed is everything
 * before the PKCS #7.
 */
#pragma once
#include "formats/format.h"
#include "structure/elf.h"

#define KMOD_MARKER       "~Module signature appended~\n"
#define KMOD_MARKER_BYTES (sizeof(KMOD_MARKER) - 1)
#define KMOD_TRAILER      12 /* octets of struct module_signature */
#define KMOD_MAX_PKCS7    ((uint64_t)1 << 20)
#define KMOD_MAX_SEARCH   ((uint64_t)2 << 20) /* behind the module, for what is left there */

struct kernel_module {
	struct elf elf;
	struct range payload; /* what is signed; the whole file without a signature */
	struct range pkcs7;   /* zero long: none */
	const char *name;     /* of .modinfo; or NULL */
	const char *vermagic; /* the kernel that it is for */
	const char *version;  /* of .modinfo */
};

extern const struct format format_kernel_module;
