/* SPDX-License-Identifier: MIT */
/* The DER and BER reader: X.690 as it is, as it occurs, and as it is forged. */
#include "structure/der.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "tests/check.h"
#include <time.h>

/* Octets in a table, and elsewhere. */
#define ROW(literal)   OID_INIT(literal)
#define BYTES(literal) OID(literal)

static void test_elements(void)
{
	static const struct {
		const char *name;
		struct span in;
		size_t whole, value; /* 0, 0: refused */
		uint8_t tag;
		bool indefinite, non_minimal;
	} rows[] = {
		{"empty input",                       { NULL, 0 },                                          0,  0, 0,    false, false},
		{ "short length",
                 ROW("\x04\x02"
		      "ab"),
                 4,											     2, 0x04, false, false},
		{ "no contents",                      ROW("\x05\x00"),                                      2,  0, 0x05, false, false},
		{ "bytes behind stay",                ROW("\x05\x00zz"),                                    2,  0, 0x05, false, false},
		{ "contents cut off",
                 ROW("\x04\x03"
		      "ab"),
                 0,											     0, 0,    false, false},
		{ "tag alone",                        ROW("\x04"),                                          0,  0, 0,    false, false},
		{ "long length not needed",           ROW("\x04\x81\x01z"),                                 4,  1, 0x04, false, true },
		{ "leading zero in the length",       ROW("\x04\x83\x00\x00\x01z"),                         6,  1, 0x04, false,
                 true														},
		{ "length of 9 octets",               ROW("\x04\x89\x00\x00\x00\x00\x00\x00\x00\x00\x01z"),
                 12,											    1, 0x04, false, true },
		{ "length beyond 64 bit",             ROW("\x04\x89\x01\x00\x00\x00\x00\x00\x00\x00\x00z"),
                 0,											     0, 0,    false, false},
		{ "length of all ones",               ROW("\x04\x88\xff\xff\xff\xff\xff\xff\xff\xffz"),     0,  0,
                 0,												      false, false},
		{ "reserved length octet",            ROW("\x04\xffz"),                                     0,  0, 0,    false, false},
		{ "length octets cut off",            ROW("\x04\x82\x01"),                                  0,  0, 0,    false, false},
		{ "indefinite",                       ROW("\x30\x80\x05\x00\x00\x00"),                      6,  2, 0x30, true,  false},
		{ "indefinite and empty",             ROW("\x30\x80\x00\x00"),                              4,  0, 0x30, true,  false},
		{ "indefinite in indefinite",
                 ROW("\x30\x80\x31\x80\x00\x00\x02\x01\x05\x00\x00z"),                                      11, 7, 0x30, true,
                 false													       },
		{ "zeros in a value end nothing",     ROW("\x30\x80\x04\x02\x00\x00\x00\x00"),              8,  4,
                 0x30,												   true,  false},
		{ "indefinite without its end",       ROW("\x30\x80\x05\x00"),                              0,  0, 0,    false,
                 false													       },
		{ "end with contents",                ROW("\x30\x80\x00\x01z\x00\x00"),                     0,  0, 0,    false,
                 false													       },
		{ "primitive with indefinite length", ROW("\x04\x80\x00\x00"),                              0,  0, 0,    false,
                 false													       },
		{ "a lone end-of-contents",           ROW("\x00\x00"),                                      0,  0, 0,    false, false},
		{ "high tag number",                  ROW("\x9f\x81\x01\x01z"),                             5,  1, 0x9f, false, false},
		{ "tag number without end",
                 ROW("\x9f\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"),                                   0,  0, 0,    false,
                 false													       },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cursor c = cursor_at(rows[i].in, 0);
		struct der d;
		bool found = der_next(&c, &d);

		CHECK(found == (rows[i].whole != 0) && found == cursor_ok(&c) &&
			      d.whole.len == rows[i].whole && d.value.len == rows[i].value &&
			      d.tag == rows[i].tag && d.indefinite == rows[i].indefinite &&
			      d.non_minimal == rows[i].non_minimal,
		      "element: %s", rows[i].name);
	}
}

static void test_expectations(void)
{
	struct span in = BYTES("\x02\x01\x05\x04\x01z");
	struct cursor c = cursor_at(in, 0);
	struct der d;
	struct span rest;

	CHECK(!der_optional(&c, DER_NULL, &d) && cursor_ok(&c) && c.pos == 0,
	      "an optional element that is not there moves nothing");
	CHECK(der_optional(&c, DER_INTEGER, &d) && c.pos == 3, "one that is there is read");
	CHECK(!der_expect(&c, DER_INTEGER, &d) && !cursor_ok(&c), "another tag fails");
	CHECK(!der_only(in, DER_INTEGER, &d, NULL),
	      "an element with bytes behind is not alone");
	CHECK(der_only(in, DER_INTEGER, &d, &rest) && rest.len == 3,
	      "unless they are asked for");
	CHECK(!der_only(in, DER_NULL, &d, &rest) && rest.len == 0, "der_only wants its tag");
	c = cursor_at(SPAN_NONE, 0);
	CHECK(!der_optional(&c, 0, &d) && cursor_ok(&c), "the end of input is no tag zero");
}

/* @n times @piece. */
static void repeat(struct buffer *b, const char *piece, size_t len, size_t n)
{
	while (n-- > 0)
		buffer_add(b, (struct span){ (const uint8_t *)piece, len });
}

static void test_nesting(void)
{
	static const struct {
		size_t depth;
		bool fine;
	} rows[] = {
		{1,                   true },
		{ ASN1_MAX_DEPTH,     true },
		{ ASN1_MAX_DEPTH + 1, false},
		{ 10000,              false},
		{ 1000000,            false}
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		clock_t begun;
		struct der d;
		bool found;

		repeat(&b, "\x30\x80", 2, rows[i].depth);
		repeat(&b, "\0\0", 2, rows[i].depth);
		begun = clock();
		found = der_only(buffer_span(&b), DER_SEQUENCE, &d, NULL);
		CHECK(found == rows[i].fine && clock() - begun < CLOCKS_PER_SEC / 10,
		      "indefinite nesting %zu deep", rows[i].depth);
	}
}

/* Elements by the million inside one of indefinite length, and pieces of a string. */
static void test_many(void)
{
	static const struct {
		size_t n;
		bool fine;
	} rows[] = {
		{100000,   true },
                { 131072,  false},
                { 4000000, false}
	};
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		struct der d = { .tag = 0x24 };
		struct span joined;

		buffer_add(&b, BYTES("\x24\x80"));
		repeat(&b, "\x04\x00", 2, rows[i].n);
		buffer_add(&b, BYTES("\0\0"));
		CHECK(der_only(buffer_span(&b), 0x24, &(struct der){ 0 }, NULL) == rows[i].fine,
		      "many: %zu elements", rows[i].n);
		d.value = span_clip(buffer_span(&b), 2, b.len - 4);
		CHECK(der_octets(&a, &d, &joined) == (rows[i].fine ? STATUS_OK : STATUS_LIMIT),
		      "many: %zu pieces", rows[i].n);
	}
}

static void test_octets(void)
{
	static const struct {
		const char *name;
		struct span in;
		enum status status;
		struct span joined;
	} rows[] = {
		{"primitive",                       ROW("\x04\x02hi"),                         STATUS_OK,        ROW("hi")},
		{ "context tag",                    ROW("\x80\x02hi"),                         STATUS_OK,        ROW("hi")},
		{ "two pieces",                     ROW("\x24\x06\x04\x01h\x04\x01i"),         STATUS_OK,        ROW("hi")},
		{ "pieces of indefinite length",    ROW("\x24\x80\x04\x01h\x04\x01i\x00\x00"),
                 STATUS_OK,										      ROW("hi")},
		{ "pieces in pieces",
                 ROW("\xa0\x80\x24\x03\x04\x01h\x24\x80\x04\x01i\x00\x00\x24\x00\x00\x00"),
                 STATUS_OK,										      ROW("hi")},
		{ "no piece",                       ROW("\x24\x00"),                           STATUS_OK,        ROW("")  },
		{ "a piece of another type",        ROW("\x24\x03\x02\x01h"),                  STATUS_MALFORMED,
                 ROW("")												  },
		{ "a piece longer than its parent", ROW("\x24\x06\x24\x02\x04\x02hi"),
                 STATUS_MALFORMED,									       ROW("")  },
		{ "an end where none belongs",      ROW("\x24\x02\x00\x00"),                   STATUS_MALFORMED,
                 ROW("")												  },
	};
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cursor c = cursor_at(rows[i].in, 0);
		struct der d;
		struct span joined;

		CHECK(der_next(&c, &d) && der_octets(&a, &d, &joined) == rows[i].status &&
			      span_equal(joined, rows[i].joined) &&
			      der_octets(&a, &d, &d.value) == rows[i].status &&
			      span_equal(d.value, rows[i].joined),
		      "octets: %s, also in place", rows[i].name);
	}
}

static void test_octets_limits(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct arena small = ARENA_INIT(16);
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct span joined;
	struct der d = { .tag = 0x24 };

	repeat(&b, "\x24\x80", 2, ASN1_MAX_DEPTH + 1);
	d.value = buffer_span(&b);
	CHECK(der_octets(&a, &d, &joined) == STATUS_LIMIT, "octets: nested too deep");
	d.value = BYTES("\x04\x12 123456789abcdefgh");
	CHECK(der_octets(&small, &d, &joined) == STATUS_NO_MEMORY && !joined.ptr,
	      "octets: arena is full");
	memory_fail_after(0);
	CHECK(der_octets(&a, &d, &joined) == STATUS_NO_MEMORY, "octets: no memory");
	memory_fail_after(-1);
}

static void test_numbers(void)
{
	static const struct {
		struct span in; /* contents octets */
		bool u64, magnitude;
		uint64_t value;
		size_t len;
	} rows[] = {
		{ROW(""),				      false, false, 0,          0},
		{ ROW("\x00"),				 true,  false, 0,          0},
		{ ROW("\x7f"),				 true,  true,  127,        1},
		{ ROW("\x80"),				 false, false, 0,          1},
		{ ROW("\x00\x80"),                             true,  true,  128,        1},
		{ ROW("\x00\xff\xff\xff\xff\xff\xff\xff\xff"), true,  true,  UINT64_MAX, 8},
		{ ROW("\x01\x00\x00\x00\x00\x00\x00\x00\x00"), false, true,  0,          9},
		{ ROW("\xff\xff"),                             false, false, 0,          2},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct der d = { .tag = DER_INTEGER, .value = rows[i].in };
		struct span magnitude;
		uint64_t value;

		CHECK(der_u64(&d, &value) == rows[i].u64 && value == rows[i].value &&
			      der_magnitude(&d, &magnitude) == rows[i].magnitude &&
			      magnitude.len == rows[i].len,
		      "integer of %zu octets, row %zu", rows[i].in.len, i);
	}
}

static void test_bits(void)
{
	struct der d = { .tag = DER_BIT_STRING, .value = BYTES("\x00z") };
	struct span bits;

	CHECK(der_bits(&d, &bits) && span_equal(bits, BYTES("z")), "bits: octets");
	d.value = BYTES("\x01z");
	CHECK(!der_bits(&d, &bits), "bits: unused ones are refused");
	d.value = SPAN_NONE;
	CHECK(!der_bits(&d, &bits) && bits.len == 0, "bits: the count is missing");
	d = (struct der){ .tag = 0x23, .value = BYTES("\x00z") };
	CHECK(!der_bits(&d, &bits), "bits: constructed is refused");
}

static void test_times(void)
{
	static const struct {
		const char *text;
		int64_t time;
		uint8_t tag;
		bool fine;
	} rows[] = {
		{"700101000000Z",           0,            DER_UTC_TIME,         true },
		{ "491231235959Z",          2524607999,   DER_UTC_TIME,         true },
		{ "500101000000Z",          -631152000,   DER_UTC_TIME,         true },
		{ "0002290000Z",            951782400,    DER_UTC_TIME,         true },
		{ "700101010000+0100",      0,            DER_UTC_TIME,         true },
		{ "691231233000-0030",      0,            DER_UTC_TIME,         true },
		{ "700101000060Z",          60,           DER_UTC_TIME,         true },
		{ "010229000000Z",          0,            DER_UTC_TIME,         false},
		{ "001301000000Z",          0,            DER_UTC_TIME,         false},
		{ "000001000000Z",          0,            DER_UTC_TIME,         false},
		{ "000100000000Z",          0,            DER_UTC_TIME,         false},
		{ "700101240000Z",          0,            DER_UTC_TIME,         false},
		{ "700101006000Z",          0,            DER_UTC_TIME,         false},
		{ "700101000061Z",          0,            DER_UTC_TIME,         false},
		{ "700101000000",           0,            DER_UTC_TIME,         false},
		{ "7001010000Z0",           0,            DER_UTC_TIME,         false},
		{ "700101000000.5Z",        0,            DER_UTC_TIME,         false},
		{ "700101000000+2400",      0,            DER_UTC_TIME,         false},
		{ "7001010a0000Z",          0,            DER_UTC_TIME,         false},
		{ "",		       0,            DER_UTC_TIME,         false},
		{ "19700101000000Z",        0,            DER_GENERALIZED_TIME, true },
		{ "20251009120000.123456Z", 1760011200,   DER_GENERALIZED_TIME, true },
		{ "20251009120000,5Z",      1760011200,   DER_GENERALIZED_TIME, true },
		{ "20251009120000.Z",       0,            DER_GENERALIZED_TIME, false},
		{ "20251009140000+0200",    1760011200,   DER_GENERALIZED_TIME, true },
		{ "2025100912Z",            1760011200,   DER_GENERALIZED_TIME, true },
		{ "202510091200Z",          1760011200,   DER_GENERALIZED_TIME, true },
		{ "00000101000000Z",        -62167219200, DER_GENERALIZED_TIME, true },
		{ "99991231235959Z",        253402300799, DER_GENERALIZED_TIME, true },
		{ "21000229000000Z",        0,            DER_GENERALIZED_TIME, false},
		{ "700101000000Z",          0,            DER_GENERALIZED_TIME, false},
		{ "19700101000000Z",        0,            DER_OCTET_STRING,     false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct der d = { .tag = rows[i].tag, .value = SPAN_TEXT(rows[i].text) };
		int64_t time;

		CHECK(der_time(&d, &time) == rows[i].fine && time == rows[i].time,
		      "time: \"%s\"", rows[i].text);
	}
}

/* Each first and last day of a month in 400 years, against the C library. */
static void test_calendar(void)
{
	int wrong = 0;

	for (int day = 0; day < 146097; day += 1) {
		time_t at = (time_t)day * 86400 + 86399;
		struct tm tm;
		char text[32];
		struct der d = { .tag = DER_GENERALIZED_TIME };
		int64_t time;

		(void)gmtime_r(&at, &tm);
		(void)strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
		d.value = SPAN_TEXT(text);
		wrong += !der_time(&d, &time) || time != (int64_t)at;
	}
	CHECK(wrong == 0, "time: 400 years, day by day");
}

static void test_oids(void)
{
	static const struct {
		struct span oid;
		const char *text;
	} rows[] = {
		{ROW("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"),      "1.2.840.113549.1.7.2"   },
		{ ROW("\x00"),				     "0.0"                    },
		{ ROW("\x27"),				     "0.39"                   },
		{ ROW("\x28"),				     "1.0"                    },
		{ ROW("\x55\x1d\x25\x00"),                         "2.5.29.37.0"            },
		{ ROW("\x88\x37"),                                 "2.999"                  },
		{ ROW("\x69\x83\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		      "\xff\xff\x7f"),
                 "2.25.340282366920938463463374607431768211455"                             },
		{ ROW(""),					 "malformed-oid(0 bytes)" },
		{ ROW("\x2a\x86"),                                 "malformed-oid(2 bytes)" },
		{ ROW("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "malformed-oid(10 bytes)"},
		{ ROW("\x2a\x83\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
		      "\xff\xff\xff\x7f"),
                 "malformed-oid(21 bytes)"						  },
	};
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	const char *text;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		text = der_oid_text(&a, rows[i].oid);
		CHECK(text && strcmp(text, rows[i].text) == 0, "oid: %s", rows[i].text);
	}
	repeat(&b, "\x01", 1, 65536);
	text = der_oid_text(&a, buffer_span(&b));
	CHECK(text && strcmp(text, "malformed-oid(65536 bytes)") == 0, "oid: of 65536 bytes");
	memory_fail_after(0);
	CHECK(!der_oid_text(&a, rows[0].oid), "oid: no memory");
	memory_fail_after(-1);
}

/* Every prefix of a good element is refused, and nothing outside it is ever given out. */
static void test_prefixes(void)
{
	static const uint8_t seed[] =
		"\x30\x82\x00\x1a\x30\x80\x02\x01\x05\x24\x80\x04\x02hi\x00\x00\x00\x00\x31\x81"
		"\x02\x05\x00\x9f\x81\x00\x02xy";
	struct span whole = { seed, sizeof(seed) - 1 };
	struct der d, inner;
	int bad = 0;

	CHECK(der_only(whole, DER_SEQUENCE, &d, NULL), "prefix: the seed itself is good");
	for (size_t n = 0; n < whole.len; n++) {
		struct span prefix = span_clip(whole, 0, n);
		struct cursor c = cursor_at(prefix, 0);
		uint64_t off;

		bad += der_next(&c, &d);
		c = cursor_at(prefix, 4);
		while (cursor_left(&c) > 0 && der_next(&c, &inner))
			bad += !span_offset(prefix, inner.whole, &off) ||
			       (inner.value.len &&
				!span_offset(inner.whole, inner.value, &off));
	}
	CHECK(bad == 0, "prefix: each is refused, children lie inside");
}

int main(void)
{
	test_elements();
	test_expectations();
	test_nesting();
	test_many();
	test_octets();
	test_octets_limits();
	test_numbers();
	test_bits();
	test_times();
	test_calendar();
	test_oids();
	test_prefixes();
	return CHECK_DONE();
}
