/* SPDX-License-Identifier: MIT */
/* The test authority: who signs, by name, honest people and others. */
#include "tests/forge/identities.h"

#include "tests/forge/signing.h"

enum shape { ROOT, CA, LEAF, TSA, BARE };

struct identity {
	const char *name, *subject;
	const char *issuer; /* NULL: signed by itself */
	enum shape shape;
	enum pki_key_type key;
	unsigned number;          /* of the key; the same number, the same key */
	const char *from, *until; /* NULL: 2020-01-01 (authorities: 2000), 2040-01-01 */
	const char *usage, *eku;  /* instead of what the shape has; "": none */
	const char *issuer_name;  /* a lie */
	const char *signed_by;    /* identity whose key signs instead */
	const char *digest;       /* "SHA256" */
	const char *twin;         /* takes its subject, serial and key identifier */
	bool embedded;            /* a root that travels with what it signed */
	const char *curveball;    /* the anchor whose public point it takes */
	struct pki_extension further[3];
};

/* An extension that nobody reads: so many bytes, as hexadecimal digits. */
#define PRIVATE     "1.3.6.1.4.1.11129.2.1.9999"
#define TIMES_8(x)  x x x x x x x x
#define TIMES_64(x) TIMES_8(TIMES_8(x))
#define OCTETS_1280(x)                                                                         \
	"DER:04820500" TIMES_64(x) TIMES_64(x) TIMES_64(x) TIMES_64(x) TIMES_64(x)

#define ME   "O=Assay Forge/"
#define LIFE "codeSigning,1.3.6.1.4.1.311.10.3.13"
#define MS   "C=US/O=Microsoft Corporation/"

/* clang-format off */
static const struct identity identities[] = {
	/* Anchors. */
	{ .name = "root", .subject = ME "CN=Assay Forge Root", .shape = ROOT, .number = 1 },
	{ .name = "time-root", .subject = ME "CN=Assay Forge Time Root", .shape = ROOT, .number = 2 },

	/* Honest people, and what may be odd about them. */
	{ .name = "issuing", .subject = ME "CN=Assay Forge Code CA", .issuer = "root", .shape = CA,
	  .key = PKI_RSA_2048, .number = 1 },
	{ .name = "good", .subject = ME "CN=Honest Programs", .issuer = "issuing", .shape = LEAF,
	  .key = PKI_RSA_2048, .number = 2 },
	{ .name = "second", .subject = ME "CN=Other Programs", .issuer = "issuing", .shape = LEAF,
	  .number = 4 },
	{ .name = "p256", .subject = ME "CN=P-256", .issuer = "issuing", .shape = LEAF, .number = 5 },
	{ .name = "p384", .subject = ME "CN=P-384", .issuer = "issuing", .shape = LEAF,
	  .key = PKI_P384 },
	{ .name = "pss", .subject = ME "CN=PSS", .issuer = "issuing", .shape = LEAF,
	  .key = PKI_RSA_PSS },
	{ .name = "dsa", .subject = ME "CN=DSA", .issuer = "issuing", .shape = LEAF, .key = PKI_DSA },
	{ .name = "no-eku", .subject = ME "CN=No EKU", .issuer = "issuing", .shape = LEAF,
	  .number = 6, .eku = "" },
	{ .name = "lifetime", .subject = ME "CN=Lifetime", .issuer = "issuing", .shape = LEAF,
	  .number = 7, .eku = LIFE, .until = "2036-01-01" },
	{ .name = "expired", .subject = ME "CN=Expired", .issuer = "issuing", .shape = LEAF,
	  .number = 8, .until = "2023-01-01" },
	{ .name = "three-days", .subject = ME "CN=Three Days", .issuer = "issuing", .shape = LEAF,
	  .number = 9, .from = "2025-03-01", .until = "2025-03-04" },
	{ .name = "rsa-1024", .subject = ME "CN=RSA 1024", .issuer = "issuing", .shape = LEAF,
	  .key = PKI_RSA_1024 },
	{ .name = "sha1-signed", .subject = ME "CN=SHA-1", .issuer = "issuing", .shape = LEAF,
	  .number = 10, .digest = "SHA1" },

	{ .name = "legacy", .subject = ME "CN=Programs of 2008", .issuer = "issuing", .shape = LEAF,
	  .number = 19, .from = "2006-01-01", .until = "2009-12-31" },

	/* Packages want RSA. */
	{ .name = "repository", .subject = ME "CN=Package Repository", .issuer = "issuing",
	  .shape = LEAF, .key = PKI_RSA_2048, .number = 50 },
	{ .name = "rsa-expired", .subject = ME "CN=Expired Author", .issuer = "issuing",
	  .shape = LEAF, .key = PKI_RSA_2048, .number = 51, .until = "2023-01-01" },
	{ .name = "rsa-lifetime", .subject = ME "CN=Lifetime Author", .issuer = "issuing",
	  .shape = LEAF, .key = PKI_RSA_2048, .number = 52, .eku = LIFE },

	/* Who must not sign code. */
	{ .name = "tls", .subject = ME "CN=www.example.org", .issuer = "issuing", .shape = LEAF,
	  .number = 11, .eku = "serverAuth" },
	{ .name = "any-eku", .subject = ME "CN=Any Usage", .issuer = "issuing", .shape = LEAF,
	  .number = 12, .eku = "anyExtendedKeyUsage" },
	{ .name = "tls-ca", .subject = ME "CN=Assay Forge TLS CA", .issuer = "root", .shape = CA,
	  .number = 13, .eku = "serverAuth" },
	{ .name = "below-tls", .subject = ME "CN=Below TLS", .issuer = "tls-ca", .shape = LEAF,
	  .number = 14 },
	{ .name = "encipherment", .subject = ME "CN=Encipherment", .issuer = "issuing",
	  .shape = LEAF, .number = 15, .usage = "critical,keyEncipherment" },
	{ .name = "not-a-ca", .subject = ME "CN=Not a CA", .issuer = "issuing", .shape = LEAF,
	  .number = 16 },
	{ .name = "below-leaf", .subject = ME "CN=Below a leaf", .issuer = "not-a-ca",
	  .shape = LEAF, .number = 17 },
	{ .name = "rsa-512", .subject = ME "CN=RSA 512", .issuer = "issuing", .shape = LEAF,
	  .key = PKI_RSA_512 },
	{ .name = "p192", .subject = ME "CN=P-192", .issuer = "issuing", .shape = LEAF,
	  .key = PKI_P192 },
	{ .name = "md5-signed", .subject = ME "CN=MD5", .issuer = "issuing", .shape = LEAF,
	  .number = 18, .digest = "MD5" },
	{ .name = "ed25519", .subject = ME "CN=Ed25519", .issuer = "issuing", .shape = LEAF,
	  .key = PKI_ED25519 },

	/* Strangers. */
	{ .name = "self", .subject = "O=Somebody/CN=Somebody", .shape = LEAF, .number = 20 },
	{ .name = "stranger-root", .subject = "O=Strangers/CN=Strangers Root", .shape = ROOT,
	  .number = 21 },
	{ .name = "stranger", .subject = "O=Strangers/CN=Stranger", .issuer = "stranger-root",
	  .shape = LEAF, .number = 22 },

	{ .name = "rsa-stranger", .subject = "O=Strangers/CN=Stranger with RSA",
	  .issuer = "stranger-root", .shape = LEAF, .key = PKI_RSA_2048, .number = 53 },

	/* Forged identities. */
	{ .name = "microsoft-self", .subject = MS "CN=Microsoft Corporation", .shape = LEAF,
	  .number = 30 },
	{ .name = "microsoft-root", .subject = MS "CN=Microsoft Root Certificate Authority 2011",
	  .shape = ROOT, .number = 31, .embedded = true },
	{ .name = "microsoft", .subject = MS "CN=Microsoft Windows", .issuer = "microsoft-root",
	  .shape = LEAF, .number = 32 },
	{ .name = "carbon-copy", .subject = "C=US/O=Example Corporation/CN=Example Corporation",
	  .shape = BARE, .number = 33, .issuer_name = "C=US/O=Public CA/CN=Public Code CA 2" },
	{ .name = "curveball-ca", .subject = "CN=OLLYPWN", .shape = ROOT, .curveball = "root",
	  .embedded = true },
	{ .name = "curveball", .subject = "CN=Curve Ball", .issuer = "curveball-ca", .shape = LEAF,
	  .number = 35 },
	{ .name = "explicit", .subject = ME "CN=Explicit", .issuer = "issuing", .shape = LEAF,
	  .key = PKI_P256_EXPLICIT },
	{ .name = "explicit-stranger", .subject = "O=Strangers/CN=Explicit",
	  .issuer = "stranger-root", .shape = LEAF, .key = PKI_P256_EXPLICIT, .number = 1 },
	{ .name = "false-issuing", .issuer = "root", .shape = CA, .number = 36,
	  .signed_by = "stranger", .twin = "issuing" },
	{ .name = "below-false", .subject = ME "CN=Honest Programs", .issuer = "false-issuing",
	  .shape = LEAF, .number = 37 },
	{ .name = "lookalike", .subject = "O=Micr\xd0\xbesoft Corporation/CN=Micr\xd0\xbesoft Corporation",
	  .issuer = "stranger-root", .shape = LEAF, .number = 38 },
	{ .name = "canary", .subject = MS "CN=Microsoft Windows", .issuer = "stranger-root",
	  .shape = LEAF, .number = 39, .eku = "serverAuth,clientAuth,codeSigning",
	  .further = {
		{ "authorityInfoAccess", "caIssuers;URI:http://5f1c9e7ab3d24c60.canary.example/any.cer,"
					 "OCSP;URI:http://5f1c9e7ab3d24c60.canary.example/any.ocsp" },
		{ "crlDistributionPoints", "URI:http://5f1c9e7ab3d24c60.canary.example/any.crl" },
	  } },

	{ .name = "canary-root", .subject = "O=Decoys/CN=Decoy Root", .shape = ROOT, .number = 44,
	  .embedded = true },
	{ .name = "canary-rooted", .subject = MS "CN=Microsoft Windows", .issuer = "canary-root",
	  .shape = LEAF, .number = 45, .eku = "serverAuth,clientAuth,codeSigning",
	  .further = {
		{ "authorityInfoAccess", "caIssuers;URI:http://91b7d2c04e6f48aa.canary.example/any.cer,"
					 "OCSP;URI:http://91b7d2c04e6f48aa.canary.example/any.ocsp" },
		{ "crlDistributionPoints", "URI:http://91b7d2c04e6f48aa.canary.example/any.crl" },
	  } },
	{ .name = "limelighter", .subject = "CN=www.example.com", .shape = CA, .key = PKI_RSA_2048,
	  .number = 4, .issuer_name = "CN=Public TLS CA 7", .eku = "serverAuth,clientAuth",
	  .usage = "critical,digitalSignature,keyEncipherment,keyCertSign" },

	/* Certificates that nobody needs, but for what is in them. */
	{ .name = "tag-carrier", .subject = "CN=Dummy certificate", .shape = LEAF, .number = 45,
	  .further = { { PRIVATE, OCTETS_1280("7461673d") } } },
	{ .name = "program-carrier", .subject = "CN=Dummy certificate", .shape = LEAF, .number = 46,
	  .further = { { PRIVATE, OCTETS_1280("4d5a9000") } } },

	/* Revoked, by the authority "revoking". */
	{ .name = "revoking", .subject = ME "CN=Assay Forge Strict CA", .issuer = "root",
	  .shape = CA, .number = 40 },
	{ .name = "revoked-key", .subject = ME "CN=Key Stolen", .issuer = "revoking",
	  .shape = LEAF, .number = 41 },
	{ .name = "revoked-superseded", .subject = ME "CN=Superseded", .issuer = "revoking",
	  .shape = LEAF, .number = 42 },
	{ .name = "not-revoked", .subject = ME "CN=Not Revoked", .issuer = "revoking",
	  .shape = LEAF, .number = 43 },

	/* Timestamp authorities. */
	{ .name = "tsa", .subject = ME "CN=Assay Forge Time", .issuer = "time-root", .shape = TSA,
	  .key = PKI_RSA_2048, .number = 3 },
	{ .name = "tsa-loose", .subject = ME "CN=Time, not critical", .issuer = "time-root",
	  .shape = TSA, .number = 51, .eku = "timeStamping" },
	{ .name = "tsa-old", .subject = ME "CN=Old Time", .issuer = "time-root", .shape = TSA,
	  .number = 52, .until = "2024-01-01" },
	{ .name = "tsa-stranger", .subject = "O=Strangers/CN=Strange Time",
	  .issuer = "stranger-root", .shape = TSA, .number = 53 },
	{ .name = "tsa-code", .subject = ME "CN=Not a TSA", .issuer = "time-root", .shape = TSA,
	  .number = 54, .eku = "codeSigning" },
};
/* clang-format on */

const char *const identity_anchors[] = { "root", "time-root" };
const size_t n_identity_anchors = COUNT_OF(identity_anchors);

static const struct identity *identity_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(identities); i++)
		if (strcmp(identities[i].name, name) == 0)
			return &identities[i];
	forge_fail(name);
}

static void extend(struct pki_wish *wish, const char *name, const char *value)
{
	size_t n = 0;

	if (!value || !*value)
		return;
	while (n < PKI_MAX_EXTENSIONS && wish->extensions[n].name)
		n++;
	if (n == PKI_MAX_EXTENSIONS)
		forge_fail("too many extensions");
	wish->extensions[n] = (struct pki_extension){ name, value };
}

static void shape_extend(struct pki_wish *wish, const struct identity *id)
{
	static const struct {
		const char *constraints, *usage, *eku;
	} shapes[] = {
		[ROOT] = {"critical,CA:TRUE",  "critical,keyCertSign,cRLSign", NULL                   },
		[CA] = { "critical,CA:TRUE", "critical,keyCertSign,cRLSign", NULL                   },
		[LEAF] = { NULL,               "critical,digitalSignature",    "codeSigning"          },
		[TSA] = { NULL,               "critical,digitalSignature",    "critical,timeStamping"},
		[BARE] = { NULL,               NULL,                           NULL                   },
	};

	extend(wish, "basicConstraints", shapes[id->shape].constraints);
	extend(wish, "keyUsage", id->usage ? id->usage : shapes[id->shape].usage);
	extend(wish, "extendedKeyUsage", id->eku ? id->eku : shapes[id->shape].eku);
	if (id->shape != BARE && !id->twin)
		extend(wish, "subjectKeyIdentifier", "hash");
	if (id->issuer)
		extend(wish, "authorityKeyIdentifier", "keyid");
	for (size_t i = 0; i < COUNT_OF(id->further) && id->further[i].name; i++)
		extend(wish, id->further[i].name, id->further[i].value);
}

/* Steals name, serial and key identifier of another certificate. */
static void twin_take(struct forge *f, struct pki_wish *wish, const char *name)
{
	const struct identity *other = identity_find(name);
	CLEANUP(buffer_free) struct buffer value = BUFFER_INIT;

	buffer_text(&value, "DER:0414");
	buffer_hex(&value, pki_key_id(forge_pki(f), forge_identity(f, name)));
	wish->subject = other->subject;
	wish->serial = pki_serial_number(forge_identity(f, name));
	buffer_char(&value, '\0');
	extend(wish, "subjectKeyIdentifier",
	       (const char *)forge_keep(f, buffer_span(&value)).ptr);
}

static const struct pki_key *key_of(struct forge *f, const struct identity *id)
{
	if (id->curveball)
		return pki_key_curveball(forge_pki(f), forge_identity(f, id->curveball)->key);
	return pki_key(forge_pki(f), id->key, id->number);
}

/* Authorities are older than what they sign. */
static int64_t begin_of(const struct identity *id)
{
	if (id->from)
		return pki_day(id->from);
	return id->shape == LEAF || id->shape == BARE ? 0 : pki_day("2000-01-01");
}

const struct pki_certificate *identity_make(struct forge *f, const char *name)
{
	const struct identity *id = identity_find(name);
	struct pki_wish wish = {
		.subject = id->subject,
		.issuer = id->issuer ? forge_identity(f, id->issuer) : NULL,
		.issuer_name = id->issuer_name,
		.key = key_of(f, id),
		.signing_key = id->signed_by ? forge_identity(f, id->signed_by)->key : NULL,
		.not_before = begin_of(id),
		.not_after = id->until ? pki_day(id->until) : 0,
		.digest = id->digest,
		.utf8 = true,
	};

	if (id->twin)
		twin_take(f, &wish, id->twin);
	shape_extend(&wish, id);
	return pki_issue(forge_pki(f), &wish);
}

size_t forge_chain(struct forge *f, const char *name,
		   const struct pki_certificate *out[FORGE_MAX_CHAIN])
{
	const struct identity *id = identity_find(name);
	size_t n = 0;

	while (id->issuer && n < FORGE_MAX_CHAIN) {
		id = identity_find(id->issuer);
		if (id->issuer || id->embedded)
			out[n++] = forge_identity(f, id->name);
	}
	return n;
}

struct span identity_crl(struct forge *f)
{
	struct pki_crl_wish wish = {
		.issuer = forge_identity(f, "revoking"),
		.revoked = {
			{ forge_identity(f, "revoked-key"), pki_day("2026-01-01"), 1, 0, NULL },
			{ forge_identity(f, "revoked-superseded"), pki_day("2026-01-01"), 4, 0, NULL },
		},
		.extensions = { { "authorityKeyIdentifier", "keyid" }, { "crlNumber", "DER:020101" } },
	};

	return pki_crl(forge_pki(f), &wish);
}
