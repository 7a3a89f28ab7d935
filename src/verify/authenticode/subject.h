/* SPDX-License-Identifier: MIT */
/*
 * Subject: the kinds of files that Authenticode signs.
 *
 * They share SpcIndirectDataContent.  What differs (how a signature says what it
 * was made for, which digests beside the image digest tell something, what they
 * tell) stands in one row of a table.
 */
#pragma once
#include "verify/authenticode/state.h"

struct auth_subject {
	const char *format; /* the name of its format; NULL: none that is read here */
	const char *what;   /* "a program" */
	struct span type;   /* OID of the signed data; SpcSipInfo: and this GUID */
	struct span guid;
	/* Signatures of which the signed content is not SpcIndirectData but the file's own: its
	 * type.  The message digest then is the image digest. */
	struct span content;
	/* The signed digest has a form of its own: reads it; gives what is wrong, or NULL. */
	const char *(*read)(const struct authenticode *state, struct auth_signature *s);
	/* Adds jobs beside those for the digests that are signed. */
	enum status (*plan)(struct arena *a, struct authenticode *state);
	/* Of one signature, whose image digest has been compared. */
	enum status (*judge)(struct arena *a, struct authenticode *state,
			     struct auth_signature *s);
	/* Once, when all have been judged. */
	enum status (*conclude)(struct arena *a, struct authenticode *state);
};

/* What the file is; never NULL. */
const struct auth_subject *auth_subject_of(const struct container *box);

/* What the signature was made for, when that is another kind of file; NULL: it fits, or says
 * nothing that is known. */
const char *auth_made_for(const struct container *box, const struct spc_indirect_data *spc);

/* Is @spc of a kind that the file may have? */
bool auth_subject_fits(const struct container *box, const struct spc_indirect_data *spc);

/* The rows' own steps: auth_pe.c, auth_msi.c, auth_cab.c, auth_appx.c, auth_script.c */
MUST_CHECK enum status auth_pe_plan(struct arena *a, struct authenticode *state);
MUST_CHECK enum status auth_pe_judge(struct arena *a, struct authenticode *state,
				     struct auth_signature *s);
MUST_CHECK enum status auth_pe_conclude(struct arena *a, struct authenticode *state);
MUST_CHECK enum status auth_msi_plan(struct arena *a, struct authenticode *state);
MUST_CHECK enum status auth_msi_judge(struct arena *a, struct authenticode *state,
				      struct auth_signature *s);
MUST_CHECK enum status auth_msi_conclude(struct arena *a, struct authenticode *state);
const char *auth_appx_read(const struct authenticode *state, struct auth_signature *s);
MUST_CHECK enum status auth_appx_plan(struct arena *a, struct authenticode *state);
MUST_CHECK enum status auth_appx_judge(struct arena *a, struct authenticode *state,
				       struct auth_signature *s);
/* The catalog that a package brings: auth_appx_catalog.c */
MUST_CHECK enum status auth_appx_catalog(struct arena *a, struct authenticode *state);
MUST_CHECK enum status auth_script_plan(struct arena *a, struct authenticode *state);
MUST_CHECK enum status auth_script_judge(struct arena *a, struct authenticode *state,
					 struct auth_signature *s);
MUST_CHECK enum status auth_cab_plan(struct arena *a, struct authenticode *state);
MUST_CHECK enum status auth_cab_judge(struct arena *a, struct authenticode *state,
				      struct auth_signature *s);
