/* SPDX-License-Identifier: MIT */
/*
 * Filter: two tables.  The supervisor may do all but what is in the first, the
 * worker nothing but what is in the second.
 */
#include "host/filter.h"

#include "host/sanitized.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <unistd.h>

/* A call, and the one argument that decides about it. */
struct call {
	int number;
	enum { ALWAYS, EQUAL, OTHER } when;
	unsigned arg;
	uint64_t mask, value; /* EQUAL: (arg & mask) == value; OTHER: the opposite, whole arg */
};

#define CALL(name)                                                                             \
	{                                                                                      \
		.number = SCMP_SYS(name)                                                       \
	}
#define CALL_IF(name, arg, mask, value)                                                        \
	{                                                                                      \
		SCMP_SYS(name), EQUAL, (arg), (mask), (value)                                  \
	}
#define CALL_UNLESS(name, arg, value)                                                          \
	{                                                                                      \
		SCMP_SYS(name), OTHER, (arg), 0, (value)                                       \
	}
#define CALL_NUMBER(nr)                                                                        \
	{                                                                                      \
		.number = (nr)                                                                 \
	}
/* An int in a register: the upper half is not defined. */
#define CALL_IF_INT(name, arg, value) CALL_IF(name, arg, UINT32_MAX, value)
#define CALL_FLAG(name, arg, flag)    CALL_IF(name, arg, flag, flag)
#define CALL_NO_FLAG(name, arg, flag) CALL_IF(name, arg, flag, 0)

/* Younger than the library's names; the numbers are the same on every architecture. */
#define NR_FCHMODAT2      452
#define NR_SETXATTRAT     463
#define NR_REMOVEXATTRAT  466
#define NR_OPEN_TREE_ATTR 467
#define NR_FILE_SETATTR   469

/* Refused to the supervisor, with EPERM. */
static const struct call supervisor_refused[] = {
	/* other programs */
	CALL(execve),
	CALL(execveat),
	CALL(uselib),
	CALL_FLAG(mmap, 2, PROT_EXEC),
	CALL_FLAG(mprotect, 2, PROT_EXEC),
	CALL_FLAG(pkey_mprotect, 2, PROT_EXEC),
	CALL_FLAG(shmat, 2, SHM_EXEC),
	CALL(personality),
	/* the network, and all other sockets but pairs */
	CALL(socket),
	CALL(connect),
	CALL(bind),
	CALL(listen),
	CALL_UNLESS(socketpair, 0, AF_UNIX),
	/* other processes */
	CALL(process_vm_readv),
	CALL(process_vm_writev),
	CALL(pidfd_getfd),
	CALL(kcmp),
	CALL(process_madvise),
	CALL(migrate_pages),
	CALL(move_pages),
	/* what Landlock does not cover: everything about a file but its bytes and its name */
	CALL(chmod),
	CALL(fchmod),
	CALL(fchmodat),
	CALL_NUMBER(NR_FCHMODAT2),
	CALL(chown),
	CALL(fchown),
	CALL(lchown),
	CALL(fchownat),
	CALL(utime),
	CALL(utimes),
	CALL(futimesat),
	CALL(utimensat),
	CALL(setxattr),
	CALL(lsetxattr),
	CALL(fsetxattr),
	CALL_NUMBER(NR_SETXATTRAT),
	CALL(removexattr),
	CALL(lremovexattr),
	CALL(fremovexattr),
	CALL_NUMBER(NR_REMOVEXATTRAT),
	CALL_NUMBER(NR_FILE_SETATTR),
	CALL(mknod),
	CALL(mknodat),
	/* Landlock before version 3 does not know that these shorten a file */
	CALL(truncate),
	CALL_IF(open, 1, O_TRUNC | O_ACCMODE, O_TRUNC | O_RDONLY),
	CALL_IF(openat, 2, O_TRUNC | O_ACCMODE, O_TRUNC | O_RDONLY),
	/* mounts and name spaces */
	CALL(mount),
	CALL(umount),
	CALL(umount2),
	CALL(pivot_root),
	CALL(chroot),
	CALL(move_mount),
	CALL(open_tree),
	CALL(fsopen),
	CALL(fsconfig),
	CALL(fsmount),
	CALL(fspick),
	CALL(mount_setattr),
	CALL_NUMBER(NR_OPEN_TREE_ATTR),
	CALL(unshare),
	CALL(setns),
	CALL_FLAG(clone, 0, CLONE_NEWNS),
	CALL_FLAG(clone, 0, CLONE_NEWUSER),
	CALL_FLAG(clone, 0, CLONE_NEWPID),
	CALL_FLAG(clone, 0, CLONE_NEWNET),
	CALL_FLAG(clone, 0, CLONE_NEWIPC),
	CALL_FLAG(clone, 0, CLONE_NEWUTS),
	CALL_FLAG(clone, 0, CLONE_NEWCGROUP),
	/* the kernel and the machine */
	CALL(bpf),
	CALL(perf_event_open),
	CALL(userfaultfd),
	CALL(io_uring_setup),
	CALL(io_uring_enter),
	CALL(io_uring_register),
	CALL(init_module),
	CALL(finit_module),
	CALL(delete_module),
	CALL(kexec_load),
	CALL(kexec_file_load),
	CALL(reboot),
	CALL(swapon),
	CALL(swapoff),
	CALL(acct),
	CALL(quotactl),
	CALL(quotactl_fd),
	CALL(iopl),
	CALL(ioperm),
	CALL(modify_ldt),
	CALL(settimeofday),
	CALL(clock_settime),
	CALL(adjtimex),
	CALL(clock_adjtime),
	CALL(sethostname),
	CALL(setdomainname),
	CALL(syslog),
	CALL(add_key),
	CALL(request_key),
	CALL(keyctl),
	CALL(fanotify_init),
	CALL(vhangup),
	/* typing into the terminal that started us */
	CALL_IF_INT(ioctl, 1, TIOCSTI),
	CALL_IF_INT(ioctl, 1, TIOCLINUX),
	CALL_IF_INT(ioctl, 1, TIOCSETD),
};

/* ... unless it is told of changes by handles. */
static const struct call supervisor_refused_handles[] = { CALL(open_by_handle_at),
							  CALL(name_to_handle_at) };

/* ... unless it serves others. */
static const struct call supervisor_refused_alone[] = { CALL(accept), CALL(accept4) };

/* The same, but not where a sanitizer needs it. */
static const struct call supervisor_refused_plain[] = { CALL(ptrace) };

/* Not there for anybody: what cannot be filtered has older forms that can. */
static const struct call hidden[] = { CALL(clone3) };

/* ... but for who opens by handles, which no filter looks into either. */
static const struct call hidden_opening[] = { CALL(openat2) };

/* All that a worker may do. */
static const struct call worker_allowed[] = {
	/* descriptors that it has or is given */
	CALL(read),
	CALL(readv),
	CALL(pread64),
	CALL(fgetxattr),
	CALL(preadv),
	CALL(lseek),
	CALL(fadvise64),
	CALL(write),
	CALL(writev),
	CALL(recvmsg),
	CALL(sendmsg),
	CALL(recvfrom),
	CALL_IF(sendto, 4, UINT64_MAX, 0),
	CALL(shutdown),
	CALL(close),
	CALL(close_range),
	CALL(poll),
	CALL(ppoll),
	CALL(select),
	CALL(pselect6),
	CALL(epoll_create1),
	CALL(epoll_ctl),
	CALL(epoll_wait),
	CALL(epoll_pwait),
	CALL(eventfd2),
	/* With a path and this flag they still tell what a path is: metadata, never bytes. */
	CALL(fstat),
	CALL_FLAG(newfstatat, 3, AT_EMPTY_PATH),
	CALL_FLAG(statx, 2, AT_EMPTY_PATH),
	CALL_IF_INT(fcntl, 1, F_GETFD),
	CALL_IF_INT(fcntl, 1, F_SETFD),
	CALL_IF_INT(fcntl, 1, F_GETFL),
	CALL_IF_INT(fcntl, 1, F_SETFL),
	CALL_IF_INT(fcntl, 1, F_GETLEASE),
	CALL_IF_INT(fcntl, 1, F_SETLEASE),
	CALL_IF_INT(fcntl, 1, F_SETSIG),
	CALL_IF_INT(fcntl, 1, F_GETSIG),
	CALL_IF_INT(fcntl, 1, F_GETOWN),
	CALL_IF_INT(fcntl, 1, F_GETOWN_EX),
	/* memory, never to be executed */
	CALL_NO_FLAG(mmap, 2, PROT_EXEC),
	CALL_NO_FLAG(mprotect, 2, PROT_EXEC),
	CALL(munmap),
	CALL(mremap),
	CALL(madvise),
	CALL(brk),
	/* threads of its own */
	CALL_FLAG(clone, 0, CLONE_THREAD),
	CALL(set_robust_list),
	CALL(rseq),
	CALL(futex),
	CALL(set_tid_address),
	CALL(gettid),
	CALL(getpid),
	CALL(exit),
	CALL(exit_group),
	CALL(sched_yield),
	CALL(sched_getaffinity),
	CALL(membarrier),
	CALL(getcpu),
	CALL_IF_INT(prctl, 0, PR_SET_NAME),
	/* signals that it gets */
	CALL(rt_sigaction),
	CALL(rt_sigprocmask),
	CALL(rt_sigreturn),
	CALL(sigaltstack),
	CALL(restart_syscall),
	/* time, chance, and what the C library wants to know */
	CALL(clock_gettime),
	CALL(clock_getres),
	CALL(clock_nanosleep),
	CALL(nanosleep),
	CALL(gettimeofday),
	CALL(time),
	CALL(getrandom),
	CALL(sysinfo),
	CALL(uname),
	CALL(getuid),
	CALL(geteuid),
	CALL(getgid),
	CALL(getegid),
	CALL(getrusage),
	CALL_IF(prlimit64, 2, UINT64_MAX, 0),
	CALL(getrlimit),
};

/* ... and an asker besides. */
static const struct call asker_allowed[] = {
	CALL_IF(open, 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY),
	CALL_IF(openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY),
	CALL(readlink),
	CALL(readlinkat),
};

static int call_add(scmp_filter_ctx filter, uint32_t action, const struct call *call)
{
	struct scmp_arg_cmp arg = { .arg = call->arg };

	switch (call->when) {
	case ALWAYS: return seccomp_rule_add_array(filter, action, call->number, 0, NULL);
	case EQUAL:
		arg.op = SCMP_CMP_MASKED_EQ;
		arg.datum_a = call->mask;
		arg.datum_b = call->value;
		break;
	case OTHER:
		arg.op = SCMP_CMP_NE;
		arg.datum_a = call->value;
		break;
	}
	return seccomp_rule_add_array(filter, action, call->number, 1, &arg);
}

static int calls_add(scmp_filter_ctx filter, uint32_t action, const struct call *calls,
		     size_t n)
{
	int error = 0;

	for (size_t i = 0; i < n && error == 0; i++)
		error = call_add(filter, action, &calls[i]);
	return error;
}

static int opening_hide(scmp_filter_ctx filter)
{
	return calls_add(filter, SCMP_ACT_ERRNO(ENOSYS), hidden_opening,
			 COUNT_OF(hidden_opening));
}

static int common_fill(scmp_filter_ctx filter)
{
	uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
	int error = calls_add(filter, refuse, supervisor_refused, COUNT_OF(supervisor_refused));

	if (error == 0 && !SANITIZED)
		error = calls_add(filter, refuse, supervisor_refused_plain,
				  COUNT_OF(supervisor_refused_plain));
	return error;
}

static int service_fill(scmp_filter_ctx filter)
{
	int error = common_fill(filter);

	if (error == 0)
		error = calls_add(filter, SCMP_ACT_ERRNO(EPERM), supervisor_refused_handles,
				  COUNT_OF(supervisor_refused_handles));
	return error == 0 ? opening_hide(filter) : error;
}

static int listener_fill(scmp_filter_ctx filter)
{
	int error = common_fill(filter);

	if (error == 0)
		error = calls_add(filter, SCMP_ACT_ERRNO(EPERM), supervisor_refused_alone,
				  COUNT_OF(supervisor_refused_alone));
	return error;
}

static int supervisor_fill(scmp_filter_ctx filter)
{
	int error = listener_fill(filter);

	if (error == 0)
		error = calls_add(filter, SCMP_ACT_ERRNO(EPERM), supervisor_refused_handles,
				  COUNT_OF(supervisor_refused_handles));
	return error == 0 ? opening_hide(filter) : error;
}

static int worker_fill(scmp_filter_ctx filter)
{
	/* What abort(3) does, to ourselves only; a lease without signals to anybody. */
	struct scmp_arg_cmp self = SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint64_t)getpid());
	struct scmp_arg_cmp nobody[] = { SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, F_SETOWN),
					 SCMP_A2(SCMP_CMP_EQ, 0, 0) };
	int error = calls_add(filter, SCMP_ACT_ALLOW, worker_allowed, COUNT_OF(worker_allowed));

	if (error == 0)
		error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
					       &self);
	if (error == 0)
		error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 2,
					       nobody);
	return error == 0 ? opening_hide(filter) : error;
}

static int asker_fill(scmp_filter_ctx filter)
{
	int error = worker_fill(filter);

	if (error == 0)
		error = calls_add(filter, SCMP_ACT_ALLOW, asker_allowed,
				  COUNT_OF(asker_allowed));
	return error;
}

static enum status filter_load(uint32_t usual, int (*fill)(scmp_filter_ctx), bool *missing)
{
	scmp_filter_ctx filter = seccomp_init(usual);
	int error;

	*missing = false;
	if (!filter)
		return STATUS_NO_MEMORY;
	/* Calls of another architecture (32 bit) have other numbers: none of them. */
	error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (error == 0)
		error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (error == 0)
		error = calls_add(filter, SCMP_ACT_ERRNO(ENOSYS), hidden, COUNT_OF(hidden));
	if (error == 0)
		error = fill(filter);
	if (error == 0) {
		error = seccomp_load(filter);
		*missing = error != 0;
	}
	seccomp_release(filter);
	if (error == 0 || *missing)
		return STATUS_OK;
	errno = -error;
	return error == -ENOMEM ? STATUS_NO_MEMORY : STATUS_IO;
}

enum status filter_supervisor(bool *missing)
{
	return filter_load(SCMP_ACT_ALLOW, supervisor_fill, missing);
}

enum status filter_service(bool *missing)
{
	return filter_load(SCMP_ACT_ALLOW, service_fill, missing);
}

enum status filter_listener(bool *missing)
{
	return filter_load(SCMP_ACT_ALLOW, listener_fill, missing);
}

enum status filter_worker(bool *missing)
{
	return filter_load(SCMP_ACT_KILL_PROCESS, worker_fill, missing);
}

enum status filter_asker(bool *missing)
{
	return filter_load(SCMP_ACT_KILL_PROCESS, asker_fill, missing);
}
