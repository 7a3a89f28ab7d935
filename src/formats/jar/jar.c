/* SPDX-License-Identifier: MIT */
#include "formats/jar/jar.h"

#include "formats/meta_inf.h"

/* Signature files without anything that signs them: whoever took the block away forgot them. */
static void traces_note(struct findings *findings, const struct meta_inf *m,
			struct container *out)
{
	for (size_t i = m->n_blocks; i < m->n_signers; i++) {
		finding_add(findings, "jar.block-missing", m->signers[i].list->header,
			    "a signature block for each signature file", NULL);
		out->stripped = out->stripped || m->n_blocks == 0;
	}
}

static enum status jar_read(struct view *view, struct findings *findings, struct container *out)
{
	struct meta_inf *m;

	if (!meta_inf_present(out->zip))
		return STATUS_NOT_MINE;
	m = ARENA_NEW(findings->arena, struct meta_inf, 1);
	if (!m)
		return STATUS_NO_MEMORY;
	TRY(meta_inf_read(view, findings, out->zip, META_INF_ANY_CASE, m));
	TRY(meta_inf_claims(findings->arena, m, "jar", &out->claims));
	traces_note(findings, m, out);
	out->meta_inf = m;
	out->variant = "Java archive";
	out->broken = m->unreadable || zip_broken(out->zip, ZIP_PROFILE_JAVA);
	return STATUS_OK;
}

const struct format format_jar = {
	.name = "jar",
	.title = "Java archive (JAR)",
	.read_zip = jar_read,
};
