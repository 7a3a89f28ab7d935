/* SPDX-License-Identifier: MIT */
/*
 * Decider: decides by the policy, keeps events, answers at the control socket.
 *
 * It parses reports, policies and what /proc says of callers, all without any
 * right that a plain user lacks: it gives them away when it begins.  A policy
 * that cannot be read leaves the old one as it was.
 */
#pragma once
#include "daemon/ledger.h"
#include "host/confine.h"
#include "policy/guard_rules.h"
#include "store/installed.h"
#include "store/signed_list.h"

#define DECIDER_MAX_OWN 4

/* What is decided by, and whose memory it is. */
struct decider_policy {
	struct arena arena;
	struct policy policy;
	enum guard_mode mode;
	/* Digests on the lists; NULL: there are none. */
	struct policy_value (*listed)(void *context, enum policy_set set,
				      enum policy_attribute attribute, struct span bytes);
	void *listed_context;
	/* assay's own programs, which root can always run: by device and inode. */
	struct decider_own {
		uint64_t dev, ino;
	} own[DECIDER_MAX_OWN];
	size_t n_own;
	bool first; /* asked by whoever loads it: there is none to go on with */
	/* Why the last signed policy holds and not the files'; NULL: theirs does. */
	const char *instead;
	struct signed_lists signed_lists; /* that are followed, for the status */
	const char *unvouched; /* of the first of them that nobody answers for; NULL: all are */
	/* Whose package a program is; NULL: no line asks.  Who keeps the policy opens it again
	 * when it has changed. */
	struct installed *installed;
	struct installed_from installed_from;
	struct trust_store *anchors; /* that packages are believed by */
	int64_t until; /* the wall clock: then it has to be read again; 0: never */
};

struct decider_plan {
	bool fast;                        /* the kernel need not ask about what is known */
	bool strict;                      /* opens by interpreters are asked about */
	bool libraries;                   /* watcher_plan.libraries */
	bool writers_pass;                /* the kernel lets write to what runs */
	int control;                      /* a socket that listens; -1: none */
	const char *events;               /* the database; NULL: none */
	const char *journal, *syslog;     /* sockets of logs that hear of events; NULL: none */
	const struct confine_rule *rules; /* files that it may still reach */
	size_t n_rules;
	/* Reads the policy and the mode of this host; *@problem: what is wrong with it, in
	 * out->arena. */
	enum status (*load)(void *context, struct decider_policy *out, const char **problem);
	void *context;
};

/* In a child of the supervisor (daemon/guard.h); its exit code. */
int decider_run(void *plan, struct ledger *ledger, int orders);
