/* SPDX-License-Identifier: MIT */
/*
 * ACL: the value of system.posix_acl_access (acl(5), POSIX.1e draft 17, and the
 * kernel's posix_acl_xattr.h): version u32, then {tag u16, rights u16, id u32}
 * sorted by tag and id, lowest byte first.  Pure.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define ACL_MAX_ENTRIES 8192 /* an attribute has no room for more */
#define ACL_MAX_BYTES   65536

/* Read 4, write 2, execute 1. */
struct acl_entry {
	uint16_t tag, rights;
	uint32_t id;
};

enum acl_tag {
	ACL_OWNER = 1,
	ACL_USER = 2,
	ACL_GROUP_OWNER = 4,
	ACL_GROUP = 8,
	ACL_MASK = 16,
	ACL_OTHER = 32,
};

/* What chmod(2) to @mode makes of it.  STATUS_MALFORMED: this is no ACL. */
MUST_CHECK enum status acl_with_mode(struct arena *a, struct span acl, uint32_t mode,
				     struct span *out);

/*
 * The same rights, but none for the user @uid.  @acl empty: made of @mode.  The
 * mode of the file stays as it is.
 */
MUST_CHECK enum status acl_without_user(struct arena *a, struct span acl, uint32_t mode,
					uint32_t uid, struct span *out);

/*
 * May somebody write who is not the owner?  With @group the members of the owning
 * group count.
 */
bool acl_others_write(struct span acl, bool group);
