/* SPDX-License-Identifier: MIT */
/*
 * deb: members and signatures.
 *
 * Follows deb(5).  Members whose names begin with "_" are extensions; those of
 * debsigs ("_gpgorigin") sign the contents of the three members one after the
 * other, those of dpkg-sig ("_gpgbuilder") a text that lists their digests.
 * Who signs what stands in src/verify/openpgp.
 */
#include "formats/deb/deb.h"

#include "base/escape.h"
#include "structure/ar.h"

#define NAME_MAX_BYTES 64 /* sixteen characters, each escaped */

static const char *const part_starts[DEB_PARTS] = { "debian-binary", "control.tar",
						    "data.tar" };

struct reading {
	struct view *view;
	struct findings *findings;
	struct container *out;
	struct deb *deb;
	struct claim *last_claim;
	struct deb_member *last_member;
	struct region *regions;
	uint64_t named;         /* so far the file has regions */
	enum deb_part expected; /* the part that must come next */
	struct coverage *covered;
};

static bool deb_sniff(struct span head)
{
	static const char magic[] = AR_MAGIC "debian-binary";

	return span_starts(head, magic, sizeof(magic) - 1);
}

static void deb_break(struct reading *r, const char *rule, struct range where,
		      const char *expected, const char *observed)
{
	r->out->broken = true;
	finding_add(r->findings, rule, where, expected, observed);
}

static struct range member_range(const struct ar_member *m)
{
	return (struct range){ m->header.off, m->header.len + m->data.len };
}

/* Everything up to @end that has no name yet. */
static void region_add(struct reading *r, enum region_kind kind, const char *name, uint64_t end)
{
	if (end <= r->named)
		return;
	r->regions[r->out->n_regions++] = (struct region){
		.name = name, .kind = kind, .where = {r->named, end - r->named}
	};
	r->named = end;
}

static enum status claim_add(struct reading *r, const struct ar_member *m)
{
	struct arena *a = r->findings->arena;
	struct claim *claim;
	struct span bytes;

	if (m->data.len > DEB_MAX_SIGNATURE) {
		finding_add(r->findings, "limit.deb-signature", m->data, NULL, NULL);
		return STATUS_LIMIT;
	}
	TRY(view_part(r->view, m->data.off, m->data.len, &bytes));
	claim = ARENA_NEW(a, struct claim, 1);
	if (!claim)
		return STATUS_NO_MEMORY;
	*claim = (struct claim){ .scheme = "openpgp",
				 .presence = ASSAY_PRESENCE_EMBEDDED,
				 .where = member_range(m),
				 .signature_off = m->data.off,
				 .signature = bytes,
				 .covered = r->covered };
	if (r->last_claim)
		r->last_claim->next = claim;
	else
		r->out->claims = claim;
	r->last_claim = claim;
	return STATUS_OK;
}

static enum status uncovered_add(struct reading *r, const struct ar_member *m, const char *name,
				 const char *rule)
{
	struct deb_member *member = ARENA_NEW(r->findings->arena, struct deb_member, 1);

	if (!member)
		return STATUS_NO_MEMORY;
	*member =
		(struct deb_member){ .name = name, .where = member_range(m), .data = m->data };
	if (r->last_member)
		r->last_member->next = member;
	else
		r->deb->uncovered = member;
	r->last_member = member;
	finding_add(r->findings, rule, member->where, NULL, name);
	return STATUS_OK;
}

/* Is it one of the three?  By its whole name, or up to the dot of its compression. */
static bool part_of(struct span name, enum deb_part *out)
{
	for (enum deb_part p = DEB_BINARY; p < DEB_PARTS; p++) {
		size_t len = strlen(part_starts[p]);

		if (!span_starts(name, part_starts[p], len) ||
		    (name.len > len && (p == DEB_BINARY || span_at(name, len) != '.')))
			continue;
		*out = p;
		return true;
	}
	return false;
}

static enum status part_take(struct reading *r, const struct ar_member *m, const char *name,
			     enum deb_part part)
{
	if (r->deb->parts[part].off != 0)
		return uncovered_add(r, m, name, "deb.duplicate-member");
	if (part != r->expected)
		deb_break(r, "deb.order", member_range(m),
			  r->expected < DEB_PARTS ? part_starts[r->expected] : NULL, name);
	r->deb->parts[part] = m->data;
	r->deb->part_names[part] = name;
	r->expected = part + 1;
	return STATUS_OK;
}

static enum status member_take(struct reading *r, const struct ar_member *m)
{
	const char *name = escape_string(r->findings->arena, m->name, NAME_MAX_BYTES);
	uint64_t end = m->data.off + m->data.len;
	bool signature = span_starts(m->name, "_gpg", 4);
	enum deb_part part;

	if (!name)
		return STATUS_NO_MEMORY;
	/* A byte of padding belongs to the member before it. */
	if (end < r->view->size && m->data.len % 2 == 1)
		end++;
	region_add(r, signature ? REGION_SIGNATURE : REGION_SECTION, name, end);
	if (part_of(m->name, &part))
		return part_take(r, m, name, part);
	if (signature)
		return claim_add(r, m);
	return uncovered_add(r, m, name, "deb.extra-member");
}

static enum status members_read(struct reading *r)
{
	uint64_t at = AR_MAGIC_BYTES;
	struct ar_member m;
	enum status status;

	region_add(r, REGION_HEADER, "ar header", at);
	for (size_t n = 0;; n++) {
		uint64_t from = at;

		status = ar_next(r->view, &at, &m);
		if (status == STATUS_NOT_MINE)
			return STATUS_OK;
		if (status == STATUS_MALFORMED) {
			r->deb->trailing = (struct range){ from, r->view->size - from };
			return STATUS_OK;
		}
		TRY(status);
		if (n == DEB_MAX_MEMBERS) {
			finding_add(r->findings, "limit.deb-members", m.header, NULL, NULL);
			return STATUS_LIMIT;
		}
		TRY(member_take(r, &m));
	}
}

/* Bytes behind the last member that are none; without all three parts it is no package. */
static void whole_check(struct reading *r)
{
	struct range trailing = r->deb->trailing;

	for (enum deb_part p = DEB_BINARY; p < DEB_PARTS; p++)
		if (r->deb->parts[p].off == 0)
			deb_break(r, "deb.member-missing", (struct range){ 0, r->view->size },
				  part_starts[p], NULL);
	if (trailing.len == 0)
		return;
	finding_add(r->findings, "deb.trailing-bytes", trailing, NULL, NULL);
}

/* "2.0": any other major number is another format (deb(5)). */
static enum status version_check(struct reading *r)
{
	struct range where = r->deb->parts[DEB_BINARY];
	struct span text;

	if (where.off == 0)
		return STATUS_OK;
	TRY(view_clip(r->view, where.off, where.len < 4 ? where.len : 4, &text));
	if (!span_starts(text, "2.", 2))
		deb_break(r, "deb.version", where, "2.0", NULL);
	return STATUS_OK;
}

static enum status reading_prepare(struct reading *r)
{
	struct arena *a = r->findings->arena;
	struct piece *pieces = ARENA_NEW(a, struct piece, DEB_PARTS);

	r->deb = ARENA_NEW(a, struct deb, 1);
	r->covered = ARENA_NEW(a, struct coverage, 1);
	/* Header, members, what is behind them. */
	r->regions = ARENA_NEW(a, struct region, DEB_MAX_MEMBERS + 2);
	if (!pieces || !r->deb || !r->covered || !r->regions)
		return STATUS_NO_MEMORY;
	*r->covered = (struct coverage){ pieces, DEB_PARTS };
	TRY(members_read(r));
	for (size_t p = 0; p < DEB_PARTS; p++)
		pieces[p] = (struct piece){ .kind = PIECE_RANGE, .range = r->deb->parts[p] };
	return STATUS_OK;
}

static enum status deb_read(struct view *view, struct findings *findings, struct container *out)
{
	struct reading r = { .view = view, .findings = findings, .out = out };

	TRY(reading_prepare(&r));
	TRY(version_check(&r));
	whole_check(&r);
	region_add(&r, REGION_TRAILING, "behind the archive", view->size);
	out->regions = r.regions;
	out->deb = r.deb;
	out->variant = "Debian binary package";
	out->format = &format_deb;
	return STATUS_OK;
}

const struct format format_deb = {
	.name = "deb",
	.title = "Debian package",
	.sniff = deb_sniff,
	.read = deb_read,
};
