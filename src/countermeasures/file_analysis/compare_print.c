/* SPDX-License-Identifier: MIT */
/* A comparison for people, and as JSON, schema assay.compare/1. */
#include "base/json.h"
#include "base/utf8.h"
#include "countermeasures/file_analysis/compare.h"
#include "evidence/evidence.h"
#include "evidence/names.h"

#define NAME_COLUMN  22
#define VALUE_COLUMN 36 /* two values that are shorter stand on one line */

static const char letters[] = "AB";

/* In which @1 is .side and @2 the other; NULL: pages come behind. */
static const char *const sentences[COMPARISON_KINDS] = {
	[COMPARISON_UNKNOWN] = "cannot be compared: @1 could not be examined as a program",
	[COMPARISON_IDENTICAL] = "the same file, to the byte",
	[COMPARISON_CUT] = "@1 is the beginning of @2, cut short",
	[COMPARISON_UNCOVERED] =
		"the same program; they differ only in bytes that its signature does not cover",
	[COMPARISON_SIGNED_TWICE] = "the same program, signed twice",
	[COMPARISON_STRIPPED] = "@1 is @2 without its signature",
	[COMPARISON_DRESSED] = "@1 is @2 with a signature that was made for another program",
	[COMPARISON_ALTERED] = "@1 carries @2's signature, and is @2, altered",
	[COMPARISON_GRAFTED] = "@1 carries @2's signature, and is another program",
	[COMPARISON_CARRIED] =
		"@1 carries @2's signature; from their code it cannot be told what @1 is",
	[COMPARISON_THIRD] = "both carry the signature of a third program",
	[COMPARISON_VERSIONS] = "two builds of one program, by one signer",
	[COMPARISON_VARIANTS] = "much the same code, but no common signer",
	[COMPARISON_ONE_SIGNER] = "different programs of one signer",
	[COMPARISON_RELATED] = "different programs that have some code in common",
	[COMPARISON_CLAIMED] =
		"different programs; they name one signer, but not both are verified",
	[COMPARISON_LOOKS] = "nothing in common but ",
	[COMPARISON_NOTHING] = "nothing in common",
};

static void add_template(struct buffer *out, const char *text, int side)
{
	struct span all = SPAN_TEXT(text);

	for (uint64_t i = 0; i < all.len; i++) {
		if (span_at(all, i) != '@') {
			buffer_char(out, (char)span_at(all, i));
			continue;
		}
		i++;
		buffer_char(out, letters[span_at(all, i) == '1' ? side : 1 - side]);
	}
}

static bool tells_pages(enum comparison_kind kind)
{
	return kind == COMPARISON_ALTERED || kind == COMPARISON_VERSIONS ||
	       kind == COMPARISON_VARIANTS || kind == COMPARISON_RELATED;
}

/* "3 of 212 pages of code differ", of the side that was changed. */
static void add_pages(struct buffer *out, const struct comparison *c)
{
	uint32_t n = c->pages.n[c->side], common = c->pages.n_common;

	buffer_text(out, c->pages.estimated ? ": about " : ": ");
	buffer_u64(out, n - common);
	buffer_text(out, " of ");
	buffer_u64(out, n);
	buffer_text(out, " pages of code ");
	buffer_text(out, n - common == 1 ? "differs" : "differ");
	if (n == common && c->beginning < 0)
		buffer_text(out, c->pages.estimated ? ", as far as they were sampled"
						    : "; the change is elsewhere");
}

static void add_looks(struct buffer *out, unsigned looks)
{
	static const struct {
		unsigned look;
		const char *name;
	} names[] = {
		{LOOK_VERSION,   "the version information"},
		{ LOOK_ICON,     "the icon"               },
		{ LOOK_MANIFEST, "the manifest"           },
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (!(looks & names[i].look))
			continue;
		buffer_text(out, names[i].name);
		looks &= ~names[i].look;
		if (looks)
			buffer_text(out, looks & (looks - 1) ? ", " : " and ");
	}
}

/* ": 100 of 200 bytes" */
static void add_sizes(struct buffer *out, const struct comparison *c)
{
	buffer_text(out, ": ");
	buffer_u64(out, c->size[c->side]);
	buffer_text(out, " of ");
	buffer_u64(out, c->size[1 - c->side]);
	buffer_text(out, " bytes");
}

static void add_more(struct buffer *out, const struct comparison *c)
{
	uint64_t n = c->size[1 - c->beginning] - c->size[c->beginning];

	buffer_text(out, "; ");
	buffer_char(out, letters[1 - c->beginning]);
	buffer_text(out, " has ");
	buffer_u64(out, n);
	buffer_text(out, n == 1 ? " byte more at the end" : " bytes more at the end");
}

/* A second signature may be anybody's. */
static void add_doubts(struct buffer *out, const struct comparison *c)
{
	if (c->doubt[0] && c->doubt[1]) {
		buffer_printf(out, "; neither signature proves who signed (A: %s, B: %s)",
			      c->doubt[0], c->doubt[1]);
		return;
	}
	for (int i = 0; i < 2; i++)
		if (c->doubt[i])
			buffer_printf(out,
				      "; %c's signature proves nothing about its signer (%s)",
				      letters[i], c->doubt[i]);
}

void comparison_sentence(struct buffer *out, const struct comparison *c)
{
	add_template(out, sentences[c->kind], c->side);
	if (c->signer && (c->kind == COMPARISON_VERSIONS || c->kind == COMPARISON_ONE_SIGNER)) {
		buffer_text(out, ", ");
		text_name(out, c->signer);
	}
	if (c->kind == COMPARISON_LOOKS)
		add_looks(out, c->looks);
	if (c->pages.known && tells_pages(c->kind))
		add_pages(out, c);
	if (c->kind == COMPARISON_SIGNED_TWICE)
		add_doubts(out, c);
	if (c->kind == COMPARISON_CUT)
		add_sizes(out, c);
	else if (c->beginning >= 0 && c->kind != COMPARISON_UNKNOWN)
		add_more(out, c);
}

/* ---- text ---- */

static const struct {
	const char *mark, *colour;
} looks[] = {
	[COMPARISON_ABSENT] = {" ",  ""          },
	[COMPARISON_SAME] = { "=", "\x1b[32m"  },
	[COMPARISON_DIFFERENT] = { "!", "\x1b[1;33m"},
	[COMPARISON_ONLY_A] = { "<", "\x1b[36m"  },
	[COMPARISON_ONLY_B] = { ">", "\x1b[36m"  },
};

static void add_value(struct buffer *out, const struct comparison_row *row, int side)
{
	if (!row->text[side]) {
		buffer_char(out, '-');
		return;
	}
	if (row->claimed[side])
		buffer_text(out, "claims ");
	if (strcmp(row->name, "signer") != 0) {
		text_value(out, row->text[side]);
		return;
	}
	text_name(out, row->text[side]);
	if (!row->claimed[side])
		buffer_text(out, ", verified");
}

static void add_row(struct buffer *out, const struct comparison_row *row, bool colour)
{
	CLEANUP(buffer_free) struct buffer a = BUFFER_INIT, b = BUFFER_INIT;
	size_t from;

	add_value(&a, row, 0);
	add_value(&b, row, 1);
	if (buffer_status(&a) != STATUS_OK || buffer_status(&b) != STATUS_OK)
		out->failed = true;
	if (colour)
		buffer_text(out, looks[row->mark].colour);
	buffer_text(out, looks[row->mark].mark);
	if (colour)
		buffer_text(out, "\x1b[0m");
	buffer_char(out, ' ');
	from = out->len;
	text_value(out, row->name);
	text_pad(out, from, NAME_COLUMN);
	from = out->len;
	buffer_add(out, buffer_span(&a));
	if (row->mark != COMPARISON_SAME || !span_equal(buffer_span(&a), buffer_span(&b))) {
		if (a.len < VALUE_COLUMN) {
			text_pad(out, from, VALUE_COLUMN);
		} else {
			buffer_char(out, '\n');
			from = out->len;
			text_pad(out, from, NAME_COLUMN + 2);
		}
		buffer_add(out, buffer_span(&b));
	}
	buffer_char(out, '\n');
}

static void add_shares(struct buffer *out, const struct comparison_pages *p)
{
	if (!p->known)
		return;
	buffer_text(out, "pages of code: A has ");
	buffer_u64(out, p->n[0]);
	buffer_text(out, ", B has ");
	buffer_u64(out, p->n[1]);
	buffer_text(out, p->estimated ? ", about " : ", ");
	buffer_u64(out, p->n_common);
	buffer_text(out, p->n_common == 1 ? " is in both" : " are in both");
	if (p->estimated) {
		buffer_text(out, " (");
		buffer_u64(out, p->matched);
		buffer_text(out, " of ");
		buffer_u64(out, p->sampled);
		buffer_text(out, " sampled)");
	}
	buffer_char(out, '\n');
}

void comparison_text(struct buffer *out, const struct comparison *c,
		     const struct comparison_files *files, bool colour, bool verbose)
{
	comparison_sentence(out, c);
	buffer_char(out, '\n');
	for (int i = 0; i < 2; i++) {
		buffer_char(out, letters[i]);
		buffer_text(out, ": ");
		text_path(out, files->paths[i]);
		buffer_text(out, ": ");
		buffer_text(out, assay_verdict_word(files->reports[i]->verdict));
		buffer_text(out, ", ");
		text_sentence(out, files->reports[i]);
		buffer_char(out, '\n');
	}
	add_shares(out, &c->pages);
	for (size_t i = 0; i < c->n_rows; i++)
		add_row(out, &c->rows[i], colour);
	if (!verbose || (c->n_features == 0 && c->n_features_left == 0))
		return;
	buffer_text(out, "features that differ:\n");
	for (size_t i = 0; i < c->n_features; i++)
		add_row(out, &c->features[i], colour);
	if (c->n_features_left == 0)
		return;
	buffer_text(out, "and ");
	buffer_u64(out, c->n_features_left);
	buffer_text(out, " more\n");
}

/* ---- JSON ---- */

static void add_file(struct json *j, const char *key, const struct report *r, const char *path)
{
	json_object(j, key);
	json_text(j, "path", path);
	if (!utf8_valid(SPAN_TEXT(path)))
		json_base64(j, "path_b64", SPAN_TEXT(path));
	json_u64(j, "size", r->size);
	if (r->has_sha256)
		json_hex(j, "sha256", SPAN_OF(r->sha256));
	else
		json_null(j, "sha256");
	json_text(j, "format", r->format);
	json_text(j, "verdict", assay_verdict_word(r->verdict));
	json_text(j, "rule", r->rule);
	json_bool(j, "complete", r->complete);
	json_end(j);
}

/* A value, and beside it whether anybody verified it. */
static void add_side(struct json *j, const char *key, const struct comparison_row *row,
		     int side)
{
	if (!row->text[side]) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	json_text(j, row->claimed[side] ? "claimed" : "value", row->text[side]);
	json_end(j);
}

static void add_rows(struct json *j, const char *key, const struct comparison_row *rows,
		     size_t n)
{
	json_array(j, key);
	for (size_t i = 0; i < n; i++) {
		json_object(j, NULL);
		json_text(j, "name", rows[i].name);
		json_bool(j, "same", rows[i].mark == COMPARISON_SAME);
		add_side(j, "a", &rows[i], 0);
		add_side(j, "b", &rows[i], 1);
		json_end(j);
	}
	json_end(j);
}

static void add_pages_json(struct json *j, const struct comparison_pages *p)
{
	if (!p->known) {
		json_null(j, "pages");
		return;
	}
	json_object(j, "pages");
	json_u64(j, "a", p->n[0]);
	json_u64(j, "b", p->n[1]);
	json_u64(j, "common", p->n_common);
	json_bool(j, "estimated", p->estimated);
	json_u64(j, "sampled", p->sampled);
	json_u64(j, "matched", p->matched);
	json_end(j);
}

static void add_relation(struct json *j, const struct comparison *c)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	enum comparison_origin origin = comparison_origin(c->kind);

	json_text(j, "relation", comparison_word(c->kind));
	if (strchr(sentences[c->kind], '@'))
		json_text(j, "of", c->side ? "b" : "a");
	else
		json_null(j, "of");
	if (c->beginning >= 0)
		json_text(j, "beginning", c->beginning ? "b" : "a");
	else
		json_null(j, "beginning");
	if (origin == ORIGIN_UNKNOWN)
		json_null(j, "same_origin");
	else
		json_bool(j, "same_origin", origin == ORIGIN_SAME);
	comparison_sentence(&text, c);
	json_span(j, "message", buffer_span(&text));
	if (buffer_status(&text) != STATUS_OK)
		j->out->failed = true;
	json_text(j, "signer", c->signer);
}

void comparison_json(struct buffer *out, const struct comparison *c,
		     const struct comparison_files *files)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.compare/1");
	add_relation(&j, c);
	add_file(&j, "a", files->reports[0], files->paths[0]);
	add_file(&j, "b", files->reports[1], files->paths[1]);
	add_pages_json(&j, &c->pages);
	add_rows(&j, "rows", c->rows, c->n_rows);
	add_rows(&j, "features", c->features, c->n_features);
	json_u64(&j, "features_left", c->n_features_left);
	json_text(&j, "engine", files->reports[0]->engine);
	json_text(&j, "policy", files->reports[0]->policy);
	json_text(&j, "trust_store", files->reports[0]->trust_store);
	json_end(&j);
}
