/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what an administrator imports: trust lists, Secure Boot lists,
 * certificates, CRLs, OCSP responses.  What is understood of them must hold
 * together, and must make a database that opens and in which it is found again.
 */
#include "trust/intake.h"
#include "trust/siglist.h"
#include "trust/stl.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void list_holds(struct arena *a, struct span bytes)
{
	const char *problem = NULL;
	struct stl list;

	if (stl_read(a, bytes, &list, &problem) != STATUS_OK)
		return;
	must(list.info.kind == LIST_ROOTS || list.info.kind == LIST_DISALLOWED, "its kind");
	must(list.n <= STL_MAX_ENTRIES, "the number of its entries");
	for (size_t i = 0; i < list.n; i++) {
		const struct stl_entry *e = &list.entries[i];
		uint64_t off;

		must(span_offset(bytes, e->tag, &off) || list.cms.indefinite || e->tag.len,
		     "a tag lies in the file");
		must(list.info.kind != LIST_ROOTS || e->tag.len == 20, "SHA-1 of a root");
		must(e->sha256.len == 0 || e->sha256.len == 32, "SHA-256 of a root");
		must(!(stl_entry_sets(e) & (unsigned)TRUST_UEFI), "no anchor of firmware");
		must(e->has_eku || e->limits.eku.len == 0, "usages that are there");
	}
	must(stl_verify(a, &list, NULL, 0, &problem) != STATUS_OK,
	     "nobody signs without a root");
}

/* Everything in the draft is found in the database that is made of it. */
static void draft_holds(const struct draft *d)
{
	struct buffer file = BUFFER_INIT;
	const char *problem = NULL;
	struct database db;

	must(draft_encode(d, &file) == STATUS_OK, "the draft is encoded");
	must(database_open(buffer_span(&file), &db, &problem) == STATUS_OK, "and opens");
	for (const struct draft_record *at = d->records; at; at = at->next) {
		struct record found;
		size_t row;

		must(database_find(&db, TABLE_RECORDS, SPAN_OF(at->record.stored.sha256),
				   &row) == 1,
		     "a certificate stands in it once");
		must(database_record(&db, row, &found) &&
			     span_equal(found.stored.der, at->record.stored.der) &&
			     span_equal(found.subject, at->record.subject) &&
			     strcmp(found.stored.name, at->record.stored.name) == 0,
		     "and is the same");
	}
	must(database_count(&db, TABLE_CRLS) <= d->n_crls, "no CRL is invented");
	buffer_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT((size_t)64 << 20);
	struct span bytes = { data, size };
	struct draft draft = { .arena = &a };
	struct intake in = { .arena = &a,
			     .draft = &draft,
			     .read = intake_bytes,
			     .sets = TRUST_ALL_SETS,
			     .origin = "fuzz" };
	struct siglist_count count = { 0 };

	list_holds(&a, bytes);
	if (siglist_take(&in, bytes, "fuzz", size % 2 ? SIGLIST_DB : SIGLIST_DBX, &count) ==
	    STATUS_NOT_MINE)
		(void)!intake_bytes(&in, bytes, "fuzz");
	draft_holds(&draft);
	arena_free(&a);
	return 0;
}
