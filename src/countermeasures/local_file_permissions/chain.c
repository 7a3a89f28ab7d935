/* SPDX-License-Identifier: MIT */
#include "countermeasures/local_file_permissions/chain.h"

#include "host/acl.h"
#include "host/object.h"
#include <stdlib.h>
#include <sys/xattr.h>

bool permit_others_write(const struct stat *st, struct span acl, uint32_t owner)
{
	bool own_group = st->st_gid == 0 || st->st_gid == st->st_uid;

	if (S_ISLNK(st->st_mode))
		return st->st_uid != 0 && st->st_uid != owner;
	/* Who may only add to a folder changes nothing that is another's. */
	if (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX))
		return st->st_uid != 0 && st->st_uid != owner;
	if (st->st_uid != 0 && st->st_uid != owner)
		return true;
	if (st->st_mode & S_IWOTH)
		return true;
	if (acl.len) /* the mode's group is its mask */
		return (st->st_mode & S_IWGRP) && acl_others_write(acl, !own_group);
	return (st->st_mode & S_IWGRP) && !own_group;
}

static const char *step_weak(struct arena *a, const char *path, uint32_t owner)
{
	uint8_t value[ACL_MAX_BYTES];
	struct span acl = SPAN_NONE;
	struct stat st;
	ssize_t n;

	if (lstat(path, &st) != 0)
		return NULL;
	n = S_ISLNK(st.st_mode) ? 0 : lgetxattr(path, OBJECT_XATTR_ACL, value, sizeof(value));
	if (n > 0)
		acl = (struct span){ value, (size_t)n };
	if (!permit_others_write(&st, acl, owner))
		return NULL;
	return arena_printf(a, "%s: mode %04o, owner %u:%u%s", path, st.st_mode & 07777,
			    st.st_uid, st.st_gid, acl.len ? ", an ACL" : "");
}

static const char *steps_weak(struct arena *a, const char *path, uint32_t owner, bool itself)
{
	struct span text = SPAN_TEXT(path);
	const char *weak = step_weak(a, "/", owner);
	uint64_t at;

	for (uint64_t from = 1; !weak && span_find(text, SPAN_LITERAL("/"), from, &at);
	     from = at + 1) {
		const char *step = arena_string(a, span_clip(text, 0, at));

		weak = step ? step_weak(a, step, owner) : NULL;
	}
	return weak || !itself ? weak : step_weak(a, path, owner);
}

const char *permit_chain_weak(struct arena *a, const char *path, uint32_t owner, bool itself)
{
	const char *weak = steps_weak(a, path, owner, itself);
	char *real;

	if (weak)
		return weak;
	real = realpath(path, NULL);
	if (real && strcmp(real, path) != 0)
		weak = steps_weak(a, real, owner, itself);
	free(real);
	return weak;
}
