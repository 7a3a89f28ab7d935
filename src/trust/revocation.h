/* SPDX-License-Identifier: MIT */
/* What CRLs and OCSP responses say about one certificate.  Private to src/trust. */
#pragma once
#include "trust/inquiry.h"

/* CRLReason, RFC 5280 5.3.1. */
enum revocation_reason {
	REASON_UNSPECIFIED = 0,
	REASON_KEY_COMPROMISE = 1,
	REASON_CA_COMPROMISE = 2,
	REASON_HOLD = 6,
	REASON_REMOVED = 8,
	REASON_AA_COMPROMISE = 10,
};
const char *revocation_reason_text(uint64_t reason);

struct revoked {
	int64_t when;
	uint64_t reason;
	bool has_invalidity;
	int64_t invalidity; /* since when the key is thought to be in wrong hands */
};

/* The certificate that is asked about: certs[at] of the path, issued by certs[at + 1]. */
struct status_question {
	struct inquiry *in;
	const struct path *path;
	size_t at;
};

/* What is known so far, from all sources. */
struct status_answer {
	bool fresh;      /* a fresh answer says that it is not revoked */
	bool is_revoked; /* for good; .revoked is the earliest that counts at this time */
	struct revoked revoked;
	bool held, cleared; /* certificateHold, and an answer that lifts it */
	int64_t held_at, cleared_at;
	struct revoked hold;
	const char *unusable; /* why an answer that was at hand could not be used */
};

/* Notes an entry that speaks against the certificate, published at @published. */
void status_revoke(struct inquiry *in, struct status_answer *answer,
		   const struct revoked *revoked, int64_t published);

MUST_CHECK enum status crl_ask(const struct status_question *question,
			       struct status_answer *answer);
MUST_CHECK enum status ocsp_ask(const struct status_question *question,
				struct status_answer *answer);
