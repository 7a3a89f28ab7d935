/* SPDX-License-Identifier: MIT */
/* Certificates: made here field by field, and public roots as libcrypto reads them. */
#include "crypto/x509.h"

#include "base/memory.h"
#include "tests/check.h"
#include "tests/cms_builder.h"
#include "tests/corpus.h"
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

#define EXT_SUBJECT_KEY_ID   "\x06\x03\x55\x1d\x0e"
#define EXT_KEY_USAGE        "\x06\x03\x55\x1d\x0f"
#define EXT_BASIC            "\x06\x03\x55\x1d\x13"
#define EXT_NAME_CONSTRAINTS "\x06\x03\x55\x1d\x1e"
#define EXT_AUTHORITY_KEY_ID "\x06\x03\x55\x1d\x23"
#define EXT_EKU              "\x06\x03\x55\x1d\x25"
#define CRITICAL             "\x01\x01\xff"

static EVP_PKEY *key, *rsa;

/* A certificate with the given extensions, kept in @b. */
static enum status read_with(struct span extensions, struct buffer *b, struct certificate *out)
{
	struct certificate_plan plan = { .key = key,
					 .subject = "subject",
					 .issuer = "issuer",
					 .serial = 0x8001,
					 .version = 2,
					 .extensions = extensions };

	buffer_clear(b);
	build_certificate(b, &plan);
	return certificate_read(buffer_span(b), out, NULL);
}

static void test_fields(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct certificate c;
	struct span rest;

	CHECK(read_with(SPAN_NONE, &b, &c) == STATUS_OK && !c.malformed,
	      "certificate: is read");
	CHECK(span_equal(c.der, buffer_span(&b)) && c.version == 2 &&
		      span_equal(c.serial, OID("\x00\x80\x01")) && c.not_before == 1577836800 &&
		      c.not_after == 2208988800 && c.key.type == KEY_EC &&
		      c.signature_algorithm.digest == DIGEST_SHA256,
	      "certificate: its fields");
	CHECK(strcmp(name_text(&a, c.subject), "CN=subject") == 0 &&
		      strcmp(name_short(&a, c.issuer), "issuer") == 0 &&
		      !certificate_self_issued(&c),
	      "certificate: its names");
	CHECK(!c.has_basic_constraints && !c.is_ca && !c.has_key_usage && !c.has_eku &&
		      c.extensions.len == 0 && c.critical_unknown.len == 0,
	      "certificate: nothing that it does not say");
	buffer_char(&b, 'x');
	CHECK(certificate_read(buffer_span(&b), &c, NULL) == STATUS_MALFORMED,
	      "certificate: bytes behind it");
	CHECK(certificate_read(buffer_span(&b), &c, &rest) == STATUS_OK && rest.len == 1,
	      "certificate: bytes behind it, if asked for");
}

/* What each extension leaves behind. */
static const struct {
	const char *name;
	struct span extensions;
	bool malformed, ca, path_len, eku, eku_critical;
	uint64_t path;
	int usage; /* -1: none */
	size_t n_key_id, n_authority, n_unknown, n_constraints;
} extension_rows[] = {
	{"CA",			    OID_INIT("\x30\x0f" EXT_BASIC CRITICAL "\x04\x05\x30\x03\x01\x01\xff"), false,
         true,														  false, false, false, 0, -1,   0, 0, 0, 0},
	{ "CA with path length",
         OID_INIT("\x30\x12" EXT_BASIC CRITICAL "\x04\x08\x30\x06\x01\x01\xff\x02\x01\x03"),
         false,													  true,  true,  false, false, 3, -1,   0, 0, 0, 0},
	{ "not a CA",                     OID_INIT("\x30\x09" EXT_BASIC "\x04\x02\x30\x00"),                      false, false, false,
         false,															       false, 0, -1,   0, 0, 0, 0},
	{ "negative path length",
         OID_INIT("\x30\x0f" EXT_BASIC "\x04\x08\x30\x06\x01\x01\xff\x02\x01\x83"),                               true,  true,
         true,															 false, false, 0, -1,   0, 0, 0, 0},
	{ "key usage",                    OID_INIT("\x30\x0b" EXT_KEY_USAGE "\x04\x04\x03\x02\x01\x86"),          false,
         false,														 false, false, false, 0, 0x86, 0, 0, 0, 0},
	{ "key usage of nothing",         OID_INIT("\x30\x0a" EXT_KEY_USAGE "\x04\x03\x03\x01\x00"),
         false,													  false, false, false, false, 0, 0,    0, 0, 0, 0},
	{ "key usage that is none",       OID_INIT("\x30\x0a" EXT_KEY_USAGE "\x04\x03\x02\x01\x00"),
         true,													   false, false, false, false, 0, -1,   0, 0, 0, 0},
	{ "code signing",
         OID_INIT("\x30\x16" EXT_EKU CRITICAL
		   "\x04\x0c\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03"
		   "\x03"),
         false,													  false, false, true,  true,  0, -1,   0, 0, 0, 0},
	{ "usages of another type",       OID_INIT("\x30\x0b" EXT_EKU "\x04\x04\x30\x02\x05\x00"),
         true,													   false, false, true,  false, 0, -1,   0, 0, 0, 0},
	{ "no usage at all",              OID_INIT("\x30\x09" EXT_EKU "\x04\x02\x30\x00"),                        true,  false,
         false,															true,  false, 0, -1,   0, 0, 0, 0},
	{ "key identifiers",
         OID_INIT("\x30\x0b" EXT_SUBJECT_KEY_ID "\x04\x04\x04\x02hi"
		   "\x30\x0d" EXT_AUTHORITY_KEY_ID "\x04\x06\x30\x04\x80\x02ho"),
         false,													  false, false, false, false, 0, -1,   2, 2, 0, 0},
	{ "authority without identifier",
         OID_INIT("\x30\x0c" EXT_AUTHORITY_KEY_ID "\x04\x05\x30\x03\x82\x01\x05"),                                false,
         false,														 false, false, false, 0, -1,   0, 0, 0, 0},
	{ "name constraints",
         OID_INIT("\x30\x0b" EXT_NAME_CONSTRAINTS "\x04\x04\x30\x02\xa0\x00"),                                    false, false,
         false,															false, false, 0, -1,   0, 0, 0, 4},
	{ "unknown",		      OID_INIT("\x30\x07\x06\x03\x2a\x03\x04\x04\x00"),                       false, false, false,
         false,															       false, 0, -1,   0, 0, 0, 0},
	{ "unknown and critical",         OID_INIT("\x30\x0a\x06\x03\x2a\x03\x04" CRITICAL "\x04\x00"),
         false,													  false, false, false, false, 0, -1,   0, 0, 3, 0},
	{ "known and critical",
         OID_INIT("\x30\x0c\x06\x03\x55\x1d\x20" CRITICAL "\x04\x02\x30\x00"),                                    false, false,
         false,															false, false, 0, -1,   0, 0, 0, 0},
	{ "twice, the second a CA",
         OID_INIT("\x30\x09" EXT_BASIC "\x04\x02\x30\x00"
		   "\x30\x0c" EXT_BASIC "\x04\x05\x30\x03\x01\x01\xff"),
         true,													   false, false, false, false, 0, -1,   0, 0, 0, 0},
	{ "not an extension",             OID_INIT("\x05\x00"),                                                   true,  false, false, false, false, 0, -1,   0,
         0,																			 0, 0},
	{ "bytes behind the value",       OID_INIT("\x30\x0b" EXT_BASIC "\x04\x02\x30\x00\x05\x00"),
         true,													   false, false, false, false, 0, -1,   0, 0, 0, 0},
};

static void test_extensions(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct certificate c;

	for (size_t i = 0; i < COUNT_OF(extension_rows); i++) {
		CHECK(read_with(extension_rows[i].extensions, &b, &c) == STATUS_OK &&
			      c.malformed == extension_rows[i].malformed &&
			      c.is_ca == extension_rows[i].ca &&
			      c.has_path_len == extension_rows[i].path_len &&
			      c.path_len == extension_rows[i].path &&
			      c.has_eku == extension_rows[i].eku &&
			      c.eku_critical == extension_rows[i].eku_critical &&
			      c.has_key_usage == (extension_rows[i].usage >= 0) &&
			      c.key_usage == (c.has_key_usage ? extension_rows[i].usage : 0) &&
			      c.subject_key_id.len == extension_rows[i].n_key_id &&
			      c.authority_key_id.len == extension_rows[i].n_authority &&
			      c.critical_unknown.len == extension_rows[i].n_unknown &&
			      c.name_constraints.len == extension_rows[i].n_constraints,
		      "extension: %s", extension_rows[i].name);
	}
}

static void test_extension_look_up(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, many = BUFFER_INIT;
	struct span value;
	struct certificate c;
	bool critical;

	build_extension(&many, OID("\x2a\x01"), true, OID("one"));
	build_extension(
		&many, OID("\x55\x1d\x25"), false,
		OID("\x30\x0e\x06\x04\x55\x1d\x25\x00\x06\x06\x2a\x03\x04\x05\x06\x07"));
	CHECK(read_with(buffer_span(&many), &b, &c) == STATUS_OK &&
		      certificate_extension(&c, OID("\x2a\x01"), &value, &critical) &&
		      critical && span_equal(value, OID("one")) &&
		      !certificate_extension(&c, OID("\x2a\x02"), &value, &critical) &&
		      value.len == 0,
	      "extension: by its identifier");
	CHECK(certificate_has_eku(&c, EKU_ANY) && !certificate_has_eku(&c, EKU_CODE_SIGNING) &&
		      certificate_has_eku(&c, OID("\x2a\x03\x04\x05\x06\x07")),
	      "extension: usages by their identifiers");
	buffer_clear(&many);
	for (uint8_t i = 0; i < CERTIFICATE_MAX_EXTENSIONS; i++)
		build_extension(&many, (struct span){ &i, 1 }, false, SPAN_NONE);
	CHECK(read_with(buffer_span(&many), &b, &c) == STATUS_OK && !c.malformed,
	      "extension: as many as are read");
	build_extension(&many, OID("\x7f"), false, SPAN_NONE);
	CHECK(read_with(buffer_span(&many), &b, &c) == STATUS_LIMIT, "extension: one more");
}

/* What certificates say wrongly and are read all the same. */
static void test_marks(void)
{
	static const struct {
		const char *name;
		struct certificate_plan plan;
		bool malformed, ever_valid;
	} rows[] = {
		{"version 1",                          { .subject = "s", .issuer = "i", .serial = 1 },  false, true },
		{ "version 9",                         { .subject = "s", .issuer = "i", .version = 8 }, true,  true },
		{ "inner algorithm of another digest",
                 { .subject = "s", .issuer = "i", .inner_digest = DIGEST_SHA1 },
                 true,											 true },
		{ "time that is none",
                 { .subject = "s", .issuer = "i", .until = "209913010000Z" },
                 true,											 false},
		{ "names without attributes",          { .serial = 1 },                                 false, true },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		struct certificate_plan plan = rows[i].plan;
		struct certificate c;

		plan.key = key;
		build_certificate(&b, &plan);
		CHECK(certificate_read(buffer_span(&b), &c, NULL) == STATUS_OK &&
			      c.malformed == rows[i].malformed &&
			      (c.not_before <= c.not_after) == rows[i].ever_valid,
		      "certificate: %s", rows[i].name);
	}
}

static void test_signatures(void)
{
	static const enum digest_algorithm all[] = { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384,
						     DIGEST_SHA512 };
	EVP_PKEY *issuers[] = { key, rsa };
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, other = BUFFER_INIT;
	struct certificate c, issuer, foreign;
	struct certificate_plan plan = { .subject = "s", .issuer = "i", .version = 2 };

	plan.key = build_key();
	build_certificate(&other, &plan);
	if (certificate_read(buffer_span(&other), &foreign, NULL) != STATUS_OK)
		abort();
	for (size_t i = 0; i < COUNT_OF(issuers); i++)
		for (size_t d = 0; d < COUNT_OF(all); d++) {
			CLEANUP(buffer_free) struct buffer root = BUFFER_INIT;
			struct certificate_plan child = plan;

			buffer_clear(&b);
			child.signer = issuers[i];
			child.digest = all[d];
			build_certificate(&b, &child);
			child = (struct certificate_plan){ .key = issuers[i], .subject = "i" };
			build_certificate(&root, &child);
			CHECK(certificate_read(buffer_span(&b), &c, NULL) == STATUS_OK &&
				      certificate_read(buffer_span(&root), &issuer, NULL) ==
					      STATUS_OK &&
				      certificate_signed_by(&c, &issuer.key) == SIGNATURE_OK &&
				      certificate_signed_by(&c, &foreign.key) ==
					      SIGNATURE_WRONG,
			      "signature: %s by %s", digest_name(all[d]), i ? "RSA" : "EC");
		}
	c.algorithms_differ = true;
	CHECK(certificate_signed_by(&c, &issuer.key) == SIGNATURE_WRONG,
	      "signature: an algorithm that the signature does not cover");
	EVP_PKEY_free(plan.key);
}

/* The form without DigestInfo is for countersignatures alone. */
static void test_raw_hash(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct certificate_plan plan = { .key = rsa,
					 .subject = "s",
					 .issuer = "s",
					 .digest = DIGEST_SHA1,
					 .raw_hash = true };
	struct certificate c;

	build_certificate(&b, &plan);
	CHECK(certificate_read(buffer_span(&b), &c, NULL) == STATUS_OK &&
		      certificate_signed_by(&c, &c.key) == SIGNATURE_WRONG,
	      "signature: the raw hash is refused");
	c.signature_algorithm.digest = DIGEST_NONE;
	CHECK(certificate_signed_by(&c, &c.key) == SIGNATURE_NOT_SUPPORTED,
	      "signature: an algorithm that names no digest");
}

/* Names as octets, and what people see. */
static const struct {
	const char *name;
	struct span der;
	const char *text, *brief;
} name_rows[] = {
	{"empty",				       OID_INIT("\x30\x00"),						     "",                        ""                    },
	{ "last first",
         OID_INIT("\x30\x1a\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02UN"
		   "\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02me"),
         "CN=me, C=UN",																      "me"                  },
	{ "several in one",
         OID_INIT("\x30\x18\x31\x16\x30\x09\x06\x03\x55\x04\x03\x0c\x02"
		   "ab\x30\x09\x06\x03\x55\x04\x0b\x0c\x02xy"),
         "CN=ab+OU=xy",																      "ab"                  },
	{ "escapes",
         OID_INIT("\x30\x14\x31\x12\x30\x10\x06\x03\x55\x04\x0a\x0c\x09#a, \"b\"+ "),
         "O=\\#a\\, \\\"b\\\"\\+\\ ",															"#a, \"b\"+ "         },
	{ "NUL and terminal control",
         OID_INIT("\x30\x12\x31\x10\x30\x0e\x06\x03\x55\x04\x03\x0c\x07"
		   "a\0b\x1b[2J"),
         "CN=a\\x00b\\x1b[2J",															       "a\\x00b\\x1b[2J"     },
	{ "direction and zero width",
         OID_INIT("\x30\x13\x31\x11\x30\x0f\x06\x03\x55\x04\x03\x0c\x08"
		   "a\xe2\x80\xae\xe2\x80\x8b"
		   "b"),
         "CN=a\\u{202e}\\u{200b}b",															  "a\\u{202e}\\u{200b}b"},
	{ "broken UTF-8",
         OID_INIT("\x30\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x03"
		   "a\xff"
		   "b"),
         "CN=a\\xffb",																       "a\\xffb"             },
	{ "BMPString",
         OID_INIT("\x30\x11\x31\x0f\x30\x0d\x06\x03\x55\x04\x03\x1e\x06\x00K\x20\xac\x00!"),
         "CN=K\xe2\x82\xac!",																"K\xe2\x82\xac!"      },
	{ "TeletexString",
         OID_INIT("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x14\x02\xe9t"),                                                   "CN=\xc3\xa9t",
         "\xc3\xa9t"																			       },
	{ "UniversalString",
         OID_INIT("\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x1c\x04\x00\x01\xf6\x00"),
         "CN=\xf0\x9f\x98\x80",															      "\xf0\x9f\x98\x80"    },
	{ "no string",				  OID_INIT("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x04\x02\xca\xfe"),
         "CN=#0402cafe",																     "CN=#0402cafe"        },
	{ "unknown type",			       OID_INIT("\x30\x0c\x31\x0a\x30\x08\x06\x02\x2a\x03\x0c\x02hi"),
         "1.2.3=hi",																	 "1.2.3=hi"            },
	{ "organisation without common name",
         OID_INIT("\x30\x1a\x31\x0b\x30\x09\x06\x03\x55\x04\x0b\x13\x02OU"
		   "\x31\x0b\x30\x09\x06\x03\x55\x04\x0a\x0c\x02Or"),
         "O=Or, OU=OU",																      "Or"                  },
	{ "empty common name",
         OID_INIT("\x30\x18\x31\x0b\x30\x09\x06\x03\x55\x04\x0a\x13\x02Or"
		   "\x31\x09\x30\x07\x06\x03\x55\x04\x03\x0c\x00"),
         "CN=, O=Or",																	"Or"                  },
	{ "two common names: the last is the narrower",
         OID_INIT("\x30\x1a\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02"
		   "aa\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02"
		   "bb"),
         "CN=bb, CN=aa",																     "bb"                  },
	{ "not a name",				 OID_INIT("\x30\x02\x05\x00"),                                             "malformed-name(4 bytes)",
         "malformed-name(4 bytes)"																		 },
};

static void test_names(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct span two = name_rows[1].der;

	for (size_t i = 0; i < COUNT_OF(name_rows); i++) {
		const char *text = name_text(&a, name_rows[i].der);
		const char *brief = name_short(&a, name_rows[i].der);

		CHECK(text && strcmp(text, name_rows[i].text) == 0 && brief &&
			      strcmp(brief, name_rows[i].brief) == 0,
		      "name: %s", name_rows[i].name);
		if (text && strcmp(text, name_rows[i].text) != 0)
			printf("# %s\n", text);
	}
	CHECK(strcmp(name_attribute(&a, two, OID("\x55\x04\x06")), "UN") == 0 &&
		      !name_attribute(&a, two, OID("\x55\x04\x0a")) &&
		      !name_attribute(&a, SPAN_NONE, OID("\x55\x04\x0a")),
	      "name: one attribute");
}

static void common_name(struct buffer *b, uint8_t tag, struct span value)
{
	size_t name = der_open(b, DER_SEQUENCE), set = der_open(b, DER_SET);
	size_t pair = der_open(b, DER_SEQUENCE);

	der_add(b, DER_OID, OID("\x55\x04\x03"));
	der_add(b, tag, value);
	der_close(b, pair);
	der_close(b, set);
	der_close(b, name);
}

static void test_name_equality(void)
{
	static const struct {
		const char *name;
		struct span x, y;
		uint8_t x_tag, y_tag;
		bool equal;
	} rows[] = {
		{"same",			    OID_INIT("Root"),             OID_INIT("Root"),             0x0c, 0x0c, true },
		{ "string types",                   OID_INIT("Root"),             OID_INIT("\0R\0o\0o\0t"),     0x13, 0x1e,
                 true													    },
		{ "case",			   OID_INIT("ROOT ca"),          OID_INIT("root CA"),          0x0c, 0x13, true },
		{ "case beyond ASCII",              OID_INIT("\xc3\x84X"),        OID_INIT("\xe4x"),            0x0c, 0x14,
                 true													    },
		{ "spaces",                         OID_INIT("  a   b "),         OID_INIT("a b"),              0x0c, 0x0c, true },
		{ "a space more inside",            OID_INIT("a b"),              OID_INIT("ab"),               0x0c, 0x0c, false},
		{ "beginning of the other",         OID_INIT("Root"),             OID_INIT("Root2"),            0x0c, 0x0c,
                 false													   },
		{ "NUL is a character",             OID_INIT("Root\0"),           OID_INIT("Root"),             0x0c, 0x0c,
                 false													   },
		{ "broken octets equal themselves", OID_INIT("a\xff"),            OID_INIT("A\xff"),            0x0c,
                 0x13,												      true },
		{ "broken octets are no Latin-1",   OID_INIT("a\xff"),            OID_INIT("a\xff"),            0x0c,
                 0x14,												      false},
		{ "surrogates",                     OID_INIT("\xf0\x9f\x98\x80"), OID_INIT("\xd8\x3d\xde\x00"),
                 0x0c,												0x1e, true },
		{ "octets, not text",               OID_INIT("A"),                OID_INIT("a"),                0x04, 0x04, false},
		{ "octets, the same",               OID_INIT("A"),                OID_INIT("A"),                0x04, 0x04, true },
		{ "both empty",                     OID_INIT(""),                 OID_INIT("  "),               0x0c, 0x13, true },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer x = BUFFER_INIT, y = BUFFER_INIT;

		common_name(&x, rows[i].x_tag, rows[i].x);
		common_name(&y, rows[i].y_tag, rows[i].y);
		CHECK(name_equal(buffer_span(&x), buffer_span(&y)) == rows[i].equal &&
			      name_equal(buffer_span(&y), buffer_span(&x)) == rows[i].equal,
		      "equal: %s", rows[i].name);
	}
	CHECK(name_equal(OID("\x30\x18\x31\x16\x30\x09\x06\x03\x55\x04\x03\x0c\x02"
			     "ab\x30\x09\x06\x03\x55\x04\x0b\x0c\x02xy"),
			 OID("\x30\x18\x31\x16\x30\x09\x06\x03\x55\x04\x0b\x0c\x02xy"
			     "\x30\x09\x06\x03\x55\x04\x03\x0c\x02"
			     "AB")),
	      "equal: order in a set does not count");
	CHECK(!name_equal(OID("\x30\x18\x31\x16\x30\x09\x06\x03\x55\x04\x03\x0c\x02"
			      "ab\x30\x09\x06\x03\x55\x04\x0b\x0c\x02xy"),
			  OID("\x30\x1a\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02"
			      "ab\x31\x0b\x30\x09\x06\x03\x55\x04\x0b\x0c\x02xy")),
	      "equal: one set is not two");
	CHECK(!name_equal(OID("\x30\x02\x05\x00"), OID("\x30\x00")), "equal: not a name");
}

/* 64 KiB of attributes, in one set or in many: shown in part, compared in no time. */
static void test_huge_names(void)
{
	for (int joined = 0; joined < 2; joined++) {
		CLEANUP(buffer_free) struct buffer x = BUFFER_INIT, y = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct buffer *names[] = { &x, &y };
		clock_t begun;
		const char *text;
		bool equal;

		for (size_t n = 0; n < 2; n++) {
			size_t name = der_open(names[n], DER_SEQUENCE);
			size_t all = joined ? der_open(names[n], DER_SET) : 0;

			for (int i = 0; i < 6000; i++) {
				size_t set = joined ? 0 : der_open(names[n], DER_SET);
				size_t pair = der_open(names[n], DER_SEQUENCE);

				der_add(names[n], DER_OID, OID("\x55\x04\x0b"));
				der_add(names[n], n ? 0x13 : 0x0c, OID("x"));
				der_close(names[n], pair);
				if (!joined)
					der_close(names[n], set);
			}
			if (joined)
				der_close(names[n], all);
			der_close(names[n], name);
		}
		begun = clock();
		text = name_text(&a, buffer_span(&x));
		equal = name_equal(buffer_span(&x), buffer_span(&y));
		CHECK(text && strlen(text) < 1000 && !equal &&
			      clock() - begun < CLOCKS_PER_SEC / 20,
		      "name: 6000 attributes in %s", joined ? "one set" : "as many sets");
	}
}

static void test_prefixes_and_memory(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct arena none = ARENA_INIT(0);
	struct certificate c;
	struct span whole, name = name_rows[3].der;
	int bad = 0;

	if (read_with(extension_rows[0].extensions, &b, &c) != STATUS_OK)
		abort();
	whole = buffer_span(&b);
	for (size_t n = 0; n < whole.len; n++)
		bad += certificate_read(span_clip(whole, 0, n), &c, NULL) != STATUS_MALFORMED;
	CHECK(bad == 0, "certificate: every prefix is refused");
	CHECK(!name_text(&none, name) && !name_short(&none, name) &&
		      !name_attribute(&none, name, OID("\x55\x04\x0a")),
	      "name: arena is full");
	memory_fail_after(0);
	CHECK(!name_text(&none, name), "name: no memory");
	memory_fail_after(-1);
}

/* One certificate as libcrypto reads it: does ours agree? */
static bool agrees(X509 *x, struct span der)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(x);
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	struct certificate c;
	struct tm from, until;
	uint8_t hash[32];
	uint32_t usage = X509_get_key_usage(x), flags = X509_get_extension_flags(x);

	if (certificate_read(der, &c, NULL) != STATUS_OK || c.malformed ||
	    !ASN1_TIME_to_tm(X509_get0_notBefore(x), &from) ||
	    !ASN1_TIME_to_tm(X509_get0_notAfter(x), &until) ||
	    !X509_digest(x, EVP_sha256(), hash, NULL))
		return false;
	if (c.not_before != timegm(&from) || c.not_after != timegm(&until) ||
	    memcmp(hash, c.sha256, sizeof(hash)) != 0 ||
	    c.version != (uint64_t)X509_get_version(x))
		return false;
	if (c.is_ca != ((flags & EXFLAG_CA) && (flags & EXFLAG_BCONS)) ||
	    c.has_key_usage != (usage != UINT32_MAX) ||
	    (c.has_key_usage && (usage & 0xff) != c.key_usage))
		return false;
	if (c.subject_key_id.len != (id ? (size_t)ASN1_STRING_length(id) : 0) ||
	    span_after(c.serial, c.serial.len > 1 && span_at(c.serial, 0) == 0).len !=
		    (size_t)ASN1_STRING_length(serial))
		return false;
	if (!certificate_self_issued(&c))
		return true;
	return certificate_signed_by(&c, &c.key) == (X509_verify(x, X509_get0_pubkey(x)) == 1
							     ? SIGNATURE_OK
							     : SIGNATURE_NOT_SUPPORTED);
}

static void test_public_roots(void)
{
	static const char *const files[] = { "anchors/registry-roots.pem",
					     "anchors/legacy-roots.pem",
					     "anchors/microsoft-roots-libwine.pem",
					     "anchors/secure-boot-anchors.pem" };

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		size_t len = 0;
		uint8_t *bytes = corpus_load(files[i], &len);
		BIO *in = bytes ? BIO_new_mem_buf(bytes, (int)len) : NULL;
		int n = 0, wrong = 0;
		X509 *x;

		while (in && (x = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
			uint8_t *der = NULL;
			int size = i2d_X509(x, &der);

			n++;
			if (!agrees(x, (struct span){ der, (size_t)size })) {
				wrong++;
				X509_NAME_print_ex_fp(stdout, X509_get_subject_name(x), 0,
						      XN_FLAG_RFC2253);
				printf("# <- differs\n");
			}
			OPENSSL_free(der);
			X509_free(x);
		}
		if (in)
			CHECK(n > 0 && wrong == 0, "libcrypto agrees on %d certificates of %s",
			      n, files[i]);
		BIO_free(in);
		free(bytes);
	}
}

int main(void)
{
	key = build_key();
	rsa = build_rsa_key();
	test_fields();
	test_extensions();
	test_extension_look_up();
	test_marks();
	test_signatures();
	test_raw_hash();
	test_names();
	test_name_equality();
	test_huge_names();
	test_prefixes_and_memory();
	test_public_roots();
	EVP_PKEY_free(key);
	EVP_PKEY_free(rsa);
	return CHECK_DONE();
}
