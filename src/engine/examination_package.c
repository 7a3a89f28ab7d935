/* SPDX-License-Identifier: MIT */
/* Programs without a signature of their own, looked up in what archives of packages vouch for.
 */
#include "engine/examination.h"

enum status examination_ask_packages(struct examination *x, const struct engine *e)
{
	const struct container *box = &x->box;

	/* A package itself has a signature, or it has none. */
	if (!e->settings.packages || x->bundle || !box->format || box->claims || box->broken ||
	    box->n_parts > 0 || box->deb || box->rpm || x->packed_as)
		return STATUS_OK;
	x->packages = e->settings.packages;
	return package_begin(x->arena, x->source.before.size, &x->package);
}

enum status examination_hear_packages(struct examination *x)
{
	if (!x->packages || x->facts)
		return STATUS_OK;
	TRY(package_finish(x->arena, &x->verify, x->packages, &x->package, x->path, &x->facts));
	x->findings.signature = -1;
	return STATUS_OK;
}
