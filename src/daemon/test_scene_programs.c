/* SPDX-License-Identifier: MIT */
/* Programs and scripts of a scene: made, changed in every way, and run. */
#include "daemon/test_scene.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE 62
/* mov eax, 60; movzx edi, byte [behind]; syscall */
static const uint8_t code[] = { 0xb8, 60, 0, 0, 0, 0x0f, 0xb6, 0x3d, 2, 0, 0, 0, 0x0f, 5 };
#elif defined(__aarch64__)
#define MACHINE 183
/* mov x8, 93; adr x0, behind; ldrb w0, [x0]; svc 0 */
static const uint8_t code[] = { 0xa8, 0x0b, 0x80, 0xd2, 0x60, 0, 0, 0x10,
				0,    0,    0x40, 0x39, 1,    0, 0, 0xd4 };
#else
#define MACHINE 0
static const uint8_t code[1];
#endif

bool scene_has_programs(void)
{
	return MACHINE != 0;
}

#define SETTLED_US 30000 /* a file younger than this is not remembered */
#define BASE       0x400000

const char *program(const char *name, enum deed deed)
{
	static char paths[8][256];
	static unsigned n;
	char *path = paths[n++ % 8];
	const uint64_t start = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
	const uint64_t size = start + sizeof(code) + 1;
	Elf64_Ehdr header = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
		.e_type = ET_EXEC,
		.e_machine = MACHINE,
		.e_version = 1,
		.e_entry = BASE + start,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1
	};
	Elf64_Phdr segment = { .p_type = PT_LOAD,
			       .p_flags = PF_R | PF_X,
			       .p_vaddr = BASE,
			       .p_filesz = size,
			       .p_memsz = size,
			       .p_align = 4096 };
	uint8_t last = (uint8_t)deed;
	struct iovec parts[] = {
		{&header,                  sizeof(header) },
		{ &segment,                sizeof(segment)},
		{ (void *)(uintptr_t)code, sizeof(code)   },
		{ &last,                   1              }
	};
	int to;

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", scene_folder, name);
	(void)unlink(path);
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	must(to < 0 || writev(to, parts, COUNT_OF(parts)) != (ssize_t)size);
	(void)close(to);
	return path;
}

const char *program_settled(const char *name, enum deed deed)
{
	const char *path = program(name, deed);

	(void)usleep(SETTLED_US);
	return path;
}

int run(const char *path)
{
	int state = -1;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execl(path, path, (char *)NULL);
		_exit(errno);
	}
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

int64_t run_ms(const char *path, int *outcome)
{
	int64_t began = ledger_now();

	*outcome = run(path);
	return ledger_now() - began;
}

const char *scene_text(const char *name, const char *text, mode_t mode)
{
	static char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", scene_folder, name);
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	must(fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text));
	(void)close(fd);
	return path;
}

off_t scene_last_of(int fd)
{
	return lseek(fd, 0, SEEK_END) - 1;
}

/* Writes the last byte of the program, when it may. */
void scene_spoil(const char *path, enum deed deed)
{
	uint8_t byte = (uint8_t)deed;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	if (pwrite(fd, &byte, 1, scene_last_of(fd)) != 1)
		perror("# pwrite");
	(void)close(fd);
}

void scene_store(const char *path, enum deed deed)
{
	const size_t page_bytes = 4096;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	off_t last = scene_last_of(fd), page = last - last % (off_t)page_bytes;
	uint8_t *bytes = (uint8_t *)mmap(NULL, page_bytes, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_POPULATE, fd, page);

	must(bytes == MAP_FAILED);
	bytes[last - page] = (uint8_t)deed;
	(void)munmap(bytes, page_bytes);
	(void)close(fd);
}

void scene_append(const char *path, enum deed deed)
{
	uint8_t byte = (uint8_t)deed;
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	must(fd < 0 || write(fd, &byte, 1) != 1);
	(void)close(fd);
}

int run_settled(const char *path)
{
	int outcome = run(path);

	for (int i = 0; i < 100 && outcome == EAGAIN; i++) {
		(void)usleep(10000);
		outcome = run(path);
	}
	return outcome;
}
