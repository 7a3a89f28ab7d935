/* SPDX-License-Identifier: MIT */
/* Signed manifests of ClickOnce, good and bad, judged from end to end. */
#include "crypto/x509.h"
#include "tests/check.h"
#include "tests/court.h"
#include "tests/xml_builder.h"

#define ASM_1   "urn:schemas-microsoft-com:asm.v1"
#define ASM_2   "urn:schemas-microsoft-com:asm.v2"
#define RIGHTS  "urn:mpeg:mpeg21:2003:01-REL-R-NS"
#define PKI     "http://schemas.microsoft.com/windows/pki/2005/Authenticode"
#define RELDATA "http://schemas.microsoft.com/windows/rel/2005/reldata"

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
	HASHED_384 = 1 << 19,
};

#define HASH(transform, value) HASH_OF(SHA256, transform, value)
#define HASH_OF(method, transform, value)                                                      \
	"<hash><Transforms xmlns=\"" DSIG "\"><Transform Algorithm=\"" transform               \
	"\"></Transform></Transforms><DigestMethod xmlns=\"" DSIG "\" Algorithm=\"" method     \
	"\"></DigestMethod><DigestValue xmlns=\"" DSIG "\">" value "</DigestValue></hash>"
#define SHA384    "http://www.w3.org/2001/04/xmldsig-more#sha384"
#define AS_IT_IS  "urn:schemas-microsoft-com:HashTransforms.Identity"
#define EMPTY     "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define EMPTY_384 "OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb"

#define ROW(odd, name, hash)                                                                   \
	{                                                                                      \
		odd, name, hash                                                                \
	}

static const struct {
	unsigned odd;
	const char *name, *hash;
} files[] = {
	ROW(UNHASHED, "a.dll", ""),
	ROW(HASHED, "sub\\..a.dll", HASH(AS_IT_IS, EMPTY)),
	ROW(HASHED_384, "a.dll", HASH_OF(SHA384, AS_IT_IS, EMPTY_384)),
	ROW(EMPTY_HASH, "a.dll", "<hash></hash>"),
	ROW(SHORT_HASH, "a.dll", HASH(AS_IT_IS, "AAAA")),
	ROW(OTHER_TRANSFORM, "a.dll", HASH(C14N, EMPTY)),
	ROW(ASTRAY, "sub/../../a.dll", HASH(AS_IT_IS, EMPTY)),
	ROW(ON_DRIVE, "C:\\a.dll", HASH(AS_IT_IS, EMPTY)),
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
	{ "a file with a longer digest",   "good",         HASHED_384,            "valid",
         "clickonce.files-unchecked"											},
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
	struct xml_info plan = { .form = EXCLUSIVE, .uri = "", .enveloped = true };

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
	xml_signature_write(f, out, &plan, signer, odd & BAD_INNER);
	buffer_text(out, "<KeyInfo>");
	xml_certificates_write(f, out, signer);
	buffer_text(out, "</KeyInfo></Signature>");
	if (odd & LICENCE_ALTERED)
		buffer_text(out, "<r:more></r:more>");
	buffer_text(out, end);
}

static void manifest_make(struct forge *f, size_t row, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer body = BUFFER_INIT, whole = BUFFER_INIT;
	unsigned odd = manifests[row].odd;
	struct xml_info plan = { .form = EXCLUSIVE,
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
		xml_signature_write(f, out, &plan, manifests[row].signer, odd & BAD_OUTER);
		buffer_text(out, "<KeyInfo>");
		xml_key_write(f, out, manifests[row].signer);
		if (!(odd & NO_LICENCE)) {
			buffer_text(out, "<msrel:RelData xmlns:msrel=\"" RELDATA "\">");
			licence_write(f, row, forge_digest_span(&d), out);
			buffer_text(out, "</msrel:RelData>");
		}
		buffer_text(out, "</KeyInfo></Signature>");
	}
	buffer_text(out, MANIFEST_END);
}

int main(void)
{
	struct forge *f = forge_new();
	struct court court;

	court_open(&court, f);
	for (size_t i = 0; i < COUNT_OF(manifests); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		const struct report *r;

		manifest_make(f, i, &file);
		r = court_judge(&court, buffer_span(&file));
		CHECK(r->format && strcmp(r->format, "clickonce") == 0 &&
			      strcmp(assay_verdict_word(r->verdict), manifests[i].verdict) == 0,
		      "%s: %s", manifests[i].what, assay_verdict_word(r->verdict));
		if (manifests[i].finding)
			CHECK(court_has(r, manifests[i].finding), "%s: %s", manifests[i].what,
			      manifests[i].finding);
		if (!(manifests[i].odd & OTHER_ISSUER) &&
		    strcmp(manifests[i].signer, "good") == 0)
			CHECK(!court_has(r, "clickonce.issuer"), "%s: its own issuer",
			      manifests[i].what);
	}
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
