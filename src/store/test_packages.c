/* SPDX-License-Identifier: MIT */
/* The index of packages: what was written is found, and damage is told. */
#include "store/packages.h"
#include "tests/check.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define N 300

static char folder[] = "/tmp/assay-packages-XXXXXX", path[64];

static void digest_make(unsigned i, uint8_t out[32])
{
	memset(out, (int)(i * 7 % 251), 32);
	out[0] = (uint8_t)(i >> 8);
	out[1] = (uint8_t)i;
}

static void write_index(void)
{
	struct packages_release release = { .owner = "the archive" };
	struct packages_writer *w;
	uint64_t place, package, n = 0;
	uint8_t digest[32];

	memset(release.key, 7, sizeof(release.key));
	if (packages_writer_new(path, &w) != STATUS_OK)
		abort();
	place = packages_writer_release(w, &release);
	for (unsigned i = 0; i < N; i++) {
		char name[64], file[64];

		(void)snprintf(name, sizeof(name), "package %u", i);
		(void)snprintf(file, sizeof(file), "./usr/bin/program%u", i / 2);
		package = packages_writer_package(w, place, name);
		digest_make(i, digest);
		CHECK(packages_writer_program(w, package, SPAN_TEXT(file), digest, true) ==
			      STATUS_OK,
		      "a program");
	}
	digest_make(N, digest);
	CHECK(packages_writer_program(w, package, SPAN_TEXT("./usr/bin/absent"), digest,
				      false) == STATUS_OK,
	      "one that does not lie here");
	CHECK(packages_writer_whole(w, packages_writer_package(w, place, "docs 1 all"),
				    SPAN_LITERAL("docs 1 all")) == STATUS_OK,
	      "a package without any");
	CHECK(packages_writer_commit(w, &n) == STATUS_OK && n == N + 1, "written: %u rows",
	      (unsigned)n);
	packages_writer_free(w);
}

static void check_found(const struct package_index *index)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)1 << 20);
	unsigned by_digest = 0, by_path = 0, newest = 0;
	struct package_entry e;
	uint8_t digest[32], place[32], none[32] = { 0xff };

	for (unsigned i = 0; i < N; i++) {
		char file[64], name[64];

		digest_make(i, digest);
		(void)snprintf(name, sizeof(name), "package %u", i);
		(void)snprintf(file, sizeof(file), "/bin/program%u", i / 2);
		by_digest += index->by_digest(index->context, digest, &a, &e) == STATUS_OK &&
			     e.name && strcmp(e.name, name) == 0 &&
			     strcmp(e.archive, "the archive") == 0 && e.key[31] == 7;
		if (package_path_digest(SPAN_TEXT(file), place) != STATUS_OK)
			abort();
		newest += index->by_path(index->context, place, digest, &a, &e) == STATUS_OK &&
			  e.name && strcmp(e.name, name) == 0;
		by_path += index->by_path(index->context, place, none, &a, &e) == STATUS_OK &&
			   e.name;
	}
	CHECK(by_digest == N, "%u of %u by their bytes", by_digest, N);
	CHECK(newest == N, "%u of %u by place and bytes", newest, N);
	CHECK(by_path == N, "%u of %u by their place", by_path, N);
	digest_make(N, digest);
	CHECK(index->by_digest(index->context, digest, &a, &e) == STATUS_OK && e.name,
	      "what does not lie here is known by its bytes");
	CHECK(package_path_digest(SPAN_TEXT("/bin/absent"), place) == STATUS_OK &&
		      index->by_path(index->context, place, none, &a, &e) == STATUS_OK &&
		      !e.name,
	      "and nothing is said of its place");
	CHECK(index->by_digest(index->context, none, &a, &e) == STATUS_OK && !e.name,
	      "others are not found");
	CHECK(index->by_path(index->context, none, none, &a, &e) == STATUS_OK && !e.name,
	      "nor other places");
}

static void check_damage(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)1 << 20);
	const char *problem = NULL;
	struct packages *p;

	CHECK(truncate(path, 1000) == 0, "cut");
	p = packages_open(&a, path, &problem);
	CHECK(!p && problem, "damaged: %s", problem);
	packages_close(p);
	CHECK(unlink(path) == 0, "gone");
	p = packages_open(&a, path, &problem);
	CHECK(p && !packages_index(p), "an index that is not there knows nothing");
	packages_close(p);
}

static const struct {
	const char *a, *b;
	bool same;
} places[] = {
	{"/usr/bin/x",      "/bin/x",      true },
        { "usr/bin/x",      "/bin/x",      true },
	{ "./usr/lib/x.so", "/lib/x.so",   true },
        { "usr/sbin/x",     "sbin/x",      true },
	{ "/usr/bin/x",     "/usr/bin/y",  false},
        { "/usr/share/x",   "/share/x",    false},
	{ "/usr/games/x",   "usr/games/x", true },
};

static void check_places(void)
{
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		uint8_t a[32], b[32];
		bool made = package_path_digest(SPAN_TEXT(places[i].a), a) == STATUS_OK &&
			    package_path_digest(SPAN_TEXT(places[i].b), b) == STATUS_OK;

		CHECK(made && (memcmp(a, b, sizeof(a)) == 0) == places[i].same, "%s and %s",
		      places[i].a, places[i].b);
	}
}

int main(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)1 << 20);
	const char *problem = NULL;
	struct packages *p;

	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	(void)snprintf(path, sizeof(path), "%s/index", folder);
	check_places();
	write_index();
	p = packages_open(&a, path, &problem);
	CHECK(p && packages_index(p), "opened%s%s", problem ? ": " : "",
	      problem ? problem : "");
	if (p && packages_index(p))
		check_found(packages_index(p));
	packages_close(p);
	check_damage();
	CHECK(rmdir(folder) == 0, "cleaned");
	return CHECK_DONE();
}
