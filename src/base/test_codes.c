/* SPDX-License-Identifier: MIT */
/* Hex, base64 and units. */
#include "base/base64.h"
#include "base/hex.h"
#include "base/memory.h"
#include "base/units.h"
#include "tests/check.h"

static void test_base64(void)
{
	static const struct {
		struct span bytes;
		const char *text;
	} rows[] = {
  /* RFC 4648, section 10 */
		{SPAN_INIT(""),              ""        },
		{ SPAN_INIT("f"),            "Zg=="    },
		{ SPAN_INIT("fo"),           "Zm8="    },
		{ SPAN_INIT("foo"),          "Zm9v"    },
		{ SPAN_INIT("foob"),         "Zm9vYg=="},
		{ SPAN_INIT("fooba"),        "Zm9vYmE="},
		{ SPAN_INIT("foobar"),       "Zm9vYmFy"},
		{ SPAN_INIT("\xfb\xff\xfe"), "+//+"    },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a CLEANUP(arena_free) = ARENA_INIT(65536);
		struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;
		struct span back;

		base64_encode(&out, rows[i].bytes);
		CHECK(span_equal(buffer_span(&out), SPAN_TEXT(rows[i].text)), "base64 '%s'",
		      rows[i].text);
		CHECK(base64_decode_span(&a, SPAN_TEXT(rows[i].text), &back) == STATUS_OK &&
			      span_equal(back, rows[i].bytes),
		      "and back");
	}
}

static void test_base64_strict(void)
{
	static const struct {
		struct span text;
		enum status status;
		const char *bytes;
	} rows[] = {
		{SPAN_INIT(" Zm9v\r\n\tYg =\n= \n"), STATUS_OK,        "foob"},
		{ SPAN_INIT("Z"),                    STATUS_MALFORMED, ""    },
		{ SPAN_INIT("Zg"),                   STATUS_MALFORMED, ""    },
		{ SPAN_INIT("Zg="),                  STATUS_MALFORMED, ""    },
		{ SPAN_INIT("Z==="),                 STATUS_MALFORMED, ""    },
		{ SPAN_INIT("===="),                 STATUS_MALFORMED, ""    },
		{ SPAN_INIT("Zg==Zg=="),             STATUS_MALFORMED, ""    },
		{ SPAN_INIT("Zg==="),                STATUS_MALFORMED, ""    },
		{ SPAN_INIT("Zg==\n===="),           STATUS_MALFORMED, ""    },
		{ SPAN_INIT("Zh=="),                 STATUS_MALFORMED, ""    }, /* bits left over */
		{ SPAN_INIT("Zm9="),                 STATUS_MALFORMED, ""    },
		{ SPAN_INIT("Zm=v"),                 STATUS_MALFORMED, ""    },
		{ SPAN_INIT("Zm9-"),                 STATUS_MALFORMED, ""    },
		{ SPAN_INIT("Zm9\0"),                STATUS_MALFORMED, ""    },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;
		enum status status = base64_decode(&out, rows[i].text);

		CHECK(status == rows[i].status &&
			      (status != STATUS_OK ||
			       span_equal(buffer_span(&out), SPAN_TEXT(rows[i].bytes))),
		      "base64, row %zu", i);
	}
}

static void test_base64_limits(void)
{
	struct buffer small CLEANUP(buffer_free) = { .limit = 3 };
	struct arena tiny CLEANUP(arena_free) = ARENA_INIT(8);
	struct span out;

	CHECK(base64_decode(&small, SPAN_LITERAL("Zm9v")) == STATUS_NO_MEMORY, "a limit");
	CHECK(base64_decode_span(&tiny, SPAN_LITERAL("Zm9v"), &out) == STATUS_NO_MEMORY &&
		      !out.ptr,
	      "a full arena");
	memory_fail_after(0);
	CHECK(base64_decode_span(&tiny, SPAN_LITERAL("Zm9v"), &out) == STATUS_NO_MEMORY,
	      "no memory");
	memory_fail_after(-1);
}

static void test_hex(void)
{
	static const struct {
		const char *text;
		bool parses; /* as two bytes */
		enum status decodes;
	} rows[] = {
		{"00ff",    true,  STATUS_OK       },
                { "aBCd",   true,  STATUS_OK       },
		{ "",       false, STATUS_MALFORMED},
                { "0",      false, STATUS_MALFORMED},
		{ "00f",    false, STATUS_MALFORMED},
                { "00ff00", false, STATUS_OK       },
		{ "00fg",   false, STATUS_MALFORMED},
                { "0x00",   false, STATUS_MALFORMED},
		{ "00 f",   false, STATUS_MALFORMED},
                { "00:f",   false, STATUS_MALFORMED},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buffer out CLEANUP(buffer_free) = BUFFER_INIT,
				  again CLEANUP(buffer_free) = BUFFER_INIT;
		uint8_t two[2];

		CHECK(hex_parse(SPAN_TEXT(rows[i].text), two, sizeof(two)) == rows[i].parses &&
			      hex_decode(&out, SPAN_TEXT(rows[i].text)) == rows[i].decodes,
		      "hex '%s'", rows[i].text);
		if (rows[i].decodes != STATUS_OK)
			continue;
		buffer_hex(&again, buffer_span(&out));
		CHECK(strcasecmp(again.bytes, rows[i].text) == 0, "and back");
	}
}

static void test_units(void)
{
	static const struct {
		bool (*parse)(const char *text, uint64_t *value);
		const char *text;
		bool ok;
		uint64_t value;
	} rows[] = {
		{units_number,   "0",                    true,  0                       },
		{ units_number,  "18446744073709551615", true,  UINT64_MAX              },
		{ units_number,  "18446744073709551616", false, 0                       },
		{ units_number,  "",                     false, 0                       },
		{ units_number,  "-1",                   false, 0                       },
		{ units_number,  "+1",                   false, 0                       },
		{ units_number,  " 1",                   false, 0                       },
		{ units_number,  "1s",                   false, 0                       },
		{ units_number,  "0x1",                  false, 0                       },
		{ units_bytes,   "1B",                   true,  1                       },
		{ units_bytes,   "64MiB",                true,  64 << 20                },
		{ units_bytes,   "16777215TiB",          true,  UINT64_C(16777215) << 40},
		{ units_bytes,   "16777216TiB",          false, 0                       },
		{ units_bytes,   "64",                   false, 0                       },
		{ units_bytes,   "64MB",                 false, 0                       },
		{ units_bytes,   "64mib",                false, 0                       },
		{ units_bytes,   "64 MiB",               false, 0                       },
		{ units_bytes,   "64MiB ",               false, 0                       },
		{ units_bytes,   "MiB",                  false, 0                       },
		{ units_bytes,   "1.5MiB",               false, 0                       },
		{ units_seconds, "10s",                  true,  10                      },
		{ units_seconds, "5min",                 true,  300                     },
		{ units_seconds, "2h",                   true,  7200                    },
		{ units_seconds, "30d",                  true,  2592000                 },
		{ units_seconds, "1w",                   true,  604800                  },
		{ units_seconds, "5m",                   false, 0                       },
		{ units_seconds, "10",                   false, 0                       },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t value = 0;
		bool ok = rows[i].parse(rows[i].text, &value);

		CHECK(ok == rows[i].ok && (!ok || value == rows[i].value), "units '%s'",
		      rows[i].text);
	}
}

int main(void)
{
	test_base64();
	test_base64_strict();
	test_base64_limits();
	test_hex();
	test_units();
	return CHECK_DONE();
}
