/* SPDX-License-Identifier: MIT */
/*
 * Deep: the programs inside a file: in archives, packages, disk images, and in
 * what is packed; also inside each other.  Every one is judged on its own; the
 * container keeps its own word.
 */
#pragma once
#include "engine/engine.h"

#define DEEP_MAX_DEPTH   6                     /* containers in each other */
#define DEEP_MAX_MEMBERS 1000000               /* of one file, all depths */
#define DEEP_MAX_MEMBER  ((uint64_t)256 << 20) /* bytes of one */
#define DEEP_MAX_HELD    ((uint64_t)384 << 20) /* ... and of those that it stands in */
#define DEEP_MAX_TOTAL   ((uint64_t)8 << 30)   /* bytes out of one file */
#define DEEP_MAX_RATIO   1000                  /* bytes out of one byte of the file */
#define DEEP_FREE        ((uint64_t)64 << 20)  /* ... beyond this many */
#define DEEP_MAX_NAME    4096                  /* bytes of a name that are kept */

struct deep_sink {
	void *context;
	/* A program inside; report->inside says where. */
	void (*program)(void *context, const struct report *report);
	/* Called after each member, so that nobody thinks us dead. */
	void (*alive)(void *context);
};

/* Before the process confines itself: finds libarchive, if it is installed. */
void deep_prepare(void);

/*
 * Judges what is inside the file @fd, whatever it is; nothing, for most files.
 * What cannot be looked into gives a report too, whose name inside ends in "*".
 */
void deep_examine(const struct engine *e, struct lanes *lanes, int fd,
		  const struct deep_sink *sink);
