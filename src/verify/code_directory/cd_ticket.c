/* SPDX-License-Identifier: MIT */
/*
 * Stapled tickets of Apple's notary: their format is not published, and they are
 * in no digest.  That one is there is told, and whether it names this program;
 * it never counts.
 */
#include "verify/code_directory/state.h"

#define SHORT_HASH 20

static bool names_program(const struct cd_signature *s, struct span ticket)
{
	uint64_t at;

	for (size_t i = 0; i < s->n_directories; i++) {
		struct span hash =
			span_clip(digest_span(&s->directories[i].hash), 0, SHORT_HASH);

		if (hash.len == SHORT_HASH && span_find(ticket, hash, 0, &at))
			return true;
	}
	return false;
}

void cd_ticket_note(struct arena *a, struct cd_state *state, const struct cd_signature *s)
{
	const struct code_blob *blob = code_blob_find(s->object.code, CODE_SLOT_TICKET);
	struct span ticket;

	if (!blob)
		return;
	ticket = code_blob_payload(blob);
	finding_add(state->c->findings, "macho.ticket",
		    (struct range){ blob->off, blob->bytes.len }, NULL,
		    arena_printf(a, "%zu bytes, %s", ticket.len,
				 names_program(s, ticket)
					 ? "with the hash of this CodeDirectory"
					 : "without the hash of this CodeDirectory"));
}
