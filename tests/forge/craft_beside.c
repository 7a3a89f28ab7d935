/* SPDX-License-Identifier: MIT */
/* Files whose signature lies beside them: OpenPGP, minisign, signify, IMA, fs-verity. */
#include "base/base64.h"
#include "tests/forge/craft.h"
#include "tests/forge/signing.h"

#define ROW_SIG       1 /* of companion_rows */
#define ROW_MINISIG   4
#define LINES         20
#define KEY_NUMBER    "\1\2\3\4\5\6\7\x08"
#define SIGNATURE     64
#define VERITY_BLOCK  4096
#define VERITY_HEADER 256

static void content_write(struct craft_file *out, unsigned number, uint8_t row)
{
	out->row = row;
	craft_text(&out->file, number, LINES);
}

static struct range whole(const struct buffer *file)
{
	return (struct range){ 0, file->len };
}

static void openpgp_by(struct craft_shop *shop, enum craft_signer who, unsigned number,
		       struct craft_file *out)
{
	content_write(out, number, ROW_SIG);
	pgp_sign(&out->beside, &(struct pgp_order){ .by = &shop->pgp[who],
						    .data = { buffer_span(&out->file) } });
}

static void openpgp_rsa_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	openpgp_by(shop, CRAFT_RSA, number, out);
}

static void openpgp_eddsa_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	openpgp_by(shop, CRAFT_EDDSA, number, out);
}

/* A text that is signed in one file with its signature. */
static void clearsign_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	craft_text_ending(&text, number, LINES, "\n");
	pgp_clearsign(&out->file, &shop->pgp[CRAFT_RSA], buffer_string(&text, 0));
}

static struct range clearsign_text(const struct buffer *file)
{
	uint64_t from, to;

	if (!span_find(buffer_span(file), SPAN_LITERAL("line 0"), 0, &from) ||
	    !span_find(buffer_span(file), SPAN_LITERAL("-----BEGIN PGP SIGNATURE"), 0, &to))
		return (struct range){ 0, 0 };
	return (struct range){ from, 30 };
}

/* The host's text over the donor's signature. */
static CRAFT_MAKE(clearsign_stolen)
{
	struct span host = buffer_span(&cell->host->file),
		    donor = buffer_span(&cell->donor->file);
	uint64_t to, from;

	if (!span_find(host, SPAN_LITERAL("-----BEGIN PGP SIGNATURE"), 0, &to) ||
	    !span_find(donor, SPAN_LITERAL("-----BEGIN PGP SIGNATURE"), 0, &from))
		return "no signed text";
	buffer_add(&out->file, span_clip(host, 0, to));
	buffer_add(&out->file, span_after(donor, from));
	return NULL;
}

/* Two letters, the key's number, a signature: base64. */
static void ed25519_line(struct craft_shop *shop, const char *letters, struct span octets,
			 struct buffer *out, uint8_t signature[SIGNATURE])
{
	CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = SIGNATURE;

	if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, shop->ed25519) != 1 ||
	    EVP_DigestSign(ctx, signature, &n, octets.ptr, octets.len) != 1)
		forge_fail("a signature");
	EVP_MD_CTX_free(ctx);
	buffer_text(&line, letters);
	if (*letters)
		buffer_text(&line, KEY_NUMBER);
	buffer_add(&line, (struct span){ signature, SIGNATURE });
	base64_encode(out, buffer_span(&line));
	buffer_char(out, '\n');
}

static void signify_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	uint8_t signature[SIGNATURE];

	content_write(out, number, ROW_SIG);
	buffer_text(&out->beside, "untrusted comment: signed by the forge\n");
	ed25519_line(shop, "Ed", buffer_span(&out->file), &out->beside, signature);
}

static void minisign_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	CLEANUP(buffer_free) struct buffer both = BUFFER_INIT;
	uint8_t signature[SIGNATURE], global[SIGNATURE];
	struct forge_digest d;
	struct span file;

	content_write(out, number, ROW_MINISIG);
	file = buffer_span(&out->file);
	d = forge_digest_of("BLAKE2b512", &file, 1);
	buffer_text(&out->beside, "untrusted comment: signed by the forge\n");
	ed25519_line(shop, "ED", forge_digest_span(&d), &out->beside, signature);
	buffer_add(&both, SPAN_OF(signature));
	buffer_printf(&both, "file %u", number);
	buffer_printf(&out->beside, "trusted comment: file %u\n", number);
	ed25519_line(shop, "", buffer_span(&both), &out->beside, global);
}

/* The trusted comment of another file. */
static CRAFT_MAKE(minisign_comment)
{
	uint64_t from, to, end;
	struct span ours = buffer_span(&cell->donor->beside),
		    theirs = buffer_span(&cell->host->beside);

	if (!span_find(ours, SPAN_LITERAL("trusted comment: file"), 0, &to) ||
	    !span_find(theirs, SPAN_LITERAL("trusted comment: file"), 0, &from) ||
	    !span_find(theirs, SPAN_LITERAL("\n"), from, &end))
		return "no comment";
	buffer_add(&out->file, buffer_span(&cell->donor->file));
	buffer_add(&out->beside, span_clip(ours, 0, to));
	buffer_add(&out->beside, span_clip(theirs, from, end - from));
	if (!span_find(ours, SPAN_LITERAL("\n"), to, &end))
		return "no comment";
	buffer_add(&out->beside, span_after(ours, end));
	out->row = ROW_MINISIG;
	return NULL;
}

/* PKCS #1 v1.5 over the SHA-256 of @octets, by "good". */
static void rsa_add(struct forge *f, struct span octets, struct buffer *out)
{
	struct forge_digest d = forge_digest_of("SHA256", &octets, 1);
	CLEANUP(buffer_free) struct buffer info = BUFFER_INIT;
	size_t all = der_open(&info, DER_SEQUENCE);

	der_add_algorithm(&info, forge_digest_oid("SHA256", false), true);
	der_add(&info, DER_OCTET_STRING, forge_digest_span(&d));
	der_close(&info, all);
	buffer_add(out, pki_sign(forge_pki(f), forge_identity(f, "good")->key, "SHA256",
				 buffer_span(&info)));
}

static void ima_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	const struct pki_certificate *good = forge_identity(shop->forge, "good");
	struct span id = pki_key_id(forge_pki(shop->forge), good);

	content_write(out, number, ROW_SIG);
	buffer_add(&out->beside, SPAN_LITERAL("\3\2\4"));
	buffer_add(&out->beside, span_after(id, id.len - 4));
	buffer_add(&out->beside, SPAN_LITERAL("\1\0"));
	rsa_add(shop->forge, buffer_span(&out->file), &out->beside);
}

/* A file of one block: its digest is that of the tree's root. */
static void verity_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	CLEANUP(buffer_free)
	struct buffer block = BUFFER_INIT, descriptor = BUFFER_INIT, octets = BUFFER_INIT;
	struct forge_digest root, file;
	struct span s;

	content_write(out, number, ROW_SIG);
	buffer_add(&block, buffer_span(&out->file));
	forge_zeros(&block, VERITY_BLOCK - block.len);
	s = buffer_span(&block);
	root = forge_digest_of("SHA256", &s, 1);
	buffer_add(&descriptor, SPAN_LITERAL("\1\1\x0c\0\0\0\0\0"));
	buffer_u64le(&descriptor, out->file.len);
	buffer_add(&descriptor, forge_digest_span(&root));
	forge_zeros(&descriptor, VERITY_HEADER - descriptor.len);
	s = buffer_span(&descriptor);
	file = forge_digest_of("SHA256", &s, 1);
	buffer_add(&octets, SPAN_LITERAL("FSVerity\1\0\x20\0"));
	buffer_add(&octets, forge_digest_span(&file));
	forge_detached_write(shop->forge, NULL, buffer_span(&octets), false, &out->beside);
}

/* Of a program beside which it lies, the index may know more than the digest. */
static const struct craft_trick by_rsa[] = {
	{"stolen",        CRAFT_STOLEN,  craft_beside, "mismatched", "mismatched|grafted" },
	{ "byte-changed", CRAFT_ALTERED, craft_flip,   "mismatched", "mismatched|tampered"},
	{ "bytes-behind", CRAFT_ALTERED, craft_behind, "mismatched", "mismatched|tampered"},
};
/* Whose signature does not say for what it was made: the index must know it. */
static const struct craft_trick by_curve[] = {
	{"stolen",        CRAFT_STOLEN,  craft_beside, "broken", "mismatched|grafted" },
	{ "byte-changed", CRAFT_ALTERED, craft_flip,   "broken", "mismatched|tampered"},
	{ "bytes-behind", CRAFT_ALTERED, craft_behind, "broken", "mismatched|tampered"},
};
/* Over the file itself, of which nothing is kept that an index could hold. */
static const struct craft_trick by_key_number[] = {
	{"stolen",        CRAFT_STOLEN,  craft_beside, "broken", NULL},
	{ "byte-changed", CRAFT_ALTERED, craft_flip,   "broken", NULL},
	{ "bytes-behind", CRAFT_ALTERED, craft_behind, "broken", NULL},
};
static const struct craft_trick by_minisign[] = {
	{"stolen",          CRAFT_STOLEN,  craft_beside,           "broken", "mismatched|grafted" },
	{ "byte-changed",   CRAFT_ALTERED, craft_flip,             "broken", "mismatched|tampered"},
	{ "bytes-behind",   CRAFT_ALTERED, craft_behind,           "broken", "mismatched|tampered"},
	{ "comment-stolen", CRAFT_ALTERED, craft_minisign_comment, "broken", NULL                 },
};
static const struct craft_trick by_clearsign[] = {
	{"stolen",        CRAFT_STOLEN,  craft_clearsign_stolen, "mismatched", NULL},
	{ "byte-changed", CRAFT_ALTERED, craft_flip,             "mismatched", NULL},
	{ "bytes-behind", CRAFT_ADDED,   craft_behind,           "partial",    NULL},
};

static const struct craft crafts[] = {
	{"openpgp-rsa",    NULL,      "valid", openpgp_rsa_make,   whole,          CRAFT_TRICKS(by_rsa)       },
	{ "openpgp-eddsa", NULL,      "valid", openpgp_eddsa_make, whole,          CRAFT_TRICKS(by_curve)     },
	{ "openpgp-text",  "openpgp", "valid", clearsign_make,     clearsign_text,
         CRAFT_TRICKS(by_clearsign)									   },
	{ "minisign",      NULL,      "valid", minisign_make,      whole,          CRAFT_TRICKS(by_minisign)  },
	{ "signify",       NULL,      "valid", signify_make,       whole,          CRAFT_TRICKS(by_key_number)},
	{ "ima",           NULL,      "valid", ima_make,           whole,          CRAFT_TRICKS(by_rsa)       },
	{ "fsverity",      NULL,      "valid", verity_make,        whole,          CRAFT_TRICKS(by_rsa)       },
};
const struct craft_table crafts_beside = { crafts, COUNT_OF(crafts) };
