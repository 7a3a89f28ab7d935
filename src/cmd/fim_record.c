/* SPDX-License-Identifier: MIT */
/* What statx(2) and xattr(7) say of a file, as a baseline remembers it. */
#include "base/memory.h"
#include "cmd/fim.h"
#include "crypto/digest.h"
#include "source/identity.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>

#define NAMES_MAX 1024 /* attributes of one file */

struct baseline_record fim_record_of(const struct statx *x, struct span path)
{
	struct source_identity id = identity_from_statx(x);
	struct timespec now = { 0 };
	unsigned flags = 0;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (x->stx_attributes & STATX_ATTR_IMMUTABLE)
		flags |= BASELINE_IMMUTABLE;
	if (x->stx_attributes & STATX_ATTR_APPEND)
		flags |= BASELINE_APPEND_ONLY;
	return (struct baseline_record){
		.path = path,
		.flags = flags,
		.dev = id.dev,
		.ino = id.ino,
		.size = id.size,
		.rdev = makedev(x->stx_rdev_major, x->stx_rdev_minor),
		.mtime_ns = id.mtime_ns,
		.ctime_ns = id.ctime_ns,
		.btime_ns = id.btime_ns,
		.read_at_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
		.mode = x->stx_mode,
		.uid = x->stx_uid,
		.gid = x->stx_gid,
		.nlink = x->stx_nlink,
	};
}

static int name_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum status value_add(struct arena *a, int fd, const char *name, struct buffer *all,
			     struct baseline_record *r)
{
	uint8_t *value = ARENA_NEW(a, uint8_t, FIM_XATTRS_MAX);
	struct span bytes;
	ssize_t n;

	if (!value)
		return STATUS_NO_MEMORY;
	n = fgetxattr(fd, name, value, FIM_XATTRS_MAX);
	if (n < 0)
		return errno == ENODATA ? STATUS_CHANGED : STATUS_IO;
	bytes = (struct span){ value, (size_t)n };
	buffer_text(all, name);
	buffer_char(all, '\0');
	buffer_u64le(all, bytes.len);
	buffer_add(all, bytes);
	if (bytes.len > FIM_ACL_MAX)
		return STATUS_OK;
	if (strcmp(name, "security.capability") == 0)
		r->capability = arena_copy(a, bytes);
	if (strcmp(name, "system.posix_acl_access") == 0)
		r->acl = arena_copy(a, bytes);
	return STATUS_OK;
}

enum status fim_xattrs_read(struct arena *a, int fd, struct baseline_record *r)
{
	CLEANUP(buffer_free) struct buffer all = BUFFER_INIT;
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT(2 * FIM_XATTRS_MAX);
	const char **names = ARENA_NEW(a, const char *, NAMES_MAX);
	char *list = ARENA_NEW(&scratch, char, FIM_XATTRS_MAX);
	struct digest digest;
	struct span whole, left;
	uint64_t end;
	size_t n = 0;
	ssize_t len;

	if (!list || !names)
		return STATUS_NO_MEMORY;
	len = flistxattr(fd, list, FIM_XATTRS_MAX);
	if (len < 0 && errno == EOPNOTSUPP)
		len = 0;
	if (len < 0)
		return STATUS_IO;
	left = (struct span){ (const uint8_t *)list, (size_t)len };
	for (; span_find_byte(left, 0, 0, &end); left = span_after(left, end + 1)) {
		if (n == NAMES_MAX)
			return STATUS_LIMIT;
		names[n++] = (const char *)left.ptr;
	}
	if (n > 0)
		qsort(names, n, sizeof(*names), name_order);
	for (size_t i = 0; i < n; i++)
		TRY(value_add(a, fd, names[i], &all, r));
	TRY(buffer_status(&all));
	whole = buffer_span(&all);
	TRY(digest_of(DIGEST_SHA256, &whole, 1, &digest));
	(void)span_copy(r->xattrs, sizeof(r->xattrs), digest_span(&digest));
	r->flags |= BASELINE_HAS_XATTRS;
	return STATUS_OK;
}
