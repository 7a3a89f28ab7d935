/* SPDX-License-Identifier: MIT */
/* rpm: packages of RPM, versions 3 and 4 ("RPM Package format", rpm.org). */
#pragma once
#include "formats/format.h"
#include "structure/rpm_header.h"

/* Tags of the signature header. */
enum rpm_signature_tag {
	RPM_SIG_DSA_HEADER = 267,
	RPM_SIG_RSA_HEADER = 268,
	RPM_SIG_OPENPGP = 278, /* base64, any number of them */
	RPM_SIG_PGP = 1002,    /* header and payload, RSA */
	RPM_SIG_GPG = 1005,    /* header and payload, DSA */
};

/* Tags of the main header. */
enum rpm_tag {
	RPM_NAME = 1000,
	RPM_VERSION = 1001,
	RPM_RELEASE = 1002,
	RPM_VENDOR = 1011,
	RPM_PACKAGER = 1015,
	RPM_ARCH = 1022,
	RPM_PAYLOAD_DIGEST = 5092,
	RPM_PAYLOAD_DIGEST_ALGORITHM = 5093,
};

struct rpm {
	struct range lead, signatures, header, payload; /* together the file */
	struct rpm_header signature_header, main_header;
	const struct coverage *signed_header; /* the main header's region */
	const char *name; /* "name-version-release.arch", as it says; NULL: it does not */
	const char *vendor;
	/* What the main header says of the payload; algorithm 0: nothing. */
	uint64_t payload_algorithm; /* as OpenPGP numbers them */
	struct span payload_digest; /* in hex */
};

extern const struct format format_rpm;
