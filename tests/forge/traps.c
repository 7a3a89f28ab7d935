/* SPDX-License-Identifier: MIT */
#include "tests/forge/traps.h"

const struct forge_trap_table *const forge_trap_tables[] = {
	&traps_honest, &traps_tampered, &traps_table, &traps_trust, &traps_time, &traps_hostile,
};
const size_t n_forge_trap_tables = COUNT_OF(forge_trap_tables);

void forge_trap_make(struct forge *f, const struct forge_trap *t, struct buffer *out)
{
	buffer_clear(out);
	forge_program_make(&t->program, out);
	if (!t->unsigned_)
		forge_sign(f, &t->sign, out);
	if (t->change)
		t->change(f, t, out);
}
