/* SPDX-License-Identifier: MIT */
/*
 * Look-alike names: other letters, hidden characters, further words, another
 * legal form (after Unicode UTS #39, "skeleton").
 *
 * A name is read in several ways, each a line of small letters with single
 * spaces; two names are alike in a way of reading when the lines are.
 */
#include "trust/lookalike.h"

#include "base/cursor.h"
#include "base/utf8.h"
#include "trust/confusables.h"
#include <stdlib.h>
#include <strings.h>

#define MAX_READ  160 /* letters of a name; no vendor's is half as long */
#define STRANGE   '?' /* a character that is no letter of a vendor's name */
#define CORE_MIN  5   /* letters that a name must have to be misread without its legal form */
#define FLAT_MIN  12  /* ... and to be misread when i is taken for l */
#define FLAT_CORE 9

enum way {
	WAY_PLAIN,  /* as it stands */
	WAY_ROUND,  /* confusable letters, I is l */
	WAY_FOLDED, /* confusable letters, I is i */
	WAY_FLAT,   /* and i is l */
	WAYS,
};

struct reading {
	char text[MAX_READ + 1];
	size_t n;
	bool too_long;
};

/* Words that say what kind of company it is. */
/* clang-format off */
static const char *const legal_forms[] = {
	"inc", "incorporated", "llc", "ltd", "limited", "gmbh", "corp", "corporation",
	"co", "company", "plc", "ag", "sa", "sas", "sarl", "srl", "spa", "bv", "nv",
	"ab", "as", "aps", "oy", "oyj", "se", "kg", "kgaa", "sro", "spol", "s", "ro",
	"jsc", "ao", "ooo", "oao", "zao", "pao", "pte", "pty", "pvt", "lp", "llp", "kk",
	"lda", "ltda", "doo", "private", "the", "aktiengesellschaft",
};
/* clang-format on */

static void reading_char(struct reading *r, char c, enum way way)
{
	char last = ' ';

	if (r->n > 0)
		last = r->text[r->n - 1];
	if (c == ' ' && last == ' ')
		return;
	if (way != WAY_PLAIN && last == 'r' && c == 'n') {
		r->text[r->n - 1] = 'm';
		return;
	}
	if (way != WAY_PLAIN && last == 'v' && c == 'v') {
		r->text[r->n - 1] = 'w';
		return;
	}
	if (r->n == MAX_READ) {
		r->too_long = true;
		return;
	}
	r->text[r->n++] = c;
}

/* Digits and marks that are written for letters. */
static char digit_read(char c)
{
	static const char digits[] = "1l|l0o5s$s@a3e";

	for (size_t i = 0; digits[i]; i += 2)
		if (digits[i] == c)
			return digits[i + 1];
	return c;
}

static char small_letter(char c)
{
	static const char small[] = "abcdefghijklmnopqrstuvwxyz";

	if (c < 'A' || c > 'Z')
		return c;
	return small[c - 'A'];
}

/* One ASCII character in one way of reading; '\0': it does not count. */
static char ascii_read(char c, enum way way, bool capitals)
{
	if (way != WAY_PLAIN && way != WAY_FOLDED && c == 'I' && !capitals)
		c = 'l';
	c = small_letter(c);
	if (way != WAY_PLAIN)
		c = digit_read(c);
	if (way == WAY_FLAT && c == 'i')
		c = 'l';
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == STRANGE)
		return c;
	return c == '.' || c == '\'' ? '\0' : ' ';
}

/* The next character of escaped text: base/escape.h writes \xNN and \u{N}. */
static uint32_t character_take(struct cursor *c, bool *escaped)
{
	struct span rest = span_after(c->in, c->pos);
	struct utf8_char u = utf8_at(rest, 0);
	char digits[9] = { 0 };
	uint64_t end;

	*escaped = false;
	if (span_starts(rest, "\\x", 2) && rest.len >= 4) {
		*escaped = true;
		(void)span_copy(digits, 2, span_after(rest, 2));
		cursor_skip(c, 4);
		return (uint32_t)strtoul(digits, NULL, 16);
	}
	if (span_starts(rest, "\\u{", 3) && span_find(rest, SPAN_TEXT("}"), 3, &end)) {
		*escaped = true;
		(void)span_copy(digits, 8, span_clip(rest, 3, end - 3));
		cursor_skip(c, end + 1);
		return (uint32_t)strtoul(digits, NULL, 16);
	}
	cursor_skip(c, u.len ? u.len : 1);
	return u.code;
}

static bool all_capitals(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (span_at(name, i) >= 'a' && span_at(name, i) <= 'z')
			return false;
	return true;
}

static void reading_make(const char *name, enum way way, struct reading *out)
{
	struct cursor c = cursor_at(SPAN_TEXT(name), 0);
	bool capitals = all_capitals(c.in), escaped;

	out->n = 0;
	out->too_long = false;
	while (cursor_left(&c) > 0 && !out->too_long) {
		uint32_t code = character_take(&c, &escaped);
		char as = CONFUSABLE_NOTHING;

		if (code >= 0x80)
			as = confusable_ascii(code);
		if (code < 0x80 && !escaped)
			as = ascii_read((char)code, way, capitals);
		else if (way == WAY_PLAIN || as == 0)
			as = STRANGE;
		else if (as == CONFUSABLE_NOTHING)
			as = '\0';
		else
			as = ascii_read(as, way, capitals);
		if (as != '\0')
			reading_char(out, as, way);
	}
	while (out->n > 0 && out->text[out->n - 1] == ' ')
		out->n--;
	out->text[out->n] = '\0';
}

/* However they are read, no letter of theirs but i can be another one. */
static bool same_form(enum way way, struct span form, struct span word)
{
	bool same = form.len == word.len;

	for (size_t i = 0; i < word.len && same; i++)
		same = span_at(word, i) == span_at(form, i) ||
		       (way != WAY_PLAIN && span_at(form, i) == 'i' && span_at(word, i) == 'l');
	return same;
}

static bool is_legal(enum way way, struct span word)
{
	for (size_t i = 0; i < COUNT_OF(legal_forms); i++)
		if (same_form(way, SPAN_TEXT(legal_forms[i]), word))
			return true;
	return false;
}

static struct span last_word(struct span text)
{
	size_t from = text.len;

	while (from > 0 && span_at(text, from - 1) != ' ')
		from--;
	return span_after(text, from);
}

static struct span first_word(struct span text)
{
	uint64_t at = text.len;

	if (!span_find(text, SPAN_TEXT(" "), 0, &at))
		at = text.len;
	return span_clip(text, 0, at);
}

/* Without legal forms before and behind; never without any word. */
static struct span core_of(enum way way, struct span text)
{
	for (;;) {
		struct span word = last_word(text);

		if (word.len >= text.len || !is_legal(way, word))
			break;
		text = span_clip(text, 0, text.len - word.len - 1);
	}
	for (;;) {
		struct span word = first_word(text);

		if (word.len >= text.len || !is_legal(way, word))
			return text;
		text = span_after(text, word.len + 1);
	}
}

static bool all_legal(enum way way, struct span words)
{
	while (words.len > 0) {
		struct span word = first_word(words);

		if (!is_legal(way, word))
			return false;
		words = span_after(words, word.len + 1);
	}
	return true;
}

/* Two readings of one way, without regard to what was changed in them. */
static enum likeness readings_compare(enum way way, struct span name, struct span brand)
{
	struct span core = core_of(way, name), own = core_of(way, brand);
	bool has_form = own.len < brand.len;
	uint64_t at;

	if (span_equal(name, brand))
		return LIKENESS_SPELLING;
	if (name.len > brand.len && span_equal(span_clip(name, 0, brand.len), brand) &&
	    span_at(name, brand.len) == ' ') {
		if (has_form && all_legal(way, span_after(name, brand.len + 1)))
			return LIKENESS_FORM_ADDED;
		if (!all_legal(way, span_after(name, brand.len + 1)))
			return span_find(brand, SPAN_TEXT(" "), 0, &at) ? LIKENESS_ADDED
									: LIKENESS_NONE;
	}
	return span_equal(core, own) ? LIKENESS_FORM : LIKENESS_NONE;
}

/* Is so much of it alike that other letters were meant to deceive? */
static bool letters_deceive(enum way way, struct span brand, enum likeness found)
{
	size_t core = core_of(way, brand).len;

	if (found == LIKENESS_NONE)
		return false;
	if (way == WAY_FLAT)
		return found == LIKENESS_FORM ? core >= FLAT_CORE : brand.len >= FLAT_MIN;
	return found == LIKENESS_SPELLING || core >= CORE_MIN;
}

/* One name, read in all ways. */
struct looked {
	struct reading ways[WAYS];
	uint8_t first[WAYS]; /* letter, without legal forms before it */
};

static void looked_make(const char *name, struct looked *out)
{
	for (enum way way = WAY_PLAIN; way < WAYS; way++) {
		reading_make(name, way, &out->ways[way]);
		out->first[way] = span_at(core_of(way, SPAN_TEXT(out->ways[way].text)), 0);
	}
}

static enum likeness name_compare(const struct looked *looked, const char *brand)
{
	enum likeness plain = LIKENESS_NONE;

	for (enum way way = WAY_PLAIN; way < WAYS; way++) {
		struct reading own;
		enum likeness found;

		/* They must begin alike, or nothing is; most vendors are done with here. */
		if (looked->first[way] !=
		    (uint8_t)ascii_read((char)span_at(SPAN_TEXT(brand), 0), way, false))
			continue;
		reading_make(brand, way, &own);
		found = readings_compare(way, SPAN_TEXT(looked->ways[way].text),
					 SPAN_TEXT(own.text));
		if (way == WAY_PLAIN)
			plain = found;
		else if (plain == LIKENESS_NONE &&
			 letters_deceive(way, SPAN_TEXT(own.text), found))
			return LIKENESS_LETTERS;
	}
	return plain;
}

enum likeness name_likeness(const char *name, const struct brand **brand, const char **like)
{
	enum likeness worst = LIKENESS_NONE;
	struct looked looked;

	for (size_t i = 0; i < n_brands; i++)
		for (size_t k = 0; brands[i].names[k]; k++)
			if (strcasecmp(brands[i].names[k], name) == 0)
				return LIKENESS_SAME;
	looked_make(name, &looked);
	if (looked.ways[WAY_PLAIN].too_long)
		return LIKENESS_NONE;
	for (size_t i = 0; i < n_brands; i++)
		for (size_t k = 0; brands[i].names[k]; k++) {
			enum likeness found = name_compare(&looked, brands[i].names[k]);

			if (found <= worst)
				continue;
			worst = found;
			*brand = &brands[i];
			*like = brands[i].names[k];
		}
	return worst;
}

const char *likeness_say(enum likeness likeness)
{
	switch (likeness) {
	case LIKENESS_FORM: return "another legal form";
	case LIKENESS_ADDED: return "further words";
	case LIKENESS_FORM_ADDED: return "a second legal form";
	case LIKENESS_SPELLING: return "other spaces or dots";
	case LIKENESS_LETTERS: return "other letters or hidden characters";
	case LIKENESS_NONE:
	case LIKENESS_SAME: break;
	}
	return "the same name";
}
