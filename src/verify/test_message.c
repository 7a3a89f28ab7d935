/* SPDX-License-Identifier: MIT */
/* Messages: where the file itself is signed, by a key that may be somewhere else. */
#include "tests/check.h"
#include "tests/cms_builder.h"
#include "tests/memory_store.h"
#include "verify/message.h"

#define NOW 1795348800 /* 2026-11-22T12:00:00Z */

enum where_key { KEY_INSIDE, KEY_IN_STORE, KEY_NOWHERE, KEY_IN_OTHER_SET };

struct row {
	const char *name;
	bool rsa, with_attributes, detached;
	const char *is; /* what the file is; it was signed as "text" */
	enum where_key key;
	bool spoilt, by_key_id;
	enum assay_signature signature;
	enum assay_binding binding;
	enum assay_trust trust;
	bool told; /* the digest that was signed is known */
};

#define ROW(...)                                                                               \
	{                                                                                      \
		__VA_ARGS__                                                                    \
	}
#define GOOD      ASSAY_SIGNATURE_GOOD
#define BAD       ASSAY_SIGNATURE_BAD
#define NOTHING   ASSAY_SIGNATURE_ABSENT
#define INTACT    ASSAY_BINDING_INTACT
#define MODIFIED  ASSAY_BINDING_MODIFIED
#define UNCHECKED ASSAY_BINDING_UNCHECKED
#define ANCHORED  ASSAY_TRUST_ANCHORED
#define UNKNOWN   ASSAY_TRUST_UNKNOWN_KEY
#define NO_ANCHOR ASSAY_TRUST_UNEVALUATED

static const struct row rows[] = {
	ROW("RSA, key in the store", true, false, true, "text", KEY_IN_STORE, false, false,
	    GOOD, INTACT, ANCHORED, true),
	ROW("RSA, named by key identifier", true, false, true, "text", KEY_IN_STORE, false,
	    true, GOOD, INTACT, ANCHORED, true),
	ROW("RSA, another file", true, false, true, "Text", KEY_IN_STORE, false, false, GOOD,
	    MODIFIED, ANCHORED, true),
	ROW("RSA, signature spoilt", true, false, true, "text", KEY_IN_STORE, true, false, BAD,
	    UNCHECKED, NO_ANCHOR, false),
	ROW("RSA, key not known", true, false, true, "text", KEY_NOWHERE, false, false, NOTHING,
	    UNCHECKED, UNKNOWN, false),
	ROW("RSA, key of another set", true, false, true, "text", KEY_IN_OTHER_SET, false,
	    false, NOTHING, UNCHECKED, NO_ANCHOR, false),
	ROW("EC", false, false, true, "text", KEY_IN_STORE, false, false, GOOD, INTACT,
	    ANCHORED, true),
	ROW("EC, another file", false, false, true, "Text", KEY_IN_STORE, false, false, BAD,
	    UNCHECKED, NO_ANCHOR, false),
	ROW("EC with attributes, another file", false, true, true, "Text", KEY_IN_STORE, false,
	    false, GOOD, MODIFIED, ANCHORED, true),
	ROW("EC with attributes", false, true, true, "text", KEY_IN_STORE, false, false, GOOD,
	    INTACT, ANCHORED, true),
	ROW("EC with attributes, spoilt", false, true, true, "text", KEY_IN_STORE, true, false,
	    BAD, UNCHECKED, NO_ANCHOR, true),
	ROW("content inside", false, true, false, "text", KEY_INSIDE, false, false, GOOD,
	    UNCHECKED, ASSAY_TRUST_SELF_SIGNED, false),
	ROW("other content inside", false, true, false, "Text", KEY_INSIDE, false, false, BAD,
	    UNCHECKED, NO_ANCHOR, false),
	ROW("RSA, other content inside", true, false, false, "Text", KEY_INSIDE, false, false,
	    BAD, UNCHECKED, NO_ANCHOR, false),
	ROW("content inside, no certificate", false, true, false, "text", KEY_NOWHERE, false,
	    false, BAD, UNCHECKED, NO_ANCHOR, false),
};

struct scene {
	struct arena arena;
	struct findings findings;
	struct scheme_case c;
	struct claim claim;
	struct fact fact;
	struct cms cms;
	struct buffer certificate, extension, signer, signed_data;
	struct digest file;
};

static void signature_build(struct scene *s, const struct row *r)
{
	static const uint8_t key_id[] = { DER_OCTET_STRING, 3, 1, 2, 3 };
	EVP_PKEY *key = r->rsa ? build_rsa_key() : build_key();
	struct signer_plan plan = { .key = key,
				    .content = SPAN_TEXT("text"),
				    .content_type = OID_DATA,
				    .without_attributes = !r->with_attributes,
				    .wrong_signature = r->spoilt };

	build_extension(&s->extension, OID("\x55\x1d\x0e"), false, SPAN_OF(key_id));
	build_certificate(&s->certificate, &(struct certificate_plan){
						   .key = key,
						   .subject = "Signer",
						   .issuer = "Signer",
						   .serial = 7,
						   .version = 2,
						   .extensions = buffer_span(&s->extension) });
	plan.certificate = buffer_span(&s->certificate);
	if (r->by_key_id)
		plan.key_id = span_after(SPAN_OF(key_id), 2);
	build_signer_info(&s->signer, &plan);
	build_signed_data(&s->signed_data,
			  &(struct signed_data_plan){ .content_type = OID_DATA,
						      .certificates = r->key == KEY_INSIDE
									      ? plan.certificate
									      : SPAN_NONE,
						      .signers = buffer_span(&s->signer) });
	EVP_PKEY_free(key);
}

static void store_fill(struct scene *s, const struct row *r)
{
	unsigned set = r->key == KEY_IN_STORE ? TRUST_KMOD : TRUST_UEFI;

	if (r->key == KEY_IN_STORE || r->key == KEY_IN_OTHER_SET)
		(void)memory_store_add(s->c.store, buffer_span(&s->certificate), set);
	else
		(void)memory_store_pin(s->c.store, (const uint8_t[32]){ 9 },
				       r->detached ? TRUST_KMOD : TRUST_MS_CODE);
}

static bool digest_told(const struct fact *f)
{
	struct digest text = build_digest(DIGEST_SHA256, SPAN_TEXT("text"));

	return digest_equal(&text, digest_span(&f->signed_digest));
}

static enum status judge(struct scene *s, const struct row *r)
{
	enum trust_set set = r->detached ? TRUST_KMOD : TRUST_MS_CODE;

	if (r->detached)
		TRY(fact_mathematics_detached(&s->arena, &s->c, &s->fact, set, &s->file));
	else
		TRY(fact_mathematics(&s->fact, SPAN_TEXT(r->is)));
	if (s->fact.signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	TRY(fact_times(&s->arena, &s->c, &s->fact, set));
	return fact_trust(&s->arena, &s->c, &s->fact, set, DIGEST_SHA256);
}

static void row_judge(const struct row *r)
{
	struct scene s = { .arena = ARENA_INIT(1 << 20) };
	struct span rest;
	enum status status;

	s.findings = (struct findings)FINDINGS_INIT(&s.arena);
	s.c = (struct scheme_case){ .findings = &s.findings,
				    .store = memory_store_new(),
				    .policy = { .now = NOW } };
	signature_build(&s, r);
	store_fill(&s, r);
	s.claim.signature = buffer_span(&s.signed_data);
	s.fact.claim = &s.claim;
	s.fact.cms = &s.cms;
	if (cms_read(&s.arena, s.claim.signature, 0, &s.findings, &s.cms, &rest) != STATUS_OK)
		exit(EXIT_FAILURE);
	s.fact.signer = &s.cms.signers[0];
	s.file = build_digest(DIGEST_SHA256, SPAN_TEXT(r->is));
	status = judge(&s, r);
	CHECK(status == STATUS_OK && s.fact.signature == r->signature &&
		      s.fact.binding == r->binding && s.fact.trust == r->trust &&
		      digest_told(&s.fact) == r->told &&
		      (r->signature != BAD || s.fact.problem) &&
		      (r->signature != NOTHING ||
		       (s.fact.answer.explanation && s.fact.claimed_signer)),
	      "%s: signature %d, binding %d, trust %d, %s", r->name, (int)s.fact.signature,
	      (int)s.fact.binding, (int)s.fact.trust,
	      s.fact.problem ? s.fact.problem : "no problem");
	memory_store_free(s.c.store);
	buffer_free(&s.certificate);
	buffer_free(&s.extension);
	buffer_free(&s.signer);
	buffer_free(&s.signed_data);
	arena_free(&s.arena);
}

/* One that stood there twice would make each of its facts twice. */
static void listed_once(void)
{
	size_t n_twice = 0;

	for (size_t i = 0; i < n_schemes; i++)
		for (size_t k = 0; k < i; k++)
			n_twice += strcmp(schemes[i]->name, schemes[k]->name) == 0;
	for (size_t i = 0; i < n_formats; i++)
		for (size_t k = 0; k < i; k++)
			n_twice += strcmp(formats[i]->name, formats[k]->name) == 0;
	CHECK(n_twice == 0, "each scheme and each format is listed once");
}

int main(void)
{
	listed_once();
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_judge(&rows[i]);
	return CHECK_DONE();
}
