/* SPDX-License-Identifier: MIT */
/*
 * Message: what is judged alike in every scheme whose signatures are CMS.
 *
 * A fact has .cms, .signer and .claim; the scheme says which octets were signed
 * and in which set its signers are believed.
 */
#pragma once
#include "verify/scheme.h"

#define FACT_MAX_STAMPS 64 /* timestamps of all signatures of a file; the most seen is 6 */

/*
 * The signature axis: sets .certificate, .signature and, if it is not good,
 * .problem.  @content: the octets under messageDigest.
 */
MUST_CHECK enum status fact_mathematics(struct fact *fact, struct span content);

/*
 * The same of a signature whose content can be exchanged: that it was made for
 * other content leaves it good, and *@same false.
 */
MUST_CHECK enum status fact_mathematics_apart(struct fact *fact, struct span content,
					      bool *same);

/* The same of a countersignature (RFC 5652, 11.4): @signed_value is what it signs. */
MUST_CHECK enum status fact_counter_mathematics(struct fact *fact, struct span signed_value);

/* Why a signature is bad although it could be read; NULL: it is good. */
const char *message_problem(const struct fact *fact, const struct signer_check *check);

/*
 * The same where the file itself is the content: @content is its digest, by the
 * algorithm of the signer.  Sets .binding, .signed_digest and .computed_digest
 * too: bytes that differ are no fault of the signature, as long as it says for
 * which it was made.  If no certificate comes along, an anchor of @set is the
 * key; when that is not at hand either, nothing is said about the signature,
 * and .trust and .answer say why.
 */
MUST_CHECK enum status fact_mathematics_detached(struct arena *a, struct scheme_case *c,
						 struct fact *fact, enum trust_set set,
						 const struct digest *content);

/*
 * Timestamps of the signature, each judged alone, and the time at which it is
 * to be judged itself: sets .timestamps, .judged_at, .timestamped, .signed_at.
 */
MUST_CHECK enum status fact_times(struct arena *a, struct scheme_case *c, struct fact *fact,
				  enum trust_set set);

/* The same where a countersignature is somebody's consent: tokens (RFC 3161) alone. */
MUST_CHECK enum status fact_tokens(struct arena *a, struct scheme_case *c, struct fact *fact,
				   enum trust_set set);

/* Of timestamps that came by another way: judges one; chooses when all are judged. */
MUST_CHECK enum status fact_timestamp_judge(struct arena *a, struct scheme_case *c,
					    const struct fact *fact, enum trust_set set,
					    struct timestamp_fact *tf);
void fact_times_choose(struct scheme_case *c, struct fact *fact);

/*
 * The trust axis of a signature that is good, at the time that was chosen: sets
 * .answer, .trust, .counterfeit.  @digest: of the content, for weak algorithms.
 */
MUST_CHECK enum status fact_trust(struct arena *a, struct scheme_case *c, struct fact *fact,
				  enum trust_set set, enum digest_algorithm digest);

/* The same for whoever has more to ask: .set, .digest and .image_digest of @q are taken as they
 * are, the rest comes from the fact. */
MUST_CHECK enum status fact_trust_ask(struct arena *a, struct scheme_case *c, struct fact *fact,
				      struct trust_question *q);
