/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as JSON, as a bundle and as a trusted root of sigstore.  What is read
 * as JSON has each name once; a bundle that is read can be judged; nothing in it
 * is in a log that it is not in.
 */
#include "base/limits.h"
#include "fuzz/must.h"
#include "verify/sigstore/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No deeper than JSON_READ_MAX_DEPTH. */
static void values_must_hold(const struct json_value *v)
{
	for (const struct json_value *m = v->first; m; m = m->next) {
		MUST(v->kind == JSON_KIND_OBJECT ||
		     (v->kind == JSON_KIND_ARRAY && !m->name.len));
		MUST(!memchr(m->text.ptr ? m->text.ptr : (const uint8_t *)"x", 0, m->text.len));
		for (const struct json_value *other = v->first;
		     v->kind == JSON_KIND_OBJECT && other != m; other = other->next)
			MUST(!span_equal(other->name, m->name));
		values_must_hold(m);
	}
}

static void entry_must_hold(struct arena *a, const struct sigstore_bundle *b,
			    const struct sigstore_entry *e)
{
	const char *problem = NULL;

	MUST(e->log_id.len == SIGSTORE_LOG_ID && e->body.len > 0);
	MUST(e->has_proof || b->version == 1);
	MUST(e->n_hashes <= SIGSTORE_MAX_HASHES);
	if (sigstore_proof_check(a, e, &problem) == STATUS_OK && !problem && e->has_proof)
		MUST(e->proof_index < e->tree_size);
}

static void bundle_must_hold(struct arena *a, struct span text)
{
	struct sigstore_bundle b;
	struct sigstore_record record;
	const char *problem = NULL;
	bool unsupported = false;

	if (sigstore_bundle_read(a, text, &b, &problem, &unsupported) != STATUS_OK)
		return;
	MUST(problem || !unsupported);
	if (problem)
		return;
	MUST(b.version >= 1 && b.version <= 3 && b.signature.len > 0);
	MUST(b.n_entries > 0 && b.n_entries <= SIGSTORE_MAX_ENTRIES);
	MUST(b.is_envelope == (b.encoding.len > 0));
	for (size_t i = 0; i < b.n_entries; i++) {
		entry_must_hold(a, &b, &b.entries[i]);
		if (sigstore_record_read(a, &b.entries[i], &record, &problem, &unsupported) ==
			    STATUS_OK &&
		    !problem)
			MUST(record.signature.len > 0 && record.verifier.len > 0 &&
			     record.digest.algorithm != DIGEST_NONE);
	}
}

static void root_must_hold(struct arena *a, struct span text)
{
	struct sigstore_root root;

	if (sigstore_root_read(a, text, &root) != STATUS_OK)
		return;
	MUST(root.logs.n <= SIGSTORE_MAX_LOGS && root.ct_logs.n <= SIGSTORE_MAX_LOGS);
	for (size_t i = 0; i < root.logs.n; i++)
		MUST(root.logs.each[i].id.len == SIGSTORE_LOG_ID);
	for (size_t i = 0; i < root.issuers.n; i++)
		MUST(root.issuers.each[i].n > 0 &&
		     root.issuers.each[i].n <= SIGSTORE_MAX_CERTS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a CLEANUP(arena_free) = ARENA_INIT(FILE_ARENA_BYTES);
	struct span text = { data, size };
	const struct json_value *v;

	if (json_read(&a, text, &v) != STATUS_OK)
		return 0;
	values_must_hold(v);
	bundle_must_hold(&a, text);
	root_must_hold(&a, text);
	return 0;
}
