/* SPDX-License-Identifier: MIT */
/*
 * Graph: an ATT&CK technique, the artifacts it touches and the D3FEND
 * countermeasures that act on these, as facts.
 *
 * Standard: D3FEND ontology 1.2.0 (OWL 2).  The default graph is our own facts
 * file (data/d3fend-facts.tsv); any other id is inferred from an ontology that
 * the user has.  What a countermeasure does on this host comes from its room.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"
#include "countermeasures/room.h"

#define GRAPH_MAX_NODES      1024 /* of one graph */
#define GRAPH_MAX_EDGES      8192
#define GRAPH_MAX_TACTICS    8     /* of one countermeasure */
#define GRAPH_MAX_PROPERTIES 65536 /* of all nodes */
#define GRAPH_MAX_CHAIN      64    /* classes up to a root */

#define GRAPH_TECHNIQUE_ID "T1036.001" /* the default */
#define GRAPH_NAMESPACE    "http://d3fend.mitre.org/ontologies/d3fend.owl#"

enum graph_node_kind {
	GRAPH_NODE_NONE,
	GRAPH_TECHNIQUE,      /* D3FEND: offensive technique */
	GRAPH_ARTIFACT,       /* digital artifact */
	GRAPH_COUNTERMEASURE, /* defensive technique */
};

enum graph_edge_kind {
	GRAPH_EDGE_NONE,
	GRAPH_ASSERTED, /* stands in the ontology: solid */
	GRAPH_INFERRED, /* follows from it: dotted */
};

/* Of which part of the ontology a class is, for colours and links. */
enum graph_family {
	GRAPH_FAMILY_NONE,
	GRAPH_FAMILY_ATTACK,
	GRAPH_FAMILY_D3FEND,
	GRAPH_FAMILY_ARTIFACT
};

/* Names are as the source writes them (opaque bytes, never NULL); labels and texts may hold
 * anything: escape both on output. */
struct graph_class {
	const char *name;  /* what stands behind GRAPH_NAMESPACE, else the whole IRI */
	const char *label; /* "Executable Binary"; the name when there is none */
	const char *uri;   /* whole, of ASCII only: what may not stand in a URI is %XX */
	enum graph_family family;
};

/* One class of a superclass chain, with the superclasses that the line does not follow. */
struct graph_step {
	struct graph_class class;
	const struct graph_class *others;
	size_t n_others;
};

enum graph_origin {
	GRAPH_ORIGIN_NONE,
	GRAPH_OWN,       /* the class says so itself */
	GRAPH_INHERITED, /* a superclass does */
	GRAPH_INVERSE,   /* another class says it about this one */
};

/* A restriction: "@subject @property some @object". */
struct graph_property {
	enum graph_origin origin;
	const char *property;               /* "analyzes" */
	struct graph_class subject, object; /* GRAPH_OWN: the subject is the node's class */
};

struct graph_node {
	enum graph_node_kind kind;
	const char *id; /* "T1036.001", "D3-FA"; an artifact's is its class */
	struct graph_class class;
	const char *page;                       /* the public page of D3FEND */
	const char *tactics[GRAPH_MAX_TACTICS]; /* "Detect", sorted; a technique's: "TA0005" */
	size_t n_tactics;
	const char *command; /* of ours that applies it: "verify, scan"; NULL: none planned */
	const char *about;   /* in our own words; NULL */
	const char *definition;     /* of the user's ontology; NULL */
	const char *const *aliases; /* synonyms, sorted */
	size_t n_aliases;
	const struct graph_step *chain; /* from the class itself up to a root */
	size_t n_chain;
	const struct graph_property *properties;
	size_t n_properties;
	struct room_state state; /* of a countermeasure, by graph_ask_states(); else unknown */
};

struct graph_edge {
	enum graph_edge_kind kind;
	size_t from, to;         /* nodes */
	const char *property;    /* "creates", "analyzes", "may-detect" */
	const char *asserted_on; /* class of the restriction: "File"; NULL when inferred */
};

/* What was checked, or read: the source of all relations. */
struct graph_source {
	const char
		*version; /* "1.2.0"; of a file: its owl:versionInfo; NULL: it does not say */
	const char *published; /* "2025-08-01"; NULL: not known */
	const char *commit;    /* NULL: a file of the user */
	const char *sha256;    /* hex */
	const char *name;      /* of the user's file; NULL: our facts */
};

/* ATT&CK's side of the default technique. */
struct attack_component {
	const char *id, *name,
		*channel; /* "DC0059", "File Metadata", "Defender operational log" */
	const char *by;   /* "D3-FA": the countermeasure that sees as much; NULL: none */
};
struct attack_analytic {
	const char *id, *platform; /* "AN0089", "Windows" */
	const struct attack_component *components;
	size_t n_components;
	const char *const *elements; /* mutable: "SignatureValidationResult" */
	size_t n_elements;
	const char *given; /* what this program gives for it, our words */
};
struct attack_facts {
	const char *technique;                /* "T1036.001" */
	const char *tactic, *tactic_name;     /* "TA0005", "Defense Evasion" */
	const char *version;                  /* of ATT&CK: "18.1" */
	const char *strategy, *strategy_name; /* "DET0031" */
	const char *strategy_version, *strategy_date;
	const char *mitigation, *mitigation_name; /* "M1045", "Code Signing" */
	const char *const *platforms;
	size_t n_platforms;
	const char *const *controls; /* SP 800-53: "SI-7" */
	size_t n_controls;
	const struct attack_analytic *analytics;
	size_t n_analytics;
};

/*
 * nodes[0] is what was asked for.  The default graph: the technique, the
 * artifact, the twelve in the order of D3FEND's page; edges: "creates", then for
 * each of the twelve the solid one and the dotted one.
 */
struct graph {
	struct graph_node *nodes;
	size_t n_nodes;
	const struct graph_edge *edges;
	size_t n_edges;
	struct graph_source source;
	const struct attack_facts *attack; /* NULL: of another technique */
};

/* Our own facts: 14 nodes, 25 edges.  STATUS_NO_MEMORY only. */
MUST_CHECK enum status graph_default(struct arena *a, struct graph *out);

struct ontology;

/*
 * The graph of a technique ("T1036.001"), an artifact ("ExecutableBinary") or a
 * countermeasure ("D3-FA" or "FileAnalysis") by the rule of infer.h.  Without an ontology
 * (NULL) the ids of the default graph are known, and no other.
 * STATUS_USAGE: no such id, and *@problem says so, a sentence in @a.
 */
MUST_CHECK enum status graph_of(struct arena *a, const struct ontology *o, const char *id,
				struct graph *out, const char **problem);

/* The node with this id or class; NULL: none. */
const struct graph_node *graph_find(const struct graph *g, const char *id);

/* Asks for the state of each countermeasure by the name of its class: an id is whatever an
 * ontology says that it is. */
void graph_ask_states(struct graph *g,
		      void (*ask)(const void *context, const char *class,
				  struct room_state *out),
		      const void *context);

enum graph_gap_kind {
	GRAPH_GAP_NONE,
	GRAPH_GAP_OWN,       /* the rule lists it, D3FEND's page (and so our list) does not */
	GRAPH_GAP_INHERITED, /* only a superclass has the restriction */
	GRAPH_GAP_RELATED,   /* acts on another artifact */
};

/* A countermeasure that this program does not claim to be. */
struct graph_gap {
	enum graph_gap_kind kind;
	const char *id; /* "D3-CQ" */
	struct graph_class class;
	const char *property;           /* "quarantines" */
	struct graph_class object, via; /* via: whose restriction it is */
	const char *for_us; /* what of it this program does, or why not; our words; NULL: new to
			       us */
};

/* Of the default technique, sorted by kind and id; @o NULL: what our facts list. */
MUST_CHECK enum status graph_gaps(struct arena *a, const struct ontology *o,
				  const struct graph_gap **out, size_t *n);

enum graph_difference_kind {
	GRAPH_DIFFERENCE_NONE,
	GRAPH_NEW,              /* a relation of the ontology that our facts lack */
	GRAPH_GONE,             /* one that our facts have and the ontology does not */
	GRAPH_RELATION_CHANGED, /* same countermeasure, another verb or tactic */
	GRAPH_LABEL_CHANGED,
};
struct graph_difference {
	enum graph_difference_kind kind;
	const char *id;
	const char *ours, *theirs; /* "may-detect", "Executable Binary"; NULL: there is none */
};

/* How @o differs from our facts about the default technique, sorted by id. */
MUST_CHECK enum status graph_differences(struct arena *a, const struct ontology *o,
					 const struct graph_difference **out, size_t *n);

/* "technique", "asserted", "inherited", "relation changed" ... */
const char *graph_node_word(enum graph_node_kind kind);
const char *graph_edge_word(enum graph_edge_kind kind);
const char *graph_family_word(enum graph_family family);
const char *graph_origin_word(enum graph_origin origin);
const char *graph_gap_word(enum graph_gap_kind kind);
const char *graph_difference_word(enum graph_difference_kind kind);
