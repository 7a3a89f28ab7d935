/* SPDX-License-Identifier: MIT */
/* What a code signature is the signature of, whatever kind of file it stands in. */
#include "verify/code_directory/state.h"

static void slice_take(const struct macho_file *file, unsigned part, struct code_object *out)
{
	const struct macho_slice *s = &file->slices[part];

	*out = (struct code_object){
		.code = s->code,
		.where = s->where,
		.info_plist = s->info_plist,
		.slice = s,
		.holes = s->holes || file->holes,
		.broken = s->broken,
		.limit_differs = s->limit_differs,
	};
}

void code_object_of(const struct container *box, const struct claim *claim,
		    struct code_object *out)
{
	const struct dmg_image *dmg = box->dmg;

	if (box->macho) {
		slice_take(box->macho, claim->part, out);
		return;
	}
	*out = (struct code_object){
		.code = dmg->code,
		.where = {0, dmg->signature.off},
		.own = dmg->own,
		.holes = dmg->holes,
		.broken = dmg->broken,
		.limit_differs = dmg->limit_differs,
	};
}
