/* SPDX-License-Identifier: MIT */
/*
 * shim: the certificate of its vendor, in the section .vendor_cert (shim, cert.S), by
 * which it lets boot loaders and kernels start; and what that vendor disallows.
 */
#pragma once
#include "trust/siglist.h"

/*
 * Takes both out of the EFI program @file, which the administrator names: its own
 * signature is not asked about.  STATUS_NOT_MINE: it is no shim.
 */
MUST_CHECK enum status shim_take(struct intake *in, struct span file, const char *name,
				 struct siglist_count *count);
