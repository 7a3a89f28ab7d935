/* SPDX-License-Identifier: MIT */
/* What a code signature is the signature of, whatever kind of file it stands in. */
#include "verify/code_directory/state.h"

void code_object_of(const struct container *box, const struct claim *claim,
		    struct code_object *out)
{
	const struct macho_slice *s = &box->macho->slices[claim->part];

	*out = (struct code_object){
		.code = s->code,
		.where = s->where,
		.info_plist = s->info_plist,
		.slice = s,
		.holes = s->holes || box->macho->holes,
	};
}
