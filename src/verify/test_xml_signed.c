/* SPDX-License-Identifier: MIT */
/*
 * Packages and manifests with XML signatures, good and bad, judged from end to
 * end.  What is signed is written in canonical form by hand, so that a mistake
 * of ours in writing it cannot hide; xmlsec1, where it is at hand, agrees.
 */
#include "base/base64.h"
#include "crypto/x509.h"
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/signing.h"
#include "tests/zip_builder.h"

#include <unistd.h>

#define DSIG      "http://www.w3.org/2000/09/xmldsig#"
#define C14N      "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define EXCLUSIVE "http://www.w3.org/2001/10/xml-exc-c14n#"
#define SHA256    "http://www.w3.org/2001/04/xmlenc#sha256"
#define RSA       "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
#define RELS      "http://schemas.openxmlformats.org/package/2006/relationships"
#define ASM_1     "urn:schemas-microsoft-com:asm.v1"
#define ASM_2     "urn:schemas-microsoft-com:asm.v2"
#define RIGHTS    "urn:mpeg:mpeg21:2003:01-REL-R-NS"
#define PKI       "http://schemas.microsoft.com/windows/pki/2005/Authenticode"
#define RELDATA   "http://schemas.microsoft.com/windows/rel/2005/reldata"

/* Base64 of the SHA-256 of @text; and its bytes. */
static void digest_write(struct buffer *out, struct span text)
{
	struct forge_digest d = forge_digest_of("SHA256", &text, 1);

	base64_encode(out, forge_digest_span(&d));
}

/* What @signer signs of @text, as PKCS #1 v1.5 does. */
static void value_write(struct forge *f, const char *signer, struct span text, bool bad,
			struct buffer *out)
{
	const struct pki_certificate *certificate = forge_identity(f, signer);
	struct forge_digest d = forge_digest_of("SHA256", &text, 1);
	CLEANUP(buffer_free) struct buffer block = BUFFER_INIT;
	size_t whole = der_open(&block, DER_SEQUENCE);

	der_add_algorithm(&block, forge_digest_oid("SHA256", false), true);
	d.bytes[0] ^= bad;
	der_add(&block, DER_OCTET_STRING, forge_digest_span(&d));
	der_close(&block, whole);
	base64_encode(out,
		      pki_sign(forge_pki(f), certificate->key, "SHA256", buffer_span(&block)));
}

/* A SignedInfo as it stands in a Signature, and in canonical form. */
struct info_plan {
	const char *form, *uri;
	bool enveloped;
	struct span signed_text;
};

static void info_write(struct buffer *out, const struct info_plan *plan, bool canonical)
{
	buffer_printf(out,
		      "<SignedInfo%s><CanonicalizationMethod Algorithm=\"%s\">"
		      "</CanonicalizationMethod><SignatureMethod Algorithm=\"" RSA
		      "\"></SignatureMethod><Reference URI=\"%s\"><Transforms>",
		      canonical ? " xmlns=\"" DSIG "\"" : "", plan->form, plan->uri);
	if (plan->enveloped)
		buffer_text(out, "<Transform Algorithm=\"" DSIG
				 "enveloped-signature\"></Transform>");
	buffer_printf(out,
		      "<Transform Algorithm=\"%s\"></Transform></Transforms><DigestMethod "
		      "Algorithm=\"" SHA256 "\"></DigestMethod><DigestValue>",
		      plan->form);
	digest_write(out, plan->signed_text);
	buffer_text(out, "</DigestValue></Reference></SignedInfo>");
}

/* SignedInfo and SignatureValue. */
static void signature_write(struct forge *f, struct buffer *out, const struct info_plan *plan,
			    const char *signer, bool bad)
{
	CLEANUP(buffer_free) struct buffer canonical = BUFFER_INIT;

	info_write(out, plan, false);
	info_write(&canonical, plan, true);
	buffer_text(out, "<SignatureValue>");
	value_write(f, signer, buffer_span(&canonical), bad, out);
	buffer_text(out, "</SignatureValue>");
}

static void certificates_write(struct forge *f, struct buffer *out, const char *signer)
{
	const struct pki_certificate *chain[FORGE_MAX_CHAIN];
	size_t n = forge_chain(f, signer, chain);

	buffer_text(out, "<X509Data>");
	for (size_t i = n; i > 0; i--) {
		buffer_text(out, "<X509Certificate>");
		base64_encode(out, chain[i - 1]->der);
		buffer_text(out, "</X509Certificate>");
	}
	buffer_text(out, "<X509Certificate>");
	base64_encode(out, forge_identity(f, signer)->der);
	buffer_text(out, "</X509Certificate></X509Data>");
}

static void key_write(struct forge *f, struct buffer *out, const char *signer)
{
	struct certificate c;

	if (certificate_read(forge_identity(f, signer)->der, &c, NULL) != STATUS_OK)
		forge_fail(signer);
	buffer_text(out, "<KeyValue><RSAKeyValue><Modulus>");
	base64_encode(out, c.key.modulus);
	buffer_text(out, "</Modulus><Exponent>");
	base64_encode(out, c.key.exponent);
	buffer_text(out, "</Exponent></RSAKeyValue></KeyValue>");
}

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
	digest_write(out, SPAN_TEXT(text));
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
	struct info_plan plan = { .form = C14N, .uri = "#idPackageObject" };

	object_write(&canonical, odd, true);
	plan.signed_text = buffer_span(&canonical);
	if (odd & ELSEWHERE)
		plan.uri = "#another";
	buffer_text(out, "<Signature xmlns=\"" DSIG "\">");
	signature_write(f, out, &plan, packages[row].signer, odd & BAD_VALUE);
	buffer_text(out, "<KeyInfo>");
	if (odd & OTHER_KEY)
		key_write(f, out, "repository");
	certificates_write(f, out, packages[row].signer);
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

enum click_odd {
	ALTERED = 1 << 0,         /* the manifest, after signing */
	OTHER_LICENCE = 1 << 1,   /* of another manifest of this publisher */
	LICENCE_ALTERED = 1 << 2, /* after signing */
	NO_LICENCE = 1 << 3,
	TWO_KEYS = 1 << 4,
	BAD_OUTER = 1 << 5,
	BAD_INNER = 1 << 6,
	UNHASHED = 1 << 7,
	OTHER_PUBLISHER = 1 << 8,
	OTHER_TOKEN = 1 << 9,
	UNSIGNED = 1 << 10,
	PART_ALONE = 1 << 11, /* the signature covers a part */
	OTHER_ISSUER = 1 << 12,
	HASHED = 1 << 13,
	EMPTY_HASH = 1 << 14,
	SHORT_HASH = 1 << 15,
	OTHER_TRANSFORM = 1 << 16,
	ASTRAY = 1 << 17, /* a file beside the manifest's folder */
	ON_DRIVE = 1 << 18,
};

#define HASH(transform, value)                                                                 \
	"<hash><Transforms xmlns=\"" DSIG "\"><Transform Algorithm=\"" transform               \
	"\"></Transform></Transforms><DigestMethod xmlns=\"" DSIG "\" Algorithm=\"" SHA256     \
	"\"></DigestMethod><DigestValue xmlns=\"" DSIG "\">" value "</DigestValue></hash>"
#define AS_IT_IS "urn:schemas-microsoft-com:HashTransforms.Identity"
#define EMPTY    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static const struct {
	unsigned odd;
	const char *name, *hash;
} files[] = {
	{UNHASHED,        "a.dll",         ""    },
	{		HASHED, "sub\\..a.dll",   HASH(AS_IT_IS, EMPTY) },
	{	       EMPTY_HASH,        "a.dll", "<hash></hash>"     },
	{       SHORT_HASH,  "a.dll",          HASH(AS_IT_IS,      "AAAA") },
	{ OTHER_TRANSFORM,      "a.dll",               HASH(C14N,      EMPTY) },
	{	  ASTRAY,  "sub/../../a.dll",           HASH(AS_IT_IS,      EMPTY) },
	{        ON_DRIVE,  "C:\\a.dll",           HASH(AS_IT_IS,      EMPTY) },
};

static const struct {
	const char *what, *signer;
	unsigned odd;
	const char *verdict, *finding;
} manifests[] = {
	{"a manifest",                     "good",         0,                     "valid",       NULL                       },
	{ "a stranger's",                  "rsa-stranger", 0,                     "untrusted",   NULL                       },
	{ "an unsigned one",               "good",         UNSIGNED,              "unsigned",    NULL                       },
	{ "an altered one",                "good",         ALTERED,               "mismatched",  NULL                       },
	{ "a licence of another manifest", "good",         OTHER_LICENCE,         "mismatched",
         "clickonce.licence"												},
	{ "an altered licence",            "good",         LICENCE_ALTERED,       "broken",      NULL                       },
	{ "no licence",                    "good",         NO_LICENCE,            "adhoc",       NULL                       },
	{ "manifest and licence by two",   "good",         TWO_KEYS,              "broken",      NULL                       },
	{ "bad mathematics outside",       "good",         BAD_OUTER,             "broken",      NULL                       },
	{ "bad mathematics inside",        "good",         BAD_INNER,             "broken",      NULL                       },
	{ "a file without a digest",       "good",         UNHASHED,              "partial",     "clickonce.unhashed"       },
	{ "a digest of nothing",           "good",         EMPTY_HASH,            "partial",     "clickonce.unhashed"       },
	{ "a digest too short",            "good",         SHORT_HASH,            "partial",     "clickonce.unhashed"       },
	{ "a digest of something else",    "good",         OTHER_TRANSFORM,       "partial",
         "clickonce.unhashed"											       },
	{ "a file with a digest",          "good",         HASHED,                "valid",       "clickonce.files-unchecked"},
	{ "a file outside",                "good",         ASTRAY,                "valid",       "clickonce.path"           },
	{ "a file on a drive",             "good",         ON_DRIVE,              "valid",       "clickonce.path"           },
	{ "no licence, and no digest",     "good",         NO_LICENCE | UNHASHED, "partial",
         "clickonce.unhashed"											       },
	{ "another issuer",                "good",         OTHER_ISSUER,          "valid",       "clickonce.issuer"         },
	{ "another publisher",             "good",         OTHER_PUBLISHER,       "valid",       "clickonce.publisher"      },
	{ "another token",                 "good",         OTHER_TOKEN,           "valid",       "clickonce.token"          },
	{ "a part signed alone",           "good",         PART_ALONE,            "unsupported", NULL                       },
};

static void hex_backwards(struct buffer *out, struct span bytes)
{
	for (uint64_t i = bytes.len; i > 0; i--)
		buffer_hex(out, span_clip(bytes, i - 1, 1));
}

/* The strong name's token of the key of @signer. */
static void token_write(struct forge *f, struct buffer *out, const char *signer)
{
	CLEANUP(buffer_free) struct buffer blob = BUFFER_INIT;
	struct forge_digest d;
	struct certificate c;
	struct span bytes;

	if (certificate_read(forge_identity(f, signer)->der, &c, NULL) != STATUS_OK)
		forge_fail(signer);
	buffer_add(&blob,
		   SPAN_LITERAL("\0\x24\0\0\x04\x80\0\0\x14\x01\0\0\x06\x02\0\0\0\x24\0\0"
				"RSA1\0\x08\0\0\x01\0\x01\0"));
	for (uint64_t i = c.key.modulus.len; i > 0; i--)
		buffer_add(&blob, span_clip(c.key.modulus, i - 1, 1));
	bytes = buffer_span(&blob);
	d = forge_digest_of("SHA1", &bytes, 1);
	hex_backwards(out, span_after(forge_digest_span(&d), 12));
}

/* The SHA-1 of the key of @name. */
static void issuer_write(struct forge *f, struct buffer *out, const char *name)
{
	struct forge_digest d;
	struct certificate c;

	if (certificate_read(forge_identity(f, name)->der, &c, NULL) != STATUS_OK)
		forge_fail(name);
	d = forge_digest_of("SHA1", &c.key.spki, 1);
	buffer_hex(out, forge_digest_span(&d));
}

/* The manifest before and behind its signature, in exclusive canonical form. */
static void manifest_body(struct forge *f, size_t row, struct buffer *out)
{
	unsigned odd = manifests[row].odd;

	buffer_text(out, "<asmv1:assembly xmlns:asmv1=\"" ASM_1 "\" manifestVersion=\"1.0\">"
			 "<assemblyIdentity xmlns=\"" ASM_1 "\" name=\"a\" publicKeyToken=\"");
	token_write(f, out, odd & OTHER_TOKEN ? "repository" : manifests[row].signer);
	buffer_text(out, "\"></assemblyIdentity><asmv2:entryPoint xmlns:asmv2=\"" ASM_2
			 "\"></asmv2:entryPoint><publisherIdentity xmlns=\"" ASM_2
			 "\" issuerKeyHash=\"");
	issuer_write(f, out, odd & OTHER_ISSUER ? "root" : "issuing");
	buffer_printf(out, "\" name=\"%s\"></publisherIdentity>",
		      odd & OTHER_PUBLISHER || strcmp(manifests[row].signer, "good") != 0
			      ? "CN=Somebody"
			      : "CN=Honest Programs, O=Assay Forge");
	for (size_t i = 0; i < COUNT_OF(files); i++)
		if (odd & files[i].odd)
			buffer_printf(out, "<file xmlns=\"" ASM_2 "\" name=\"%s\">%s</file>",
				      files[i].name, files[i].hash);
}

#define MANIFEST_END "</asmv1:assembly>"

static void licence_write(struct forge *f, size_t row, struct span hash, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT, whole = BUFFER_INIT;
	static const char end[] = "</r:issuer></r:license>";
	unsigned odd = manifests[row].odd;
	const char *signer = odd & TWO_KEYS ? "repository" : manifests[row].signer;
	struct info_plan plan = { .form = EXCLUSIVE, .uri = "", .enveloped = true };

	buffer_text(&text, "<r:license xmlns:r=\"" RIGHTS "\"><r:grant><as:ManifestInformation "
			   "xmlns:as=\"" PKI "\" Hash=\"");
	hex_backwards(&text, hash);
	if (odd & OTHER_LICENCE)
		text.bytes[text.len - 1] = text.bytes[text.len - 1] == '0' ? '1' : '0';
	buffer_text(&text, "\"></as:ManifestInformation></r:grant><r:issuer>");
	buffer_add(&whole, buffer_span(&text));
	buffer_text(&whole, end);
	plan.signed_text = buffer_span(&whole);
	buffer_add(out, buffer_span(&text));
	buffer_text(out, "<Signature xmlns=\"" DSIG "\" Id=\"AuthenticodeSignature\">");
	signature_write(f, out, &plan, signer, odd & BAD_INNER);
	buffer_text(out, "<KeyInfo>");
	certificates_write(f, out, signer);
	buffer_text(out, "</KeyInfo></Signature>");
	if (odd & LICENCE_ALTERED)
		buffer_text(out, "<r:more></r:more>");
	buffer_text(out, end);
}

static void manifest_make(struct forge *f, size_t row, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer body = BUFFER_INIT, whole = BUFFER_INIT;
	unsigned odd = manifests[row].odd;
	struct info_plan plan = { .form = EXCLUSIVE,
				  .uri = odd & PART_ALONE ? "#part" : "",
				  .enveloped = true };
	struct forge_digest d;

	manifest_body(f, row, &body);
	buffer_add(&whole, buffer_span(&body));
	buffer_text(&whole, MANIFEST_END);
	plan.signed_text = buffer_span(&whole);
	d = forge_digest_of("SHA256", &plan.signed_text, 1);
	buffer_text(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n");
	buffer_add(out, buffer_span(&body));
	if (odd & ALTERED)
		buffer_text(out, "<file xmlns=\"" ASM_2 "\" name=\"evil.dll\"></file>");
	if (!(odd & UNSIGNED)) {
		buffer_text(out, "<Signature xmlns=\"" DSIG "\" Id=\"StrongNameSignature\">");
		signature_write(f, out, &plan, manifests[row].signer, odd & BAD_OUTER);
		buffer_text(out, "<KeyInfo>");
		key_write(f, out, manifests[row].signer);
		if (!(odd & NO_LICENCE)) {
			buffer_text(out, "<msrel:RelData xmlns:msrel=\"" RELDATA "\">");
			licence_write(f, row, forge_digest_span(&d), out);
			buffer_text(out, "</msrel:RelData>");
		}
		buffer_text(out, "</KeyInfo></Signature>");
	}
	buffer_text(out, MANIFEST_END);
}

static const struct report *judge(struct court *court, struct span file, const char *format,
				  const char *const want[3])
{
	const struct report *r = court_judge(court, file);

	CHECK(r->format && strcmp(r->format, format) == 0 &&
		      strcmp(assay_verdict_word(r->verdict), want[1]) == 0,
	      "%s: %s", want[0], assay_verdict_word(r->verdict));
	if (want[2])
		CHECK(court_has(r, want[2]), "%s: %s", want[0], want[2]);
	return r;
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

		package_make(f, i, &file);
		(void)judge(&court, buffer_span(&file), "opc",
			    (const char *const[]){ packages[i].what, packages[i].verdict,
						   packages[i].finding });
	}
	for (size_t i = 0; i < COUNT_OF(manifests); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		const struct report *r;

		manifest_make(f, i, &file);
		r = judge(&court, buffer_span(&file), "clickonce",
			  (const char *const[]){ manifests[i].what, manifests[i].verdict,
						 manifests[i].finding });
		if (!(manifests[i].odd & OTHER_ISSUER) &&
		    strcmp(manifests[i].signer, "good") == 0)
			CHECK(!court_has(r, "clickonce.issuer"), "%s: its own issuer",
			      manifests[i].what);
	}
	test_beside_xmlsec(f);
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
