/* SPDX-License-Identifier: MIT */
/* Changes that traps make to a file.  Private to tests/forge. */
#pragma once
#include "tests/forge/traps.h"

#define ATTACK(name)                                                                           \
	void attack_##name(struct forge *f, const struct forge_trap *t, struct buffer *file)

/* attacks.c: the program.  .n is an offset or a count of bytes. */
ATTACK(flip);
ATTACK(flip_before_table);
ATTACK(insert_before_table);
ATTACK(append);
ATTACK(append_jar);
ATTACK(section_added);
ATTACK(dos);
ATTACK(text);
ATTACK(truncate);

/* attacks.c: signatures of other programs. */
ATTACK(graft);
ATTACK(graft_unaligned);
ATTACK(graft_stale);
ATTACK(graft_beside);
ATTACK(graft_stranger);
ATTACK(graft_second_entry);
ATTACK(graft_first_entry);

/* attacks_table.c: the table and the way to it.  .n is a value. */
ATTACK(checksum);
ATTACK(revision);
ATTACK(length);
ATTACK(length_exact);
ATTACK(stuff_zeros);
ATTACK(stuff_unread);
ATTACK(stuff_text);
ATTACK(stuff_sigflip);
ATTACK(stuff_jar);
ATTACK(stuff_program);
ATTACK(entry_twice);
ATTACK(entry_of_type_1);
ATTACK(entry_of_stranger);
ATTACK(entries);
ATTACK(entries_tiny);
ATTACK(directory);
ATTACK(directory_grow);
ATTACK(directory_shrink);
ATTACK(directory_offset_0);
ATTACK(directory_size);
ATTACK(directories);
ATTACK(optional_size);
ATTACK(strip);
ATTACK(sign_unaligned);
ATTACK(sign_trailing);
ATTACK(sign_in_section);
ATTACK(table_moved);

/* hostile.c: what should cost us much, and must not. */
ATTACK(lfanew);
ATTACK(tiny_pe);
ATTACK(inverted_tiny_pe);
ATTACK(sections_65535);
ATTACK(sections_overlapping);
ATTACK(nested_deep);
ATTACK(nested_values);
ATTACK(attributes);
ATTACK(lengths_indefinite);
ATTACK(lengths_definite);
ATTACK(oid_long);
ATTACK(certificates);
ATTACK(same_name_certificates);
ATTACK(chains_of_many);
ATTACK(huge_key);
ATTACK(long_name);
ATTACK(loop);
ATTACK(stamps);
ATTACK(cut_in_der);
ATTACK(noise_table);
