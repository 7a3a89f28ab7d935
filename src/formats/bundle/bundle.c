/* SPDX-License-Identifier: MIT */
/*
 * Bundles in the list of formats.  A folder has no bytes by which it could be
 * known; an archive of one is known by the names in it.
 */
#include "formats/bundle/bundle.h"

#include "structure/zip/zip.h"

/* "Payload/NAME.app/Info.plist" */
static bool is_info(struct span name)
{
	struct span root;
	uint64_t at;

	return bundle_in_archive(name) && bundle_mark(name, &root) &&
	       span_find(root, SPAN_LITERAL("/"), 0, &at) &&
	       !span_find(root, SPAN_LITERAL("/"), at + 1, &at);
}

static enum status archive_read(struct view *view, struct findings *findings,
				struct container *out)
{
	size_t i = 0;

	(void)view;
	(void)findings;
	while (i < out->zip->n_entries && !is_info(out->zip->entries[i].name))
		i++;
	if (i == out->zip->n_entries)
		return STATUS_NOT_MINE;
	out->variant = "iOS app archive (IPA)";
	out->broken = zip_broken(out->zip, ZIP_PROFILE_STRICT);
	return STATUS_OK;
}

const struct format format_bundle = {
	.name = "bundle",
	.title = "Bundle (macOS or iOS program with its files, IPA), beta",
	.read_zip = archive_read,
};
