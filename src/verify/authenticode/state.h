/* SPDX-License-Identifier: MIT */
/* What the first step knows and the second needs.  Private to this room. */
#pragma once
#include "verify/authenticode/authenticode.h"
#include "verify/authenticode/spc.h"
#include "verify/message.h"

#define AUTH_MAX_NAMED 5

/* One SignedData, and the digests that it waits for. */
struct auth_signature {
	struct fact *fact;
	const struct cms *cms; /* NULL: could not be read */
	struct spc_indirect_data spc;
	bool spc_ok;
	bool content_type_ok;
	struct span content; /* octets under messageDigest */
	size_t flat_job;     /* index of the job for its image digest; AUTH_NO_JOB */
	size_t second_job;   /* the kind's own: the other reading, the metadata */
	struct span named[AUTH_MAX_NAMED]; /* digests of parts, each under a name; or empty */
	size_t named_jobs[AUTH_MAX_NAMED];
	struct pe_page *pages;
	size_t n_pages, first_page_job; /* n_pages 0: no table that fits */
	bool page_layout_differs;       /* the table lists other pages than the file has */
	struct range page_table;
	struct auth_signature *next;
};

#define AUTH_NO_JOB SIZE_MAX

struct auth_subject;

struct authenticode {
	struct scheme_case *c;
	const struct container *box;
	const struct auth_subject *subject;
	struct findings *findings;
	struct auth_signature *first, *last;
	size_t n;
	enum trust_set set;         /* whose signers are believed */
	size_t image_job;           /* SHA-256 of an EFI image, by which dbx lists images */
	size_t by_section_job;      /* AUTH_NO_JOB: the same as flat, or not defined */
	size_t free_job, zeros_job; /* of an MSI package's free sectors */
	size_t block_job;           /* first of an APPX package's blocks */
	struct digest_job *jobs;
	size_t n_jobs, room;
};

/* Reads the signatures of all claims, nested ones too: auth_read.c */
MUST_CHECK enum status auth_read_all(struct arena *a, struct authenticode *state);
/* Plans the digests: auth_plan.c */
MUST_CHECK enum status auth_plan(struct arena *a, struct authenticode *state);
/* Notes a digest that is wanted, and its place among the jobs. */
MUST_CHECK enum status auth_job_add(struct arena *a, struct authenticode *state,
				    enum digest_algorithm algorithm,
				    const struct coverage *covered, size_t *job);
/* The same once for all that want the same. */
MUST_CHECK enum status auth_job_share(struct arena *a, struct authenticode *state,
				      enum digest_algorithm algorithm,
				      const struct coverage *covered, size_t *job);
/* Compares page digests with the signed table: auth_pages.c */
MUST_CHECK enum status auth_pages_plan(struct arena *a, struct authenticode *state,
				       struct auth_signature *s);
MUST_CHECK enum status auth_pages_compare(struct arena *a, const struct auth_signature *s,
					  const struct digest_job *jobs,
					  struct findings *findings);
/* What stands behind the DER inside an entry: auth_stuffing.c */
void auth_stuffing(struct arena *a, struct findings *findings, const struct claim *claim,
		   struct span rest, struct fact *fact);
/* What stands inside the signature in places that nobody reads: auth_stuffing.c */
void auth_hidden(struct arena *a, struct findings *findings, struct fact *fact);
/* What stands in a certificate that no chain needs, in extensions that nobody reads. */
void auth_carried(struct arena *a, struct findings *findings, struct fact *fact,
		  const struct certificate *unused);
/* What stands in the table behind the last entry. */
void auth_unclaimed(struct span bytes, struct fact *fact);
bool auth_attribute_known(struct span oid); /* an unsigned attribute that is read */
/* Judges the mathematics, the timestamps and the trust of one signature: auth_judge.c */
MUST_CHECK enum status auth_judge(struct arena *a, struct authenticode *state,
				  struct auth_signature *s);
