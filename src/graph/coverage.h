/* SPDX-License-Identifier: MIT */
/* Coverage: what its forms share.  Private to src/graph. */
#pragma once
#include "graph/parts.h"

/* How many countermeasures say so. */
size_t coverage_count(const struct graph *g, enum room_health health);
/* The best state of these ids. */
enum room_health coverage_of(const struct graph *g, const char *const *ids);

/* Of what judges programs of "Windows", "macOS". */
enum room_health coverage_of_platform(const struct graph *g, const char *platform);

/* On whom ATT&CK's analytics rest, and its mitigation: ids, then NULL. */
extern const char *const coverage_judging[];
extern const char *const coverage_requiring[];
