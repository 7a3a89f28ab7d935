/* SPDX-License-Identifier: MIT */
/*
 * Signed packages, good and bad, judged from end to end; xmlsec1, where it is at
 * hand, says the same of their mathematics.
 */
#include "tests/check.h"
#include "tests/court.h"
#include "tests/xml_builder.h"
#include "tests/zip_builder.h"

#include <unistd.h>

#define RELS "http://schemas.openxmlformats.org/package/2006/relationships"

enum opc_odd {
	ADDED = 1 << 0,        /* a part, after signing */
	CHANGED = 1 << 1,      /* a part, after signing */
	GONE = 1 << 2,         /* a part, after signing */
	RETYPED = 1 << 3,      /* another content type, after signing */
	OBJECT = 1 << 4,       /* the object, after signing */
	BAD_VALUE = 1 << 5,    /* its mathematics */
	TWICE = 1 << 6,        /* the object's Id once more */
	ELSEWHERE = 1 << 7,    /* it signs something else */
	NO_SIGNATURE = 1 << 8, /* the origin leads nowhere */
	REORDERED = 1 << 9,    /* relationships, after signing: they mean the same */
	OTHER_KEY = 1 << 10,   /* KeyValue of somebody else */
	ODD_FORM = 1 << 11,    /* a transform that nobody knows */
	NO_ORIGIN = 1 << 12,   /* nor is there an origin any more */
};

static const struct {
	const char *what, *signer;
	unsigned odd;
	const char *verdict, *finding;
} packages[] = {
	{"an extension",                        "good",         0,                        "valid",       NULL              },
	{ "relationships in another order",     "good",         REORDERED,                "valid",       NULL              },
	{ "a stranger",			 "rsa-stranger", 0,                        "untrusted",   NULL              },
	{ "a part more",                        "good",         ADDED,                    "partial",     "opc.unlisted"    },
	{ "a changed part",                     "good",         CHANGED,                  "tampered",    "opc.part-changed"},
	{ "a part less",                        "good",         GONE,                     "tampered",    "opc.part-missing"},
	{ "another content type",               "good",         RETYPED,                  "valid",       "opc.content-type"},
	{ "a changed object",                   "good",         OBJECT,                   "broken",      NULL              },
	{ "its mathematics",                    "good",         BAD_VALUE,                "broken",      NULL              },
	{ "two objects of one Id",              "good",         TWICE,                    "broken",      NULL              },
	{ "something else signed",              "good",         ELSEWHERE,                "unsupported", NULL              },
	{ "no signature at the origin",         "good",         NO_SIGNATURE,             "stripped",    NULL              },
	{ "no origin where one is named",       "good",         NO_ORIGIN | NO_SIGNATURE, "stripped",    NULL              },
	{ "another key beside the certificate", "good",         OTHER_KEY,                "broken",      NULL              },
	{ "an unknown transform",               "good",         ODD_FORM,                 "unsupported", NULL              },
};

#define TYPES                                                                                  \
	"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"       \
	"<Default Extension=\"rels\" ContentType=\"application/rels\"/><Default "              \
	"Extension=\"dll\" ContentType=\"%s\"/><Default Extension=\"vsixmanifest\" "           \
	"ContentType=\"text/xml\"/></Types>"
#define FOLDER "package/services/digital-signature/"
#define ONE    "<Relationship Id=\"a\" Target=\"x.dll\" Type=\"t\"/>"
#define ORIGIN                                                                                 \
	"<Relationship Id=\"o\" Target=\"/" FOLDER "origin.psdor\" Type=\"" RELS               \
	"/digital-signature/origin\"/>"

static void reference_write(struct buffer *out, const char *part, const char *type,
			    const char *transforms, const char *text)
{
	buffer_printf(
		out,
		"<Reference URI=\"/%s?ContentType=%s\">%s<DigestMethod Algorithm=\"" SHA256
		"\"></DigestMethod><DigestValue>",
		part, type, transforms);
	xml_digest_write(out, SPAN_TEXT(text));
	buffer_text(out, "</DigestValue></Reference>");
}

/* The object of the package; the canonical one has its namespace. */
static void object_write(struct buffer *out, unsigned odd, bool canonical)
{
	buffer_printf(out, "<Object%s Id=\"idPackageObject\"><Manifest>",
		      canonical ? " xmlns=\"" DSIG "\"" : "");
	reference_write(out, "lib/a.dll", "application/octet-stream",
			odd & ODD_FORM
				? "<Transforms><Transform Algorithm=\"urn:x\"></Transform>"
				  "</Transforms>"
				: "",
			"a library library");
	reference_write(out, "extension.vsixmanifest", "text/xml", "", "<PackageManifest/>");
	reference_write(
		out, "_rels/.rels", "application/rels",
		"<Transforms><Transform Algorithm=\"http://schemas.openxmlformats.org/package/"
		"2006/RelationshipTransform\"><RelationshipReference xmlns=\"http://schemas."
		"openxmlformats.org/package/2006/digital-signature\" SourceId=\"a\">"
		"</RelationshipReference></Transform><Transform Algorithm=\"" C14N
		"\"></Transform></Transforms>",
		"<Relationships xmlns=\"" RELS "\"><Relationship Id=\"a\" Target=\"x.dll\" "
		"TargetMode=\"Internal\" Type=\"t\"></Relationship></Relationships>");
	buffer_text(out, "</Manifest></Object>");
}

static void package_signature(struct forge *f, size_t row, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer canonical = BUFFER_INIT;
	unsigned odd = packages[row].odd;
	struct xml_info plan = { .form = C14N, .uri = "#idPackageObject" };

	object_write(&canonical, odd, true);
	plan.signed_text = buffer_span(&canonical);
	if (odd & ELSEWHERE)
		plan.uri = "#another";
	buffer_text(out, "<Signature xmlns=\"" DSIG "\">");
	xml_signature_write(f, out, &plan, packages[row].signer, odd & BAD_VALUE);
	buffer_text(out, "<KeyInfo>");
	if (odd & OTHER_KEY)
		xml_key_write(f, out, "repository");
	xml_certificates_write(f, out, packages[row].signer);
	buffer_text(out, "</KeyInfo>");
	object_write(out, odd, false);
	if (odd & OBJECT) {
		buffer_cut(out, out->len - strlen("</Object>"));
		buffer_text(out, " </Object>");
	}
	if (odd & TWICE)
		buffer_text(out, "<Object Id=\"idPackageObject\"></Object>");
	buffer_text(out, "</Signature>");
}

static void package_make(struct forge *f, size_t row, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer types = BUFFER_INIT, rels = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer signature = BUFFER_INIT;
	unsigned odd = packages[row].odd;
	struct zip_item items[10] = { { .name = "" } };
	struct zip_plan plan = { .items = items };

	buffer_printf(&types, TYPES, odd & RETYPED ? "text/plain" : "application/octet-stream");
	buffer_printf(&rels, "<Relationships xmlns=\"" RELS "\">%s%s</Relationships>",
		      odd & REORDERED ? ORIGIN "\n" : ONE, odd & REORDERED ? ONE : ORIGIN);
	package_signature(f, row, &signature);
	items[plan.n++] =
		(struct zip_item){ .name = "[Content_Types].xml", .data = buffer_span(&types) };
	items[plan.n++] =
		(struct zip_item){ .name = "_rels/.rels", .data = buffer_span(&rels) };
	if (!(odd & GONE))
		items[plan.n++] = (struct zip_item){
			.name = "lib/a.dll",
			.text = odd & CHANGED ? "A library library" : "a library library",
			.deflate = true,
		};
	items[plan.n++] = (struct zip_item){ .name = "extension.vsixmanifest",
					     .text = "<PackageManifest/>" };
	if (!(odd & NO_ORIGIN))
		items[plan.n++] =
			(struct zip_item){ .name = FOLDER "origin.psdor", .text = "" };
	if (!(odd & NO_SIGNATURE))
		items[plan.n++] = (struct zip_item){
			.name = FOLDER "_rels/origin.psdor.rels",
			.text = "<Relationships xmlns=\"" RELS
				"\"><Relationship Id=\"s\" Target=\"s.psdsxs\" Type=\"" RELS
				"/digital-signature/signature\"/></Relationships>",
		};
	items[plan.n++] = (struct zip_item){ .name = FOLDER "s.psdsxs",
					     .data = buffer_span(&signature),
					     .deflate = true };
	if (odd & ADDED)
		items[plan.n++] = (struct zip_item){ .name = "lib/evil.dll", .text = "evil" };
	zip_build(out, &plan);
}

/* Does xmlsec1 say the same of the mathematics of a package's signature? */
static void test_beside_xmlsec(struct forge *f)
{
	for (size_t row = 0; row < COUNT_OF(packages); row++) {
		CLEANUP(buffer_free) struct buffer xml = BUFFER_INIT;
		char path[] = "/tmp/assay-dsig-XXXXXX", command[256];
		int fd, result;

		if (packages[row].odd & ~(unsigned)(OBJECT | BAD_VALUE))
			continue;
		fd = mkstemp(path);
		if (fd < 0)
			forge_fail("mkstemp");
		package_signature(f, row, &xml);
		if (write(fd, xml.bytes, xml.len) != (ssize_t)xml.len)
			forge_fail("write");
		(void)close(fd);
		(void)snprintf(
			command, sizeof(command),
			"xmlsec1 --verify --insecure --ignore-manifests --id-attr:Id " DSIG
			":Object %s >/dev/null 2>&1",
			path);
		result = system(command);
		(void)unlink(path);
		if (result == 127 << 8) {
			printf("# skip: xmlsec1 is not at hand\n");
			return;
		}
		CHECK((result == 0) == (packages[row].odd == 0), "%s, says xmlsec1",
		      packages[row].what);
	}
}

int main(void)
{
	struct forge *f = forge_new();
	struct court court;

	court_open(&court, f);
	for (size_t i = 0; i < COUNT_OF(packages); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		const struct report *r;

		package_make(f, i, &file);
		r = court_judge(&court, buffer_span(&file));
		CHECK(r->format && strcmp(r->format, "opc") == 0 &&
			      strcmp(assay_verdict_word(r->verdict), packages[i].verdict) == 0,
		      "%s: %s", packages[i].what, assay_verdict_word(r->verdict));
		if (packages[i].finding)
			CHECK(court_has(r, packages[i].finding), "%s: %s", packages[i].what,
			      packages[i].finding);
	}
	test_beside_xmlsec(f);
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
