/* SPDX-License-Identifier: MIT */
#include "formats/dmg/dmg.h"

#include "base/cursor.h"

#define TRAILER_VERSION   4
#define FORKS_OFF         24
#define XML_OFF           216
#define SIGNATURE_OFF     296
#define SIGNATURE_LEN_OFF 304 /* not in the digest of the trailer */
#define ENCRYPTED_MAGIC   "encrcdsa"
#define MAX_REGIONS       12

struct reading {
	struct view *view;
	struct findings *findings;
	struct arena *arena;
	struct dmg_image *dmg;
};

static void break_at(struct reading *r, const char *rule, struct range where,
		     const char *expected, const char *observed)
{
	r->dmg->broken = true;
	finding_add(r->findings, rule, where, expected, observed);
}

static void hole_note(struct reading *r, const char *rule, struct range where,
		      const char *expected)
{
	r->dmg->holes = true;
	finding_add(r->findings, rule, where, expected,
		    arena_printf(r->arena, "%llu bytes", (unsigned long long)where.len));
}

static struct range range_take(struct cursor *c)
{
	uint64_t off = cursor_be(c, 8);

	return (struct range){ off, cursor_be(c, 8) };
}

static bool inside(struct range r, uint64_t end)
{
	return r.off <= end && r.len <= end - r.off;
}

/* Everything that the image consists of lies before the trailer. */
static void trailer_read(struct reading *r, struct span trailer)
{
	struct dmg_image *dmg = r->dmg;
	struct cursor c = cursor_at(trailer, 4);
	uint64_t version = cursor_be(&c, 4), size = cursor_be(&c, 4);
	struct range where = { dmg->trailer, DMG_TRAILER };

	c = cursor_at(trailer, FORKS_OFF);
	dmg->data = range_take(&c);
	dmg->rsrc = range_take(&c);
	c = cursor_at(trailer, XML_OFF);
	dmg->xml = range_take(&c);
	c = cursor_at(trailer, SIGNATURE_OFF);
	dmg->signature = range_take(&c);
	if (version != TRAILER_VERSION || size != DMG_TRAILER)
		break_at(r, "dmg.trailer-malformed", where, "version 4, 512 bytes",
			 arena_printf(r->arena, "version %llu, %llu bytes",
				      (unsigned long long)version, (unsigned long long)size));
	else if (!inside(dmg->data, dmg->trailer) || !inside(dmg->rsrc, dmg->trailer) ||
		 !inside(dmg->xml, dmg->trailer))
		break_at(r, "dmg.trailer-malformed", where, "forks and property list inside",
			 NULL);
}

/* The trailer without the length of the signature. */
static enum status own_make(struct reading *r)
{
	struct piece *pieces = ARENA_NEW(r->arena, struct piece, 3);
	uint64_t behind = SIGNATURE_LEN_OFF + 8;

	if (!pieces)
		return STATUS_NO_MEMORY;
	pieces[0] = (struct piece){
		.kind = PIECE_RANGE, .range = {r->dmg->trailer, SIGNATURE_LEN_OFF}
	};
	pieces[1] = (struct piece){
		.kind = PIECE_ZEROS, .range = {0, 8}
	};
	pieces[2] = (struct piece){
		.kind = PIECE_RANGE, .range = {r->dmg->trailer + behind, DMG_TRAILER - behind}
	};
	r->dmg->own = (struct coverage){ pieces, 3 };
	return STATUS_OK;
}

/* Parts of the image that the signature does not reach. */
static void reach_judge(struct reading *r)
{
	const struct range parts[] = { r->dmg->data, r->dmg->rsrc, r->dmg->xml };
	uint64_t end = r->dmg->signature.off;

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (parts[i].len > 0 && !inside(parts[i], end) && !r->dmg->broken)
			hole_note(r, "dmg.uncovered", parts[i],
				  "the whole image before the signature");
}

/* The SuperBlob fills everything between image and trailer. */
static void fill_judge(struct reading *r, struct span data)
{
	struct dmg_image *dmg = r->dmg;
	uint64_t used = dmg->signature.off + dmg->code->whole.len;
	uint64_t end = dmg->signature.off + data.len;

	if (dmg->code->broken) {
		dmg->broken = true;
		return;
	}
	if (used < end)
		hole_note(r, "dmg.uncovered", (struct range){ used, end - used },
			  "a signature that fills its place");
	if (end < dmg->trailer)
		hole_note(r, "dmg.uncovered", (struct range){ end, dmg->trailer - end },
			  "the trailer behind the signature");
}

static void limits_judge(struct reading *r)
{
	const struct code_signature *code = r->dmg->code;

	for (size_t i = 0; i < code->n_directories; i++) {
		const struct code_directory *d = &code->directories[i];

		if (d->unsupported || d->code_limit == r->dmg->signature.off)
			continue;
		r->dmg->limit_differs = true;
		finding_add(r->findings, "macho.cd-code-limit",
			    (struct range){ d->off, d->whole.len },
			    arena_printf(r->arena, "%llu bytes covered",
					 (unsigned long long)r->dmg->signature.off),
			    arena_printf(r->arena, "%llu", (unsigned long long)d->code_limit));
	}
}

static enum status signature_read(struct reading *r)
{
	struct dmg_image *dmg = r->dmg;
	struct code_signature *code;
	struct span data;

	if (dmg->signature.len == 0 && dmg->signature.off == 0)
		return STATUS_OK;
	if (dmg->signature.len == 0 || !inside(dmg->signature, dmg->trailer)) {
		break_at(r, "dmg.signature-outside",
			 (struct range){ dmg->trailer, DMG_TRAILER },
			 "a signature before the trailer", NULL);
		dmg->signature = (struct range){ 0, 0 };
		return STATUS_OK;
	}
	if (dmg->signature.len > CODE_SIGNATURE_MAX_BYTES) {
		finding_add(r->findings, "limit.code-signature", dmg->signature,
			    "at most 32 MiB", NULL);
		return STATUS_LIMIT;
	}
	TRY(view_part(r->view, dmg->signature.off, dmg->signature.len, &data));
	code = ARENA_NEW(r->arena, struct code_signature, 1);
	if (!code)
		return STATUS_NO_MEMORY;
	TRY(code_signature_read(r->arena, data, dmg->signature.off, r->findings, code));
	dmg->code = code;
	reach_judge(r);
	fill_judge(r, data);
	limits_judge(r);
	if (code->n_directories == 0 && !dmg->broken)
		break_at(r, "macho.cms-without-directory", dmg->signature, "a CodeDirectory",
			 "none");
	return own_make(r);
}

struct named_range {
	struct range where;
	enum region_kind kind;
	const char *name;
};

static const struct named_range *part_after(const struct named_range *parts, size_t n,
					    uint64_t pos)
{
	const struct named_range *best = NULL;

	for (size_t i = 0; i < n; i++) {
		uint64_t end = parts[i].where.off + parts[i].where.len;

		if (parts[i].where.len > 0 && end > pos &&
		    (!best || parts[i].where.off < best->where.off))
			best = &parts[i];
	}
	return best;
}

static struct range clipped(struct range r, uint64_t end)
{
	if (r.off > end)
		return (struct range){ 0, 0 };
	return (struct range){ r.off, r.len < end - r.off ? r.len : end - r.off };
}

/* The byte map; where parts overlap, the one that begins first has the bytes. */
static enum status regions_make(struct reading *r, struct container *out)
{
	const struct dmg_image *dmg = r->dmg;
	struct range data = clipped(dmg->data, dmg->trailer);
	struct range rsrc = clipped(dmg->rsrc, dmg->trailer);
	struct range xml = clipped(dmg->xml, dmg->trailer);
	struct range trailer = { dmg->trailer, DMG_TRAILER };
	const struct named_range parts[] = {
		{data,            REGION_SECTION,   "data fork"    },
		{ rsrc,           REGION_SECTION,   "resource fork"},
		{ xml,            REGION_SECTION,   "property list"},
		{ dmg->signature, REGION_SIGNATURE, "signature"    },
		{ trailer,        REGION_HEADER,    "trailer"      },
	};
	struct region *regions = ARENA_NEW(r->arena, struct region, MAX_REGIONS);
	const struct named_range *p;
	uint64_t pos = 0;
	size_t n = 0;

	if (!regions)
		return STATUS_NO_MEMORY;
	while ((p = part_after(parts, COUNT_OF(parts), pos))) {
		uint64_t end = p->where.off + p->where.len;

		if (p->where.off > pos) {
			regions[n++] = (struct region){
				.name = "gap",
				.kind = REGION_GAP,
				.where = {pos, p->where.off - pos}
			};
			pos = p->where.off;
		}
		regions[n++] = (struct region){
			.name = p->name, .kind = p->kind, .where = {pos, end - pos}
		};
		pos = end;
	}
	out->regions = regions;
	out->n_regions = n;
	return STATUS_OK;
}

static enum status claim_make(struct reading *r, struct container *out)
{
	const struct dmg_image *dmg = r->dmg;
	struct claim *claim = ARENA_NEW(r->arena, struct claim, 1);
	struct coverage *covered = ARENA_NEW(r->arena, struct coverage, 1);
	struct piece *pieces = ARENA_NEW(r->arena, struct piece, 4);

	if (!claim || !covered || !pieces)
		return STATUS_NO_MEMORY;
	pieces[0] = (struct piece){
		.kind = PIECE_RANGE, .range = {0, dmg->signature.off}
	};
	for (size_t i = 0; i < dmg->own.n; i++)
		pieces[i + 1] = dmg->own.pieces[i];
	*covered = (struct coverage){ pieces, dmg->own.n + 1 };
	*claim = (struct claim){
		.scheme = CODE_SIGNATURE_SCHEME,
		.presence = ASSAY_PRESENCE_EMBEDDED,
		.where = dmg->signature,
		.signature_off = dmg->signature.off,
		.signature = dmg->code->whole,
		.covered = covered,
	};
	out->claims = claim;
	return STATUS_OK;
}

/* Its contents cannot be read; whoever has the password decrypts another file. */
static enum status encrypted_read(struct reading *r, struct container *out)
{
	struct region *all = ARENA_NEW(r->arena, struct region, 1);

	if (!all)
		return STATUS_NO_MEMORY;
	*all = (struct region){
		.name = "encrypted image", .kind = REGION_OVERLAY, .where = {0, r->view->size}
	};
	out->regions = all;
	out->n_regions = 1;
	out->format = &format_dmg;
	out->variant = "encrypted disk image";
	out->unsupported = true;
	finding_add(r->findings, "dmg.encrypted", (struct range){ 0, 8 },
		    "a disk image that can be read", "an encrypted one");
	return STATUS_OK;
}

static enum status dmg_read(struct view *view, struct findings *findings, struct container *out)
{
	struct reading r = { .view = view, .findings = findings, .arena = findings->arena };
	struct span head, trailer;

	TRY(view_clip(view, 0, sizeof(ENCRYPTED_MAGIC) - 1, &head));
	if (span_starts(head, ENCRYPTED_MAGIC, sizeof(ENCRYPTED_MAGIC) - 1))
		return encrypted_read(&r, out);
	if (view->size < DMG_TRAILER)
		return STATUS_NOT_MINE;
	TRY(view_part(view, view->size - DMG_TRAILER, DMG_TRAILER, &trailer));
	if (!span_starts(trailer, "koly", 4))
		return STATUS_NOT_MINE;
	r.dmg = ARENA_NEW(r.arena, struct dmg_image, 1);
	if (!r.dmg)
		return STATUS_NO_MEMORY;
	r.dmg->trailer = view->size - DMG_TRAILER;
	trailer_read(&r, trailer);
	TRY(signature_read(&r));
	TRY(regions_make(&r, out));
	if (r.dmg->code && r.dmg->code->n_directories > 0)
		TRY(claim_make(&r, out));
	out->format = &format_dmg;
	out->dmg = r.dmg;
	out->broken = r.dmg->broken;
	out->variant = "disk image";
	return STATUS_OK;
}

static bool dmg_sniff(struct span head)
{
	return span_starts(head, ENCRYPTED_MAGIC, sizeof(ENCRYPTED_MAGIC) - 1);
}

static bool dmg_sniff_tail(struct span tail)
{
	return tail.len >= DMG_TRAILER &&
	       span_starts(span_after(tail, tail.len - DMG_TRAILER), "koly", 4);
}

const struct format format_dmg = {
	.name = "dmg",
	.title = "disk image of macOS",
	.sniff = dmg_sniff,
	.sniff_tail = dmg_sniff_tail,
	.read = dmg_read,
};
