/* SPDX-License-Identifier: MIT */
/*
 * Stapled tickets of Apple's notary: their format is not published, and they are
 * in no digest.  That one is there is told, and whether it names this program;
 * it never counts.
 */
#include "verify/code_directory/state.h"

static bool names_program(const struct cd_signature *s, struct span ticket)
{
	uint64_t at;

	for (size_t i = 0; i < s->n_directories; i++) {
		struct span hash =
			span_clip(digest_span(&s->directories[i].hash), 0, CD_HASH_BYTES);

		if (hash.len == CD_HASH_BYTES && span_find(ticket, hash, 0, &at))
			return true;
	}
	return false;
}

static void ticket_tell(struct arena *a, struct cd_state *state, const struct cd_signature *s,
			struct span ticket, struct range where, const char *place)
{
	finding_add(state->c->findings, "macho.ticket", where, NULL,
		    arena_printf(a, "%zu bytes%s, %s", ticket.len, place,
				 names_program(s, ticket)
					 ? "with the hash of this CodeDirectory"
					 : "without the hash of this CodeDirectory"));
}

void cd_ticket_note(struct arena *a, struct cd_state *state, const struct cd_signature *s)
{
	const struct code_blob *blob = code_blob_find(s->object.code, CODE_SLOT_TICKET);
	const struct companion *file = companion_find(state->c->companions, "ticket");
	const struct code_directory *d = s->directories[0].d;

	if (blob)
		ticket_tell(a, state, s, code_blob_payload(blob),
			    (struct range){ blob->off, blob->bytes.len }, "");
	/* The one of a bundle is of the program that seals its resources. */
	if (file && !span_is_zero(code_directory_special(d, CODE_SLOT_RESOURCES)))
		ticket_tell(a, state, s, file->bytes, (struct range){ d->off, d->whole.len },
			    " in the bundle");
}
