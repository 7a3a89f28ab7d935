/* SPDX-License-Identifier: MIT */
/* Means: how rights are taken away, and what each of them does not stop. */
#pragma once
#include "host/object.h"

enum permit_means {
	PERMIT_NO_EXEC = 1,
	PERMIT_NO_ACCESS = 2,
	PERMIT_CONTAIN = 4,
	PERMIT_DENY_USER = 8,
	PERMIT_IMMUTABLE = 16,
	PERMIT_APPEND_ONLY = 32,
	PERMIT_PROTECT = 64,
	PERMIT_STICKY = 128,
	PERMIT_NOEXEC_MOUNT = 256,
};

struct permit_means_row {
	const char *name;    /* of --means */
	const char *effect;  /* "nobody can run it" */
	const char *escapes; /* what it does not stop */
	enum permit_means means;
	bool takes;          /* a right of whoever uses the file; else it protects */
	bool files, folders; /* for which of them it is */
	bool by_root;        /* only root can */
};
extern const struct permit_means_row permit_means_rows[];
extern const size_t n_permit_means_rows;

/* The words of --means, in the order of their bits. */
#define PERMIT_MEANS_WORDS                                                                     \
	"no-exec|no-access|contain|deny-user|immutable|append-only|protect|sticky|noexec-"     \
	"mount"

/* What stands under each plan. */
extern const char permit_sentence[];
