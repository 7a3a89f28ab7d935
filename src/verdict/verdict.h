/* SPDX-License-Identifier: MIT */
/* Verdict: facts -> one word per signature and one for the file, by table. */
#pragma once
#include "formats/format.h"
#include "mimicry/mimicry.h"
#include "verdict/rules.h"
#include "verify/fact.h"

/* Bytes hidden behind a signature inside its table entry (CVE-2013-3900). */
enum padding_check {
	PADDING_ACCEPT = 0,     /* a finding, as Windows does by default */
	PADDING_REJECT_PAYLOAD, /* what looks like a program makes the signature partial */
	PADDING_REJECT,         /* any bytes but zeros do (EnableCertPaddingCheck) */
};

struct verdict_settings {
	enum assay_fold fold;
	enum padding_check padding;
};

struct judgement {
	enum assay_verdict verdict;
	const char *rule; /* id of a RULE_VERDICT row */
	enum assay_masquerade masquerade;
	const struct fact *decisive; /* the signature that decided; NULL: none */
};

/* Sets verdict and rule of each fact, and gives the file's.  @bare: the relation of a file
 * without signature; NULL: nothing to say. */
struct judgement verdict_judge(struct fact *facts, const struct relation *bare,
			       const struct container *box,
			       const struct verdict_settings *settings);
