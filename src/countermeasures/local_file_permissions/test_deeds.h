/* SPDX-License-Identifier: MIT */
/* Deeds: a file with all kinds of rights, and what is done to it; for tests. */
#pragma once
#include "countermeasures/local_file_permissions/act.h"

#define NOW      INT64_C(1795348800) /* 2026-11-22T12:00:00Z */
#define STRANGER 4711U

extern struct arena arena;
extern char journal[96], target[96], other[96]; /* paths in a folder of this test's own */

bool place_make(void);
void place_remove(void);

struct deed {
	enum assay_verdict verdict;
	unsigned means; /* asked for */
};
extern const struct deed deeds[];
extern const size_t n_deeds;

int open_object(const char *path);
struct permit_subject subject_of(int fd, enum assay_verdict verdict);
void flags_clear(const char *path);
void object_new(const char *path);
/* A number below @n, the same in each run. */
unsigned chance(unsigned n);
/* Somebody gives it rights, of a kind that there are; what is not permitted is not done. */
void rights_scramble(const char *path);
struct permit_wish wish_of(size_t deed);
void state_of(const char *path, struct object_state *out);
/* All of it, also what is none of our business. */
bool states_same(const struct object_state *a, const struct object_state *b);
/* False: it has said why. */
bool begin(struct permit_actor *actor);
/* One thing done to the target.  False: not even tried. */
bool deed_do(struct permit_actor *actor, size_t deed, struct permit_outcome *out);
const struct permit_operation *operation(const struct permit_actor *actor,
					 const struct journal_id *id);
enum permit_result undo(struct permit_actor *actor, const struct journal_id *id, bool force);
void journal_clear(void);
