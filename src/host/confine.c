/* SPDX-License-Identifier: MIT */
#include "host/confine.h"

#include "host/filter.h"
#include "host/landlock.h"
#include "host/sanitized.h"
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_FILES_MAX 1024

/* For nothing that we run: set-user-ID programs, core files, other processes' eyes. */
static enum status privileges_drop(void)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
		return STATUS_IO;
	if (!SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return STATUS_IO;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return STATUS_IO;
	if (files.rlim_max > OPEN_FILES_MAX)
		files.rlim_max = OPEN_FILES_MAX;
	files.rlim_cur = files.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &files) == 0 ? STATUS_OK : STATUS_IO;
}

static void say_missing(struct confine_result *out, bool no_landlock, bool no_filter)
{
	static const char *const words[] = { NULL, "Landlock", "seccomp",
					     "Landlock and seccomp" };

	out->missing = words[(no_landlock ? 1 : 0) + (no_filter ? 2 : 0)];
}

static enum status confine_to(const struct confine_rule *rules, size_t n,
			      enum status (*filter)(bool *missing), struct confine_result *out)
{
	bool no_landlock, no_filter;

	out->missing = NULL;
	TRY(privileges_drop());
	TRY(landlock_restrict(rules, n, &no_landlock));
	TRY(filter(&no_filter));
	say_missing(out, no_landlock, no_filter);
	return STATUS_OK;
}

enum status confine_supervisor(const struct confine_rule *rules, size_t n,
			       struct confine_result *out)
{
	return confine_to(rules, n, filter_supervisor, out);
}

enum status confine_service(const struct confine_rule *rules, size_t n,
			    struct confine_result *out)
{
	return confine_to(rules, n, filter_service, out);
}

enum status confine_listener(const struct confine_rule *rules, size_t n,
			     struct confine_result *out)
{
	return confine_to(rules, n, filter_listener, out);
}

static enum status capabilities_keep_asking(void)
{
	const uint32_t asking = 1U << CAP_SYS_PTRACE;
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct has[2], kept[2] = { { 0 }, { 0 } };

	if (syscall(SYS_capget, &header, has) != 0)
		return STATUS_IO;
	kept[0].permitted = kept[0].effective = has[0].permitted & asking;
	return syscall(SYS_capset, &header, kept) == 0 ? STATUS_OK : STATUS_IO;
}

enum status confine_asker(struct confine_result *out)
{
	bool no_filter;

	out->missing = NULL;
	TRY(privileges_drop());
	TRY(capabilities_keep_asking());
	TRY(filter_asker(&no_filter));
	say_missing(out, false, no_filter);
	return STATUS_OK;
}

enum status confine_worker(struct confine_result *out)
{
	const struct rlimit none = { 0, 0 };
	bool no_landlock, no_filter;

	out->missing = NULL;
	TRY(privileges_drop());
	/* A sanitizer writes its complaint to a file, perhaps. */
	if (!SANITIZED && setrlimit(RLIMIT_FSIZE, &none) != 0)
		return STATUS_IO;
	TRY(landlock_restrict(NULL, 0, &no_landlock));
	TRY(filter_worker(&no_filter));
	say_missing(out, no_landlock, no_filter);
	return STATUS_OK;
}
