/* SPDX-License-Identifier: MIT */
/* Coverage: what its forms share.  Private to src/graph. */
#pragma once
#include "evidence/attack.h"
#include "graph/parts.h"

/* How many countermeasures say so. */
size_t coverage_count(const struct graph *g, enum room_health health);
/* The best state of these ids. */
enum room_health coverage_of(const struct graph *g, const char *const *ids);

/* Of what judges programs of "Windows", "macOS"; without an anchor for them, no better than
 * degraded.  *@row: their analytic; NULL: there is no such format. */
enum room_health coverage_of_platform(const struct graph *g, const char *platform,
				      const struct attack_analytic_row **row);
/* What is seen of one of its components, and of all of them: who sees a part is degraded. */
enum room_health coverage_of_component(const struct graph *g, const struct attack_analytic *of,
				       const struct attack_component *component);
enum room_health coverage_of_analytic(const struct graph *g, const struct attack_analytic *of);
/* Of all analytics together: who covers one of them is degraded. */
enum room_health coverage_of_strategy(const struct graph *g);
/* Of the technique: as good as the best of its platforms. */
enum room_health coverage_of_technique(const struct graph *g);

/* On whom ATT&CK's analytics rest, and its mitigation: ids, then NULL. */
extern const char *const coverage_judging[];
extern const char *const coverage_requiring[];
