/* SPDX-License-Identifier: MIT */
/*
 * What a block may have signed: the same text, read in each way that signers read it.
 *
 * Which one it was, only its digest tells.  Each is made as Windows or a known
 * signing program makes it; where two give the same bytes there is one.
 */
#include "formats/script/reading.h"

#define MARK SPAN_LITERAL("\xff\xfe")

/* The ways to read a file whose encoding is the first; marks are a matter of their own. */
struct reading_way {
	enum script_encoding file, way;
	const char *name, *name_with_mark;
};

static const struct reading_way ways[] = {
	{SCRIPT_UTF8,          SCRIPT_UTF8,         "UTF-8",        "UTF-8, with its mark"   },
	{ SCRIPT_UTF8,         SCRIPT_WINDOWS_1252, "Windows-1252", NULL                     },
	{ SCRIPT_WINDOWS_1252, SCRIPT_WINDOWS_1252, "Windows-1252", NULL                     },
	{ SCRIPT_WINDOWS_1252, SCRIPT_UTF8,         "UTF-8",        NULL                     },
	{ SCRIPT_UTF16LE,      SCRIPT_UTF16LE,      "UTF-16LE",     "UTF-16LE, with its mark"},
	{ SCRIPT_UTF16BE,      SCRIPT_UTF16BE,      "UTF-16BE",     "UTF-16BE, with its mark"},
};

struct making {
	struct arena *a;
	const struct script_text *text;
	const struct script_block *block;
	struct script_image *image;
};

static struct range text_range(const struct script_text *t, uint64_t from, uint64_t to)
{
	return (struct range){ t->start + from * t->width, (to - from) * t->width };
}

static bool is_ascii(struct span s)
{
	for (uint64_t i = 0; i < s.len; i++)
		if (span_at(s, i) >= 0x80)
			return false;
	return true;
}

/* How many units of UTF-16 [@from, @to), in units of the file, are. */
static enum status units_count(const struct making *m, uint64_t from, uint64_t to,
			       enum script_encoding way, uint32_t *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct range r = text_range(m->text, from, to);

	if (!script_decode(&text, span_clip(m->text->raw, r.off, r.len), way))
		return STATUS_MALFORMED;
	TRY(buffer_status(&text));
	*out += (uint32_t)(text.len / 2);
	return STATUS_OK;
}

/*
 * Where the block stands in the text without it; scripts in XML count to the
 * end of their last job, inside which it is.
 */
static enum status place_find(const struct making *m, enum script_encoding way, uint32_t *out)
{
	const struct script_block *b = m->block;
	uint64_t at, from = b->end;

	*out = 0;
	TRY(units_count(m, 0, b->text_end, way, out));
	if (!b->syntax->signs_rest)
		return STATUS_OK;
	while (span_find(m->text->units, SPAN_LITERAL("</job>"), from, &at))
		from = at + 1;
	return from == b->end ? STATUS_OK : units_count(m, b->end, from - 1, way, out);
}

static struct span rest_of(const struct making *m)
{
	struct range r = text_range(m->text, m->block->end, m->text->units.len);

	if (!m->block->syntax->signs_rest)
		return SPAN_NONE;
	return span_clip(m->text->raw, r.off, r.len);
}

/* The signed text as UTF-16LE, behind the mark if @mark. */
static enum status text_make(const struct making *m, enum script_encoding way, bool mark,
			     struct buffer *out)
{
	struct range r = text_range(m->text, 0, m->block->text_end);

	if (mark)
		buffer_add(out, MARK);
	if (!script_decode(out, span_clip(m->text->raw, r.off, r.len), way) ||
	    !script_decode(out, rest_of(m), way))
		return STATUS_MALFORMED;
	if (m->block->syntax->signs_place) {
		uint32_t place;

		TRY(place_find(m, way, &place));
		buffer_u32le(out, place);
	}
	return buffer_status(out);
}

static bool candidate_known(const struct script_image *image, struct span text)
{
	for (size_t i = 0; i < image->n_candidates; i++) {
		const struct coverage *c = &image->candidates[i].covered;

		if (c->n == 1 && c->pieces[0].kind == PIECE_LITERAL &&
		    span_same(c->pieces[0].literal, text))
			return true;
	}
	return false;
}

static enum status candidate_add(const struct making *m, struct script_candidate candidate,
				 struct piece piece)
{
	struct piece *kept = ARENA_NEW(m->a, struct piece, 1);

	if (!kept)
		return STATUS_NO_MEMORY;
	*kept = piece;
	candidate.covered = (struct coverage){ kept, 1 };
	m->image->candidates[m->image->n_candidates++] = candidate;
	return STATUS_OK;
}

/* @text and the bytes of the file that it was made of, as one piece. */
static enum status literal_add(const struct making *m, struct script_candidate candidate,
			       struct span text)
{
	struct piece piece = { .kind = PIECE_LITERAL, .range = m->image->text };

	if (m->image->n_candidates == SCRIPT_MAX_CANDIDATES || candidate_known(m->image, text))
		return STATUS_OK;
	piece.literal = arena_copy(m->a, text);
	if (!piece.literal.ptr && text.len)
		return STATUS_NO_MEMORY;
	return candidate_add(m, candidate, piece);
}

/* Text that is signed as it stands is not copied. */
static enum status range_add(const struct making *m, struct script_candidate candidate,
			     bool mark)
{
	struct range r = m->image->text;
	uint64_t skip = mark ? 0 : m->text->start;

	r.off += skip;
	r.len -= skip;
	return candidate_add(m, candidate, (struct piece){ .kind = PIECE_RANGE, .range = r });
}

static enum status way_add(const struct making *m, const struct reading_way *way, bool mark,
			   bool usual)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct script_candidate candidate = {
		.name = mark ? way->name_with_mark : way->name,
		.usual = usual,
	};
	enum status status;

	if (way->way == SCRIPT_UTF16LE && !m->block->syntax->signs_place)
		return range_add(m, candidate, mark);
	if (m->image->text.len > SCRIPT_MAX_TEXT)
		return STATUS_LIMIT;
	status = text_make(m, way->way, mark, &text);
	if (status == STATUS_MALFORMED)
		return STATUS_OK;
	TRY(status);
	return literal_add(m, candidate, buffer_span(&text));
}

/* The same text as other systems write its line ends: evidence, never a match. */
static enum status ends_add(const struct making *m, enum script_encoding way, bool mark)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	enum status status;

	if (m->image->text.len > SCRIPT_MAX_ENDS || m->block->syntax->signs_place)
		return STATUS_OK;
	status = text_make(m, way, mark, &text);
	if (status == STATUS_MALFORMED)
		return STATUS_OK;
	TRY(status);
	for (int to_crlf = 0; to_crlf < 2; to_crlf++) {
		CLEANUP(buffer_free) struct buffer changed = BUFFER_INIT;

		if (!script_ends_change(&changed, buffer_span(&text), to_crlf != 0))
			continue;
		TRY(buffer_status(&changed));
		TRY(literal_add(m,
				(struct script_candidate){ .name = to_crlf ? "line ends CR LF"
									   : "line ends LF",
							   .ends = true },
				buffer_span(&changed)));
	}
	return STATUS_OK;
}

/* In each way that signers read such a file: a checkout changes what any of them signed. */
static enum status all_ends_add(const struct making *m, enum script_encoding file, bool mark)
{
	for (size_t i = 0; i < COUNT_OF(ways); i++)
		if (ways[i].file == file && (!mark || ways[i].name_with_mark))
			TRY(ends_add(m, ways[i].way, mark));
	return STATUS_OK;
}

static enum status ways_add(const struct making *m, enum script_encoding file, bool mark,
			    bool usual)
{
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		if (ways[i].file != file || (mark && !ways[i].name_with_mark))
			continue;
		TRY(way_add(m, &ways[i], mark, usual));
		usual = false;
	}
	return STATUS_OK;
}

/* How Windows reads this file: with the mark if there is one, and its encoding. */
enum status script_candidates_make(struct arena *a, const struct script_text *text,
				   const struct script_block *block, struct script_image *image)
{
	struct making m = { a, text, block, image };
	struct range r = text_range(text, 0, block->text_end);
	bool marked = text->start > 0, mark = marked && block->syntax->signs_mark;
	enum script_encoding file = text->encoding;

	if (!marked &&
	    (block->syntax->defaults_ansi || is_ascii(span_clip(text->raw, r.off, r.len))))
		file = SCRIPT_WINDOWS_1252;
	image->text = (struct range){ 0, r.off + r.len };
	if (mark)
		TRY(ways_add(&m, file, true, true));
	TRY(ways_add(&m, file, false, !mark));
	return all_ends_add(&m, file, mark);
}
