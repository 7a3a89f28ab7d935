/* SPDX-License-Identifier: MIT */
/*
 * Script: text that a system runs, and the signature that stands behind it as a comment.
 *
 * Follows the subject interface packages of PowerShell and of Windows Script
 * Host, as far as their signed files show it: what is signed is not the bytes
 * of the file but its text, as UTF-16LE.
 */
#pragma once
#include "formats/format.h"

#define SCRIPT_MAX            ((uint64_t)64 << 20) /* bytes of a file */
#define SCRIPT_MAX_TEXT       ((size_t)8 << 20)  /* bytes of signed text that is not UTF-16LE */
#define SCRIPT_MAX_ENDS       ((size_t)1 << 20)  /* of text whose other line ends are tried */
#define SCRIPT_MAX_BLOCK      ((size_t)24 << 20) /* bytes of a block, without markers */
#define SCRIPT_MAX_BLOCKS     4
#define SCRIPT_MAX_CANDIDATES 6

enum script_family {
	SCRIPT_FAMILY_NONE,
	SCRIPT_INTERPRETED,    /* "#!": run by the kernel, which knows no signature */
	SCRIPT_POWERSHELL,     /* .ps1 .psm1 .psd1 */
	SCRIPT_POWERSHELL_XML, /* .ps1xml .psc1 .cdxml */
	SCRIPT_MOF,
	SCRIPT_JSCRIPT,
	SCRIPT_VBSCRIPT,
	SCRIPT_WSF,
};

enum script_encoding {
	SCRIPT_ENCODING_NONE,
	SCRIPT_UTF8,
	SCRIPT_WINDOWS_1252, /* its five holes are the control characters of that number */
	SCRIPT_LATIN1,
	SCRIPT_UTF16LE,
	SCRIPT_UTF16BE,
};

/* One way to read the text, and so one thing that may have been signed. */
struct script_candidate {
	const char *name; /* "UTF-8, with its mark": for people */
	struct coverage covered;
	bool usual; /* as Windows would read this file */
	bool ends;  /* no more than a hint: the same text with other line ends */
};

struct script_image {
	enum script_family family;
	enum script_encoding encoding; /* of the file */
	bool has_mark;                 /* U+FEFF stands before the text */
	struct span sip; /* the GUID of its kind, as SpcSipInfo has it; or empty */
	struct range
		text; /* what the block signs, with the mark; of WSF, what stands before it */
	struct range behind; /* bytes behind the block that are not signed; zero long: none */
	struct script_candidate candidates[SCRIPT_MAX_CANDIDATES];
	size_t n_candidates;
};

extern const struct format format_script;
