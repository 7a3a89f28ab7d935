/* SPDX-License-Identifier: MIT */
#include "verify/scheme.h"

struct fact *fact_new(struct arena *a, struct scheme_case *c, const struct claim *claim)
{
	struct fact *fact = ARENA_NEW(a, struct fact, 1);

	if (!fact)
		return NULL;
	*fact = (struct fact){
		.scheme = claim->scheme,
		.claim = claim,
		.part = claim->part,
		.index = c->n_facts++,
		.where = claim->where,
		.presence = claim->presence,
		.covered = claim->covered,
	};
	c->findings->signature = fact->index;
	return fact;
}

uint64_t claim_base(const struct claim *claim)
{
	return claim->packed || claim->companion ? CLAIM_NOWHERE : claim->signature_off;
}

struct range claim_where(const struct claim *claim, struct span part)
{
	uint64_t off;

	if (claim_base(claim) == CLAIM_NOWHERE)
		return claim->where;
	if (!span_offset(claim->signature, part, &off))
		return (struct range){ 0, 0 };
	return (struct range){ claim->signature_off + off, part.len };
}

struct range claim_place(const struct claim *claim, struct range where)
{
	return where.off < CLAIM_NOWHERE ? where : claim->where;
}
