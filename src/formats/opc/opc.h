/* SPDX-License-Identifier: MIT */
/*
 * OPC packages with digital signatures: Visual Studio extensions (VSIX), and
 * whatever else is built on the Open Packaging Conventions.
 *
 * Follows ECMA-376 part 2 (Open Packaging Conventions), 9, 10 and 13.
 */
#pragma once
#include "formats/format.h"
#include "structure/xml/xml_signature.h"
#include "structure/zip/zip.h"

#define OPC_MAX_XML          ((uint64_t)16 << 20) /* bytes of a part that is read */
#define OPC_MAX_SIGNATURES   8
#define OPC_MAX_CERTIFICATES 32                   /* to which signatures lead */
#define OPC_MAX_CERTIFICATE  ((uint64_t)64 << 10) /* bytes of one */

/* One row of a signature's manifest: a part, and how it is hashed. */
struct opc_reference {
	const struct xml_reference *xml;
	const struct zip_entry *entry; /* NULL: there is no such part */
	struct coverage covered;       /* n 0: it cannot be hashed */
	bool unsupported;              /* a transform that is not built in */
	bool retyped;                  /* it has another content type than when it was signed */
};

struct opc_signature {
	const struct xml_node *document, *node; /* the Signature element */
	const struct xml_node *object;          /* the only one with a manifest; NULL: none */
	struct opc_reference *references;
	size_t n_references;
	const bool *listed;  /* for each entry: the manifest names it */
	size_t n_unlisted;   /* parts that the manifest leaves out */
	const char *problem; /* why it cannot be read; NULL: it can */
	bool limit;
};

/* A part that a signature calls a certificate; whether it is one of his is to be verified. */
struct opc_certificate {
	const struct zip_entry *entry;
	size_t signature; /* of .signatures */
	struct span bytes;
};

struct opc_package {
	struct opc_signature signatures[OPC_MAX_SIGNATURES]; /* in the order of the claims */
	size_t n;
	struct opc_certificate certificates[OPC_MAX_CERTIFICATES]; /* left out of .n_unlisted */
	size_t n_certificates;
};

extern const struct format format_opc;
