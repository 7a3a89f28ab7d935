/* SPDX-License-Identifier: MIT */
/*
 * Landlock: through raw calls, because no library wraps them, and with the
 * numbers of later versions, because the headers of this system may be older
 * than its kernel (Documentation/userspace-api/landlock.rst).
 */
#include "host/landlock.h"

#include "host/sanitized.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* struct landlock_ruleset_attr as it is since version 6; older kernels take its beginning. */
struct ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net; /* version 4 */
	uint64_t scoped;             /* version 6 */
};

#define ACCESS_V1        ((UINT64_C(1) << 13) - 1) /* EXECUTE to MAKE_SYM */
#define ACCESS_REFER     (UINT64_C(1) << 13)       /* version 2 */
#define ACCESS_TRUNCATE  (UINT64_C(1) << 14)       /* version 3 */
#define ACCESS_IOCTL_DEV (UINT64_C(1) << 15)       /* version 5 */
#define NET_TCP          UINT64_C(3)               /* bind, connect */
#define SCOPE_ABSTRACT   UINT64_C(1)               /* abstract UNIX sockets */

/* Everything that a version can refuse. */
static const struct {
	int version;
	struct ruleset adds;
} versions[] = {
	{1,  { .handled_access_fs = ACCESS_V1 }       },
	{ 2, { .handled_access_fs = ACCESS_REFER }    },
	{ 3, { .handled_access_fs = ACCESS_TRUNCATE } },
	{ 4, { .handled_access_net = NET_TCP }        },
	{ 5, { .handled_access_fs = ACCESS_IOCTL_DEV }},
	{ 6, { .scoped = SCOPE_ABSTRACT }             },
};

#define RIGHTS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_WRITE                                                                           \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE | LANDLOCK_ACCESS_FS_MAKE_REG |       \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                        \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR)
/* Of these, what a rule about a file that is no folder may name. */
#define RIGHTS_FILE                                                                            \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)

static struct ruleset ruleset_of(int version)
{
	struct ruleset all = { 0 };

	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		if (versions[i].version > version)
			break;
		all.handled_access_fs |= versions[i].adds.handled_access_fs;
		all.handled_access_net |= versions[i].adds.handled_access_net;
		all.scoped |= versions[i].adds.scoped;
	}
	return all;
}

/* How much of struct ruleset a kernel of @version knows. */
static size_t ruleset_size(int version)
{
	if (version < 4)
		return sizeof(uint64_t);
	return version < 6 ? 2 * sizeof(uint64_t) : sizeof(struct ruleset);
}

static enum status rule_add(int ruleset, uint64_t handled, const struct confine_rule *rule)
{
	struct landlock_path_beneath_attr beneath = { .allowed_access = RIGHTS_READ };
	int fd = open(rule->path, O_PATH | O_CLOEXEC), error;
	struct stat st;

	if (fd < 0) /* nobody can reach it: nothing to allow */
		return STATUS_OK;
	beneath.parent_fd = fd;
	if (rule->write)
		beneath.allowed_access |= RIGHTS_WRITE;
	beneath.allowed_access &= handled;
	error = fstat(fd, &st);
	if (error == 0 && !S_ISDIR(st.st_mode))
		beneath.allowed_access &= RIGHTS_FILE;
	if (error == 0)
		error = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
				     &beneath, 0);
	(void)close(fd);
	return error == 0 ? STATUS_OK : STATUS_IO;
}

static enum status rules_add(int ruleset, uint64_t handled, const struct confine_rule *rules,
			     size_t n)
{
	const struct confine_rule for_leaks = { "/proc", false };

	for (size_t i = 0; i < n; i++)
		TRY(rule_add(ruleset, handled, &rules[i]));
	return SANITIZED && n > 0 ? rule_add(ruleset, handled, &for_leaks) : STATUS_OK;
}

/* Of the kernel; STATUS_OK and *@version < 1: it has no Landlock. */
static enum status version_ask(int *version)
{
	*version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
				LANDLOCK_CREATE_RULESET_VERSION);
	/* Not built in, switched off, or hidden by a container. */
	if (*version < 0 && errno != ENOSYS && errno != EOPNOTSUPP && errno != EPERM)
		return STATUS_IO;
	return STATUS_OK;
}

enum status landlock_restrict(const struct confine_rule *rules, size_t n, bool *missing)
{
	struct ruleset all;
	enum status status;
	int ruleset, version;

	TRY(version_ask(&version));
	*missing = version < 1;
	if (*missing)
		return STATUS_OK;
	all = ruleset_of(version);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, ruleset_size(version), 0);
	if (ruleset < 0)
		return STATUS_IO;
	status = rules_add(ruleset, all.handled_access_fs, rules, n);
	if (status == STATUS_OK && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		status = STATUS_IO;
	(void)close(ruleset);
	return status;
}

static enum status executes_add(int ruleset, const int *places, size_t n)
{
	struct landlock_path_beneath_attr beneath = { .allowed_access =
							      LANDLOCK_ACCESS_FS_EXECUTE };

	for (size_t i = 0; i < n; i++) {
		beneath.parent_fd = places[i];
		if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
			    &beneath, 0) != 0)
			return STATUS_IO;
	}
	return STATUS_OK;
}

enum status landlock_execute_only(const int *places, size_t n, bool *missing)
{
	const struct ruleset execute = { .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE };
	enum status status;
	int ruleset, version;

	TRY(version_ask(&version));
	*missing = version < 1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return STATUS_IO;
	if (*missing)
		return STATUS_OK;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &execute, ruleset_size(version), 0);
	if (ruleset < 0)
		return STATUS_IO;
	status = executes_add(ruleset, places, n);
	if (status == STATUS_OK && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		status = STATUS_IO;
	(void)close(ruleset);
	return status;
}
