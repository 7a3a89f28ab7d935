/* SPDX-License-Identifier: MIT */
/* What the first step knows and the second needs.  Private to this room. */
#pragma once
#include "verify/message.h"
#include "verify/nuget/nuget.h"

/* What a signer commits to: RFC 5126, 5.11.1. */
enum nuget_role { NUGET_ROLE_NONE, NUGET_AUTHOR, NUGET_REPOSITORY, NUGET_BOTH };

struct nuget_content {
	enum digest_algorithm algorithm; /* DIGEST_NONE: one that we do not know */
	struct span hash;
};

struct nuget_signature {
	struct fact *fact;
	struct span content; /* octets under messageDigest, or the signature that is signed */
	bool counter;        /* it signs another signature */
	enum nuget_role role;
};

#define NUGET_MAX_SIGNATURES 8

struct nuget {
	struct cms *cms; /* NULL: could not be read */
	struct nuget_content content;
	bool content_ok;
	struct nuget_signature signatures[NUGET_MAX_SIGNATURES];
	size_t n;
};

/* "Version:1", a blank line, "<OID>-Hash:<base64>"; false: something else. */
MUST_CHECK enum status nuget_content_read(struct arena *a, struct span text,
					  struct nuget_content *out, bool *ok);

/* Of the signed attributes; @problem: what is wrong, NULL: nothing. */
enum nuget_role nuget_role_read(const struct signer_info *signer, const char **problem);

/* The repository's address and the owners it names, for people; NULL: none. */
void nuget_repository_read(struct arena *a, const struct signer_info *signer,
			   const char **index, const char **owners, const char **problem);
