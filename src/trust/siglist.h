/* SPDX-License-Identifier: MIT */
/*
 * Secure Boot databases: EFI_SIGNATURE_LIST (UEFI 2.10, 32.4.1), alone, behind
 * the attributes of efivarfs, signed as an update (32.2.4.2), or in the variable
 * store of a virtual machine's firmware (OVMF_VARS.fd).
 */
#pragma once
#include "trust/intake.h"

#define SIGLIST_MAX_ENTRIES 65536

/* MOK: keys of the machine's owner and of shim's vendor, which kernels believe of modules, too.
 */
enum siglist_role { SIGLIST_UNKNOWN = 0, SIGLIST_DB, SIGLIST_DBX, SIGLIST_MOK };

/* "db", "dbx-...", "dbxupdate_x64.bin", "MokListRT-...": which of them, by the name of the
 * file. */
enum siglist_role siglist_role_of(const char *path);

struct siglist_count {
	size_t n_certs, n_images, n_distrusted, n_placeholders;
};

/*
 * Takes lists into the draft of @in: certificates of db as anchors of uefi, those of
 * MOK as anchors of uefi and kmod, what dbx holds as distrust.  A variable store says itself
 * what is what; else @role counts.  STATUS_NOT_MINE: no such lists.
 */
MUST_CHECK enum status siglist_take(struct intake *in, struct span file, const char *name,
				    enum siglist_role role, struct siglist_count *count);

/* One certificate as if it stood in such a list. */
MUST_CHECK enum status siglist_certificate(struct intake *in, struct span der, const char *name,
					   enum siglist_role role, struct siglist_count *count);
