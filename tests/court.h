/* SPDX-License-Identifier: MIT */
/* A court: an engine with the anchors of the forge, that judges bytes in memory. */
#pragma once
#include "engine/engine.h"
#include "tests/forge/traps.h"

#define COURT_MAX_ANCHORS 8 /* files of them */

struct court {
	struct engine engine;
	struct lanes *lanes;
	struct arena arena; /* of the last report */
	struct report report;
	int fd; /* holds what is judged */
};

/* With the anchors and the CRL of @f; @f NULL: without any anchors. */
void court_open(struct court *c, struct forge *f);
/* The same, over the anchors of a trust database (NULL: none). */
void court_open_over(struct court *c, struct forge *f, const char *database);
/* With what stands in @anchors, a file as users write them, alone; empty: none. */
void court_open_anchors(struct court *c, struct span anchors);
/* The same with @n files, at most COURT_MAX_ANCHORS, over a trust database (NULL: none). */
void court_open_many(struct court *c, const struct span *anchors, size_t n,
		     const char *database);
void court_close(struct court *c);

/* The report lives until the next call. */
const struct report *court_judge(struct court *c, struct span file);
const struct report *court_judge_trap(struct court *c, const struct forge_trap *t,
				      struct span file);
/* The same, with @companion beside it: row of companion_rows. */
const struct report *court_judge_beside(struct court *c, struct span file, uint8_t row,
					struct span companion);
void court_at(struct court *c, const char *when);

/* @file in c->fd, as if somebody had written it. */
void court_write(struct court *c, struct span file);
int court_file(const char *name, struct span bytes);

/* Is the word right, and one of the axes of the decisive signature? */
bool court_has(const struct report *r, const char *finding);
