/* SPDX-License-Identifier: MIT */
/*
 * Entries: archives that are signed entry by entry, in JAR, APK (scheme v1) and XPI.
 *
 * JAR File Specification (JDK 17), "Signed JAR File": a manifest has digests of
 * entries, a list of each signer (.SF) has digests of the manifest, and his
 * block signs the list.  So a signer speaks for the entries that his list
 * names, whose section of the manifest is as the list says, and whose contents
 * are as the section says.
 */
#pragma once
#include "structure/manifest.h"
#include "structure/zip/zip.h"
#include "verify/scheme.h"

/* Which digests count when there are several of one thing. */
enum digest_choice {
	DIGESTS_ALL,       /* Java: each that we know must hold */
	DIGESTS_STRONGEST, /* Android 4.3 and later */
	DIGESTS_FIRST      /* before: the first one of Digest-Algorithms that is there */
};

struct wanted_digest {
	struct digest value; /* of algorithm DIGEST_NONE: none that can be compared */
	enum digest_algorithm algorithm;
	size_t job; /* index of .jobs; ENTRIES_NO_JOB: there is nothing to hash */
};
#define ENTRIES_NO_JOB SIZE_MAX

struct listed_entry {
	const struct zip_entry *entry; /* NULL: it is not in the archive */
	size_t first, n; /* its digests: indexes of .wanted; n 0: none that we know */
	enum digest_algorithm preferred; /* for DIGESTS_FIRST; DIGEST_NONE: the strongest */
};

struct entries {
	const struct zip *zip;
	struct manifest manifest;
	struct listed_entry *listed; /* for each section of the manifest */
	struct wanted_digest *wanted;
	size_t n_wanted;
	struct digest_job *jobs; /* the scheme puts the computed ones here */
	size_t n_jobs;
};

/*
 * Reads the manifest and plans a job for each digest in it.  STATUS_LIMIT: too
 * much would come out of the archive, or its manifest is too long; a finding
 * says so.
 */
MUST_CHECK enum status entries_plan(struct arena *a, struct findings *findings,
				    const struct zip *zip, struct span manifest,
				    struct entries *out);

enum entry_state {
	ENTRY_UNLISTED = 0, /* the section has no digest that we know */
	ENTRY_MATCHES,
	ENTRY_DIFFERS,
	ENTRY_MISSING
};
enum entry_state entries_state(const struct entries *e, size_t section,
			       enum digest_choice choice);

/* What one signer's list says of the manifest. */
struct listing {
	struct manifest list;
	bool whole;        /* the whole manifest is as it says */
	bool main_changed; /* the manifest's main section is not */
	bool no_digest;    /* it has no digest of the manifest at all */
	bool *covers;      /* for each section of the manifest: listed, and as it says */
	size_t n_changed;  /* sections that are not as it says, */
	size_t n_lost;     /* or that the manifest does not have */
	enum digest_algorithm weakest; /* of the digests that hold */
};
MUST_CHECK enum status listing_read(struct arena *a, const struct manifest *manifest,
				    struct span list, enum digest_choice choice,
				    struct listing *out);

/* What a signer's list is worth for the archive. */
struct entries_result {
	size_t n_matching, n_differing, n_missing, n_uncovered;
	struct unit_match units;
	enum digest_algorithm weakest;
};

struct entries_rules {
	enum digest_choice choice;
	bool (*exempt)(struct span name); /* may such an entry do without a signature? */
};

/* Compares; findings name the first entries of each kind. */
MUST_CHECK enum status entries_judge(struct arena *a, struct findings *findings,
				     const struct entries *e, const struct listing *list,
				     const struct entries_rules *rules,
				     struct entries_result *out);

/* The binding that follows for a fact: sets .binding, .units and .partial_rule. */
void entries_bind(const struct entries *e, const struct listing *list,
		  const struct entries_result *r, struct fact *fact);

/* What the digests of a section that cover @bytes say: attributes that end in @suffix. */
struct digests_answer {
	enum { DIGESTS_ABSENT, DIGESTS_HOLD, DIGESTS_FAIL } say;
	enum digest_algorithm strongest; /* of all that are there */
};
MUST_CHECK enum status digests_check(struct arena *a, const struct manifest_section *section,
				     const char *suffix, struct span bytes,
				     enum digest_choice choice, struct digests_answer *out);

/* The algorithm that an attribute "SHA-256-Digest" names, whose end is @suffix; DIGEST_NONE. */
enum digest_algorithm digest_attribute(struct span name, const char *suffix);

/* The weaker of two; DIGEST_NONE is stronger than any. */
enum digest_algorithm digest_weaker(enum digest_algorithm a, enum digest_algorithm b);

/* The number of @a, for comparing strength: more is stronger. */
unsigned digest_strength(enum digest_algorithm a);
