/* SPDX-License-Identifier: MIT */
/*
 * What tests in the guest ask of the kernel, and no small program does:
 *
 *     probe load MODULE         loads it, packed or not, and unloads it; its signature is
 * refused: exit 1 probe exec-perm PROGRAM   fanotify(7) allows an execution and refuses another
 *     probe lsm PROGRAM         a BPF program refuses executions as long as it is attached
 *
 * Follows: finit_module(2), fanotify(7), bpf(2), BPF Type Format (linux/btf.h).  Test-only:
 * runs as root, in a machine of its own.
 */
#include "base/cursor.h"
#include "base/span_search.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/module.h>
#include <sys/fanotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BTF_MAX ((size_t)64 << 20)

/* The newest module stands first. */
static void newest_unload(void)
{
	char name[128] = "";
	FILE *modules = fopen("/proc/modules", "re");

	if (modules && fscanf(modules, "%127s", name) == 1)
		(void)syscall(SYS_delete_module, name, O_NONBLOCK);
	if (modules)
		(void)fclose(modules);
}

static int load(const char *path)
{
	size_t len = strlen(path);
	bool packed = len > 3 && strcmp(&path[len - 3], ".xz") == 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		return EXIT_FAILURE;
	if (syscall(SYS_finit_module, fd, "", packed ? MODULE_INIT_COMPRESSED_FILE : 0) == 0)
		newest_unload();
	else
		error = errno;
	(void)close(fd);
	puts(error ? strerror(error) : "loaded");
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* How an execution ended: 0, or the error that execve(2) gave. */
static int program_run(const char *program)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		(void)execl(program, "true", (char *)NULL);
		_exit(errno);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Answers the next event with @answer, while a child runs @program. */
static int event_answered(int group, const char *program, uint32_t answer)
{
	struct fanotify_event_metadata event = { 0 };
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(program_run(program));
	if (child < 0 || read(group, &event, sizeof(event)) < (ssize_t)sizeof(event) ||
	    event.mask != FAN_OPEN_EXEC_PERM)
		return -1;
	struct fanotify_response response = { event.fd, answer };
	if (write(group, &response, sizeof(response)) != (ssize_t)sizeof(response))
		return -1;
	(void)close(event.fd);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int exec_perm(const char *program)
{
	int group = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);

	CHECK(group >= 0, "a group");
	CHECK(fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_EXEC_PERM,
			    AT_FDCWD, program) == 0,
	      "its file system is marked");
	CHECK(event_answered(group, program, FAN_DENY) == EPERM, "refused");
	CHECK(event_answered(group, program, FAN_ALLOW) == 0, "allowed");
	(void)close(group);
	return CHECK_DONE();
}

/* What follows the twelve bytes that each type has. */
static uint64_t type_tail(uint32_t info)
{
	uint64_t n = BTF_INFO_VLEN(info);

	switch (BTF_INFO_KIND(info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG: return 4;
	case BTF_KIND_ARRAY: return 12;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64: return 12 * n;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO: return 8 * n;
	default: return 0;
	}
}

/* The number of the function @name; 0: the kernel does not tell of it. */
static uint32_t function_find(struct span btf, struct span name)
{
	struct cursor head = cursor_at(btf, 4), types;
	uint32_t len = cursor_u32le(&head), type_at = cursor_u32le(&head),
		 type_len = cursor_u32le(&head), names_at = cursor_u32le(&head);

	types = cursor_at(span_clip(btf, (uint64_t)len + type_at, type_len), 0);
	for (uint32_t number = 1; cursor_left(&types) > 0 && cursor_ok(&types); number++) {
		uint32_t name_at = cursor_u32le(&types), info = cursor_u32le(&types);
		struct span text = span_clip(btf, (uint64_t)len + names_at + name_at, name.len);

		cursor_skip(&types, 4 + type_tail(info));
		if (BTF_INFO_KIND(info) == BTF_KIND_FUNC && span_equal(text, name))
			return number;
	}
	return 0;
}

/* A program for the hook of execve(2) that refuses whatever comes; its descriptor. */
static int refusal_load(uint32_t function)
{
	static const struct bpf_insn refuse[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -EPERM },
		{ .code = BPF_JMP | BPF_EXIT                                 },
	};
	static char said[4096];
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_LSM,
		.insn_cnt = sizeof(refuse) / sizeof(refuse[0]),
		.insns = (uintptr_t)refuse,
		.license = (uintptr_t) "GPL",
		.log_level = 1,
		.log_size = sizeof(said),
		.log_buf = (uintptr_t)said,
		.expected_attach_type = BPF_LSM_MAC,
		.attach_btf_id = function,
	};
	int program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (program < 0)
		printf("# %s: %s\n", strerror(errno), said);
	return program;
}

static int lsm(const char *program)
{
	/* With the zero behind it: names that only begin so are others. */
	static const char hook[] = "bpf_lsm_bprm_creds_for_exec";
	struct span name = { (const uint8_t *)hook, sizeof(hook) };
	uint8_t *bytes = malloc(BTF_MAX);
	FILE *file = fopen("/sys/kernel/btf/vmlinux", "re");
	size_t len = file && bytes ? fread(bytes, 1, BTF_MAX, file) : 0;
	uint32_t function = function_find((struct span){ bytes, len }, name);
	int refusal, link;

	CHECK(function != 0, "the hook has number %u among %zu bytes of types", function, len);
	refusal = refusal_load(function);
	CHECK(refusal >= 0, "the program is loaded");
	union bpf_attr attr = { .raw_tracepoint = { .prog_fd = (uint32_t)refusal } };
	link = (int)syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
	CHECK(link >= 0, "and attached");
	CHECK(program_run(program) == EPERM, "refused");
	(void)close(link);
	CHECK(program_run(program) == 0, "allowed when it is gone");
	(void)close(refusal);
	free(bytes);
	if (file)
		(void)fclose(file);
	return CHECK_DONE();
}

static const struct {
	const char *name;
	int (*run)(const char *argument);
} commands[] = {
	{"load",       load     },
	{ "exec-perm", exec_perm},
	{ "lsm",       lsm      },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argv[2]);
	return 2;
}
