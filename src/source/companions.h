/* SPDX-License-Identifier: MIT */
/*
 * Companions: what stands beside a file and speaks of it.
 *
 * A signature may lie in a file of its own (FILE.sig), in an extended attribute
 * (security.ima), or be given by the user; what a program of macOS seals stands at
 * fixed places of its bundle.  Which names are looked for is one fixed table;
 * nothing in a file adds to it.  The supervisor opens companions,
 * following no link, and hands their descriptors on with the target's; who
 * judges reads each once, up to a limit.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"
#include <stdint.h>

struct names;

#define COMPANIONS_MAX       16                 /* of one file */
#define COMPANION_MAX_BYTES  ((size_t)1 << 20)  /* that are read of an ordinary one */
#define COMPANION_MAX_BUNDLE ((size_t)16 << 20) /* of bundles, and of what a user names */
#define COMPANION_MAX_XATTR  ((size_t)64 << 10) /* an attribute has no more (xattr(7)) */

/* Numbers of rows stand in requests between our own processes only. */
struct companion_row {
	const char *name;   /* by which a scheme asks for it */
	const char *suffix; /* behind the target's name; NULL: not found by name */
	const char *beside; /* or a path from the target's folder; NULL: not found by place */
	const char
		*folder; /* .beside: name of that folder; NULL: any with _CodeSignature in it */
	size_t max;      /* bytes that are read */
};
extern const struct companion_row companion_rows[];
extern const size_t n_companion_rows;
#define COMPANION_GIVEN 0 /* the row of what a user names himself */

/* The first row of that name, which there is. */
uint8_t companion_row_of(const char *name);

/* Open companions of one file. */
struct companions_open {
	size_t n;
	int fds[COMPANIONS_MAX];
	uint8_t rows[COMPANIONS_MAX];
};

/*
 * Opens what stands beside @name in @dirfd.  A companion that cannot be opened is
 * none.  @out must be empty or opened before.
 */
void companions_open(int dirfd, const char *name, struct companions_open *out);
/* Where row @row would stand beside @path, in @a; NULL: nowhere, or no memory. */
const char *companion_path(struct arena *a, const char *path, size_t row);
/* Takes over @fd.  False, and @fd is closed: there is no room. */
bool companions_add(struct companions_open *c, int fd, uint8_t row);
/* Usable as CLEANUP(companions_close). */
void companions_close(struct companions_open *c);

/* Have files of the folder @dirfd, whose names are @names, companions by their place? */
bool companions_around(int dirfd, const struct names *names);
/* Could a name that follows names[@i] in its folder be a companion of it? */
bool companions_named(const struct names *names, size_t i);

/* One companion, read. */
struct companion {
	const char *name;
	struct span bytes;
	uint64_t size; /* of all of it; more than .bytes: it was cut */
	const struct companion *next;
};

/* What EVM signs of the inode. */
struct companion_inode {
	uint32_t uid, gid;
	uint16_t mode; /* as stat(2) has it, with the kind of file */
};

struct companions {
	const struct companion *first;
	struct companion_inode inode; /* set with security.evm only */
};

/* The attributes that EVM signs, in its order (evm_main.c). */
extern const char *const companion_attributes[];
extern const size_t n_companion_attributes;

/* STATUS_NO_MEMORY only; what cannot be read is none. */
MUST_CHECK enum status companions_read(struct arena *a, const struct companions_open *open,
				       struct companions *out);

/*
 * Adds security.ima and security.evm of the file at @fd, if it has them, under
 * these names; with the latter what it speaks of.  STATUS_NO_MEMORY only.
 */
MUST_CHECK enum status companions_attributes(struct arena *a, int fd, struct companions *out);

/* The first one of that name; NULL: none. */
const struct companion *companion_find(const struct companions *c, const char *name);
