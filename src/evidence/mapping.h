/* SPDX-License-Identifier: MIT */
/*
 * Mapping: our words in the words of others, one row each.
 *
 * Where a standard has one enum for what are four axes here, this table decides;
 * the axes always go along beside it.
 */
#pragma once
#include "evidence/attack.h"
#include "evidence/report.h"

/* ECS code_signature.valid: the mathematics and the digest, whoever signed. */
enum mapping_valid {
	MAPPING_UNCHECKED, /* the field is left out, as ECS asks */
	MAPPING_FALSE,
	MAPPING_TRUE,
	MAPPING_BY_AXES,
};

struct mapping {
	unsigned severity;        /* OCSF: 0 unknown, 1 informational ... 5 critical */
	enum mapping_valid valid; /* ECS */
	const char *status;       /* ECS code_signature.status; NULL: by trust, or none */
	const char *level, *kind; /* SARIF; NULL: no result but a notification */
	bool technique;           /* tagged T1036.001 wherever tags are */
	bool bare;                /* there is no signature, as far as anybody can know */
};

const struct mapping *mapping_of(enum assay_verdict v);

/* Is the file valid, and the signature that says so too? */
bool mapping_is_good(const struct report *r);
/* Should somebody look at it now? */
bool mapping_is_alert(enum assay_verdict v);

/* A technique of D3FEND for which there is a room. */
struct mapping_defence {
	const char *id, *name, *url, *verb; /* verb: between it and the technique of ATT&CK */
};
extern const struct mapping_defence mapping_defences[];
extern const size_t n_mapping_defences;
#define D3FEND_VERSION "1.2.0"

/* OCSF digital_signature.state_id: 1 only when signature and file are valid. */
struct mapping_state {
	unsigned id;
	const char *state; /* its caption; of 0 and 99 our word */
};
struct mapping_state mapping_state(const struct report *r, const struct report_signature *s);

/* ECS code_signature.status: "trusted" only when signature and file are valid. */
const char *mapping_status(const struct report *r, const struct report_signature *s);
/* ECS code_signature.valid; MAPPING_BY_AXES never. */
enum mapping_valid mapping_valid(const struct report_signature *s);

/*
 * Where a standard has room for one signature: the worst, so that a good one
 * cannot hide a bad one.  Beside a valid one, a merely untrusted or unsupported
 * one does not count, as it does not for the verdict.  -1: there is none.
 */
int mapping_signature(const struct report *r);

#define ATTACK_TECHNIQUE         "T1036"
#define ATTACK_TECHNIQUE_NAME    "Masquerading"
#define ATTACK_SUBTECHNIQUE      "T1036.001"
#define ATTACK_SUBTECHNIQUE_NAME "Invalid Code Signature"
#define ATTACK_TACTIC            "TA0005"
#define ATTACK_TACTIC_NAME       "Defense Evasion"
#define ATTACK_URL               "https://attack.mitre.org/techniques/T1036/001/"
