/* SPDX-License-Identifier: MIT */
/*
 * Turtle (RDF 1.1) by libraptor2.  We feed the bytes; the library opens nothing:
 * no network, no files, and its own start of libcurl is left out.
 */
#include "graph/turtle.h"

#include "graph/ontology.h"
#include "host/late_libraries.h"
#include "host/late_library.h"
#include <raptor2.h>

#define CHUNK ((size_t)64 << 10)
/* Relative IRIs are nobody's: least of all D3FEND's. */
#define BASE "http://relative.invalid/"

/* All that is called there. */
#define RAPTOR_CALLS(CALL)                                                                     \
	CALL(raptor_alloc_memory)                                                              \
	CALL(raptor_free_memory)                                                               \
	CALL(raptor_free_parser)                                                               \
	CALL(raptor_free_uri)                                                                  \
	CALL(raptor_free_world)                                                                \
	CALL(raptor_locator_line)                                                              \
	CALL(raptor_new_parser)                                                                \
	CALL(raptor_new_uri)                                                                   \
	CALL(raptor_new_world_internal)                                                        \
	CALL(raptor_parser_get_locator)                                                        \
	CALL(raptor_parser_parse_abort)                                                        \
	CALL(raptor_parser_parse_chunk)                                                        \
	CALL(raptor_parser_parse_start)                                                        \
	CALL(raptor_parser_set_option)                                                         \
	CALL(raptor_parser_set_statement_handler)                                              \
	CALL(raptor_uri_as_counted_string)                                                     \
	CALL(raptor_world_open)                                                                \
	CALL(raptor_world_set_flag)                                                            \
	CALL(raptor_world_set_generate_bnodeid_handler)                                        \
	CALL(raptor_world_set_log_handler)

static const char *const raptor_names[] = { RAPTOR_CALLS(LATE_NAME) };
union raptor_library {
	struct {
		RAPTOR_CALLS(LATE_CALL)
	};
	late_function *list[COUNT_OF(raptor_names)];
};

struct turtle {
	union raptor_library calls;
	struct ontology *o;
	struct turtle_problem *problem;
	raptor_parser *parser;
	enum status status;
	uint64_t n_triples, n_blank;
};

static bool library_load(union raptor_library *calls)
{
	return late_library_load(RAPTOR_LIBRARY, raptor_names, COUNT_OF(raptor_names),
				 calls->list);
}

bool turtle_available(void)
{
	union raptor_library calls;

	return library_load(&calls);
}

/* The first complaint counts: others follow from it. */
static void on_message(void *user, raptor_log_message *message)
{
	struct turtle *t = (struct turtle *)user;
	raptor_locator *locator = message->locator;
	int line;

	if (message->level < RAPTOR_LOG_LEVEL_ERROR || t->status != STATUS_OK)
		return;
	t->status = STATUS_MALFORMED;
	if (!locator && t->parser)
		locator = t->calls.raptor_parser_get_locator(t->parser);
	line = locator ? t->calls.raptor_locator_line(locator) : -1;
	t->problem->line = line > 0 ? (uint64_t)line : 0;
	t->problem->text = arena_string(t->o->index.arena, SPAN_TEXT(message->text));
	if (t->parser)
		t->calls.raptor_parser_parse_abort(t->parser);
}

/* Names of a file and names that we make are never the same. */
static unsigned char *on_blank(void *user, unsigned char *named)
{
	struct turtle *t = (struct turtle *)user;
	size_t size = (named ? strlen((const char *)named) : 20) + 2;
	char *name = (char *)t->calls.raptor_alloc_memory(size);

	if (name && named)
		(void)snprintf(name, size, "u%s", (const char *)named);
	else if (name)
		(void)snprintf(name, size, "g%llu", (unsigned long long)++t->n_blank);
	if (named)
		t->calls.raptor_free_memory(named);
	return (unsigned char *)name;
}

static struct term term_of(const struct turtle *t, const raptor_term *term)
{
	struct term out = { TERM_NONE, SPAN_NONE, SPAN_NONE };
	const unsigned char *text = NULL;
	size_t len = 0;

	switch (term->type) {
	case RAPTOR_TERM_TYPE_URI:
		text = t->calls.raptor_uri_as_counted_string(term->value.uri, &len);
		out.kind = TERM_IRI;
		break;
	case RAPTOR_TERM_TYPE_BLANK:
		text = term->value.blank.string;
		len = term->value.blank.string_len;
		out.kind = TERM_BLANK;
		break;
	case RAPTOR_TERM_TYPE_LITERAL:
		text = term->value.literal.string;
		len = term->value.literal.string_len;
		out.kind = TERM_LITERAL;
		out.language = (struct span){ term->value.literal.language,
					      term->value.literal.language_len };
		break;
	case RAPTOR_TERM_TYPE_UNKNOWN: break;
	}
	out.text = (struct span){ text, len };
	return out;
}

static void on_statement(void *user, raptor_statement *s)
{
	struct turtle *t = (struct turtle *)user;
	struct triple triple;
	int line;

	if (t->status != STATUS_OK)
		return;
	line = t->calls.raptor_locator_line(t->calls.raptor_parser_get_locator(t->parser));
	t->o->index.line = line > 0 ? (uint32_t)line : 0;
	if (++t->n_triples > ONTO_TRIPLES_MAX) {
		t->status = STATUS_LIMIT;
	} else {
		triple = (struct triple){ term_of(t, s->subject), term_of(t, s->predicate),
					  term_of(t, s->object) };
		t->status = triple_take(t->o, &triple);
	}
	if (t->status != STATUS_OK)
		t->calls.raptor_parser_parse_abort(t->parser);
}

static void parse(struct turtle *t, raptor_world *world, struct span bytes)
{
	raptor_uri *base = t->calls.raptor_new_uri(world, (const unsigned char *)BASE);
	int failed = 0;

	t->parser = t->calls.raptor_new_parser(world, "turtle");
	if (!base || !t->parser ||
	    t->calls.raptor_parser_set_option(t->parser, RAPTOR_OPTION_NO_NET, NULL, 1) != 0 ||
	    t->calls.raptor_parser_set_option(t->parser, RAPTOR_OPTION_NO_FILE, NULL, 1) != 0)
		t->status = STATUS_NO_MEMORY;
	if (t->status == STATUS_OK) {
		t->calls.raptor_parser_set_statement_handler(t->parser, t, on_statement);
		failed = t->calls.raptor_parser_parse_start(t->parser, base);
	}
	for (uint64_t at = 0; !failed && t->status == STATUS_OK && at < bytes.len;
	     at += CHUNK) {
		struct span chunk = span_clip(bytes, at, CHUNK);

		failed = t->calls.raptor_parser_parse_chunk(t->parser, chunk.ptr, chunk.len, 0);
	}
	if (!failed && t->status == STATUS_OK)
		failed = t->calls.raptor_parser_parse_chunk(t->parser, NULL, 0, 1);
	if (failed && t->status == STATUS_OK)
		t->status = STATUS_MALFORMED;
	if (t->parser)
		t->calls.raptor_free_parser(t->parser);
	if (base)
		t->calls.raptor_free_uri(base);
}

enum status turtle_read(struct ontology *o, struct span bytes, struct turtle_problem *problem)
{
	struct turtle t = { .o = o, .problem = problem };
	raptor_world *world;

	if (!library_load(&t.calls))
		return STATUS_UNSUPPORTED;
	world = t.calls.raptor_new_world_internal(RAPTOR_VERSION);
	if (!world)
		return STATUS_NO_MEMORY;
	if (t.calls.raptor_world_set_flag(world, RAPTOR_WORLD_FLAG_WWW_SKIP_INIT_FINISH, 1) ==
		    0 &&
	    t.calls.raptor_world_set_log_handler(world, &t, on_message) == 0 &&
	    t.calls.raptor_world_open(world) == 0) {
		t.calls.raptor_world_set_generate_bnodeid_handler(world, &t, on_blank);
		parse(&t, world, bytes);
	} else {
		t.status = STATUS_NO_MEMORY;
	}
	t.calls.raptor_free_world(world);
	return t.status;
}
