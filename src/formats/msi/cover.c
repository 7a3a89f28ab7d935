/* SPDX-License-Identifier: MIT */
/*
 * What the signature of an installer package covers.
 *
 * Depth first from the root, the children of each storage in the order of the
 * bytes of their names: the contents of streams, and behind the children of a
 * storage its CLSID.  With MsiDigitalSignatureEx its bytes come first; it is
 * the digest of names, sizes, states and times in the same order.
 */
#include "formats/msi/reading.h"

#include "base/charset.h"
#include "base/escape.h"

struct cover {
	struct msi_reading *r;
	struct piece *pieces;
	size_t n;
	struct buffer metadata;
	struct msi_stream *streams;
	size_t n_streams;
};

/*
 * Two letters of 64, packed into one unit, or one; "!" before it marks a table.
 * As Wine and msitools found out: no document describes it.
 */
static const char letters[] =
	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";

enum status msi_name_read(struct arena *a, struct span utf16, const char **out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	for (size_t i = 0; i + 1 < utf16.len; i += 2) {
		uint16_t unit = (uint16_t)(span_at(utf16, i) | span_at(utf16, i + 1) << 8);

		if (unit >= 0x3800 && unit < 0x4800) {
			buffer_char(&text, letters[(unit - 0x3800) & 0x3f]);
			buffer_char(&text, letters[(unit - 0x3800) >> 6 & 0x3f]);
		} else if (unit >= 0x4800 && unit < 0x4840) {
			buffer_char(&text, letters[unit - 0x4800]);
		} else if (unit == 0x4840) {
			buffer_char(&text, '!');
		} else {
			(void)charset_utf16le(&text, span_clip(utf16, i, 2));
		}
	}
	TRY(buffer_status(&text));
	*out = escape_string(a, buffer_span(&text), MSI_MAX_NAME);
	return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

static bool belongs_to_signature(const struct msi_reading *r, const struct cfb_entry *e)
{
	return e == r->signature || e == r->extended;
}

static void metadata_add(struct cover *c, const struct cfb_entry *e, bool is_root)
{
	if (!is_root)
		buffer_add(&c->metadata, e->name);
	buffer_add(&c->metadata, e->type == CFB_STREAM ? e->size_low : e->clsid);
	buffer_add(&c->metadata, e->state);
	if (!is_root)
		buffer_add(&c->metadata, e->times);
}

static enum status stream_add(struct cover *c, const struct cfb_entry *e)
{
	struct msi_stream *s = &c->streams[c->n_streams++];

	for (size_t i = 0; i < e->n_runs; i++)
		c->pieces[c->n++] = (struct piece){ .kind = PIECE_RANGE, .range = e->runs[i] };
	s->entry = e;
	return msi_name_read(c->r->arena, e->name, &s->name);
}

/* A name that a careless tool would take for one of the two. */
static void name_compare(struct msi_reading *r, const struct cfb_entry *e, bool in_root)
{
	const struct span names[] = { MSI_SIGNATURE_NAME, MSI_EXTENDED_NAME };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		bool same = span_equal(e->name, names[i]);

		if (same || (e->name.len >= 4 &&
			     span_equal(e->name, span_clip(names[i], 0, e->name.len))))
			finding_add(r->findings, "msi.signature-name", e->record,
				    "one signature, a stream of the root",
				    !in_root                ? "a name like that in a storage"
				    : e->type == CFB_STREAM ? "a name that begins like that"
							    : "a storage of that name");
	}
}

/* CFB_MAX_DEPTH levels at most: what is deeper was refused. */
static enum status storage_add(struct cover *c, const struct cfb_entry *storage)
{
	bool is_root = storage->index == 0;

	metadata_add(c, storage, is_root);
	for (size_t i = 0; i < storage->n_children; i++) {
		const struct cfb_entry *e = storage->children[i];

		if (belongs_to_signature(c->r, e))
			continue;
		name_compare(c->r, e, is_root);
		if (e->type != CFB_STREAM) {
			TRY(storage_add(c, e));
			continue;
		}
		metadata_add(c, e, false);
		TRY(stream_add(c, e));
	}
	c->pieces[c->n++] = (struct piece){ .kind = PIECE_LITERAL, .literal = storage->clsid };
	return STATUS_OK;
}

/* Free sectors should be empty: their digest is compared with that of as many zeros. */
static enum status free_cover(struct msi_reading *r)
{
	const struct cfb *cfb = &r->file->cfb;
	struct piece *pieces = ARENA_NEW(r->arena, struct piece, cfb->n_holes + 1);
	uint64_t len = 0;
	size_t n = 0;

	if (!pieces)
		return STATUS_NO_MEMORY;
	for (; n < cfb->n_holes && len < MSI_MAX_FREE; n++) {
		struct range hole = cfb->holes[n];

		if (hole.len > MSI_MAX_FREE - len)
			hole.len = MSI_MAX_FREE - len;
		pieces[n + 1] = (struct piece){ .kind = PIECE_RANGE, .range = hole };
		len += hole.len;
	}
	pieces[0] = (struct piece){
		.kind = PIECE_ZEROS, .range = {0, len}
	};
	r->file->zeros = (struct coverage){ pieces, 1 };
	r->file->free = (struct coverage){ &pieces[1], n };
	return STATUS_OK;
}

enum status msi_cover(struct msi_reading *r, struct coverage *out)
{
	const struct cfb *cfb = &r->file->cfb;
	struct cover c = { .r = r, .metadata = BUFFER_INIT };
	struct piece *literal = ARENA_NEW(r->arena, struct piece, 1);
	enum status status;
	size_t n = 0;

	for (size_t i = 0; i < cfb->n_entries; i++)
		n += cfb->entries[i].n_runs + 1;
	c.pieces = ARENA_NEW(r->arena, struct piece, n);
	c.streams = ARENA_NEW(r->arena, struct msi_stream, cfb->n_entries);
	if (!literal || !c.pieces || !c.streams)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; r->extended && i < r->extended->n_runs; i++)
		c.pieces[c.n++] =
			(struct piece){ .kind = PIECE_RANGE, .range = r->extended->runs[i] };
	status = storage_add(&c, &cfb->entries[0]);
	if (status == STATUS_OK)
		status = buffer_status(&c.metadata);
	*literal = (struct piece){ .kind = PIECE_LITERAL,
				   .literal = arena_copy(r->arena, buffer_span(&c.metadata)) };
	buffer_free(&c.metadata);
	if (status == STATUS_OK && !literal->literal.ptr)
		status = STATUS_NO_MEMORY;
	r->file->metadata = (struct coverage){ literal, 1 };
	r->file->streams = c.streams;
	r->file->n_streams = c.n_streams;
	*out = (struct coverage){ c.pieces, c.n };
	TRY(status);
	return free_cover(r);
}
