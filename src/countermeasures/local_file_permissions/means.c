/* SPDX-License-Identifier: MIT */
#include "countermeasures/local_file_permissions/means.h"

const char permit_sentence[] = "permissions slow an attacker who is not root, and stop "
			       "mistakes; a determined start is "
			       "stopped only by the guard (tier A, or tier B with [guard] "
			       "interpreters = strict), or by "
			       "taking the file away";

/* Each escape is run by tests/permit: what is said here was seen there. */
const struct permit_means_row permit_means_rows[] = {
  /* clang-format off */
	{ "no-exec", "nobody can start it, not even root, by any of its names",
	  "the dynamic loader (ld.so FILE) and shells (sh FILE) still run it, wine runs a Windows "
	  "program, other programs load it; its owner can set it back",
	  PERMIT_NO_EXEC, true, true, false, false },
	{ "no-access", "nobody but root can start or open it",
	  "root still reads it, and wine as root runs it; its owner can set it back, also "
	  "through a descriptor that he has open",
	  PERMIT_NO_ACCESS, true, true, false, false },
	{ "contain", "it belongs to root, nobody else can start or open it, and "
	  "it cannot be changed, renamed or removed",
	  "root; descriptors that are open still read it, and programs that run go on",
	  PERMIT_CONTAIN, true, true, false, true },
	{ "deny-user", "that user can neither start nor open it",
	  "root, all other users, and programs that run under another user; the owner can set "
	  "it back",
	  PERMIT_DENY_USER, true, true, false, false },
	{ "immutable", "it cannot be changed, renamed or removed, by root "
	  "neither",
	  "starting it; root can lift it, write to the disk below, mount something over it, or "
	  "replace a folder above",
	  PERMIT_IMMUTABLE, false, true, true, true },
	{ "append-only", "nothing in this folder can be renamed or removed",
	  "overwriting what is in it; root can lift it",
	  PERMIT_APPEND_ONLY, false, false, true, true },
	{ "protect", "only root can change it",
	  "root; whoever may write to a folder above can replace it",
	  PERMIT_PROTECT, false, true, true, true },
	{ "sticky", "in this shared folder everybody removes only what is his own",
	  "new files under free names; root and the folder's owner",
	  PERMIT_STICKY, false, false, true, false },
	{ "noexec-mount", "nothing below can be started or mapped as code, "
	  "no set-uid counts, and devices are none",
	  "shells (sh FILE), and wine, which runs Windows programs from it; other mounts of the "
	  "same file system; what reads code into its own memory; the next boot",
	  PERMIT_NOEXEC_MOUNT, false, false, true, true },
  /* clang-format on */
};
const size_t n_permit_means_rows = COUNT_OF(permit_means_rows);
