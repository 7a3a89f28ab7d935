/* SPDX-License-Identifier: MIT */
/* Files made to cost a verifier much time, memory or its life. */
#include "tests/forge/attacks.h"
#include "tests/forge/signing.h"

#include <stdlib.h>

#define OID_NESTED OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x01")

/* @der becomes the only entry of the table. */
static void table_of(struct buffer *file, struct span der)
{
	CLEANUP(buffer_free) struct buffer table = BUFFER_INIT;

	forge_strip(file);
	forge_entry(&table, der, SPAN_NONE, FORGE_USUAL);
	forge_attach(file, buffer_span(&table));
}

ATTACK(lfanew)
{
	(void)f;
	forge_put(file, 0x3c, 4, t->n);
}

/* Headers inside the DOS header: "PE" at 4, in as few bytes as can be. */
static void tiny(struct buffer *file, size_t len)
{
	buffer_clear(file);
	buffer_text(file, "MZ");
	forge_zeros(file, len - 2);
	forge_put(file, 4, 4, 0x00004550);
	forge_put(file, 8, 2, 0x8664);
	forge_put(file, 24, 2, 0x22);
	forge_put(file, 28, 2, 0x20b);
	forge_put(file, 28 + 60, 4, 0x10);
	forge_put(file, 0x3c, 4, 4);
}

ATTACK(tiny_pe)
{
	(void)f;
	tiny(file, t->n);
}

/* The same, claiming a table that lies in its own headers. */
ATTACK(inverted_tiny_pe)
{
	(void)f;
	(void)t;
	tiny(file, 268);
	forge_put(file, 24 - 4 + 4, 2, 0x22);
	forge_put(file, 20 + 4, 2, 240);
	forge_put(file, 28 + 108, 4, 16);
	forge_directory(file, 16, 64);
}

ATTACK(sections_65535)
{
	(void)f;
	(void)t;
	forge_put(file, forge_get(file, 0x3c, 4) + 6, 2, 0xffff);
}

/* Every section is the whole file: signed so, with page hashes. */
ATTACK(sections_overlapping)
{
	struct forge_places p = forge_places_of(file);
	struct forge_signature sign = { 0 };

	(void)t;
	for (unsigned i = 0; i < p.n_sections; i++) {
		forge_put(file, p.sections + 40 * i + 16, 4, file->len);
		forge_put(file, p.sections + 40 * i + 20, 4, 0);
	}
	forge_checksum(file);
	sign.page_hashes = "SHA256";
	forge_sign(f, &sign, file);
}

ATTACK(nested_deep)
{
	struct forge_signature *levels = calloc(t->n, sizeof(*levels));

	forge_strip(file);
	for (uint64_t i = 0; levels && i < t->n; i++) {
		levels[i].odd = ODD_NO_CERTIFICATE;
		levels[i].signer = "root";
		levels[i].nested[0] = i ? &levels[i - 1] : NULL;
	}
	levels[t->n - 1].odd = 0;
	forge_sign(f, &levels[t->n - 1], file);
	free(levels);
}

/* One attribute with @n values, each a signature. */
ATTACK(nested_values)
{
	CLEANUP(buffer_free) struct buffer attribute = BUFFER_INIT;
	struct forge_signature sign = { 0 };
	struct span one;
	size_t whole, values;

	forge_strip(file);
	one = forge_signature_make(f, &sign, file, SPAN_NONE);
	for (uint64_t left = t->n; left > 0; left -= left < 16 ? left : 16) {
		whole = der_open(&attribute, DER_SEQUENCE);
		der_add(&attribute, DER_OID, OID_NESTED);
		values = der_open(&attribute, DER_SET);
		for (uint64_t i = 0; i < 16 && i < left; i++)
			buffer_add(&attribute, one);
		der_close(&attribute, values);
		der_close(&attribute, whole);
	}
	sign.unsigned_attributes = buffer_span(&attribute);
	forge_sign(f, &sign, file);
}

ATTACK(attributes)
{
	CLEANUP(buffer_free) struct buffer attributes = BUFFER_INIT;
	struct forge_signature sign = { 0 };

	forge_strip(file);
	for (uint64_t i = 0; i < t->n; i++)
		buffer_add(&attributes, SPAN_LITERAL("\x30\x07\x06\x01\x2a\x31\x02\x05\x00"));
	sign.unsigned_attributes = buffer_span(&attributes);
	forge_sign(f, &sign, file);
}

/* A program in an unsigned attribute that nobody reads. */
ATTACK(stuff_unread)
{
	CLEANUP(buffer_free) struct buffer attributes = BUFFER_INIT, payload = BUFFER_INIT;
	struct forge_signature sign = { 0 };
	size_t attribute, set;

	forge_strip(file);
	buffer_text(&payload, "MZ\x90");
	forge_noise(&payload, (size_t)t->n, 12);
	attribute = der_open(&attributes, DER_SEQUENCE);
	buffer_add(&attributes, SPAN_LITERAL("\x06\x03\x2a\x03\x04"));
	set = der_open(&attributes, DER_SET);
	der_add(&attributes, DER_OCTET_STRING, buffer_span(&payload));
	der_close(&attributes, set);
	der_close(&attributes, attribute);
	sign.unsigned_attributes = buffer_span(&attributes);
	forge_sign(f, &sign, file);
}

ATTACK(lengths_indefinite)
{
	CLEANUP(buffer_free) struct buffer der = BUFFER_INIT;

	(void)f;
	for (uint64_t i = 0; i < t->n; i++)
		buffer_add(&der, SPAN_LITERAL("\x30\x80"));
	table_of(file, buffer_span(&der));
}

ATTACK(lengths_definite)
{
	CLEANUP(buffer_free) struct buffer der = BUFFER_INIT;

	(void)f;
	for (uint64_t left = t->n * 6; left > 0; left -= 6) {
		uint64_t inner = left - 6;

		buffer_add(&der, SPAN_LITERAL("\x30\x84"));
		buffer_char(&der, (char)(inner >> 24));
		buffer_char(&der, (char)(inner >> 16));
		buffer_char(&der, (char)(inner >> 8));
		buffer_char(&der, (char)inner);
	}
	table_of(file, buffer_span(&der));
}

/* A content type of 64 KiB. */
ATTACK(oid_long)
{
	CLEANUP(buffer_free) struct buffer der = BUFFER_INIT, oid = BUFFER_INIT;
	struct forge_signed_data data = {
		.digest = "SHA256",
		.version = 1,
		.content = SPAN_INIT("\x30\x00"),
	};

	(void)f;
	while (oid.len < t->n)
		buffer_add(&oid, SPAN_LITERAL("\x2a\x86\x48\xff\xff\xff\xff\x7f"));
	data.content_type = buffer_span(&oid);
	data.signers = SPAN_NONE;
	forge_signed_data_write(&data, &der);
	table_of(file, buffer_span(&der));
}

/* A signature over @file by @certificate, with @certificates instead of what it needs. */
static struct span signature_with(struct forge *f, const struct buffer *file,
				  const struct pki_certificate *certificate,
				  struct span certificates)
{
	CLEANUP(buffer_free) struct buffer indirect = BUFFER_INIT, signers = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer der = BUFFER_INIT;
	const struct forge_signature wish = { 0 };
	struct forge_signer signer = { .certificate = certificate,
				       .digest = "SHA256",
				       .version = 1 };
	struct forge_signed_data data = {
		.content_type = FORGE_OID_INDIRECT_DATA,
		.digest = "SHA256",
		.version = 1,
	};

	forge_indirect_data(&wish, file, SPAN_NONE, &indirect);
	signer.content = span_after(buffer_span(&indirect),
				    span_at(buffer_span(&indirect), 1) & 0x80 ? 3 : 2);
	forge_signer_write(f, &signer, forge_signer_sign(f, &signer), SPAN_NONE, &signers);
	data.content = buffer_span(&indirect);
	data.certificates = certificates;
	data.signers = buffer_span(&signers);
	forge_signed_data_write(&data, &der);
	return forge_keep(f, buffer_span(&der));
}

static void sign_with(struct forge *f, struct buffer *file,
		      const struct pki_certificate *certificate, struct span certificates)
{
	forge_strip(file);
	forge_align(file);
	table_of(file, signature_with(f, file, certificate, certificates));
}

ATTACK(certificates)
{
	CLEANUP(buffer_free) struct buffer all = BUFFER_INIT;

	for (uint64_t i = 0; i < t->n; i++)
		buffer_add(&all, forge_identity(f, i ? "second" : "p256")->der);
	sign_with(f, file, forge_identity(f, "p256"), buffer_span(&all));
}

/* Whoever "Many" is, none of those at hand signed it. */
static const struct pki_certificate *leaf_of_many(struct forge *f)
{
	struct pki *pki = forge_pki(f);
	const struct pki_wish wish = {
		.subject = "CN=Leaf",
		.issuer_name = "CN=Many",
		.key = pki_key(pki, PKI_P256, 60),
		.signing_key = pki_key(pki, PKI_RSA_2048, 1),
		.extensions = { { "extendedKeyUsage", "codeSigning" } },
	};

	return pki_issue(pki, &wish);
}

/* @n authorities of one name, with keys of 16384 bits. */
static void many_authorities(struct forge *f, uint64_t n, struct buffer *out)
{
	struct pki *pki = forge_pki(f);

	for (uint64_t i = 0; i < n; i++) {
		const struct pki_wish wish = {
			.subject = "CN=Many",
			.issuer_name = "CN=Many",
			.key = pki_key_huge(pki, 16384),
			.signing_key = pki_key(pki, PKI_RSA_2048, 1),
			.extensions = { { "basicConstraints", "critical,CA:TRUE" } },
		};

		buffer_add(out, pki_issue(pki, &wish)->der);
	}
}

ATTACK(same_name_certificates)
{
	CLEANUP(buffer_free) struct buffer all = BUFFER_INIT;
	const struct pki_certificate *leaf = leaf_of_many(f);

	buffer_add(&all, leaf->der);
	many_authorities(f, t->n - 1, &all);
	sign_with(f, file, leaf, buffer_span(&all));
}

/* The same @n times, nested, with another leaf each time. */
ATTACK(chains_of_many)
{
	CLEANUP(buffer_free) struct buffer many = BUFFER_INIT, attributes = BUFFER_INIT;
	struct forge_signature sign = { 0 };
	size_t whole, values;

	forge_strip(file);
	forge_align(file);
	many_authorities(f, 60, &many);
	for (uint64_t i = 0; i < t->n; i++) {
		CLEANUP(buffer_free) struct buffer all = BUFFER_INIT;
		const struct pki_certificate *leaf = leaf_of_many(f);

		buffer_add(&all, leaf->der);
		buffer_add(&all, buffer_span(&many));
		whole = der_open(&attributes, DER_SEQUENCE);
		der_add(&attributes, DER_OID, OID_NESTED);
		values = der_open(&attributes, DER_SET);
		buffer_add(&attributes, signature_with(f, file, leaf, buffer_span(&all)));
		der_close(&attributes, values);
		der_close(&attributes, whole);
	}
	sign.unsigned_attributes = buffer_span(&attributes);
	forge_sign(f, &sign, file);
}

/* A key of @n bits. */
ATTACK(huge_key)
{
	struct pki *pki = forge_pki(f);
	const struct pki_wish wish = {
		.subject = "CN=Huge",
		.issuer = forge_identity(f, "root"),
		.key = pki_key_huge(pki, (unsigned)t->n),
		.extensions = { { "extendedKeyUsage", "codeSigning" } },
	};
	const struct pki_certificate *signer = pki_issue(pki, &wish);

	sign_with(f, file, signer, signer->der);
}

/* A name of 64 KiB, in many short parts. */
ATTACK(long_name)
{
	CLEANUP(buffer_free) struct buffer name = BUFFER_INIT;
	struct pki *pki = forge_pki(f);
	struct pki_wish wish = {
		.issuer = forge_identity(f, "root"),
		.key = pki_key(pki, PKI_P256, 61),
		.extensions = { { "extendedKeyUsage", "codeSigning" } },
	};
	const struct pki_certificate *signer;

	buffer_text(&name, "CN=Long");
	while (name.len < t->n)
		buffer_text(&name, "/OU=part of a name that never ends");
	buffer_char(&name, '\0');
	wish.subject = buffer_string(&name, 0);
	signer = pki_issue(pki, &wish);
	sign_with(f, file, signer, signer->der);
}

/* A and B each signed by the other. */
ATTACK(loop)
{
	CLEANUP(buffer_free) struct buffer all = BUFFER_INIT;
	struct pki *pki = forge_pki(f);
	const struct pki_key *a = pki_key(pki, PKI_P256, 62), *b = pki_key(pki, PKI_P256, 63);
	const struct pki_wish wishes[] = {
		{.subject = "CN=Loop Leaf",
                 .issuer_name = "CN=A",
                 .signing_key = a,
                 .key = pki_key(pki,    PKI_P256, 64),
                 .extensions = { { "extendedKeyUsage", "codeSigning" } } },
		{ .subject = "CN=A",
                 .issuer_name = "CN=B",
                 .signing_key = b,
                 .key = a,
                 .extensions = { { "basicConstraints", "critical,CA:TRUE" } }               },
		{ .subject = "CN=B",
                 .issuer_name = "CN=A",
                 .signing_key = a,
                 .key = b,
                 .extensions = { { "basicConstraints", "critical,CA:TRUE" } }               },
	};
	const struct pki_certificate *signer = pki_issue(pki, &wishes[0]);

	(void)t;
	buffer_add(&all, signer->der);
	for (size_t i = 1; i < COUNT_OF(wishes); i++)
		buffer_add(&all, pki_issue(pki, &wishes[i])->der);
	sign_with(f, file, signer, buffer_span(&all));
}

/* @n timestamps, none of which is over this signature. */
ATTACK(stamps)
{
	CLEANUP(buffer_free) struct buffer all = BUFFER_INIT;
	const struct forge_stamp stamp = { .kind = STAMP_RFC3161,
					   .time = "2025-01-01T00:00:00Z" };
	struct forge_signature sign = { 0 };

	forge_strip(file);
	for (uint64_t i = 0; i < t->n; i++)
		forge_stamp_write(f, &stamp, SPAN_LITERAL("some signature"), &all);
	sign.unsigned_attributes = buffer_span(&all);
	forge_sign(f, &sign, file);
}

/* The file ends inside the DER, and the directory entry knows. */
ATTACK(cut_in_der)
{
	struct forge_places p = forge_places_of(file);

	(void)f;
	buffer_cut(file, p.table + t->n);
	forge_put(file, p.table, 4, t->n);
	forge_directory(file, (uint32_t)p.table, (uint32_t)t->n);
}

ATTACK(noise_table)
{
	CLEANUP(buffer_free) struct buffer noise = BUFFER_INIT;

	(void)f;
	forge_noise(&noise, t->n, 12);
	table_of(file, buffer_span(&noise));
}
