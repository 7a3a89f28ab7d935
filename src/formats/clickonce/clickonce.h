/* SPDX-License-Identifier: MIT */
/*
 * ClickOnce manifests (.application, .manifest): XML that says which files make
 * up a program, signed twice.
 *
 * Follows the ClickOnce manifest schemas (asm.v1, asm.v2) and signed manifests
 * for the licence in the signature.
 */
#pragma once
#include "formats/format.h"
#include "structure/xml/xml_tree.h"

#define CLICKONCE_MAX ((uint64_t)16 << 20) /* bytes of a manifest */

struct clickonce_manifest {
	const struct xml_node *document, *root;
	const struct xml_node *signature; /* over the manifest, by a bare key */
	const struct xml_node *licence;   /* in it, who the publisher is; NULL: none */
	const struct xml_node *signature_of_licence;
	struct span hash;      /* of the manifest, as the licence has it: hex, backwards */
	struct span stamp;     /* base64 of a timestamp; empty: none */
	struct span token;     /* publicKeyToken of the manifest's identity, hex */
	struct span publisher; /* publisherIdentity; empty: none */
	struct span issuer;    /* publisherIdentity's issuerKeyHash, hex; empty: none */
	size_t n_files;        /* that it names */
	size_t n_unhashed;     /* of them, without a digest of all of the file */
	struct span astray; /* the first name that leads out of its folder; empty: none does */
};

extern const struct format format_clickonce;
