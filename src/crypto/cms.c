/* SPDX-License-Identifier: MIT */
/*
 * ContentInfo and SignedData (RFC 5652 3, 5.1; PKCS #7 1.5, 9.1).
 *
 * Signatures in the wild are BER, carry attribute certificates and odd
 * versions; what one reader refuses another shows as signed.  So everything
 * that can be read is read, and nothing is ever encoded again.
 */
#include "crypto/cms.h"

#include "base/limits.h"

#define OID_SIGNED_DATA OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")

#define CONSTRUCTED 0x20

struct reading {
	struct arena *arena;
	struct span in;
	uint64_t base;
	struct findings *findings;
	struct cms *out;
};

/* Where the cursor stands, to the end of what it reads. */
static struct range here(const struct reading *r, const struct cursor *c)
{
	uint64_t off;

	if (!span_offset(r->in, c->in, &off))
		return (struct range){ r->base, r->in.len };
	return (struct range){ r->base + off + c->pos, c->in.len - c->pos };
}

static enum status malformed(const struct reading *r, const struct cursor *c,
			     const char *expected)
{
	finding_add(r->findings, "cms.malformed", here(r, c), expected, NULL);
	return STATUS_MALFORMED;
}

static enum status too_many(const struct reading *r, const struct cursor *c, size_t limit,
			    const char *things)
{
	finding_add(r->findings, "limit.cms", here(r, c),
		    arena_printf(r->arena, "at most %zu %s", limit, things), NULL);
	return STATUS_LIMIT;
}

static void shape_note(const struct reading *r, bool indefinite, bool non_minimal)
{
	r->out->indefinite = r->out->indefinite || indefinite;
	r->out->non_minimal = r->out->non_minimal || non_minimal;
}

/* The next element, which must be @what. */
static enum status take(const struct reading *r, struct cursor *c, uint8_t tag, struct der *d,
			const char *what)
{
	struct cursor before = *c;

	if (!der_expect(c, tag, d))
		return malformed(r, &before, what);
	shape_note(r, d->indefinite, d->non_minimal);
	return STATUS_OK;
}

static bool take_optional(const struct reading *r, struct cursor *c, uint8_t tag, struct der *d)
{
	if (!der_optional(c, tag, d))
		return false;
	shape_note(r, d->indefinite, d->non_minimal);
	return true;
}

/* eContent: [0] EXPLICIT with one element of any type (PKCS #7) or an OCTET STRING (CMS). */
static enum status content_read(const struct reading *r, const struct der *explicit)
{
	struct cursor c = der_enter(explicit), before = c;
	struct der *content = &r->out->content;
	enum status status;

	if (!der_next(&c, content) || cursor_left(&c) != 0) {
		*content = (struct der){ 0 };
		return malformed(r, &before, "one element of content");
	}
	shape_note(r, content->indefinite, content->non_minimal);
	if ((content->tag & ~CONSTRUCTED) != DER_OCTET_STRING)
		return STATUS_OK;
	r->out->octet_content = true;
	status = der_octets(r->arena, content, &content->value);
	if (status == STATUS_LIMIT)
		return too_many(r, &before, ASN1_MAX_DEPTH, "nested pieces of content");
	return status == STATUS_MALFORMED ? malformed(r, &before, "pieces of content") : status;
}

static enum status encapsulated_read(const struct reading *r, struct cursor *c)
{
	struct der sequence, type, explicit;
	struct cursor inside;

	TRY(take(r, c, DER_SEQUENCE, &sequence, "EncapsulatedContentInfo"));
	inside = der_enter(&sequence);
	TRY(take(r, &inside, DER_OID, &type, "eContentType"));
	r->out->content_type = type.value;
	if (take_optional(r, &inside, DER_CONTEXT_CONSTRUCTED(0), &explicit))
		TRY(content_read(r, &explicit));
	if (!cursor_ok(&inside) || cursor_left(&inside) != 0)
		return malformed(r, &inside, "the end of EncapsulatedContentInfo");
	return STATUS_OK;
}

/* How many elements @c has, at most @max; fails the cursor on what is none. */
static size_t elements_count(struct cursor c, size_t max, bool *whole)
{
	struct der d;
	size_t n = 0;

	while (cursor_left(&c) > 0 && n <= max && der_next(&c, &d))
		n++;
	*whole = cursor_ok(&c);
	return n;
}

static void skipped_keep(struct cms *out, struct span element)
{
	if (element.len > out->skipped.len)
		out->skipped = element;
}

/* One CertificateChoices.  Other than X.509, such as attribute certificates: skipped. */
static enum status certificate_take(const struct reading *r, struct cursor *c)
{
	struct cms *out = r->out;
	struct der d;
	enum status status;

	if (!der_next(c, &d) || d.tag != DER_SEQUENCE) {
		skipped_keep(out, d.whole);
		return STATUS_OK;
	}
	status = certificate_read(d.whole, &out->certs[out->n_certs], NULL);
	if (status == STATUS_NO_MEMORY)
		return status;
	/* One that nobody can read must not hide the signature. */
	if (status == STATUS_OK) {
		out->n_certs++;
		return STATUS_OK;
	}
	out->n_skipped_certs++;
	skipped_keep(out, d.whole);
	return STATUS_OK;
}

static enum status certificates_read(const struct reading *r, const struct der *set)
{
	struct cursor c = der_enter(set);
	bool whole;
	size_t n = elements_count(c, CMS_MAX_CERTS, &whole);

	if (!whole)
		return malformed(r, &c, "CertificateSet");
	if (n > CMS_MAX_CERTS)
		return too_many(r, &c, CMS_MAX_CERTS, "certificates");
	r->out->certs = ARENA_NEW(r->arena, struct certificate, n ? n : 1);
	if (!r->out->certs)
		return STATUS_NO_MEMORY;
	while (cursor_left(&c) > 0)
		TRY(certificate_take(r, &c));
	return STATUS_OK;
}

static enum status signer_take(const struct reading *r, struct cursor *c,
			       struct signer_info *out)
{
	struct cursor before = *c;
	struct der d;
	enum status status;

	TRY(take(r, c, DER_SEQUENCE, &d, "SignerInfo"));
	status = signer_info_read(r->arena, d.whole, out);
	if (status == STATUS_LIMIT)
		return too_many(r, &before, CMS_MAX_ATTRS, "attributes, or values in one");
	if (status == STATUS_MALFORMED)
		return malformed(r, &before, "SignerInfo");
	shape_note(r, out->indefinite, out->non_minimal);
	return status;
}

static enum status signers_read(const struct reading *r, const struct der *set)
{
	struct cursor c = der_enter(set);
	bool whole;
	size_t n = elements_count(c, CMS_MAX_SIGNERS, &whole);

	if (!whole)
		return malformed(r, &c, "SignerInfos");
	if (n > CMS_MAX_SIGNERS)
		return too_many(r, &c, CMS_MAX_SIGNERS, "signers");
	r->out->signers = ARENA_NEW(r->arena, struct signer_info, n ? n : 1);
	if (!r->out->signers)
		return STATUS_NO_MEMORY;
	for (; r->out->n_signers < n; r->out->n_signers++)
		TRY(signer_take(r, &c, &r->out->signers[r->out->n_signers]));
	return STATUS_OK;
}

static enum status signed_data_read(const struct reading *r, const struct der *sequence)
{
	struct cursor c = der_enter(sequence), before = c;
	struct der version, set;

	TRY(take(r, &c, DER_INTEGER, &version, "version"));
	if (!der_u64(&version, &r->out->version))
		return malformed(r, &before, "version");
	TRY(take(r, &c, DER_SET, &set, "digestAlgorithms"));
	r->out->digest_algorithms = set.whole;
	TRY(encapsulated_read(r, &c));
	if (take_optional(r, &c, DER_CONTEXT_CONSTRUCTED(0), &set))
		TRY(certificates_read(r, &set));
	if (take_optional(r, &c, DER_CONTEXT_CONSTRUCTED(1), &set))
		r->out->crls = set.whole;
	TRY(take(r, &c, DER_SET, &set, "signerInfos"));
	TRY(signers_read(r, &set));
	return cursor_left(&c) == 0 ? STATUS_OK : malformed(r, &c, "the end of SignedData");
}

enum status cms_read(struct arena *a, struct span in, uint64_t base, struct findings *findings,
		     struct cms *out, struct span *rest)
{
	struct reading r = { a, in, base, findings, out };
	struct cursor c = cursor_at(in, 0), inside;
	struct der info, type, explicit, data;

	*out = (struct cms){ 0 };
	*rest = SPAN_NONE;
	TRY(take(&r, &c, DER_SEQUENCE, &info, "ContentInfo"));
	out->whole = info.whole;
	*rest = cursor_rest(&c);
	inside = der_enter(&info);
	if (info.whole.len > CMS_MAX_BYTES)
		return too_many(&r, &inside, CMS_MAX_BYTES, "bytes");
	TRY(take(&r, &inside, DER_OID, &type, "contentType"));
	c = inside;
	TRY(take(&r, &inside, DER_CONTEXT_CONSTRUCTED(0), &explicit, "content"));
	if (!span_equal(type.value, OID_SIGNED_DATA))
		return malformed(&r, &c, "signedData");
	if (cursor_left(&inside) != 0)
		return malformed(&r, &inside, "the end of ContentInfo");
	inside = der_enter(&explicit);
	TRY(take(&r, &inside, DER_SEQUENCE, &data, "SignedData"));
	if (cursor_left(&inside) != 0)
		return malformed(&r, &inside, "the end of the content");
	return signed_data_read(&r, &data);
}
