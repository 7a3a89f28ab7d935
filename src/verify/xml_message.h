/* SPDX-License-Identifier: MIT */
/*
 * XML message: what is judged alike in every scheme whose signatures are XML
 * signatures: mathematics, time, trust.
 */
#pragma once
#include "structure/xml/xml_signature.h"
#include "verify/message.h"

/* One signature under way, and whose it is. */
struct xml_message {
	struct xml_signature signature;
	struct certificate *certificates; /* those that can be read */
	size_t n_certificates;
	enum digest_algorithm digest; /* of SignatureMethod; DIGEST_NONE: not built in */
};

/* Reads what stands in @node.  A problem of the file is told in fact->problem. */
MUST_CHECK enum status xml_message_read(struct arena *a, struct scheme_case *c,
					struct fact *fact, const struct xml_node *node,
					struct xml_message *out);

/* Adds certificates that stand outside of it, and can be read. */
MUST_CHECK enum status xml_message_certificates(struct arena *a, const struct span *ders,
						size_t n, struct xml_message *m);

/* The digest that a DigestMethod names; DIGEST_NONE: not built in. */
enum digest_algorithm xml_digest(struct span uri);

/*
 * Does the reference hold for @what (canonical) or, .apex NULL, for @octets?
 * *@out false: it does not, or its digest is not built in.
 */
MUST_CHECK enum status xml_reference_holds(const struct xml_reference *reference,
					   const struct xml_canonical *what, struct span octets,
					   bool *out);

/*
 * The signature axis: sets .certificate (the one whose key made the signature),
 * .signature and, if it is not good, .problem.
 */
MUST_CHECK enum status xml_mathematics(struct fact *fact, struct xml_message *message);

/* The same for a bare key, which is in KeyValue: ASSAY_SIGNATURE_GOOD or another. */
MUST_CHECK enum status xml_bare_mathematics(const struct xml_message *message,
					    enum assay_signature *out);

/* Is @key the one in KeyValue?  True also when there is none. */
bool xml_same_key(const struct public_key *key, const struct xml_signature *s);

/* The trust axis, at the time of the token @stamp (empty: none) or now. */
MUST_CHECK enum status xml_trust(struct arena *a, struct scheme_case *c, struct fact *fact,
				 const struct xml_message *message, struct span stamp);
