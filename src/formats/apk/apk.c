/* SPDX-License-Identifier: MIT */
#include "formats/apk/reading.h"

#include "formats/meta_inf.h"

#define SHA256_BYTES 32

const struct apk_pair *apk_pair_find(const struct apk_file *apk, uint32_t id)
{
	for (size_t i = 0; i < apk->n_pairs; i++)
		if (apk->pairs[i].id == id)
			return &apk->pairs[i];
	return NULL;
}

/* Is there an entry that makes it one? */
static bool has_android_manifest(const struct zip *z)
{
	return zip_find(z, SPAN_LITERAL("AndroidManifest.xml")) != NULL;
}

/* A claim for each scheme of the block, from the oldest to the newest. */
static enum status block_claims(struct arena *a, const struct apk_file *apk,
				const struct claim **claims)
{
	static const uint32_t newest_first[] = { APK_V31, APK_V3, APK_V2 };

	for (size_t i = 0; i < COUNT_OF(newest_first); i++) {
		const struct apk_pair *pair = apk_pair_find(apk, newest_first[i]);
		struct claim *claim = ARENA_NEW(a, struct claim, 1);

		if (!claim)
			return STATUS_NO_MEMORY;
		if (!pair)
			continue;
		*claim = (struct claim){
			.scheme = "apk",
			.presence = ASSAY_PRESENCE_EMBEDDED,
			.where = pair->where,
			.signature_off = pair->where.off,
			.signature = pair->value,
			.next = *claims,
		};
		*claims = claim;
	}
	return STATUS_OK;
}

/* What shows that a signature was there. */
static void traces_note(struct findings *findings, const struct meta_inf *m,
			const struct apk_file *apk, struct container *out)
{
	bool stamped = apk_pair_find(apk, APK_STAMP_V1) || apk_pair_find(apk, APK_STAMP_V2);

	for (size_t i = m->n_blocks; i < m->n_signers; i++)
		finding_add(findings, "jar.block-missing", m->signers[i].list->header,
			    "a signature block for each signature file", NULL);
	if (out->claims)
		return;
	out->stripped = m->n_signers > 0;
	if (!stamped)
		return;
	finding_add(findings, "apk.stamp-alone", apk->block,
		    "a source stamp beside a signature", "no signature");
	out->broken = true;
}

/* Which certificate a source stamp has to have. */
static enum status stamp_certificate_read(struct view *v, struct arena *a, const struct zip *z,
					  struct span *out)
{
	const struct zip_entry *e = zip_find(z, SPAN_LITERAL("stamp-cert-sha256"));
	enum status status;

	*out = SPAN_NONE;
	if (!e || e->size != SHA256_BYTES)
		return STATUS_OK;
	TRY(zip_want(v, a, &e, 1));
	status = zip_bytes(v, a, e, SHA256_BYTES, out);
	return status == STATUS_NO_MEMORY || status == STATUS_WANT ? status : STATUS_OK;
}

static enum status apk_read(struct view *view, struct findings *findings, struct container *out)
{
	struct apk_file *apk = ARENA_NEW(findings->arena, struct apk_file, 1);
	struct meta_inf *m = ARENA_NEW(findings->arena, struct meta_inf, 1);

	if (!apk || !m)
		return STATUS_NO_MEMORY;
	TRY(apk_block_read(view, findings, out->zip, apk));
	if (!has_android_manifest(out->zip) && apk->block.len == 0 && !apk->block_damaged)
		return STATUS_NOT_MINE;
	TRY(apk_manifest_read(view, findings, out->zip, &apk->manifest));
	TRY(stamp_certificate_read(view, findings->arena, out->zip, &apk->stamp_certificate));
	TRY(meta_inf_read(view, findings, out->zip, META_INF_EXACT, m));
	TRY(block_claims(findings->arena, apk, &out->claims));
	TRY(meta_inf_claims(findings->arena, m, "apk", &out->claims));
	out->apk = apk;
	out->meta_inf = m;
	out->variant = "Android package";
	out->broken = m->unreadable || apk->block_damaged ||
		      zip_broken(out->zip, ZIP_PROFILE_ANDROID);
	traces_note(findings, m, apk, out);
	return STATUS_OK;
}

const struct format format_apk = {
	.name = "apk",
	.title = "Android package (APK)",
	.read_zip = apk_read,
};
