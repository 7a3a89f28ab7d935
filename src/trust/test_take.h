/* SPDX-License-Identifier: MIT */
/* A folder of a test's own, with a database in it, and ways to put things into both. */
#pragma once
#include "tests/cms_builder.h"
#include "trust/manage.h"

extern struct arena take_arena; /* lives as long as the test */

void take_begin(void);
void take_end(void); /* removes the folder */

const char *take_path(const char *name);
void take_file(const char *name, struct span bytes);

/* Certificates of paper: "Listed Root N". */
struct span take_paper(unsigned number);
struct span take_paper_named(unsigned number, const char *name);
struct span take_digest(enum digest_algorithm a, struct span bytes);

/* trust.db, as bytes (empty: not there), as what is to be changed, and opened. */
struct span take_database(void);
struct trust_target take_target(void);
struct trust_store *take_opened(void);

/* Imports paths, or one file of the folder; lists may be signed under list-root.pem. */
enum status take_all(const char *const *paths, size_t n, struct trust_change *change,
		     const char **problem);
enum status take_one(const char *name, const char **problem);
