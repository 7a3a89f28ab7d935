/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the entries of a signed list, as a bundle of it, and as a list of root's: what
 * is taken is sorted, each once, and written down again as it came.
 */
#include "fuzz/must.h"
#include "store/signed_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void set_check(const struct digest_list *set)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct digest_entry *e = &set->entries[i];

		MUST(e->type > DIGEST_ENTRY_NONE && e->type < DIGEST_ENTRY_TYPES);
		MUST(SPAN_TEXT(e->reason).len <= DIGEST_LIST_MAX_REASON && e->until >= 0);
		MUST(i == 0 ||
		     span_compare(SPAN_OF(set->entries[i - 1].digest), SPAN_OF(e->digest)) < 0);
		MUST(digest_list_find(set, SPAN_OF(e->digest)) == e);
	}
}

/* @n is what somebody says of them. */
static void entries_check(struct arena *a, struct span bytes, uint64_t n)
{
	CLEANUP(buffer_free) struct buffer again = BUFFER_INIT, change = BUFFER_INIT;
	struct digest_list set, from_nothing = { 0 }, rebuilt;
	enum list_fault fault = LIST_NO_FAULT;
	enum status status = list_entries_apply(a, bytes, n, NULL, &set, &fault);
	uint64_t n_change = 0;

	MUST(status == STATUS_OK || status == STATUS_MALFORMED || status == STATUS_LIMIT);
	MUST((fault == LIST_NO_FAULT) == (status == STATUS_OK));
	if (status != STATUS_OK)
		return;
	MUST(set.n == n);
	set_check(&set);
	list_entries_write(&again, &set);
	MUST(span_equal(buffer_span(&again), bytes));
	list_entries_write_change(&change, &from_nothing, &set, &n_change);
	MUST(n_change == n && span_equal(buffer_span(&change), bytes));
	/* Everything goes: what is left is nothing. */
	buffer_clear(&change);
	list_entries_write_change(&change, &set, &from_nothing, &n_change);
	MUST(list_entries_apply(a, buffer_span(&change), n_change, &set, &rebuilt, &fault) ==
		     STATUS_OK &&
	     rebuilt.n == 0);
}

/* Laid over a set that is there: sorted all the same. */
static void delta_check(struct arena *a, struct span bytes, uint64_t n)
{
	struct digest_entry there[3] = {
		{.digest = { 0x10 },  .type = DIGEST_ENTRY_FILE, .reason = "", .author = ""},
		{ .digest = { 0x61 }, .type = DIGEST_ENTRY_FILE, .reason = "", .author = ""},
		{ .digest = { 0xff }, .type = DIGEST_ENTRY_FILE, .reason = "", .author = ""},
	};
	const struct digest_list before = { .entries = there, .n = 3 };
	struct digest_list set;
	enum list_fault fault = LIST_NO_FAULT;

	if (list_entries_apply(a, bytes, n, &before, &set, &fault) == STATUS_OK) {
		MUST(set.n <= n + 3 && set.n + n >= 3);
		set_check(&set);
	}
}

static void bundle_check(struct arena *a, struct span bytes)
{
	const char *problem = NULL;
	bool good = false;
	struct bundle b;

	if (bundle_read(bytes, &b, &problem) != STATUS_OK) {
		MUST(problem != NULL);
		return;
	}
	MUST(b.kind != BUNDLE_DELTA || b.content_kind == BUNDLE_DENY ||
	     b.content_kind == BUNDLE_ALLOW);
	MUST(signed_content_check(&b, &good) == STATUS_OK);
	MUST(signed_entries(&b).len <= b.content.len);
	if (good)
		entries_check(a, signed_entries(&b), b.n_entries);
}

static void text_check(struct arena *a, struct span bytes)
{
	const char *problem = NULL;
	struct digest_list list;
	enum status status = digest_list_parse(a, bytes, "list", &list, &problem);

	MUST(status == STATUS_OK || (status == STATUS_USAGE && problem));
	if (status == STATUS_OK)
		set_check(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
	struct span in = { data, size };
	struct span entries = span_after(in, 1);

	if (size == 0)
		return 0;
	/* The first byte says how many there are; each has at least 46 bytes. */
	entries_check(&a, entries, data[0]);
	delta_check(&a, entries, data[0]);
	bundle_check(&a, in);
	text_check(&a, in);
	return 0;
}
