/* SPDX-License-Identifier: MIT */
#include "graph/triples.h"

#include "graph/ontology.h"

#define OWL  "http://www.w3.org/2002/07/owl#"
#define RDFS "http://www.w3.org/2000/01/rdf-schema#"
#define SKOS "http://www.w3.org/2004/02/skos/core#"

enum predicate {
	PREDICATE_OTHER,
	PREDICATE_SUPER,
	PREDICATE_ON,
	PREDICATE_SOME,
	PREDICATE_ENABLES,
	PREDICATE_LABEL,
	PREDICATE_ALIAS,
	PREDICATE_DEFINITION,
	PREDICATE_D3FEND_ID,
	PREDICATE_ATTACK_ID,
	PREDICATE_VERSION,
};

static enum predicate predicate_of(struct span iri)
{
	static const struct {
		struct span iri;
		enum predicate predicate;
	} known[] = {
		{SPAN_INIT(RDFS "subClassOf"),             PREDICATE_SUPER     },
		{ SPAN_INIT(OWL "onProperty"),             PREDICATE_ON        },
		{ SPAN_INIT(OWL "someValuesFrom"),         PREDICATE_SOME      },
		{ SPAN_INIT(GRAPH_NAMESPACE "enables"),    PREDICATE_ENABLES   },
		{ SPAN_INIT(RDFS "label"),                 PREDICATE_LABEL     },
		{ SPAN_INIT(GRAPH_NAMESPACE "synonym"),    PREDICATE_ALIAS     },
		{ SPAN_INIT(SKOS "altLabel"),              PREDICATE_ALIAS     },
		{ SPAN_INIT(GRAPH_NAMESPACE "definition"), PREDICATE_DEFINITION},
		{ SPAN_INIT(GRAPH_NAMESPACE "d3fend-id"),  PREDICATE_D3FEND_ID },
		{ SPAN_INIT(GRAPH_NAMESPACE "attack-id"),  PREDICATE_ATTACK_ID },
		{ SPAN_INIT(OWL "versionInfo"),            PREDICATE_VERSION   },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (span_same(iri, known[i].iri))
			return known[i].predicate;
	return PREDICATE_OTHER;
}

static enum status class_take(struct ontology *o, const struct term *t,
			      struct index_class **out)
{
	const size_t n = sizeof(GRAPH_NAMESPACE) - 1;
	bool ours = t->kind == TERM_IRI && t->text.len > n &&
		    span_starts(t->text, GRAPH_NAMESPACE, n);

	return index_take(&o->index, ours ? span_after(t->text, n) : t->text, ours,
			  t->kind == TERM_BLANK, out);
}

/* Untagged before English before any other. */
static unsigned rank_of(struct span language)
{
	if (language.len == 0)
		return 0;
	if (span_equal(language, SPAN_TEXT("en")))
		return 1;
	return span_starts(language, "en-", 3) ? 2 : 3;
}

static enum status relation_take(struct ontology *o, enum predicate predicate,
				 struct index_class *c, const struct term *object)
{
	struct index_class *to;

	TRY(class_take(o, object, &to));
	switch (predicate) {
	case PREDICATE_SUPER: return index_link(&o->index, c, LINK_SUPER, NULL, to);
	case PREDICATE_ENABLES: return index_link(&o->index, c, LINK_ENABLES, NULL, to);
	case PREDICATE_ON:
		/* Properties of others are none of D3FEND's relations, whatever they are
		 * called. */
		if (c->blank && !c->on_property && to->ours)
			c->on_property = to->name;
		return STATUS_OK;
	case PREDICATE_SOME:
		if (c->blank && !c->some)
			c->some = to;
		return STATUS_OK;
	case PREDICATE_OTHER:
	case PREDICATE_LABEL:
	case PREDICATE_ALIAS:
	case PREDICATE_DEFINITION:
	case PREDICATE_D3FEND_ID:
	case PREDICATE_ATTACK_ID:
	case PREDICATE_VERSION: break;
	}
	return STATUS_OK;
}

static enum status text_take(struct ontology *o, enum predicate predicate,
			     struct index_class *c, const struct term *object)
{
	struct index *x = &o->index;

	switch (predicate) {
	case PREDICATE_LABEL: return index_label(x, c, object->text, rank_of(object->language));
	case PREDICATE_ALIAS: return index_alias(x, c, object->text);
	case PREDICATE_DEFINITION: return index_id(x, &c->definition, object->text);
	case PREDICATE_D3FEND_ID: return index_id(x, &c->d3fend_id, object->text);
	case PREDICATE_ATTACK_ID: return index_id(x, &c->attack_id, object->text);
	case PREDICATE_VERSION:
		return c->ours || c->blank || !strstr(GRAPH_NAMESPACE, c->name)
			       ? STATUS_OK
			       : index_id(x, &o->source.version, object->text);
	case PREDICATE_OTHER:
	case PREDICATE_SUPER:
	case PREDICATE_ON:
	case PREDICATE_SOME:
	case PREDICATE_ENABLES: break;
	}
	return STATUS_OK;
}

enum status triple_take(struct ontology *o, const struct triple *t)
{
	struct index_class *c;
	enum predicate predicate;

	if (t->subject.text.len > ONTO_STRING_MAX || t->predicate.text.len > ONTO_STRING_MAX ||
	    t->object.text.len > ONTO_STRING_MAX)
		return STATUS_LIMIT;
	TRY(class_take(o, &t->subject, &c));
	c->described = true;
	predicate = predicate_of(t->predicate.text);
	if (t->object.kind == TERM_LITERAL)
		return text_take(o, predicate, c, &t->object);
	if (predicate >= PREDICATE_SUPER && predicate <= PREDICATE_ENABLES)
		return relation_take(o, predicate, c, &t->object);
	return STATUS_OK;
}

enum status triples_finish(struct ontology *o, const struct index_link **missing)
{
	*missing = NULL;
	TRY(index_finish(&o->index));
	for (const struct index_class *c = o->index.first; c; c = c->next) {
		for (const struct index_link *l = c->links; l; l = l->next) {
			if (!l->to->ours || l->to->described)
				continue;
			*missing = l;
			return STATUS_MALFORMED;
		}
	}
	return STATUS_OK;
}
