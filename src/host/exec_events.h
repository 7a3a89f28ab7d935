/* SPDX-License-Identifier: MIT */
/*
 * Exec events: the kernel asks us before a program is run (fanotify(7),
 * FAN_OPEN_EXEC_PERM) or, where that is wanted, before any file is opened.
 *
 * Whoever asks waits until it is answered: for ever, unless it is killed.  A
 * group that nobody holds any more is answered by the kernel: allowed.  Any
 * holder of the group may answer with the number that the reader's descriptor
 * had (it is a name, nothing more), so a dead reader's questions can be
 * answered by whoever comes after it.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define EXEC_EVENTS_ROOM ((size_t)16 << 10) /* bytes that are read at once */

enum exec_event_kind {
	EXEC_EVENT_NONE,
	EXEC_EVENT_EXEC, /* is going to be run, or is the interpreter of what is */
	EXEC_EVENT_OPEN,
	EXEC_EVENT_LOST, /* the kernel had no memory for some */
};

struct exec_event {
	enum exec_event_kind kind;
	int fd; /* the file, read only; ours to close once it is answered */
	pid_t pid;
};

struct exec_events {
	int group;
	size_t len, at; /* of .room, in use */
	bool single;    /* read one by one; see exec_events_read() */
	int error;      /* errno: a file could not be opened for us, and the kernel said no */
	_Alignas(8) uint8_t room[EXEC_EVENTS_ROOM];
};

/*
 * STATUS_UNSUPPORTED: this kernel has no permission events, or lacks what we need of
 * them; STATUS_IO: errno, mostly EPERM for who is not root.
 */
MUST_CHECK enum status exec_events_open(struct exec_events *e);

/* The same for a group that another process opened and gave us. */
void exec_events_adopt(struct exec_events *e, int group);
void exec_events_close(struct exec_events *e);

/*
 * From now on the file system of @fd is asked about, even when that is O_PATH; @proc is an
 * open folder of /proc; @opens: also when a file is opened.
 */
MUST_CHECK enum status exec_events_mark(const struct exec_events *e, int proc, int fd,
					bool opens);

/* The kernel need not ask about this inode until it is written to or forgotten. */
void exec_events_ignore(const struct exec_events *e, int fd);

/* ... of no inode any more. */
void exec_events_ignore_none(const struct exec_events *e);

/* Nothing is asked about any more; what was asked already waits still. */
void exec_events_unmark(const struct exec_events *e);

/*
 * Reads what has come, when everything read before was taken.  The kernel opens the files of
 * all that is read at once: should one of them keep us waiting and we are killed meanwhile, it
 * denies those behind.  Who may be kept waiting reads one by one.
 */
void exec_events_read(struct exec_events *e);
/*
 * Denies what has come and was not read, without opening the file: whoever serves that may
 * never answer.  How many were, at most @most.
 */
size_t exec_events_refuse(const struct exec_events *e, size_t most);

/* File systems that are asked about, by device; one that is gone is none. */
struct exec_marks {
	uint64_t *each;
	size_t n;
};
/* @proc as above.  STATUS_IO: the kernel does not tell. */
MUST_CHECK enum status exec_events_marks(const struct exec_events *e, int proc, struct arena *a,
					 struct exec_marks *out);
bool exec_marks_have(const struct exec_marks *m, uint64_t dev);
/* The next one that was read; false: no more. */
MUST_CHECK bool exec_events_next(struct exec_events *e, struct exec_event *out);

/*
 * Answers; @fd is the number that the reader got, whoever we are.  False: nobody
 * waits for it any more.
 */
bool exec_events_answer(int group, int fd, bool allow);
