/* SPDX-License-Identifier: MIT */
/*
 * A guard of a test, for real: as root, in a name space of mounts of its own, on
 * file systems of its own.  Programs do nothing but end, with a number that is
 * the last byte of their file; a stand-in judges them by that byte.
 */
#pragma once
#include "daemon/guard.h"
#include <stdatomic.h>
#include <sys/types.h>

enum deed {
	DEED_GOOD = 'g',
	DEED_FORGED = 'f',
	DEED_CRASH = 'c', /* kills whoever judges it */
	DEED_HANG = 'h',
	DEED_TAKER = 't', /* whoever has judged it finds everything good */
};
#define DENIED 1 /* what run() says of EPERM; no deed */

extern char scene_folder[]; /* a tmpfs is mounted there */
extern pid_t scene_guard;
extern const char *scene_tier_a; /* a folder of bpffs; NULL: guards without */
extern bool scene_fast;          /* the kernel need not ask about what is known */
extern bool scene_libraries;     /* [guard] libraries = strict */
extern struct scene_shared {
	_Atomic unsigned n_questions; /* to the decider */
	char path[256], caller[256];  /* of the last one */
	_Atomic unsigned n_running;   /* programs that ran already, and are not good */
	_Atomic unsigned n_opens;     /* of a file that a test serves */
	_Atomic unsigned n_unasked;   /* programs that were found running */
	_Atomic unsigned n_late;      /* ... to be what would not have been let run */
	_Atomic unsigned n_stopped;   /* ... that were killed before they ran */
	_Atomic unsigned pause_us;    /* before each answer of its decider */
	_Atomic bool ready;
	_Atomic uint32_t memory;  /* what its policy says of programs in memory */
	struct tier_a_state tier; /* of the guard that was started last */
	_Atomic unsigned policy,
		epoch; /* wanted, and followed; an even one denies everything */
	uint64_t counts[LEDGER_COUNTS]; /* as the decider saw them last */
	_Atomic unsigned n_counted;     /* how often it has looked at all of them */
} * scene_shared;

void must(int failed);

/* How often something has happened until now: a decider has looked since it was asked. */
uint64_t scene_counted(enum ledger_count what);

/* False: this cannot be tested here, and the test has said so. */
bool scene_begin(void);
void scene_end(void);

/* Guards the file systems of scene_folder and of @place (NULL: none). */
void scene_start(enum guard_mode mode, const char *place);
/* The same, and opens by these count as runs. */
void scene_start_strict(enum guard_mode mode, const char *place,
			const struct interpreters *interpreters);
/* Guards every file system whose source is scene_folder, whoever mounts it, and that of @place
 * (NULL: none). */
void scene_start_all(enum guard_mode mode, const char *place);
/* Devices of the file systems that the kernel asks us about; how many. */
size_t scene_marked(dev_t *out, size_t room);
/* The state of its end (waitpid(2)). */
int scene_stop(int signal_number);

/* A gate as one would write it, look and then answer; @opens: also for what is opened. */
pid_t scene_naive_start(bool opens);
/* Ends a child that does not end by itself. */
void scene_end_child(pid_t pid);

/* The number of the last byte of an open file. */
off_t scene_last_of(int fd);
/* Writes that byte of the program, when it may. */
void scene_spoil(const char *path, enum deed deed);
/*
 * A real file system in a file of our own; false: there are no tools for it here.  Inodes of
 * "256" bytes keep times to the nanosecond, those of "128" to the second.
 */
bool scene_disk_mount(const char *place, const char *inode_bytes);
/* The same of another type: xfs, btrfs. */
bool scene_other_mount(const char *place, const char *type);
/* Changes the last byte in a mapping: no event, and on tmpfs not even a time. */
void scene_store(const char *path, enum deed deed);
/* One more byte, by which it is judged; the program ends with the one that was the last. */
void scene_append(const char *path, enum deed deed);
/* Whoever runs it is told to come again until the kernel asks about it: then its number, or
 * errno. */
int run_settled(const char *path);
#define SCENE_MAX_PARENTS 64
/*
 * So many at a time run what is good and what is forged, @each times both; how many of them
 * saw the one refused, or the other run.
 */
unsigned scene_storm(unsigned n_parents, unsigned each);
/* Follows another policy; only then it returns. */
void scene_policy(unsigned number);

/* Can they be made for this machine? */
bool scene_has_programs(void);
/* A new program @name below scene_folder; the path is good for the next seven calls. */
const char *program(const char *name, enum deed deed);
/* The same, old enough to be remembered. */
const char *program_settled(const char *name, enum deed deed);
/* Its number, or the errno with which it was not run. */
int run(const char *path);
int64_t run_ms(const char *path, int *outcome);
/* The exit code of @words, whose first is looked for in PATH (127: it is not there); quietly.
 */
int scene_words_run(const char *const *words);
/* A file below scene_folder; the path is good until the next call. */
const char *scene_text(const char *name, const char *text, mode_t mode);
