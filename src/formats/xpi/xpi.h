/* SPDX-License-Identifier: MIT */
/* XPI: add-ons of Firefox, signed by Mozilla as JAR archives, and with COSE (RFC 9052). */
#pragma once
#include "formats/format.h"
#include "structure/zip/zip.h"

struct xpi_file {
	const struct zip_entry *cose_manifest, *cose_signature; /* NULL: not there */
	struct span cose_manifest_bytes, cose_signature_bytes;
};

extern const struct format format_xpi;
