/* SPDX-License-Identifier: MIT */
/* What tests of CRLs and of OCSP share: a small world, and rows of what follows. */
#pragma once
#include "trust/test_scene.h"

/* Root <- authority <- signer; a row lays down what speaks about them. */
struct world {
	struct scene scene;
	struct pki *pki;
	const struct pki_certificate *root, *ca, *leaf;
	struct pki_wish root_wish, ca_wish, leaf_wish;
	struct pki_crl_wish crl; /* an empty list of the authority */
};

typedef void world_fn(struct world *w);
void nothing(struct world *w);
void world_make(struct world *w, struct pki *pki, world_fn *prepare, bool timestamp);

#define ANCHORED    ASSAY_TRUST_ANCHORED
#define REVOKED     ASSAY_TRUST_REVOKED
#define UNEVALUATED ASSAY_TRUST_UNEVALUATED
#define PRESENT     TRUST_REVOCATION_IF_PRESENT
#define REQUIRE     TRUST_REVOCATION_REQUIRE
#define OFF         TRUST_REVOCATION_OFF

struct status_row {
	const char *name;
	world_fn *prepare, *lay;
	const char *signed_at; /* NULL: no timestamp */
	enum trust_mode mode;
	enum assay_trust trust;
	bool unusable;
	const char *because;
};

/* What came out otherwise than the row says; NULL: nothing. */
const char *status_row_wrong(struct pki *pki, const struct status_row *row);
