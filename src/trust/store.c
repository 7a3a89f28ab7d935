/* SPDX-License-Identifier: MIT */
/* The layers of a store, and what is looked up in them. */
#include "trust/store.h"

#include "base/memory.h"
#include "source/paths.h"
#include "trust/file.h"
#include "trust/intake.h"
#include "trust/store_layers.h"
#include <errno.h>

#define INTAKE_ARENA_BYTES ((size_t)192 << 20)
#define STORE_TEXT_BYTES   ((size_t)1 << 20)

enum status store_layer_add(struct trust_store *s, struct layer layer, struct span bytes,
			    const char **problem)
{
	enum status status;

	if (s->n == STORE_MAX_LAYERS) {
		*problem = "too many trust databases are given at once";
		status = STATUS_USAGE;
	} else {
		status = database_open(bytes, &layer.database, problem);
	}
	if (status == STATUS_OK) {
		s->layers[s->n++] = layer;
		return STATUS_OK;
	}
	file_unmap(layer.mapping);
	buffer_free(&layer.memory);
	return status;
}

/* @name in front of the problem. */
static enum status problem_name(struct arena *a, const char *name, enum status status,
				const char *text, const char **problem)
{
	*problem = arena_printf(a, "%s: %s", name, text);
	if (*problem)
		return status;
	*problem = "out of memory";
	return STATUS_NO_MEMORY;
}

/* The database at @path, mapped.  @optional: none there is fine. */
static enum status file_layer_add(struct trust_store *s, struct arena *a,
				  const struct trust_source *from, bool optional,
				  const char **problem)
{
	struct layer layer = { .sets = from->sets ? from->sets : TRUST_ALL_SETS,
			       .given = !optional };
	const char *why = NULL;
	enum status status = file_map(from->path, DATABASE_MAX_BYTES, &layer.mapping);

	if (from->revocation_only)
		layer.sets = 0;
	if (status == STATUS_IO && optional && (errno == ENOENT || errno == ENOTDIR))
		return STATUS_OK;
	if (status == STATUS_IO)
		return problem_name(a, from->path, status, path_unread(errno), problem);
	if (status == STATUS_OK && optional && !file_is_own(from->path)) {
		file_unmap(layer.mapping);
		return problem_name(a, from->path, STATUS_USAGE,
				    "this trust database must belong to root or to you, and "
				    "nobody else may write to it",
				    problem);
	}
	if (status != STATUS_OK)
		return problem_name(a, from->path, status,
				    "this trust database is empty, or no regular file; "
				    "install or import it again",
				    problem);
	layer.path = arena_printf(&s->arena, "%s", from->path);
	if (!layer.path) {
		file_unmap(layer.mapping);
		return STATUS_NO_MEMORY;
	}
	status = store_layer_add(s, layer, layer.mapping, &why);
	if (status != STATUS_OK && why)
		return problem_name(a, from->path, status, why, problem);
	return status;
}

/* Files given for this run, understood into @draft; databases become layers. */
static enum status sources_read(struct trust_store *s, struct arena *a, struct intake *in,
				const struct trust_source *extra, size_t n,
				const char **problem)
{
	for (size_t i = 0; i < n; i++) {
		enum status status;

		if (file_starts(extra[i].path, DATABASE_MAGIC)) {
			TRY(file_layer_add(s, a, &extra[i], false, problem));
			continue;
		}
		in->sets = extra[i].sets ? extra[i].sets : TRUST_ALL_SETS;
		if (extra[i].revocation_only)
			in->sets = 0;
		status = intake_path(in, extra[i].path);
		if (status != STATUS_OK && in->problem)
			*problem = arena_printf(a, "%s", in->problem);
		TRY(status);
	}
	return STATUS_OK;
}

static enum status sources_add(struct trust_store *s, struct arena *a,
			       const struct trust_source *extra, size_t n, const char **problem)
{
	struct arena kept CLEANUP(arena_free) = ARENA_INIT(INTAKE_ARENA_BYTES);
	struct draft draft = { .arena = &kept };
	struct intake in = { .arena = &kept,
			     .draft = &draft,
			     .read = intake_bytes,
			     .origin = "given for this run" };
	struct layer layer = { .sets = TRUST_ALL_SETS, .given = true };
	enum status status;

	TRY(sources_read(s, a, &in, extra, n, problem));
	if (in.n_certs + in.n_keys + in.n_crls + in.n_ocsps == 0)
		return STATUS_OK;
	status = draft_encode(&draft, &layer.memory);
	if (status == STATUS_OK)
		return store_layer_add(s, layer, buffer_span(&layer.memory), problem);
	buffer_free(&layer.memory);
	return status;
}

enum status store_settle(struct trust_store *s)
{
	struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;

	store_count(s);
	buffer_text(&b, "assay.trust/1");
	for (size_t i = 0; i < s->n; i++) {
		buffer_u32le(&b, s->layers[i].sets);
		buffer_char(&b, s->layers[i].given ? 'g' : 'd');
		buffer_add(&b, SPAN_OF(s->layers[i].database.checksum));
	}
	TRY(buffer_status(&b));
	return key_of(buffer_span(&b), s->digest);
}

static enum status layers_add(struct trust_store *s, struct arena *a,
			      const struct trust_sources *from, const char **problem)
{
	for (size_t i = 0; i < from->n_databases; i++)
		TRY(file_layer_add(s, a, &(struct trust_source){ .path = from->databases[i] },
				   true, problem));
	TRY(sources_add(s, a, from->given, from->n_given, problem));
	return store_settle(s);
}

struct trust_store *store_new(void)
{
	struct trust_store *s = memory_new(1, sizeof(*s));

	if (!s)
		return NULL;
	s->arena.limit = STORE_TEXT_BYTES;
	s->edges = edges_new();
	return s;
}

enum status trust_open(struct arena *a, const struct trust_sources *from,
		       struct trust_store **out, const char **problem)
{
	struct trust_store *s = store_new();
	enum status status;

	*out = NULL;
	*problem = "out of memory";
	if (!s)
		return STATUS_NO_MEMORY;
	status = layers_add(s, a, from, problem);
	if (status != STATUS_OK) {
		trust_close(s);
		if (!*problem)
			*problem = status_text(status);
		return status;
	}
	*problem = NULL;
	*out = s;
	return STATUS_OK;
}

void trust_close(struct trust_store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < store->n; i++) {
		file_unmap(store->layers[i].mapping);
		buffer_free(&store->layers[i].memory);
	}
	file_unmap(store->pack);
	edges_free(store->edges);
	arena_free(&store->arena);
	memory_free(store);
}

void trust_digest(const struct trust_store *store, uint8_t out[32])
{
	(void)span_copy(out, 32, SPAN_OF(store->digest));
}

enum edge edge_find(struct trust_store *s, const uint8_t child[32], const uint8_t issuer[32])
{
	return s->edges ? edges_find(s->edges, child, issuer) : EDGE_UNKNOWN;
}

void edge_put(struct trust_store *s, const uint8_t child[32], const uint8_t issuer[32],
	      enum edge e)
{
	if (s->edges)
		edges_put(s->edges, child, issuer, e);
}
