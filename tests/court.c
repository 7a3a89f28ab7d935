/* SPDX-License-Identifier: MIT */
#include "tests/court.h"

#include "base/limits.h"
#include "base/time.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	printf("Bail out! court: %s\n", what);
	exit(EXIT_FAILURE);
}

static void write_all(int fd, struct span bytes)
{
	for (size_t at = 0; at < bytes.len;) {
		struct span rest = span_after(bytes, at);
		ssize_t n = pwrite(fd, rest.ptr, rest.len, (off_t)at);

		if (n <= 0)
			fail("write");
		at += (size_t)n;
	}
}

int court_file(const char *name, struct span bytes)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		fail(name);
	write_all(fd, bytes);
	return fd;
}

void court_write(struct court *c, struct span file)
{
	if (ftruncate(c->fd, 0) != 0)
		fail("truncate");
	write_all(c->fd, file);
}

void court_at(struct court *c, const char *when)
{
	if (!time_parse(when, &c->engine.settings.trust.now))
		fail(when);
}

/* Those of @anchors that are not empty. */
static void open_with(struct court *c, const struct span anchors[COURT_MAX_ANCHORS],
		      const char *database)
{
	struct engine_settings settings = { 0 };
	struct trust_store *store = NULL;
	struct trust_source sources[COURT_MAX_ANCHORS] = { 0 };
	const char *problem = NULL;
	char paths[COURT_MAX_ANCHORS][64];
	int fds[COURT_MAX_ANCHORS];
	size_t n = 0;

	*c = (struct court){ .arena = ARENA_INIT(FILE_ARENA_BYTES),
			     .fd = court_file("judged", SPAN_NONE) };
	for (size_t i = 0; i < COURT_MAX_ANCHORS; i++) {
		if (anchors[i].len == 0)
			continue;
		fds[n] = court_file("anchors", anchors[i]);
		(void)snprintf(paths[n], sizeof(paths[n]), "/proc/self/fd/%d", fds[n]);
		sources[n].path = paths[n];
		n++;
	}
	if (trust_open(&c->arena,
		       &(struct trust_sources){ .databases = &database,
						.n_databases = database ? 1 : 0,
						.given = sources,
						.n_given = n },
		       &store, &problem) != STATUS_OK)
		fail(problem);
	for (size_t i = 0; i < n; i++)
		(void)close(fds[i]);
	if (engine_init(&c->engine, store, &settings) != STATUS_OK)
		fail("engine");
	court_at(c, FORGE_AT);
	c->lanes = lanes_new(true);
	if (!c->lanes)
		fail("lanes");
}

void court_open(struct court *c, struct forge *f)
{
	court_open_over(c, f, NULL);
}

void court_open_over(struct court *c, struct forge *f, const char *database)
{
	CLEANUP(buffer_free) struct buffer pem = BUFFER_INIT;

	if (f) {
		forge_anchors(f, &pem);
		forge_crl(f, &pem);
	}
	open_with(c, (const struct span[COURT_MAX_ANCHORS]){ buffer_span(&pem) }, database);
}

void court_open_anchors(struct court *c, struct span anchors)
{
	open_with(c, (const struct span[COURT_MAX_ANCHORS]){ anchors }, NULL);
}

void court_open_many(struct court *c, const struct span *anchors, size_t n,
		     const char *database)
{
	struct span all[COURT_MAX_ANCHORS] = {
		{NULL, 0}
	};

	if (n > COURT_MAX_ANCHORS)
		fail("so many anchors");
	for (size_t i = 0; i < n; i++)
		all[i] = anchors[i];
	open_with(c, all, database);
}

void court_close(struct court *c)
{
	engine_fini(&c->engine);
	lanes_free(c->lanes);
	arena_free(&c->arena);
	(void)close(c->fd);
}

const struct report *court_judge(struct court *c, struct span file)
{
	court_write(c, file);
	arena_reset(&c->arena);
	engine_examine(&c->engine, c->lanes, &(struct engine_file){ .fd = c->fd }, 1, &c->arena,
		       &c->report);
	return &c->report;
}

const struct report *court_judge_beside(struct court *c, struct span file, uint8_t row,
					struct span companion)
{
	struct engine_file judged = { .fd = c->fd };

	court_write(c, file);
	if (!companions_add(&judged.beside, court_file("companion", companion), row))
		fail("companion");
	arena_reset(&c->arena);
	engine_examine(&c->engine, c->lanes, &judged, 1, &c->arena, &c->report);
	companions_close(&judged.beside);
	return &c->report;
}

const struct report *court_judge_trap(struct court *c, const struct forge_trap *t,
				      struct span file)
{
	const struct report *r;

	court_at(c, t->at ? t->at : FORGE_AT);
	c->engine.settings.padding = t->padding_reject ? PADDING_REJECT : PADDING_ACCEPT;
	r = court_judge(c, file);
	court_at(c, FORGE_AT);
	c->engine.settings.padding = PADDING_ACCEPT;
	return r;
}

bool court_has(const struct report *r, const char *finding)
{
	for (size_t i = 0; i < r->n_findings; i++)
		if (strcmp(r->findings[i].id, finding) == 0)
			return true;
	return false;
}
