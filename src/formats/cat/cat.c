/* SPDX-License-Identifier: MIT */
/*
 * A catalog: where its list lies, and what it says of itself.
 *
 * Lists of roots have the same envelope; only a list whose usage is that of
 * catalogs is read here.
 */
#include "formats/cat/reading.h"

#define OID_SIGNED_DATA OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
#define OID_LIST        OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x01")
#define OID_CATALOG     OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x01")
#define OID_VERSION_1   OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x02")
#define OID_VERSION_2   OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x03")
#define OID_NAME_VALUE  OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x02\x01")

/* How far from the beginning the three object identifiers may end: digest algorithms vary. */
#define HEAD_BYTES    512
#define PADDING_CLEAN 8
#define REGIONS_MAX   4
#define ODD_MAX       8 /* members whose oddities are told one by one */

struct cat_reading {
	struct view *view;
	struct findings *findings;
	struct container *out;
	struct cat_file *file;
	struct span bytes;
	struct der whole;
	struct der list;
};

static bool cat_sniff(struct span head)
{
	struct span begin = span_clip(head, 0, HEAD_BYTES);
	uint64_t at;

	return span_starts(begin, "\x30", 1) && span_find(begin, OID_SIGNED_DATA, 0, &at) &&
	       span_find(begin, OID_LIST, at, &at) && span_find(begin, OID_CATALOG, at, &at);
}

/* ContentInfo, SignedData, encapContentInfo: to the element that is signed. */
static bool list_find(struct cat_reading *r)
{
	struct cursor c = cursor_at(r->bytes, 0);
	struct der oid, part, signed_data;

	if (!der_expect(&c, DER_SEQUENCE, &r->whole))
		return false;
	c = der_enter(&r->whole);
	if (!der_expect(&c, DER_OID, &oid) || !span_equal(oid.value, OID_SIGNED_DATA) ||
	    !der_expect(&c, DER_CONTEXT_CONSTRUCTED(0), &part))
		return false;
	c = der_enter(&part);
	if (!der_expect(&c, DER_SEQUENCE, &signed_data))
		return false;
	c = der_enter(&signed_data);
	if (!der_expect(&c, DER_INTEGER, &part) || !der_expect(&c, DER_SET, &part) ||
	    !der_expect(&c, DER_SEQUENCE, &part))
		return false;
	c = der_enter(&part);
	if (!der_expect(&c, DER_OID, &oid) || !span_equal(oid.value, OID_LIST) ||
	    !der_expect(&c, DER_CONTEXT_CONSTRUCTED(0), &part))
		return false;
	c = der_enter(&part);
	return der_expect(&c, DER_SEQUENCE, &r->list) && cursor_left(&c) == 0;
}

static struct range where_of(const struct cat_reading *r, struct span part)
{
	uint64_t off;

	if (!span_offset(r->bytes, part, &off))
		return (struct range){ 0, 0 };
	return (struct range){ off, part.len };
}

/* What the catalog says of itself: OSAttr, PackageName. */
static void extensions_read(struct cat_reading *r)
{
	struct cursor c = cursor_at(r->file->list.extensions, 0), in;
	struct der extension, oid, critical, value;
	struct cat_name_value pair;

	while (cursor_left(&c) > 0 && der_expect(&c, DER_SEQUENCE, &extension)) {
		in = der_enter(&extension);
		if (!der_expect(&in, DER_OID, &oid) || !span_equal(oid.value, OID_NAME_VALUE))
			continue;
		(void)der_optional(&in, DER_BOOLEAN, &critical);
		if (!der_expect(&in, DER_OCTET_STRING, &value) ||
		    !cat_name_value_read(value.value, &pair))
			continue;
		if (cat_name_is(pair.name, "OSAttr"))
			r->file->system = cat_text(r->findings->arena, pair.text);
		if (cat_name_is(pair.name, "PackageName"))
			r->file->package = cat_text(r->findings->arena, pair.text);
	}
}

static enum status members_count(struct cat_reading *r)
{
	struct cursor c = cursor_at(r->file->list.subjects, 0);
	struct cat_member m;
	size_t n_odd = 0;

	while (cursor_left(&c) > 0) {
		if (!cat_member_next(&c, &m)) {
			r->out->broken = true;
			finding_add(r->findings, "cat.malformed",
				    where_of(r, r->file->list.subjects),
				    "members, each with tag and attributes", "something else");
			return STATUS_OK;
		}
		if (++r->file->n_members > CAT_MAX_MEMBERS) {
			finding_add(r->findings, "limit.table", where_of(r, m.tag), NULL, NULL);
			return STATUS_LIMIT;
		}
		if (m.tag_differs && ++n_odd <= ODD_MAX)
			finding_add(r->findings, "cat.tag-mismatch", where_of(r, m.tag),
				    "the digest that is signed for the member", "another");
	}
	return STATUS_OK;
}

static enum status list_read(struct cat_reading *r)
{
	struct cat_file *f = r->file;
	struct range where = where_of(r, r->list.value);

	f->list_off = where.off;
	if (!ctl_read(r->list.value, &f->list)) {
		r->out->broken = true;
		finding_add(r->findings, "cat.malformed", where, "a certificate trust list",
			    "something else");
		return STATUS_OK;
	}
	if (!span_equal(ctl_usage(&f->list), OID_CATALOG))
		return STATUS_NOT_MINE;
	f->version = span_equal(f->list.algorithm, OID_VERSION_1)   ? 1
		     : span_equal(f->list.algorithm, OID_VERSION_2) ? 2
								    : 0;
	extensions_read(r);
	return members_count(r);
}

static enum status claim_make(struct cat_reading *r)
{
	struct arena *a = r->findings->arena;
	struct claim *claim = ARENA_NEW(a, struct claim, 1);
	struct coverage *covered = ARENA_NEW(a, struct coverage, 1);
	struct piece *piece = ARENA_NEW(a, struct piece, 1);
	struct range behind = { r->whole.whole.len, r->bytes.len - r->whole.whole.len };

	if (!claim || !covered || !piece)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){ .kind = PIECE_RANGE, .range = where_of(r, r->list.value) };
	*covered = (struct coverage){ piece, piece->range.len > 0 };
	*claim = (struct claim){
		.scheme = "authenticode",
		.presence = ASSAY_PRESENCE_EMBEDDED,
		.where = {0, r->whole.whole.len},
		.signature = r->whole.whole,
		.covered = covered,
	};
	if (behind.len > 0 &&
	    (behind.len >= PADDING_CLEAN || !span_is_zero(span_after(r->bytes, behind.off)))) {
		finding_add(r->findings, "cat.trailing", behind,
			    "the end of the signature at the end of the file", NULL);
		claim->uncovered = behind;
	}
	r->out->claims = claim;
	return STATUS_OK;
}

static enum status regions_make(struct cat_reading *r)
{
	struct region *list = ARENA_NEW(r->findings->arena, struct region, REGIONS_MAX);
	struct range where = where_of(r, r->list.value);
	const struct region all[] = {
		{"header",     REGION_HEADER,  { 0, where.off }                                                     },
		{ "list",      REGION_SECTION, where								},
		{ "signature",
                 REGION_SIGNATURE,             { where.off + where.len, r->whole.whole.len - where.off - where.len }},
		{ "trailing",
                 REGION_TRAILING,              { r->whole.whole.len, r->bytes.len - r->whole.whole.len }            },
	};

	if (!list)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (all[i].where.len > 0)
			list[r->out->n_regions++] = all[i];
	r->out->regions = list;
	return STATUS_OK;
}

/* Something that begins as a catalog does and is none. */
static enum status broken_note(struct cat_reading *r)
{
	struct region *all = ARENA_NEW(r->findings->arena, struct region, 1);

	if (!all)
		return STATUS_NO_MEMORY;
	*all = (struct region){
		"catalog", REGION_HEADER, {0, r->bytes.len}
	};
	r->out->regions = all;
	r->out->n_regions = 1;
	r->out->broken = true;
	finding_add(r->findings, "cat.malformed", (struct range){ 0, 0 },
		    "a SignedData around a list", "something else");
	return STATUS_OK;
}

static enum status cat_read(struct view *view, struct findings *findings, struct container *out)
{
	struct cat_reading r = { .view = view, .findings = findings, .out = out };
	struct span head;

	TRY(view_clip(view, 0, HEAD_BYTES, &head));
	if (!cat_sniff(head))
		return STATUS_NOT_MINE;
	if (view->size > CAT_MAX_BYTES) {
		finding_add(findings, "limit.table", (struct range){ 0, 0 }, NULL, NULL);
		return STATUS_LIMIT;
	}
	TRY(view_part(view, 0, view->size, &r.bytes));
	r.file = ARENA_NEW(findings->arena, struct cat_file, 1);
	if (!r.file)
		return STATUS_NO_MEMORY;
	out->format = &format_cat;
	out->variant = "catalog";
	if (!list_find(&r))
		return broken_note(&r);
	TRY(list_read(&r));
	out->cat = r.file;
	TRY(claim_make(&r));
	return regions_make(&r);
}

const struct format format_cat = {
	.name = "cat",
	.title = "Catalog of signed files (Windows)",
	.sniff = cat_sniff,
	.read = cat_read,
};
