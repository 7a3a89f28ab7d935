/* SPDX-License-Identifier: MIT */
#include "countermeasures/local_file_permissions/test_deeds.h"

#include "countermeasures/local_file_permissions/facts.h"
#include "host/acl.h"
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

struct arena arena = ARENA_INIT((size_t)256 << 20);
char journal[96], target[96], other[96];
static char base[64];

bool place_make(void)
{
	/* In memory if possible: thousands of times something is put on the disk. */
	(void)snprintf(base, sizeof(base), "%s/assay-test-permit-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(base))
		return false;
	(void)snprintf(journal, sizeof(journal), "%s/journal", base);
	(void)snprintf(target, sizeof(target), "%s/target", base);
	(void)snprintf(other, sizeof(other), "%s/other", base);
	return true;
}

void place_remove(void)
{
	journal_clear();
	flags_clear(target);
	(void)unlink(target);
	(void)unlink(other);
	(void)rmdir(base);
	arena_free(&arena);
}

int open_object(const char *path)
{
	int fd = -1;

	if (object_open(path, &fd) != STATUS_OK)
		return -1;
	return fd;
}

struct permit_subject subject_of(int fd, enum assay_verdict verdict)
{
	struct permit_subject s = {
		.path = target, .verdict = verdict, .rule = "verdict.test", .complete = true
	};

	if (object_identify(fd, &s.identity) != STATUS_OK ||
	    object_state_read(&arena, fd, &s.state) != STATUS_OK)
		abort();
	s.has_sha256 = permit_file_digest(fd, false, s.sha256, sizeof(s.sha256));
	return s;
}

void flags_clear(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), flags = 0;

	if (fd < 0)
		return;
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	(void)close(fd);
}

void object_new(const char *path)
{
	int fd;

	flags_clear(path);
	(void)unlink(path);
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0755);
	if (fd < 0 || write(fd, "#!/bin/sh\n", 10) != 10 || close(fd) != 0)
		abort();
}

unsigned chance(unsigned n)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

void rights_scramble(const char *path)
{
	static const uint8_t capability[20] = { 1, 0, 0, 2, 0, 0x20 };
	static const uint16_t modes[] = { 0755, 0644, 04755, 02755, 06711, 0600, 0777, 0000 };
	struct span acl;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), flags = 0;
	uint32_t owner = chance(3) ? 0 : STRANGER + chance(2);

	if (chance(2))
		(void)!chown(path, owner, owner);
	(void)chmod(path, modes[chance(COUNT_OF(modes))]);
	if (chance(3) == 0 &&
	    acl_without_user(&arena, SPAN_NONE, modes[chance(COUNT_OF(modes))], STRANGER + 7,
			     &acl) == STATUS_OK)
		(void)setxattr(path, OBJECT_XATTR_ACL, acl.ptr, acl.len, 0);
	if (chance(4) == 0)
		(void)setxattr(path, OBJECT_XATTR_CAPABILITY, capability, sizeof(capability),
			       0);
	if (chance(4) == 0)
		(void)setxattr(path, "user.note", "kept", 4, 0);
	if (fd >= 0 && chance(5) == 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags |= FS_IMMUTABLE_FL;
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	if (fd >= 0)
		(void)close(fd);
}

const struct deed deeds[] = {
	{ASSAY_VERDICT_GRAFTED,   0                                },
	{ ASSAY_VERDICT_TAMPERED, 0                                },
	{ ASSAY_VERDICT_TAMPERED, PERMIT_NO_ACCESS                 },
	{ ASSAY_VERDICT_UNSIGNED, PERMIT_DENY_USER                 },
	{ ASSAY_VERDICT_UNSIGNED, PERMIT_NO_EXEC | PERMIT_IMMUTABLE},
	{ ASSAY_VERDICT_VALID,    PERMIT_PROTECT                   },
	{ ASSAY_VERDICT_VALID,    PERMIT_PROTECT | PERMIT_IMMUTABLE},
	{ ASSAY_VERDICT_VALID,    PERMIT_IMMUTABLE                 },
};
const size_t n_deeds = COUNT_OF(deeds);

struct permit_wish wish_of(size_t deed)
{
	return (struct permit_wish){ .means = deeds[deed].means,
				     .user = STRANGER + 9,
				     .all_links = true,
				     .uid = (uint32_t)geteuid() };
}

void state_of(const char *path, struct object_state *out)
{
	int fd = open_object(path);

	if (fd < 0 || object_state_read(&arena, fd, out) != STATUS_OK)
		abort();
	(void)close(fd);
}

bool states_same(const struct object_state *a, const struct object_state *b)
{
	if (object_differences(a, b) || a->n_xattrs != b->n_xattrs)
		return false;
	for (size_t i = 0; i < a->n_xattrs; i++)
		if (strcmp(a->xattrs[i].name, b->xattrs[i].name) != 0 ||
		    !span_same(a->xattrs[i].value, b->xattrs[i].value))
			return false;
	return true;
}

bool begin(struct permit_actor *actor)
{
	const char *problem = NULL;

	if (permit_begin(&arena, journal, NOW, actor, &problem) == STATUS_OK)
		return true;
	printf("# %s\n", problem ? problem : "the journal does not open");
	permit_end(actor);
	return false;
}

bool deed_do(struct permit_actor *actor, size_t deed, struct permit_outcome *out)
{
	struct permit_wish wish = wish_of(deed);
	struct permit_subject s;
	struct permit_plan plan;
	int fd = open_object(target);
	bool tried = false;

	if (fd < 0)
		return false;
	s = subject_of(fd, deeds[deed].verdict);
	if (permit_plan(&arena, &s, &wish, &plan) != STATUS_OK)
		abort();
	if (plan.decision == PERMIT_CHANGE) {
		tried = true;
		if (permit_apply(actor, fd, &s, &plan, out) != STATUS_OK)
			printf("# %s\n", out->why ? out->why : "?");
	}
	(void)close(fd);
	return tried;
}

const struct permit_operation *operation(const struct permit_actor *actor,
					 const struct journal_id *id)
{
	for (size_t i = 0; i < actor->ledger.n; i++)
		if (memcmp(actor->ledger.operations[i].id.bytes, id->bytes, 16) == 0)
			return &actor->ledger.operations[i];
	return NULL;
}

enum permit_result undo(struct permit_actor *actor, const struct journal_id *id, bool force)
{
	struct permit_undo_wish wish = { .force = force, .with_setid = true };
	struct permit_outcome out;
	const struct permit_operation *op = operation(actor, id);

	if (!op || permit_undo(actor, op, &wish, &out) != STATUS_OK)
		return PERMIT_RESULT_UNKNOWN;
	return out.result;
}

void journal_clear(void)
{
	DIR *folder = opendir(journal);
	const struct dirent *entry;

	while (folder && (entry = readdir(folder)) != NULL)
		(void)unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		(void)closedir(folder);
	(void)rmdir(journal);
}
