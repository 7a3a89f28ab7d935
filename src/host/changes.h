/* SPDX-License-Identifier: MIT */
/*
 * Changes: the kernel tells what is done to the files of a file system, by the
 * handle of the folder and the name in it (fanotify(7), FAN_REPORT_DFID_NAME,
 * open_by_handle_at(2)).  Nobody waits for us.
 *
 * What is done to one thing while nobody reads is told once, so neither the number
 * nor the order of what is told means anything: whoever wants to know looks.  A store
 * through a mapping is told when it is unmapped, whatever became of the descriptor.
 */
#pragma once
#include "base/span_search.h"
#include "base/status.h"
#include <sys/types.h>

#define CHANGES_ROOM      ((size_t)64 << 10) /* bytes that are read at once */
#define CHANGE_MAX_HANDLE 136                /* bytes */
#define CHANGE_MAX_NAMES  2                  /* that one event tells */

struct change_name {
	struct span folder; /* its handle */
	const char *name;
};

struct change {
	bool lost;   /* the kernel had no room for some; nothing else is told */
	bool folder; /* it happened to a folder */
	bool moved;  /* what it is called, or where it lies, is another */
	bool gone;   /* its last name and user are */
	bool ended;  /* not a write that may go on */
	uint64_t file_system;
	struct change_name names[CHANGE_MAX_NAMES]; /* the second: what it is called now */
	size_t n_names;
	struct span itself; /* the handle of the folder that it happened to, not to what is in
			       it; empty: it did not */
	struct span inode;  /* the handle of what it happened to; empty: not told */
	pid_t pid;          /* who did it; 0: not told, or in another name space */
	int process;        /* ... opened (pidfd_open(2)) until the next; -1: he has ended */
	uint32_t actor;     /* of host/actors.h, for who asks; 0: nobody does */
};

struct changes {
	int group;
	bool renames;   /* told with both names */
	int process;    /* of the change that was told last; -1: none */
	size_t len, at; /* of .room, in use */
	uint64_t n;     /* events read so far */
	_Alignas(8) uint8_t room[CHANGES_ROOM];
};

/*
 * @bounded: the kernel keeps only so many of them as the administrator lets every
 * user have (fs.fanotify.max_queued_events).  STATUS_UNSUPPORTED: this kernel does not
 * tell by handles; STATUS_IO: errno, mostly EPERM for who is not root.
 */
MUST_CHECK enum status changes_open(struct changes *c, bool bounded);
void changes_close(struct changes *c);

/* From now on the file system of @path is watched.  STATUS_UNSUPPORTED: it has no
 * handles by which anything could be found; STATUS_IO: errno. */
MUST_CHECK enum status changes_watch(const struct changes *c, const char *path);

/* Reads what has come, when everything read before was taken. */
void changes_read(struct changes *c);
/* The next one that was read; false: no more.  Borrowed until changes_read(). */
MUST_CHECK bool changes_next(struct changes *c, struct change *out);

/* The number by which the file system of @fd is told.  STATUS_IO: errno. */
MUST_CHECK enum status change_file_system(int fd, uint64_t *out);

/* A handle, in memory of its own. */
struct change_handle {
	uint8_t bytes[CHANGE_MAX_HANDLE];
	size_t len;
};
/* Of @name in @folder, which is not followed.  STATUS_IO: errno. */
MUST_CHECK enum status change_handle_of(int folder, const char *name,
					struct change_handle *out);
/* Opens what @handle is (O_PATH); @mount is open for reading on its file system.
 * STATUS_IO: errno (ESTALE: it is gone). */
MUST_CHECK enum status change_handle_open(int mount, struct span handle, int *fd);
