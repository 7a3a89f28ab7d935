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

static void check_status(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
	char path[] = "/tmp/assay-dpkg-XXXXXX";
	int fd = mkstemp(path);
	struct dpkg_status s;

	if (fd < 0 || close(fd) != 0 ||
	    file_replace(path, SPAN_TEXT(status_text_of)) != STATUS_OK)
		abort();
	CHECK(dpkg_status_read(&a, path, &s) == STATUS_OK && s.n == 3, "three are installed");
	CHECK(version_is(&s, "zlib:amd64", "1:1.2-4") && version_is(&s, "zlib:i386", "1:1.2-3"),
	      "each of its architecture");
	CHECK(version_is(&s, "base", "12") && version_is(&s, "base:all", "12"),
	      "one without a word of it");
	CHECK(version_is(&s, "gone", NULL) && version_is(&s, "zlib:arm64", NULL) &&
		      version_is(&s, "zli", NULL) && version_is(&s, "", NULL),
	      "what is not installed is not found");
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
