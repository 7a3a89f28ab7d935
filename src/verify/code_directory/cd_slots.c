/* SPDX-License-Identifier: MIT */
/*
 * Special slots: what stands beside the code, each compared with its digest in
 * every CodeDirectory, both ways: a digest needs its component, a component its
 * digest.
 *
 * Info.plist and CodeResources of a bundle lie in other files, which may stand at
 * hand as companions: sealed, and not here, is unchecked and no fault.
 */
#include "verify/code_directory/state.h"

/* Which blobs are hashed as a whole; of others what they wrap. */
static bool is_blob(uint32_t slot)
{
	return slot == CODE_SLOT_REQUIREMENTS || slot == CODE_SLOT_ENTITLEMENTS ||
	       slot >= CODE_SLOT_ENTITLEMENTS_DER;
}

static bool slot_sealed(const struct code_directory *d, uint32_t slot)
{
	struct span digest = code_directory_special(d, slot);

	return digest.len > 0 && !span_is_zero(digest);
}

static const char *slot_name(struct arena *a, uint32_t slot)
{
	static const char *const names[] = {
		NULL,
		"Info.plist",
		"requirements",
		"CodeResources",
		"the list of slots",
		"entitlements",
		"what this kind of file has of its own",
		"entitlements (DER)",
		"launch constraints",
		"launch constraints of the parent",
		"launch constraints of the responsible process",
		"library constraints",
	};

	return slot < COUNT_OF(names) ? names[slot] : arena_printf(a, "slot %u", slot);
}

static void differs(struct arena *a, struct cd_state *state, struct cd_signature *s,
		    uint32_t slot, struct range where)
{
	s->altered = true;
	finding_add(state->c->findings, "macho.slot-mismatch", where,
		    arena_printf(a, "%s as signed", slot_name(a, slot)), NULL);
}

/* A component that lies in another file of the bundle, and is not at hand, or not whole. */
static void unchecked(struct arena *a, struct cd_state *state, const struct cd_directory *d,
		      uint32_t slot, const struct companion *file)
{
	finding_add(state->c->findings, "macho.slot-unchecked",
		    (struct range){ d->d->off, d->d->whole.len },
		    arena_printf(a, "%s in the bundle", slot_name(a, slot)),
		    file ? "more than is read of it" : "not at hand");
}

const struct companion *cd_bundle_file(const struct cd_state *state, uint32_t slot)
{
	if (slot != CODE_SLOT_INFO && slot != CODE_SLOT_RESOURCES)
		return NULL;
	return companion_find(state->c->companions,
			      slot == CODE_SLOT_INFO ? "Info.plist" : "CodeResources");
}

/* Only what seals the resources of a bundle has its Info.plist there and not in its pages. */
static bool is_of_bundle(const struct cd_state *state, const struct cd_directory *d)
{
	return slot_sealed(d->d, CODE_SLOT_RESOURCES) &&
	       cd_bundle_file(state, CODE_SLOT_RESOURCES);
}

static enum status file_compare(struct arena *a, struct cd_state *state, struct cd_signature *s,
				const struct cd_directory *d, uint32_t slot)
{
	const struct companion *file = cd_bundle_file(state, slot);
	struct digest_job job;

	if (!file || file->size > file->bytes.len) {
		if (d == &s->directories[0])
			unchecked(a, state, d, slot, file);
		return STATUS_OK;
	}
	TRY(digest_of(d->algorithm, &file->bytes, 1, &job.result));
	if (cd_digest_is(&job, code_directory_special(d->d, slot)))
		return STATUS_OK;
	s->altered = true;
	s->seal_differs = s->seal_differs || slot == CODE_SLOT_RESOURCES;
	finding_add(state->c->findings, "macho.slot-mismatch",
		    (struct range){ d->d->off, d->d->whole.len },
		    arena_printf(a, "%s as signed", slot_name(a, slot)),
		    arena_printf(a, "another %s in the bundle", slot_name(a, slot)));
	return STATUS_OK;
}

static enum status blob_compare(struct arena *a, struct cd_state *state, struct cd_signature *s,
				const struct cd_directory *d, const struct code_blob *blob)
{
	struct span bytes = is_blob(blob->type) || blob->magic != CODE_MAGIC_WRAPPER
				    ? blob->bytes
				    : code_blob_payload(blob);
	struct digest_job job;

	TRY(digest_of(d->algorithm, &bytes, 1, &job.result));
	if (!cd_digest_is(&job, code_directory_special(d->d, blob->type)))
		differs(a, state, s, blob->type, (struct range){ blob->off, blob->bytes.len });
	return STATUS_OK;
}

static enum status slot_compare(struct arena *a, struct cd_state *state, struct cd_signature *s,
				const struct cd_directory *d, uint32_t slot)
{
	const struct code_blob *blob = code_blob_find(s->object.code, slot);
	size_t job = slot == CODE_SLOT_INFO           ? d->info_job
		     : slot == CODE_SLOT_REP_SPECIFIC ? d->own_job
						      : CD_NO_JOB;

	if (slot == CODE_SLOT_INFO && is_of_bundle(state, d))
		job = CD_NO_JOB;
	if (job != CD_NO_JOB) {
		if (!cd_digest_is(&state->jobs[job], code_directory_special(d->d, slot)))
			differs(a, state, s, slot,
				slot == CODE_SLOT_INFO ? s->object.info_plist
						       : s->object.where);
		return STATUS_OK;
	}
	if (blob)
		return blob_compare(a, state, s, d, blob);
	if (slot == CODE_SLOT_INFO || slot == CODE_SLOT_RESOURCES)
		return file_compare(a, state, s, d, slot);
	differs(a, state, s, slot, (struct range){ d->d->off, d->d->whole.len });
	return STATUS_OK;
}

/* Blobs and Info.plist that no CodeDirectory has a digest of. */
static void unsealed_note(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	const struct cd_directory *d = &s->directories[0];
	const struct code_signature *code = s->object.code;

	if (d->algorithm == DIGEST_NONE)
		return;
	for (size_t i = 0; i < code->n_blobs; i++) {
		const struct code_blob *b = &code->blobs[i];

		if (b->type == 0 || b->type > CODE_MAX_SPECIAL || slot_sealed(d->d, b->type))
			continue;
		s->unsealed = true;
		finding_add(state->c->findings, "macho.slot-unsealed",
			    (struct range){ b->off, b->bytes.len },
			    arena_printf(a, "a digest of %s", slot_name(a, b->type)), "none");
	}
	if (s->object.info_plist.len > 0 && !slot_sealed(d->d, CODE_SLOT_INFO) && s->cms)
		finding_add(state->c->findings, "macho.slot-unsealed", s->object.info_plist,
			    "a digest of Info.plist", "none but those of its pages");
}

static void list_add(struct buffer *list, uint32_t slot)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buffer_char(list, (char)(unsigned char)(slot >> shift & 0xff));
}

/* Slot 4 lists everything that is signed, in a fixed order. */
static enum status list_compare(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	const struct code_signature *code = s->object.code;
	const struct code_blob *blob = code_blob_find(code, CODE_SLOT_TOP_DIRECTORY);
	CLEANUP(buffer_free) struct buffer found = BUFFER_INIT;
	struct span listed;

	if (!blob)
		return STATUS_OK;
	listed = code_blob_payload(blob);
	list_add(&found, CODE_SLOT_DIRECTORY);
	for (uint32_t slot = 1; slot <= CODE_MAX_SPECIAL; slot++)
		if (code_blob_find(code, slot) ||
		    (slot == CODE_SLOT_INFO && s->object.info_plist.len > 0) ||
		    (slot == CODE_SLOT_REP_SPECIFIC && s->object.own.n > 0))
			list_add(&found, slot);
	for (uint32_t i = 1; i < code->n_directories; i++)
		list_add(&found, CODE_SLOT_ALTERNATE_FIRST + i - 1);
	list_add(&found, CODE_SLOT_CMS);
	TRY(buffer_status(&found));
	if (!span_equal(listed, buffer_span(&found)))
		differs(a, state, s, CODE_SLOT_TOP_DIRECTORY,
			(struct range){ blob->off, blob->bytes.len });
	return STATUS_OK;
}

enum status cd_slots_compare(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	for (size_t i = 0; i < s->n_directories; i++) {
		const struct cd_directory *d = &s->directories[i];

		for (uint32_t slot = 1; slot <= CODE_MAX_SPECIAL; slot++)
			if (d->algorithm != DIGEST_NONE && slot_sealed(d->d, slot))
				TRY(slot_compare(a, state, s, d, slot));
	}
	unsealed_note(a, state, s);
	return list_compare(a, state, s);
}
