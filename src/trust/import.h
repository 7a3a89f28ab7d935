/* SPDX-License-Identifier: MIT */
/* Import: trust lists, Secure Boot lists and certificates -> the draft of a database. */
#pragma once
#include "trust/intake.h"
#include "trust/manage.h"
#include "trust/siglist.h"
#include "trust/stl.h"

#define IMPORT_MAX_LISTS 8

struct import {
	struct intake in;                /* .context is this structure */
	struct draft loose;              /* certificates without a set of their own */
	const struct trust_store *store; /* what is in force now */
	bool lists;                      /* trust lists and Secure Boot lists too */
	enum siglist_role role;          /* what the path said */
	struct stl stls[IMPORT_MAX_LISTS];
	const char *stl_names[IMPORT_MAX_LISTS];
	size_t n_stls;
	struct siglist_count counts;
	struct certificate *roots; /* who may sign lists */
	size_t n_roots;
	struct trust_change *change;
};

/* The intake_reader of an import. */
enum status import_bytes(struct intake *in, struct span bytes, const char *name);

/* Everything is read: checks the lists and puts all into the draft. */
MUST_CHECK enum status import_finish(struct import *im);
