/* SPDX-License-Identifier: MIT */
/*
 * Certificates of paper, for tests that only store and find them: well-formed
 * (RFC 5280), each with a name and a key of its own, signed by nobody.
 */
#pragma once
#include "tests/der_builder.h"
#include <stdio.h>

#define PAPER_ECDSA_SHA256 OID("\x2a\x86\x48\xce\x3d\x04\x03\x02")

/* A Name with one CN; @tag: of the string. */
static inline void paper_name(struct buffer *b, const char *cn, uint8_t tag)
{
	size_t name = der_open(b, DER_SEQUENCE), set = der_open(b, DER_SET),
	       attribute = der_open(b, DER_SEQUENCE);

	der_add(b, DER_OID, OID("\x55\x04\x03"));
	der_add(b, tag, SPAN_TEXT(cn));
	der_close(b, attribute);
	der_close(b, set);
	der_close(b, name);
}

/* An EC point that nobody drew: 04, then @number over and over. */
static inline void paper_point(unsigned number, uint8_t point[65])
{
	point[0] = 4;
	for (size_t i = 0; i < 64; i++)
		point[1 + i] = (uint8_t)(number >> (8 * (i % 4)));
}

static inline void paper_key(struct buffer *b, unsigned number)
{
	size_t spki = der_open(b, DER_SEQUENCE), algorithm = der_open(b, DER_SEQUENCE), bits;
	uint8_t point[65];

	der_add(b, DER_OID, OID("\x2a\x86\x48\xce\x3d\x02\x01"));
	der_add(b, DER_OID, OID("\x2a\x86\x48\xce\x3d\x03\x01\x07"));
	der_close(b, algorithm);
	paper_point(number, point);
	bits = der_open(b, DER_BIT_STRING);
	buffer_char(b, 0);
	buffer_add(b, SPAN_OF(point));
	der_close(b, bits);
	der_close(b, spki);
}

/* subjectKeyIdentifier: "key id N". */
static inline void paper_key_id(struct buffer *b, unsigned number)
{
	size_t explicit = der_open(b, DER_CONTEXT_CONSTRUCTED(3)),
	       list = der_open(b, DER_SEQUENCE), extension = der_open(b, DER_SEQUENCE), value;
	char text[32];

	(void)snprintf(text, sizeof(text), "key id %u", number);
	der_add(b, DER_OID, OID("\x55\x1d\x0e"));
	value = der_open(b, DER_OCTET_STRING);
	der_add(b, DER_OCTET_STRING, SPAN_TEXT(text));
	der_close(b, value);
	der_close(b, extension);
	der_close(b, list);
	der_close(b, explicit);
}

/* Certificate number @number, called @cn, appended to @b. */
static inline void paper_certificate(struct buffer *b, unsigned number, const char *cn)
{
	size_t whole = der_open(b, DER_SEQUENCE), tbs = der_open(b, DER_SEQUENCE),
	       version = der_open(b, DER_CONTEXT_CONSTRUCTED(0)), validity;

	der_add_number(b, 2);
	der_close(b, version);
	der_add_number(b, number + 1);
	der_add_algorithm(b, PAPER_ECDSA_SHA256, false);
	paper_name(b, cn, DER_UTF8_STRING);
	validity = der_open(b, DER_SEQUENCE);
	der_add(b, DER_UTC_TIME, SPAN_TEXT("200101000000Z"));
	der_add(b, DER_UTC_TIME, SPAN_TEXT("400101000000Z"));
	der_close(b, validity);
	paper_name(b, cn, DER_UTF8_STRING);
	paper_key(b, number);
	paper_key_id(b, number);
	der_close(b, tbs);
	der_add_algorithm(b, PAPER_ECDSA_SHA256, false);
	der_add(b, DER_BIT_STRING, SPAN_LITERAL("\0signed by nobody"));
	der_close(b, whole);
}
