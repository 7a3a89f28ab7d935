/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a trust database, under a checksum that is right: what opens
 * must be readable to its last row, and whatever is found must be what was asked.
 */
#include "trust/database_format.h"
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

/* Size and checksum as they should be, so that the rest is looked at. */
static void file_make(struct buffer *b, struct span bytes)
{
	struct span parts[2] = { SPAN_NONE, span_after(bytes, CHECKSUM_OFFSET + 32) };
	struct digest digest = { .algorithm = DIGEST_SHA256 };

	buffer_text(b, DATABASE_MAGIC);
	buffer_u32le(b, DATABASE_VERSION);
	buffer_u32le(b, TABLE_COUNT);
	buffer_u64le(b, bytes.len);
	parts[0] = buffer_span(b);
	must(digest_of(DIGEST_SHA256, parts, 2, &digest) == STATUS_OK, "a digest");
	buffer_add(b, digest_span(&digest));
	buffer_add(b, parts[1]);
}

static void rows_hold(const struct database *d)
{
	struct record r;
	struct distrust entry;
	struct revocation revocation;
	struct list_info list;
	size_t row, n = 0;

	for (; database_record(d, n, &r); n++) {
		must(strlen(r.stored.name) <= d->bytes.len, "a name");
		must(database_find(d, TABLE_RECORDS, SPAN_OF(r.stored.sha256), &row) > 0 &&
			     row <= n,
		     "a certificate is found by its digest");
	}
	must(n == database_count(d, TABLE_RECORDS), "each certificate is readable");
	for (n = 0; database_distrust(d, n, &entry); n++)
		must(database_distrusts(d, entry.kind, entry.digest) &&
			     database_has_distrust(d, entry.kind),
		     "what is distrusted is found");
	must(n == database_count(d, TABLE_DISTRUST), "each distrust is readable");
	for (enum database_table t = TABLE_CRLS; t <= TABLE_OCSPS; t++)
		for (n = 0; database_revocation(d, t, n, &revocation); n++)
			must(database_find(d, t, SPAN_OF(revocation.key), &row) > 0,
			     "revocation data is found by its key");
	for (n = 0; database_list(d, n, &list); n++)
		must(list.kind != LIST_NONE && list.kind < LIST_KINDS, "a list has a kind");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT((size_t)64 << 20);
	struct buffer file = BUFFER_INIT;
	struct span bytes = { data, size };
	const char *problem = NULL;
	struct database d;

	if (size < HEADER_BYTES) {
		must(database_open(bytes, &d, &problem) == STATUS_USAGE, "too short");
		return 0;
	}
	file_make(&file, bytes);
	if (database_open(buffer_span(&file), &d, &problem) == STATUS_OK) {
		struct buffer again = BUFFER_INIT;
		struct draft draft = { .arena = &a };

		rows_hold(&d);
		must(draft_load(&draft, &d) == STATUS_OK &&
			     draft_encode(&draft, &again) == STATUS_OK &&
			     database_open(buffer_span(&again), &d, &problem) == STATUS_OK,
		     "what opens can be written again");
		buffer_free(&again);
	} else {
		must(problem != NULL, "a refusal has a reason");
	}
	buffer_free(&file);
	arena_free(&a);
	return 0;
}
