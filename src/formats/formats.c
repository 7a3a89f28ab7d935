/* SPDX-License-Identifier: MIT */
/* The list of formats.  A new format is one room and one line here. */
#include "formats/format.h"

#include "formats/pe/pe.h"

const struct format *const formats[] = {
	&format_pe,
};
const size_t n_formats = COUNT_OF(formats);

const struct format *format_of(struct span head)
{
	for (size_t i = 0; i < n_formats; i++)
		if (formats[i]->sniff(head))
			return formats[i];
	return NULL;
}
