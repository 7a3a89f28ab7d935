/* SPDX-License-Identifier: MIT */
/*
 * Scripts of every family with a signature block: signed well, and altered.
 * Made without anything of the reader, so that a mistake in it cannot hide.
 */
#pragma once
#include "tests/forge/forge.h"

enum script_family {
	SCRIPT_PS1,
	SCRIPT_PS1XML,
	SCRIPT_MOF,
	SCRIPT_JS,
	SCRIPT_VBS,
	SCRIPT_WSF,
	SCRIPT_FAMILIES
};

enum script_odd {
	SCRIPT_WIDE = 1 << 0,          /* UTF-16LE with its mark */
	SCRIPT_MARK_UNSIGNED = 1 << 1, /* whose mark the signer left out */
	SCRIPT_UNCOUNTED = 1 << 2,     /* without the number */
	SCRIPT_CHANGED = 1 << 3,       /* a letter, after signing */
	SCRIPT_CONVERTED = 1 << 4,     /* CR LF to LF, after signing */
	SCRIPT_APPENDED = 1 << 5,      /* code behind the block */
	SCRIPT_DOUBLED = 1 << 6,       /* the block once more */
	SCRIPT_INSIDE = 1 << 7,        /* code inside the block */
	SCRIPT_OTHER_KIND = 1 << 8,    /* made for an MSI package */
	SCRIPT_CUT = 1 << 9,           /* the last line of the block is missing */
};

struct forge_script {
	enum script_family family;
	unsigned odd;     /* enum script_odd */
	const char *text; /* NULL: two lines */
};
void forge_script_make(struct forge *f, const struct forge_signature *sign,
		       const struct forge_script *script, struct buffer *out);

/* The first line of the block of a family. */
const char *forge_script_begin(enum script_family family);
