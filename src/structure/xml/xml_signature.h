/* SPDX-License-Identifier: MIT */
/*
 * XML signatures: what stands in a Signature element.
 *
 * Follows XML Signature Syntax and Processing (W3C, second edition), as far as
 * packages and manifests of Windows use it.  Nothing is computed here but
 * canonical forms; algorithms are the names that stand there.
 */
#pragma once
#include "structure/xml/xml_tree.h"

#define XML_DSIG             "http://www.w3.org/2000/09/xmldsig#"
#define XML_MAX_REFERENCES   ((size_t)1 << 14) /* of one signature or manifest */
#define XML_MAX_TRANSFORMS   4
#define XML_MAX_CERTIFICATES 16
#define XML_MAX_VALUE        ((size_t)4096) /* bytes of a signature or a digest */

enum xml_transform {
	XML_TRANSFORM_UNKNOWN,
	XML_TRANSFORM_ENVELOPED,     /* without the signature itself */
	XML_TRANSFORM_CANONICAL,     /* .form says which */
	XML_TRANSFORM_RELATIONSHIPS, /* ECMA-376-2: only some relationships, sorted */
};

/* One way to write canonically. */
struct xml_form {
	bool exclusive, comments;
	struct span prefixes;
};

struct xml_reference {
	struct span uri, type;
	enum xml_transform transforms[XML_MAX_TRANSFORMS];
	const struct xml_node *nodes[XML_MAX_TRANSFORMS];
	size_t n_transforms;
	struct xml_form
		form; /* of the last canonical transform; the usual one if there is none */
	struct span method; /* DigestMethod, by its URI */
	struct span value;  /* of the digest */
};

struct xml_signature {
	const struct xml_node *node, *signed_info, *key_info;
	struct span method; /* SignatureMethod, by its URI */
	struct xml_form form;
	struct xml_reference *references;
	size_t n_references;
	struct span value;
	struct span certificates[XML_MAX_CERTIFICATES]; /* of X509Data, DER */
	size_t n_certificates;
	struct span modulus, exponent; /* of KeyValue; empty: none */
};

/*
 * STATUS_MALFORMED: no such signature; *@problem says why.  STATUS_UNSUPPORTED:
 * a canonical form that is not built in; STATUS_LIMIT: a limit above.
 */
MUST_CHECK enum status xml_signature_read(struct arena *a, const struct xml_node *node,
					  struct xml_signature *out, const char **problem);

/* Octets of the digest that a DigestMethod names: SHA-1, or SHA-2 of that length; 0: none. */
uint64_t xml_digest_octets(struct span method);

/* The Reference children of @parent: of a SignedInfo, of a Manifest. */
MUST_CHECK enum status xml_references_read(struct arena *a, const struct xml_node *parent,
					   struct xml_reference **out, size_t *n,
					   const char **problem);

/* Adds the octets that the signature value is made over. */
MUST_CHECK enum status xml_signed_info_write(struct buffer *out,
					     const struct xml_signature *signature);

/* The element whose attribute Id, ID or id is @id; more than one: *@twice. */
const struct xml_node *xml_identified(const struct xml_node *top, struct span id, bool *twice);

/* Base64 with white space anywhere; malformed: an empty span.  In @a. */
MUST_CHECK enum status xml_base64(struct arena *a, const struct xml_node *node,
				  struct span *out);
