/* SPDX-License-Identifier: MIT */
/*
 * ZIP: which kind of archive it is, and what lies where.
 *
 * An archive is known by its end, not by its beginning: programs stand before
 * archives, in good faith (installers) and in bad (CVE-2017-13156).
 */
#include "formats/zip/zip_format.h"

#include "structure/zip/zip.h"

#define MAX_REGIONS 256 /* more holes than that are one region with what follows */

static bool zip_sniff(struct span head)
{
	return span_starts(head, "PK\3\4", 4) || span_starts(head, "PK\5\6", 4) ||
	       span_starts(head, "dex\n", 4);
}

/* The last byte of the magic is the rarest one. */
static bool zip_sniff_tail(struct span tail)
{
	for (uint64_t at = 3; span_find_byte(tail, 6, at, &at); at++)
		if (span_starts(span_after(tail, at - 3), "PK\5\6", 4))
			return true;
	return false;
}

struct region_list {
	struct region *regions;
	size_t n;
	uint64_t end;
};

/* What lies between the last region and @where are entries. */
static void region_add(struct region_list *list, const char *name, enum region_kind kind,
		       struct range where)
{
	if (where.off > list->end && list->n < MAX_REGIONS)
		list->regions[list->n++] = (struct region){
			"entries", REGION_SECTION, {list->end, where.off - list->end}
		};
	if (where.off >= list->end && where.len > 0 && list->n < MAX_REGIONS)
		list->regions[list->n++] = (struct region){ name, kind, where };
	if (where.off + where.len > list->end)
		list->end = where.off + where.len;
}

static const struct {
	const char *name;
	enum region_kind kind;
} hole_names[] = {
	[ZIP_HOLE_PREFIX] = {"before the archive",      REGION_GAP     },
	[ZIP_HOLE_GAP] = { "gap",                    REGION_GAP     },
	[ZIP_HOLE_BLOCK] = { "before the directory",   REGION_GAP     },
	[ZIP_HOLE_CENTRAL_SLACK] = { "slack of the directory", REGION_GAP     },
	[ZIP_HOLE_CENTRAL_GAP] = { "behind the directory",   REGION_GAP     },
	[ZIP_HOLE_TRAILING] = { "behind the archive",     REGION_TRAILING},
};

/* All regions but the last ones are holes: the list is cut where there are too many. */
static enum status regions_make(struct arena *a, const struct zip *z, uint64_t size,
				struct container *out)
{
	struct region_list list = { ARENA_NEW(a, struct region, MAX_REGIONS + 8), 0, 0 };
	size_t i = 0;

	if (!list.regions)
		return STATUS_NO_MEMORY;
	for (; i < z->n_holes && z->holes[i].where.off < z->central.off; i++)
		if (list.n + 8 < MAX_REGIONS || z->holes[i].kind == ZIP_HOLE_BLOCK)
			region_add(&list, hole_names[z->holes[i].kind].name,
				   hole_names[z->holes[i].kind].kind, z->holes[i].where);
	region_add(&list, "central directory", REGION_HEADER, z->central);
	for (; i < z->n_holes && z->holes[i].where.off < z->end.off; i++)
		region_add(&list, hole_names[z->holes[i].kind].name,
			   hole_names[z->holes[i].kind].kind, z->holes[i].where);
	region_add(&list, "end record", REGION_HEADER, z->end);
	for (; i < z->n_holes; i++)
		region_add(&list, hole_names[z->holes[i].kind].name,
			   hole_names[z->holes[i].kind].kind, z->holes[i].where);
	region_add(&list, "", REGION_TRAILING, (struct range){ size, 0 });
	out->regions = list.regions;
	out->n_regions = list.n;
	return STATUS_OK;
}

static enum status kind_find(struct view *view, struct findings *findings,
			     struct container *out)
{
	for (size_t i = 0; i < n_formats; i++) {
		enum status status = formats[i]->read_zip
					     ? formats[i]->read_zip(view, findings, out)
					     : STATUS_NOT_MINE;

		if (status == STATUS_OK)
			out->format = formats[i];
		if (status != STATUS_NOT_MINE)
			return status;
	}
	out->broken = zip_broken(out->zip, ZIP_PROFILE_JAVA);
	return STATUS_OK;
}

/* Begins like an archive, and has no reading. */
static enum status unreadable(struct view *view, struct findings *findings,
			      struct container *out)
{
	struct region *whole = ARENA_NEW(findings->arena, struct region, 1);

	if (!whole)
		return STATUS_NO_MEMORY;
	*whole = (struct region){
		"archive", REGION_SECTION, {0, view->size}
	};
	out->zip = NULL;
	out->regions = whole;
	out->n_regions = 1;
	out->broken = true;
	return STATUS_OK;
}

static enum status zip_format_read(struct view *view, struct findings *findings,
				   struct container *out)
{
	struct zip *z = ARENA_NEW(findings->arena, struct zip, 1);
	enum status status;
	struct span head;

	if (!z)
		return STATUS_NO_MEMORY;
	out->format = &format_zip;
	status = zip_read(view, findings, z);
	if (status == STATUS_NOT_MINE) {
		TRY(view_clip(view, 0, 4, &head));
		if (!span_starts(head, "PK\3\4", 4))
			return STATUS_NOT_MINE;
		finding_add(findings, "zip.no-end", (struct range){ 0, view->size },
			    "an end record", NULL);
	}
	if (status == STATUS_NOT_MINE || status == STATUS_MALFORMED)
		return unreadable(view, findings, out);
	TRY(status);
	out->zip = z;
	out->variant = "ZIP archive";
	TRY(regions_make(findings->arena, z, view->size, out));
	return kind_find(view, findings, out);
}

const struct format format_zip = {
	.name = "zip",
	.title = "ZIP archive",
	.sniff = zip_sniff,
	.sniff_tail = zip_sniff_tail,
	.read = zip_format_read,
};
