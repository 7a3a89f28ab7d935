/* SPDX-License-Identifier: MIT */
/*
 * Believe: who signs a baseline, whose signature is believed, and whether the one
 * that is there is the newest that ever was.
 *
 * Without a word about keys the host signs with its own, which lies beside the
 * baseline (PATH.key, and PATH.pub to verify with): that stops who may not write
 * there, not root.  Who keeps a key elsewhere names its public half in assay.conf
 * or with --key, and then nobody signs here but with --key.
 */
#pragma once
#include "cmd/fim.h"
#include "store/baseline_serial.h"
#include "store/baseline_signature.h"

struct fim_belief {
	struct ed25519_key signer; /* .has_secret: signs what is written */
	struct baseline_serial last;
	bool is_signed;      /* what was read, by somebody who is believed */
	uint8_t by[32];      /* whose key */
	const char *problem; /* why fim_commit() failed; NULL: status and errno say it */
};

/* Usable as CLEANUP(fim_belief_end). */
void fim_belief_end(struct fim_belief *belief);

/* Finds .signer, and makes the host's key if there is none.  Else it has complained. */
MUST_CHECK enum exit_code fim_signer_find(const struct invocation *call, const char *path,
					  struct fim_belief *out);
/* Finds .last.  Else it has complained. */
MUST_CHECK enum exit_code fim_serial_find(const struct invocation *call, const char *path,
					  struct fim_belief *out);

/* What is written next follows @b, if that is the newest. */
void fim_serial_follow(struct fim_belief *belief, const struct baseline *b);

/* Nothing lies at @path.  EXIT_USAGE: nothing ever did; EXIT_VIOLATION: somebody took it away.
 */
MUST_CHECK enum exit_code fim_absent(const struct invocation *call, const char *path,
				     struct fim_belief *belief);
/*
 * Is the baseline at @path, which is open, to be believed?  EXIT_PASS: yes.
 * EXIT_VIOLATION: it was altered, or an older one was put back, and that is
 * printed as a finding; else it has complained.  Needs .last; @secret: --key is
 * a private key, whose public half is believed.
 */
MUST_CHECK enum exit_code fim_believe(const struct invocation *call, const char *path,
				      const struct baseline *b, bool secret,
				      struct fim_belief *belief);

/* What is written takes its place at @path, signed and numbered. */
MUST_CHECK enum status fim_commit(struct arena *a, const char *path, struct baseline_writer *w,
				  const struct baseline_about *about,
				  struct fim_belief *belief);
/* assay fim sign FILE: says what is signed. */
int fim_sign(struct invocation *call);
