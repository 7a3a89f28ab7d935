/* SPDX-License-Identifier: MIT */
/* Signatures beside a file: minisign, signify, IMA, bare ones, fs-verity, through the whole
 * house. */
#include "base/base64.h"
#include "crypto/ed25519.h"
#include "tests/check.h"
#include "tests/court.h"
#include "tests/elf_builder.h"
#include "tests/zip_builder.h"
#include "verify/fsverity/fsverity.h"
#include <assay.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <zlib.h>

#define PKCS8  "\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20"
#define ZEROS  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define NUMBER "\1\2\3\4\5\6\7\x08"

static const struct span file = SPAN_INIT("any file at all");

static void must(bool what)
{
	if (!what)
		abort();
}

static void key_make(uint8_t seed, struct ed25519_key *out)
{
	uint8_t pkcs8[48];

	memset(pkcs8, seed, sizeof(pkcs8));
	memcpy(pkcs8, PKCS8, sizeof(PKCS8) - 1);
	must(ed25519_private_read(SPAN_OF(pkcs8), out) == STATUS_OK);
}

/* A line of base64: two letters, number, rest. */
static void line(struct buffer *out, const char *letters, struct span rest)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	buffer_text(&b, letters);
	buffer_add(&b, SPAN_LITERAL(NUMBER));
	buffer_add(&b, rest);
	base64_encode(out, buffer_span(&b));
	buffer_char(out, '\n');
}

enum kind { SIGNIFY, MINISIGN, MINISIGN_HASHED };

static void sign(struct buffer *out, const struct ed25519_key *key, enum kind kind,
		 struct span content, const char *comment)
{
	uint8_t signature[ED25519_SIGNATURE_BYTES], global[ED25519_SIGNATURE_BYTES];
	CLEANUP(buffer_free) struct buffer both = BUFFER_INIT;
	struct digest hash;

	must(digest_of(DIGEST_BLAKE2B, &content, 1, &hash) == STATUS_OK);
	must(ed25519_sign(key, kind == MINISIGN_HASHED ? digest_span(&hash) : content,
			  signature) == STATUS_OK);
	buffer_text(out, "untrusted comment: signed by nobody\n");
	line(out, kind == MINISIGN_HASHED ? "ED" : "Ed", SPAN_OF(signature));
	if (kind == SIGNIFY)
		return;
	buffer_add(&both, SPAN_OF(signature));
	buffer_text(&both, "as it was");
	must(ed25519_sign(key, buffer_span(&both), global) == STATUS_OK);
	buffer_printf(out, "trusted comment: %s\n", comment);
	base64_encode(out, SPAN_OF(global));
	buffer_char(out, '\n');
}

static const struct {
	const char *what;
	enum kind kind;
	bool stranger; /* who has the same number */
	const char *content, *comment;
	const char *word, *rule;
} rows[] = {
	{"signify",                  SIGNIFY,         false, NULL,    "as it was", "valid",  NULL},
	{ "signify, other file",     SIGNIFY,         false, "other", "as it was", "broken", NULL},
	{ "signify, stranger",       SIGNIFY,         true,  NULL,    "as it was", "broken", NULL},
	{ "minisign",                MINISIGN,        false, NULL,    "as it was", "valid",  NULL},
	{ "minisign, hashed",        MINISIGN_HASHED, false, NULL,    "as it was", "valid",  NULL},
	{ "minisign, other file",    MINISIGN_HASHED, false, "other", "as it was", "broken",
         NULL										    },
	{ "minisign, other comment", MINISIGN,        false, NULL,    "as it is",  "broken", NULL},
};

/* As gzip(1) packs. */
static void pack(struct buffer *out, struct span bytes)
{
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)bytes.ptr,
		       .avail_in = (uInt)bytes.len };
	uint8_t packed[4096];

	must(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	must(deflate(&z, Z_FINISH) == Z_STREAM_END);
	buffer_add(out, (struct span){ packed, z.total_out });
	(void)deflateEnd(&z);
}

static void module_make(struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer module = BUFFER_INIT;

	build_module(&module, "beside", SPAN_LITERAL("code of it"));
	pack(out, buffer_span(&module));
}

static void app_make(struct buffer *out)
{
	static const struct zip_item items[] = {
		{.name = "Payload/A.app/Info.plist", .text = "<plist><dict/></plist>"},
		{ .name = "Payload/A.app/a",         .text = "first"                 },
	};

	zip_build(out, &(struct zip_plan){ .items = items, .n = COUNT_OF(items) });
}

/* What is judged comes out of these; what stands beside them speaks of them as they stand. */
static const struct {
	const char *what, *format;
	void (*make)(struct buffer *out);
} packed[] = {
	{"a packed module",   "kernel_module", module_make},
	{ "an app in a file", "bundle",        app_make   },
};

static void check_packed(void)
{
	CLEANUP(buffer_free) struct buffer anchors = BUFFER_INIT;
	struct ed25519_key key;
	struct court court;

	key_make(1, &key);
	buffer_text(&anchors, "untrusted comment: key\n");
	line(&anchors, "Ed", SPAN_OF(key.open));
	court_open_anchors(&court, buffer_span(&anchors));
	for (size_t i = 0; i < 3 * COUNT_OF(packed); i++) {
		static const char *const words[] = { "unsigned", "valid", "broken" };
		CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT, b = BUFFER_INIT;
		const struct report *r;

		packed[i / 3].make(&whole);
		sign(&b, &key, i % 2 ? MINISIGN_HASHED : MINISIGN,
		     i % 3 == 1 ? buffer_span(&whole) : file, "as it was");
		r = i % 3 == 0 ? court_judge(&court, buffer_span(&whole))
			       : court_judge_beside(&court, buffer_span(&whole), 1,
						    buffer_span(&b));
		CHECK(r->format && strcmp(r->format, packed[i / 3].format) == 0 &&
			      strcmp(assay_verdict_word(r->verdict), words[i % 3]) == 0,
		      "%s: %s (%s)", packed[i / 3].what, assay_verdict_word(r->verdict),
		      r->rule);
	}
	court_close(&court);
}

static void check_ed25519(void)
{
	CLEANUP(buffer_free) struct buffer anchors = BUFFER_INIT;
	struct ed25519_key key, stranger;
	struct court court, bare;

	key_make(1, &key);
	key_make(2, &stranger);
	buffer_text(&anchors, "untrusted comment: key\n");
	line(&anchors, "Ed", SPAN_OF(key.open));
	court_open_anchors(&court, buffer_span(&anchors));
	court_open_anchors(&bare, SPAN_NONE);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		const struct report *r;

		sign(&b, rows[i].stranger ? &stranger : &key, rows[i].kind,
		     rows[i].content ? SPAN_TEXT(rows[i].content) : file, rows[i].comment);
		r = court_judge_beside(&court, file, 1, buffer_span(&b));
		CHECK(strcmp(assay_verdict_word(r->verdict), rows[i].word) == 0, "%s: %s",
		      rows[i].what, assay_verdict_word(r->verdict));
		r = court_judge_beside(&bare, file, 1, buffer_span(&b));
		CHECK(strcmp(r->rule, "trust.unevaluated") == 0 && !r->signatures[0].signer,
		      "%s: without keys %s", rows[i].what, r->rule);
	}
	court_close(&court);
	court_close(&bare);
}

/* SHA-256 and RSA over @content, as bytes. */
static void rsa_sign(struct buffer *out, EVP_PKEY *key, struct span content)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[512];
	size_t n = sizeof(signature);

	must(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestSign(ctx, signature, &n, content.ptr, content.len) == 1);
	buffer_add(out, (struct span){ signature, n });
	EVP_MD_CTX_free(ctx);
}

/* The end of the SHA-1 of the key's bits: what IMA calls a key by. */
static void key_id(EVP_PKEY *key, uint8_t id[4])
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	struct public_key read;
	struct digest digest;

	must(len > 0 &&
	     public_key_read((struct span){ der, (size_t)len }, &read) == STATUS_OK &&
	     digest_of(DIGEST_SHA1, &read.bits, 1, &digest) == STATUS_OK);
	memcpy(id, digest.bytes + 16, 4);
	OPENSSL_free(der);
}

static void pem_of(EVP_PKEY *key, struct buffer *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	const char *text = NULL;
	long len;

	must(bio && PEM_write_bio_PUBKEY(bio, key) == 1);
	len = BIO_get_mem_data(bio, &text);
	buffer_add(out, (struct span){ (const uint8_t *)text, (size_t)len });
	BIO_free(bio);
}

static const struct {
	const char *what;
	bool raw, other_file;
	uint8_t algorithm, version;
	unsigned cut; /* octets off the end */
	const char *word;
} imas[] = {
	{"IMA",                false, false, 4, 2, 0, "valid"      },
	{ "IMA, other file",   false, true,  4, 2, 0, "mismatched" },
	{ "IMA, cut",          false, false, 4, 2, 1, "broken"     },
	{ "IMA, unknown hash", false, false, 9, 2, 0, "unsupported"},
	{ "bare",              true,  false, 0, 0, 0, "valid"      },
	{ "bare, other file",  true,  true,  0, 0, 0, "untrusted"  },
};

static void check_ima(void)
{
	CLEANUP(buffer_free) struct buffer anchors = BUFFER_INIT;
	EVP_PKEY *key = EVP_RSA_gen(2048);
	struct court court;
	uint8_t id[4];

	must(key != NULL);
	key_id(key, id);
	pem_of(key, &anchors);
	court_open_anchors(&court, buffer_span(&anchors));
	for (size_t i = 0; i < COUNT_OF(imas); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		const struct report *r;

		if (!imas[i].raw) {
			buffer_char(&b, 3);
			buffer_char(&b, (char)imas[i].version);
			buffer_char(&b, (char)imas[i].algorithm);
			buffer_add(&b, SPAN_OF(id));
			buffer_add(&b, SPAN_LITERAL("\1\0"));
		}
		rsa_sign(&b, key, imas[i].other_file ? SPAN_LITERAL("other") : file);
		buffer_cut(&b, b.len - imas[i].cut);
		r = court_judge_beside(&court, file, COMPANION_GIVEN, buffer_span(&b));
		CHECK(strcmp(assay_verdict_word(r->verdict), imas[i].word) == 0, "%s: %s (%s)",
		      imas[i].what, assay_verdict_word(r->verdict), r->rule);
		CHECK(r->signatures[0].presence == ASSAY_PRESENCE_DETACHED, "%s: detached",
		      imas[i].what);
	}
	court_close(&court);
	EVP_PKEY_free(key);
}

/* Files of the letter "a"; digests as fsverity(1) prints them. */
static const struct {
	size_t size;
	const char *digest;
} trees[] = {
	{0,       "3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95"},
	{ 1,      "bce75948b9e7510293f8f2720412af9697c1479281323f3f220623fb8e94b557"},
	{ 4096,   "a2a808ddaced77f0b6b3068f47b14b5a1fb3fc43674993ab11b8e7e6f2d089e2"},
	{ 4097,   "18b155c0b6e054f3f7d22488ed15340e74dc161ce2d123e13eb685c3ce565f70"},
	{ 524288, "35ce0df2a57eb54aeba7969570bac9dfadfac295ec181a03f13ac7a7da54909e"},
	{ 524289, "cc4f297494cf9e0b6f159db6d30a62d3fcc219fc9c0cbc2d8792bd264da4d9cb"},
};

static void check_trees(void)
{
	static uint8_t block[FSVERITY_BLOCK];

	for (size_t i = 0; i < COUNT_OF(trees); i++) {
		CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;
		size_t n = (trees[i].size + FSVERITY_BLOCK - 1) / FSVERITY_BLOCK;
		struct digest_job *leaves = calloc(n + 1, sizeof(*leaves));
		struct digest digest;

		must(leaves != NULL);
		for (size_t k = 0; k < n; k++) {
			size_t left = trees[i].size - k * FSVERITY_BLOCK;
			struct span whole = SPAN_OF(block);

			memset(block, 0, sizeof(block));
			memset(block, 'a', left < sizeof(block) ? left : sizeof(block));
			must(digest_of(DIGEST_SHA256, &whole, 1, &leaves[k].result) ==
			     STATUS_OK);
		}
		must(fsverity_digest(leaves, n, trees[i].size, &digest) == STATUS_OK);
		buffer_hex(&hex, digest_span(&digest));
		CHECK(strcmp(buffer_string(&hex, 0), trees[i].digest) == 0, "%zu bytes: %s",
		      trees[i].size, buffer_string(&hex, 0));
		free(leaves);
	}
}

/* An entry of Rekor: of an envelope, and of which version. */
static void entry_write(struct buffer *out, const char *kind, const char *body)
{
	buffer_printf(out,
		      "{\"logIndex\":\"1\",\"logId\":{\"keyId\":\"" ZEROS "\"},"
		      "\"kindVersion\":{\"kind\":\"%s\",\"version\":\"%s\"},"
		      "\"inclusionProof\":{\"logIndex\":\"0\",\"rootHash\":\"" ZEROS
		      "\",\"treeSize\":\"1\",\"hashes\":[],\"checkpoint\":{\"envelope\":"
		      "\"x\"}},\"canonicalizedBody\":\"",
		      kind, strcmp(kind, "dsse") == 0 ? "0.0.1" : "0.0.2");
	base64_encode(out, SPAN_TEXT(body));
	buffer_text(out, "\"}");
}

/* What @kind of entry says of a signature over a payload. */
static void body_write(struct buffer *out, const char *kind, const char *pem)
{
	static const char hash[] =
		"\"payloadHash\":{\"algorithm\":\"sha256\",\"value\":\"%s\"}";
	char digest[65], list[sizeof(hash) + 64];

	(void)snprintf(digest, sizeof(digest), "%064d", 0);
	(void)snprintf(list, sizeof(list), hash, digest);
	if (strcmp(kind, "dsse") == 0)
		buffer_printf(out,
			      "{\"apiVersion\":\"0.0.1\",\"kind\":\"dsse\",\"spec\":{%s,"
			      "\"signatures\":[{\"signature\":\"AA==\",\"verifier\":\"%s\"}]}}",
			      list, pem);
	else
		buffer_printf(out,
			      "{\"apiVersion\":\"0.0.2\",\"kind\":\"intoto\",\"spec\":{"
			      "\"content\":{%s,\"envelope\":{\"signatures\":[{\"sig\":"
			      "\"QUE9PQ==\",\"publicKey\":\"%s\"}]}}}}",
			      list, pem);
}

/* A signature of which the log says that it is over something else than a file. */
static void check_sigstore(void)
{
	static const char *const kinds[] = { "dsse", "intoto" };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	CLEANUP(buffer_free) struct buffer pem = BUFFER_INIT, coded = BUFFER_INIT;
	struct court court;

	must(key != NULL);
	pem_of(key, &pem);
	base64_encode(&coded, buffer_span(&pem));
	buffer_char(&coded, 0);
	court_open(&court, NULL);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		CLEANUP(buffer_free) struct buffer bundle = BUFFER_INIT, body = BUFFER_INIT;
		const struct report *r;

		body_write(&body, kinds[i], (const char *)coded.bytes);
		buffer_char(&body, 0);
		buffer_text(&bundle,
			    "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\","
			    "\"verificationMaterial\":{\"publicKey\":{\"hint\":\"\"},"
			    "\"tlogEntries\":[");
		entry_write(&bundle, kinds[i], (const char *)body.bytes);
		buffer_text(&bundle, "]},\"messageSignature\":{\"signature\":\"AA==\"}}");
		r = court_judge_beside(&court, file, companion_row_of("sigstore"),
				       buffer_span(&bundle));
		CHECK(r->verdict == ASSAY_VERDICT_BROKEN && court_has(r, "sigstore.malformed"),
		      "a bare signature with an entry of %s: %s (%s)", kinds[i],
		      assay_verdict_word(r->verdict), r->rule);
	}
	court_close(&court);
	EVP_PKEY_free(key);
}

int main(void)
{
	check_ed25519();
	check_packed();
	check_ima();
	check_trees();
	check_sigstore();
	return CHECK_DONE();
}
