/* SPDX-License-Identifier: MIT */
/* Scripts of every family, signed and altered, judged from end to end. */
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/script.h"

static const struct {
	const char *what;
	enum script_family family;
	unsigned odd;
	struct forge_signature sign;
	const char *verdict, *finding;
} rows[] = {
	{"PowerShell",			   SCRIPT_PS1,    0,                                  { 0 },                        "valid",      NULL                  },
	{ "PowerShell, UTF-16",                  SCRIPT_PS1,    SCRIPT_WIDE,                        { 0 },                        "valid",      NULL                  },
	{ "PowerShell, UTF-16, mark not signed",
         SCRIPT_PS1,					    SCRIPT_WIDE | SCRIPT_MARK_UNSIGNED,
         { 0 },
         "valid",															       "script.encoding"     },
	{ "PowerShell XML",                      SCRIPT_PS1XML, 0,                                  { 0 },                        "valid",      NULL                  },
	{ "MOF",				 SCRIPT_MOF,    SCRIPT_WIDE,                        { 0 },                        "valid",      NULL                  },
	{ "JScript",			     SCRIPT_JS,     0,                                  { 0 },                        "valid",      NULL                  },
	{ "JScript, UTF-16",                     SCRIPT_JS,     SCRIPT_WIDE,                        { 0 },                        "valid",      NULL                  },
	{ "JScript, without the number",
         SCRIPT_JS,					     SCRIPT_UNCOUNTED,
         { 0 },
         "mismatched",															  NULL		  },
	{ "VBScript",			    SCRIPT_VBS,    0,                                  { 0 },                        "valid",      NULL                  },
	{ "VBScript, without the number",
         SCRIPT_VBS,					    SCRIPT_UNCOUNTED,
         { 0 },
         "mismatched",															  NULL		  },
	{ "Windows Script File",                 SCRIPT_WSF,    0,                                  { 0 },                        "valid",      NULL                  },
	{ "Windows Script File, UTF-16",         SCRIPT_WSF,    SCRIPT_WIDE,                        { 0 },                        "valid",      NULL                  },
	{ "Windows Script File, a job more",
         SCRIPT_WSF,					    SCRIPT_APPENDED,
         { 0 },
         "mismatched",															  NULL		  },
	{ "SHA-1",			       SCRIPT_PS1,    0,				  { .image_digest = "SHA1" },   "valid",      NULL                  },
	{ "a stranger",			  SCRIPT_PS1,    0,                                  { .signer = "stranger" },     "untrusted",  NULL                  },
	{ "a letter changed",                    SCRIPT_PS1,    SCRIPT_CHANGED,                     { 0 },                        "mismatched", NULL                  },
	{ "a letter changed, VBScript",          SCRIPT_VBS,    SCRIPT_CHANGED,                     { 0 },                        "mismatched", NULL                  },
	{ "line ends changed",                   SCRIPT_PS1,    SCRIPT_CONVERTED,                   { 0 },                        "tampered",   "script.eol"          },
	{ "code behind the block",
         SCRIPT_PS1,					    SCRIPT_APPENDED,
         { 0 },
         "partial",															     "script.after-block"  },
	{ "code behind the block, MOF",
         SCRIPT_MOF,					    SCRIPT_APPENDED | SCRIPT_WIDE,
         { 0 },
         "partial",															     "script.after-block"  },
	{ "code behind the block, JScript",
         SCRIPT_JS,					     SCRIPT_APPENDED,
         { 0 },
         "partial",															     "script.after-block"  },
	{ "two blocks",			  SCRIPT_PS1,    SCRIPT_DOUBLED,                     { 0 },                        "mismatched", "script.two-blocks"   },
	{ "code inside the block",
         SCRIPT_PS1,					    SCRIPT_INSIDE,
         { 0 },
         "broken",															      "script.inside-block" },
	{ "a block without its end",
         SCRIPT_PS1,					    SCRIPT_CUT,
         { 0 },
         "broken",															      "script.block-unended"},
	{ "a signature for a package",
         SCRIPT_PS1,					    SCRIPT_OTHER_KIND,
         { 0 },
         "valid",															       "spc.data-type"       },
	{ "a signature for a package, altered",
         SCRIPT_PS1,					    SCRIPT_OTHER_KIND | SCRIPT_CHANGED,
         { 0 },
         "grafted",															     "spc.data-type"       },
	{ "its mathematics",                     SCRIPT_PS1,    0,                                  { .odd = ODD_BAD_SIGNATURE }, "broken",     NULL                  },
};

int main(void)
{
	struct forge *f = forge_new();
	struct court court;

	court_open(&court, f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		const struct report *r;

		forge_script_make(
			f, &rows[i].sign,
			&(struct forge_script){ .family = rows[i].family, .odd = rows[i].odd },
			&file);
		r = court_judge(&court, buffer_span(&file));
		CHECK(r->format && strcmp(r->format, "script") == 0 &&
			      strcmp(assay_verdict_word(r->verdict), rows[i].verdict) == 0,
		      "%s: %s", rows[i].what, assay_verdict_word(r->verdict));
		if (rows[i].finding)
			CHECK(court_has(r, rows[i].finding), "%s: %s", rows[i].what,
			      rows[i].finding);
	}
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
