/* SPDX-License-Identifier: MIT */
/*
 * Object: one file or folder that is acted upon: which it is, who may do what
 * with it, and how that is changed and put back.
 *
 * A name is only where to look; what is acted upon is always the inode that is
 * open.  Standards: POSIX.1 (modes, owners), acl(5), capabilities(7),
 * ioctl_iflags(2), openat2(2), statx(2), mount_setattr(2).
 */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "base/cursor.h"
#include "base/status.h"

#define OBJECT_MAX_XATTRS      64                  /* that are kept, if there are no more */
#define OBJECT_MAX_XATTR_BYTES ((size_t)128 << 10) /* of all values together */

/* Which one; times are nanoseconds since 1970. */
struct object_identity {
	uint64_t dev, ino;
	int64_t btime;       /* 0: not known here */
	uint64_t generation; /* of the inode's number; 0: not known here */
	uint32_t kind;       /* S_IFREG, S_IFDIR */
	/* From here on: as it was, not who it is. */
	int64_t ctime;
	uint64_t size, n_links, mount;
	bool layered; /* on an overlay: a change gives it another birth, and nothing else */
};

struct object_xattr {
	const char *name;
	struct span value;
};

#define OBJECT_NOEXEC 1U
#define OBJECT_NOSUID 2U
#define OBJECT_NODEV  4U

/* What can be changed of it. */
struct object_state {
	uint32_t mode, uid, gid; /* mode: 07777 */
	bool has_flags;          /* else this file system, or this descriptor, has none */
	uint32_t flags;          /* ioctl_iflags(2) */
	uint32_t mount_flags;    /* of the mount through which it is open: OBJECT_NOEXEC, ... */
	const struct object_xattr *xattrs; /* by name */
	size_t n_xattrs;
	bool partial; /* only ACL and capabilities, for of the rest there was too much */
};

/* Parts of a state; a mask. */
enum object_part {
	OBJECT_OWNER = 1,
	OBJECT_MODE = 2,
	OBJECT_ACL = 4,
	OBJECT_CAPABILITY = 8,
	OBJECT_FLAGS = 16,
	OBJECT_MOUNT = 32,
};
#define OBJECT_PARTS 6

#define OBJECT_XATTR_ACL         "system.posix_acl_access"
#define OBJECT_XATTR_DEFAULT_ACL "system.posix_acl_default"
#define OBJECT_XATTR_CAPABILITY  "security.capability"

/*
 * Opens the file or folder at @path without following any link: for reading, or,
 * when that is not permitted, only to act on (O_PATH).  STATUS_IO: errno (ELOOP: a
 * link on the way); STATUS_USAGE: neither a file nor a folder.
 */
MUST_CHECK enum status object_open(const char *path, int *fd);
/* The same through links in front of the last name, which are resolved into *@real. */
MUST_CHECK enum status object_find(struct arena *a, const char *path, const char **real,
				   int *fd);

MUST_CHECK enum status object_identify(int fd, struct object_identity *out);
/* Is it the same one, in whatever state? */
bool object_same(const struct object_identity *a, const struct object_identity *b);
/* The same, or what a change that nobody saw finished made of it on an overlay. */
bool object_same_or_copied(const struct object_identity *now,
			   const struct object_identity *was);

MUST_CHECK enum status object_state_read(struct arena *a, int fd, struct object_state *out);

/* Empty: it has none of that name. */
struct span object_xattr_of(const struct object_state *s, const char *name);
/* The same state with another value of @name; an empty one: without it. */
MUST_CHECK enum status object_xattr_replace(struct arena *a, const struct object_state *from,
					    const char *name, struct span value,
					    struct object_state *out);

/* The parts in which they differ. */
unsigned object_differences(const struct object_state *a, const struct object_state *b);

/* @which, and the parts that object_change() has to touch on the way. */
unsigned object_touched(const struct object_state *from, const struct object_state *to,
			unsigned which);

/*
 * Could a change from @a to @b, or back, that died half-way have left @live?
 * Looks at the parts @which only.
 */
bool object_between(const struct object_state *live, const struct object_state *a,
		    const struct object_state *b, unsigned which);

/*
 * Makes the parts @which (with all that are touched) of the object at @fd as they
 * are in @to.  @from is its state now.  What the kernel changes on the way (a new owner clears
 * set-uid and capabilities, a mode changes an ACL) is put right.  STATUS_IO: errno, and it may
 * have been done in part.
 */
MUST_CHECK enum status object_change(int fd, const struct object_state *from,
				     const struct object_state *to, unsigned which);

/* For the journal. */
void object_identity_write(struct buffer *out, const struct object_identity *id);
void object_identity_read(struct cursor *c, struct object_identity *out);
void object_state_write(struct buffer *out, const struct object_state *s);
MUST_CHECK enum status object_state_take(struct arena *a, struct cursor *c,
					 struct object_state *out);
