/* SPDX-License-Identifier: MIT */
/* APPX packages and bundles, signed well and badly, judged from end to end. */
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/appx.h"
#include "verify/publisher.h"

static const struct {
	const char *what;
	unsigned odd;
	const char *verdict, *finding;
} rows[] = {
	{"a package",			   0,				   "valid",      NULL               },
	{ "ZIP64 records",                      APPX_WIDE,                           "valid",      NULL               },
	{ "a deflated signature",               APPX_DEFLATED,                       "valid",      NULL               },
	{ "a file of several blocks",           APPX_LONG_FILE,                      "valid",      NULL               },
	{ "a catalog",			  APPX_CATALOG,                        "valid",      NULL               },
	{ "a catalog that is none",             APPX_CATALOG | APPX_CATALOG_NONE,    "valid",      "appx.catalog"     },
	{ "a catalog that was altered",         APPX_CATALOG | APPX_CATALOG_ALTERED, "valid",
         "appx.catalog"											       },
	{ "a catalog that was exchanged",       APPX_CATALOG | APPX_CATALOG_CHANGED, "tampered",
         "appx.part-changed"											  },
	{ "a bundle",			   APPX_IS_BUNDLE,                      "valid",      NULL               },
	{ "a bundle that says another place",   APPX_IS_BUNDLE | APPX_MISPLACED,     "broken",
         "appx.bundle"												},
	{ "a changed file",                     APPX_CHANGED,                        "tampered",   "appx.file-changed"},
	{ "a changed file of several blocks",   APPX_CHANGED | APPX_LONG_FILE,       "tampered",
         "appx.file-changed"											  },
	{ "a changed file and block map",       APPX_CHANGED | APPX_MAP_CHANGED,     "mismatched",
         "appx.part-changed"											  },
	{ "an entry more",                      APPX_ADDED,                          "tampered",   "appx.unmapped"    },
	{ "an entry that was never listed",     APPX_UNMAPPED,                       "partial",    "appx.unmapped"    },
	{ "a row without a file",               APPX_LEFT_OVER,                      "broken",     "appx.file-missing"},
	{ "a wrong digest of a block",          APPX_WRONG_BLOCK,                    "partial",    "appx.file-changed"},
	{ "another publisher",                  APPX_OTHER_NAME,                     "valid",      "appx.publisher"   },
	{ "a digest missing",                   APPX_TAG_MISSING,                    "broken",     NULL               },
	{ "a digest twice",                     APPX_TAG_TWICE,                      "broken",     NULL               },
	{ "a digest that nobody knows",         APPX_TAG_UNKNOWN,                    "broken",     NULL               },
	{ "a signature for an installer",       APPX_OTHER_KIND,                     "grafted",    "spc.data-type"    },
	{ "another beginning of the signature", APPX_NO_MAGIC,                       "broken",
         "appx.signature-magic"										       },
	{ "no block map",                       APPX_NO_MAP,                         "mismatched", "appx.part-missing"},
};

static const struct {
	const char *said, *subject;
	bool same;
} names[] = {
	{"CN=a",                 "CN=a",              true },
	{ "CN=a, O=b, S=c, C=d", "CN=a,O=b,ST=c,C=d", true },
	{ "CN=\"a, b\", O=c",    "CN=a\\, b,O=c",     true },
	{ "CN=\"a \"\"b\"\"\"",  "CN=a \\\"b\\\"",    true },
	{ "CN=\xc3\xa9",         "CN=\\c3\\a9",       true },
	{ "CN=a",                "CN=b",              false},
	{ "CN=a",                "O=a",               false},
	{ "CN=a, O=b",           "CN=a",              false},
	{ "CN=a",                "CN=a,O=b",          false},
	{ "O=b, CN=a",           "CN=a,O=b",          false},
	{ "",		    "CN=a",              false},
	{ "CN=",		 "CN=",               true },
};

static void test_packages(struct forge *f, struct court *court)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		const struct report *r;

		forge_appx_make(f, rows[i].odd, 0, &file);
		r = court_judge(court, buffer_span(&file));
		CHECK(r->format && strcmp(r->format, "appx") == 0 &&
			      strcmp(assay_verdict_word(r->verdict), rows[i].verdict) == 0,
		      "%s: %s", rows[i].what, assay_verdict_word(r->verdict));
		if (rows[i].finding)
			CHECK(court_has(r, rows[i].finding), "%s: %s", rows[i].what,
			      rows[i].finding);
		if (!rows[i].finding && strcmp(rows[i].verdict, "valid") == 0)
			CHECK(r->n_findings == 0, "%s: nothing else", rows[i].what);
	}
}

static void test_names(void)
{
	for (size_t i = 0; i < COUNT_OF(names); i++)
		CHECK(publisher_is(SPAN_TEXT(names[i].said), SPAN_TEXT(names[i].subject)) ==
			      names[i].same,
		      "%s, %s", names[i].said, names[i].subject);
}

int main(void)
{
	struct forge *f = forge_new();
	struct court court;

	court_open(&court, f);
	test_packages(f, &court);
	test_names();
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
