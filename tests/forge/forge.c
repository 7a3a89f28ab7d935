/* SPDX-License-Identifier: MIT */
#include "tests/forge/forge.h"

#include "tests/forge/chance.h"
#include "tests/forge/identities.h"
#include "tests/forge/signing.h"
#include <openssl/evp.h>
#include <openssl/pem.h>

#define MAX_IDENTITIES 128
#define FORGE_BYTES    ((size_t)1 << 30)

struct forge {
	struct pki *pki;
	struct arena arena;
	struct {
		const char *name;
		const struct pki_certificate *certificate;
	} made[MAX_IDENTITIES];
	size_t n_made;
};

_Noreturn void forge_fail(const char *what)
{
	printf("Bail out! forge: %s\n", what);
	exit(EXIT_FAILURE);
}

const char *forge_name(void)
{
	return "Assay Forge";
}

struct forge *forge_new(void)
{
	struct forge *f = calloc(1, sizeof(*f));

	if (!f)
		forge_fail("memory");
	chance_begin(1);
	f->pki = pki_new();
	f->arena = (struct arena)ARENA_INIT(FORGE_BYTES);
	return f;
}

void forge_free(struct forge *f)
{
	pki_free(f->pki);
	arena_free(&f->arena);
	free(f);
}

struct pki *forge_pki(struct forge *f)
{
	return f->pki;
}

struct span forge_keep(struct forge *f, struct span bytes)
{
	struct span copy = arena_copy(&f->arena, bytes);

	if (bytes.len && !copy.ptr)
		forge_fail("memory");
	return copy;
}

const struct pki_certificate *forge_identity(struct forge *f, const char *name)
{
	const struct pki_certificate *c;

	for (size_t i = 0; i < f->n_made; i++)
		if (strcmp(f->made[i].name, name) == 0)
			return f->made[i].certificate;
	c = identity_make(f, name);
	if (f->n_made == MAX_IDENTITIES)
		forge_fail("too many identities");
	f->made[f->n_made].name = name;
	f->made[f->n_made++].certificate = c;
	return c;
}

struct forge_digest forge_digest_of(const char *name, const struct span *parts, size_t n)
{
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct forge_digest out = { 0 };
	unsigned len = 0;

	if (!md || !ctx || !EVP_DigestInit_ex(ctx, md, NULL))
		forge_fail(name);
	for (size_t i = 0; i < n; i++)
		if (!EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len))
			forge_fail(name);
	if (!EVP_DigestFinal_ex(ctx, out.bytes, &len))
		forge_fail(name);
	out.len = len;
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	return out;
}

struct span forge_digest_oid(const char *name, bool with_rsa)
{
	static const struct {
		const char *name;
		struct span plain, rsa;
	} oids[] = {
		{"MD5",     OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x02\x05"),
                 OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04")},
		{ "SHA1",   OID_INIT("\x2b\x0e\x03\x02\x1a"),
                 OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05")},
		{ "SHA256", OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x01"),
                 OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b")},
		{ "SHA384", OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x02"),
                 OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c")},
		{ "SHA512", OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x03"),
                 OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d")},
	};

	for (size_t i = 0; i < COUNT_OF(oids); i++)
		if (strcmp(oids[i].name, name) == 0)
			return with_rsa ? oids[i].rsa : oids[i].plain;
	forge_fail(name);
}

/* RFC 7468, line after line. */
void forge_pem(const char *label, struct span der, struct buffer *out)
{
	unsigned char line[80];

	buffer_printf(out, "-----BEGIN %s-----\n", label);
	for (size_t at = 0; at < der.len; at += 48) {
		struct span part = span_clip(der, at, 48);

		(void)EVP_EncodeBlock(line, part.ptr, (int)part.len);
		buffer_printf(out, "%s\n", (const char *)line);
	}
	buffer_printf(out, "-----END %s-----\n", label);
}

void forge_anchors(struct forge *f, struct buffer *out)
{
	for (size_t i = 0; i < n_identity_anchors; i++)
		forge_pem("CERTIFICATE", forge_identity(f, identity_anchors[i])->der, out);
}

void forge_crl(struct forge *f, struct buffer *out)
{
	forge_pem("X509 CRL", identity_crl(f), out);
}
