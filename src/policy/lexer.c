/* SPDX-License-Identifier: MIT */
#include "policy/lexer.h"

#include "base/buffer.h"
#include "base/hex.h"
#include "base/utf8.h"

struct lexer lexer_begin(struct arena *a, struct span text)
{
	struct span mark = SPAN_LITERAL("\xef\xbb\xbf");
	/* Editors of Windows put a mark of UTF-8 in front of everything. */
	size_t at = span_equal(span_clip(text, 0, mark.len), mark) ? (size_t)mark.len : 0;

	return (struct lexer){
		.arena = a, .text = text, .at = at, .line_begin = at, .line = 1
	};
}

static uint8_t peek(const struct lexer *l, size_t ahead)
{
	return span_at(l->text, l->at + ahead);
}

/* Lines end as in Windows, too. */
static bool is_return(const struct lexer *l)
{
	return peek(l, 0) == '\r' && peek(l, 1) == '\n';
}

static void newline(struct lexer *l)
{
	l->at++;
	l->line++;
	l->line_begin = l->at;
}

void lexer_skip_line(struct lexer *l)
{
	while (l->at < l->text.len && peek(l, 0) != '\n')
		l->at++;
	l->brackets = 0;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Behind a return alone some would see another line: what is not read does not look so. */
static void comment_skip(struct lexer *l)
{
	while (l->at < l->text.len && peek(l, 0) != '\n' &&
	       (peek(l, 0) != '\r' || is_return(l)))
		l->at++;
}

static void blanks_skip(struct lexer *l)
{
	while (l->at < l->text.len) {
		uint8_t c = peek(l, 0);

		if (c == '#')
			comment_skip(l);
		else if (c == ' ' || c == '\t' || is_return(l))
			l->at++;
		else if (c == '\n' && l->brackets > 0)
			newline(l);
		else
			return;
	}
}

static void wrong(struct token *t, const char *why, const char *advice)
{
	t->kind = TOKEN_WRONG;
	t->wrong = why;
	t->advice = advice;
}

static void number_read(struct lexer *l, struct token *t)
{
	unsigned base = 10;
	int64_t value = 0;
	size_t n = 0;

	if (peek(l, 0) == '0' && (peek(l, 1) == 'x' || peek(l, 1) == 'o')) {
		base = peek(l, 1) == 'x' ? 16 : 8;
		l->at += 2;
	}
	for (;; l->at++, n++) {
		uint8_t c = peek(l, 0), low = (uint8_t)(c | 0x20);
		unsigned digit = is_digit(c)                ? (unsigned)(c - '0')
				 : low >= 'a' && low <= 'f' ? (unsigned)(low - 'a' + 10)
							    : 99;

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value)) {
			wrong(t, "this number is too large", "use at most 9223372036854775807");
			return;
		}
	}
	t->kind = TOKEN_NUMBER;
	t->number = value;
	if (n == 0 || is_letter(peek(l, 0)) || is_digit(peek(l, 0)))
		wrong(t, "this is no number", "write digits alone: 7, 0x1f or 0o755");
}

/* Behind the backslash.  False: there is no such escape. */
static bool escape_read(struct lexer *l, struct buffer *out)
{
	static const char letters[] = "\\\"'nrt", means[] = "\\\"'\n\r\t";
	uint8_t c = peek(l, 0), octets[2] = { 0 };
	size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 0;
	uint32_t code;

	l->at++;
	for (size_t i = 0; i + 1 < sizeof(letters); i++) {
		if (c == (uint8_t)letters[i]) {
			buffer_char(out, means[i]);
			return true;
		}
	}
	if (digits == 0 || !hex_parse(span_clip(l->text, l->at, digits), octets, digits / 2))
		return false;
	l->at += digits;
	if (c == 'x') {
		buffer_char(out, (char)octets[0]);
		return octets[0] != 0;
	}
	code = (uint32_t)octets[0] << 8 | octets[1];
	if (code == 0 || (code >= 0xD800 && code <= 0xDFFF))
		return false;
	utf8_add(out, code);
	return true;
}

static void text_read(struct lexer *l, struct token *t)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	uint8_t quote = peek(l, 0), c;

	l->at++;
	while ((c = peek(l, 0)) != quote) {
		if (l->at >= l->text.len || c == '\n') {
			wrong(t, "this text does not end", "close it with its quote");
			return;
		}
		l->at++;
		if (c != '\\') {
			buffer_char(&text, (char)c);
		} else if (!escape_read(l, &text)) {
			wrong(t, "there is no such escape",
			      "use \\\\ \\\" \\' \\n \\r \\t, \\x and two digits, or \\u and "
			      "four");
			return;
		}
	}
	l->at++;
	t->kind = TOKEN_TEXT;
	t->text = arena_copy(l->arena, buffer_span(&text));
	if (buffer_status(&text) != STATUS_OK || (text.len > 0 && !t->text.ptr))
		l->no_memory = true;
}

/* b"9f86": octets in hexadecimal digits. */
static void bytes_read(struct lexer *l, struct token *t)
{
	CLEANUP(buffer_free) struct buffer octets = BUFFER_INIT;

	l->at++;
	text_read(l, t);
	if (t->kind != TOKEN_TEXT)
		return;
	if (t->text.len == 0 || hex_decode(&octets, t->text) != STATUS_OK) {
		wrong(t, "these are no bytes", "write pairs of hexadecimal digits: b\"9f86\"");
		return;
	}
	t->kind = TOKEN_BYTES;
	t->text = arena_copy(l->arena, buffer_span(&octets));
	l->no_memory = l->no_memory || !t->text.ptr;
}

static const struct {
	uint8_t first, second; /* 0: no second */
	enum token_kind kind;
} signs[] = {
  /* clang-format off */
	{ '&', '&', TOKEN_AND },
	{ '|', '|', TOKEN_OR },
	{ '=', '=', TOKEN_EQUAL },
	{ '!', '=', TOKEN_UNEQUAL },
	{ '<', '=', TOKEN_LESS_EQUAL },
	{ '>', '=', TOKEN_GREATER_EQUAL },
	{ '<', 0, TOKEN_LESS },
	{ '>', 0, TOKEN_GREATER },
	{ '!', 0, TOKEN_NOT },
	{ '(', 0, TOKEN_OPEN },
	{ ')', 0, TOKEN_CLOSE },
	{ '[', 0, TOKEN_OPEN_LIST },
	{ ']', 0, TOKEN_CLOSE_LIST },
	{ ',', 0, TOKEN_COMMA },
	{ '.', 0, TOKEN_DOT },
	{ '?', 0, TOKEN_QUESTION },
	{ ':', 0, TOKEN_COLON },
	{ '+', 0, TOKEN_PLUS },
	{ '-', 0, TOKEN_MINUS },
  /* clang-format on */
};

static void sign_read(struct lexer *l, struct token *t)
{
	for (size_t i = 0; i < COUNT_OF(signs); i++) {
		if (peek(l, 0) != signs[i].first ||
		    (signs[i].second != 0 && peek(l, 1) != signs[i].second))
			continue;
		l->at += signs[i].second ? 2 : 1;
		t->kind = signs[i].kind;
		if (t->kind == TOKEN_OPEN || t->kind == TOKEN_OPEN_LIST)
			l->brackets++;
		if ((t->kind == TOKEN_CLOSE || t->kind == TOKEN_CLOSE_LIST) && l->brackets > 0)
			l->brackets--;
		return;
	}
	if (peek(l, 0) == '\r')
		wrong(t, "a carriage return stands here alone",
		      "end lines with a line feed, or with both");
	else
		wrong(t, "this sign means nothing here",
		      peek(l, 0) == '=' ? "compare with =="
					: "remove it, or put it into a text");
	l->at++;
}

struct token lexer_next(struct lexer *l)
{
	struct token t = { 0 };
	uint8_t c;

	blanks_skip(l);
	t.line = l->line;
	t.column = (unsigned)(l->at - l->line_begin + 1);
	t.begin = l->at;
	c = peek(l, 0);
	if (l->at >= l->text.len) {
		t.kind = TOKEN_END;
	} else if (c == '\n') {
		t.kind = TOKEN_NEWLINE;
		newline(l);
	} else if (is_digit(c)) {
		number_read(l, &t);
	} else if (c == '"' || c == '\'') {
		text_read(l, &t);
	} else if (c == 'b' && (peek(l, 1) == '"' || peek(l, 1) == '\'')) {
		bytes_read(l, &t);
	} else if (is_letter(c)) {
		t.kind = TOKEN_NAME;
		while (is_letter(peek(l, 0)) || is_digit(peek(l, 0)))
			l->at++;
		t.text = span_clip(l->text, t.begin, l->at - t.begin);
	} else {
		sign_read(l, &t);
	}
	t.end = l->at;
	return t;
}
