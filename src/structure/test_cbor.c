/* SPDX-License-Identifier: MIT */
/* CBOR items: RFC 8949's examples, and what is refused.  Protocol buffers beside them. */
#include "structure/cbor.h"

#include "structure/protobuf.h"
#include "tests/check.h"

#define S(literal) SPAN_INIT(literal)

static void test_items(void)
{
	static const struct {
		const char *name;
		struct span in;
		bool good;
		enum cbor_type type;
		uint64_t value;
	} rows[] = {
		{"0",               S("\x00"),                                 true,  CBOR_UNSIGNED, 0        },
		{ "23",             S("\x17"),                                 true,  CBOR_UNSIGNED, 23       },
		{ "24",             S("\x18\x18"),                             true,  CBOR_UNSIGNED, 24       },
		{ "1000",           S("\x19\x03\xe8"),                         true,  CBOR_UNSIGNED, 1000     },
		{ "1000000",        S("\x1a\x00\x0f\x42\x40"),                 true,  CBOR_UNSIGNED, 1000000  },
		{ "2^64 - 1",       S("\x1b\xff\xff\xff\xff\xff\xff\xff\xff"), true,  CBOR_UNSIGNED,
                 UINT64_MAX										   },
		{ "-100",           S("\x38\x63"),                             true,  CBOR_NEGATIVE, 99       },
		{ "bytes",          S("\x44\x01\x02\x03\x04"),                 true,  CBOR_BYTES,    4        },
		{ "text",           S("\x64IETF"),                             true,  CBOR_TEXT,     4        },
		{ "array",          S("\x83\x01\x02\x03"),                     true,  CBOR_ARRAY,    3        },
		{ "null",           S("\xf6"),                                 true,  CBOR_SIMPLE,   CBOR_NULL},
		{ "tag",            S("\xd8\x62\x00"),                         true,  CBOR_TAG,      98       },
		{ "indefinite",     S("\x5f\x41\x00\xff"),                     false, CBOR_BYTES,    0        },
		{ "floating point", S("\xf9\x00\x00"),                         false, CBOR_SIMPLE,   0        },
		{ "bytes cut off",  S("\x44\x01"),                             false, CBOR_BYTES,    0        },
		{ "nothing",        S(""),				     false, CBOR_UNSIGNED, 0        },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer again = BUFFER_INIT;
		struct cursor c = cursor_at(rows[i].in, 0);
		struct cbor item;
		bool good = cbor_next(&c, &item);

		CHECK(good == rows[i].good && (!good || (item.type == rows[i].type &&
							 item.value == rows[i].value)),
		      "item: %s", rows[i].name);
		if (good && item.type != CBOR_SIMPLE) {
			cbor_put(&again, item.type, item.value);
			CHECK(span_starts(rows[i].in, again.bytes, again.len), "written: %s",
			      rows[i].name);
		}
	}
}

static void test_skip(void)
{
	static const struct {
		const char *name;
		struct span in;
		bool good;
	} rows[] = {
		{"number",           S("\x01z"),					     true },
		{ "nested",          S("\xa1\x01\x82\x41\x00\xd8\x62\xf6z"),                 true },
		{ "sixteen levels",
                 S("\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x01z"),
                 true									     },
		{ "one more",
                 S("\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x01z"),
                 false									    },
		{ "more than there", S("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),              false},
		{ "a map of half",   S("\xa2\x01\x02\x03"),                                  false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cursor c = cursor_at(rows[i].in, 0);
		bool good = cbor_skip(&c);

		CHECK(good == rows[i].good && (!good || cursor_u8(&c) == 'z'), "skip: %s",
		      rows[i].name);
	}
}

static void test_protobuf(void)
{
	static const struct {
		const char *name;
		struct span in;
		bool good;
		uint32_t number;
		uint64_t value;
	} rows[] = {
		{"varint",         S("\x08\x96\x01"),                                 true,  1,     150},
		{ "bytes",         S("\x12\x07testing"),                              true,  2,     0  },
		{ "large number",  S("\x80\xf1\x04\x01"),                             true,  10000, 1  },
		{ "fixed",         S("\x0d\x01\x00\x00\x00"),                         true,  1,     1  },
		{ "64 bits",       S("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), true,  1,
                 UINT64_MAX									    },
		{ "65 bits",       S("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), false, 0,     0  },
		{ "no number",     S("\x00\x01"),                                     false, 0,     0  },
		{ "group",         S("\x0b\x0c"),                                     false, 0,     0  },
		{ "bytes cut off", S("\x12\x07test"),                                 false, 0,     0  },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cursor c = cursor_at(rows[i].in, 0);
		struct protobuf_field f;
		bool good = protobuf_next(&c, &f);

		CHECK(good == rows[i].good &&
			      (!good || (f.number == rows[i].number &&
					 f.value == rows[i].value && cursor_left(&c) == 0)),
		      "protocol buffer: %s", rows[i].name);
	}
}

int main(void)
{
	test_items();
	test_skip();
	test_protobuf();
	return CHECK_DONE();
}
