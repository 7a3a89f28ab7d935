/* SPDX-License-Identifier: MIT */
/*
 * Signers of the block at a glance, as they stand: for those that refer to
 * them (range, source stamp, scheme v4).  Whether they are good is judged
 * elsewhere.
 */
#include "verify/apk/sequences.h"

#define ATTRIBUTE_DEV_RELEASE 0xc2a6b3baU /* v3.1: for previews, which are named as before */

struct cursor apk_glance_begin(const struct apk_pair *pair)
{
	struct cursor outer = cursor_at(pair ? pair->value : SPAN_NONE, 0);

	return cursor_at(apk_prefixed(&outer), 0);
}

static bool has_attribute(struct span attributes, uint32_t id)
{
	struct cursor c = cursor_at(attributes, 0);

	while (cursor_left(&c) > 0) {
		struct cursor one = cursor_at(apk_prefixed(&c), 0);

		if (cursor_u32le(&one) == id && cursor_ok(&one))
			return true;
		if (!cursor_ok(&c))
			return false;
	}
	return false;
}

static bool signed_data_glance(struct span in, bool ranged, struct apk_glance *out)
{
	struct cursor c = cursor_at(in, 0), certificates;
	struct span digests = apk_prefixed(&c);

	certificates = cursor_at(apk_prefixed(&c), 0);
	out->certificate = apk_prefixed(&certificates);
	if (ranged)
		cursor_skip(&c, 8);
	out->for_previews = has_attribute(apk_prefixed(&c), ATTRIBUTE_DEV_RELEASE);
	return cursor_ok(&c) && apk_records_read(digests, out->digests, &out->n_digests);
}

bool apk_glance_next(struct cursor *signers, unsigned scheme, struct apk_glance *out)
{
	struct cursor c = cursor_at(apk_prefixed(signers), 0);
	struct span signed_data = apk_prefixed(&c);

	*out = (struct apk_glance){ .min_sdk = 0 };
	if (scheme != 2)
		out->min_sdk = cursor_u32le(&c);
	return cursor_ok(signers) && cursor_ok(&c) &&
	       signed_data_glance(signed_data, scheme != 2, out);
}

const struct apk_record *apk_record_best(const struct apk_record *records, size_t n)
{
	const struct apk_algorithm *best = apk_algorithm_best(records, n);

	for (size_t i = 0; best && i < n; i++)
		if (records[i].id == best->id)
			return &records[i];
	return NULL;
}
