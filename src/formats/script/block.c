/* SPDX-License-Identifier: MIT */
/*
 * Signature blocks: lines of base64, each a comment in the language of the script.
 *
 * A first line alone is no block: scripts that deal with signatures have it in
 * their strings.  It needs a line of base64, or the last line, behind it.
 */
#include "base/base64.h"
#include "formats/script/reading.h"

#include <stdio.h>

/* clang-format off */
const struct script_syntax script_syntaxes[] = {
	{ "PowerShell script", "# ", "",
	  "# SIG # Begin signature block", "# SIG # End signature block",
	  SPAN_INIT("\x1f\xcc\x3b\x60\x59\x4b\x08\x4e\xb7\x24\xd2\xc6\x29\x7e\xf3\x51"),
	  SCRIPT_POWERSHELL,
	  .signs_mark = true },
	{ "PowerShell XML", "<!-- ", " -->",
	  "<!-- SIG # Begin signature block -->", "<!-- SIG # End signature block -->",
	  SPAN_INIT("\x1f\xcc\x3b\x60\x59\x4b\x08\x4e\xb7\x24\xd2\xc6\x29\x7e\xf3\x51"),
	  SCRIPT_POWERSHELL_XML,
	  .signs_mark = true, .defaults_ansi = true },
	{ "Managed Object Format", "/* ", " */",
	  "/* SIG # Begin signature block */", "/* SIG # End signature block */",
	  SPAN_INIT("\x1f\xcc\x3b\x60\x59\x4b\x08\x4e\xb7\x24\xd2\xc6\x29\x7e\xf3\x51"),
	  SCRIPT_MOF,
	  .signs_mark = true },
	{ "JScript", "// SIG // ", "",
	  "// SIG // Begin signature block", "// SIG // End signature block",
	  SPAN_INIT("\x10\xe0\xc9\x06\xce\x38\xd4\x11\xa2\xa3\x00\x10\x4b\xd3\x50\x90"),
	  SCRIPT_JSCRIPT,
	  .signs_place = true, .defaults_ansi = true },
	{ "VBScript", "'' SIG '' ", "",
	  "'' SIG '' Begin signature block", "'' SIG '' End signature block",
	  SPAN_INIT("\x4e\xf0\x29\x16\x99\x27\xb5\x4d\x8f\xe5\xac\xe1\x0f\x17\xeb\xab"),
	  SCRIPT_VBSCRIPT,
	  .signs_place = true, .defaults_ansi = true },
	{ "Windows Script File", "** SIG ** ", "", "<signature>", "</signature>",
	  SPAN_INIT("\x70\x05\x61\x1a\xce\x38\xd4\x11\xa2\xa3\x00\x10\x4b\xd3\x50\x90"),
	  SCRIPT_WSF,
	  .signs_place = true, .signs_rest = true, .defaults_ansi = true },
};
/* clang-format on */
const size_t n_script_syntaxes = COUNT_OF(script_syntaxes);

static bool is_end(uint8_t c)
{
	return c == '\r' || c == '\n';
}

static bool is_base64(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/' || c == '=';
}

bool script_line_at(struct span units, uint64_t off, struct script_line *out)
{
	uint64_t end = off;

	if (off >= units.len)
		return false;
	while (end < units.len && !is_end(span_at(units, end)))
		end++;
	*out = (struct script_line){ .off = off, .end = end, .next = end };
	if (end < units.len)
		out->next +=
			span_at(units, end) == '\r' && span_at(units, end + 1) == '\n' ? 2 : 1;
	return true;
}

static struct span line_text(struct span units, const struct script_line *line)
{
	return span_clip(units, line->off, line->end - line->off);
}

static bool line_is(struct span units, const struct script_line *line, const char *text)
{
	return span_equal(line_text(units, line), SPAN_TEXT(text));
}

/* The base64 of one line of the block: at least one digit, and nothing else. */
static bool line_base64(struct span units, const struct script_line *line,
			const struct script_syntax *syntax, struct span *digits)
{
	struct span text = line_text(units, line);
	size_t open = strlen(syntax->open), close = strlen(syntax->close);

	if (text.len <= open + close || !span_starts(text, syntax->open, open) ||
	    !span_equal(span_after(text, text.len - close), SPAN_TEXT(syntax->close)))
		return false;
	*digits = span_clip(text, open, text.len - close - open);
	for (uint64_t i = 0; i < digits->len; i++)
		if (!is_base64(span_at(*digits, i)))
			return false;
	return true;
}

/* The next place, from @from on, where @text is a line of its own. */
static bool marker_find(struct span units, const char *text, uint64_t from,
			struct script_line *out)
{
	struct span marker = SPAN_TEXT(text);
	uint64_t at;

	while (span_find(units, marker, from, &at)) {
		from = at + 1;
		if ((at == 0 || is_end(span_at(units, at - 1))) &&
		    script_line_at(units, at, out) && line_is(units, out, text))
			return true;
	}
	return false;
}

/* Does a block begin behind the marker @line, or is it only talk about one? */
static bool block_begins(struct span units, const struct script_line *line,
			 const struct script_syntax *syntax)
{
	struct script_line next;
	struct span digits;

	return script_line_at(units, line->next, &next) &&
	       (line_is(units, &next, syntax->end) ||
		line_base64(units, &next, syntax, &digits));
}

/* Takes lines up to the last one; without it, as long as they are base64. */
static void lines_take(struct span units, struct script_block *b, uint64_t from,
		       struct buffer *digits)
{
	struct script_line last, line;
	struct span part;

	b->unended = !marker_find(units, b->syntax->end, from, &last);
	for (b->end = from; script_line_at(units, b->end, &line); b->end = line.next) {
		if (!b->unended && line.off == last.off)
			break;
		if (line_base64(units, &line, b->syntax, &part)) {
			buffer_add(digits, part);
			continue;
		}
		if (b->unended)
			return;
		if (b->foreign_len == 0) {
			b->foreign = line.off;
			b->foreign_len = line.next - line.off;
		}
	}
	if (!b->unended)
		b->end = last.next;
}

static enum status block_take(struct arena *a, struct span units,
			      const struct script_line *first, struct script_block *b)
{
	CLEANUP(buffer_free) struct buffer digits = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer der = BUFFER_INIT;
	uint64_t begin = first->off;

	b->begin = b->text_end = begin;
	if (b->text_end > 0)
		b->text_end--;
	if (b->text_end > 0 && span_at(units, b->text_end) == '\n' &&
	    span_at(units, b->text_end - 1) == '\r')
		b->text_end--;
	lines_take(units, b, first->next, &digits);
	if (b->end - b->begin > SCRIPT_MAX_BLOCK)
		return STATUS_LIMIT;
	TRY(buffer_status(&digits));
	if (base64_decode(&der, buffer_span(&digits)) != STATUS_OK)
		return der.failed ? STATUS_NO_MEMORY : STATUS_OK;
	b->der = arena_copy(a, buffer_span(&der));
	return b->der.ptr || der.len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

/* The first block of any family from @from on; NULL: none. */
static const struct script_syntax *block_next(struct span units, uint64_t from,
					      struct script_line *first)
{
	const struct script_syntax *found = NULL;

	*first = (struct script_line){ 0 };
	for (size_t i = 0; i < n_script_syntaxes; i++) {
		uint64_t at = from;
		struct script_line line;

		while (marker_find(units, script_syntaxes[i].begin, at, &line)) {
			at = line.next;
			if (found && line.off > first->off)
				break;
			if (!block_begins(units, &line, &script_syntaxes[i]))
				continue;
			*first = line;
			found = &script_syntaxes[i];
			break;
		}
	}
	return found;
}

enum status script_blocks_find(struct arena *a, struct span units,
			       struct script_block blocks[SCRIPT_MAX_BLOCKS], size_t *n)
{
	uint64_t from = 0;

	for (*n = 0; *n < SCRIPT_MAX_BLOCKS;) {
		struct script_line first;
		const struct script_syntax *syntax = block_next(units, from, &first);
		struct script_block *b = &blocks[*n];

		if (!syntax)
			break;
		++*n;
		*b = (struct script_block){ .syntax = syntax };
		TRY(block_take(a, units, &first, b));
		from = b->end;
	}
	return STATUS_OK;
}

/*
 * Is @line the marker with other letters for some of its own, or blanks more
 * or less?  A character beyond ASCII takes up to four units where the marker has one.
 */
#define LOOKALIKE_ODD 6 /* units that may differ */

static bool line_resembles(struct span line, struct span marker)
{
	uint64_t i = 0, k = 0, odd = 0;

	while (i < line.len && k < marker.len && odd <= LOOKALIKE_ODD) {
		uint8_t have = letter_small(span_at(line, i)),
			want = letter_small(span_at(marker, k));

		odd += have != want;
		i += have == want || want != ' ' || have >= 0x80;
		k += have == want || have != ' ';
		while (have >= 0x80 && span_at(line, i) >= 0x80)
			i++;
	}
	odd += line.len - i + (marker.len - k);
	return odd <= LOOKALIKE_ODD && !span_equal(line, marker);
}

/* "MII" begins the base64 of every SignedData that is not tiny. */
bool script_lookalike_find(struct span units, struct script_line *out)
{
	for (size_t i = 0; i < n_script_syntaxes; i++) {
		const struct script_syntax *s = &script_syntaxes[i];
		char digits[32];
		uint64_t at, from = 0;

		(void)snprintf(digits, sizeof(digits), "\n%sMII", s->open);
		while (span_find(units, SPAN_TEXT(digits), from, &at)) {
			uint64_t begin = at;

			from = at + 1;
			if (begin > 0 && span_at(units, begin - 1) == '\r')
				begin--;
			while (begin > 0 && at - begin < 128 &&
			       !is_end(span_at(units, begin - 1)))
				begin--;
			if (script_line_at(units, begin, out) &&
			    line_resembles(line_text(units, out), SPAN_TEXT(s->begin)))
				return true;
		}
	}
	return false;
}
