/* SPDX-License-Identifier: MIT */
/* A scene: a store, a hierarchy of certificates, a question and its answer; for tests. */
#pragma once
#include "tests/memory_store.h"
#include "tests/pki.h"

#define SCENE_NOW      1795348800 /* 2026-11-22T12:00:00Z */
#define SCENE_MAX_POOL 256

struct scene {
	struct pki *pki; /* outlives the scene: its keys are made once */
	struct trust_store *store;
	struct trust_policy policy;
	struct arena arena;
	struct findings findings;
	struct certificate leaf, pool[SCENE_MAX_POOL];
	struct trust_question q;
	struct trust_answer answer;
	enum status status;
};

void scene_begin(struct scene *s, struct pki *pki);
void scene_end(struct scene *s);

/* Puts a certificate into the file. */
void scene_embed(struct scene *s, struct span der);
/* Asks about @leaf; findings and arena begin anew. */
void scene_judge(struct scene *s, struct span leaf);

/* What an honest authority and an honest signer ask for; fields may then be changed. */
struct pki_wish wish_root(struct pki *pki, const char *subject, unsigned key);
struct pki_wish wish_authority(struct pki *pki, const char *subject, unsigned key,
			       const struct pki_certificate *issuer);
struct pki_wish wish_signer(struct pki *pki, const char *subject, unsigned key,
			    const struct pki_certificate *issuer);
/* Sets the extension @name of @wish; @value NULL: takes it away. */
void wish_extend(struct pki_wish *wish, const char *name, const char *value);

/* Root <- upper authority <- lower authority <- leaf; a row may change any of them. */
struct hierarchy {
	struct pki_wish root, upper, ca, leaf;
	const struct pki_certificate *root_made, *upper_made, *ca_made, *leaf_made;
};

typedef void hierarchy_change(struct pki *pki, struct hierarchy *h);
void hierarchy_as_it_is(struct pki *pki, struct hierarchy *h);
void hierarchy_make(struct pki *pki, struct hierarchy *h, hierarchy_change *change);
