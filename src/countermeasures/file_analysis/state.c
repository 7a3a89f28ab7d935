/* SPDX-License-Identifier: MIT */
#include "countermeasures/file_analysis/state.h"

#include "base/buffer.h"
#include "base/escape.h"
#include "countermeasures/file_analysis/yara.h"
#include "formats/format.h"
#include "store/cache.h"
#include "store/donors.h"
#include "trust/trust.h"

#define ERROR_MAX 256

static void fail(const struct room_context *c, const char *problem, struct room_state *out)
{
	out->health = ROOM_FAILED;
	out->last_error = problem ? escape_string(c->arena, SPAN_TEXT(problem), ERROR_MAX)
				  : "not readable";
}

static void count_add(struct room_state *out, const char *what, uint64_t n)
{
	out->counts[out->n_counts++] = (struct room_count){ what, n };
}

/* False: each run would end before the first file. */
static bool anchors_look(const struct room_context *c, struct room_state *out, size_t *n)
{
	const struct trust_sources sources = { .databases = c->databases,
					       .n_databases = c->n_databases };
	struct trust_store *store = NULL;
	const char *problem = NULL;

	if (trust_open(c->arena, &sources, &store, &problem) != STATUS_OK) {
		fail(c, problem, out);
		return false;
	}
	*n = trust_count(store, TRUST_ALL_SETS);
	for (size_t i = 0; i < TRUST_SETS; i++)
		if (trust_count(store, (unsigned)trust_sets[i].set) > 0)
			out->sets |= (unsigned)trust_sets[i].set;
	count_add(out, "anchors", *n);
	trust_close(store);
	return true;
}

/* "with YARA rules (scan --yara); anchors for ms-code, uefi" */
static const char *detail_make(struct arena *a, unsigned sets)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	const char *before = "; anchors for ";

	buffer_text(&out, yara_available() ? "with YARA rules (scan --yara)"
					   : "without YARA rules: there is no libyara");
	for (size_t i = 0; i < TRUST_SETS; i++) {
		if ((sets & (unsigned)trust_sets[i].set) == 0)
			continue;
		buffer_printf(&out, "%s%s", before, trust_sets[i].name);
		before = ", ";
	}
	return buffer_status(&out) == STATUS_OK ? arena_string(a, buffer_span(&out)) : NULL;
}

static bool donors_look(const struct room_context *c, struct room_state *out)
{
	const char *problem = NULL;
	struct donors *donors =
		donors_open(c->arena, c->donor_folders, c->n_donor_folders, &problem);

	if (!donors) {
		fail(c, problem, out);
		return false;
	}
	count_add(out, "donors", donors_index(donors)->n);
	donors_close(donors);
	return true;
}

/* What the database says itself, never the time of its file: anybody may touch that.  Why scans
 * go on without it; NULL: they need not. */
static const char *events_look(const struct room_context *c, struct room_state *out)
{
	const char *problem;
	int64_t used;

	if (!c->cache)
		return NULL;
	problem = cache_look(c->cache, &used);
	if (used > 0) {
		out->last_event = "verdicts kept by a scan";
		out->last_event_at = used;
	}
	return problem;
}

void file_analysis_state(const struct room_context *context, struct room_state *out)
{
	size_t n_anchors = 0;
	bool works;
	const char *uncached = events_look(context, out);

	out->configured = true;
	count_add(out, "formats", n_formats);
	works = anchors_look(context, out, &n_anchors);
	out->detail = detail_make(context->arena, out->sets);
	if (!works || !donors_look(context, out))
		return;
	if (context->refused) {
		fail(context, context->refused, out);
		return;
	}
	out->last_error = uncached;
	out->needs = context->lacking;
	if (n_anchors == 0)
		out->needs = "anchors (assay trust import): no signature ends in any";
	out->health = out->needs || uncached ? ROOM_DEGRADED : ROOM_ACTIVE;
}
