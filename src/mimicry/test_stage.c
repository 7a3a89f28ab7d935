/* SPDX-License-Identifier: MIT */
#include "mimicry/test_stage.h"

#include "base/limits.h"
#include "verify/authenticode/authenticode.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	printf("Bail out! stage: %s\n", what);
	exit(EXIT_FAILURE);
}

static struct span key_of(const struct donor *d, enum donor_key key)
{
	switch (key) {
	case DONOR_BY_DIGEST: return digest_span(&d->digest);
	case DONOR_BY_BLOCK: return SPAN_OF(d->block);
	case DONOR_BY_IDENTITY: return SPAN_OF(d->identity);
	}
	return SPAN_NONE;
}

/* Valid ones first, as src/store does it. */
static enum status index_find(void *context, enum donor_key key, struct span value,
			      struct arena *a, struct donor **out)
{
	const struct stage *s = (const struct stage *)context;
	const enum donor_kind order[] = { DONOR_VALID, DONOR_SEEN };

	*out = NULL;
	if (s->damaged)
		return STATUS_MALFORMED;
	for (size_t i = 0; i < COUNT_OF(order); i++)
		for (const struct donor *d = s->donors; d; d = d->next) {
			struct donor *copy;

			if (d->kind != order[i] || !span_equal(key_of(d, key), value))
				continue;
			copy = ARENA_NEW(a, struct donor, 1);
			if (!copy)
				return STATUS_NO_MEMORY;
			*copy = *d;
			copy->next = NULL;
			while (*out)
				out = &(*out)->next;
			*out = copy;
		}
	return STATUS_OK;
}

static void store_open(struct stage *s)
{
	CLEANUP(buffer_free) struct buffer pem = BUFFER_INIT;
	struct trust_source source = { 0 };
	const char *problem = NULL;
	char path[64];
	int fd = memfd_create("anchors", MFD_CLOEXEC);

	forge_anchors(s->forge, &pem);
	if (fd < 0 || write(fd, pem.bytes, pem.len) != (ssize_t)pem.len)
		fail("anchors");
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	source.path = path;
	if (trust_open(&s->kept, &(struct trust_sources){ .given = &source, .n_given = 1 },
		       &s->store, &problem) != STATUS_OK)
		fail(problem);
	(void)close(fd);
}

void stage_open(struct stage *s)
{
	*s = (struct stage){ .kept = ARENA_INIT(FILE_ARENA_BYTES),
			     .arena = ARENA_INIT(FILE_ARENA_BYTES) };
	s->forge = forge_new();
	s->lanes = lanes_new(true);
	store_open(s);
	s->index = (struct donor_index){ .context = s, .find = index_find };
	if (!s->lanes || vendors_default(&s->kept, &s->vendors) != STATUS_OK)
		fail("vendors");
	s->settings = (struct mimicry_settings){ .donors = &s->index, .vendors = &s->vendors };
}

void stage_close(struct stage *s)
{
	trust_close(s->store);
	lanes_free(s->lanes);
	forge_free(s->forge);
	arena_free(&s->arena);
	arena_free(&s->kept);
}

void stage_forget(struct stage *s)
{
	s->donors = NULL;
	s->index.n = 0;
}

static enum status jobs_run(struct stage *s, struct view *view, struct digest_job *jobs,
			    size_t n)
{
	struct hash_task task = { .view = view, .jobs = jobs, .n_jobs = n };

	if (n > 0)
		lanes_run(s->lanes, &task, 1);
	return task.status;
}

/* As the engine does it: jobs are moved before they run. */
static enum status case_run(struct stage *s, struct view *view, size_t *n)
{
	struct digest_job *moved = ARENA_NEW(&s->arena, struct digest_job, s->c.n_jobs + 1);

	if (!moved)
		return STATUS_NO_MEMORY;
	*n = s->c.n_jobs;
	for (size_t i = 0; i < s->c.n_jobs; i++) {
		moved[i] = s->c.jobs[i];
		s->c.jobs[i] = (struct digest_job){ 0 };
	}
	s->c.jobs = moved;
	return jobs_run(s, view, moved, s->c.n_jobs);
}

static uint32_t checksum_of(const struct pe_image *pe, struct span file)
{
	struct bulk_region region = {
		.where = {0, file.len}
	};
	struct bulk b = { .checksum = true,
			  .checksum_off = pe->checksum_off,
			  .regions = &region,
			  .n_regions = 1 };

	bulk_begin(&b, file.len);
	bulk_take(&b, 0, file);
	bulk_end(&b);
	return b.pe_checksum;
}

static enum status facts_make(struct stage *s, struct view *view)
{
	struct scheme_case c = { .box = &s->box,
				 .findings = &s->findings,
				 .store = s->store,
				 .policy = { .now = STAGE_NOW } };
	struct scheme_work work = { 0 };

	if (!s->box.claims)
		return STATUS_OK;
	TRY(scheme_authenticode.begin(&s->arena, &c, &work));
	TRY(jobs_run(s, view, work.jobs, work.n_jobs));
	return scheme_authenticode.finish(&s->arena, &c, &work, &s->c.facts);
}

enum status stage_judge(struct stage *s, struct span file)
{
	struct view view = view_whole(file);

	arena_reset(&s->arena);
	s->findings = (struct findings)FINDINGS_INIT(&s->arena);
	s->box = (struct container){ 0 };
	s->read = (struct pe_identity){ 0 };
	s->bare = NULL;
	TRY(format_pe.read(&view, &s->findings, &s->box));
	if (s->box.pe)
		TRY(pe_identity_read(&view, s->box.pe, &s->findings, &s->read));
	s->c = (struct mimicry_case){
		.settings = &s->settings,
		.box = &s->box,
		.identity = s->identity ? s->identity : &s->read,
		.findings = &s->findings,
		.vouched = s->vouched,
		.has_checksum = s->box.pe != NULL,
		.computed_checksum = s->box.pe ? checksum_of(s->box.pe, file) : 0,
	};
	TRY(mimicry_begin(&s->arena, &s->c));
	TRY(case_run(s, &view, &s->n_first_jobs));
	TRY(facts_make(s, &view));
	TRY(mimicry_ask(&s->arena, &s->c));
	TRY(case_run(s, &view, &s->n_second_jobs));
	return mimicry_judge(&s->arena, &s->c, &s->bare);
}

const struct relation *stage_relation(struct stage *s, struct span file)
{
	if (stage_judge(s, file) != STATUS_OK)
		return NULL;
	return s->c.facts ? s->c.facts->relation : s->bare;
}

size_t stage_learn(struct stage *s, struct span file, bool with_sketch)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct donor *list = NULL;
	size_t n = 0;

	s->settings.learn = with_sketch;
	if (stage_judge(s, file) != STATUS_OK ||
	    mimicry_remember(&s->arena, &s->c, &list) != STATUS_OK)
		fail("learn");
	s->settings.learn = false;
	for (const struct donor *d = list; d; d = d->next) {
		struct donor *copy = ARENA_NEW(&s->kept, struct donor, 1);
		struct span bytes;

		if (d->kind == DONOR_NONE || !copy)
			continue;
		buffer_clear(&text);
		donor_encode(&text, d);
		bytes = arena_copy(&s->kept, buffer_span(&text));
		if (donor_decode(&s->kept, bytes, copy) != STATUS_OK)
			fail("a donor cannot be read again");
		copy->next = s->donors;
		s->donors = copy;
		s->index.n++;
		n++;
	}
	return n;
}

bool stage_found(const struct stage *s, const char *finding)
{
	return finding_has(&s->findings, finding, -2);
}

const struct evidence *stage_evidence(const struct relation *r, const char *id)
{
	for (const struct evidence *e = r ? r->evidence : NULL; e; e = e->next)
		if (strcmp(e->weight->id, id) == 0)
			return e;
	return NULL;
}
