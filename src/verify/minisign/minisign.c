/* SPDX-License-Identifier: MIT */
/*
 * minisign (its manual, "Signature format") and signify (signify(1)).
 *
 * Both: a comment that anybody may write, and base64 of {algorithm, number of
 * the key, Ed25519 signature}.  "Ed" signs the file, "ED" (minisign alone) its
 * BLAKE2b-512.  minisign adds a comment that is signed, together with the
 * signature.  The number is a hint at a key, never an identity.
 */
#include "verify/minisign/minisign.h"

#include "base/base64.h"
#include "base/escape.h"
#include "crypto/ed25519_hashed.h"

#define ALGORITHM_BYTES 2
#define NUMBER_BYTES    8
#define SIGNATURE_BYTES ED25519_SIGNATURE_BYTES
#define FILE_BYTES      (ALGORITHM_BYTES + NUMBER_BYTES + SIGNATURE_BYTES)
#define KEY_BYTES       (ALGORITHM_BYTES + NUMBER_BYTES + ED25519_KEY_BYTES)
#define HALF            32
#define CANDIDATES_MAX  4  /* keys of one number */
#define SIGNATURES_MAX  16 /* beside one file */
#define NO_JOB          SIZE_MAX

struct candidate {
	uint8_t open[ED25519_KEY_BYTES];
	const char *name; /* of the anchor */
	size_t job;
};

struct item {
	const struct claim *claim;
	const char *problem; /* it cannot be read; a literal */
	bool hashed;         /* "ED" */
	struct span number, signature, trusted, global;
	struct candidate candidates[CANDIDATES_MAX];
	size_t n_candidates;
};

struct state {
	struct item items[SIGNATURES_MAX];
	size_t n;
	struct digest_job jobs[SIGNATURES_MAX * CANDIDATES_MAX];
	size_t n_jobs;
};

/* The next line without its end. */
static struct span line_next(struct cursor *c)
{
	struct span rest = span_after(c->in, c->pos), line;
	uint64_t end;
	bool more;

	if (!rest.ptr)
		return SPAN_NONE;
	more = span_find(rest, SPAN_LITERAL("\n"), 0, &end);
	line = cursor_take(c, more ? end : rest.len);
	cursor_skip(c, more);
	if (line.len > 0 && span_at(line, line.len - 1) == '\r')
		line = span_clip(line, 0, line.len - 1);
	return line;
}

static bool starts(struct span line, const char *text)
{
	return span_starts(line, text, strlen(text));
}

/* Comment, signature; of minisign also the comment that is signed, and what signs it. */
static enum status item_read(struct arena *a, struct item *item, bool minisign)
{
	static const char untrusted[] = "untrusted comment:", trusted[] = "trusted comment: ";
	struct cursor c = cursor_at(item->claim->signature, 0);
	struct span octets, line = line_next(&c);
	enum status status;

	item->problem = "it is not written as such a signature is";
	if (!starts(line, untrusted))
		return STATUS_OK;
	status = base64_decode_span(a, line_next(&c), &octets);
	if (status == STATUS_MALFORMED || octets.len != FILE_BYTES)
		return status == STATUS_MALFORMED ? STATUS_OK : status;
	item->hashed = starts(octets, "ED");
	if (!starts(octets, "Ed") && !(item->hashed && minisign))
		return STATUS_OK;
	item->number = span_clip(octets, ALGORITHM_BYTES, NUMBER_BYTES);
	item->signature = span_after(octets, ALGORITHM_BYTES + NUMBER_BYTES);
	if (minisign) {
		line = line_next(&c);
		if (!starts(line, trusted) || line.len > MINISIGN_MAX_COMMENT)
			return STATUS_OK;
		item->trusted = span_after(line, strlen(trusted));
		status = base64_decode_span(a, line_next(&c), &item->global);
		if (status == STATUS_MALFORMED)
			return STATUS_OK;
		TRY(status);
		if (item->global.len != SIGNATURE_BYTES)
			return STATUS_OK;
	}
	if (cursor_left(&c) == 0)
		item->problem = NULL;
	return STATUS_OK;
}

static enum status job_add(struct arena *a, struct state *state, const struct item *item,
			   struct candidate *candidate)
{
	const struct coverage *covered = item->claim->covered;
	struct piece *pieces = ARENA_NEW(a, struct piece, covered->n + 2);
	size_t n = 0;

	if (!pieces)
		return STATUS_NO_MEMORY;
	/* What Ed25519 hashes of a file (RFC 8032 5.1.7): R, the key, the file. */
	if (!item->hashed) {
		pieces[n++] = (struct piece){ .kind = PIECE_LITERAL,
					      .literal = span_clip(item->signature, 0, HALF) };
		pieces[n++] = (struct piece){ .kind = PIECE_LITERAL,
					      .literal = SPAN_OF(candidate->open) };
	}
	for (size_t i = 0; i < covered->n; i++)
		pieces[n++] = covered->pieces[i];
	candidate->job = state->n_jobs;
	state->jobs[state->n_jobs++] = (struct digest_job){
		.algorithm = item->hashed ? DIGEST_BLAKE2B : DIGEST_SHA512,
		.covered = {pieces, n},
	};
	return STATUS_OK;
}

/* Keys of the anchors that have the number. */
static enum status candidates_find(struct arena *a, const struct trust_store *store,
				   enum trust_set set, struct state *state, struct item *item)
{
	struct trust_place at = { 0 };
	struct trust_key key;

	while (item->n_candidates < CANDIDATES_MAX && trust_key_next(store, &at, set, &key)) {
		struct candidate *candidate = &item->candidates[item->n_candidates];

		if (key.item != TRUST_ED25519 || key.bytes.len != KEY_BYTES ||
		    !span_equal(span_clip(key.bytes, ALGORITHM_BYTES, NUMBER_BYTES),
				item->number))
			continue;
		(void)span_copy(candidate->open, sizeof(candidate->open),
				span_after(key.bytes, ALGORITHM_BYTES + NUMBER_BYTES));
		candidate->name = key.name;
		item->n_candidates++;
		TRY(job_add(a, state, item, candidate));
	}
	return STATUS_OK;
}

static enum status begin(struct arena *a, struct scheme_case *c, struct scheme_work *out,
			 const struct scheme *scheme, enum trust_set set)
{
	struct state *state = ARENA_NEW(a, struct state, 1);

	if (!state)
		return STATUS_NO_MEMORY;
	for (const struct claim *claim = scheme_claim(scheme, c->box->claims);
	     claim && state->n < SIGNATURES_MAX; claim = scheme_claim(scheme, claim->next)) {
		struct item *item = &state->items[state->n++];

		item->claim = claim;
		TRY(item_read(a, item, set == TRUST_MINISIGN));
		if (!item->problem)
			TRY(candidates_find(a, c->store, set, state, item));
	}
	*out = (struct scheme_work){ state, state->jobs, state->n_jobs };
	return STATUS_OK;
}

static enum signature_result file_verify(const struct item *item,
					 const struct candidate *candidate,
					 const struct digest *result)
{
	if (!item->hashed)
		return ed25519_verify_hashed(candidate->open, result, item->signature);
	return ed25519_verify(candidate->open, digest_span(result), item->signature);
}

/* The comment of minisign is signed with the signature before it. */
static enum status comment_verify(const struct item *item, const struct candidate *candidate,
				  enum signature_result *out)
{
	CLEANUP(buffer_free) struct buffer both = BUFFER_INIT;

	buffer_add(&both, item->signature);
	buffer_add(&both, item->trusted);
	TRY(buffer_status(&both));
	*out = ed25519_verify(candidate->open, buffer_span(&both), item->global);
	return signature_computed(*out);
}

/* "minisign key 0123456789ABCDEF", the number as the programs print it. */
static const char *key_say(struct arena *a, const struct scheme *scheme, struct span number)
{
	struct cursor c = cursor_at(number, 0);

	return arena_printf(a, "%s key %016llX", scheme->name,
			    (unsigned long long)cursor_u64le(&c));
}

/* Who the key is, when the mathematics said so. */
static enum status trust(struct arena *a, struct scheme_case *c, enum trust_set set,
			 const struct candidate *candidate, const char *name, struct fact *fact)
{
	const struct span open = SPAN_OF(candidate->open);
	struct digest digest;

	TRY(digest_of(DIGEST_SHA256, &open, 1, &digest));
	TRY(trust_key_judge(c->store, a, set, digest.bytes, name, &fact->answer));
	fact->trust = fact->answer.trust;
	return STATUS_OK;
}

static enum status item_verify(const struct item *item, const struct digest_job *jobs,
			       struct fact *fact, const struct candidate **by)
{
	*by = NULL;
	fact->signature = ASSAY_SIGNATURE_BAD;
	fact->problem = "the key did not make this signature over these bytes";
	for (size_t i = 0; i < item->n_candidates; i++) {
		const struct candidate *candidate = &item->candidates[i];
		enum signature_result comment = SIGNATURE_OK, file;

		if (item->hashed)
			fact->computed_digest = jobs[candidate->job].result;
		file = file_verify(item, candidate, &jobs[candidate->job].result);
		TRY(signature_computed(file));
		if (file != SIGNATURE_OK)
			continue;
		*by = candidate;
		if (item->global.len > 0)
			TRY(comment_verify(item, candidate, &comment));
		if (comment != SIGNATURE_OK) {
			fact->problem = "the comment that it signs was changed";
			return STATUS_OK;
		}
		fact->signature = ASSAY_SIGNATURE_GOOD;
		fact->binding = ASSAY_BINDING_INTACT;
		fact->problem = NULL;
		if (item->hashed)
			fact->signed_digest = fact->computed_digest;
		return STATUS_OK;
	}
	return STATUS_OK;
}

static enum status item_finish(struct arena *a, struct scheme_case *c,
			       const struct scheme *scheme, const struct item *item,
			       const struct digest_job *jobs, struct fact *fact)
{
	enum trust_set set = scheme == &scheme_minisign ? TRUST_MINISIGN : TRUST_SIGNIFY;
	const struct candidate *by = NULL;
	const char *name;

	fact->signature = ASSAY_SIGNATURE_BAD;
	fact->problem = item->problem;
	if (item->problem)
		return STATUS_OK;
	name = key_say(a, scheme, item->number);
	if (!name)
		return STATUS_NO_MEMORY;
	fact->claimed_signer = name;
	if (item->trusted.len > 0) {
		fact->statement = escape_string(a, item->trusted, MINISIGN_MAX_COMMENT);
		if (!fact->statement)
			return STATUS_NO_MEMORY;
	}
	if (item->n_candidates == 0) {
		static const struct candidate nobody;

		fact->signature = ASSAY_SIGNATURE_ABSENT;
		return trust(a, c, set, &nobody, name, fact);
	}
	TRY(item_verify(item, jobs, fact, &by));
	return trust(a, c, set, by ? by : &item->candidates[0], name, fact);
}

static enum status finish(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			  struct fact **out, const struct scheme *scheme)
{
	const struct state *state = (const struct state *)work->state;

	*out = NULL;
	for (size_t i = 0; i < state->n; i++) {
		struct fact *fact = fact_new(a, c, state->items[i].claim);

		if (!fact)
			return STATUS_NO_MEMORY;
		*out = fact;
		out = &fact->next;
		TRY(item_finish(a, c, scheme, &state->items[i], work->jobs, fact));
	}
	return STATUS_OK;
}

static enum status minisign_begin(struct arena *a, struct scheme_case *c,
				  struct scheme_work *out)
{
	return begin(a, c, out, &scheme_minisign, TRUST_MINISIGN);
}

static enum status minisign_finish(struct arena *a, struct scheme_case *c,
				   struct scheme_work *work, struct fact **out)
{
	return finish(a, c, work, out, &scheme_minisign);
}

static enum status signify_begin(struct arena *a, struct scheme_case *c,
				 struct scheme_work *out)
{
	return begin(a, c, out, &scheme_signify, TRUST_SIGNIFY);
}

static enum status signify_finish(struct arena *a, struct scheme_case *c,
				  struct scheme_work *work, struct fact **out)
{
	return finish(a, c, work, out, &scheme_signify);
}

const struct scheme scheme_minisign = { "minisign", minisign_begin, minisign_finish };
const struct scheme scheme_signify = { "signify", signify_begin, signify_finish };
