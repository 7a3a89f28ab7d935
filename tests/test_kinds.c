/* SPDX-License-Identifier: MIT */
/* Archives of more kinds than one: each is judged, and the worst word stands. */
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/jar.h"
#include "tests/zip_builder.h"

#define MAX_NAMES 6
#define RELS      "http://schemas.openxmlformats.org/package/2006/relationships"
#define TYPES     "[Content_Types].xml"

static const struct {
	const char *what, *prefix, *names[MAX_NAMES];
	const char *format, *verdict;
	bool polyglot;
} rows[] = {
	{"a JAR",		    "", { "META-INF/MANIFEST.MF", "a.class" },                                        "jar",    "unsigned",    false},
	{ "an APK",
         "",			     { "AndroidManifest.xml", "META-INF/MANIFEST.MF" },
         "apk",														  "unsigned",
         false																       },
	{ "an add-on",
         "",			     { "META-INF/mozilla.sf", "META-INF/MANIFEST.MF" },
         "xpi",														  "stripped",
         false																       },
	{ "an app",                  "", { "Payload/A.app/Info.plist", "a" },                                          "bundle", "unsigned",    false},
	{ "a JAR, an app",
         "",			     { "META-INF/MANIFEST.MF", "Payload/A.app/Info.plist" },
         "jar",														  "unsupported",
         true																	},
	{ "a NuGet package, a JAR",
         "",			     { "a.nuspec", "META-INF/MANIFEST.MF" },
         "nuget",														"unsigned",
         true																	},
	{ "an APK, an add-on",
         "",			     { "AndroidManifest.xml", "META-INF/mozilla.sf" },
         "apk",														  "unsupported",
         true																	},
	{ "an APPX, a NuGet one",
         "",			     { "AppxManifest.xml", "a.nuspec" },
         "appx",														 "unsigned",
         true																	},
	{ "three",
         "",			     { "AppxManifest.xml", "a.nuspec", "META-INF/a.SF" },
         "appx",														 "stripped",
         true																	},
	{ "a script, a JAR, an app",
         "#!/bin/sh\n\n",		{ "META-INF/MANIFEST.MF", "Payload/A.app/Info.plist" },
         "script",													       "unsupported",
         true																	},
	{ "a script, an extension",
         "#!/bin/sh\n\n",		{ TYPES, "extension.vsixmanifest", "_rels/.rels", "o", "_rels/o.rels", "s" },
         "script",													       "broken",
         true																	},
};

/* What stands in a file of that name: of an extension, the way to a signature. */
static const struct {
	const char *name, *text;
} texts[] = {
	{TYPES,           "<Types/>"                        },
	{ "_rels/.rels",
         "<Relationships xmlns=\"" RELS "\"><Relationship Id=\"o\" Target=\"/o\" Type=\"" RELS
	  "/digital-signature/origin\"/></Relationships>"   },
	{ "_rels/o.rels",
         "<Relationships xmlns=\"" RELS "\"><Relationship Id=\"s\" Target=\"/s\" Type=\"" RELS
	  "/digital-signature/signature\"/></Relationships>"},
	{ "o",            ""				},
};

static const char *text_of(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (strcmp(texts[i].name, name) == 0)
			return texts[i].text;
	return "contents";
}

static void check_row(struct court *c, size_t row)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct zip_item items[MAX_NAMES] = { { .name = "" } };
	struct zip_plan plan = { .items = items, .prefix = SPAN_TEXT(rows[row].prefix) };
	const struct report *r;

	for (; plan.n < MAX_NAMES && rows[row].names[plan.n]; plan.n++)
		items[plan.n] = (struct zip_item){ .name = rows[row].names[plan.n],
						   .text = text_of(rows[row].names[plan.n]) };
	zip_build(&file, &plan);
	r = court_judge(c, buffer_span(&file));
	CHECK(r->format && strcmp(r->format, rows[row].format) == 0 &&
		      strcmp(assay_verdict_word(r->verdict), rows[row].verdict) == 0,
	      "%s: %s, %s", rows[row].what, r->format ? r->format : "none",
	      assay_verdict_word(r->verdict));
	CHECK(court_has(r, "file.polyglot") == rows[row].polyglot, "%s: told", rows[row].what);
}

/* Who signs a JAR does not sign the app that it is as well. */
static void check_signed(struct court *c, struct forge *f)
{
	static const char *const names[] = { "a/A.class", "b.txt", "c.txt",
					     "Payload/A.app/Info.plist" };

	for (size_t n = COUNT_OF(names) - 1; n <= COUNT_OF(names); n++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		CLEANUP(archive_free) struct archive a = { 0 };
		const struct report *r;

		archive_new(&a);
		forge_jar_entries(&a, 7, names, n);
		forge_jar_sign(f,
			       &(struct forge_jar){ .manifest = "META-INF/MANIFEST.MF",
						    .list = "META-INF/F.SF",
						    .block = "META-INF/F.RSA" },
			       &a);
		archive_write(&a, SPAN_NONE, &file);
		r = court_judge(c, buffer_span(&file));
		CHECK(r->verdict == (n < COUNT_OF(names) ? ASSAY_VERDICT_VALID
							 : ASSAY_VERDICT_UNSUPPORTED),
		      "a signed JAR %s: %s (%s)", n < COUNT_OF(names) ? "alone" : "and app",
		      assay_verdict_word(r->verdict), r->rule);
	}
}

int main(void)
{
	struct forge *f = forge_new();
	struct court court;

	court_open(&court, f);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&court, i);
	check_signed(&court, f);
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
