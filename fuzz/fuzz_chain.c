/* SPDX-License-Identifier: MIT */
/*
 * Any certificates, CRLs and OCSP responses as a chain: nothing is anchored
 * without a path of good signatures to an anchor, and the second answer, with
 * a warm cache, is the first.
 *
 * Input: one octet of choices, then records {role, length u16le, bytes}; the
 * last certificate is the leaf.
 */
#include "base/arena.h"
#include "tests/memory_store.h"
#include <stdio.h>
#include <stdlib.h>

#define MAX_RECORDS 40
#define MAX_DATA    8
#define NOW         1795348800 /* 2026-11-22T12:00:00Z */

enum role { ROLE_EMBEDDED, ROLE_ANCHOR, ROLE_HELPER, ROLE_CRL, ROLE_OCSP, ROLE_MAX };

struct input {
	struct trust_store *store;
	struct certificate pool[MAX_RECORDS];
	size_t n_pool, n_crls, n_ocsps;
	struct trust_policy policy;
	struct trust_question q;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void record_add(struct input *in, enum role role, struct span bytes)
{
	struct certificate *c = &in->pool[in->n_pool];

	switch (role) {
	case ROLE_ANCHOR: (void)memory_store_add(in->store, bytes, TRUST_ALL_SETS); break;
	case ROLE_HELPER: (void)memory_store_add(in->store, bytes, 0); break;
	case ROLE_CRL:
		if (in->n_crls++ < MAX_DATA)
			memory_store_crl(in->store, bytes);
		return;
	case ROLE_OCSP:
		if (in->n_ocsps++ < MAX_DATA)
			memory_store_ocsp(in->store, bytes);
		return;
	case ROLE_EMBEDDED:
	case ROLE_MAX: break;
	}
	if (certificate_read(bytes, c, NULL) == STATUS_OK)
		in->n_pool++;
}

static const struct {
	enum trust_set set;
	enum trust_purpose purpose;
	unsigned anchors; /* whose anchors may count */
} asked[] = {
	{TRUST_MS_CODE,  TRUST_PURPOSE_CODE,      TRUST_MS_CODE},
	{ TRUST_MS_CODE, TRUST_PURPOSE_TIMESTAMP, TRUST_MS_TSA },
	{ TRUST_UEFI,    TRUST_PURPOSE_CODE,      TRUST_UEFI   },
	{ TRUST_APPLE,   TRUST_PURPOSE_CODE,      TRUST_APPLE  },
};

static void input_read(struct input *in, struct span data)
{
	struct cursor c = cursor_at(data, 0);
	uint8_t choices = cursor_u8(&c);

	for (size_t n = 0; n < MAX_RECORDS && cursor_left(&c) > 0; n++) {
		enum role role = (enum role)(cursor_u8(&c) % ROLE_MAX);
		uint16_t len = cursor_u16le(&c);
		size_t left = cursor_left(&c);

		record_add(in, role, cursor_take(&c, len < left ? len : left));
	}
	in->policy.now = NOW;
	in->policy.revocation = (enum trust_mode)((choices >> 2 & 3) % 3);
	in->policy.sha1_reject = choices & 0x40;
	in->q.policy = &in->policy;
	in->q.set = asked[choices & 3].set;
	in->q.purpose = asked[choices & 3].purpose;
	in->q.timestamped = choices & 0x10;
	in->q.time = choices & 0x20 ? NOW - 500000000 : NOW;
	in->q.digest = choices & 0x80 ? DIGEST_MD5 : DIGEST_SHA256;
	in->q.pool = in->pool;
	in->q.n_pool = in->n_pool;
	in->q.whole = data;
	if (in->n_pool)
		in->q.leaf = &in->pool[in->n_pool - 1];
}

static void path_hold(const struct input *in, const struct trust_answer *a)
{
	struct stored stored;
	unsigned anchors = 0;

	must(a->n_path > 0 && a->n_path <= CHAIN_MAX_DEPTH && a->path[0] == in->q.leaf,
	     "a path begins with the leaf");
	for (size_t i = 0; i + 1 < a->n_path; i++)
		must(certificate_signed_by(a->path[i], &a->path[i + 1]->key) == SIGNATURE_OK,
		     "each certificate of a path signed the one below it");
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		if (asked[i].set == in->q.set && asked[i].purpose == in->q.purpose)
			anchors = asked[i].anchors;
	if (a->path_has_anchor)
		must(store_by_sha256(in->store, a->path[a->n_path - 1]->sha256, &stored) &&
			     stored.sets & anchors,
		     "a path with an anchor ends in one of the right set");
}

static void answer_hold(const struct input *in, const struct trust_answer *a,
			const struct findings *findings)
{
	path_hold(in, a);
	must(a->trust != ASSAY_TRUST_ANCHORED || a->path_has_anchor,
	     "nothing is anchored without an anchor");
	must((a->trust == ASSAY_TRUST_ANCHORED) == !a->explanation,
	     "whatever is not anchored is explained");
	must(a->reasons & 1U << a->trust, "the trust is among the reasons");
	must(a->holds_from <= NOW && NOW <= a->holds_until, "now lies in the interval");
	must(!a->counterfeit || findings->n > 0, "no conviction without a finding");
	must(memory_store_misses(in->store) <= 4 * CHAIN_MAX_EDGES + 64, "work is bounded");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT((size_t)16 << 20);
	struct trust_answer first, second;
	struct input *in = calloc(1, sizeof(*in));

	if (!in)
		abort();
	in->store = memory_store_new();
	input_read(in, (struct span){ data, size });
	if (in->q.leaf) {
		struct findings a = FINDINGS_INIT(&arena), b = FINDINGS_INIT(&arena);

		must(trust_judge(in->store, &arena, &in->q, &a, &first) == STATUS_OK,
		     "a judgement is reached");
		answer_hold(in, &first, &a);
		must(trust_judge(in->store, &arena, &in->q, &b, &second) == STATUS_OK,
		     "a second judgement is reached");
		must(first.trust == second.trust && first.reasons == second.reasons &&
			     first.n_path == second.n_path &&
			     first.counterfeit == second.counterfeit &&
			     first.holds_from == second.holds_from &&
			     first.holds_until == second.holds_until && a.n == b.n,
		     "a warm cache changes nothing");
	}
	memory_store_free(in->store);
	free(in);
	arena_free(&arena);
	return 0;
}
