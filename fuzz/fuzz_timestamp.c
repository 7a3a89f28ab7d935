/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the value of each kind of timestamp attribute, on a signature
 * that nobody ever stamped: none may be good, all must say why not.
 */
#include "base/limits.h"
#include "crypto/timestamp.h"
#include "fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void timestamp_must_hold(const struct timestamp *t, size_t size)
{
	uint64_t off = 0;

	MUST(t->kind != TIMESTAMP_NONE);
	MUST(t->where.len == size);
	MUST(!t->good && t->problem != NULL);
	MUST(!t->raw_hash || t->kind == TIMESTAMP_PKCS9);
	MUST(t->signer == NULL ||
	     span_offset(
		     (struct span){ (const uint8_t *)t->certs, t->n_certs * sizeof(*t->certs) },
		     (struct span){ (const uint8_t *)t->signer, sizeof(*t->signer) }, &off));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	struct span in = { data, size }, rest;
	struct findings findings = FINDINGS_INIT(&a);
	struct cms_attribute attrs[] = {
		{.oid = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06"),          .n_values = 1},
		{ .oid = OID("\x2b\x06\x01\x04\x01\x82\x37\x03\x03\x01"),     .n_values = 1},
		{ .oid = OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e"), .n_values = 1},
	};
	struct signer_info signer = { .signature = OID("nobody ever signed this"),
				      .unsigned_attrs = attrs,
				      .n_unsigned_attrs = COUNT_OF(attrs) };
	struct timestamps read;
	struct cms parent;
	enum status status;

	/* The certificates of a token also serve as those of the parent. */
	if (cms_read(&a, in, 0, &findings, &parent, &rest) != STATUS_OK)
		parent = (struct cms){ 0 };
	for (size_t i = 0; i < COUNT_OF(attrs); i++)
		attrs[i].values[0] = in;
	status = timestamps_read(&a, &signer, &parent, in, 0, &read);
	MUST(status == STATUS_OK || status == STATUS_LIMIT);
	for (size_t i = 0; status == STATUS_OK && i < read.n; i++)
		timestamp_must_hold(&read.each[i], size);
	MUST(status == STATUS_LIMIT || read.n == COUNT_OF(attrs));
	return 0;
}
