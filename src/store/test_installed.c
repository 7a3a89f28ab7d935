/* SPDX-License-Identifier: MIT */
/* Which package a program is of: what the index and dpkg say together, and what neither can. */
#include "store/installed.h"

#include "base/buffer.h"
#include "store/packages.h"
#include "tests/check.h"
#include "tests/memory_store.h"
#include "trust/file.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/assay-installed-XXXXXX", index_path[64], status_path[64];

enum { KEY_BELIEVED = 1, KEY_STRANGE = 2 };

/* Programs by the first byte of their digest, and who says that they are of what. */
static const struct {
	uint8_t program, key;
	const char *package;
} vouched[] = {
	{1,  KEY_BELIEVED, "alpha 1 amd64"          },
	{ 2, KEY_BELIEVED, "alpha 2 amd64"          },
	{ 3, KEY_STRANGE,  "beta 1 amd64"           },
	{ 4, KEY_BELIEVED, "gamma 1 amd64"          },
	{ 5, KEY_BELIEVED, "zeta 1:3-1 all"         },
	{ 5, KEY_BELIEVED, "delta 1 amd64"          },
	{ 6, KEY_BELIEVED, "bash-5.1.8-6.el9.x86_64"},
	{ 7, KEY_BELIEVED, "alpha 2 amd64"          },
	{ 7, KEY_BELIEVED, "delta 1 amd64"          },
	{ 8, KEY_STRANGE,  "alpha 1 amd64"          },
	{ 8, KEY_BELIEVED, "zeta 1:3-1 all"         },
	{ 9, KEY_BELIEVED, "alpha 1 i386"           },
};

static const char status_text_of[] =
	"Package: alpha\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"
	"Package: beta\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"
	"Package: zeta\nStatus: hold ok installed\nArchitecture: all\nVersion: 1:3-1\n\n"
	"Package: gamma\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n\n"
	"Package: delta\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n";

static const struct {
	uint8_t program;
	enum policy_state state;
	const char *package, *what;
} wanted[] = {
	{1,   POLICY_KNOWN,   "alpha", "of an installed package"                },
	{ 2,  POLICY_ABSENT,  NULL,    "of another version of it"               },
	{ 3,  POLICY_ABSENT,  NULL,    "that nobody who is believed vouches for"},
	{ 4,  POLICY_ABSENT,  NULL,    "of a package that was removed"          },
	{ 5,  POLICY_KNOWN,   "delta", "of two packages: the first by name"     },
	{ 6,  POLICY_UNKNOWN, NULL,    "of a package of RPM"                    },
	{ 7,  POLICY_KNOWN,   "delta", "of two packages, one in another version"},
	{ 8,  POLICY_KNOWN,   "zeta",  "of two packages, one in nobody's words" },
	{ 9,  POLICY_ABSENT,  NULL,    "of the same package for another machine"},
	{ 10, POLICY_ABSENT,  NULL,    "of no package"                          },
};

static struct span digest_of_program(uint8_t program, uint8_t out[32])
{
	memset(out, 0, 32);
	out[0] = program;
	return (struct span){ out, 32 };
}

static void index_write(void)
{
	struct packages_writer *w;
	uint64_t places[3] = { 0 }, n = 0;

	if (packages_writer_new(index_path, &w) != STATUS_OK)
		abort();
	for (uint8_t key = KEY_BELIEVED; key <= KEY_STRANGE; key++) {
		struct packages_release release = { .owner = "an archive" };

		memset(release.key, key, sizeof(release.key));
		places[key] = packages_writer_release(w, &release);
	}
	for (size_t i = 0; i < COUNT_OF(vouched); i++) {
		uint8_t digest[32];
		uint64_t package =
			packages_writer_package(w, places[vouched[i].key], vouched[i].package);

		(void)digest_of_program(vouched[i].program, digest);
		if (packages_writer_program(w, package, SPAN_LITERAL("./usr/bin/x"), digest,
					    i % 2 == 0) != STATUS_OK ||
		    packages_writer_whole(w, package, SPAN_TEXT(vouched[i].package)) !=
			    STATUS_OK)
			abort();
	}
	if (packages_writer_commit(w, &n) != STATUS_OK || n != COUNT_OF(vouched))
		abort();
	packages_writer_free(w);
}

static void status_write(const char *more)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_text(&text, status_text_of);
	buffer_text(&text, more);
	if (file_replace(status_path, buffer_span(&text)) != STATUS_OK)
		abort();
}

/* Seconds from now; so that one is newer than the other. */
static void time_set(const char *path, int seconds)
{
	struct timespec times[2];

	if (clock_gettime(CLOCK_REALTIME, &times[0]) != 0)
		abort();
	times[0].tv_sec += seconds;
	times[1] = times[0];
	if (utimensat(AT_FDCWD, path, times, 0) != 0)
		abort();
}

static struct installed *open_with(const struct trust_store *believed,
				   bool (*firm)(struct span path))
{
	const struct installed_from from = {
		.index = index_path, .status = status_path, .believed = believed, .firm = firm
	};
	struct installed *i = installed_open(&from);

	if (!i)
		abort();
	return i;
}

static bool is(const struct installed *i, uint8_t program, enum policy_state state,
	       const char *package)
{
	uint8_t digest[32];
	struct policy_value v = installed_package(i, digest_of_program(program, digest));

	return v.state == state && (!package || span_equal(v.bytes, SPAN_TEXT(package)));
}

static bool says(const struct installed *i, const char *what)
{
	const char *problem = installed_problem(i);

	return what ? problem && strstr(problem, what) : !problem;
}

static void check_wanted(const struct trust_store *believed)
{
	struct installed *i = open_with(believed, NULL);

	for (size_t k = 0; k < COUNT_OF(wanted); k++)
		CHECK(is(i, wanted[k].program, wanted[k].state, wanted[k].package),
		      "a program %s", wanted[k].what);
	CHECK(says(i, NULL), "there is nothing to say about that");
	CHECK(installed_package(i, SPAN_LITERAL("short")).state == POLICY_UNKNOWN &&
		      installed_package(i, SPAN_NONE).state == POLICY_UNKNOWN,
	      "without its digest nobody knows");
	CHECK(is(NULL, 1, POLICY_UNKNOWN, NULL) && says(NULL, NULL), "nobody to ask");
	CHECK(!installed_changed(i), "nothing has changed");
	time_set(status_path, 60);
	CHECK(installed_changed(i), "dpkg did something");
	installed_close(i);
	i = open_with(believed, NULL);
	CHECK(is(i, 10, POLICY_ABSENT, NULL) && says(i, NULL), "but installed nothing");
	index_write();
	CHECK(installed_changed(i), "the index was made anew");
	installed_close(i);
	time_set(status_path, -60);
}

/* Whatever is older: what is installed and in no index may have any program. */
static void check_lacking(const struct trust_store *believed)
{
	static const char *const more[] = {
		"\nPackage: alpha\nStatus: install ok installed\nArchitecture: arm64\nVersion: "
		"1\n",
		"\nPackage: omega\nStatus: install ok installed\nArchitecture: all\nVersion: "
		"1\n",
		"\nPackage: rho\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: "
		"2\n",
	};
	static const char *const first[] = { "first: alpha 1 arm64)", "first: omega 1 all)",
					     "first: rho 2 amd64)" };

	for (size_t k = 0; k < COUNT_OF(more); k++) {
		struct installed *i;

		status_write(more[k]);
		time_set(status_path, -60);
		i = open_with(believed, NULL);
		CHECK(is(i, 1, POLICY_KNOWN, "alpha") && is(i, 10, POLICY_UNKNOWN, NULL) &&
			      is(i, 2, POLICY_UNKNOWN, NULL) &&
			      says(i, "lacks 1 of 5 installed") && says(i, first[k]) &&
			      says(i, "--packages --system"),
		      "what is in no index may be of what that lacks: %s", first[k]);
		installed_close(i);
	}
	status_write("");
	time_set(status_path, -60);
}

static bool nowhere(struct span path)
{
	(void)path;
	return false;
}

static bool index_only(struct span path)
{
	return span_equal(path, SPAN_TEXT(index_path));
}

static void check_belief(struct trust_store *believed)
{
	struct trust_store *nobody = memory_store_new();
	struct installed *i = open_with(nobody, NULL);

	CHECK(is(i, 1, POLICY_ABSENT, NULL), "no key is believed: no package");
	installed_close(i);
	memory_store_free(nobody);
	i = open_with(believed, nowhere);
	CHECK(is(i, 1, POLICY_UNKNOWN, NULL) && is(i, 10, POLICY_UNKNOWN, NULL) &&
		      says(i, index_path),
	      "an index that others can change");
	installed_close(i);
	i = open_with(believed, index_only);
	CHECK(is(i, 1, POLICY_UNKNOWN, NULL) && says(i, status_path),
	      "a list of what is installed that others can change");
	installed_close(i);
}

static void check_missing(const struct trust_store *believed)
{
	struct installed *i;

	if (unlink(status_path) != 0)
		abort();
	i = open_with(believed, NULL);
	CHECK(is(i, 1, POLICY_ABSENT, NULL) && says(i, NULL), "no dpkg: nothing is installed");
	status_write("");
	CHECK(installed_changed(i), "now there is one");
	installed_close(i);
	time_set(status_path, -60);
	if (truncate(index_path, 1000) != 0)
		abort();
	i = open_with(believed, NULL);
	CHECK(is(i, 1, POLICY_UNKNOWN, NULL) && says(i, index_path), "a damaged index");
	installed_close(i);
	if (unlink(index_path) != 0)
		abort();
	i = open_with(believed, NULL);
	CHECK(is(i, 1, POLICY_UNKNOWN, NULL) && says(i, "--packages --system"), "no index");
	CHECK(!installed_changed(i), "which is as it was");
	index_write();
	CHECK(installed_changed(i), "until there is one");
	installed_close(i);
}

int main(void)
{
	struct trust_store *believed = memory_store_new();
	uint8_t key[32];

	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	(void)snprintf(index_path, sizeof(index_path), "%s/index", folder);
	(void)snprintf(status_path, sizeof(status_path), "%s/status", folder);
	memset(key, KEY_BELIEVED, sizeof(key));
	(void)memory_store_pin(believed, key, TRUST_OPENPGP);
	index_write();
	status_write("");
	time_set(status_path, -60);
	check_wanted(believed);
	check_lacking(believed);
	check_belief(believed);
	check_missing(believed);
	memory_store_free(believed);
	(void)unlink(index_path);
	(void)unlink(status_path);
	(void)rmdir(folder);
	return CHECK_DONE();
}
