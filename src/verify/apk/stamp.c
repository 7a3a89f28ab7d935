/* SPDX-License-Identifier: MIT */
/*
 * Source stamp: who handed a package out, beside who made it (AOSP, apksig,
 * SourceStampVerifier).
 *
 * It signs the digests that the signatures of the package name.  It is told and
 * never lends anything: a package is as good as its own signatures.
 */
#include "verify/apk/sequences.h"

#include "base/buffer.h"
#include "base/time.h"
#include "crypto/x509.h"

#define CONTENT_JAR        4 /* SHA-256 of META-INF/MANIFEST.MF */
#define N_CONTENTS         4
#define ATTRIBUTE_TIME     0xe43c5946U
#define ATTRIBUTE_ROTATION 0x9d6303f7U

struct stamp {
	struct arena *arena;
	const struct apk_state *state;
	struct range where;
	struct span certificate, schemes, attributes, attribute_signatures;
	struct certificate signer;
	int64_t time; /* 0: it does not say */
};

/* Digests of one scheme, by the number of their kind less one. */
struct contents {
	struct span value[N_CONTENTS];
	struct digest manifest;
};

static bool stamp_read(struct span value, struct stamp *out)
{
	struct cursor outer = cursor_at(value, 0);
	struct cursor c = cursor_at(apk_prefixed(&outer), 0);

	out->certificate = apk_prefixed(&c);
	out->schemes = apk_prefixed(&c);
	if (cursor_left(&c) > 0) {
		out->attributes = apk_prefixed(&c);
		out->attribute_signatures = apk_prefixed(&c);
	}
	return cursor_ok(&outer) && cursor_ok(&c);
}

/* @list: the algorithm and the value of each signature over @data; the strongest counts. */
static enum status data_verify(const struct stamp *s, struct span list, struct span data,
			       const char **problem)
{
	struct apk_record records[APK_MAX_ALGORITHMS];
	const struct apk_record *best;
	enum signature_result result;
	size_t n;

	*problem = "its signatures cannot be read";
	if (!apk_records_read(list, records, &n))
		return STATUS_OK;
	best = apk_record_best(records, n);
	*problem = "none of its algorithms is built in";
	if (!best)
		return STATUS_OK;
	TRY(apk_verify(apk_algorithm_find(best->id), &s->signer.key, data, best->value,
		       &result));
	*problem = result == SIGNATURE_OK ? NULL : "the signature value is wrong";
	return STATUS_OK;
}

/* As it is signed: each kind that is there, in the order of their numbers. */
static enum status contents_encode(const struct contents *c, struct buffer *out)
{
	for (uint32_t i = 0; i < N_CONTENTS; i++) {
		uint32_t len = (uint32_t)c->value[i].len;

		if (len == 0)
			continue;
		buffer_u32le(out, 8 + len);
		buffer_u32le(out, i + 1);
		buffer_u32le(out, len);
		buffer_add(out, c->value[i]);
	}
	return buffer_status(out);
}

static uint32_t content_number(enum apk_content content)
{
	switch (content) {
	case CONTENT_NONE: return 0;
	case CONTENT_CHUNKED_SHA256: return 1;
	case CONTENT_CHUNKED_SHA512: return 2;
	case CONTENT_VERITY: return 3;
	}
	return 0;
}

static void block_contents(const struct apk_state *state, uint32_t id, unsigned scheme,
			   struct contents *out)
{
	struct cursor signers = apk_glance_begin(apk_pair_find(state->apk, id));
	struct apk_glance one;

	for (size_t n = 0; n < APK_MAX_SIGNERS && apk_glance_next(&signers, scheme, &one); n++)
		for (size_t i = 0; i < one.n_digests; i++) {
			const struct apk_algorithm *known =
				apk_algorithm_find(one.digests[i].id);
			uint32_t number = known ? content_number(known->content) : 0;

			if (number > 0)
				out->value[number - 1] = one.digests[i].value;
		}
}

static enum status scheme_contents(const struct apk_state *state, unsigned scheme,
				   struct contents *out)
{
	*out = (struct contents){
		.manifest = {DIGEST_NONE, { 0 }}
	};
	if (scheme == 2)
		block_contents(state, APK_V2, 2, out);
	if (scheme == 3)
		block_contents(state, APK_V3, 3, out);
	if (scheme != 1 || state->files->n_blocks == 0 || !state->files->manifest_bytes.ptr)
		return STATUS_OK;
	TRY(digest_of(DIGEST_SHA256, &state->files->manifest_bytes, 1, &out->manifest));
	out->value[CONTENT_JAR - 1] = digest_span(&out->manifest);
	return STATUS_OK;
}

/* The signatures over the digests of @scheme; false: it says nothing of this scheme. */
static bool scheme_signatures(const struct stamp *s, unsigned scheme, struct span *out)
{
	struct cursor c = cursor_at(s->schemes, 0);
	bool found = false;

	while (cursor_left(&c) > 0) {
		struct cursor one = cursor_at(apk_prefixed(&c), 0);
		uint32_t number = cursor_u32le(&one);
		struct span list = apk_prefixed(&one);

		if (!cursor_ok(&c) || !cursor_ok(&one))
			return false;
		if (number != scheme)
			continue;
		*out = list; /* the last one counts, as where they are put into a map */
		found = true;
	}
	return found;
}

/* It speaks of every scheme by which the package is signed, v3.1 left out as AOSP does. */
static enum status schemes_verify(const struct stamp *s, const char **problem)
{
	*problem = NULL;
	for (unsigned scheme = 1; scheme <= 3 && !*problem; scheme++) {
		CLEANUP(buffer_free) struct buffer data = BUFFER_INIT;
		struct contents contents;
		struct span list;

		TRY(scheme_contents(s->state, scheme, &contents));
		TRY(contents_encode(&contents, &data));
		if (data.len == 0)
			continue;
		*problem = "it is for a package with other signatures";
		if (scheme_signatures(s, scheme, &list))
			TRY(data_verify(s, list, buffer_span(&data), problem));
	}
	return STATUS_OK;
}

static enum status attributes_read(struct stamp *s, const char **problem)
{
	struct cursor outer = cursor_at(s->attributes, 0);
	struct cursor c = cursor_at(apk_prefixed(&outer), 0);
	struct apk_past past;

	*problem = "what it says besides cannot be read";
	while (cursor_left(&c) > 0) {
		struct span whole = apk_prefixed(&c);
		struct cursor one = cursor_at(whole, 0);
		uint32_t id = cursor_u32le(&one);

		if (id == ATTRIBUTE_TIME)
			s->time = (int64_t)cursor_u64le(&one);
		if (!cursor_ok(&c) || !cursor_ok(&one))
			return STATUS_OK;
		if (id != ATTRIBUTE_ROTATION)
			continue;
		TRY(apk_lineage_read(s->arena, span_after(whole, 4), s->certificate, &past));
		if (past.n > 0)
			continue;
		*problem = "its proof of rotation does not hold";
		return STATUS_OK;
	}
	if (cursor_ok(&outer))
		*problem = NULL;
	return STATUS_OK;
}

static enum status stamp_verify(struct stamp *s, const char **problem)
{
	enum status status = certificate_read(s->certificate, &s->signer, NULL);
	struct digest digest;

	*problem = "its certificate cannot be read";
	if (status != STATUS_OK)
		return status == STATUS_NO_MEMORY ? status : STATUS_OK;
	TRY(digest_of(DIGEST_SHA256, &s->certificate, 1, &digest));
	*problem = "the package names another certificate (stamp-cert-sha256)";
	if (!digest_equal(&digest, s->state->apk->stamp_certificate))
		return STATUS_OK;
	TRY(schemes_verify(s, problem));
	if (*problem || !s->attributes.ptr)
		return STATUS_OK;
	TRY(data_verify(s, s->attribute_signatures, s->attributes, problem));
	return *problem ? STATUS_OK : attributes_read(s, problem);
}

/* "NAME, SHA-256 of the certificate, time". */
static enum status stamp_tell(struct scheme_case *c, const struct stamp *s)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	const char *name = name_short(s->arena, s->signer.subject);
	struct time_text time;

	buffer_printf(&text, "%s, SHA-256 ", name ? name : "no name");
	buffer_hex(&text, s->state->apk->stamp_certificate);
	if (s->time > 0 && time_format(s->time, &time))
		buffer_printf(&text, ", %s", time.text);
	TRY(buffer_status(&text));
	finding_add(c->findings, "apk.stamp", s->where, NULL,
		    arena_string(s->arena, buffer_span(&text)));
	return STATUS_OK;
}

enum status apk_stamp_check(struct arena *a, struct scheme_case *c,
			    const struct apk_state *state)
{
	const struct apk_pair *pair = apk_pair_find(state->apk, APK_STAMP_V2);
	const struct apk_pair *old = apk_pair_find(state->apk, APK_STAMP_V1);
	struct stamp s = { .arena = a, .state = state };
	const char *problem = "it cannot be read";

	if (!pair && old)
		finding_add(c->findings, "apk.stamp", old->where, NULL,
			    "of the first form, which no system looks at");
	if (!pair && !old && state->apk->stamp_certificate.len > 0)
		finding_add(c->findings, "apk.stamp-missing", state->apk->block,
			    "the source stamp that stamp-cert-sha256 names", NULL);
	if (!pair)
		return STATUS_OK;
	s.where = pair->where;
	if (stamp_read(pair->value, &s))
		TRY(stamp_verify(&s, &problem));
	if (!problem)
		return stamp_tell(c, &s);
	finding_add(c->findings, "apk.stamp-bad", pair->where,
		    "a stamp over the digests that this package's signatures name", problem);
	return STATUS_OK;
}
