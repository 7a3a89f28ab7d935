/* SPDX-License-Identifier: MIT */
#include "tests/forge/appx.h"

#include "base/base64.h"
#include "base/cursor.h"
#include "tests/forge/package.h"
#include "tests/forge/signing.h"
#include "tests/zip_builder.h"
#include <stdio.h>
#include <stdlib.h>

#define SIP_INFO  OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1e")
#define PACKAGE   SPAN_LITERAL("\x4b\xdf\xc5\x0a\x07\xce\xe2\x4d\xb7\x6e\x23\xc8\x39\xa0\x9f\xd1")
#define BUNDLE    SPAN_LITERAL("\xb3\x58\x5f\x0f\xde\xaa\x9a\x4b\xa4\x34\x95\x74\x2d\x92\xec\xeb")
#define INSTALLER SPAN_LITERAL("\xf1\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46")

#define FILE_BYTES 150000
#define MAX_ITEMS  10

struct made {
	char file[FILE_BYTES + 1], icon[32], more[32];
	struct buffer map, manifest, catalog;
	struct zip_item items[MAX_ITEMS];
	size_t n;
};

static void map_row(struct buffer *map, const char *name, struct span data, bool wrong)
{
	buffer_printf(map, "<File Name=\"%s\" Size=\"%zu\" LfhSize=\"40\">", name, data.len);
	for (uint64_t at = 0; at < data.len; at += 65536) {
		struct span block = span_clip(data, at, 65536);
		struct forge_digest d = forge_digest_of("SHA256", &block, 1);

		d.bytes[0] ^= wrong;
		buffer_text(map, "<Block Hash=\"");
		base64_encode(map, forge_digest_span(&d));
		buffer_text(map, "\"/>");
	}
	buffer_text(map, "</File>");
}

static void item_add(struct made *m, const char *name, struct span data)
{
	m->items[m->n++] = (struct zip_item){ .name = name, .data = data };
}

static void manifest_write(struct made *m, unsigned odd, unsigned number)
{
	const char *publisher = odd & APPX_OTHER_NAME ? "CN=Somebody Else"
						      : "CN=Honest Programs, O=Assay Forge";

	if (odd & APPX_IS_BUNDLE)
		buffer_printf(
			&m->manifest,
			"<Bundle xmlns=\"http://schemas.microsoft.com/appx/2013/bundle\">"
			"<Identity Name=\"a\" Publisher=\"%s\"/><Packages><Package "
			"FileName=\"a.appx\" Offset=\"%d\" Size=\"12\"/></Packages></Bundle>",
			publisher, odd & APPX_MISPLACED ? 37 : 36);
	else
		buffer_printf(&m->manifest,
			      "<Package xmlns=\"http://schemas.microsoft.com/appx/manifest/"
			      "foundation/windows10\"><Identity Name=\"a%u\" Publisher=\"%s\"/>"
			      "</Package>",
			      number, publisher);
}

static void catalog_write(struct forge *f, struct made *m, unsigned odd)
{
	struct forge_digest d = forge_digest_of("SHA256", &(struct span){ NULL, 0 }, 1);
	const struct forge_member member = { .digest = forge_digest_span(&d), .image = true };
	const struct forge_signature wish = { 0 };
	uint64_t at;

	if (odd & APPX_CATALOG_NONE) {
		buffer_text(&m->catalog, "no catalog");
		return;
	}
	forge_catalog_make(f, &wish, &member, 1, &m->catalog);
	if (!span_find(buffer_span(&m->catalog), member.digest, 0, &at))
		forge_fail("no member");
	m->catalog.bytes[at] ^= (odd & APPX_CATALOG_ALTERED) != 0;
}

static void files_add(struct made *m, unsigned odd, unsigned number)
{
	const char *name = odd & APPX_IS_BUNDLE ? "AppxMetadata/AppxBundleManifest.xml"
						: "AppxManifest.xml";
	size_t len = odd & APPX_LONG_FILE ? FILE_BYTES : 5000;

	if (odd & APPX_IS_BUNDLE)
		item_add(m, "a.appx", SPAN_TEXT("a package..."));
	for (size_t i = 0; i < len; i++)
		m->file[i] = (char)('a' + (i * (number + 1) + number) % 23);
	buffer_text(&m->map,
		    "<BlockMap xmlns=\"http://schemas.microsoft.com/appx/2010/blockmap\" "
		    "HashMethod=\"http://www.w3.org/2001/04/xmlenc#sha256\">");
	map_row(&m->map, "a program.exe", (struct span){ (uint8_t *)m->file, len },
		odd & APPX_WRONG_BLOCK);
	(void)snprintf(m->icon, sizeof(m->icon), "picture %u", number);
	(void)snprintf(m->more, sizeof(m->more), "text %u", number);
	map_row(&m->map, "icon.png", SPAN_TEXT(m->icon), false);
	map_row(&m->map, "more.txt", SPAN_TEXT(m->more), false);
	map_row(&m->map, odd & APPX_IS_BUNDLE ? "AppxMetadata\\AppxBundleManifest.xml" : name,
		buffer_span(&m->manifest), false);
	if (odd & APPX_LEFT_OVER)
		map_row(&m->map, "gone.dll", SPAN_TEXT("gone"), false);
	buffer_text(&m->map, "</BlockMap>");
	item_add(m, "a%20program.exe", (struct span){ (uint8_t *)m->file, len });
	m->items[m->n - 1].deflate = !(odd & APPX_LONG_FILE);
	item_add(m, "icon.png", SPAN_TEXT(m->icon));
	item_add(m, "more.txt", SPAN_TEXT(m->more));
	item_add(m, name, buffer_span(&m->manifest));
	if (odd & APPX_UNMAPPED)
		item_add(m, "hidden.dll", SPAN_TEXT("hidden"));
	if (odd & APPX_CATALOG)
		item_add(m, "AppxMetadata/CodeIntegrity.cat", buffer_span(&m->catalog));
	if (!(odd & APPX_NO_MAP))
		item_add(m, "AppxBlockMap.xml", buffer_span(&m->map));
	item_add(m, "[Content_Types].xml", SPAN_TEXT("<Types/>"));
}

static void digest_add(struct buffer *out, const char *tag, struct span bytes)
{
	struct forge_digest d = forge_digest_of("SHA256", &bytes, 1);

	buffer_text(out, tag);
	buffer_add(out, forge_digest_span(&d));
}

static uint64_t directory_of(struct span archive, bool wide)
{
	struct cursor c = cursor_at(archive, archive.len - 22 + 16);

	if (wide) {
		c = cursor_at(archive, archive.len - 22 - 20 - 56 + 48);
		return cursor_u64le(&c);
	}
	return cursor_u32le(&c);
}

/* The list of digests of an archive that is not signed yet. */
static void digests_make(const struct made *m, struct span archive, unsigned odd,
			 struct buffer *out)
{
	uint64_t directory = directory_of(archive, odd & APPX_WIDE);

	buffer_text(out, "APPX");
	digest_add(out, "AXPC", span_clip(archive, 0, directory));
	digest_add(out, "AXCD", span_after(archive, directory));
	if (!(odd & APPX_TAG_MISSING))
		digest_add(out, "AXCT", SPAN_TEXT("<Types/>"));
	if (odd & APPX_TAG_TWICE)
		digest_add(out, "AXCT", SPAN_TEXT("<Types/>"));
	digest_add(out, "AXBM", buffer_span(&m->map));
	if (odd & APPX_CATALOG)
		digest_add(out, "AXCI", buffer_span(&m->catalog));
	if (odd & APPX_TAG_UNKNOWN)
		digest_add(out, "AXXX", SPAN_NONE);
}

static struct span content_make(struct forge *f, unsigned odd, struct span digests)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	size_t whole = der_open(&out, DER_SEQUENCE), data = der_open(&out, DER_SEQUENCE), part;

	der_add(&out, DER_OID, SIP_INFO);
	part = der_open(&out, DER_SEQUENCE);
	der_add(&out, DER_INTEGER, SPAN_LITERAL("\x01\x01\0\0"));
	der_add(&out, DER_OCTET_STRING,
		odd & APPX_OTHER_KIND  ? INSTALLER
		: odd & APPX_IS_BUNDLE ? BUNDLE
				       : PACKAGE);
	for (int i = 0; i < 5; i++)
		der_add_number(&out, 0);
	der_close(&out, part);
	der_close(&out, data);
	part = der_open(&out, DER_SEQUENCE);
	der_add_algorithm(&out, forge_digest_oid("SHA256", false), true);
	der_add(&out, DER_OCTET_STRING,
		odd & APPX_OTHER_KIND ? span_clip(digests, 8, 32) : digests);
	der_close(&out, part);
	der_close(&out, whole);
	return forge_keep(f, buffer_span(&out));
}

static void change(struct made *m, unsigned odd)
{
	struct span data = m->items[odd & APPX_IS_BUNDLE ? 1 : 0].data;

	if (odd & APPX_CHANGED)
		m->file[data.len / 2] = '!';
	if (odd & APPX_MAP_CHANGED)
		buffer_text(&m->map, "<!-- another -->");
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->items[i].name, "AppxBlockMap.xml") == 0)
			m->items[i].data = buffer_span(&m->map);
	if (odd & APPX_CATALOG_CHANGED)
		m->catalog.bytes[m->catalog.len - 1] ^= 1;
	if (odd & APPX_ADDED)
		item_add(m, "added.dll", SPAN_TEXT("added"));
}

void forge_appx_make(struct forge *f, unsigned odd, unsigned number, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer archive = BUFFER_INIT, digests = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer signature = BUFFER_INIT;
	struct forge_signature wish = { 0 };
	struct zip_plan plan = { .wide = odd & APPX_WIDE };
	struct made *m = (struct made *)calloc(1, sizeof *m);

	if (!m)
		forge_fail("memory");
	manifest_write(m, odd, number);
	if (odd & APPX_CATALOG)
		catalog_write(f, m, odd);
	files_add(m, odd, number);
	plan.items = m->items;
	plan.n = m->n;
	zip_build(&archive, &plan);
	digests_make(m, buffer_span(&archive), odd, &digests);
	wish.content = content_make(f, odd, buffer_span(&digests));
	buffer_text(&signature, odd & APPX_NO_MAGIC ? "PKCY" : "PKCX");
	buffer_add(&signature, forge_signature_make(f, &wish, NULL, SPAN_NONE));
	change(m, odd);
	item_add(m, "AppxSignature.p7x", buffer_span(&signature));
	m->items[m->n - 1].deflate = odd & APPX_DEFLATED;
	plan.n = m->n;
	zip_build(out, &plan);
	buffer_free(&m->map);
	buffer_free(&m->manifest);
	buffer_free(&m->catalog);
	free(m);
}
