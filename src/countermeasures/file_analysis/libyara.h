/* SPDX-License-Identifier: MIT */
/* The adapter to libyara; a build without it has one that is not available. */
#pragma once
#include "countermeasures/file_analysis/yara.h"

/* The external variables, and their values for one file. */
enum yara_external {
	EXTERNAL_VERDICT,
	EXTERNAL_SIGNATURE,
	EXTERNAL_BINDING,
	EXTERNAL_TRUST,
	EXTERNAL_SIGNER,
	EXTERNAL_CLAIMED_SIGNER,
	EXTERNAL_DONOR,
	EXTERNAL_FORMAT,
	EXTERNAL_MASQUERADE,
	N_EXTERNALS,
};
extern const char *const yara_external_names[N_EXTERNALS];

/* How a scan ended. */
enum yara_end {
	YARA_END_NONE,
	YARA_DONE,
	YARA_TIMEOUT,
	YARA_NO_MEMORY,
	YARA_FAILED,
	YARA_TOO_MANY, /* matches; those that are there are true */
	YARA_CHANGED,
	YARA_TOO_LARGE,
};

struct yara_hit {
	size_t rule; /* its index */
	size_t n;
	struct range strings[YARA_MAX_STRINGS];
};

struct yara_hits {
	enum yara_end end;
	struct yara_hit list[REPORT_MAX_MATCHES]; /* ascending */
	size_t n;
};

struct libyara; /* compiled rules */

bool libyara_available(void);
MUST_CHECK enum status libyara_compile(const char *name, const char *text, struct buffer *error,
				       struct libyara **out);
void libyara_free(struct libyara *y);
size_t libyara_count(const struct libyara *y);
/* The names of rule @i; tags with spaces between them.  Good as long as @a. */
MUST_CHECK enum status libyara_name(const struct libyara *y, size_t i, struct arena *a,
				    struct report_match *out);
/* *@out is zeroed before. */
void libyara_scan(const struct libyara *y, struct span bytes,
		  const char *const values[N_EXTERNALS], unsigned timeout_s,
		  struct yara_hits *out);
