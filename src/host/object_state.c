/* SPDX-License-Identifier: MIT */
/* Who may do what with an object: read, compared, changed. */
#include "base/limits.h"
#include "host/acl.h"
#include "host/object.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SET_IDS    06000U /* set-uid, set-gid */
#define RIGHTS     (unsigned)(OBJECT_OWNER | OBJECT_MODE | OBJECT_ACL | OBJECT_CAPABILITY)
#define SHUT_FLAGS ((uint32_t)(FS_IMMUTABLE_FL | FS_APPEND_FL))

/* A descriptor that is only to act on (O_PATH) is reached through its link in /proc. */
struct link_name {
	char text[40];
};

static struct link_name link_of(int fd)
{
	struct link_name out;

	(void)snprintf(out.text, sizeof(out.text), "/proc/self/fd/%d", fd);
	return out;
}

/* ---- reading ---- */

/* Those that object_change() knows; who may write may have given it any number of others. */
static const char *const managed[] = { OBJECT_XATTR_ACL, OBJECT_XATTR_CAPABILITY };

/* .name NULL: it has none of that name. */
static enum status xattr_read(struct arena *a, const char *link, const char *name, size_t left,
			      struct object_xattr *out)
{
	ssize_t size = getxattr(link, name, NULL, 0);
	uint8_t *bytes;

	*out = (struct object_xattr){ .name = NULL };
	if (size < 0) /* gone, or only root sees it */
		return errno == ENODATA || errno == EPERM || errno == EOPNOTSUPP ? STATUS_OK
										 : STATUS_IO;
	if ((size_t)size > left)
		return STATUS_LIMIT;
	bytes = ARENA_NEW(a, uint8_t, (size_t)size + 1);
	if (!bytes)
		return STATUS_NO_MEMORY;
	size = getxattr(link, name, bytes, (size_t)size);
	if (size < 0)
		return STATUS_IO;
	out->value = (struct span){ bytes, (size_t)size };
	out->name = arena_printf(a, "%s", name);
	return out->name ? STATUS_OK : STATUS_NO_MEMORY;
}

static int xattr_order(const void *a, const void *b)
{
	const struct object_xattr *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static enum status names_list(struct arena *a, const char *link, struct span *out)
{
	ssize_t size = listxattr(link, NULL, 0);
	uint8_t *names;

	*out = SPAN_NONE;
	if (size < 0)
		return errno == EOPNOTSUPP ? STATUS_OK : STATUS_IO;
	names = ARENA_NEW(a, uint8_t, (size_t)size + 1);
	if (!names)
		return STATUS_NO_MEMORY;
	size = listxattr(link, (char *)names, (size_t)size);
	if (size < 0)
		return STATUS_IO;
	*out = (struct span){ names, (size_t)size };
	return STATUS_OK;
}

/* All of them; STATUS_LIMIT: there are more. */
static enum status xattrs_all(struct arena *a, const char *link, struct object_xattr *list,
			      size_t *n)
{
	size_t left = OBJECT_MAX_XATTR_BYTES;
	struct span names;
	uint64_t end;

	TRY(names_list(a, link, &names));
	while (span_find(names, SPAN_LITERAL("\0"), 0, &end)) {
		const char *name = span_string(span_clip(names, 0, end + 1));

		names = span_after(names, end + 1);
		if (*n == OBJECT_MAX_XATTRS)
			return STATUS_LIMIT;
		if (!name)
			continue;
		TRY(xattr_read(a, link, name, left, &list[*n]));
		left -= list[*n].value.len;
		if (list[*n].name)
			++*n;
	}
	return STATUS_OK;
}

static enum status xattrs_read(struct arena *a, int fd, struct object_state *out)
{
	struct link_name link = link_of(fd);
	struct object_xattr *list = ARENA_NEW(a, struct object_xattr, OBJECT_MAX_XATTRS);
	size_t n = 0;

	if (!list)
		return STATUS_NO_MEMORY;
	/* More than is kept, or more than holds still, is no reason to let it go. */
	if (xattrs_all(a, link.text, list, &n) != STATUS_OK) {
		out->partial = true;
		n = 0;
		for (size_t i = 0; i < COUNT_OF(managed); i++) {
			TRY(xattr_read(a, link.text, managed[i], OBJECT_MAX_XATTR_BYTES,
				       &list[n]));
			n += list[n].name != NULL;
		}
	}
	qsort(list, n, sizeof(*list), xattr_order);
	out->xattrs = list;
	out->n_xattrs = n;
	return STATUS_OK;
}

static uint32_t mount_flags_of(const struct statvfs *v)
{
	return (v->f_flag & ST_NOEXEC ? OBJECT_NOEXEC : 0) |
	       (v->f_flag & ST_NOSUID ? OBJECT_NOSUID : 0) |
	       (v->f_flag & ST_NODEV ? OBJECT_NODEV : 0);
}

enum status object_state_read(struct arena *a, int fd, struct object_state *out)
{
	struct statvfs v;
	struct stat st;
	int flags = 0;

	*out = (struct object_state){ 0 };
	if (fstat(fd, &st) != 0 || fstatvfs(fd, &v) != 0)
		return STATUS_IO;
	out->mode = st.st_mode & 07777;
	out->uid = st.st_uid;
	out->gid = st.st_gid;
	out->mount_flags = mount_flags_of(&v);
	out->has_flags = ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
	out->flags = (uint32_t)flags;
	return xattrs_read(a, fd, out);
}

struct span object_xattr_of(const struct object_state *s, const char *name)
{
	for (size_t i = 0; i < s->n_xattrs; i++)
		if (strcmp(s->xattrs[i].name, name) == 0)
			return s->xattrs[i].value;
	return SPAN_NONE;
}

enum status object_xattr_replace(struct arena *a, const struct object_state *from,
				 const char *name, struct span value, struct object_state *out)
{
	struct object_xattr *list = ARENA_NEW(a, struct object_xattr, from->n_xattrs + 1);
	size_t n = 0;

	if (!list)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < from->n_xattrs; i++)
		if (strcmp(from->xattrs[i].name, name) != 0)
			list[n++] = from->xattrs[i];
	if (value.len)
		list[n++] = (struct object_xattr){ name, value };
	qsort(list, n, sizeof(*list), xattr_order);
	*out = *from;
	out->xattrs = list;
	out->n_xattrs = n;
	return STATUS_OK;
}

/* ---- comparing ---- */

static bool xattr_same(const struct object_state *a, const struct object_state *b,
		       const char *name)
{
	return span_same(object_xattr_of(a, name), object_xattr_of(b, name));
}

unsigned object_differences(const struct object_state *a, const struct object_state *b)
{
	unsigned out = 0;

	if (a->uid != b->uid || a->gid != b->gid)
		out |= OBJECT_OWNER;
	if (a->mode != b->mode)
		out |= OBJECT_MODE;
	if (!xattr_same(a, b, OBJECT_XATTR_ACL))
		out |= OBJECT_ACL;
	if (!xattr_same(a, b, OBJECT_XATTR_CAPABILITY))
		out |= OBJECT_CAPABILITY;
	/* Which file systems tell flags may differ by how it was opened: no difference. */
	if (a->has_flags && b->has_flags && (a->flags & SHUT_FLAGS) != (b->flags & SHUT_FLAGS))
		out |= OBJECT_FLAGS;
	if (a->mount_flags != b->mount_flags)
		out |= OBJECT_MOUNT;
	return out;
}

/* While somebody else could still use it, it has no more than its owner's rights. */
static uint32_t shut_mode(uint32_t mode)
{
	return mode & 0700;
}

static bool mode_between(uint32_t live, uint32_t end)
{
	return live == end || live == (end & ~SET_IDS) || live == (end & ~04000U) ||
	       live == shut_mode(end);
}

/* Is it the ACL of @end, or that after a chmod on the way? */
static bool acl_between(const struct object_state *live, const struct object_state *end)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(65536);
	struct span now = object_xattr_of(live, OBJECT_XATTR_ACL),
		    was = object_xattr_of(end, OBJECT_XATTR_ACL), changed;

	if (now.len == 0 || span_same(now, was))
		return true;
	return was.len && acl_with_mode(&arena, was, live->mode, &changed) == STATUS_OK &&
	       span_same(now, changed);
}

static bool flags_between(const struct object_state *live, const struct object_state *a,
			  const struct object_state *b)
{
	uint32_t shut = live->flags & SHUT_FLAGS;

	return !live->has_flags || !a->has_flags || shut == 0 ||
	       shut == (a->flags & SHUT_FLAGS) || shut == (b->flags & SHUT_FLAGS);
}

bool object_between(const struct object_state *live, const struct object_state *a,
		    const struct object_state *b, unsigned which)
{
	if ((which & OBJECT_MOUNT) && live->mount_flags != a->mount_flags &&
	    live->mount_flags != b->mount_flags)
		return false;
	if ((which & OBJECT_OWNER) && (live->uid != a->uid || live->gid != a->gid) &&
	    (live->uid != b->uid || live->gid != b->gid))
		return false;
	if ((which & OBJECT_MODE) && !mode_between(live->mode, a->mode) &&
	    !mode_between(live->mode, b->mode) && live->mode != shut_mode(a->mode & b->mode))
		return false;
	if ((which & OBJECT_ACL) && !acl_between(live, a) && !acl_between(live, b))
		return false;
	if ((which & OBJECT_CAPABILITY) && object_xattr_of(live, OBJECT_XATTR_CAPABILITY).len &&
	    !xattr_same(live, a, OBJECT_XATTR_CAPABILITY) &&
	    !xattr_same(live, b, OBJECT_XATTR_CAPABILITY))
		return false;
	return flags_between(live, a, b);
}

unsigned object_touched(const struct object_state *from, const struct object_state *to,
			unsigned which)
{
	if (which & OBJECT_ACL)
		which |= OBJECT_MODE;
	if ((which & OBJECT_OWNER) && ((from->mode | to->mode) & SET_IDS))
		which |= OBJECT_MODE;
	if ((which & OBJECT_OWNER) && object_xattr_of(from, OBJECT_XATTR_CAPABILITY).len +
					      object_xattr_of(to, OBJECT_XATTR_CAPABILITY).len)
		which |= OBJECT_CAPABILITY;
	/* Flags that forbid all else come off for a while. */
	if ((which & RIGHTS) && from->has_flags && ((from->flags | to->flags) & SHUT_FLAGS))
		which |= OBJECT_FLAGS;
	return which;
}

/* ---- changing ---- */

static bool mode_set(int fd, uint32_t mode)
{
	return fchmod(fd, mode) == 0 || (errno == EBADF && chmod(link_of(fd).text, mode) == 0);
}

static bool owner_set(int fd, uint32_t uid, uint32_t gid)
{
	return fchownat(fd, "", uid, gid, AT_EMPTY_PATH) == 0;
}

/* An empty value: without it. */
static bool xattr_set(int fd, const char *name, struct span value)
{
	struct link_name link = link_of(fd);

	if (value.len)
		return setxattr(link.text, name, value.ptr, value.len, 0) == 0;
	return removexattr(link.text, name) == 0 || errno == ENODATA || errno == EOPNOTSUPP;
}

/* Of the flags only those two are ours; the rest stays as it is now. */
static bool flags_set(int fd, uint32_t shut)
{
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		return false;
	flags = (int)(((uint32_t)flags & ~SHUT_FLAGS) | (shut & SHUT_FLAGS));
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

static bool mount_set(int fd, uint32_t flags)
{
	static const struct {
		uint32_t ours;
		uint64_t kernels;
	} rows[] = {
		{OBJECT_NOEXEC,  MOUNT_ATTR_NOEXEC},
		{ OBJECT_NOSUID, MOUNT_ATTR_NOSUID},
		{ OBJECT_NODEV,  MOUNT_ATTR_NODEV },
	};
	struct mount_attr attr = { 0 };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (flags & rows[i].ours)
			attr.attr_set |= rows[i].kernels;
		else
			attr.attr_clr |= rows[i].kernels;
	}
	return syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0;
}

/*
 * The order matters.  Flags first, for they forbid all else.  Then the owner, so
 * that the old one cannot interfere (which clears set-uid and capabilities).  Then
 * the ACL, at a mode that gives nobody else anything meanwhile; then the mode, which
 * is the ACL's own; capabilities; and flags at last.
 */
static bool rights_set(int fd, const struct object_state *from, const struct object_state *to,
		       unsigned which)
{
	struct span acl = object_xattr_of(to, OBJECT_XATTR_ACL),
		    capability = object_xattr_of(to, OBJECT_XATTR_CAPABILITY);
	bool owner = (which & OBJECT_OWNER) != 0, has_acl = (which & OBJECT_ACL) != 0;

	if (owner && !owner_set(fd, to->uid, to->gid))
		return false;
	if (has_acl && (!mode_set(fd, shut_mode(from->mode & to->mode)) ||
			!xattr_set(fd, OBJECT_XATTR_ACL, acl)))
		return false;
	if (((which & OBJECT_MODE) || has_acl || (owner && (to->mode & SET_IDS))) &&
	    !mode_set(fd, to->mode))
		return false;
	if (((which & OBJECT_CAPABILITY) || (owner && capability.len)) &&
	    !xattr_set(fd, OBJECT_XATTR_CAPABILITY, capability))
		return false;
	return true;
}

enum status object_change(int fd, const struct object_state *from,
			  const struct object_state *to, unsigned which)
{
	bool shut = from->has_flags && (from->flags & SHUT_FLAGS) != 0;

	which = object_touched(from, to, which);
	if ((which & OBJECT_MOUNT) && !mount_set(fd, to->mount_flags))
		return STATUS_IO;
	if ((which & RIGHTS) && shut && !flags_set(fd, 0))
		return STATUS_IO;
	if ((which & RIGHTS) && !rights_set(fd, from, to, which))
		return STATUS_IO;
	if ((which & OBJECT_FLAGS) && !flags_set(fd, to->flags))
		return STATUS_IO;
	return STATUS_OK;
}

/* ---- journal ---- */

void object_state_write(struct buffer *out, const struct object_state *s)
{
	buffer_u32le(out, s->mode);
	buffer_u32le(out, s->uid);
	buffer_u32le(out, s->gid);
	buffer_u32le(out, s->has_flags ? 1 : 0);
	buffer_u32le(out, s->partial ? 1 : 0);
	buffer_u32le(out, s->flags);
	buffer_u32le(out, s->mount_flags);
	buffer_u32le(out, (uint32_t)s->n_xattrs);
	for (size_t i = 0; i < s->n_xattrs; i++) {
		buffer_u32le(out, (uint32_t)SPAN_TEXT(s->xattrs[i].name).len);
		buffer_text(out, s->xattrs[i].name);
		buffer_u32le(out, (uint32_t)s->xattrs[i].value.len);
		buffer_add(out, s->xattrs[i].value);
	}
}

enum status object_state_take(struct arena *a, struct cursor *c, struct object_state *out)
{
	struct object_xattr *list;
	uint32_t n;

	out->mode = cursor_u32le(c) & 07777;
	out->uid = cursor_u32le(c);
	out->gid = cursor_u32le(c);
	out->has_flags = cursor_u32le(c) == 1;
	out->partial = cursor_u32le(c) == 1;
	out->flags = cursor_u32le(c);
	out->mount_flags = cursor_u32le(c);
	n = cursor_u32le(c);
	if (!cursor_ok(c) || n > OBJECT_MAX_XATTRS)
		return STATUS_MALFORMED;
	list = ARENA_NEW(a, struct object_xattr, (size_t)n + 1);
	if (!list)
		return STATUS_NO_MEMORY;
	for (uint32_t i = 0; i < n; i++) {
		list[i].name = arena_string(a, cursor_take(c, cursor_u32le(c)));
		list[i].value = arena_copy(a, cursor_take(c, cursor_u32le(c)));
		if (!list[i].name)
			return STATUS_NO_MEMORY;
	}
	out->xattrs = list;
	out->n_xattrs = n;
	return cursor_ok(c) ? STATUS_OK : STATUS_MALFORMED;
}
