/* SPDX-License-Identifier: MIT */
/* COSE_Sign (RFC 9052, 4.1) as Mozilla writes it.  Private to src/verify/xpi. */
#pragma once
#include "crypto/x509.h"
#include "structure/cbor.h"

#define COSE_MAX_SIGNERS      4
#define COSE_MAX_CERTIFICATES 8

struct cose_signer {
	struct span protected; /* its header, as it is signed */
	int64_t algorithm;
	struct span certificate; /* DER: kid */
	struct span signature;
};

struct cose {
	struct span protected; /* of the body */
	struct span
		certificates[COSE_MAX_CERTIFICATES]; /* DER: kid of the body, intermediates */
	size_t n_certificates;
	struct cose_signer signers[COSE_MAX_SIGNERS];
	size_t n_signers;
	bool many; /* more of something than is read */
};

/* False: it is not such a message. */
MUST_CHECK bool cose_read(struct span in, struct cose *out);

/* What @signer signed of @payload: the Sig_structure. */
MUST_CHECK enum status cose_signed_octets(const struct cose *cose,
					  const struct cose_signer *signer, struct span payload,
					  struct buffer *out);

/* Is the signature good under @key? */
MUST_CHECK enum status cose_verify(const struct cose_signer *signer,
				   const struct public_key *key, struct span octets,
				   enum signature_result *out);

/* The digest of the algorithm; DIGEST_NONE: not built in. */
enum digest_algorithm cose_digest(int64_t algorithm);
