/* SPDX-License-Identifier: MIT */
/*
 * Files without a signature of their own, looked up among catalogs.
 *
 * A good entry of a catalog does not heal a bad signature, so only a file that
 * claims none is asked for; one of no known format only when it was named.
 */
#include "engine/examination.h"

/* What a file is that we know nothing of, but that a catalog lists. */
static const struct format listed_file = {
	.name = "file",
	.title = "File that a catalog lists",
};

enum status examination_ask_catalogs(struct examination *x, const struct engine *e)
{
	const struct container *box = &x->box;

	if (!e->settings.catalogs || x->bundle || box->claims || box->broken ||
	    box->unsupported || box->n_parts > 0 || x->packed_as ||
	    (!box->format && !e->settings.catalogs_for_any))
		return STATUS_OK;
	x->catalogs = e->settings.catalogs;
	return catalog_begin(x->arena, box, x->catalogs, x->source.before.size, &x->catalog);
}

enum status examination_hear_catalogs(struct examination *x)
{
	if (!x->catalogs || x->facts)
		return STATUS_OK;
	TRY(catalog_finish(x->arena, &x->verify, x->catalogs, &x->catalog, &x->facts));
	x->findings.signature = -1;
	x->listed = x->facts && !x->box.format;
	if (x->listed) {
		x->box.format = &listed_file;
		x->box.variant = listed_file.title;
	}
	return STATUS_OK;
}
