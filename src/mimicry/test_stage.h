/* SPDX-License-Identifier: MIT */
/* A stage: programs of the forge, judged up to their relation, with an index in memory. */
#pragma once
#include "mimicry/mimicry.h"
#include "tests/forge/forge.h"

#define STAGE_NOW 1795348800 /* 2026-11-22T12:00:00Z */

struct stage {
	struct forge *forge;
	struct trust_store *store;
	struct lanes *lanes;
	/* The index; its donors went through donor_encode(). */
	struct arena kept;
	struct donor *donors;
	struct donor_index index;
	bool damaged; /* every look-up fails */
	struct vendors vendors;
	struct mimicry_settings settings;
	bool vouched;
	const struct pe_identity *identity; /* instead of what the file says */

	/* Of the last file. */
	struct arena arena;
	struct findings findings;
	struct container box;
	struct pe_identity read;
	struct mimicry_case c;
	struct relation *bare;
	size_t n_first_jobs, n_second_jobs;
};

void stage_open(struct stage *s);
void stage_close(struct stage *s);

/* Judges @file; everything about it lives until the next call. */
enum status stage_judge(struct stage *s, struct span file);
/* The relation of its first signature, else of the bare file; NULL: none. */
const struct relation *stage_relation(struct stage *s, struct span file);
/* Judges it and puts into the index what may be learnt; gives how many. */
size_t stage_learn(struct stage *s, struct span file, bool with_sketch);
void stage_forget(struct stage *s);
bool stage_found(const struct stage *s, const char *finding);
const struct evidence *stage_evidence(const struct relation *r, const char *id);
