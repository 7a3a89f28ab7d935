/* SPDX-License-Identifier: MIT */
/*
 * Session: everything that judging needs, in the order in which it must come:
 * anchors, engine, worker, cache, output, and then the process gives away what
 * it will not need, before the first target is opened.
 */
#pragma once
#include "cmd/backlog.h"
#include "cmd/cmd.h"
#include "cmd/output.h"
#include "engine/pool.h"
#include "store/cache.h"
#include "store/catalogs.h"
#include "store/donors.h"
#include "store/packages.h"

#define SESSION_MAX_RULES 64 /* more targets than this: everything may be read */

struct session {
	const struct settings *settings;
	struct engine engine;
	struct pool *pool;
	struct cache *cache; /* NULL: goes without */
	struct output output;
	enum exit_policy policy;
	bool has_rules; /* --policy FILE: these decide, and .policy says nothing */
	struct policy rules;
	int64_t now;
	int list;                  /* --files-from; -1: none */
	int signature;             /* --signature; -1: none */
	struct packages *packages; /* programs that signed archives vouch for */
	struct catalogs *catalogs; /* files that carry no signature may be listed in one */
	struct donors *donors;     /* one frozen generation; NULL: goes without */
	const char *donors_folder; /* the user's own */
	const char *folder;        /* in which the user is; NULL: not known */
	struct vendors vendors;
	struct kernels *kernels; /* whose keys vouch for modules */
	bool remembers;          /* the donor index learns at the end */
	bool gathers;            /* files of this run may explain each other */
	bool learns;             /* what is learnt is the answer */
	struct yara *yara;       /* NULL: no rules were given */
	struct backlog backlog;  /* with .gathers */
};

struct session_plan {
	enum exit_policy policy; /* when --policy says nothing */
	bool cached;             /* this command may use the cache */
	bool with_sha256;        /* when --sha256 says nothing */
	bool gathers;            /* several files, which may explain each other */
	bool remembers;          /* what is valid joins the donor index */
	bool learns;             /* with its pages, and nothing else is told */
	bool names_files;        /* the user named each file, whatever its format */
	bool goes_on;            /* now is when a file is judged, not when this begins */
	bool compares;           /* reports shall carry whatever can be compared */
	unsigned max_threads;    /* 0: as many as there are CPUs */
	const char *writes;      /* a folder in which it may write; NULL: none */
	const char *reads;       /* a folder beside the targets; NULL: none */
	const char *keeps;       /* another folder in which it may write; NULL: none */
	const char *const *targets;
	size_t n_targets;
};

/* Only the engine, and session_abandon() later: for who judges in his own way. */
MUST_CHECK enum exit_code session_prepare(struct session *s, const struct invocation *call,
					  const struct session_plan *plan);
/* EXIT_PASS: go on, and session_close() later.  Else the exit code; it has complained. */
MUST_CHECK enum exit_code session_open(struct session *s, const struct invocation *call,
				       const struct session_plan *plan);
/* The signature that the user gave joins the companions of @file. */
void session_signature_add(const struct session *s, struct engine_file *file);
/* Where its verdicts are kept; NULL: this user has no home. */
const char *session_cache_path(struct arena *a, const struct settings *set);
/* Judges one file, and closes its descriptors.  False: it has complained. */
MUST_CHECK bool session_judge(struct session *s, struct engine_file *file, struct arena *a,
			      struct report *out);
/* By the user's own lines, or by one of the names. */
enum outcome session_outcome(const struct session *s, const struct report *r, const char *path,
			     bool named);
/* False: the output could not be written; it has complained, unless nobody reads any more. */
MUST_CHECK bool session_close(struct session *s);
/* After a failure: what was to be printed is not. */
void session_abandon(struct session *s);
