/* SPDX-License-Identifier: MIT */
/* Of two states of one content.  Private to this room. */
#pragma once
#include "countermeasures/file_integrity_monitoring/compare.h"

/* Are the bytes under the signature the same? */
bool fim_covers_same(const struct fim_change *c);
/* Are there bytes that no signature covers, where there were none? */
bool fim_holes_added(const struct fim_change *c);
/* "10.0.9" comes before "10.0.10": less than, equal to (also: nobody knows) or greater than 0.
 */
int fim_version_order(struct span a, struct span b);
