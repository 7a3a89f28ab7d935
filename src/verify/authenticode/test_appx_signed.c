/* SPDX-License-Identifier: MIT */
/* APPX packages and bundles, signed well and badly, judged from end to end. */
#include "base/base64.h"
#include "base/cursor.h"
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/signing.h"
#include "tests/zip_builder.h"
#include "verify/publisher.h"

#define SIP_INFO  OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1e")
#define PACKAGE   SPAN_LITERAL("\x4b\xdf\xc5\x0a\x07\xce\xe2\x4d\xb7\x6e\x23\xc8\x39\xa0\x9f\xd1")
#define BUNDLE    SPAN_LITERAL("\xb3\x58\x5f\x0f\xde\xaa\x9a\x4b\xa4\x34\x95\x74\x2d\x92\xec\xeb")
#define INSTALLER SPAN_LITERAL("\xf1\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46")

enum odd {
	WIDE = 1 << 0, /* ZIP64 end records */
	IS_BUNDLE = 1 << 1,
	MISPLACED = 1 << 2,   /* the bundle's manifest says another place */
	LONG_FILE = 1 << 3,   /* of several blocks, stored */
	CHANGED = 1 << 4,     /* a file, after signing */
	ADDED = 1 << 5,       /* an entry, after signing */
	UNMAPPED = 1 << 6,    /* an entry that the block map leaves out, signed so */
	LEFT_OVER = 1 << 7,   /* a row of the block map without a file, signed so */
	WRONG_BLOCK = 1 << 8, /* a wrong digest in the block map, signed so */
	OTHER_NAME = 1 << 9,  /* the manifest names another publisher */
	TAG_MISSING = 1 << 10,
	TAG_TWICE = 1 << 11,
	TAG_UNKNOWN = 1 << 12,
	OTHER_KIND = 1 << 13, /* a signature for an installer package */
	NO_MAGIC = 1 << 14,
	DEFLATED = 1 << 15,    /* the signature */
	MAP_CHANGED = 1 << 16, /* file and block map, after signing */
	CATALOG = 1 << 17,     /* AppxMetadata/CodeIntegrity.cat */
	NO_MAP = 1 << 18,
};

static const struct {
	const char *what;
	unsigned odd;
	const char *verdict, *finding;
} rows[] = {
	{"a package",			   0,                     "valid",      NULL                  },
	{ "ZIP64 records",                      WIDE,                  "valid",      NULL                  },
	{ "a deflated signature",               DEFLATED,              "valid",      NULL                  },
	{ "a file of several blocks",           LONG_FILE,             "valid",      NULL                  },
	{ "a catalog",			  CATALOG,               "valid",      NULL                  },
	{ "a bundle",			   IS_BUNDLE,             "valid",      NULL                  },
	{ "a bundle that says another place",   IS_BUNDLE | MISPLACED, "broken",     "appx.bundle"         },
	{ "a changed file",                     CHANGED,               "tampered",   "appx.file-changed"   },
	{ "a changed file of several blocks",   CHANGED | LONG_FILE,   "tampered",
         "appx.file-changed"									       },
	{ "a changed file and block map",       CHANGED | MAP_CHANGED, "mismatched",
         "appx.part-changed"									       },
	{ "an entry more",                      ADDED,                 "tampered",   "appx.unmapped"       },
	{ "an entry that was never listed",     UNMAPPED,              "partial",    "appx.unmapped"       },
	{ "a row without a file",               LEFT_OVER,             "broken",     "appx.file-missing"   },
	{ "a wrong digest of a block",          WRONG_BLOCK,           "partial",    "appx.file-changed"   },
	{ "another publisher",                  OTHER_NAME,            "valid",      "appx.publisher"      },
	{ "a digest missing",                   TAG_MISSING,           "broken",     NULL                  },
	{ "a digest twice",                     TAG_TWICE,             "broken",     NULL                  },
	{ "a digest that nobody knows",         TAG_UNKNOWN,           "broken",     NULL                  },
	{ "a signature for an installer",       OTHER_KIND,            "grafted",    "spc.data-type"       },
	{ "another beginning of the signature", NO_MAGIC,              "broken",     "appx.signature-magic"},
	{ "no block map",                       NO_MAP,                "mismatched", "appx.part-missing"   },
};

static const struct {
	const char *said, *subject;
	bool same;
} names[] = {
	{"CN=a",                 "CN=a",              true },
	{ "CN=a, O=b, S=c, C=d", "CN=a,O=b,ST=c,C=d", true },
	{ "CN=\"a, b\", O=c",    "CN=a\\, b,O=c",     true },
	{ "CN=\"a \"\"b\"\"\"",  "CN=a \\\"b\\\"",    true },
	{ "CN=\xc3\xa9",         "CN=\\c3\\a9",       true },
	{ "CN=a",                "CN=b",              false},
	{ "CN=a",                "O=a",               false},
	{ "CN=a, O=b",           "CN=a",              false},
	{ "CN=a",                "CN=a,O=b",          false},
	{ "O=b, CN=a",           "CN=a,O=b",          false},
	{ "",		    "CN=a",              false},
	{ "CN=",		 "CN=",               true },
};

#define FILE_BYTES 150000
#define MAX_ITEMS  10

struct made {
	char file[FILE_BYTES + 1];
	struct buffer map, manifest;
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

static void manifest_write(struct made *m, unsigned odd)
{
	const char *publisher =
		odd & OTHER_NAME ? "CN=Somebody Else" : "CN=Honest Programs, O=Assay Forge";

	if (odd & IS_BUNDLE)
		buffer_printf(
			&m->manifest,
			"<Bundle xmlns=\"http://schemas.microsoft.com/appx/2013/bundle\">"
			"<Identity Name=\"a\" Publisher=\"%s\"/><Packages><Package "
			"FileName=\"a.appx\" Offset=\"%d\" Size=\"12\"/></Packages></Bundle>",
			publisher, odd & MISPLACED ? 37 : 36);
	else
		buffer_printf(&m->manifest,
			      "<Package xmlns=\"http://schemas.microsoft.com/appx/manifest/"
			      "foundation/windows10\"><Identity Name=\"a\" Publisher=\"%s\"/>"
			      "</Package>",
			      publisher);
}

static void files_add(struct made *m, unsigned odd)
{
	const char *name =
		odd & IS_BUNDLE ? "AppxMetadata/AppxBundleManifest.xml" : "AppxManifest.xml";
	size_t len = odd & LONG_FILE ? FILE_BYTES : 5000;

	if (odd & IS_BUNDLE)
		item_add(m, "a.appx", SPAN_TEXT("a package..."));
	for (size_t i = 0; i < len; i++)
		m->file[i] = (char)('a' + i % 23);
	buffer_text(&m->map,
		    "<BlockMap xmlns=\"http://schemas.microsoft.com/appx/2010/blockmap\" "
		    "HashMethod=\"http://www.w3.org/2001/04/xmlenc#sha256\">");
	map_row(&m->map, "a program.exe", (struct span){ (uint8_t *)m->file, len },
		odd & WRONG_BLOCK);
	map_row(&m->map, "icon.png", SPAN_TEXT("a picture"), false);
	map_row(&m->map, odd & IS_BUNDLE ? "AppxMetadata\\AppxBundleManifest.xml" : name,
		buffer_span(&m->manifest), false);
	if (odd & LEFT_OVER)
		map_row(&m->map, "gone.dll", SPAN_TEXT("gone"), false);
	buffer_text(&m->map, "</BlockMap>");
	item_add(m, "a%20program.exe", (struct span){ (uint8_t *)m->file, len });
	m->items[m->n - 1].deflate = !(odd & LONG_FILE);
	item_add(m, "icon.png", SPAN_TEXT("a picture"));
	item_add(m, name, buffer_span(&m->manifest));
	if (odd & UNMAPPED)
		item_add(m, "hidden.dll", SPAN_TEXT("hidden"));
	if (odd & CATALOG)
		item_add(m, "AppxMetadata/CodeIntegrity.cat", SPAN_TEXT("a catalog"));
	if (!(odd & NO_MAP))
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
	uint64_t directory = directory_of(archive, odd & WIDE);

	buffer_text(out, "APPX");
	digest_add(out, "AXPC", span_clip(archive, 0, directory));
	digest_add(out, "AXCD", span_after(archive, directory));
	if (!(odd & TAG_MISSING))
		digest_add(out, "AXCT", SPAN_TEXT("<Types/>"));
	if (odd & TAG_TWICE)
		digest_add(out, "AXCT", SPAN_TEXT("<Types/>"));
	digest_add(out, "AXBM", buffer_span(&m->map));
	if (odd & CATALOG)
		digest_add(out, "AXCI", SPAN_TEXT("a catalog"));
	if (odd & TAG_UNKNOWN)
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
		odd & OTHER_KIND  ? INSTALLER
		: odd & IS_BUNDLE ? BUNDLE
				  : PACKAGE);
	for (int i = 0; i < 5; i++)
		der_add_number(&out, 0);
	der_close(&out, part);
	der_close(&out, data);
	part = der_open(&out, DER_SEQUENCE);
	der_add_algorithm(&out, forge_digest_oid("SHA256", false), true);
	der_add(&out, DER_OCTET_STRING, odd & OTHER_KIND ? span_clip(digests, 8, 32) : digests);
	der_close(&out, part);
	der_close(&out, whole);
	return forge_keep(f, buffer_span(&out));
}

static void change(struct made *m, unsigned odd)
{
	struct span data = m->items[odd & IS_BUNDLE ? 1 : 0].data;

	if (odd & CHANGED)
		m->file[data.len / 2] = '!';
	if (odd & MAP_CHANGED)
		buffer_text(&m->map, "<!-- another -->");
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->items[i].name, "AppxBlockMap.xml") == 0)
			m->items[i].data = buffer_span(&m->map);
	if (odd & ADDED)
		item_add(m, "added.dll", SPAN_TEXT("added"));
}

static void row_make(struct forge *f, unsigned odd, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer archive = BUFFER_INIT, digests = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer signature = BUFFER_INIT;
	struct forge_signature wish = { 0 };
	struct zip_plan plan = { .wide = odd & WIDE };
	struct made *m = (struct made *)calloc(1, sizeof *m);

	if (!m)
		forge_fail("memory");
	manifest_write(m, odd);
	files_add(m, odd);
	plan.items = m->items;
	plan.n = m->n;
	zip_build(&archive, &plan);
	digests_make(m, buffer_span(&archive), odd, &digests);
	wish.content = content_make(f, odd, buffer_span(&digests));
	buffer_text(&signature, odd & NO_MAGIC ? "PKCY" : "PKCX");
	buffer_add(&signature, forge_signature_make(f, &wish, NULL, SPAN_NONE));
	change(m, odd);
	item_add(m, "AppxSignature.p7x", buffer_span(&signature));
	m->items[m->n - 1].deflate = odd & DEFLATED;
	plan.n = m->n;
	zip_build(out, &plan);
	buffer_free(&m->map);
	buffer_free(&m->manifest);
	free(m);
}

static void test_packages(struct forge *f, struct court *court)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		const struct report *r;

		row_make(f, rows[i].odd, &file);
		r = court_judge(court, buffer_span(&file));
		CHECK(r->format && strcmp(r->format, "appx") == 0 &&
			      strcmp(assay_verdict_word(r->verdict), rows[i].verdict) == 0,
		      "%s: %s", rows[i].what, assay_verdict_word(r->verdict));
		if (rows[i].finding)
			CHECK(court_has(r, rows[i].finding), "%s: %s", rows[i].what,
			      rows[i].finding);
		if (!rows[i].finding && strcmp(rows[i].verdict, "valid") == 0)
			CHECK(r->n_findings == 0, "%s: nothing else", rows[i].what);
	}
}

static void test_names(void)
{
	for (size_t i = 0; i < COUNT_OF(names); i++)
		CHECK(publisher_is(SPAN_TEXT(names[i].said), SPAN_TEXT(names[i].subject)) ==
			      names[i].same,
		      "%s, %s", names[i].said, names[i].subject);
}

int main(void)
{
	struct forge *f = forge_new();
	struct court court;

	court_open(&court, f);
	test_packages(f, &court);
	test_names();
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
