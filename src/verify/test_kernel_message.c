/* SPDX-License-Identifier: MIT */
/*
 * Messages that Linux' reader of PKCS #7 takes and refuses.  What is expected here was asked of
 * real kernels: tests/vm/kernel_modules.py makes the same messages and make check-vm loads
 * them.
 */
#include "tests/check.h"
#include "tests/der_builder.h"
#include "verify/kernel_message.h"

#define SHA256      "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define SHA256_NULL "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
#define SHA256_BAD  "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x01"
#define SHA256_MORE "\x30\x0f\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x05\x00"
#define NUMBERED    "\x30\x05\x30\x00\x02\x01\x07"
#define KEY_ID      "\x80\x03\x01\x02\x03"
#define DATA        "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define SIGNED_DATA "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"

struct row {
	const char *name;
	uint8_t version, signer_version;
	struct span algorithms, type, between, signer, algorithm, after;
	struct span
		length; /* octets of the outermost, before the last; empty: as it should be */
	bool taken;
};

#define TEXT(literal)                                                                          \
	{                                                                                      \
		(const uint8_t *)(literal), sizeof(literal) - 1                                \
	}
/* name, versions, algorithms, content, certificates, sid, algorithm, attributes, length, taken
 */
#define ROW(name, version, signer_version, algorithms, type, between, sid, algorithm, after,   \
	    length, taken)                                                                     \
	{                                                                                      \
		name, version, signer_version, TEXT(algorithms), TEXT(type), TEXT(between),    \
			TEXT(sid), TEXT(algorithm), TEXT(after), TEXT(length), taken           \
	}

static const struct row rows[] = {
	ROW("as the kernel's build signs", 1, 1, SHA256, DATA, "", NUMBERED, SHA256, "", "",
	    true),
	ROW("parameters", 1, 1, SHA256_NULL, DATA, "", NUMBERED, SHA256_NULL, "", "", true),
	ROW("by key identifier", 3, 3, SHA256, DATA, "", KEY_ID, SHA256, "", "", true),
	ROW("version 0", 0, 0, SHA256, DATA, "", NUMBERED, SHA256, "", "", false),
	ROW("version 0 of the signer", 1, 0, SHA256, DATA, "", NUMBERED, SHA256, "", "", false),
	ROW("version 3, signer 1", 3, 1, SHA256, DATA, "", NUMBERED, SHA256, "", "", false),
	ROW("version 1, signer 3", 1, 3, SHA256, DATA, "", KEY_ID, SHA256, "", "", false),
	ROW("version 1 by key identifier", 1, 1, SHA256, DATA, "", KEY_ID, SHA256, "", "",
	    false),
	ROW("version 3 by number", 3, 3, SHA256, DATA, "", NUMBERED, SHA256, "", "", false),
	ROW("no algorithm", 1, 1, "", DATA, "", NUMBERED, SHA256, "", "", false),
	ROW("two algorithms", 1, 1, SHA256 SHA256_NULL, DATA, "", NUMBERED, SHA256, "", "",
	    true),
	ROW("no parameter where it begins", 1, 1, SHA256_BAD, DATA, "", NUMBERED, SHA256, "",
	    "", false),
	ROW("two parameters", 1, 1, SHA256_MORE, DATA, "", NUMBERED, SHA256, "", "", false),
	ROW("an algorithm that is a number", 1, 1, "\x02\x01\x01", DATA, "", NUMBERED, SHA256,
	    "", "", false),
	ROW("the same of the signer", 1, 1, SHA256, DATA, "", NUMBERED, SHA256_BAD, "", "",
	    false),
	ROW("the same twice", 1, 1, SHA256, DATA, "", NUMBERED, SHA256_MORE, "", "", false),
	ROW("content of type signedData", 1, 1, SHA256, SIGNED_DATA, "", NUMBERED, SHA256, "",
	    "", false),
	ROW("content inside", 1, 1, SHA256, DATA "\xa0\x03\x04\x01x", "", NUMBERED, SHA256, "",
	    "", false),
	ROW("certificates, none", 1, 1, SHA256, DATA, "\xa0\x00", NUMBERED, SHA256, "", "",
	    true),
	ROW("revocation lists, none", 1, 1, SHA256, DATA, "\xa1\x00", NUMBERED, SHA256, "", "",
	    false),
	ROW("an unsigned attribute", 1, 1, SHA256, DATA, "", NUMBERED, SHA256,
	    "\xa1\x09\x30\x07\x06\x01\x2a\x31\x02\x05\x00", "", true),
	ROW("unsigned attributes, none", 1, 1, SHA256, DATA, "", NUMBERED, SHA256, "\xa1\x00",
	    "", false),
	ROW("a length of two octets", 1, 1, SHA256, DATA, "", NUMBERED, SHA256, "", "\x82\x00",
	    true),
	ROW("a length of three octets", 1, 1, SHA256, DATA, "", NUMBERED, SHA256, "",
	    "\x83\x00\x00", false),
};

static void signer_build(struct buffer *b, const struct row *r)
{
	size_t set = der_open(b, DER_SET), signer = der_open(b, DER_SEQUENCE);

	der_add_number(b, r->signer_version);
	buffer_add(b, r->signer);
	buffer_add(b, r->algorithm);
	buffer_add(b,
		   (struct span)TEXT(SHA256)); /* cms_read() itself is strict about this one */
	der_add(b, DER_OCTET_STRING, SPAN_TEXT("signature"));
	buffer_add(b, r->after);
	der_close(b, signer);
	der_close(b, set);
}

static void message_build(struct buffer *to, const struct row *r)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	size_t explicit, data, content;

	buffer_add(&b, (struct span)TEXT(SIGNED_DATA));
	explicit = der_open(&b, DER_CONTEXT_CONSTRUCTED(0));
	data = der_open(&b, DER_SEQUENCE);
	der_add_number(&b, r->version);
	der_add(&b, DER_SET, r->algorithms);
	content = der_open(&b, DER_SEQUENCE);
	buffer_add(&b, r->type);
	der_close(&b, content);
	buffer_add(&b, r->between);
	signer_build(&b, r);
	der_close(&b, data);
	der_close(&b, explicit);
	if (r->length.len == 0) {
		der_add(to, DER_SEQUENCE, buffer_span(&b));
		return;
	}
	buffer_char(to, DER_SEQUENCE);
	buffer_add(to, r->length);
	buffer_char(to, (char)b.len);
	buffer_add(to, buffer_span(&b));
}

static void row_check(const struct row *r)
{
	CLEANUP(buffer_free) struct buffer message = BUFFER_INIT;
	struct arena arena = ARENA_INIT(1 << 20);
	struct findings findings = FINDINGS_INIT(&arena);
	struct cms cms;
	struct span rest;
	const char *refused;

	message_build(&message, r);
	if (cms_read(&arena, buffer_span(&message), 0, &findings, &cms, &rest) != STATUS_OK)
		exit(EXIT_FAILURE);
	refused = kernel_message_refused(&cms);
	CHECK((refused == NULL) == r->taken, "%s: %s", r->name, refused ? refused : "taken");
	arena_free(&arena);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(&rows[i]);
	return CHECK_DONE();
}
