/* SPDX-License-Identifier: MIT */
/* Just enough of CRLs and OCSP responses to find them again; chains judge them. */
#pragma once
#include "trust/database.h"

#define OCSP_MAX_ANSWERS 64

/* STATUS_NOT_MINE: not a CRL.  .key: of its issuer. */
MUST_CHECK enum status crl_index(struct span der, struct revocation *out);

/* STATUS_NOT_MINE: not an OCSP response with answers.  .key is left to the caller: one row
 * for each serial number. */
MUST_CHECK enum status ocsp_index(struct arena *a, struct span der, struct revocation *out,
				  struct span serials[OCSP_MAX_ANSWERS], size_t *n);
