/* SPDX-License-Identifier: MIT */
/*
 * APK Signature Scheme v4: FILE.idsig, by which Android 11 and later install a
 * package while it is still loaded (AOSP, apksig, V4Signature; incfs).
 *
 * u32 version, hashing info, signing infos, and the tree itself if it is there;
 * each behind its length as u32.  The root is that of fs-verity over the whole
 * file, signing block included, without salt.
 */
#include "verify/apk/idsig.h"

#include "verify/apk/sequences.h"

#define VERSION      2
#define INCREMENTAL  "incremental installation"
#define NO_SIGNATURE "it is no signature of scheme v4"

struct idsig_state {
	struct idsig *first;
	struct apk_tree tree;
	size_t n_pages;
};

static enum status signer_new(struct arena *a, struct scheme_case *c, struct idsig *out,
			      struct idsig_signer ***last)
{
	struct idsig_signer *s = ARENA_NEW(a, struct idsig_signer, 1);

	if (!s)
		return STATUS_NO_MEMORY;
	s->fact = fact_new(a, c, out->claim);
	if (!s->fact)
		return STATUS_NO_MEMORY;
	s->fact->scheme = "apk-v4";
	s->fact->problem = out->problem;
	**last = s;
	*last = &s->next;
	return STATUS_OK;
}

static enum status signer_read(struct span in, struct idsig_signer *s)
{
	struct cursor c = cursor_at(in, 0);
	enum status status;

	s->digest = apk_prefixed(&c);
	s->certificate_der = apk_prefixed(&c);
	s->additional = apk_prefixed(&c);
	s->key = apk_prefixed(&c);
	s->algorithm = cursor_u32le(&c);
	s->signature = apk_prefixed(&c);
	if (!cursor_ok(&c)) {
		s->fact->problem = "its signer cannot be read";
		return STATUS_OK;
	}
	status = certificate_read(s->certificate_der, &s->certificate, NULL);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK)
		s->fact->problem = "a certificate of its signer cannot be read";
	return STATUS_OK;
}

/* The first signer's record stands there without its length: six fields, or whatever is left.
 */
static struct span first_signer(struct cursor *c)
{
	struct cursor in = *c;

	for (int i = 0; i < 4; i++)
		(void)apk_prefixed(&in);
	cursor_skip(&in, 4);
	(void)apk_prefixed(&in);
	return cursor_take(c, cursor_ok(&in) ? in.pos - c->pos : cursor_left(c));
}

static enum status signers_read(struct arena *a, struct scheme_case *c, struct span infos,
				struct idsig *out)
{
	struct idsig_signer **last = &out->signers, *s;
	struct cursor in = cursor_at(infos, 0);
	struct span record;
	uint32_t block = 0;
	size_t n = 0;

	if (out->problem)
		return signer_new(a, c, out, &last);
	record = first_signer(&in);
	for (;;) {
		TRY(signer_new(a, c, out, &last));
		s = out->signers;
		while (s->next)
			s = s->next;
		s->block = block;
		TRY(signer_read(record, s));
		if (cursor_left(&in) == 0)
			return STATUS_OK;
		if (++n == APK_MAX_SIGNERS) {
			finding_add(c->findings, "limit.signers", out->claim->where, NULL,
				    NULL);
			return STATUS_LIMIT;
		}
		block = cursor_u32le(&in);
		record = apk_prefixed(&in);
	}
}

static bool hashing_read(struct span in, struct idsig *out)
{
	struct cursor c = cursor_at(in, 0);

	out->algorithm = cursor_u32le(&c);
	out->log2_block = cursor_u8(&c);
	out->salt = apk_prefixed(&c);
	out->root = apk_prefixed(&c);
	return cursor_ok(&c);
}

enum status idsig_read(struct arena *a, struct scheme_case *c, struct idsig *out)
{
	struct cursor in = cursor_at(out->claim->signature, 0);
	uint32_t version = cursor_u32le(&in);
	struct span hashing = apk_prefixed(&in), infos = apk_prefixed(&in);

	if (version != VERSION || !cursor_ok(&in) || !hashing_read(hashing, out))
		out->problem = NO_SIGNATURE;
	if (!out->problem && cursor_left(&in) > 0)
		out->stored = apk_prefixed(&in);
	out->stored_cut = !cursor_ok(&in);
	return signers_read(a, c, infos, out);
}

/* Is any of the systems asked about new enough? */
static bool wanted(struct scheme_case *c)
{
	if (c->max_sdk == 0 || c->max_sdk >= SDK_V4)
		return true;
	finding_add(c->findings, "apk.scheme-unused", (struct range){ 0, 0 }, NULL,
		    "scheme v4");
	return false;
}

static enum status pages_plan(struct arena *a, struct scheme_case *c, struct idsig_state *state,
			      struct scheme_work *out)
{
	state->n_pages = apk_tree_pages(&state->tree);
	if (state->n_pages > APK_MAX_JOBS) {
		finding_add(c->findings, "limit.apk-pages", (struct range){ 0, 0 }, NULL, NULL);
		return STATUS_LIMIT;
	}
	out->jobs = ARENA_NEW(a, struct digest_job, state->n_pages + 1);
	if (!out->jobs)
		return STATUS_NO_MEMORY;
	out->n_jobs = state->n_pages;
	return apk_tree_plan(a, &state->tree, out->jobs);
}

static enum status v4_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	struct idsig_state *state = ARENA_NEW(a, struct idsig_state, 1);
	struct idsig **last;

	if (!state)
		return STATUS_NO_MEMORY;
	last = &state->first;
	*out = (struct scheme_work){ .state = state };
	if (!wanted(c))
		return STATUS_OK;
	for (const struct claim *claim = scheme_claim(&scheme_apk_v4, c->box->claims); claim;
	     claim = scheme_claim(&scheme_apk_v4, claim->next)) {
		struct idsig *one = ARENA_NEW(a, struct idsig, 1);

		if (!one)
			return STATUS_NO_MEMORY;
		one->claim = claim;
		TRY(idsig_read(a, c, one));
		*last = one;
		last = &one->next;
		state->tree.n_pieces = 1;
		state->tree.pieces[0] = claim->covered->pieces[0];
	}
	c->findings->signature = -1;
	return pages_plan(a, c, state, out);
}

static bool stored_whole(const struct scheme_case *c, const struct idsig *one)
{
	const struct companion *from = companion_find(c->companions, one->claim->companion);

	return from && from->size == from->bytes.len;
}

static enum status root_find(struct arena *a, const struct scheme_case *c,
			     const struct idsig_state *state, const struct digest_job *jobs,
			     struct idsig *one, struct digest *root)
{
	/* What was cut when it was read cannot be compared. */
	struct apk_tree_join how = {
		.stored = stored_whole(c, one) ? one->stored : SPAN_NONE,
	};

	TRY(apk_tree_join(a, jobs, state->n_pages, &how, root));
	one->tree_differs = how.differs || (one->stored_cut && stored_whole(c, one));
	return state->n_pages == 1 ? apk_tree_above(root, 0, &one->above) : STATUS_OK;
}

static enum status v4_finish(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			     struct fact **out)
{
	struct idsig_state *state = (struct idsig_state *)work->state;

	for (struct idsig *one = state->first; one; one = one->next) {
		struct digest root = { .algorithm = DIGEST_NONE };

		TRY(root_find(a, c, state, work->jobs, one, &root));
		for (struct idsig_signer *s = one->signers; s; s = s->next) {
			c->findings->signature = s->fact->index;
			TRY(idsig_judge(a, c, one, s, &root));
			*out = s->fact;
			out = &s->fact->next;
		}
	}
	c->findings->signature = -1;
	*out = NULL;
	return STATUS_OK;
}

const struct scheme scheme_apk_v4 = {
	.name = "apk-v4",
	.begin = v4_begin,
	.finish = v4_finish,
};
