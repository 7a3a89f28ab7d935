/* SPDX-License-Identifier: MIT */
/* ar: the archive that Debian packages are (deb(5), ar(5) with System V and BSD short names).
 */
#pragma once
#include "source/view.h"
#include <stdbool.h>

#define AR_MAGIC       "!<arch>\n"
#define AR_MAGIC_BYTES 8

struct ar_member {
	struct span name;          /* without blanks and the slash at its end */
	struct range header, data; /* in the file; data without padding */
};

/*
 * The member whose header stands at *@at, which then stands behind the member
 * and its padding.  STATUS_NOT_MINE: the file ends here; MALFORMED: no member
 * begins here, or the file ends before it does; WANT: see view.h.
 */
MUST_CHECK enum status ar_next(struct view *view, uint64_t *at, struct ar_member *out);

/* A number in ASCII digits of @base, blanks behind it; false: anything else. */
MUST_CHECK bool ar_number(struct span field, unsigned base, uint64_t *out);
