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

#define OPC_MAX_XML        ((uint64_t)16 << 20) /* bytes of a part that is read */
#define OPC_MAX_SIGNATURES 8

/* One row of a signature's manifest: a part, and how it is hashed. */
struct opc_reference {
	const struct xml_reference *xml;
	const struct zip_entry *entry; /* NULL: there is no such part */
	struct coverage covered;       /* n 0: it cannot be hashed */
	bool unsupported;              /* a transform that is not built in */
};

struct opc_signature {
	const struct xml_node *document, *node; /* the Signature element */
	const struct xml_node *object;          /* the only one with a manifest; NULL: none */
	struct opc_reference *references;
	size_t n_references;
	size_t n_unlisted;     /* parts that the manifest leaves out */
	struct range unlisted; /* the first of them */
	const char *problem;   /* why it cannot be read; NULL: it can */
	bool limit;
};

struct opc_package {
	struct opc_signature signatures[OPC_MAX_SIGNATURES]; /* in the order of the claims */
	size_t n;
};

extern const struct format format_opc;
