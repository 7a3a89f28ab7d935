/* SPDX-License-Identifier: MIT */
/* Signatures over attributes and inode, by a key made here. */
#include "formats/sidecar.h"
#include "tests/check.h"
#include "tests/court.h"
#include "verify/ima/ima.h"
#include <openssl/evp.h>
#include <openssl/pem.h>

#define MODE 0100755

static const struct span file = SPAN_INIT("any file at all");

static void must(bool what)
{
	if (!what)
		abort();
}

/* SHA-256 and RSA over @content behind the header that the kernel wants. */
static void sign(struct buffer *out, EVP_PKEY *key, uint8_t type, struct span content)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[256];
	size_t n = sizeof(signature);
	struct public_key read;
	struct digest id;
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	must(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestSign(ctx, signature, &n, content.ptr, content.len) == 1);
	must(len > 0 &&
	     public_key_read((struct span){ der, (size_t)len }, &read) == STATUS_OK &&
	     digest_of(DIGEST_SHA1, &read.bits, 1, &id) == STATUS_OK);
	buffer_char(out, (char)type);
	buffer_add(out, SPAN_LITERAL("\2\4"));
	buffer_add(out, span_after(digest_span(&id), 16));
	buffer_add(out, SPAN_LITERAL("\1\0"));
	buffer_add(out, (struct span){ signature, n });
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
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

enum ima { NO_IMA, MEASURED, SIGNED, SIGNED_BY_OTHER, NONSENSE };

static const struct {
	const char *what;
	enum ima ima;
	uint8_t type;
	unsigned cut; /* octets off the end */
	uint16_t mode;
	const char *label, *bytes; /* NULL: as signed */
	bool stranger;             /* whom nobody knows */
	enum assay_signature signature;
	enum assay_binding binding;
	const char *finding;
} rows[] = {
#define GOOD        ASSAY_SIGNATURE_GOOD
#define UNSUPPORTED ASSAY_SIGNATURE_UNSUPPORTED
#define BAD         ASSAY_SIGNATURE_BAD
#define ABSENT      ASSAY_SIGNATURE_ABSENT
#define INTACT      ASSAY_BINDING_INTACT
#define MODIFIED    ASSAY_BINDING_MODIFIED
#define PARTIAL     ASSAY_BINDING_PARTIAL
#define UNCHECKED   ASSAY_BINDING_UNCHECKED
#define DIFFER      "evm.attributes-differ"
#define CONTENT     "evm.content-unchecked"
	{"a digest",              MEASURED,        5, 0, MODE,    NULL, NULL, false, GOOD,        INTACT,    NULL   },
	{ "a signature",          SIGNED,          5, 0, MODE,    NULL, NULL, false, GOOD,        INTACT,    NULL   },
	{ "a digest of other",    MEASURED,        5, 0, MODE,    NULL, "x",  false, GOOD,        MODIFIED,  NULL   },
	{ "a signature of other", SIGNED,          5, 0, MODE,    NULL, "x",  false, GOOD,        MODIFIED,  NULL   },
	{ "a stranger's",         SIGNED_BY_OTHER, 5, 0, MODE,    NULL, NULL, false, GOOD,        PARTIAL,
						   CONTENT												    },
	{ "nothing of the bytes", NO_IMA,          5, 0, MODE,    NULL, NULL, false, GOOD,        PARTIAL,
						   CONTENT												    },
	{ "nonsense",             NONSENSE,        5, 0, MODE,    NULL, NULL, false, GOOD,        PARTIAL,   CONTENT},
	{ "another mode",         MEASURED,        5, 0, 0104755, NULL, NULL, false, GOOD,        MODIFIED,  DIFFER },
	{ "another label",        MEASURED,        5, 0, MODE,    "l",  NULL, false, GOOD,        MODIFIED,  DIFFER },
	{ "by a stranger",        MEASURED,        5, 0, MODE,    NULL, NULL, true,  ABSENT,      UNCHECKED, NULL   },
	{ "cut",		  MEASURED,        5, 1, MODE,    NULL, NULL, false, BAD,         UNCHECKED, NULL   },
	{ "an HMAC",              MEASURED,        2, 0, MODE,    NULL, NULL, false, UNSUPPORTED, UNCHECKED, NULL   },
	{ "for one inode",        MEASURED,        3, 0, MODE,    NULL, NULL, false, UNSUPPORTED, UNCHECKED,
						   NULL												       },
};

struct scene {
	struct court court;
	EVP_PKEY *key, *stranger;
};

static void ima_make(struct buffer *out, const struct scene *s, enum ima ima)
{
	struct digest digest;

	must(digest_of(DIGEST_SHA256, &file, 1, &digest) == STATUS_OK);
	switch (ima) {
	case NO_IMA: return;
	case MEASURED:
		buffer_add(out, SPAN_LITERAL("\4\4"));
		buffer_add(out, digest_span(&digest));
		return;
	case SIGNED: sign(out, s->key, 3, file); return;
	case SIGNED_BY_OTHER: sign(out, s->stranger, 3, file); return;
	case NONSENSE: buffer_text(out, "nonsense"); return;
	}
}

/* Label, security.ima, capability; inode. */
static void evm_make(struct buffer *out, EVP_PKEY *key, uint8_t type, struct span ima)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	buffer_text(&b, "label");
	buffer_add(&b, ima);
	buffer_text(&b, "may");
	buffer_u64le(&b, 0);
	buffer_u32le(&b, 0);
	buffer_u32le(&b, 1000);
	buffer_u32le(&b, 100);
	buffer_u16le(&b, MODE);
	buffer_u16le(&b, 0);
	sign(out, key, type, buffer_span(&b));
}

static void judge(struct scene *s, size_t i, const struct companions *beside, struct arena *a,
		  struct findings *findings, struct fact **out)
{
	struct span bytes = rows[i].bytes ? SPAN_TEXT(rows[i].bytes) : file;
	const struct piece whole = { .kind = PIECE_RANGE, .range.len = bytes.len };
	struct container box = { 0 };
	struct scheme_work work;
	struct scheme_case c = {
		.box = &box,
		.findings = findings,
		.companions = beside,
		.store = s->court.engine.store,
		.policy = s->court.engine.settings.trust,
	};

	must(sidecar_claims(a, beside, &whole, &box) == STATUS_OK);
	must(scheme_evm.begin(a, &c, &work) == STATUS_OK);
	for (size_t k = 0; k < work.n_jobs; k++)
		must(digest_of(work.jobs[k].algorithm, &bytes, 1, &work.jobs[k].result) ==
		     STATUS_OK);
	must(scheme_evm.finish(a, &c, &work, out) == STATUS_OK);
}

static void check_row(struct scene *s, size_t i)
{
	CLEANUP(buffer_free) struct buffer ima = BUFFER_INIT, evm = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)1 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	struct companion list[4] = {
		{.name = "security.selinux"    },
		{ .name = "security.capability", .bytes = SPAN_INIT("may") },
		{ .name = "security.evm"                            },
		{ .name = "security.ima" }
	};
	struct companions beside = {
		.first = list, .inode = {1000, 100, rows[i].mode}
	};
	struct fact *fact = NULL;

	ima_make(&ima, s, rows[i].ima);
	evm_make(&evm, rows[i].stranger ? s->stranger : s->key, rows[i].type,
		 buffer_span(&ima));
	buffer_cut(&evm, evm.len - rows[i].cut);
	list[0].bytes = SPAN_TEXT(rows[i].label ? rows[i].label : "label");
	list[2].bytes = buffer_span(&evm);
	list[3].bytes = buffer_span(&ima);
	for (size_t k = 0; k + 1 < COUNT_OF(list); k++)
		if (k != 2 || ima.len > 0)
			list[k].next = &list[k + 1];
	judge(s, i, &beside, &a, &findings, &fact);
	CHECK(fact && fact->signature == rows[i].signature && fact->binding == rows[i].binding,
	      "%s: %d, %d", rows[i].what, fact ? (int)fact->signature : -1,
	      fact ? (int)fact->binding : -1);
	CHECK(rows[i].finding ? finding_has(&findings, rows[i].finding, -2) : findings.n == 0,
	      "%s: %s", rows[i].what, findings.first ? findings.first->rule : "no finding");
}

int main(void)
{
	CLEANUP(buffer_free) struct buffer anchors = BUFFER_INIT;
	struct scene s = { .key = EVP_RSA_gen(2048), .stranger = EVP_RSA_gen(2048) };

	must(s.key && s.stranger);
	pem_of(s.key, &anchors);
	court_open_anchors(&s.court, buffer_span(&anchors));
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&s, i);
	court_close(&s.court);
	EVP_PKEY_free(s.key);
	EVP_PKEY_free(s.stranger);
	return CHECK_DONE();
}
