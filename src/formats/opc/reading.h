/* SPDX-License-Identifier: MIT */
/* What the steps of one reading share.  Private to this room. */
#pragma once
#include "formats/opc/opc.h"

#define OPC_RELATIONSHIPS "http://schemas.openxmlformats.org/package/2006/relationships"
#define OPC_TYPES         "[Content_Types].xml"

struct opc_reading {
	struct view *view;
	struct findings *findings;
	struct container *out;
	struct opc_package *package;
	const struct zip *zip;
	const struct xml_node *types; /* the element Types; NULL: none that can be read */
	bool *exempt;                 /* for each entry: no signature need list it */
};

/*
 * A part as a tree.  *@out NULL: there is none, or it is no XML that is read;
 * only what is a limit of ours or want of bytes is a status.
 */
MUST_CHECK enum status opc_tree(struct opc_reading *r, const struct zip_entry *e,
				struct xml_node **out);

/* The entry of a part name, "/a/b"; NULL: none. */
const struct zip_entry *opc_part(const struct opc_reading *r, struct span name);

/* The type that [Content_Types].xml gives the part; empty: none. */
struct span opc_type(const struct opc_reading *r, struct span part);

/* The next relationship of that type, and the part that it leads to: relationships.c */
MUST_CHECK enum status opc_relationship(struct opc_reading *r, const struct xml_node *list,
					const char *type, struct span folder,
					const struct xml_node **at,
					const struct zip_entry **target);

/* What a relationships transform makes of a part (13.2.4.24).  MALFORMED: nothing. */
MUST_CHECK enum status opc_relationships_write(struct arena *a, const struct xml_node *list,
					       const struct xml_node *transform,
					       struct buffer *out);

/* One signature: its manifest, and what the parts in it are: signature.c */
MUST_CHECK enum status opc_signature_read(struct opc_reading *r, const struct zip_entry *e,
					  struct opc_signature *out, struct span *xml);
