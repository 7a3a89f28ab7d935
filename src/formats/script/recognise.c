/* SPDX-License-Identifier: MIT */
/*
 * What kind of script a file is, by its first bytes.
 *
 * Most text is no program.  So only beginnings count that nothing else has: "#!",
 * the document elements of PowerShell's and Windows Script Host's XML, the
 * pragmas of MOF, and a first line that can only be PowerShell.
 */
#include "formats/script/reading.h"

#define MARKER_MAX 64 /* letters of an end line */

struct beginning {
	const char *begins;           /* the text, without blanks and comments in front */
	const char *also, *else_also; /* one of them must follow somewhere; NULL: no need */
	enum script_family family;
};

static const struct beginning beginnings[] = {
	{"<PSConsoleFile",       NULL,               NULL,        SCRIPT_POWERSHELL_XML},
	{ "<PowerShellMetadata", NULL,               NULL,        SCRIPT_POWERSHELL_XML},
	{ "<Configuration>",     "<ViewDefinitions", "<Controls", SCRIPT_POWERSHELL_XML},
	{ "<Types>",             "<Members>",        "<Type>",    SCRIPT_POWERSHELL_XML},
	{ "<job",                "<script",          NULL,        SCRIPT_WSF           },
	{ "<package>",           "<job",             NULL,        SCRIPT_WSF           },
	{ "#pragma autorecover", NULL,               NULL,        SCRIPT_MOF           },
	{ "#pragma classflags",  NULL,               NULL,        SCRIPT_MOF           },
	{ "#pragma namespace(",  NULL,               NULL,        SCRIPT_MOF           },
	{ "#pragma deleteclass", NULL,               NULL,        SCRIPT_MOF           },
	{ "[ClassVersion(",      NULL,               NULL,        SCRIPT_MOF           },
	{ "[CmdletBinding(",     NULL,               NULL,        SCRIPT_POWERSHELL    },
	{ "#Requires -",         NULL,               NULL,        SCRIPT_POWERSHELL    },
};

/* Verbs of PowerShell's commands ("Approved Verbs for PowerShell Commands") that begin scripts.
 */
static const char *const verbs[] = {
	"Add",     "Clear",  "Disable", "Enable", "Export", "Get",      "Import",
	"Install", "Invoke", "New",     "Out",    "Read",   "Register", "Remove",
	"Restart", "Set",    "Start",   "Stop",   "Test",   "Update",   "Write",
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span blanks_skip(struct span s)
{
	uint64_t i = 0;

	while (i < s.len && is_blank(span_at(s, i)))
		i++;
	return span_after(s, i);
}

/* Past @end, if @s begins with @begin and has it; else @s itself. */
static struct span enclosed_skip(struct span s, const char *begin, const char *end)
{
	uint64_t at;

	if (!span_starts(s, begin, strlen(begin)) ||
	    !span_find(s, SPAN_TEXT(end), strlen(begin), &at))
		return s;
	return span_after(s, at + strlen(end));
}

static bool holds(struct span s, const char *text)
{
	uint64_t at;

	return text && span_find(s, SPAN_TEXT(text), 0, &at);
}

/* Does @s begin with @text, in letters of either case? */
static bool begins(struct span s, const char *text)
{
	struct span want = SPAN_TEXT(text);

	return span_equal_nocase(span_clip(s, 0, want.len), want);
}

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_argument(uint8_t c)
{
	return c != 0 && strchr("\"'$({[@|", c);
}

/* "Write-Host $": a verb, a noun, and an argument such as prose does not have. */
static bool is_command(struct span s)
{
	for (size_t i = 0; i < COUNT_OF(verbs); i++) {
		uint64_t noun = strlen(verbs[i]) + 1, n = noun;

		if (!begins(s, verbs[i]) || span_at(s, noun - 1) != '-')
			continue;
		while (is_letter(span_at(s, n)))
			n++;
		return n > noun && span_at(s, n) == ' ' && is_argument(span_at(s, n + 1));
	}
	return false;
}

/* "param(" and a type or a variable; "function Verb-Noun". */
static bool is_declaration(struct span s)
{
	if (begins(s, "param")) {
		s = blanks_skip(span_after(s, strlen("param")));
		if (span_at(s, 0) != '(')
			return false;
		s = blanks_skip(span_after(s, 1));
		return span_at(s, 0) == '$' || span_at(s, 0) == '[';
	}
	if (!begins(s, "function "))
		return false;
	s = blanks_skip(span_after(s, strlen("function ")));
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (begins(s, verbs[i]) && span_at(s, strlen(verbs[i])) == '-')
			return true;
	return false;
}

/* Past comments, in the syntax of all families: which it is will be seen behind them. */
static struct span comments_skip(struct span s)
{
	for (;;) {
		struct span before = s = blanks_skip(s);
		struct script_line line;

		s = enclosed_skip(s, "<?xml", "?>");
		s = enclosed_skip(s, "<!--", "-->");
		s = enclosed_skip(s, "<#", "#>");
		s = enclosed_skip(s, "/*", "*/");
		if (span_starts(s, "#", 1) && !begins(s, "#pragma ") &&
		    !begins(s, "#Requires -") && script_line_at(s, 0, &line))
			s = span_after(s, line.next);
		if (s.len == before.len)
			return s;
	}
}

enum script_family script_recognise(const struct script_text *text)
{
	struct span s = comments_skip(text->units);

	if (span_starts(text->raw, "#!", 2))
		return SCRIPT_INTERPRETED;
	for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
		const struct beginning *b = &beginnings[i];

		if (span_starts(s, b->begins, strlen(b->begins)) &&
		    (!b->also || holds(s, b->also) || holds(s, b->else_also)))
			return b->family;
	}
	return is_command(s) || is_declaration(s) ? SCRIPT_POWERSHELL : SCRIPT_FAMILY_NONE;
}

/*
 * The last lines of a signed script, in any encoding.  Most files end in
 * something else; so one word that all families have there is asked for first.
 */
bool script_tail_recognise(struct span tail)
{
	uint64_t at;

	if (!span_find(tail, SPAN_LITERAL("ignature"), 0, &at) &&
	    !span_find(tail, SPAN_LITERAL("i\0g\0n\0a\0t\0u\0r\0e"), 0, &at))
		return false;
	for (size_t i = 0; i < n_script_syntaxes; i++) {
		struct span marker = SPAN_TEXT(script_syntaxes[i].end);
		uint8_t wide[2 * MARKER_MAX] = { 0 };

		if (span_find(tail, marker, 0, &at))
			return true;
		for (size_t k = 0; k < marker.len && k < MARKER_MAX; k++)
			wide[2 * k] = span_at(marker, k);
		/* Without its last zero it is the same in both orders. */
		if (span_find(tail, span_clip(SPAN_OF(wide), 0, 2 * marker.len - 1), 0, &at))
			return true;
	}
	return false;
}
