/* SPDX-License-Identifier: MIT */
/* The list of formats.  A new format is one room and one line here. */
#include "formats/format.h"

#include "formats/pe/pe.h"

const struct format *const formats[] = {
	&format_pe,
};
const size_t n_formats = COUNT_OF(formats);

const struct format *format_next(struct span head, struct span tail, size_t *at)
{
	for (; *at < 2 * n_formats; ++*at) {
		const struct format *f = formats[*at % n_formats];
		bool by_head = f->sniff && f->sniff(head);
		bool by_tail = !by_head && f->sniff_tail && f->sniff_tail(tail);

		if (*at < n_formats ? by_head : by_tail) {
			++*at;
			return f;
		}
	}
	return NULL;
}
