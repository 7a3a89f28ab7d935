/* SPDX-License-Identifier: MIT */
/* Signs programs ("Windows Authenticode Portable Executable Signature Format" 1.0). */
#include "tests/forge/signing.h"

#define OID_OPUS         OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0c")
#define OID_STATEMENT    OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0b")
#define OID_INDIVIDUAL   OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x15")
#define OID_SEAL_INTENT  OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x02")
#define OID_SEAL         OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x03")
#define OID_NESTED       OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x01")
#define OID_UNKNOWN_BLOB OID("\x2b\x06\x01\x04\x01\x82\xcf\x25\x01\x02\x01")

static const char *digest_or(const char *name, const char *otherwise)
{
	return name ? name : otherwise;
}

static const char *cms_digest(const struct forge_signature *wish)
{
	return digest_or(wish->cms_digest, digest_or(wish->image_digest, "SHA256"));
}

/* The element in eContent, and the octets of it that messageDigest covers. */
struct content {
	struct buffer element;
	size_t header; /* identifier and length of the element */
	struct span covered;
};

static void content_make(struct span indirect, unsigned odd, struct content *out)
{
	struct buffer *b = &out->element;
	size_t mark, half = indirect.len / 2;

	if (odd & ODD_OCTET_PIECES) {
		mark = der_open(b, DER_OCTET_STRING | 0x20);
		der_add(b, DER_OCTET_STRING, span_clip(indirect, 0, half));
		der_add(b, DER_OCTET_STRING, span_after(indirect, half));
		der_close_as(b, mark, DER_STYLE_INDEFINITE);
		out->covered = indirect;
	} else if (odd & ODD_OCTET_CONTENT) {
		der_add(b, DER_OCTET_STRING, indirect);
		out->covered = indirect;
	} else {
		size_t header = span_at(indirect, 1) < 0x80
					? 2
					: 2 + (size_t)(span_at(indirect, 1) & 0x7f);

		buffer_add(b, indirect);
		out->covered = span_after(indirect, header);
	}
}

/* SpcSpOpusInfo { [0] { [0] BMPString programName }, [1] { [0] IA5String url } }. */
static void opus(const struct forge_signature *wish, struct der_set *set)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	size_t whole = der_open(&b, DER_SEQUENCE), part, text;

	if (wish->program_name) {
		part = der_open(&b, DER_CONTEXT_CONSTRUCTED(0));
		text = der_open(&b, DER_CONTEXT(0));
		for (const char *c = wish->program_name; *c; c++) {
			buffer_char(&b, '\0');
			buffer_char(&b, *c);
		}
		der_close(&b, text);
		der_close(&b, part);
	}
	if (wish->more_info) {
		part = der_open(&b, DER_CONTEXT_CONSTRUCTED(1));
		der_add(&b, DER_CONTEXT(0), SPAN_TEXT(wish->more_info));
		der_close(&b, part);
	}
	der_close(&b, whole);
	forge_attribute(set, OID_OPUS, buffer_span(&b));
}

static void attribute_of(struct der_set *set, struct span oid, uint8_t tag,
			 struct span contents)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	der_add(&b, tag, contents);
	forge_attribute(set, oid, buffer_span(&b));
}

static struct span content_type(const struct forge_signature *wish)
{
	return wish->content_type.len ? wish->content_type : FORGE_OID_INDIRECT_DATA;
}

static void message_digest(const struct forge_signature *wish, struct span covered,
			   struct der_set *set)
{
	struct forge_digest d = forge_digest_of(cms_digest(wish), &covered, 1);

	if (wish->odd & ODD_WRONG_DIGEST)
		d.bytes[0] ^= 1;
	attribute_of(set, FORGE_OID_MESSAGE_DIGEST, DER_OCTET_STRING, forge_digest_span(&d));
	d.bytes[1] ^= 1;
	if (wish->odd & ODD_DIGEST_TWICE)
		attribute_of(set, FORGE_OID_MESSAGE_DIGEST, DER_OCTET_STRING,
			     forge_digest_span(&d));
}

static void attributes_make(const struct forge_signature *wish, struct span covered,
			    struct buffer *out)
{
	CLEANUP(der_set_free) struct der_set set = { 0 };
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	bool data = wish->odd & (ODD_TYPE_ATTRIBUTE | ODD_CONTENT_TYPE);

	if (!wish->counter)
		attribute_of(&set, FORGE_OID_CONTENT_TYPE, DER_OID,
			     data ? FORGE_OID_DATA : content_type(wish));
	message_digest(wish, covered, &set);
	opus(wish, &set);
	der_add(&b, DER_OID, OID_INDIVIDUAL);
	attribute_of(&set, OID_STATEMENT, DER_SEQUENCE, buffer_span(&b));
	buffer_clear(&b);
	if (wish->signing_time) {
		der_add_time(&b, DER_UTC_TIME, wish->signing_time);
		forge_attribute(&set, FORGE_OID_SIGNING_TIME, buffer_span(&b));
	}
	if (wish->odd & (ODD_SEAL_INTENT | ODD_SEAL))
		attribute_of(&set, OID_SEAL_INTENT, DER_NULL, SPAN_NONE);
	if (wish->attributes.len) {
		buffer_add(&set.bytes, wish->attributes);
		der_set_next(&set);
	}
	der_set_write(&set, wish->odd & ODD_UNSORTED, out);
}

/* SEQUENCE of one [1] attribute certificate, enough to be skipped. */
static void odd_certificates(struct forge *f, const struct forge_signature *wish,
			     struct buffer *out)
{
	unsigned odd = wish->odd;

	if (odd & ODD_JUNK_CERTIFICATE)
		der_add(out, DER_SEQUENCE, SPAN_LITERAL("\x02\x01\x2a"));
	if (odd & ODD_UNUSED_CERTIFICATE)
		buffer_add(out, forge_identity(f, "stranger-root")->der);
	if (wish->carrier)
		buffer_add(out, forge_identity(f, wish->carrier)->der);
	if (odd & ODD_ROOT_EMBEDDED)
		buffer_add(out, forge_identity(f, "root")->der);
	if (odd & ODD_ATTRIBUTE_CERTIFICATE)
		der_add(out, DER_CONTEXT_CONSTRUCTED(1), SPAN_LITERAL("\x30\x03\x02\x01\x00"));
}

/* PKCS #9 countersignatures find their certificates in the parent's set. */
static void stamp_certificates(struct forge *f, const struct forge_signature *wish,
			       struct buffer *out)
{
	const struct pki_certificate *chain[FORGE_MAX_CHAIN];

	for (size_t i = 0; i < FORGE_MAX_STAMPS && wish->stamps[i].kind; i++) {
		const char *name =
			wish->stamps[i].authority ? wish->stamps[i].authority : "tsa";
		size_t n = forge_chain(f, name, chain);

		if (wish->stamps[i].kind != STAMP_PKCS9 ||
		    wish->stamps[i].odd & STAMP_WITHOUT_CERTS)
			continue;
		buffer_add(out, forge_identity(f, name)->der);
		for (size_t k = 0; k < n; k++)
			buffer_add(out, chain[k]->der);
	}
}

static void certificates_make(struct forge *f, const struct forge_signature *wish,
			      struct buffer *out)
{
	const char *name = wish->signer ? wish->signer : "good";
	const struct pki_certificate *chain[FORGE_MAX_CHAIN];
	size_t n = forge_chain(f, name, chain);

	if (!(wish->odd & ODD_NO_CERTIFICATE))
		buffer_add(out, forge_identity(f, name)->der);
	for (size_t i = 0; i < n; i++)
		buffer_add(out, chain[i]->der);
	stamp_certificates(f, wish, out);
	odd_certificates(f, wish, out);
}

static void nested_write(struct forge *f, const struct forge_signature *wish,
			 const struct buffer *file, struct span trailing, struct buffer *out)
{
	size_t attribute, values;

	if (!wish->nested[0])
		return;
	attribute = der_open(out, DER_SEQUENCE);
	der_add(out, DER_OID, OID_NESTED);
	values = der_open(out, DER_SET);
	for (size_t i = 0; i < FORGE_MAX_NESTED && wish->nested[i]; i++)
		buffer_add(out, forge_signature_make(f, wish->nested[i], file, trailing));
	der_close(out, values);
	der_close(out, attribute);
}

static void unsigned_make(struct forge *f, const struct forge_signature *wish,
			  struct span signature, struct buffer *out)
{
	CLEANUP(der_set_free) struct der_set set = { 0 };

	for (size_t i = 0; i < FORGE_MAX_STAMPS && wish->stamps[i].kind; i++)
		forge_stamp_write(f, &wish->stamps[i], signature, out);
	if (wish->odd & ODD_SEAL)
		attribute_of(&set, OID_SEAL, DER_OCTET_STRING, SPAN_LITERAL("seal"));
	if (wish->odd & ODD_UNKNOWN_UNSIGNED)
		attribute_of(&set, OID_UNKNOWN_BLOB, DER_OCTET_STRING,
			     SPAN_LITERAL("a blob that nobody asked for"));
	der_set_write(&set, false, out);
	buffer_add(out, wish->unsigned_attributes);
}

static void signers_make(struct forge *f, const struct forge_signature *wish,
			 const struct forge_signer *signer, struct span nested,
			 struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer behind = BUFFER_INIT;
	struct span signature = forge_signer_sign(f, signer);

	if (wish->odd & ODD_NO_SIGNERS)
		return;
	unsigned_make(f, wish, signature, &behind);
	buffer_add(&behind, nested);
	forge_signer_write(f, signer, signature, buffer_span(&behind), out);
	if (wish->odd & ODD_TWO_SIGNERS)
		forge_signer_write(f, signer, signature, SPAN_NONE, out);
}

static enum der_style style_of(unsigned odd)
{
	if (odd & ODD_INDEFINITE)
		return DER_STYLE_INDEFINITE;
	return odd & ODD_LONG_LENGTHS ? DER_STYLE_LONG : DER_STYLE_DER;
}

struct span forge_signature_make(struct forge *f, const struct forge_signature *wish,
				 const struct buffer *file, struct span trailing)
{
	CLEANUP(buffer_free) struct buffer indirect = BUFFER_INIT, attributes = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer certificates = BUFFER_INIT, signers = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer nested = BUFFER_INIT, out = BUFFER_INIT;
	struct content content = { 0 };
	struct forge_signer signer = {
		.certificate = forge_identity(f, wish->signer ? wish->signer : "good"),
		.digest = cms_digest(wish),
		.version = wish->odd & ODD_KEY_ID ? 3 : 1,
		.key_id = wish->odd & ODD_KEY_ID,
		.raw_hash = wish->odd & ODD_RAW_HASH,
		.no_null = wish->odd & ODD_NO_NULL,
		.rsa_with_digest = wish->odd & ODD_RSA_WITH_DIGEST,
		.contradiction = wish->odd & ODD_CONTRADICTION,
		.bad = wish->odd & ODD_BAD_SIGNATURE,
	};
	struct forge_signed_data data = {
		.content_type =
			wish->odd & ODD_CONTENT_TYPE ? FORGE_OID_DATA : content_type(wish),
		.digest = cms_digest(wish),
		.version = 1,
		.style = style_of(wish->odd),
		.no_null = wish->odd & ODD_NO_NULL,
	};
	struct span made;

	buffer_add(&indirect, wish->content);
	if (wish->content.len == 0)
		forge_indirect_data(wish, file, trailing, &indirect);
	content_make(buffer_span(&indirect), wish->odd, &content);
	if (wish->odd & ODD_NO_ATTRIBUTES)
		signer.content = content.covered;
	else
		attributes_make(wish, content.covered, &attributes);
	signer.attributes = buffer_span(&attributes);
	nested_write(f, wish, file, trailing, &nested);
	signers_make(f, wish, &signer, buffer_span(&nested), &signers);
	certificates_make(f, wish, &certificates);
	data.content = buffer_span(&content.element);
	data.certificates = buffer_span(&certificates);
	data.signers = buffer_span(&signers);
	forge_signed_data_write(&data, &out);
	made = forge_keep(f, buffer_span(&out));
	buffer_free(&content.element);
	return made;
}

struct span forge_counter_signature(struct forge *f, const struct forge_signature *wish,
				    struct span signed_value)
{
	CLEANUP(buffer_free) struct buffer attributes = BUFFER_INIT, behind = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	struct forge_signature counter = *wish;
	struct forge_signer signer = {
		.certificate = forge_identity(f, wish->signer ? wish->signer : "good"),
		.digest = cms_digest(wish),
		.version = 1,
		.bad = wish->odd & ODD_BAD_SIGNATURE,
	};
	struct span value;

	counter.counter = true;
	attributes_make(&counter, signed_value, &attributes);
	signer.attributes = buffer_span(&attributes);
	value = forge_signer_sign(f, &signer);
	unsigned_make(f, wish, value, &behind);
	forge_signer_write(f, &signer, value, buffer_span(&behind), &out);
	return forge_keep(f, buffer_span(&out));
}

void forge_sign(struct forge *f, const struct forge_signature *wish, struct buffer *file)
{
	CLEANUP(buffer_free) struct buffer table = BUFFER_INIT;

	forge_align(file);
	forge_entry(&table, forge_signature_make(f, wish, file, SPAN_NONE), SPAN_NONE,
		    FORGE_USUAL);
	forge_attach(file, buffer_span(&table));
}
