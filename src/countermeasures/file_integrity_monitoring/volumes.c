/* SPDX-License-Identifier: MIT */
#include "countermeasures/file_integrity_monitoring/volumes.h"

enum likeness { LIKENESS_UNKNOWN, LIKENESS_SAME, LIKENESS_OTHER };

static bool has_uuid(const struct baseline_volume *v)
{
	static const uint8_t none[16];

	return !span_equal(SPAN_OF(v->uuid), SPAN_OF(none));
}

/* Some (XFS, FAT, squashfs) have no id of their own, and tell their number instead. */
static bool has_id(const struct baseline_volume *v)
{
	return v->id != 0 && v->id != v->dev;
}

/* Of one UUID there are the subvolumes of Btrfs, which differ by their ids. */
static enum likeness likeness_of(const struct baseline_volume *a,
				 const struct baseline_volume *b)
{
	bool ids = has_id(a) && has_id(b);

	if (has_uuid(a) && has_uuid(b) && !span_equal(SPAN_OF(a->uuid), SPAN_OF(b->uuid)))
		return LIKENESS_OTHER;
	if (ids)
		return a->id == b->id ? LIKENESS_SAME : LIKENESS_OTHER;
	return has_uuid(a) && has_uuid(b) ? LIKENESS_SAME : LIKENESS_UNKNOWN;
}

static const struct baseline_volume *volume_at(const struct baseline_volume *volumes, size_t n,
					       uint64_t dev)
{
	for (size_t i = 0; i < n; i++)
		if (volumes[i].dev == dev)
			return &volumes[i];
	return NULL;
}

uint64_t fim_volume_now(const struct baseline_about *was, const struct baseline_volume *now,
			size_t n_now, uint64_t dev)
{
	const struct baseline_volume *before = volume_at(was->volumes, was->n_volumes, dev),
				     *here = volume_at(now, n_now, dev), *found = NULL;

	/* Overlays have the id of what is below them, all of them the same: stay if possible.
	 */
	if (!before || (here && likeness_of(before, here) != LIKENESS_OTHER))
		return dev;
	for (size_t i = 0; i < n_now; i++) {
		if (likeness_of(before, &now[i]) != LIKENESS_SAME ||
		    has_uuid(before) != has_uuid(&now[i]))
			continue;
		if (found)
			return here ? FIM_VOLUME_GONE : dev;
		found = &now[i];
	}
	if (found)
		return found->dev;
	return here ? FIM_VOLUME_GONE : dev;
}
