/* SPDX-License-Identifier: MIT */
/*
 * Engine: the one way to judge a file.  Command, library, later gate and
 * gateway all come through engine_examine().
 */
#pragma once
#include "crypto/lanes.h"
#include "evidence/report.h"
#include "mimicry/mimicry.h"
#include "source/companions.h"
#include "trust/trust.h"
#include "verdict/verdict.h"
#include "verify/catalog/catalog.h"
#include "verify/package/package.h"

struct kernels;

struct engine_settings {
	struct trust_policy trust; /* .now: set for each run */
	bool follows_clock;        /* ... of a worker for each file, in a run that goes on */
	enum assay_fold fold;
	enum padding_check padding;
	bool with_sha256;
	bool deep;                 /* look for programs inside files too: engine/deep.h */
	uint64_t max_size;         /* 0: no limit; a larger file is `error`, limit.max-size */
	uint32_t min_sdk, max_sdk; /* of Android, that are asked about; 0: as packages say */
	bool learn;                /* reports carry what a donor index needs to compare pages */
	bool profiled; /* reports carry what two files can be compared by, instead */
	enum bulk_histogram features;         /* off: reports carry no features */
	const struct donor_index *donors;     /* borrowed; NULL: none */
	const struct catalog_index *catalogs; /* borrowed; NULL: none */
	bool catalogs_for_any;                /* look up files of no known format too */
	struct kernels *kernels;       /* borrowed; images with keys of modules; NULL: none */
	const struct vendors *vendors; /* borrowed; NULL: none is known */
	uint8_t vendors_digest[32];    /* of what they were read from */
	const struct package_index *packages; /* borrowed; NULL: none */
};

struct engine {
	struct trust_store *store;
	struct engine_settings settings;
	uint8_t trust_digest[32], policy_digest[32];
};

/* Takes over @store. */
MUST_CHECK enum status engine_init(struct engine *e, struct trust_store *store,
				   const struct engine_settings *settings);
/* From now on it judges by @store, which it takes over.  Nobody else may be using it. */
void engine_trust(struct engine *e, struct trust_store *store);
void engine_fini(struct engine *e);

/* What a file is asked for. */
enum engine_part {
	ENGINE_ALONE,  /* its word */
	ENGINE_SEALED, /* it is part of a bundle: its digests too, in report.print */
	ENGINE_INFO,   /* the same, and if it is an Info.plist the name in it */
};

/* A file, and what stands beside it.  All descriptors are borrowed. */
struct engine_file {
	int fd;
	enum engine_part part;
	struct companions_open beside;
	bool has_place;
	uint8_t place[32]; /* where it lies, as package_path_digest() */
};

/*
 * Judges the first of @files, hashing several at a time, and gives how many those
 * were: all, or only some when these hold ENGINE_HOLDS bytes already, so that
 * they can be given back before the others are asked for.
 * reports[i] is made in arenas[i].
 * Never fails: what cannot be judged is ASSAY_VERDICT_ERROR.
 */
#define ENGINE_BATCH 8
#define ENGINE_HOLDS ((size_t)8 << 20)
size_t engine_examine(const struct engine *e, struct lanes *lanes,
		      const struct engine_file *files, size_t wanted, struct arena *arenas,
		      struct report *reports);

/* Bytes that came out of another file. */
struct engine_bytes {
	struct span bytes;
	enum engine_part part;
	const struct companions *beside; /* NULL: nothing */
};
void engine_examine_part(const struct engine *e, struct lanes *lanes,
			 const struct engine_bytes *file, struct arena *arena,
			 struct report *report);
/* The same, alone. */
void engine_examine_bytes(const struct engine *e, struct lanes *lanes, struct span bytes,
			  struct arena *arena, struct report *report);
