/* SPDX-License-Identifier: MIT */
/* Installer packages, cabinets and catalogs, signed by the forge: good and bad. */
#pragma once
#include "tests/cfb_builder.h"
#include "tests/forge/forge.h"

/* What Authenticode says of the kind of file: the element that is signed. */
enum forge_kind { FORGE_KIND_OWN, FORGE_KIND_MSI, FORGE_KIND_CAB, FORGE_KIND_PE };
void forge_indirect(enum forge_kind kind, const char *digest_name, struct span digest,
		    struct buffer *out);

struct forge_msi {
	const struct cfb_item *items; /* without those of the signature */
	size_t n;
	enum cfb_build_order order;
	uint32_t spare;       /* free sectors, filled with spaces */
	bool extended;        /* with MsiDigitalSignatureEx */
	bool extended_wrong;  /* of which one byte is another, soundly signed */
	enum forge_kind kind; /* that the signature names */
};
/* @after: what is in the file instead of m->items, with the signature over these; NULL: they.
 */
void forge_msi_make(struct forge *f, const struct forge_signature *wish,
		    const struct forge_msi *m, const struct forge_msi *after,
		    struct buffer *out);

struct forge_cab {
	uint16_t number;      /* iCabinet */
	uint32_t filler;      /* last 4 bytes of the reserve */
	bool other_reading;   /* signed as osslsigncode and relic do */
	enum forge_kind kind; /* that the signature names */
	const char *text;     /* of the file in it; NULL: "hello" */
};
void forge_cab_make(struct forge *f, const struct forge_signature *wish,
		    const struct forge_cab *c, struct buffer *out);

struct forge_member {
	struct span digest;
	bool image;       /* an image digest, not one of the whole file */
	bool bare;        /* its tag alone, as SHA-1 in catalogs of version 2 */
	const char *name; /* NULL: none */
};
void forge_catalog_make(struct forge *f, const struct forge_signature *wish,
			const struct forge_member *members, size_t n, struct buffer *out);
