/* SPDX-License-Identifier: MIT */
#include "trust/test_take.h"

#include "tests/paper_certificate.h"
#include "trust/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct arena take_arena = ARENA_INIT((size_t)512 << 20);
static char folder[] = "/tmp/assay-import-XXXXXX";

void take_end(void)
{
	if (system(arena_printf(&take_arena, "rm -rf %s", folder)) != 0)
		printf("# %s is left behind\n", folder);
	arena_free(&take_arena);
}

const char *take_path(const char *name)
{
	return arena_printf(&take_arena, "%s/%s", folder, name);
}

void take_file(const char *name, struct span bytes)
{
	if (file_replace(take_path(name), bytes) != STATUS_OK)
		exit(EXIT_FAILURE);
}

struct span take_paper_named(unsigned number, const char *name)
{
	struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;

	paper_certificate(&b, number, name);
	return arena_copy(&take_arena, buffer_span(&b));
}

struct span take_paper(unsigned number)
{
	return take_paper_named(number, arena_printf(&take_arena, "Listed Root %u", number));
}

struct span take_digest(enum digest_algorithm a, struct span bytes)
{
	struct digest d = build_digest(a, bytes);

	return arena_copy(&take_arena, digest_span(&d));
}

/* What the database is now; empty: not there. */
struct span take_database(void)
{
	struct span mapping, copy;

	if (file_map(take_path("trust.db"), DATABASE_MAX_BYTES, &mapping) != STATUS_OK)
		return SPAN_NONE;
	copy = arena_copy(&take_arena, mapping);
	file_unmap(mapping);
	return copy;
}

struct trust_target take_target(void)
{
	static const char *databases[1];
	static struct trust_source roots;

	databases[0] = take_path("trust.db");
	roots = (struct trust_source){ .path = take_path("list-root.pem") };
	return (struct trust_target){ databases[0], databases, 1, &roots, 1, true, false };
}

enum status take_all(const char *const *paths, size_t n, struct trust_change *change,
		     const char **problem)
{
	struct trust_source sources[4] = { { 0 } };
	struct trust_target t = take_target();

	for (size_t i = 0; i < n; i++)
		sources[i].path = paths[i];
	return trust_take(&take_arena, &t, sources, n, change, problem);
}

enum status take_one(const char *name, const char **problem)
{
	const char *path = take_path(name);
	struct trust_change change;

	return take_all(&path, 1, &change, problem);
}

struct trust_store *take_opened(void)
{
	const char *db = take_path("trust.db"), *problem = NULL;
	struct trust_store *s = NULL;

	if (trust_open(&take_arena,
		       &(struct trust_sources){ .databases = &db, .n_databases = 1 }, &s,
		       &problem) != STATUS_OK)
		printf("# %s\n", problem);
	return s;
}

void take_begin(void)
{
	if (!mkdtemp(folder))
		exit(EXIT_FAILURE);
	take_file("list-root.pem", take_paper(0)); /* which signed nothing */
}
