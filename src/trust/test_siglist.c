/* SPDX-License-Identifier: MIT */
/* Secure Boot lists, as files and in the variable store of a firmware. */
#include "tests/check.h"
#include "trust/store.h"
#include "trust/test_take.h"

#define GUID_X509        "\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72"
#define GUID_SHA256      "\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28"
#define GUID_X509_SHA256 "\x92\xa4\xd2\x3b\xc0\x96\x79\x40\xb4\x20\xfc\xf9\x8e\xf1\x03\xed"
#define GUID_UNKNOWN     "an unknown kind!"

/* EFI_SIGNATURE_LIST with one entry. */
static void siglist_build(struct buffer *b, const char *guid, struct span data)
{
	buffer_add(b, (struct span){ (const uint8_t *)guid, 16 });
	buffer_u32le(b, (uint32_t)(28 + 16 + data.len));
	buffer_u32le(b, 0);
	buffer_u32le(b, (uint32_t)(16 + data.len));
	buffer_text(b, "the owner of it!");
	buffer_add(b, data);
}

static void variable_build(struct buffer *b, struct span name, uint8_t state, struct span data)
{
	buffer_u16le(b, 0x55aa);
	buffer_char(b, (char)state);
	buffer_char(b, 0);
	for (size_t i = 0; i < 8; i++) /* attributes, counter, time, key */
		buffer_u32le(b, 0);
	buffer_u32le(b, (uint32_t)name.len);
	buffer_u32le(b, (uint32_t)data.len);
	buffer_text(b, "the vendor of it");
	buffer_add(b, name);
	buffer_add(b, data);
	while (b->len % 4)
		buffer_char(b, '\xff');
}

/* A variable store as OVMF has it: volume header, store header, variables. */
static void store_build(struct buffer *out, struct span db, struct span dbx, struct span old)
{
	struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;

	variable_build(&b, SPAN_LITERAL("B\0o\0o\0t\0\0\0"), 0x3f, SPAN_LITERAL("odd"));
	variable_build(&b, SPAN_LITERAL("d\0b\0\0\0"), 0x3d, old);
	variable_build(&b, SPAN_LITERAL("d\0b\0\0\0"), 0x3f, db);
	variable_build(&b, SPAN_LITERAL("d\0b\0x\0\0\0"), 0x3f, dbx);
	for (size_t i = 0; i < 16; i++)
		buffer_char(out, 0);
	buffer_add(out,
		   OID("\x8d\x2b\xf1\xff\x96\x76\x8b\x4c\xa9\x85\x27\x47\x07\x5b\x4f\x50"));
	for (size_t i = 0; i < 4; i++)
		buffer_u32le(out, 0);
	buffer_u16le(out, 72);
	while (out->len < 72)
		buffer_char(out, 0);
	buffer_add(out,
		   OID("\x78\x2c\xf3\xaa\x7b\x94\x9a\x43\xa1\x80\x2e\x14\x4e\xc3\x77\x92"));
	buffer_u32le(out, (uint32_t)(28 + b.len + 100));
	buffer_u32le(out, 0xfe5a);
	buffer_u32le(out, 0);
	buffer_add(out, buffer_span(&b));
	for (size_t i = 0; i < 200; i++)
		buffer_char(out, '\xff');
}

static void secure_boot(void)
{
	struct buffer db CLEANUP(buffer_free) = BUFFER_INIT,
			 dbx CLEANUP(buffer_free) = BUFFER_INIT,
			 old CLEANUP(buffer_free) = BUFFER_INIT,
			 file CLEANUP(buffer_free) = BUFFER_INIT;
	static const uint8_t image[32] = { 7 }, tbs[48] = { 8 };
	struct trust_change change;
	struct trust_store *s;
	const char *path = take_path("OVMF_VARS.fd"), *problem = NULL;

	siglist_build(&db, GUID_X509, take_paper(20));
	siglist_build(&db, GUID_SHA256, SPAN_OF(image)); /* an allowed image is no anchor */
	siglist_build(&dbx, GUID_X509, take_paper(21));
	siglist_build(&dbx, GUID_SHA256, SPAN_OF(image));
	siglist_build(&dbx, GUID_X509_SHA256, SPAN_OF(tbs)); /* digest and time */
	siglist_build(&old, GUID_X509, take_paper(22));
	store_build(&file, buffer_span(&db), buffer_span(&dbx), buffer_span(&old));
	take_file("OVMF_VARS.fd", buffer_span(&file));
	CHECK(take_all(&path, 1, &change, &problem) == STATUS_OK && change.n_uefi == 1 &&
		      change.n_images == 1 && change.n_distrusted == 2 && !change.empty_dbx,
	      "a variable store (%s)", problem ? problem : "-");
	s = take_opened();
	CHECK(trust_count(s, TRUST_UEFI) == 1, "its db: one anchor; deleted variables: none");
	CHECK(store_distrusts(s, DISTRUST_IMAGE_SHA256, SPAN_OF(image)) &&
		      store_distrusts(s, DISTRUST_CERT_SHA256,
				      take_digest(DIGEST_SHA256, take_paper(21))) &&
		      store_distrusts(s, DISTRUST_TBS_SHA256, span_clip(SPAN_OF(tbs), 0, 32)),
	      "its dbx: an image, a certificate, a certificate by its contents");
	trust_close(s);
}

static void secure_boot_files(void)
{
	static const uint8_t image[32] = { 7 };
	struct digest empty = build_digest(DIGEST_SHA256, SPAN_NONE);
	const struct {
		const char *name, *says; /* NULL: it is taken */
		const char *guid;
		struct span data;
		const char *prefix; /* in front of the path */
		size_t attributes;  /* octets in front, as efivarfs has them */
	} rows[] = {
		{"db.esl",       NULL,             GUID_X509,    take_paper(30),                 "",     0},
		{ "db-d719b2cb", NULL,             GUID_X509,    take_paper(31),                 "",     4},
		{ "vendor.esl",  NULL,             GUID_X509,    take_paper(32),                 "db=",  0},
		{ "vendor.esl",  "db=FILE",        GUID_X509,    take_paper(32),                 "",     0},
		{ "vendor.esl",  "mok=FILE",       GUID_X509,    take_paper(32),                 "",     0},
		{ "MokListRT-1", NULL,             GUID_X509,    take_paper(33),                 "",     4},
		{ "vendor.esl",  NULL,             GUID_X509,    take_paper(34),                 "mok=", 0},
		{ "MokListXRT",  NULL,             GUID_SHA256,  SPAN_OF(image),                 "",     0},
		{ "dbx.esl",     NULL,             GUID_SHA256,  SPAN_OF(image),                 "",     0},
		{ "dbx.esl",     "not known",      GUID_UNKNOWN, SPAN_OF(image),                 "",     0},
		{ "dbx.esl",     "well-formed",    GUID_SHA256,  SPAN_LITERAL("short"),          "",     0},
		{ "db.esl",      "cannot be read", GUID_X509,    SPAN_LITERAL("no certificate"), "",
                 0											},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;
		const char *path = arena_printf(&take_arena, "%s%s", rows[i].prefix,
						take_path(rows[i].name));
		struct trust_change change;
		const char *problem = NULL;
		enum status status;

		for (size_t n = 0; n < rows[i].attributes; n++)
			buffer_char(&b, 7);
		/* Known first, so that the file is seen to be one of these. */
		if (rows[i].says)
			siglist_build(&b, GUID_SHA256, SPAN_OF(image));
		siglist_build(&b, rows[i].guid, rows[i].data);
		take_file(rows[i].name, buffer_span(&b));
		status = take_all(&path, 1, &change, &problem);
		CHECK(rows[i].says ? status == STATUS_USAGE && strstr(problem, rows[i].says)
				   : status == STATUS_OK,
		      "%s%s: %s", rows[i].prefix, rows[i].name, problem ? problem : "taken");
	}
	{
		struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;
		const char *path = take_path("dbx.esl"), *problem = NULL;
		struct trust_change change = { 0 };

		siglist_build(&b, GUID_SHA256, digest_span(&empty));
		take_file("dbx.esl", buffer_span(&b));
		CHECK(take_all(&path, 1, &change, &problem) == STATUS_OK && change.empty_dbx &&
			      change.n_images == 0,
		      "a dbx with the digest of nothing is said to be empty");
	}
}

#define SHIM_ROWS  (64 + 24 + 8) /* a short optional header */
#define SHIM_TABLE 256

/* A PE file with one section, ".vendor_cert", and in it a certificate and a list. */
static void shim_build(struct buffer *b, struct span allowed, struct span denied)
{
	struct buffer section CLEANUP(buffer_free) = BUFFER_INIT;

	buffer_u32le(&section, (uint32_t)allowed.len);
	buffer_u32le(&section, (uint32_t)denied.len);
	buffer_u32le(&section, 16);
	buffer_u32le(&section, (uint32_t)(16 + allowed.len));
	buffer_add(&section, allowed);
	buffer_add(&section, denied);
	buffer_text(b, "MZ");
	while (b->len < 0x3c)
		buffer_char(b, 0);
	buffer_u32le(b, 64);
	buffer_text(b, "PE");
	buffer_u32le(b, 0x86640000); /* two octets of the mark, machine */
	buffer_u16le(b, 1);
	buffer_u32le(b, 0);
	buffer_u32le(b, (uint32_t)(SHIM_TABLE + section.len)); /* no symbols: strings */
	buffer_u32le(b, 0);
	buffer_u32le(b, 8);
	while (b->len < SHIM_ROWS)
		buffer_char(b, 0);
	buffer_add(b, SPAN_LITERAL("/4\0\0\0\0\0\0"));
	buffer_u32le(b, (uint32_t)section.len);
	buffer_u32le(b, 0x1000);
	buffer_u32le(b, (uint32_t)section.len);
	buffer_u32le(b, SHIM_TABLE);
	while (b->len < SHIM_TABLE)
		buffer_char(b, 0);
	buffer_add(b, buffer_span(&section));
	buffer_u32le(b, 17);
	buffer_add(b, SPAN_LITERAL(".vendor_cert\0"));
}

static void shim(void)
{
	struct buffer denied CLEANUP(buffer_free) = BUFFER_INIT,
			     file CLEANUP(buffer_free) = BUFFER_INIT;
	static const uint8_t image[32] = { 9 };
	const char *path = take_path("shim.efi"), *problem = NULL;
	struct trust_change change;
	struct trust_store *s = take_opened();
	size_t n_uefi = trust_count(s, TRUST_UEFI), n_kmod = trust_count(s, TRUST_KMOD);

	trust_close(s);
	siglist_build(&denied, GUID_SHA256, SPAN_OF(image));
	shim_build(&file, take_paper(40), buffer_span(&denied));
	take_file("shim.efi", buffer_span(&file));
	CHECK(take_all(&path, 1, &change, &problem) == STATUS_OK, "a shim (%s)",
	      problem ? problem : "-");
	s = take_opened();
	CHECK(trust_count(s, TRUST_UEFI) == n_uefi + 1 &&
		      trust_count(s, TRUST_KMOD) == n_kmod + 1,
	      "its vendor's key, for kernels and modules");
	CHECK(store_distrusts(s, DISTRUST_IMAGE_SHA256, SPAN_OF(image)), "what he disallows");
	trust_close(s);
	/* Every prefix of it is refused, and none is taken by half. */
	for (size_t n = SHIM_ROWS; n < file.len; n += 7) {
		take_file("shim.efi", span_clip(buffer_span(&file), 0, n));
		CHECK(take_all(&path, 1, &change, &problem) == STATUS_USAGE,
		      "%zu octets of a shim", n);
	}
}

int main(void)
{
	take_begin();
	secure_boot();
	secure_boot_files();
	shim();
	take_end();
	return CHECK_DONE();
}
