/* SPDX-License-Identifier: MIT */
#include "graph/ontology.h"

#include "base/utf8.h"
#include "crypto/digest.h"
#include "graph/turtle.h"
#include "host/confine.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MESSAGE_MAX 512 /* bytes of what stood in the file */

bool ontology_available(void)
{
	return turtle_available();
}

enum status ontology_take(struct arena *a, const char *path, struct span *bytes,
			  const char **problem)
{
	enum status status;
	int fd = -1;

	errno = 0;
	status = file_open(AT_FDCWD, path, &fd);
	if (status == STATUS_OK)
		status = file_read(fd, ONTO_BYTES_MAX, a, bytes);
	if (status == STATUS_LIMIT)
		*problem = arena_printf(a, "%s: more than %zu MiB", path, ONTO_BYTES_MAX >> 20);
	else if (status != STATUS_OK)
		*problem = arena_printf(a, "%s: %s", path,
					errno ? strerrordesc_np(errno) : "not a regular file");
	if (fd >= 0)
		(void)close(fd);
	return status;
}

enum status ontology_confine(const char **missing)
{
	struct confine_result result;
	enum status status;

	/* While files can be opened; without it, ontology_read() says so. */
	(void)turtle_available();
	status = confine_worker(&result);
	*missing = result.missing;
	return status;
}

/* What a message says, with where.  Whoever prints it makes it inert. */
static const char *complaint(struct arena *a, const char *name, const struct turtle_problem *p)
{
	const char *text = p->text ? p->text : "not Turtle";

	if (p->line == 0)
		return arena_printf(a, "%s: %.*s", name, MESSAGE_MAX, text);
	return arena_printf(a, "%s:%llu: %.*s", name, (unsigned long long)p->line, MESSAGE_MAX,
			    text);
}

/* Turtle is UTF-8 without NUL.  The library takes some other bytes for the end of the file, and
 * what stands behind them would be missing without a word. */
static bool is_text(struct span bytes, struct turtle_problem *where)
{
	struct utf8_char c;

	where->line = 1;
	for (uint64_t at = 0; at < bytes.len; at += c.len) {
		c = utf8_at(bytes, at);
		if (!c.valid || c.code == 0) {
			where->text = "this is no UTF-8 text";
			return false;
		}
		where->line += c.code == '\n';
	}
	where->line = 0;
	return true;
}

static enum status source_make(struct arena *a, const char *name, struct span bytes,
			       struct graph_source *out)
{
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;
	struct digest digest;

	TRY(digest_of(DIGEST_SHA256, &bytes, 1, &digest));
	buffer_hex(&hex, digest_span(&digest));
	TRY(buffer_status(&hex));
	out->sha256 = arena_string(a, buffer_span(&hex));
	out->name = arena_string(a, SPAN_TEXT(name));
	return out->sha256 && out->name ? STATUS_OK : STATUS_NO_MEMORY;
}

/* "NAME:12: ", or without a line that is not known. */
static const char *place_of(const struct ontology *o, const struct index_link *link)
{
	if (link->line == 0)
		return arena_printf(o->index.arena, "%s: ", o->source.name);
	return arena_printf(o->index.arena, "%s:%u: ", o->source.name, link->line);
}

static enum status rings_look(struct ontology *o)
{
	const struct index_link *ring;
	const char *place;

	TRY(index_ring(&o->index, &ring));
	if (!ring)
		return STATUS_OK;
	place = place_of(o, ring);
	o->warning = arena_printf(
		o->index.arena,
		"%s\"%.*s\" is below itself, by its superclass \"%.*s\"; each class "
		"of such a ring is followed once",
		place ? place : "", MESSAGE_MAX, ring->from->name, MESSAGE_MAX, ring->to->name);
	return o->warning ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status read_all(struct ontology *o, struct span bytes, const char **problem)
{
	struct turtle_problem where = { 0 };
	struct arena *a = o->index.arena;
	const struct index_link *missing;
	enum status status =
		is_text(bytes, &where) ? turtle_read(o, bytes, &where) : STATUS_MALFORMED;

	if (status == STATUS_MALFORMED)
		*problem = complaint(a, o->source.name, &where);
	TRY(status);
	status = triples_finish(o, &missing);
	if (status == STATUS_MALFORMED) {
		const char *place = place_of(o, missing);

		*problem =
			arena_printf(a,
				     "%snothing is said about \"%.*s\", on which others rest; "
				     "this is not a whole ontology",
				     place ? place : "", MESSAGE_MAX, missing->to->name);
	}
	TRY(status);
	return rings_look(o);
}

const char *ontology_warning(const struct ontology *o)
{
	return o->warning;
}

enum status ontology_read(struct arena *a, const char *name, struct span bytes,
			  struct ontology **out, const char **problem)
{
	struct ontology *o = ARENA_NEW(a, struct ontology, 1);
	enum status status = STATUS_NO_MEMORY;

	*problem = NULL;
	*out = o;
	if (o) {
		status = index_begin(&o->index, a);
		if (status == STATUS_OK)
			status = source_make(a, name, bytes, &o->source);
		if (status == STATUS_OK)
			status = read_all(o, bytes, problem);
	}
	if (status == STATUS_OK)
		return STATUS_OK;
	*out = NULL;
	if (status == STATUS_UNSUPPORTED)
		*problem = "ontologies cannot be read: there is no libraptor2";
	else if (!*problem)
		*problem = arena_printf(a, "%s: %s", name, status_text(status));
	if (!*problem)
		*problem = status_text(status);
	return status;
}
