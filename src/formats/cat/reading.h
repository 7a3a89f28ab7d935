/* SPDX-License-Identifier: MIT */
/* What the files of this room hand to each other. */
#pragma once
#include "formats/cat/cat.h"

/* CatalogNameValue: SEQUENCE { BMPString name, INTEGER flags, OCTET STRING text }. */
struct cat_name_value {
	struct span name, text; /* UTF-16BE; UTF-16LE with a NUL */
};

MUST_CHECK bool cat_name_value_read(struct span value, struct cat_name_value *out);
bool cat_name_is(struct span utf16be, const char *ascii);
/* For people; NULL: no memory. */
const char *cat_text(struct arena *a, struct span utf16);
