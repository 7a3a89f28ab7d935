/* SPDX-License-Identifier: MIT */
/* What dpkg says is installed, and which version comes before which (deb-version(7)). */
#include "store/dpkg_status.h"
#include "tests/check.h"
#include "trust/file.h"
#include <unistd.h>

static const struct {
	const char *older, *newer;
} versions[] = {
	{"1",			  "2"			 },
	{ "9",			 "10"			},
	{ "1.0",		       "1.0.1"                     },
	{ "1.0~rc1",                   "1.0"                       },
	{ "1.0~~",		     "1.0~"                      },
	{ "1.0",		       "1.0a"                      },
	{ "1.0a",		      "1.0+"                      },
	{ "1.0-1",		     "1.0-2"                     },
	{ "1.0-9",		     "1.0-10"                    },
	{ "1.0",		       "1.0-1"                     },
	{ "1.0-1",		     "1.0-1+deb12u1"             },
	{ "1.0-1~bpo",                 "1.0-1"                     },
	{ "9.9",		       "1:0.1"                     },
	{ "1:2",		       "2:1"		       },
	{ "1.2-3-4",                   "1.2-4-1"                   },
	{ "1.9",		       "1.010"                     },
	{ "0.99999999999999999999999", "0.100000000000000000000000"},
};

static const char *const equal[][2] = {
	{"1.0",    "1.0"  },
        { "1.0",   "0:1.0"},
        { "1.01",  "1.1"  },
        { "1.0-0", "1.0"  },
        { "",      ""     },
};

static int order(const char *a, const char *b)
{
	return dpkg_version_order(SPAN_TEXT(a), SPAN_TEXT(b));
}

static void check_versions(void)
{
	for (size_t i = 0; i < COUNT_OF(versions); i++)
		CHECK(order(versions[i].older, versions[i].newer) < 0 &&
			      order(versions[i].newer, versions[i].older) > 0,
		      "%s comes before %s", versions[i].older, versions[i].newer);
	for (size_t i = 0; i < COUNT_OF(equal); i++)
		CHECK(order(equal[i][0], equal[i][1]) == 0, "\"%s\" is \"%s\"", equal[i][0],
		      equal[i][1]);
}

static const char status_text_of[] = "Package: zlib\n"
				     "Status: install ok installed\n"
				     "Architecture: i386\n"
				     "Version: 1:1.2-3\n"
				     "Description: Version: 9\n"
				     " more\n\n"
				     "Package: zlib\n"
				     "Status: install ok installed\n"
				     "Architecture: amd64\n"
				     "Version: 1:1.2-4\n\n"
				     "Package: held\n"
				     "Status: hold ok installed\n"
				     "Architecture: amd64\n"
				     "Version: 2\n\n"
				     "Package: half\n"
				     "Status: install ok half-installed\n"
				     "Architecture: amd64\n"
				     "Version: 2\n\n"
				     "Package: broken\n"
				     "Status: install reinstreq installed\n"
				     "Architecture: amd64\n"
				     "Version: 2\n\n"
				     "Package: fresh\n"
				     "Status: install ok unpacked\n"
				     "Architecture: amd64\n"
				     "Config-Version: 1\n"
				     "Version: 2\n\n"
				     "Package: not one:amd64\n"
				     "Status: install ok installed\n"
				     "Architecture: amd64\n"
				     "Version: 2\n\n"
				     "Package: nothing\n"
				     "Status: install ok installed\n"
				     "Architecture: amd64\n\n"
				     "Package: gone\n"
				     "Status: deinstall ok config-files\n"
				     "Architecture: amd64\n"
				     "Version: 1\n\n"
				     "Package: base\n"
				     "Status: install ok installed\n"
				     "Architecture: all\n"
				     "Version: 12\n";

static bool version_is(const struct dpkg_status *s, const char *name, const char *version)
{
	const struct dpkg_package *p = dpkg_package_find(s, SPAN_TEXT(name));

	return version ? p && span_equal(p->version, SPAN_TEXT(version)) : !p;
}

static const struct {
	const char *text, *version; /* of the one like it; NULL: none */
	bool package;
} texts[] = {
	{"zlib 1:1.2-4 amd64",  "1:1.2-4", true },
	{ "zlib 7 i386",        "1:1.2-3", true },
	{ "zlib 1:1.2-4 arm64", NULL,      true },
	{ "gone 1 amd64",       NULL,      true },
	{ "zlib 1:1.2-4",       NULL,      false},
	{ "zlib  amd64",        NULL,      false},
	{ "a:b 1 amd64",        NULL,      false},
	{ "bash-5.1-6.x86_64",  NULL,      false},
	{ "zlib 1 amd64 x",     NULL,      false},
	{ "",		   NULL,      false},
};

static void check_texts(const struct dpkg_status *s)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct dpkg_package p;
		bool package = dpkg_package_parse(SPAN_TEXT(texts[i].text), &p);
		const struct dpkg_package *like = package ? dpkg_package_like(s, &p) : NULL;

		CHECK(package == texts[i].package &&
			      (texts[i].version
				       ? like && span_equal(like->version,
							    SPAN_TEXT(texts[i].version))
				       : !like),
		      "\"%s\"", texts[i].text);
	}
}

static void check_status(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
	char path[] = "/tmp/assay-dpkg-XXXXXX";
	int fd = mkstemp(path);
	struct dpkg_status s;

	if (fd < 0 || close(fd) != 0 ||
	    file_replace(path, SPAN_TEXT(status_text_of)) != STATUS_OK)
		abort();
	CHECK(dpkg_status_read(&a, path, &s) == STATUS_OK && s.n == 5, "five are installed");
	CHECK(version_is(&s, "zlib:amd64", "1:1.2-4") && version_is(&s, "zlib:i386", "1:1.2-3"),
	      "each of its architecture");
	CHECK(version_is(&s, "base", "12") && version_is(&s, "base:all", "12"),
	      "one without a word of it");
	CHECK(version_is(&s, "gone", NULL) && version_is(&s, "zlib:arm64", NULL) &&
		      version_is(&s, "zli", NULL) && version_is(&s, "", NULL),
	      "what is not installed is not found");
	CHECK(version_is(&s, "held", "2") && version_is(&s, "fresh", "2"),
	      "what is kept as it is, and what is not configured yet, is there");
	CHECK(version_is(&s, "half", NULL) && version_is(&s, "broken", NULL),
	      "what was not unpacked to its end is not");
	CHECK(version_is(&s, "not one", NULL) && version_is(&s, "not", NULL) &&
		      version_is(&s, "nothing", NULL),
	      "nor is what has no name, or no version");
	check_texts(&s);
	(void)unlink(path);
	CHECK(dpkg_status_read(&a, path, &s) == STATUS_OK && s.n == 0 &&
		      version_is(&s, "zlib", NULL),
	      "a host without dpkg has no packages");
}

int main(void)
{
	check_versions();
	check_status();
	return CHECK_DONE();
}
