/* SPDX-License-Identifier: MIT */
/* Timestamps: PKCS #9 countersignatures (RFC 2985) and RFC 3161 tokens. */
#include "tests/forge/signing.h"

#define OID_COUNTERSIGNATURE OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06")
#define OID_TOKEN            OID("\x2b\x06\x01\x04\x01\x82\x37\x03\x03\x01")
#define OID_TOKEN_SMIME      OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e")
#define OID_SIGNING_CERT_V2  OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f")
#define OID_POLICY           OID("\x2b\x06\x01\x04\x01\x83\xfe\x00\x01")

static const struct pki_certificate *authority(struct forge *f, const struct forge_stamp *wish)
{
	return forge_identity(f, wish->authority ? wish->authority : "tsa");
}

static const char *digest_name_of(const struct forge_stamp *wish)
{
	return wish->digest ? wish->digest : "SHA256";
}

static void attribute_of(struct der_set *set, struct span oid, uint8_t tag,
			 struct span contents)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	der_add(&b, tag, contents);
	forge_attribute(set, oid, buffer_span(&b));
}

/* Changes the last digit before the seconds, wherever the time stands in @out from @begin on.
 */
static void time_alter(struct buffer *out, size_t begin, const char *time)
{
	char digits[16];
	size_t n = 0;
	uint64_t at;

	for (const char *p = time + 2; *p && n < sizeof(digits); p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	if (!span_find(buffer_span(out), (struct span){ (const uint8_t *)digits, n }, begin,
		       &at))
		forge_fail("no time to alter");
	out->bytes[at + n - 3] = out->bytes[at + n - 3] == '0' ? '1' : '0';
}

static void countersignature_attributes(const struct forge_stamp *wish, struct span covered,
					struct buffer *out)
{
	CLEANUP(der_set_free) struct der_set set = { 0 };
	CLEANUP(buffer_free) struct buffer time = BUFFER_INIT;
	struct forge_digest d = forge_digest_of(digest_name_of(wish), &covered, 1);

	attribute_of(&set, FORGE_OID_CONTENT_TYPE, DER_OID,
		     wish->odd & STAMP_TYPE_TSTINFO ? FORGE_OID_TST_INFO : FORGE_OID_DATA);
	der_add_time(&time, DER_UTC_TIME, wish->time);
	forge_attribute(&set, FORGE_OID_SIGNING_TIME, buffer_span(&time));
	attribute_of(&set, FORGE_OID_MESSAGE_DIGEST, DER_OCTET_STRING, forge_digest_span(&d));
	der_set_write(&set, wish->odd & STAMP_UNSORTED, out);
}

/* A SignerInfo over the parent's signature value. */
static void countersignature_write(struct forge *f, const struct forge_stamp *wish,
				   struct span signature, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer attributes = BUFFER_INIT;
	struct forge_signer signer = {
		.certificate = authority(f, wish),
		.digest = digest_name_of(wish),
		.version = wish->odd & STAMP_VERSION_0 ? 0 : 1,
		.raw_hash = wish->odd & STAMP_RAW_HASH,
		.bad = wish->odd & STAMP_BAD_SIGNATURE,
	};
	size_t begin = out->len;

	countersignature_attributes(wish, signature, &attributes);
	signer.attributes = buffer_span(&attributes);
	forge_signer_write(f, &signer, forge_signer_sign(f, &signer), SPAN_NONE, out);
	if (wish->odd & STAMP_ALTERED_TIME)
		time_alter(out, begin, wish->time);
}

/* TSTInfo { version, policy, MessageImprint, serialNumber, genTime, accuracy, nonce }. */
static void tst_info(const struct forge_stamp *wish, struct span covered, struct buffer *out)
{
	struct forge_digest imprint = forge_digest_of(digest_name_of(wish), &covered, 1);
	size_t whole = der_open(out, DER_SEQUENCE), part;

	der_add_number(out, 1);
	der_add(out, DER_OID, OID_POLICY);
	part = der_open(out, DER_SEQUENCE);
	der_add_algorithm(out, forge_digest_oid(digest_name_of(wish), false), true);
	der_add(out, DER_OCTET_STRING, forge_digest_span(&imprint));
	der_close(out, part);
	der_add_number(out, 4711);
	der_add_time(out, DER_GENERALIZED_TIME, wish->time);
	part = der_open(out, DER_SEQUENCE);
	der_add_number(out, 1);
	der_close(out, part);
	der_add_number(out, 815);
	der_close(out, whole);
}

/* SigningCertificateV2 with the default algorithm, SHA-256 (RFC 5035). */
static void signing_certificate(struct forge *f, const struct forge_stamp *wish,
				struct der_set *set)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	const struct pki_certificate *named =
		wish->odd & STAMP_OTHER_SIGNER ? forge_identity(f, "good") : authority(f, wish);
	struct forge_digest d = forge_digest_of("SHA256", &named->der, 1);
	size_t whole = der_open(&b, DER_SEQUENCE), certs = der_open(&b, DER_SEQUENCE), id;

	id = der_open(&b, DER_SEQUENCE);
	der_add(&b, DER_OCTET_STRING, forge_digest_span(&d));
	der_close(&b, id);
	der_close(&b, certs);
	der_close(&b, whole);
	forge_attribute(set, OID_SIGNING_CERT_V2, buffer_span(&b));
}

static void token_attributes(struct forge *f, const struct forge_stamp *wish,
			     struct span content, struct buffer *out)
{
	CLEANUP(der_set_free) struct der_set set = { 0 };
	struct forge_digest d = forge_digest_of(digest_name_of(wish), &content, 1);

	attribute_of(&set, FORGE_OID_CONTENT_TYPE, DER_OID, FORGE_OID_TST_INFO);
	attribute_of(&set, FORGE_OID_MESSAGE_DIGEST, DER_OCTET_STRING, forge_digest_span(&d));
	if (!(wish->odd & STAMP_NO_SIGNER_ID))
		signing_certificate(f, wish, &set);
	der_set_write(&set, wish->odd & STAMP_UNSORTED, out);
}

static void token_certificates(struct forge *f, const struct forge_stamp *wish,
			       struct buffer *out)
{
	const struct pki_certificate *chain[FORGE_MAX_CHAIN];
	size_t n = forge_chain(f, wish->authority ? wish->authority : "tsa", chain);

	if (!(wish->odd & STAMP_WITHOUT_CERTS))
		buffer_add(out, authority(f, wish)->der);
	for (size_t i = 0; i < n; i++)
		buffer_add(out, chain[i]->der);
	if (wish->odd & STAMP_V1_CERTIFICATE)
		der_add(out, DER_CONTEXT_CONSTRUCTED(1), SPAN_LITERAL("\x30\x03\x02\x01\x00"));
}

static void octets_write(struct span contents, bool in_pieces, struct buffer *out)
{
	size_t mark, half = contents.len / 2;

	if (!in_pieces) {
		der_add(out, DER_OCTET_STRING, contents);
		return;
	}
	mark = der_open(out, DER_OCTET_STRING | 0x20);
	der_add(out, DER_OCTET_STRING, span_clip(contents, 0, half));
	der_add(out, DER_OCTET_STRING, span_after(contents, half));
	der_close_as(out, mark, DER_STYLE_INDEFINITE);
}

static void token_write(struct forge *f, const struct forge_stamp *wish, struct span covered,
			struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer info = BUFFER_INIT, content = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer attributes = BUFFER_INIT, certificates = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer signers = BUFFER_INIT;
	bool pieces = wish->odd & STAMP_INDEFINITE;
	struct forge_signer signer = {
		.certificate = authority(f, wish),
		.digest = digest_name_of(wish),
		.version = 1,
		.raw_hash = wish->odd & STAMP_RAW_HASH,
		.bad = wish->odd & STAMP_BAD_SIGNATURE,
	};
	struct forge_signed_data data = {
		.content_type = FORGE_OID_TST_INFO,
		.digest = digest_name_of(wish),
		.version = 3,
		.style = pieces ? DER_STYLE_INDEFINITE : DER_STYLE_DER,
	};
	size_t begin = out->len;

	if (wish->odd & STAMP_WRONG_CONTENT)
		der_add_number(&info, 42);
	else
		tst_info(wish, covered, &info);
	token_attributes(f, wish, buffer_span(&info), &attributes);
	signer.attributes = buffer_span(&attributes);
	forge_signer_write(f, &signer, forge_signer_sign(f, &signer), SPAN_NONE, &signers);
	token_certificates(f, wish, &certificates);
	octets_write(buffer_span(&info), pieces, &content);
	data.content = buffer_span(&content);
	data.certificates = buffer_span(&certificates);
	data.signers = buffer_span(&signers);
	forge_signed_data_write(&data, out);
	if (wish->odd & STAMP_ALTERED_TIME)
		time_alter(out, begin, wish->time);
}

void forge_stamp_write(struct forge *f, const struct forge_stamp *wish, struct span signature,
		       struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer value = BUFFER_INIT;
	CLEANUP(der_set_free) struct der_set set = { 0 };
	struct span covered =
		wish->odd & STAMP_WRONG_IMPRINT ? SPAN_LITERAL("something else") : signature;

	if (wish->kind == STAMP_PKCS9) {
		countersignature_write(f, wish, covered, &value);
		forge_attribute(&set, OID_COUNTERSIGNATURE, buffer_span(&value));
	} else {
		token_write(f, wish, covered, &value);
		forge_attribute(&set,
				wish->odd & STAMP_OID_OF_SMIME ? OID_TOKEN_SMIME : OID_TOKEN,
				buffer_span(&value));
	}
	buffer_add(out, buffer_span(&set.bytes));
}
