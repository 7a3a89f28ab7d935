/* SPDX-License-Identifier: MIT */
/*
 * Reproduce: shell commands that recompute what decided, with dd and openssl
 * alone.
 *
 * A hostile file writes none of the script: but for the path, quoted once, all
 * that comes from it is numbers and hexadecimal digits, and algorithm names go
 * through a table of ours.
 *
 * It ends with 1 when anything differs or a signature does not verify, with 2
 * when something cannot be recomputed, and with 0 only when all was, and agrees.
 */
#include "evidence/parts.h"

static const char prologue[] =
	"case $file in -*) file=./$file ;; esac\n"
	"set -u\n"
	"[ -r \"$file\" ] || { echo \"$0: cannot read the file\" >&2; "
	"exit 2; }\n"
	"work=$(mktemp -d) || exit 2\n"
	"trap 'rm -rf \"$work\"' EXIT\n"
	"trap 'exit 2' HUP INT TERM\n"
	"# part OFFSET LENGTH: these bytes of the file\n"
	"part() {\n"
	"\tdd if=\"$file\" iflag=skip_bytes,count_bytes,fullblock bs=1M "
	"skip=\"$1\" count=\"$2\" "
	"status=none\n"
	"}\n"
	"# compare NAME DIGEST: with what openssl dgst says\n"
	"compare() {\n"
	"\tcomputed=$(sed 's/.* //' | tr A-F a-f)\n"
	"\tother=$(printf '%s' \"$2\" | tr A-F a-f)\n"
	"\tprintf '   computed: %s\\n   %-9s %s\\n' \"$computed\" "
	"\"$1:\" \"$other\"\n"
	"\tif [ -n \"$computed\" ] && [ \"$computed\" = \"$other\" ]; then\n"
	"\t\techo '   same'\n"
	"\telse\n"
	"\t\techo '   DIFFERENT'\n"
	"\t\treturn 1\n"
	"\tfi\n"
	"}\n"
	"code=0\n"
	"# lacks WHAT: cannot be recomputed\n"
	"lacks() {\n"
	"\techo \"$1\"\n"
	"\t[ $code = 1 ] || code=2\n"
	"}\n";

static const struct digest_row {
	const char *name;
	unsigned n_octets;
} digests[] = {
	{"md5",     16},
        { "sha1",   20},
        { "sha256", 32},
        { "sha384", 48},
        { "sha512", 64},
};

/* A row of ours, or NULL: a report may come from the cache, or from a worker that lies. */
static const struct digest_row *known_digest(const char *name)
{
	for (size_t i = 0; name && i < COUNT_OF(digests); i++)
		if (strcmp(name, digests[i].name) == 0)
			return &digests[i];
	return NULL;
}

/* What makes of a packed file what was judged. */
static const struct {
	const char *packing, *command;
} unpackers[] = {
	{"gzip",   "gzip -dc"            },
        { "xz",    "xz -dc"              },
        { "lzma",  "xz --format=lzma -dc"},
	{ "zstd",  "zstd -dc"            },
        { "bzip2", "bzip2 -dc"           },
        { "lz4",   "lz4 -dc"             },
};

static void put_unpacking(struct buffer *out, const char *packing)
{
	for (size_t i = 0; i < COUNT_OF(unpackers); i++)
		if (strcmp(unpackers[i].packing, packing) == 0)
			buffer_printf(out,
				      "\necho \"unpacked, as everything below counts it\"\n"
				      "%s <\"$file\" >\"$work/unpacked\" || exit 2\n"
				      "file=$work/unpacked\n",
				      unpackers[i].command);
}

/* What stands for itself, both between quotes and in a format of printf. */
static bool plain_character(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("/._-+,=@: ", c));
}

/* Any sh has these: other characters in octal, and a last letter, since $() drops newlines. */
static void put_path(struct buffer *out, const char *path)
{
	struct span text = SPAN_TEXT(path);
	bool plain = true;

	for (uint64_t i = 0; i < text.len; i++)
		plain = plain && plain_character(span_at(text, i));
	buffer_text(out, plain ? "file='" : "file=$(printf -- '");
	for (uint64_t i = 0; i < text.len && !out->failed; i++) {
		uint8_t c = span_at(text, i);

		if (plain_character(c))
			buffer_char(out, (char)c);
		else
			buffer_printf(out, "\\%03o", c);
	}
	buffer_text(out, plain ? "'\n" : "x')\nfile=${file%x}\n");
}

static void put_part(struct buffer *out, uint64_t off, uint64_t len)
{
	buffer_text(out, "part ");
	buffer_u64(out, off);
	buffer_char(out, ' ');
	buffer_u64(out, len);
}

static void put_heading(struct buffer *out, const char *text)
{
	buffer_text(out, "echo \"");
	buffer_text(out, text);
	buffer_text(out, "\"\n");
}

static void put_lack(struct buffer *out, const char *text)
{
	buffer_text(out, "lacks \"");
	buffer_text(out, text);
	buffer_text(out, "\"\n");
}

/* The bytes under the image digest, in the order in which they are hashed. */
static void image_digest(struct buffer *out, const struct report_signature *s)
{
	const struct digest_row *digest = known_digest(s->digest_algorithm);

	if (s->scheme && strcmp(s->scheme, "code-directory") == 0) {
		put_lack(out, "1. pages: their digests stand in the content of 2, and are not "
			      "recomputed here");
		return;
	}
	if (!digest || s->n_covered == 0 || s->covers_more || s->digest_signed.len == 0) {
		put_lack(out, "1. image digest: cannot be recomputed");
		return;
	}
	put_heading(out, "1. image digest: all that the signature covers");
	buffer_text(out, "{\n");
	for (size_t i = 0; i < s->n_covered; i++) {
		if (s->covered[i].len == 0)
			continue;
		buffer_char(out, '\t');
		put_part(out, s->covered[i].off, s->covered[i].len);
		buffer_char(out, '\n');
	}
	if (s->zero_pad) {
		buffer_text(out, "\thead -c ");
		buffer_u64(out, s->zero_pad);
		buffer_text(out, " /dev/zero\n");
	}
	buffer_text(out, "} | openssl dgst -");
	buffer_text(out, digest->name);
	buffer_text(out, " | compare signed ");
	buffer_hex(out, s->digest_signed);
	buffer_text(out, " || code=1\n");
}

/* messageDigest among the signed attributes must be the digest of the content. */
static void message_digest(struct buffer *out, const struct report_signature *s,
			   const char *digest)
{
	if (s->signed_attrs.len == 0)
		return; /* the signature is over the content itself */
	if (s->content.len == 0) {
		put_lack(out, "2. message digest: not recomputed, the content is in pieces");
		return;
	}
	put_heading(out, "2. message digest: what the signature calls its content");
	buffer_text(out, "listed=$(openssl asn1parse -inform DER -in \"$work/attributes\" |\n"
			 "\tgrep -A2 ':messageDigest' | "
			 "sed -n 's/.*HEX DUMP\\]:\\([0-9A-F]*\\)$/\\1/p')\n");
	put_part(out, s->content.off, s->content.len);
	buffer_text(out, " | openssl dgst -");
	buffer_text(out, digest);
	buffer_text(out, " | compare signed \"$listed\" || code=1\n");
}

/* The signed attributes are hashed as a SET: their first octet is 0x31, not the [0] of the
 * file. */
static void put_attributes(struct buffer *out, const struct report_signature *s)
{
	buffer_text(out, "{ printf '\\061'; ");
	put_part(out, s->signed_attrs.off + 1, s->signed_attrs.len - 1);
	buffer_text(out, "; } >\"$work/attributes\"\n");
}

/* RSASSA-PSS says more than the digest: RFC 8017, 9.1. */
static void put_pss(struct buffer *out, const struct report_signature *s)
{
	const struct digest_row *mgf1 = known_digest(s->pss_mgf1);

	if (!mgf1)
		return;
	buffer_text(out, " -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:");
	buffer_u64(out, s->pss_salt_len);
	buffer_text(out, " -sigopt rsa_mgf1_md:");
	buffer_text(out, mgf1->name);
}

/*
 * openssl refuses a DigestInfo without parameters, which RFC 8017 (A.2.4) allows.
 * So, where it refuses an RSA signature, show what was signed beside what should be.
 */
static void put_recovery(struct buffer *out, const struct digest_row *digest, const char *over)
{
	buffer_text(out, "if [ $good != 0 ]; then\n\topenssl dgst -");
	buffer_text(out, digest->name);
	buffer_text(out, " <");
	buffer_text(out, over);
	buffer_text(out, " |\n\t\tcompare signed \"$(openssl pkeyutl -verifyrecover -pubin "
			 "-inkey \"$work/key\" -in \"$work/value\" 2>/dev/null |\n"
			 "\t\t\ttail -c ");
	buffer_u64(out, digest->n_octets);
	buffer_text(out, " | od -An -v -tx1 | tr -d ' \\n')\" || code=1\n"
			 "fi\n");
}

static void signature_value(struct buffer *out, const struct report_signature *s,
			    const struct digest_row *digest)
{
	bool attributes = s->signed_attrs.len > 0;
	const char *over = attributes ? "\"$work/attributes\"" : "\"$work/content\"";

	put_heading(out, "3. signature value, under the key of the certificate in the file");
	put_part(out, s->certificate.off, s->certificate.len);
	buffer_text(out, " >\"$work/certificate\"\n");
	put_part(out, s->signature_value.off, s->signature_value.len);
	buffer_text(out, " >\"$work/value\"\n");
	buffer_text(out, "openssl x509 -inform DER -in \"$work/certificate\" -noout -pubkey "
			 ">\"$work/key\"\n");
	if (!attributes) {
		put_part(out, s->content.off, s->content.len);
		buffer_text(out, " >\"$work/content\"\n");
	}
	buffer_text(out, "openssl dgst -");
	buffer_text(out, digest->name);
	put_pss(out, s);
	buffer_text(out, " -verify \"$work/key\" -signature \"$work/value\" ");
	buffer_text(out, over);
	buffer_text(out, " >\"$work/answer\" 2>&1\n"
			 "good=$?\n"
			 "sed 's/^/   /' \"$work/answer\"\n");
	if (s->key_type && strcmp(s->key_type, "rsa") == 0 && !s->pss_mgf1)
		put_recovery(out, digest, over);
	else
		buffer_text(out, "[ $good = 0 ] || code=1\n");
}

static void reproduce_signature(struct buffer *out, const struct report *r, size_t i)
{
	const struct report_signature *s = &r->signatures[i];
	const struct digest_row *digest = known_digest(s->cms_digest);

	buffer_text(out, "\necho \"signature ");
	buffer_u64(out, i + 1);
	buffer_text(out, " of ");
	buffer_u64(out, r->n_signatures);
	buffer_text(out, ", at ");
	text_range(out, s->where);
	buffer_text(out, "\"\n");
	image_digest(out, s);
	if (!digest || (s->content.len == 0 && s->signed_attrs.len == 0)) {
		put_lack(out, "2. message digest and signature value: cannot be recomputed");
		return;
	}
	if (s->signed_attrs.len)
		put_attributes(out, s);
	message_digest(out, s, digest->name);
	if (s->certificate.len && s->signature_value.len)
		signature_value(out, s, digest);
	else
		put_lack(out, "3. the signer's certificate is not in the file");
}

void reproduce_report(struct buffer *out, const struct report *r, const char *path)
{
	buffer_text(out, "#!/bin/sh\n"
			 "# What decided about this file, recomputed with dd and openssl.\n");
	put_path(out, path);
	buffer_text(out, prologue);
	if (r->has_sha256) {
		buffer_text(out, "\necho \"the whole file\"\n"
				 "openssl dgst -sha256 <\"$file\" | compare reported ");
		buffer_hex(out, SPAN_OF(r->sha256));
		buffer_text(out, " || code=1\n");
	}
	if (r->packing)
		put_unpacking(out, r->packing);
	for (size_t i = 0; i < r->n_signatures; i++)
		reproduce_signature(out, r, i);
	if (r->n_signatures == 0)
		buffer_text(out, "\necho \"the file bears no signature\"\n");
	buffer_text(out, "exit $code\n");
}
