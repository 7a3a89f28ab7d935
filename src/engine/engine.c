/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include "crypto/digest.h"
#include "engine/examination.h"
#include "engine/kernels.h"

/* Everything in the settings that can change a report goes in. */
static enum status policy_digest(const struct engine_settings *s, uint8_t out[32])
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	uint8_t kernels[32];
	struct digest digest;
	struct span whole;

	buffer_printf(&text, "%d %d %d %d %d %d %d %llu %d %u %u", (int)s->fold,
		      (int)s->padding, (int)s->with_sha256, (int)s->trust.revocation,
		      (int)s->trust.sha1_reject, (int)s->trust.own_roots_exempt,
		      (int)s->trust.empty_date_distrust, (unsigned long long)s->max_size,
		      (int)s->features, s->min_sdk, s->max_sdk);
	buffer_add(&text, SPAN_OF(s->vendors_digest));
	if (s->catalogs) {
		buffer_printf(&text, " %d ", (int)s->catalogs_for_any);
		buffer_add(&text, SPAN_OF(s->catalogs->digest));
	}
	TRY(kernels_digest(s->kernels, kernels));
	buffer_add(&text, SPAN_OF(kernels));
	for (size_t i = 0; i < s->trust.n_identities; i++)
		buffer_printf(&text, " %s %s", s->trust.identities[i].name,
			      s->trust.identities[i].issuer);
	if (s->packages)
		buffer_add(&text, SPAN_OF(s->packages->digest));
	TRY(buffer_status(&text));
	whole = buffer_span(&text);
	TRY(digest_of(DIGEST_SHA256, &whole, 1, &digest));
	(void)span_copy(out, 32, digest_span(&digest));
	return STATUS_OK;
}

enum status engine_init(struct engine *e, struct trust_store *store,
			const struct engine_settings *settings)
{
	*e = (struct engine){ .store = store, .settings = *settings };
	trust_digest(store, e->trust_digest);
	return policy_digest(settings, e->policy_digest);
}

void engine_trust(struct engine *e, struct trust_store *store)
{
	trust_close(e->store);
	e->store = store;
	trust_digest(store, e->trust_digest);
}

void engine_fini(struct engine *e)
{
	trust_close(e->store);
	e->store = NULL;
}

/* One pass over those files that want something; each gets its status. */
static void pass_run(struct lanes *lanes, struct examination *work, size_t n, bool first)
{
	struct hash_task tasks[ENGINE_BATCH] = { 0 };
	size_t task_of[ENGINE_BATCH], n_tasks = 0;

	for (size_t i = 0; i < n; i++) {
		struct examination *x = &work[i];
		bool bulk = first && x->wants_bulk;

		if (x->status != STATUS_OK || (x->n_jobs == 0 && !bulk))
			continue;
		task_of[n_tasks] = i;
		tasks[n_tasks++] = (struct hash_task){
			.source = &x->source,
			.view = &x->view,
			.jobs = x->jobs,
			.n_jobs = x->n_jobs,
			.bulk = bulk ? &x->bulk : NULL,
		};
	}
	if (n_tasks > 0)
		lanes_run(lanes, tasks, n_tasks);
	for (size_t i = 0; i < n_tasks; i++)
		work[task_of[i]].status = tasks[i].status;
}

size_t engine_examine(const struct engine *e, struct lanes *lanes,
		      const struct engine_file *files, size_t wanted, struct arena *arenas,
		      struct report *reports)
{
	struct examination work[ENGINE_BATCH] = { 0 };
	size_t n = 0;

	for (size_t held = 0; n < wanted && held < ENGINE_HOLDS; n++) {
		work[n].arena = &arenas[n];
		work[n].report = &reports[n];
		examination_begin(&work[n], e, &files[n]);
		held += arenas[n].used;
	}
	pass_run(lanes, work, n, true);
	for (size_t i = 0; i < n; i++)
		examination_compare(&work[i]);
	pass_run(lanes, work, n, false);
	for (size_t i = 0; i < n; i++)
		examination_end(&work[i], e);
	return n;
}

void engine_examine_bytes(const struct engine *e, struct lanes *lanes, struct span bytes,
			  struct arena *arena, struct report *report)
{
	engine_examine_part(e, lanes, &(struct engine_bytes){ .bytes = bytes }, arena, report);
}

void engine_examine_part(const struct engine *e, struct lanes *lanes,
			 const struct engine_bytes *file, struct arena *arena,
			 struct report *report)
{
	struct examination x = { .arena = arena, .report = report };

	examination_begin_bytes(&x, e, file);
	pass_run(lanes, &x, 1, true);
	examination_compare(&x);
	pass_run(lanes, &x, 1, false);
	examination_end(&x, e);
}
