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
	ORIGIN_FULL = 1 << 13, /* something stands in the origin */
	ORIGIN_TWICE = 1 << 14,
	OWN_PARTS = 1 << 15,    /* certificates are parts of their own, and nowhere else */
	OTHER_PART = 1 << 16,   /* somebody else's certificate is such a part */
	EVIL_PART = 1 << 17,    /* something else is */
	LARGE_PART = 1 << 18,   /* his certificate is, with something behind it */
	EVIL_LIST = 1 << 19,    /* relationships that are none */
	SECOND = 1 << 20,       /* a stranger signs it too, with a part of his own */
	SECOND_KNOWN = 1 << 21, /* somebody known does */
};

static const struct {
	const char *what, *signer;
	unsigned odd;
	const char *verdict, *finding;
} packages[] = {
	{"an extension",                        "good",         0,                                 "valid",       NULL              },
	{ "relationships in another order",     "good",         REORDERED,                         "valid",       NULL              },
	{ "a stranger",			 "rsa-stranger", 0,                                 "untrusted",   NULL              },
	{ "a part more",                        "good",         ADDED,                             "partial",     "opc.unlisted"    },
	{ "a changed part",                     "good",         CHANGED,                           "tampered",    "opc.part-changed"},
	{ "a part less",                        "good",         GONE,                              "tampered",    "opc.part-missing"},
	{ "another content type",               "good",         RETYPED,                           "tampered",    "opc.content-type"},
	{ "a changed object",                   "good",         OBJECT,                            "broken",      NULL              },
	{ "its mathematics",                    "good",         BAD_VALUE,                         "broken",      NULL              },
	{ "two objects of one Id",              "good",         TWICE,                             "broken",      NULL              },
	{ "something else signed",              "good",         ELSEWHERE,                         "unsupported", NULL              },
	{ "no signature at the origin",         "good",         NO_SIGNATURE,                      "stripped",    NULL              },
	{ "no origin where one is named",       "good",         NO_ORIGIN | NO_SIGNATURE,          "stripped",    NULL              },
	{ "another key beside the certificate", "good",         OTHER_KEY,                         "broken",      NULL              },
	{ "a full origin",                      "good",         ORIGIN_FULL,                       "partial",     "opc.unlisted"    },
	{ "two origins",                        "good",         ORIGIN_TWICE,                      "broken",      "opc.origin-twice"},
	{ "certificates in parts",              "good",         OWN_PARTS,                         "valid",       NULL              },
	{ "a stranger's certificate in a part", "good",         OTHER_PART,                        "partial",     "opc.unlisted"    },
	{ "a program for a certificate",        "good",         EVIL_PART,                         "partial",     "opc.unlisted"    },
	{ "a certificate and more",             "good",         LARGE_PART,                        "partial",     "opc.unlisted"    },
	{ "relationships that are none",        "good",         EVIL_LIST,                         "partial",     "opc.unlisted"    },
	{ "a stranger's signature too",         "good",         SECOND,                            "partial",     "opc.unlisted"    },
	{ "two signatures",                     "good",         OWN_PARTS | SECOND | SECOND_KNOWN, "valid",       NULL              },
	{ "an unknown transform",               "good",         ODD_FORM,                          "unsupported", NULL              },
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
#define OTHER_ORIGIN                                                                           \
	"<Relationship Id=\"p\" Target=\"/lib/a.dll\" Type=\"" RELS                            \
	"/digital-signature/origin\"/>"
#define SIGNED(name)                                                                           \
	"<Relationship Id=\"" name "\" Target=\"" name ".psdsxs\" Type=\"" RELS                \
	"/digital-signature/signature\"/>"

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

static void package_signature(struct forge *f, size_t row, const char *signer,
			      struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer canonical = BUFFER_INIT;
	unsigned odd = packages[row].odd;
	struct xml_info plan = { .form = C14N, .uri = "#idPackageObject" };

	object_write(&canonical, odd, true);
	plan.signed_text = buffer_span(&canonical);
	if (odd & ELSEWHERE)
		plan.uri = "#another";
	buffer_text(out, "<Signature xmlns=\"" DSIG "\">");
	xml_signature_write(f, out, &plan, signer, odd & BAD_VALUE);
	buffer_text(out, "<KeyInfo>");
	if (odd & OTHER_KEY)
		xml_key_write(f, out, "repository");
	if (!(odd & OWN_PARTS))
		xml_certificates_write(f, out, signer);
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

#define MAX_ITEMS 24

/* A package under way. */
struct making {
	struct forge *f;
	struct arena arena; /* of names and contents */
	size_t row;
	struct zip_item items[MAX_ITEMS];
	struct zip_plan plan;
};

static void item_add(struct making *m, const char *name, struct span data)
{
	if (m->plan.n == MAX_ITEMS)
		forge_fail("items");
	m->items[m->plan.n++] = (struct zip_item){
		.name = name,
		.data = arena_copy(&m->arena, data),
	};
}

static void text_add(struct making *m, const char *name, const char *text)
{
	item_add(m, name, SPAN_TEXT(text));
}

/* A certificate as a part of its own. */
static void certificate_add(struct making *m, struct span der, const char *what, size_t i,
			    struct buffer *rels)
{
	const char *name = arena_printf(&m->arena, FOLDER "certificate/%s%zu.cer", what, i);

	buffer_printf(rels,
		      "<Relationship Id=\"c%zu\" Target=\"/%s\" Type=\"" RELS
		      "/digital-signature/certificate\"/>",
		      i, name);
	item_add(m, name, der);
}

/* The parts to which a signature leads. */
static void parts_add(struct making *m, const char *signer, struct buffer *rels)
{
	unsigned odd = packages[m->row].odd;
	const struct pki_certificate *chain[FORGE_MAX_CHAIN];
	CLEANUP(buffer_free) struct buffer larger = BUFFER_INIT;
	size_t n = forge_chain(m->f, signer, chain);

	for (size_t i = 0; i < n && odd & OWN_PARTS; i++)
		certificate_add(m, chain[i]->der, signer, i + 1, rels);
	if (odd & (OWN_PARTS | SECOND))
		certificate_add(m, forge_identity(m->f, signer)->der, signer, 0, rels);
	if (odd & OTHER_PART)
		certificate_add(m, forge_identity(m->f, "rsa-stranger")->der, "x", 0, rels);
	if (odd & EVIL_PART)
		certificate_add(m, SPAN_LITERAL("MZ evil"), "x", 0, rels);
	buffer_add(&larger, forge_identity(m->f, signer)->der);
	buffer_text(&larger, "MZ evil");
	if (odd & LARGE_PART)
		certificate_add(m, buffer_span(&larger), "x", 0, rels);
}

static void signature_add(struct making *m, const char *signer, const char *name)
{
	CLEANUP(buffer_free) struct buffer signature = BUFFER_INIT, rels = BUFFER_INIT;

	package_signature(m->f, m->row, signer, &signature);
	item_add(m, arena_printf(&m->arena, FOLDER "%s", name), buffer_span(&signature));
	m->items[m->plan.n - 1].deflate = true;
	buffer_text(&rels, "<Relationships xmlns=\"" RELS "\">");
	parts_add(m, signer, &rels);
	buffer_text(&rels, "</Relationships>");
	item_add(m, arena_printf(&m->arena, FOLDER "_rels/%s.rels", name),
		 packages[m->row].odd & EVIL_LIST ? SPAN_LITERAL("MZ evil")
						  : buffer_span(&rels));
}

static void relationships_add(struct making *m)
{
	CLEANUP(buffer_free) struct buffer rels = BUFFER_INIT;
	unsigned odd = packages[m->row].odd;

	buffer_printf(&rels, "<Relationships xmlns=\"" RELS "\">%s%s%s</Relationships>",
		      odd & REORDERED ? ORIGIN "\n" : ONE, odd & REORDERED ? ONE : ORIGIN,
		      odd & ORIGIN_TWICE ? OTHER_ORIGIN : "");
	item_add(m, "_rels/.rels", buffer_span(&rels));
	if (!(odd & NO_ORIGIN))
		text_add(m, FOLDER "origin.psdor", odd & ORIGIN_FULL ? "MZ evil" : "");
	if (odd & NO_SIGNATURE)
		return;
	text_add(m, FOLDER "_rels/origin.psdor.rels",
		 odd & SECOND ? "<Relationships xmlns=\"" RELS "\">" SIGNED("s")
					SIGNED("t") "</Relationships>"
			      : "<Relationships xmlns=\"" RELS
				"\">" SIGNED("s") "</Relationships>");
}

static void package_make(struct forge *f, size_t row, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer types = BUFFER_INIT;
	unsigned odd = packages[row].odd;
	struct making m = { .f = f, .arena = ARENA_INIT((size_t)4 << 20), .row = row };

	buffer_printf(&types, TYPES, odd & RETYPED ? "text/plain" : "application/octet-stream");
	item_add(&m, "[Content_Types].xml", buffer_span(&types));
	relationships_add(&m);
	if (!(odd & GONE)) {
		text_add(&m, "lib/a.dll",
			 odd & CHANGED ? "A library library" : "a library library");
		m.items[m.plan.n - 1].deflate = true;
	}
	text_add(&m, "extension.vsixmanifest", "<PackageManifest/>");
	signature_add(&m, packages[row].signer, "s.psdsxs");
	if (odd & SECOND)
		signature_add(&m, odd & SECOND_KNOWN ? "repository" : "rsa-stranger",
			      "t.psdsxs");
	if (odd & ADDED)
		text_add(&m, "lib/evil.dll", "evil");
	m.plan.items = m.items;
	zip_build(out, &m.plan);
	arena_free(&m.arena);
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
		package_signature(f, row, packages[row].signer, &xml);
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
