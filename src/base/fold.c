/* SPDX-License-Identifier: MIT */
#include "base/fold.h"

#include "base/fold_table.h"
#include "base/utf8.h"

/* Syllables of Hangul: Unicode, 3.12. */
#define SYLLABLES   0xAC00U
#define N_SYLLABLES 11172U
#define LEADING     0x1100U
#define VOWELS      0x1161U
#define TRAILING    0x11A7U
#define N_VOWELS    21U
#define N_TRAILING  28U

static const struct fold_row *row_find(uint32_t code)
{
	size_t low = 0, high = n_fold_rows;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fold_rows[middle].code == code)
			return &fold_rows[middle];
		if (fold_rows[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool is_mark(uint32_t code)
{
	size_t low = 0, high = n_fold_marks;

	if (code < fold_marks[0].first)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (code > fold_marks[middle].last)
			low = middle + 1;
		else if (code < fold_marks[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

static void queue_put(struct fold *f, uint32_t code)
{
	uint8_t at = f->n;

	/* Marks of one letter stand in the order of their numbers. */
	for (; is_mark(code) && at > 1 && f->queue[at - 1] > code && is_mark(f->queue[at - 1]);
	     at--)
		f->queue[at] = f->queue[at - 1];
	f->queue[at] = code;
	f->n++;
}

static void syllable_put(struct fold *f, uint32_t code)
{
	uint32_t number = code - SYLLABLES;

	queue_put(f, LEADING + number / (N_VOWELS * N_TRAILING));
	queue_put(f, VOWELS + number % (N_VOWELS * N_TRAILING) / N_TRAILING);
	if (number % N_TRAILING)
		queue_put(f, TRAILING + number % N_TRAILING);
}

static uint32_t ascii_fold(uint32_t code)
{
	return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
}

static void character_put(struct fold *f, uint32_t code)
{
	const struct fold_row *row;

	if (code < 0x80) {
		queue_put(f, ascii_fold(code));
		return;
	}
	if (code >= SYLLABLES && code < SYLLABLES + N_SYLLABLES) {
		syllable_put(f, code);
		return;
	}
	row = row_find(code);
	if (!row) {
		queue_put(f, code);
		return;
	}
	for (size_t i = 0; i < FOLD_MOST && row->to[i]; i++)
		queue_put(f, row->to[i]);
}

/* The next character of the text, whatever it is. */
static uint32_t character_take(struct fold *f)
{
	struct utf8_char c = utf8_at(f->text, f->at);

	if (c.valid) {
		f->at += c.len;
		return c.code;
	}
	return FOLD_BYTE + span_at(f->text, f->at++);
}

/* Does a mark follow?  It belongs to the letter before. */
static bool mark_follows(const struct fold *f)
{
	struct utf8_char c;

	if (f->at >= f->text.len || span_at(f->text, f->at) < 0x80)
		return false;
	c = utf8_at(f->text, f->at);
	return c.valid && is_mark(c.code);
}

bool fold_next(struct fold *f, uint32_t *out)
{
	if (f->next == f->n) {
		if (f->at >= f->text.len)
			return false;
		/* Most texts are nothing else. */
		if (span_at(f->text, f->at) < 0x80 && span_at(f->text, f->at + 1) < 0x80) {
			*out = ascii_fold(span_at(f->text, f->at++));
			return true;
		}
		f->next = f->n = 0;
		character_put(f, character_take(f));
		while (f->n + FOLD_MOST <= FOLD_QUEUE && mark_follows(f))
			character_put(f, character_take(f));
	}
	*out = f->queue[f->next++];
	return true;
}
