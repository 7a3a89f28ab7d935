/* SPDX-License-Identifier: MIT */
/*
 * Glob in linear time.
 *
 * Between two stars stands a piece without any; each is looked for once, from
 * left to right, and never again: the first place where it fits is the best.
 * A piece costs its length at each place, so patterns are kept short.
 */
#include "policy/program.h"

/* Which bytes the piece that begins at @at stands for, up to the next star. */
struct piece {
	struct span pattern;
	size_t length; /* in bytes of the text */
	size_t end;    /* in the whole pattern: its star, or its end */
};

static struct piece piece_at(struct span pattern, size_t at)
{
	struct piece p = { 0 };
	size_t i = at;

	for (; i < pattern.len && span_at(pattern, i) != '*'; i++, p.length++)
		if (span_at(pattern, i) == '\\' && i + 1 < pattern.len)
			i++;
	p.pattern = span_clip(pattern, at, i - at);
	p.end = i;
	return p;
}

/* Does it fit exactly here? */
static bool piece_fits(const struct piece *p, struct span text, size_t at, uint32_t *steps)
{
	size_t j = at;

	for (size_t i = 0; i < p->pattern.len; i++, j++) {
		uint8_t c = span_at(p->pattern, i);

		++*steps;
		if (c == '?' && j < text.len)
			continue;
		if (c == '\\' && i + 1 < p->pattern.len)
			c = span_at(p->pattern, ++i);
		else if (c == '?')
			return false;
		if (j >= text.len || c != span_at(text, j))
			return false;
	}
	return true;
}

/* The last piece must end where the text ends; the others stand at their first place. */
bool policy_glob(struct span pattern, struct span text, uint32_t *steps)
{
	struct piece p = piece_at(pattern, 0);
	size_t at = p.length;

	if (!piece_fits(&p, text, 0, steps))
		return false;
	if (p.end == pattern.len)
		return text.len == p.length;
	while (p.end < pattern.len) {
		p = piece_at(pattern, p.end + 1);
		if (p.end == pattern.len)
			return text.len >= at && text.len - at >= p.length &&
			       piece_fits(&p, text, text.len - p.length, steps);
		while (text.len >= at && text.len - at >= p.length &&
		       !piece_fits(&p, text, at, steps)) {
			if (*steps > POLICY_MAX_STEPS)
				return false;
			at++;
		}
		if (text.len < at || text.len - at < p.length)
			return false;
		at += p.length;
	}
	return false;
}
