/* SPDX-License-Identifier: MIT */
/* What a PE says it is: the features that mimicry asks of every one. */
#include "formats/pe/looking.h"

#define IDENTITY_PLACES 8

static enum status identity_look(struct pe_looking *l, struct pe_identity *out)
{
	struct pe_resource_tree tree;

	TRY(pe_rich_read(l, out));
	TRY(pe_debug_read(l, out));
	TRY(pe_resources_read(l, &tree));
	if (tree.expected)
		finding_add(l->findings, "pe.resource-malformed", tree.where, tree.expected,
			    tree.observed);
	TRY(pe_version_read(l, &tree, &out->version));
	TRY(pe_icon_read(l, &tree, &out->icon));
	return pe_manifest_read(l, &tree, &out->manifest);
}

enum status pe_identity_read(struct view *view, const struct pe_image *pe,
			     struct findings *findings, struct pe_identity *out)
{
	struct pe_looking l = {
		.view = view,
		.pe = pe,
		.findings = findings,
		.arena = findings->arena,
		.max_places = IDENTITY_PLACES,
	};

	*out = (struct pe_identity){ 0 };
	TRY(identity_look(&l, out));
	if (l.gave_up)
		finding_add(findings, "limit.pe-features", (struct range){ 0, 0 },
			    "few and small directories", "more than is looked at");
	return STATUS_OK;
}
