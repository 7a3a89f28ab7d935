/* SPDX-License-Identifier: MIT */
/* A signed program must meet its own designated requirement. */
#include "verify/code_directory/requirement_facts.h"

/* Property lists are hashed here, never believed before. */
static enum status plist_of(struct arena *a, struct span bytes, struct requirement_dict *out)
{
	struct plist *p;
	enum status status = plist_read(a, bytes, &p);

	if (status == STATUS_NO_MEMORY)
		return status;
	out->plist = status == STATUS_OK ? p : NULL;
	out->unknown = status != STATUS_OK;
	return STATUS_OK;
}

/* Info.plist lies in the pages of the program; of a bundle it may be at hand. */
static enum status info_of(struct arena *a, const struct cd_state *state,
			   const struct cd_signature *s, struct requirement_dict *out)
{
	struct span sealed = code_directory_special(s->directories[0].d, CODE_SLOT_INFO);
	const struct companion *file = cd_bundle_file(state, CODE_SLOT_INFO);

	out->unknown = s->object.info_plist.len > 0 || !span_is_zero(sealed);
	if (s->object.info_plist.len > 0 || span_is_zero(sealed) || !file)
		return STATUS_OK;
	return plist_of(a, file->bytes, out);
}

static enum status facts_of(struct arena *a, const struct cd_state *state,
			    const struct cd_signature *s, struct requirement_facts *out)
{
	const struct code_directory *best = code_directory_best(s->object.code);
	const struct code_blob *entitlements =
		code_blob_find(s->object.code, CODE_SLOT_ENTITLEMENTS);

	*out = (struct requirement_facts){
		.identifier = best->identifier,
		.directories = s->directories,
		.n_directories = s->n_directories,
		.answer = &s->fact->answer,
		.platform = best->platform,
	};
	TRY(info_of(a, state, s, &out->info));
	if (!entitlements)
		return STATUS_OK;
	return plist_of(a, code_blob_payload(entitlements), &out->entitlements);
}

static enum status designated_ask(struct arena *a, struct cd_state *state,
				  struct cd_signature *s, const struct requirement *r,
				  const struct code_blob *blob)
{
	struct requirement_facts facts;
	enum truth truth;

	TRY(facts_of(a, state, s, &facts));
	TRY(requirement_ask(a, r, &facts, &truth));
	if (truth == TRUTH_YES)
		s->fact->designated = requirement_text(a, r);
	if (truth == TRUTH_NO)
		finding_add(state->c->findings, "macho.req-self-fail",
			    (struct range){ blob->off, blob->bytes.len },
			    requirement_text(a, r), "the program does not meet it");
	return STATUS_OK;
}

enum status cd_designated_judge(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	const struct code_blob *blob = code_blob_find(s->object.code, CODE_SLOT_REQUIREMENTS);
	struct requirement_set set;
	enum status status;

	if (!blob)
		return STATUS_OK;
	status = requirement_set_read(a, blob->bytes, &set);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK) {
		finding_add(state->c->findings, "macho.req-malformed",
			    (struct range){ blob->off, blob->bytes.len },
			    "requirements that can be read", status_text(status));
		return STATUS_OK;
	}
	for (size_t i = 0; i < set.n; i++)
		if (set.each[i].type == REQUIREMENT_DESIGNATED)
			TRY(designated_ask(a, state, s, &set.each[i], blob));
	return STATUS_OK;
}
