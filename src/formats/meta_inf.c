/* SPDX-License-Identifier: MIT */
#include "formats/meta_inf.h"

#define FOLDER   SPAN_LITERAL("META-INF/")
#define MANIFEST SPAN_LITERAL("META-INF/MANIFEST.MF")

#define MAX_ENDING 3 /* of SIG-* */

static bool equal(struct span a, struct span b, enum meta_inf_case which)
{
	return which == META_INF_EXACT ? span_same(a, b) : span_equal_nocase(a, b);
}

static bool ends_with(struct span name, struct span end, enum meta_inf_case which)
{
	return name.len >= end.len && equal(span_after(name, name.len - end.len), end, which);
}

static bool starts_with(struct span name, struct span begin, enum meta_inf_case which)
{
	return equal(span_clip(name, 0, begin.len), begin, which);
}

/* Directly in META-INF? */
static bool in_folder(struct span name, enum meta_inf_case which)
{
	uint64_t at;

	return starts_with(name, FOLDER, which) &&
	       !span_find(name, SPAN_LITERAL("/"), FOLDER.len, &at);
}

static bool is_block(struct span name, enum meta_inf_case which)
{
	return in_folder(name, which) && (ends_with(name, SPAN_LITERAL(".RSA"), which) ||
					  ends_with(name, SPAN_LITERAL(".DSA"), which) ||
					  ends_with(name, SPAN_LITERAL(".EC"), which));
}

static bool is_list(struct span name, enum meta_inf_case which)
{
	return in_folder(name, which) && ends_with(name, SPAN_LITERAL(".SF"), which);
}

static bool is_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Other signature files have no ending, or one of up to three letters and digits. */
static bool is_other(struct span name, enum meta_inf_case which)
{
	size_t dot = name.len;

	if (!in_folder(name, which) || !starts_with(name, SPAN_LITERAL("META-INF/SIG-"), which))
		return false;
	while (dot > 0 && span_at(name, dot - 1) != '.')
		dot--;
	for (size_t i = dot; dot > 0 && i < name.len; i++)
		if (!is_alphanumeric(span_at(name, i)))
			return false;
	return dot == 0 || (name.len > dot && name.len - dot <= MAX_ENDING);
}

bool meta_inf_signs(struct span name, enum meta_inf_case which)
{
	return equal(name, MANIFEST, which) || is_block(name, which) || is_list(name, which) ||
	       is_other(name, which);
}

/* Java takes an archive with two of them, in whatever letters, for one that nobody signed. */
static void manifests_count(struct findings *findings, const struct zip *z,
			    enum meta_inf_case which, struct meta_inf *out)
{
	for (size_t i = 0; i < z->n_entries; i++) {
		const struct zip_entry *e = &z->entries[i];

		if (e == out->manifest || !equal(e->name, MANIFEST, which))
			continue;
		out->unreadable = true;
		finding_add(findings, "jar.manifest-twice", e->header, "one manifest",
			    "another one in other letters");
		return;
	}
}

bool meta_inf_present(const struct zip *z)
{
	for (size_t i = 0; i < z->n_entries; i++)
		if (meta_inf_signs(z->entries[i].name, META_INF_ANY_CASE))
			return true;
	return false;
}

/* By its exact name, or, where the case does not count, another one of the same letters. */
static const struct zip_entry *file_find(const struct zip *z, struct span name,
					 enum meta_inf_case which)
{
	const struct zip_entry *e =
		which == META_INF_EXACT ? zip_find(z, name) : zip_find_any_case(z, name);

	if (!e || equal(e->name, name, which))
		return e;
	/* Other spellings of the name, which Java does not take for it, must not hide it. */
	for (size_t i = 0; i < z->n_entries; i++)
		if (equal(z->entries[i].name, name, which))
			return &z->entries[i];
	return NULL;
}

/* @name with another ending, as Java looks for it: "META-INF/A.RSA" -> "META-INF/A.SF". */
static const struct zip_entry *list_of_block(const struct zip *z, struct span name,
					     enum meta_inf_case which)
{
	uint8_t bytes[ZIP_MAX_NAME + 2];
	size_t base = name.len;

	while (base > 0 && span_at(name, base - 1) != '.')
		base--;
	(void)span_copy(bytes, base, name);
	(void)span_copy(&bytes[base], 2, SPAN_LITERAL("SF"));
	return file_find(z, (struct span){ bytes, base + 2 }, which);
}

static bool list_has_block(const struct meta_inf *m, const struct zip_entry *list)
{
	for (size_t i = 0; i < m->n_blocks; i++)
		if (m->signers[i].list == list)
			return true;
	return false;
}

static enum status signer_add(struct findings *findings, struct meta_inf *out,
			      const struct zip_entry *list, const struct zip_entry *block)
{
	const struct zip_entry *e = block ? block : list;

	if (out->n_signers == META_INF_MAX_SIGNERS) {
		finding_add(findings, "limit.signers", e->header, NULL, NULL);
		return STATUS_LIMIT;
	}
	out->signers[out->n_signers++] =
		(struct meta_inf_signer){ list, block, SPAN_NONE, SPAN_NONE };
	return STATUS_OK;
}

static enum status signers_find(struct findings *findings, const struct zip *z,
				enum meta_inf_case which, struct meta_inf *out)
{
	for (size_t i = 0; i < z->n_entries; i++) {
		const struct zip_entry *e = &z->entries[i];

		if (is_block(e->name, which))
			TRY(signer_add(findings, out, list_of_block(z, e->name, which), e));
	}
	out->n_blocks = out->n_signers;
	for (size_t i = 0; i < z->n_entries; i++) {
		const struct zip_entry *e = &z->entries[i];

		if (is_list(e->name, which) && !list_has_block(out, e))
			TRY(signer_add(findings, out, e, NULL));
	}
	return STATUS_OK;
}

enum status meta_inf_bytes(struct view *v, struct findings *findings, const struct zip_entry *e,
			   bool *unreadable, struct span *bytes)
{
	enum status status;

	if (!e)
		return STATUS_OK;
	status = zip_bytes(v, findings->arena, e, META_INF_MAX_BYTES, bytes);
	if (status == STATUS_LIMIT)
		finding_add(findings, "limit.zip", e->header, NULL, NULL);
	if (status != STATUS_MALFORMED && status != STATUS_UNSUPPORTED)
		return status;
	*unreadable = true;
	finding_add(findings, "zip.entry-unreadable", e->header,
		    "data that gives the size and the CRC of its entry", NULL);
	return STATUS_OK;
}

static enum status files_want(struct view *v, struct findings *findings,
			      const struct meta_inf *m)
{
	const struct zip_entry *files[2 * META_INF_MAX_SIGNERS + 1];
	size_t n = 0;

	files[n++] = m->manifest;
	for (size_t i = 0; i < m->n_signers; i++) {
		files[n++] = m->signers[i].list;
		files[n++] = m->signers[i].block;
	}
	return zip_want(v, findings->arena, files, n);
}

enum status meta_inf_read(struct view *v, struct findings *findings, const struct zip *z,
			  enum meta_inf_case which, struct meta_inf *out)
{
	*out = (struct meta_inf){ .manifest = file_find(z, MANIFEST, which) };
	TRY(signers_find(findings, z, which, out));
	if (out->n_signers > 0)
		manifests_count(findings, z, which, out);
	TRY(files_want(v, findings, out));
	TRY(meta_inf_bytes(v, findings, out->manifest, &out->unreadable, &out->manifest_bytes));
	for (size_t i = 0; i < out->n_signers; i++) {
		struct meta_inf_signer *s = &out->signers[i];

		TRY(meta_inf_bytes(v, findings, s->list, &out->unreadable, &s->list_bytes));
		TRY(meta_inf_bytes(v, findings, s->block, &out->unreadable, &s->block_bytes));
	}
	return STATUS_OK;
}

enum status meta_inf_claims(struct arena *a, const struct meta_inf *m, const char *scheme,
			    const struct claim **claims)
{
	for (size_t i = m->n_blocks; i > 0; i--) {
		const struct meta_inf_signer *s = &m->signers[i - 1];
		struct claim *claim = ARENA_NEW(a, struct claim, 1);

		if (!claim)
			return STATUS_NO_MEMORY;
		*claim = (struct claim){
			.scheme = scheme,
			.presence = ASSAY_PRESENCE_EMBEDDED,
			.where = s->block->data,
			.signature_off = s->block->data.off,
			.signature = s->block_bytes,
			.packed = s->block->method != ZIP_STORED,
			.next = *claims,
		};
		*claims = claim;
	}
	return STATUS_OK;
}
