/* SPDX-License-Identifier: MIT */
/*
 * List entries: what a bundle of files that may run, or may not, holds.
 *
 * Format of our own, numbers lowest byte first:
 *
 *	entries	{op u8 (1: add, 2: remove), type u8 (enum digest_entry_type), digest 32,
 *		until i64 (0: for ever), length u16 and reason, length u16 and author},
 *		sorted by digest, each once
 *	set	SHA-256 of the entries of the set that comes of it, each "add"
 *
 * A snapshot's entries are that set; a delta's change the one before.  There is one
 * way to write down a set, so whoever has the set can compute its digest.
 */
#pragma once
#include "base/buffer.h"
#include "store/digest_list.h"

#define LIST_ENTRIES_MAX_AUTHOR 100
#define LIST_ENTRIES_SET_BYTES  32

enum list_op { LIST_NO_OP, LIST_ADD, LIST_REMOVE, LIST_OPS };

/* The entries of @set, each "add". */
void list_entries_write(struct buffer *out, const struct digest_list *set);
/* What makes @after of @before; *@n entries. */
void list_entries_write_change(struct buffer *out, const struct digest_list *before,
			       const struct digest_list *after, uint64_t *n);

/* Why entries are refused. */
enum list_fault {
	LIST_NO_FAULT,
	LIST_CUT,      /* they end in the middle of one, or too late */
	LIST_UNSORTED, /* or one comes twice */
	LIST_NONSENSE, /* an op, a type, a time or a text that is none */
	LIST_MISFIT,   /* removes what is not there, or a snapshot removes */
	LIST_LONG,     /* a limit of ours */
};

/*
 * Lays @n entries over @before (NULL: nothing), into *@out.  STATUS_MALFORMED or LIMIT: *@fault
 * says why.  Texts are copied.
 */
MUST_CHECK enum status list_entries_apply(struct arena *a, struct span entries, uint64_t n,
					  const struct digest_list *before,
					  struct digest_list *out, enum list_fault *fault);
