/* SPDX-License-Identifier: MIT */
/*
 * An installer package, step by step.
 *
 * Names are compared exactly and in the root only.  Tools that skip the two
 * names in every storage, or by a prefix, leave bytes unhashed that Windows
 * hashes.
 */
#include "formats/msi/reading.h"

#include "base/cursor.h"

#define ZIP_END_BYTES (22 + 65535) /* how far from the end a ZIP archive's end may lie */

static const struct {
	struct span clsid; /* as it stands in the file */
	const char *variant;
} kinds[] = {
	{SPAN_INIT("\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"),
         "Windows Installer package"							},
	{ SPAN_INIT("\x86\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"), "Windows Installer patch"},
	{ SPAN_INIT("\x82\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"),
         "Windows Installer transform"						      },
};

static bool msi_sniff(struct span head)
{
	return cfb_sniff(head);
}

/* Many programs keep documents in compound files: NULL when it is one of those. */
static const char *variant_of(const struct msi_reading *r)
{
	const struct cfb *cfb = &r->file->cfb;

	for (size_t i = 0; cfb->n_entries > 0 && i < COUNT_OF(kinds); i++)
		if (span_equal(cfb->entries[0].clsid, kinds[i].clsid))
			return kinds[i].variant;
	return r->signature ? "compound file with a signature" : NULL;
}

static const struct cfb_entry *stream_find(const struct cfb *cfb, struct span name)
{
	const struct cfb_entry *e = NULL;

	if (cfb->n_entries > 0)
		e = cfb_child(&cfb->entries[0], name);
	return e && e->type == CFB_STREAM ? e : NULL;
}

/* What a program looking for an archive would find in bytes that nothing covers; NULL: none. */
static enum status archive_find(struct msi_reading *r, struct range bytes, const char **out)
{
	uint64_t end = bytes.off + bytes.len, at;
	uint64_t len = bytes.len < ZIP_END_BYTES ? bytes.len : ZIP_END_BYTES;
	struct span tail;

	TRY(view_part(r->view, end - len, len, &tail));
	if (span_find(tail, SPAN_LITERAL("PK\5\6"), 0, &at))
		*out = ", a ZIP archive ends in it";
	return STATUS_OK;
}

/*
 * Bytes behind the last sector in use.  Whoever appends a JAR gets a program
 * that Java runs and that a careless verifier calls signed (CVE-2020-1464).
 */
static enum status trailing_judge(struct msi_reading *r, struct claim *claim)
{
	const struct cfb *cfb = &r->file->cfb;
	const char *archive = NULL;
	struct range where = cfb->trailing;

	if (where.len == 0) {
		/* Less than a sector, where leftovers of memory are usual: an archive is not.
		 */
		where = cfb->slack;
		if (where.len == 0)
			return STATUS_OK;
		TRY(archive_find(r, where, &archive));
		if (!archive)
			return STATUS_OK;
	} else {
		TRY(archive_find(r, where, &archive));
	}
	finding_add(r->findings, "msi.trailing", where, "the last sector at the end",
		    arena_printf(r->arena, "%llu bytes behind it%s",
				 (unsigned long long)where.len, archive ? archive : ""));
	if (archive)
		finding_add(r->findings, "file.polyglot", where, "one program",
			    "a ZIP archive, which Java runs");
	if (claim)
		claim->uncovered = where;
	return STATUS_OK;
}

static enum status signature_read(struct msi_reading *r, struct claim *claim)
{
	const struct cfb_entry *e = r->signature;
	struct coverage *covered = ARENA_NEW(r->arena, struct coverage, 1);
	enum status status;

	if (!covered)
		return STATUS_NO_MEMORY;
	status = cfb_load(r->view, r->arena, e, MSI_MAX_SIGNATURE, &claim->signature);
	if (status == STATUS_LIMIT)
		finding_add(r->findings, "limit.table", e->record, NULL, NULL);
	TRY(status);
	if (r->extended) {
		status = cfb_load(r->view, r->arena, r->extended, MSI_MAX_EXTENDED,
				  &r->file->extended);
		if (status == STATUS_LIMIT)
			finding_add(r->findings, "limit.table", r->extended->record, NULL,
				    NULL);
		TRY(status);
		r->file->has_extended = true;
	}
	claim->scheme = "authenticode";
	claim->presence = ASSAY_PRESENCE_EMBEDDED;
	claim->where = e->n_runs > 0 ? e->runs[0] : (struct range){ e->record.off, 0 };
	claim->signature_off = claim->where.off;
	claim->packed = e->n_runs > 1;
	TRY(msi_cover(r, covered));
	claim->covered = covered;
	r->out->claims = claim;
	return STATUS_OK;
}

static enum status msi_read(struct view *view, struct findings *findings, struct container *out)
{
	struct msi_file *file = ARENA_NEW(findings->arena, struct msi_file, 1);
	struct claim *claim = ARENA_NEW(findings->arena, struct claim, 1);
	struct msi_reading r = { .view = view,
				 .findings = findings,
				 .arena = findings->arena,
				 .out = out,
				 .file = file };

	if (!file || !claim)
		return STATUS_NO_MEMORY;
	TRY(cfb_read(view, findings, &file->cfb));
	r.signature = stream_find(&file->cfb, MSI_SIGNATURE_NAME);
	r.extended = stream_find(&file->cfb, MSI_EXTENDED_NAME);
	out->variant = variant_of(&r);
	if (!out->variant)
		return STATUS_NOT_MINE;
	out->broken = file->cfb.broken;
	if (r.signature && !out->broken)
		TRY(signature_read(&r, claim));
	else if (r.extended)
		out->stripped = !out->broken;
	TRY(trailing_judge(&r, r.out->claims ? claim : NULL));
	TRY(msi_regions_make(&r));
	out->format = &format_msi;
	out->msi = file;
	return STATUS_OK;
}

const struct format format_msi = {
	.name = "msi",
	.title = "Windows Installer package",
	.sniff = msi_sniff,
	.read = msi_read,
};
