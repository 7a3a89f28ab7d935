/* SPDX-License-Identifier: MIT */
#include "formats/sidecar.h"

#include "structure/openpgp/openpgp.h"

/* A packet of a signature, and nothing but packets behind it. */
static bool is_openpgp(struct arena *a, struct span bytes)
{
	const struct openpgp_signature *s;
	const char *problem;

	if (openpgp_armored(bytes))
		return !openpgp_clearsigned(bytes);
	return openpgp_binary(bytes) && openpgp_signatures(a, bytes, &s, &problem) == STATUS_OK;
}

static const struct {
	const char *scheme;
	bool (*is)(struct arena *a, struct span bytes);
} kinds[] = {
	{"openpgp", is_openpgp},
};

static const char *scheme_of(struct arena *a, const struct companion *c)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (kinds[i].is(a, c->bytes))
			return kinds[i].scheme;
	return NULL;
}

static enum status whole_make(struct arena *a, uint64_t size, const struct coverage **out)
{
	struct coverage *covered = ARENA_NEW(a, struct coverage, 1);
	struct piece *piece = ARENA_NEW(a, struct piece, 1);

	if (!covered || !piece)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){
		.kind = PIECE_RANGE, .range = {0, size}
	};
	*covered = (struct coverage){ piece, 1 };
	*out = covered;
	return STATUS_OK;
}

/* Before the claims that the file itself makes, whose list is not ours to change. */
static void claim_append(struct container *box, struct claim *claim, struct claim **last)
{
	claim->next = *last ? (*last)->next : box->claims;
	if (*last)
		(*last)->next = claim;
	else
		box->claims = claim;
	*last = claim;
}

enum status sidecar_claims(struct arena *a, const struct companions *companions, uint64_t size,
			   struct container *box)
{
	const struct coverage *covered = NULL;
	struct claim *last = NULL;

	for (const struct companion *c = companions->first; c; c = c->next) {
		const char *scheme = scheme_of(a, c);
		struct claim *claim;

		if (!scheme)
			continue;
		if (!covered)
			TRY(whole_make(a, size, &covered));
		claim = ARENA_NEW(a, struct claim, 1);
		if (!claim)
			return STATUS_NO_MEMORY;
		*claim = (struct claim){ .scheme = scheme,
					 .presence = ASSAY_PRESENCE_SIDECAR,
					 .signature = c->bytes,
					 .companion = c->name,
					 .covered = covered };
		claim_append(box, claim, &last);
	}
	if (last && !box->format) {
		box->format = &format_file;
		box->variant = "file";
	}
	return STATUS_OK;
}

const struct format format_file = {
	.name = "file",
	.title = "File with a signature beside it",
};
