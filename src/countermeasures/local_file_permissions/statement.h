/* SPDX-License-Identifier: MIT */
/*
 * Statement: how rights are wanted to be, as the configuration says it in its
 * section [permit].
 *
 *	protect = GLOB [owner=NAME] [mode<=OCTAL] [immutable]
 *	mount = PATH [noexec] [nosuid] [nodev]
 *	deny-exec = SHA-256, or the id of an operation
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define PERMIT_MAX_WORDS 8

enum permit_statement_kind {
	PERMIT_STATEMENT_UNKNOWN,
	PERMIT_STATEMENT_PROTECT,
	PERMIT_STATEMENT_MOUNT,
	PERMIT_STATEMENT_DENY,
};

struct permit_statement {
	enum permit_statement_kind kind;
	const char *place; /* GLOB, PATH, or the digits of an id */
	bool has_owner, has_mode, immutable, has_sha256;
	uint32_t owner, mode;
	uint32_t mount_flags; /* OBJECT_NOEXEC, ... */
	uint8_t sha256[32];
};

/* STATUS_USAGE: *@why, a sentence without a full stop. */
MUST_CHECK enum status permit_statement_parse(struct arena *a, enum permit_statement_kind kind,
					      const char *text, struct permit_statement *out,
					      const char **why);
