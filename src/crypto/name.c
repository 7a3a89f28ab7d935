/* SPDX-License-Identifier: MIT */
/*
 * Distinguished names: text for people (RFC 4514) and comparison (RFC 5280 7.1).
 *
 * Names in a hostile file are written to deceive: whatever is invisible, turns
 * the direction of text or looks like an escape is shown as what it is.
 */
#include "base/charset.h"
#include "base/escape.h"
#include "base/utf8.h"
#include "crypto/x509.h"

#define NAME_MAX_PARTS 64  /* attributes; a name with more is cut, and equals none */
#define VALUE_MAX_TEXT 512 /* octets of one value that are shown */

#define SET_MAX_PARTS 8 /* larger sets are compared in the order in which they stand */

struct name_part {
	struct span type;
	struct der value;
	bool joined; /* in the same RelativeDistinguishedName as the part before it */
};

struct name {
	struct name_part parts[NAME_MAX_PARTS];
	size_t n;
	bool more;
};

static bool set_read(const struct der *set, struct name *out)
{
	struct cursor c = der_enter(set);
	bool joined = false;

	while (cursor_left(&c) > 0) {
		struct der pair, type, value;
		struct cursor p;

		if (!der_expect(&c, DER_SEQUENCE, &pair))
			return false;
		p = der_enter(&pair);
		if (!der_expect(&p, DER_OID, &type) || !der_next(&p, &value) ||
		    cursor_left(&p) != 0)
			return false;
		if (out->n == NAME_MAX_PARTS) {
			out->more = true;
			return true;
		}
		out->parts[out->n++] = (struct name_part){ type.value, value, joined };
		joined = true;
	}
	return true;
}

/* False: no Name.  With more than NAME_MAX_PARTS parts, the first ones and .more. */
static bool name_read(struct span name, struct name *out)
{
	struct der sequence, set;
	struct cursor c;

	out->n = 0;
	out->more = false;
	if (!der_only(name, DER_SEQUENCE, &sequence, NULL))
		return false;
	c = der_enter(&sequence);
	while (cursor_left(&c) > 0 && !out->more)
		if (!der_expect(&c, DER_SET, &set) || !set_read(&set, out))
			return false;
	return true;
}

enum charset { CHARSET_NONE = 0, CHARSET_UTF8, CHARSET_LATIN1, CHARSET_UTF16, CHARSET_UCS4 };

/* How a value of type @tag is encoded; CHARSET_NONE: it is no string (X.680). */
static enum charset charset_of(uint8_t tag)
{
	static const struct {
		uint8_t tag;
		enum charset charset;
	} strings[] = {
		{DER_PRINTABLE_STRING,  CHARSET_UTF8  },
                { DER_UTF8_STRING,      CHARSET_UTF8  },
		{ DER_IA5_STRING,       CHARSET_UTF8  },
                { DER_BMP_STRING,       CHARSET_UTF16 },
		{ DER_TELETEX_STRING,   CHARSET_LATIN1},
                { 0x12 /* Numeric */,   CHARSET_UTF8  },
		{ DER_UNIVERSAL_STRING, CHARSET_UCS4  },
                { 0x1a /* Visible */,   CHARSET_UTF8  },
		{ 0x1b /* General */,   CHARSET_UTF8  },
	};

	for (size_t i = 0; i < COUNT_OF(strings); i++)
		if (strings[i].tag == tag)
			return strings[i].charset;
	return CHARSET_NONE;
}

/* Appends a string value as UTF-8, as far as it is text; false: not a string. */
static bool value_decode(const struct der *value, struct buffer *to)
{
	switch (charset_of(value->tag)) {
	case CHARSET_UTF8: buffer_add(to, value->value); return true;
	case CHARSET_LATIN1: (void)charset_latin1(to, value->value); return true;
	case CHARSET_UTF16: (void)charset_utf16be(to, value->value); return true;
	case CHARSET_UCS4: (void)charset_ucs4be(to, value->value); return true;
	case CHARSET_NONE: break;
	}
	return false;
}

/* What of @text fits into VALUE_MAX_TEXT octets, not cut inside a character. */
static struct span text_head(struct span text)
{
	uint64_t at = 0;

	while (at < text.len) {
		struct utf8_char c = utf8_at(text, at);

		if (at + c.len > VALUE_MAX_TEXT)
			break;
		at += c.len;
	}
	return span_clip(text, 0, at);
}

/* RFC 4514 2.4: must the character at @at of @text stand behind a backslash? */
static bool is_special(struct span text, uint64_t at)
{
	uint8_t c = span_at(text, at);

	if ((c == ' ' && (at == 0 || at == text.len - 1)) || (c == '#' && at == 0))
		return true;
	return c != 0 && strchr("\"+,;<>\\", c) != NULL;
}

static void escaped_add(struct buffer *to, struct span text)
{
	uint64_t run = 0;

	for (uint64_t at = 0; at < text.len; at++) {
		if (!is_special(text, at))
			continue;
		escape_text(to, span_clip(text, run, at - run));
		buffer_char(to, '\\');
		buffer_char(to, (char)span_at(text, at));
		run = at + 1;
	}
	escape_text(to, span_after(text, run));
}

/* A value that is no string: the octets of the element (RFC 4514 2.4). */
static void octets_add(struct buffer *to, struct span whole)
{
	buffer_char(to, '#');
	buffer_hex(to, span_clip(whole, 0, VALUE_MAX_TEXT / 2));
	if (whole.len > VALUE_MAX_TEXT / 2)
		buffer_text(to, "...");
}

static void value_add(struct buffer *to, const struct der *value)
{
	CLEANUP(buffer_free) struct buffer decoded = BUFFER_INIT;
	struct span head;

	if (!value_decode(value, &decoded)) {
		octets_add(to, value->whole);
		return;
	}
	to->failed = to->failed || decoded.failed;
	head = text_head(buffer_span(&decoded));
	escaped_add(to, head);
	if (head.len < decoded.len)
		buffer_text(to, "...");
}

#define TYPE_CN OID("\x55\x04\x03")
#define TYPE_O  OID("\x55\x04\x0a")
#define TYPE_OU OID("\x55\x04\x0b")

/* RFC 4514 3, RFC 4519, and what certificates of code signers carry. */
static const char *type_name(struct span type)
{
	static const struct {
		struct span oid;
		const char *name;
	} types[] = {
		{OID_INIT("\x55\x04\x03"),                                  "CN"                    },
		{ OID_INIT("\x55\x04\x0a"),                                 "O"                     },
		{ OID_INIT("\x55\x04\x0b"),                                 "OU"                    },
		{ OID_INIT("\x55\x04\x06"),                                 "C"                     },
		{ OID_INIT("\x55\x04\x08"),                                 "ST"                    },
		{ OID_INIT("\x55\x04\x07"),                                 "L"                     },
		{ OID_INIT("\x55\x04\x09"),                                 "STREET"                },
		{ OID_INIT("\x55\x04\x04"),                                 "SN"                    },
		{ OID_INIT("\x55\x04\x05"),                                 "serialNumber"          },
		{ OID_INIT("\x55\x04\x0c"),                                 "title"                 },
		{ OID_INIT("\x55\x04\x0f"),                                 "businessCategory"      },
		{ OID_INIT("\x55\x04\x11"),                                 "postalCode"            },
		{ OID_INIT("\x55\x04\x2a"),                                 "GN"                    },
		{ OID_INIT("\x55\x04\x61"),                                 "organizationIdentifier"},
		{ OID_INIT("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"),     "DC"                    },
		{ OID_INIT("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"),     "UID"                   },
		{ OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"),         "emailAddress"          },
		{ OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01"), "jurisdictionL"         },
		{ OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02"), "jurisdictionST"        },
		{ OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03"), "jurisdictionC"         },
	};

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (span_equal(types[i].oid, type))
			return types[i].name;
	return NULL;
}

static bool part_add(struct arena *a, struct buffer *to, const struct name_part *part)
{
	const char *type = type_name(part->type);

	if (!type)
		type = der_oid_text(a, part->type);
	if (!type)
		return false;
	buffer_text(to, type);
	buffer_char(to, '=');
	value_add(to, &part->value);
	return true;
}

const char *name_text(struct arena *a, struct span name)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct name read;

	if (!name_read(name, &read))
		return arena_printf(a, "malformed-name(%zu bytes)", name.len);
	if (read.more)
		buffer_text(&text, "..., ");
	/* The last RelativeDistinguishedName stands first, RFC 4514 2.1. */
	for (size_t end = read.n; end > 0;) {
		size_t begin = end - 1;

		while (read.parts[begin].joined)
			begin--;
		for (size_t i = begin; i < end; i++) {
			if (i > begin)
				buffer_char(&text, '+');
			if (!part_add(a, &text, &read.parts[i]))
				return NULL;
		}
		if (begin > 0)
			buffer_text(&text, ", ");
		end = begin;
	}
	return buffer_status(&text) == STATUS_OK ? arena_string(a, buffer_span(&text)) : NULL;
}

/* One value alone, where no RFC 4514 syntax surrounds it; NULL: no string, or no memory. */
static const char *value_text(struct arena *a, const struct der *value)
{
	CLEANUP(buffer_free) struct buffer decoded = BUFFER_INIT;

	if (!value_decode(value, &decoded) || buffer_status(&decoded) != STATUS_OK)
		return NULL;
	return escape_string(a, buffer_span(&decoded), VALUE_MAX_TEXT);
}

const char *name_attribute(struct arena *a, struct span name, struct span oid)
{
	struct name read;

	if (!name_read(name, &read))
		return NULL;
	for (size_t i = 0; i < read.n; i++)
		if (span_equal(read.parts[i].type, oid))
			return value_text(a, &read.parts[i].value);
	return NULL;
}

const char *name_short(struct arena *a, struct span name)
{
	const struct span telling[] = { TYPE_CN, TYPE_O, TYPE_OU };
	struct name read;

	if (!name_read(name, &read))
		return name_text(a, name);
	/* Of several, the last is the most specific one: what name_text() shows first. */
	for (size_t t = 0; t < COUNT_OF(telling); t++)
		for (size_t i = read.n; i > 0; i--) {
			const struct name_part *part = &read.parts[i - 1];
			const char *text = NULL;

			if (span_equal(part->type, telling[t]) && part->value.value.len > 0)
				text = value_text(a, &part->value);
			if (text)
				return text;
		}
	return name_text(a, name);
}

/* The characters of a string, one after the other, as RFC 5280 7.1 compares them. */
struct characters {
	struct cursor c;
	enum charset charset;
	bool began, space; /* something was given; a space stands before what comes */
};

#define CHARACTER_END UINT32_MAX

static uint32_t utf8_take(struct cursor *c)
{
	struct utf8_char u = utf8_at(c->in, c->pos);

	/* Octets that are no UTF-8 equal only themselves. */
	if (!u.valid)
		return 0x80000000U | cursor_u8(c);
	cursor_skip(c, u.len);
	return u.code;
}

/* Two halves of one character, if they are. */
static uint32_t utf16_take(struct cursor *c)
{
	uint32_t high = (uint32_t)cursor_be(c, 2);

	if (high < 0xd800 || high > 0xdbff || cursor_left(c) < 2)
		return high;
	return 0x10000 + ((high - 0xd800) << 10) +
	       (((uint32_t)cursor_be(c, 2) - 0xdc00) & 0x3ff);
}

static uint32_t character_take(struct characters *s)
{
	if (cursor_left(&s->c) == 0)
		return CHARACTER_END;
	switch (s->charset) {
	case CHARSET_LATIN1: return cursor_u8(&s->c);
	case CHARSET_UCS4: return (uint32_t)cursor_be(&s->c, 4);
	case CHARSET_UTF16: return utf16_take(&s->c);
	case CHARSET_UTF8: return utf8_take(&s->c);
	case CHARSET_NONE: break;
	}
	return CHARACTER_END;
}

/* Case folding of ASCII and Latin-1; other letters are compared as they are. */
static uint32_t folded(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7))
		return c + 0x20;
	return c;
}

/* Leading and trailing spaces do not count, inner ones count once. */
static uint32_t character_next(struct characters *s)
{
	struct characters before = *s;
	uint32_t c = character_take(s);

	while (c == ' ') {
		s->space = s->began;
		before = *s;
		c = character_take(s);
	}
	if (c == CHARACTER_END)
		return c;
	if (s->space) {
		*s = before;
		s->space = false;
		return ' ';
	}
	s->began = true;
	return folded(c);
}

static bool part_equal(const struct name_part *a, const struct name_part *b)
{
	struct characters x = { .c = der_enter(&a->value),
				.charset = charset_of(a->value.tag) };
	struct characters y = { .c = der_enter(&b->value),
				.charset = charset_of(b->value.tag) };
	uint32_t c, d;

	if (!span_equal(a->type, b->type))
		return false;
	if (span_equal(a->value.whole, b->value.whole))
		return true;
	if (x.charset == CHARSET_NONE || y.charset == CHARSET_NONE)
		return span_equal(a->value.whole, b->value.whole);
	do {
		c = character_next(&x);
		d = character_next(&y);
	} while (c == d && c != CHARACTER_END);
	return c == d;
}

/* Is each of the @n parts of @a also in @b? */
static bool parts_in(const struct name *a, const struct name *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool found = part_equal(&a->parts[i], &b->parts[i]);

		if (n > SET_MAX_PARTS && !found)
			return false;
		for (size_t j = 0; j < n && !found; j++)
			found = part_equal(&a->parts[i], &b->parts[j]);
		if (!found)
			return false;
	}
	return true;
}

/* One RelativeDistinguishedName of each. */
static bool sets_equal(const struct der *a, const struct der *b)
{
	struct name x, y;

	if (span_equal(a->value, b->value))
		return true;
	x.n = y.n = 0;
	x.more = y.more = false;
	return set_read(a, &x) && set_read(b, &y) && !x.more && !y.more && x.n == y.n &&
	       parts_in(&x, &y, x.n) && (x.n == 1 || parts_in(&y, &x, x.n));
}

/* Side by side, because most names of one issuer differ in their last part alone. */
bool name_equal(struct span a, struct span b)
{
	struct der x, y, left, right;
	struct cursor c, d;

	if (span_equal(a, b))
		return true;
	if (!der_only(a, DER_SEQUENCE, &x, NULL) || !der_only(b, DER_SEQUENCE, &y, NULL))
		return false;
	c = der_enter(&x);
	d = der_enter(&y);
	for (size_t n = 0; cursor_left(&c) > 0 && cursor_left(&d) > 0; n++)
		if (n == NAME_MAX_PARTS || !der_expect(&c, DER_SET, &left) ||
		    !der_expect(&d, DER_SET, &right) || !sets_equal(&left, &right))
			return false;
	return cursor_left(&c) == 0 && cursor_left(&d) == 0;
}
