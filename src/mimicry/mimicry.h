/* SPDX-License-Identifier: MIT */
/*
 * Mimicry: facts -> relation.  Whose signature is this, and does the file wear
 * it honestly?  (MITRE ATT&CK T1036.001)
 *
 * Two laws.  What an attacker can set may convict, never acquit: `tampered`
 * needs content that matches something under the signature, or a donor record
 * made from a verified file.  And no number out of a black box: hard rules
 * decide, weights rank and explain.
 *
 * In three steps around the readings of a file:
 *
 *	mimicry_begin()    what the first reading must compute (image digests of bare files)
 *	mimicry_ask()      facts -> donors; what a second reading must compute, if any
 *	mimicry_judge()    -> relations and findings
 *
 * Between the steps the caller may move the jobs; case.jobs must point to where
 * the results are.
 */
#pragma once
#include "formats/pe/features.h"
#include "mimicry/sketch.h"
#include "mimicry/vendors.h"
#include "verify/fact.h"

enum relation_kind {
	RELATION_NONE,      /* nothing to say: a sound signature, or an honest bare file */
	RELATION_UNDECIDED, /* sound signature over other bytes, and no evidence decides */
	RELATION_TAMPERED,  /* the signed program, altered */
	RELATION_GRAFTED,   /* the signature of another program */
	RELATION_STRIPPED,  /* a signed program without its signature */
	RELATION_COSTUME,   /* never signed, wearing a signed program's clothes */
};

enum relation_confidence { CONFIDENCE_NONE, CONFIDENCE_INFERRED, CONFIDENCE_PROVEN };

enum known_by { KNOWN_NOT, KNOWN_BY_DIGEST, KNOWN_BY_PAGES, KNOWN_BY_BLOCK, KNOWN_BY_METADATA };

/* One piece of evidence; the row of the table says what it weighs and how often it lies. */
struct evidence {
	const struct weight *weight;
	struct range where;
	const char *expected, *observed; /* NULL: not applicable */
	int signature;                   /* index of the fact; -1: the file */
	struct evidence *next;
};

/* What signals have in common; those of one group are not independent of each other. */
enum weight_group {
	WEIGHT_SUPPORT, /* explains, and is never counted */
	WEIGHT_CONTENT, /* decides by rule, not by its weight */
	WEIGHT_STAMP,   /* counted, the heaviest of each group once */
	WEIGHT_NAME,
	WEIGHT_RECORD,
};

/* A row of data/mimicry-weights.tsv. */
struct weight {
	const char *id; /* "sign.stamp-after-signing" */
	enum weight_group group;
	unsigned genuine, n_genuine; /* seen in so many of so many genuine files */
	unsigned forged, n_forged;   /* ... and of random host and donor pairs; either 0 of 0:
					not measured */
	const char *sentence;        /* what it means */
	const char *note;            /* when it lies */
};

extern const struct weight weights[];
extern const size_t n_weights;
const struct weight *weight_find(const char *id);
/* ln((a+1)/(A+2)) - ln((b+1)/(B+2)), in thousandths; negative speaks for a forgery; 0 when
 * not measured. */
int weight_llr(const struct weight *w);

/* How many pages of the file are the donor's. */
struct page_match {
	uint64_t n_host, n_donor, n_matched; /* executable, not constant, different */
	bool sampled; /* by a sketch that holds not all of the donor's: n_matched is estimated
		       */
	/* Data of the donor is here, other than what thieves copy to wear it: no page of its
	 * code need be left for this to be its program, changed as a whole. */
	bool shares_data;
	const struct range *foreign; /* pages that are not the donor's, joined */
	size_t n_foreign;            /* at most RELATION_MAX_FOREIGN */
	struct span map; /* of the file's pages in order, at most RELATION_MAX_MAP cells: '.'
			    constant, '=' matched, 'x' not, '?' not in the sample */
};
#define RELATION_MAX_FOREIGN 256
#define RELATION_MAX_MAP     4096

struct relation {
	enum relation_kind kind;
	enum relation_confidence confidence;
	const char *rule; /* id of the row of the rule table: "verdict.grafted-pages" */
	const struct donor *donor; /* best; NULL: not in any index */
	enum known_by known_by;
	const struct donor *also; /* other hits, by .next */
	uint64_t signed_size;     /* of the signed program, as its page table says; 0 */
	/* Bit i: the donor's section i was compared; it has the same bytes here. */
	uint32_t sections_hashed, sections_same;
	struct page_match pages;   /* n_host 0: not compared */
	struct evidence *evidence; /* heaviest first */
	int llr;                   /* sum of the weighed signals, thousandths; 0: none */
};

struct mimicry_settings {
	const struct donor_index *donors; /* NULL: none */
	const struct vendors *vendors;
	bool learn;    /* sketches of valid files are wanted too */
	bool profiled; /* mimicry_remember() shall give what can be compared, of any file */
};

/* What is known of one file.  Everything is borrowed. */
struct mimicry_case {
	const struct mimicry_settings *settings;
	const struct container *box;
	const struct pe_identity *identity; /* NULL: not a PE that could be read */
	struct fact *facts;                 /* set before mimicry_ask() */
	struct findings *findings;
	uint32_t computed_checksum; /* PE checksum; with has_checksum */
	bool has_checksum;
	bool vouched; /* a package, a catalogue or a list of known files has these very bytes */
	/* Made by this room: */
	struct mimicry_state *state;
	struct digest_job *jobs; /* that are to be computed before the next step */
	size_t n_jobs;
};

MUST_CHECK enum status mimicry_begin(struct arena *a, struct mimicry_case *c);
MUST_CHECK enum status mimicry_ask(struct arena *a, struct mimicry_case *c);
/* Sets fact.relation of every fact whose signature is sound over other bytes; *@bare: of a file
 * without signature.  Adds findings. */
MUST_CHECK enum status mimicry_judge(struct arena *a, struct mimicry_case *c,
				     struct relation **bare);

/*
 * What the index may learn of this file, after mimicry_judge(): a DONOR_VALID
 * for each digest of a valid and anchored signature, a DONOR_SEEN for a sound
 * one over other bytes, a DONOR_NONE for one that fails and does not say what it
 * was made for, and for a bare file one DONOR_NONE with its own digest,
 * so that the caller can tell whom to ask again.  *@out NULL: nothing.
 * With .profiled only what two files can be compared by, whoever signed them:
 * one DONOR_NONE with everything, and of a bare file one more for each digest.
 */
MUST_CHECK enum status mimicry_remember(struct arena *a, const struct mimicry_case *c,
					struct donor **out);
