/* SPDX-License-Identifier: MIT */
/* What mimicry_begin() plans, mimicry_ask() finds and mimicry_judge() needs.  Private. */
#pragma once
#include "mimicry/mimicry.h"

#define TABLE_MEMORY    8     /* a signed page table may take so much of the memory left: 1/8 */
#define SIGN_TIME_SLACK 86400 /* seconds that clocks may disagree */

/* What the pages say; zero: nothing. */
enum content {
	CONTENT_UNKNOWN,
	CONTENT_SAME,    /* code of the signed program */
	CONTENT_OTHER,   /* none of its code */
	CONTENT_BETWEEN, /* too little to be it, too much to be another */
};

/* A piece of code where the signed table has a page, when sections are cut elsewhere. */
struct chunk {
	struct range where;
	size_t job; /* in case.jobs */
	bool found; /* in the table */
};

/* One entry of a signed page table. */
struct table_page {
	uint64_t off;
	struct span digest;
	bool constant, found; /* found: in the file */
};

struct page_table {
	struct table_page *pages; /* without headers and closing entry */
	size_t n, n_different;    /* n_different: not constant, different */
	uint64_t signed_size;     /* as the closing entry says */
};

/* A sound signature over other bytes, or one that the index knows to hold for others. */
struct suspect {
	struct fact *fact;
	int index; /* of the fact */
	uint8_t block[32];
	struct donor *hits; /* best first */
	enum known_by known_by;
	const struct donor *reused; /* this block on another image; NULL: never seen */
	struct page_table table;
	struct chunk *chunks;
	size_t n_chunks;
};

/* A file without signature. */
struct bare {
	bool is;
	struct digest images[3];
	size_t n_images, n_whole;    /* jobs of mimicry_begin(); those over the whole file */
	struct donor *same;          /* signed programs of the same digest */
	bool without_remains;        /* ... without what remains of a table */
	struct donor *likeness;      /* signed programs of the same names */
	const struct donor *clothes; /* whose icon or manifest it wears, and who always signs */
};

/* What a package is known by without its signature. */
enum package_half { PACKAGE_HEADER, PACKAGE_PAYLOAD };
#define PACKAGE_HALVES (PACKAGE_PAYLOAD + 1)
struct package_look {
	bool is;
	struct digest halves[PACKAGE_HALVES]; /* DIGEST_NONE: not known */
	enum package_half half_of_job[PACKAGE_HALVES];
	size_t n_jobs;
	struct donor *same;     /* signed packages with the same header or payload */
	struct donor *likeness; /* ... of the same vendor, name and version */
};

/* A stream of an installer package. */
struct stream_hash {
	const char *name;
	uint64_t size, hash; /* hash: as donor_section.hash */
};

struct mimicry_state {
	struct bare bare;
	struct package_look package;
	struct stream_hash *streams;
	size_t n_streams; /* whose digests are the jobs of mimicry_ask(); 0: not wanted */
	struct suspect *suspects;
	size_t n_suspects;
	/* Page lists by algorithm; .n_jobs 0: not wanted. */
	struct page_list {
		struct pages pages;
		size_t first, n_jobs; /* in case.jobs */
	} sha256, sha1;
};

/* SHA-256 of the outermost signature that @fact is of; zeros: it has no bytes, a list has it.
 */
MUST_CHECK enum status block_digest(const struct fact *facts, const struct fact *fact,
				    uint8_t out[32]);
/*
 * Does it fail, and not say for which bytes it was made?  A signature over the bytes
 * themselves does not, unless RSA made it.
 */
bool signature_is_mute(const struct fact *f);
/* The pages by this algorithm; NULL: they were not wanted, or too many. */
const struct page_list *pages_of(const struct mimicry_case *c, enum digest_algorithm a);
/* Donors of the names that the file's version information gives; *@out NULL: none. */
MUST_CHECK enum status find_by_names(struct arena *a, const struct mimicry_case *c,
				     struct donor **out);
/* The same for any key; no index: none. */
MUST_CHECK enum status find_by(struct arena *a, const struct mimicry_case *c,
			       enum donor_key key, struct span value, struct donor **out);
/* Those of DONOR_VALID among @list, in their order; the others are dropped. */
struct donor *donors_valid(struct donor *list);

/* weigh.c: evidence, and what it weighs. */
MUST_CHECK enum status evidence_add(struct arena *a, struct relation *r, const char *id,
				    struct evidence what);
/* Everything that speaks for or against a forgery but proves nothing. */
MUST_CHECK enum status signs_weigh(struct arena *a, const struct mimicry_case *c,
				   const struct suspect *s, struct relation *r);
/* Do so many of so much say that it was taken from another program?  Sets r->llr. */
bool signs_suffice(struct relation *r);

/* bare.c: files without signature. */
MUST_CHECK enum status bare_begin(struct arena *a, struct mimicry_case *c);
MUST_CHECK enum status bare_ask(struct arena *a, struct mimicry_case *c, bool *pages);
MUST_CHECK enum status bare_judge(struct arena *a, struct mimicry_case *c,
				  struct relation **out);

/* Is its vendor known to sign every copy? */
bool donor_always_signed(const struct mimicry_case *c, const struct donor *d);

/* packages.c: packages of DEB and RPM. */
MUST_CHECK enum status package_look_plan(struct arena *a, struct mimicry_case *c);
MUST_CHECK enum status package_look_ask(struct arena *a, struct mimicry_case *c);
MUST_CHECK enum status package_look_judge(struct arena *a, const struct mimicry_case *c,
					  struct relation **out);
/* Records like @from by which it is known without a signature: how many. */
size_t package_look_remember(const struct mimicry_case *c, const struct donor *from,
			     struct donor out[PACKAGE_HALVES]);

/* streams.c: installer packages, and what has sections of ELF. */
bool streams_has(const struct container *box);
MUST_CHECK enum status streams_plan(struct arena *a, struct mimicry_case *c);
void streams_collect(struct mimicry_case *c);
void streams_remember(const struct mimicry_case *c, struct donor *d);
/* Of @n_donor streams that the donor's record has, so many are here. */
enum content streams_compare(const struct mimicry_case *c, const struct donor *d,
			     uint64_t *n_matched, uint64_t *n_donor);
