/* SPDX-License-Identifier: MIT */
/*
 * The public functions of include/assay.h, on top of engine_examine().  An
 * engine is read-only but for a stock of lanes, so any number of threads may
 * judge with it at once.
 */
#include "assay.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "engine/engine.h"
#include "engine/places.h"
#include "evidence/evidence.h"
#include "store/donors.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define LANES_KEPT         64
#define ENGINE_ARENA_BYTES ((size_t)1 << 20)
#define TRUST_PATHS_MAX    1024

struct assay_engine {
	struct engine engine;
	int64_t at; /* 0: now */
	pthread_mutex_t mutex;
	struct lanes *lanes[LANES_KEPT]; /* that nobody uses */
	size_t n_lanes;
	struct arena arena; /* of .vendors */
	struct vendors vendors;
	struct donors *donors; /* NULL: goes without */
};

EXPORT const char *assay_version(void)
{
	return ASSAY_VERSION;
}

static enum assay_error error_of(enum status status)
{
	switch (status) {
	case STATUS_OK: return ASSAY_OK;
	case STATUS_IO: return ASSAY_ERROR_IO;
	case STATUS_NO_MEMORY: return ASSAY_ERROR_MEMORY;
	case STATUS_NOT_MINE:
	case STATUS_WANT:
	case STATUS_MALFORMED:
	case STATUS_UNSUPPORTED:
	case STATUS_LIMIT:
	case STATUS_CHANGED:
	case STATUS_USAGE: break;
	}
	return ASSAY_ERROR_USAGE;
}

static enum status store_open(struct arena *a, const struct assay_config *config,
			      struct trust_store **out)
{
	const char *dbs[PLACES_MAX_DATABASES], *problem;
	struct trust_source *extra;
	size_t n_dbs = 0, n = 0;

	while (config->trust_paths && config->trust_paths[n])
		if (++n > TRUST_PATHS_MAX)
			return STATUS_USAGE;
	extra = ARENA_NEW(a, struct trust_source, n + 1);
	if (!extra)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		extra[i].path = config->trust_paths[i];
	if (!config->only_trust)
		n_dbs = places_databases(a, false, dbs);
	return trust_open(
		a,
		&(struct trust_sources){
			.databases = dbs, .n_databases = n_dbs, .given = extra, .n_given = n },
		out, &problem);
}

/* Who signs what, and the programs that are remembered.  The library never learns. */
static enum status donors_make(struct assay_engine *e, struct arena *a,
			       const struct assay_config *config,
			       struct engine_settings *settings)
{
	const char *folders[DONORS_MAX_FILES];
	const char *problem = NULL;
	size_t n = 0;

	e->arena.limit = ENGINE_ARENA_BYTES;
	TRY(vendors_default(&e->arena, &e->vendors));
	settings->vendors = &e->vendors;
	if (config->no_donors)
		return STATUS_OK;
	if (!config->donor_folders)
		n = places_donors(a, folders);
	for (; config->donor_folders && config->donor_folders[n]; n++) {
		if (n == DONORS_MAX_FILES)
			return STATUS_USAGE;
		folders[n] = config->donor_folders[n];
	}
	e->donors = donors_open(a, folders, n, &problem);
	if (!e->donors)
		return problem ? STATUS_USAGE : STATUS_NO_MEMORY;
	settings->donors = donors_index(e->donors);
	return STATUS_OK;
}

static enum status engine_make(struct assay_engine *e, const struct assay_config *config)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ENGINE_ARENA_BYTES);
	struct engine_settings settings = {
		.fold = config->fold,
		.padding = config->padding_reject ? PADDING_REJECT : PADDING_ACCEPT,
		.with_sha256 = config->with_sha256 != 0,
	};
	struct trust_store *store;
	enum status status;

	if ((unsigned)config->fold > ASSAY_FOLD_FIRST || config->at < 0)
		return STATUS_USAGE;
	TRY(donors_make(e, &a, config, &settings));
	TRY(store_open(&a, config, &store));
	status = engine_init(&e->engine, store, &settings);
	if (status != STATUS_OK)
		trust_close(store);
	return status;
}

static void engine_free(struct assay_engine *e)
{
	donors_close(e->donors);
	arena_free(&e->arena);
	memory_free(e);
}

EXPORT enum assay_error assay_engine_open(const struct assay_config *config,
					  struct assay_engine **out)
{
	static const struct assay_config defaults;
	struct assay_engine *e = (struct assay_engine *)memory_new(1, sizeof(*e));
	enum status status;

	*out = NULL;
	if (!e)
		return ASSAY_ERROR_MEMORY;
	if (!config)
		config = &defaults;
	e->at = config->at;
	status = engine_make(e, config);
	if (status == STATUS_OK && pthread_mutex_init(&e->mutex, NULL) != 0) {
		engine_fini(&e->engine);
		status = STATUS_NO_MEMORY;
	}
	if (status != STATUS_OK) {
		engine_free(e);
		return error_of(status);
	}
	*out = e;
	return ASSAY_OK;
}

EXPORT void assay_engine_close(struct assay_engine *engine)
{
	if (!engine)
		return;
	for (size_t i = 0; i < engine->n_lanes; i++)
		lanes_free(engine->lanes[i]);
	(void)pthread_mutex_destroy(&engine->mutex);
	engine_fini(&engine->engine);
	engine_free(engine);
}

static struct lanes *lanes_take(struct assay_engine *e)
{
	struct lanes *lanes = NULL;

	(void)pthread_mutex_lock(&e->mutex);
	if (e->n_lanes > 0)
		lanes = e->lanes[--e->n_lanes];
	(void)pthread_mutex_unlock(&e->mutex);
	return lanes ? lanes : lanes_new(true);
}

static void lanes_give_back(struct assay_engine *e, struct lanes *lanes)
{
	(void)pthread_mutex_lock(&e->mutex);
	if (e->n_lanes < LANES_KEPT) {
		e->lanes[e->n_lanes++] = lanes;
		lanes = NULL;
	}
	(void)pthread_mutex_unlock(&e->mutex);
	lanes_free(lanes);
}

EXPORT enum assay_error assay_examine(struct assay_engine *engine, int fd,
				      struct assay_report **out)
{
	struct assay_report *report = (struct assay_report *)memory_new(1, sizeof(*report));
	struct lanes *lanes = report ? lanes_take(engine) : NULL;
	struct engine now = engine->engine;

	*out = NULL;
	if (!lanes) {
		memory_free(report);
		return ASSAY_ERROR_MEMORY;
	}
	now.settings.trust.now = engine->at != 0 ? engine->at : clock_wall_s();
	report->arena.limit = FILE_ARENA_BYTES;
	engine_examine(&now, lanes, &(struct engine_file){ .fd = fd }, 1, &report->arena,
		       &report->report);
	lanes_give_back(engine, lanes);
	*out = report;
	return ASSAY_OK;
}

EXPORT void assay_report_free(struct assay_report *report)
{
	if (!report)
		return;
	arena_free(&report->arena);
	memory_free(report);
}

EXPORT enum assay_verdict assay_report_verdict(const struct assay_report *report)
{
	return report->report.verdict;
}

EXPORT enum assay_masquerade assay_report_masquerade(const struct assay_report *report)
{
	return report->report.masquerade;
}

EXPORT const char *assay_report_rule(const struct assay_report *report)
{
	return report->report.rule;
}

EXPORT enum assay_error assay_report_json(const struct assay_report *report, const char *path,
					  char **json, size_t *len)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	*json = NULL;
	*len = 0;
	json_report(&text, &report->report, path);
	if (buffer_status(&text) != STATUS_OK)
		return ASSAY_ERROR_MEMORY;
	/* From malloc(), whatever our own memory comes from. */
	*json = strdup(buffer_string(&text, 0));
	if (!*json)
		return ASSAY_ERROR_MEMORY;
	*len = text.len;
	return ASSAY_OK;
}
