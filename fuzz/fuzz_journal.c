/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a file of the journal, and as what its records carry: only whole
 * records come out, each prefix gives a beginning of them, and an intent that is
 * understood is written again byte for byte.
 */
#include "countermeasures/local_file_permissions/ledger.h"
#include "fuzz/must.h"
#include "store/journal_file.h"

#define CUTS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum status count(void *context, const struct journal_record *r)
{
	MUST(r->type != JOURNAL_BEGIN && r->payload.len <= JOURNAL_RECORD_MAX);
	++*(uint64_t *)context;
	return STATUS_OK;
}

static uint64_t records_of(struct span file, uint64_t *good)
{
	uint64_t n = 0;
	struct journal_pass pass = { .each = count, .context = &n };

	MUST(journal_file_pass(file, &pass) == STATUS_OK);
	MUST(pass.good <= pass.size && pass.size == file.len && n == pass.n_records);
	*good = pass.good;
	return n;
}

static void file_check(struct span file)
{
	uint64_t good, cut, n = records_of(file, &good);

	for (uint64_t i = 0; i < CUTS; i++) {
		uint64_t len = file.len * i / CUTS;

		MUST(records_of(span_clip(file, 0, len), &cut) <= n && cut <= good &&
		     cut <= len);
	}
	MUST(records_of(span_clip(file, 0, good), &cut) == n && cut == good);
}

static void intent_check(struct arena *a, struct span payload)
{
	CLEANUP(buffer_free) struct buffer again = BUFFER_INIT;
	struct permit_intent intent, same;

	if (permit_intent_read(a, payload, &intent) != STATUS_OK)
		return;
	permit_intent_write(&again, &intent);
	MUST(buffer_status(&again) == STATUS_OK);
	MUST(permit_intent_read(a, buffer_span(&again), &same) == STATUS_OK);
	MUST(object_same(&intent.identity, &same.identity) &&
	     object_differences(&intent.before, &same.before) == 0 &&
	     object_differences(&intent.after, &same.after) == 0 &&
	     strcmp(intent.path, same.path) == 0);
}

/* Records of any kind and in any order make a ledger, or are refused. */
static enum status take(void *context, const struct journal_record *r)
{
	struct permit_ledger *ledger = context;

	intent_check(ledger->arena, r->payload);
	if (permit_ledger_take(ledger, r) == STATUS_NO_MEMORY)
		return ledger->n ? STATUS_NO_MEMORY : STATUS_OK;
	for (size_t i = 0; i < ledger->n; i++)
		MUST(ledger->operations[i].standing != PERMIT_STANDING_UNKNOWN &&
		     permit_same_object(&ledger->operations[i], &ledger->operations[i]));
	return STATUS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT((size_t)16 << 20);
	struct span in = { data, size };
	struct permit_ledger ledger = { .arena = &arena };
	struct journal_pass pass = { .each = take, .context = &ledger };

	file_check(in);
	MUST(journal_file_pass(in, &pass) == STATUS_OK || ledger.n > 0);
	/* What no digest protects: the payload itself. */
	intent_check(&arena, in);
	return 0;
}
