/* SPDX-License-Identifier: MIT */
#include "tests/forge/nuget.h"

#include "base/base64.h"
#include "crypto/cms.h"
#include "tests/forge/signing.h"
#include "tests/zip_builder.h"
#include <stdio.h>

#define OID_COMMITMENT OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x10")
#define OID_ORIGIN     OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x06\x01")
#define OID_RECEIPT    OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x06\x02")
#define OID_INDEX      OID("\x2b\x06\x01\x04\x01\x82\x37\x54\x02\x01\x01\x01")
#define OID_OWNERS     OID("\x2b\x06\x01\x04\x01\x82\x37\x54\x02\x01\x01\x02")
#define OID_NAMED      OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f")
#define OID_COUNTER    OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06")

static void attribute_write(struct buffer *out, struct span oid, struct span value)
{
	size_t whole = der_open(out, DER_SEQUENCE);

	der_add(out, DER_OID, oid);
	der_add(out, DER_SET, value);
	der_close(out, whole);
}

static void commitment_write(struct buffer *out, struct span which)
{
	CLEANUP(buffer_free) struct buffer oid = BUFFER_INIT, type = BUFFER_INIT;

	der_add(&oid, DER_OID, which);
	der_add(&type, DER_SEQUENCE, buffer_span(&oid));
	attribute_write(out, OID_COMMITMENT, buffer_span(&type));
}

static void named_write(struct buffer *out, struct span certificate)
{
	struct forge_digest d = forge_digest_of("SHA256", &certificate, 1);
	CLEANUP(buffer_free) struct buffer value = BUFFER_INIT;
	size_t whole = der_open(&value, DER_SEQUENCE), ids = der_open(&value, DER_SEQUENCE);
	size_t id = der_open(&value, DER_SEQUENCE);

	der_add(&value, DER_OCTET_STRING, forge_digest_span(&d));
	der_close(&value, id);
	der_close(&value, ids);
	der_close(&value, whole);
	attribute_write(out, OID_NAMED, buffer_span(&value));
}

static void repository_write(struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer index = BUFFER_INIT, owners = BUFFER_INIT;
	size_t list = der_open(&owners, DER_SEQUENCE);

	der_add(&index, DER_IA5_STRING,
		SPAN_TEXT("https://packages.example.org/v3/index.json"));
	attribute_write(out, OID_INDEX, buffer_span(&index));
	der_add(&owners, DER_UTF8_STRING, SPAN_TEXT("somebody"));
	der_close(&owners, list);
	attribute_write(out, OID_OWNERS, buffer_span(&owners));
}

/* The signed attributes that NuGet adds to those that every signer has. */
static struct span attributes_make(struct forge *f, const char *signer, unsigned odd)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

	if (!(odd & NUGET_NOT_NAMED))
		named_write(
			&out,
			forge_identity(f, odd & NUGET_OTHER_NAMED ? "second" : signer)->der);
	if (!(odd & NUGET_RECEIPT) || odd & NUGET_BOTH_ROLES)
		commitment_write(&out, OID_ORIGIN);
	if (odd & NUGET_RECEIPT)
		commitment_write(&out, OID_RECEIPT);
	if (odd & NUGET_RECEIPT && !(odd & NUGET_NO_INDEX))
		repository_write(&out);
	return forge_keep(f, buffer_span(&out));
}

static struct span content_make(struct forge *f, const struct forge_nuget *wanted,
				struct span package)
{
	struct forge_digest d = forge_digest_of("SHA256", &package, 1);
	CLEANUP(buffer_free) struct buffer hash = BUFFER_INIT, text = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer element = BUFFER_INIT;
	const char *form = wanted->text ? wanted->text : NUGET_TEXT;
	struct span rest = SPAN_TEXT(form);
	uint64_t at = 0;

	base64_encode(&hash, forge_digest_span(&d));
	if (!span_find(rest, SPAN_LITERAL("%s"), 0, &at))
		at = rest.len;
	buffer_add(&text, span_clip(rest, 0, at));
	buffer_add(&text, buffer_span(&hash));
	buffer_add(&text, span_after(rest, at + 2));
	der_add(&element, DER_OCTET_STRING, buffer_span(&text));
	return forge_keep(f, buffer_span(&element));
}

/* The signature value of the only signer. */
static struct span signature_value(struct forge *f, struct span der)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	struct span rest;
	struct cms cms;

	if (cms_read(&a, der, 0, &findings, &cms, &rest) != STATUS_OK)
		forge_fail("a signature that cannot be read");
	return forge_keep(f, cms.signers[0].signature);
}

static struct span signature_make(struct forge *f, const struct forge_nuget *wanted,
				  struct span package)
{
	const struct forge_signature counter = {
		.signer = "repository",
		.odd = wanted->odd & NUGET_COUNTER_BAD ? (unsigned)ODD_BAD_SIGNATURE : 0,
		.attributes = attributes_make(f, "repository", NUGET_RECEIPT),
	};
	CLEANUP(buffer_free) struct buffer consent = BUFFER_INIT;
	struct forge_signature wish = wanted->sign;
	struct span der;

	wish.content = content_make(f, wanted, package);
	wish.content_type = FORGE_OID_DATA;
	wish.attributes = attributes_make(f, wish.signer ? wish.signer : "good", wanted->odd);
	der = forge_signature_make(f, &wish, NULL, SPAN_NONE);
	if (!(wanted->odd & NUGET_COUNTERSIGNED))
		return der;
	attribute_write(&consent, OID_COUNTER,
			forge_counter_signature(f, &counter, signature_value(f, der)));
	wish.unsigned_attributes = buffer_span(&consent);
	wish.carrier = "repository";
	return forge_signature_make(f, &wish, NULL, SPAN_NONE);
}

#define MAX_ITEMS 6

/* @signature empty: the package as it is signed; @after: with what was done to it since. */
static void package_write(struct buffer *out, const struct forge_nuget *wanted,
			  struct span signature, bool after)
{
	struct zip_item signing = { .name = ".signature.p7s", .data = signature };
	struct zip_item items[MAX_ITEMS] = { { .name = "" } };
	unsigned odd = after ? wanted->odd : 0;
	struct zip_plan plan = { .items = items };
	char nuspec[40], library[40];

	(void)snprintf(nuspec, sizeof(nuspec), "<package number=\"%u\"/>", wanted->number);
	(void)snprintf(library, sizeof(library), "a library, number %u %s", wanted->number,
		       odd & NUGET_CHANGED ? "changed" : "library");
	signing.deflate = odd & NUGET_DEFLATED;
	signing.attributes = odd & NUGET_ATTRIBUTES ? 0x20 : 0;
	signing.extra = odd & NUGET_EXTRA ? SPAN_LITERAL("\x99\x99\x04\0evil") : SPAN_NONE;
	if (signature.len && odd & NUGET_IN_FRONT)
		items[plan.n++] = signing;
	items[plan.n++] = (struct zip_item){ .name = "a.nuspec", .text = nuspec };
	items[plan.n++] = (struct zip_item){
		.name = "lib/a.dll",
		.text = library,
		.deflate = true,
	};
	if (odd & NUGET_ADDED)
		items[plan.n++] = (struct zip_item){ .name = "tools/init.ps1", .text = "evil" };
	if (signature.len && !(odd & NUGET_IN_FRONT))
		items[plan.n++] = signing;
	if (odd & NUGET_SIGNED_TWICE)
		items[plan.n++] = signing;
	plan.wide = odd & NUGET_WIDE;
	plan.block = odd & NUGET_GAP ? SPAN_LITERAL("evil") : SPAN_NONE;
	plan.comment = wanted->odd & NUGET_WITH_COMMENT ? SPAN_LITERAL("a comment") : SPAN_NONE;
	zip_build(out, &plan);
}

void forge_nuget_make(struct forge *f, const struct forge_nuget *wanted, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer before = BUFFER_INIT, der = BUFFER_INIT;

	package_write(&before, wanted, SPAN_NONE, false);
	buffer_add(&der, signature_make(f, wanted, buffer_span(&before)));
	if (wanted->odd & NUGET_BEHIND_DER)
		buffer_text(&der, "evil");
	package_write(out, wanted, buffer_span(&der), true);
}
