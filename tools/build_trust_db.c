/* SPDX-License-Identifier: MIT */
/*
 * Makes the trust.db that a package brings along, at build time: from tables of
 * pins and from whatever on this machine holds the certificates.
 *
 * A file is searched for certificates, as DER anywhere in it or as PEM; only
 * those that are pinned are taken, so it does not matter where they come from.
 * A pin whose bytes are nowhere is an anchor all the same.
 */
#include "base/buffer.h"
#include "trust/file.h"
#include "trust/pins.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define ARENA_BYTES ((size_t)256 << 20)
#define TABLE_MAX   ((size_t)1 << 20)

static const char usage[] =
	"usage: build-trust-db -o FILE [--pins TABLE] [--public TABLE] [PATH...]\n";

static int complain(const char *name, const char *why)
{
	(void)fprintf(stderr, "build-trust-db: %s: %s\n", name, why);
	return 2;
}

static int table_read(struct arena *a, const char *path, bool public_roots, struct pins *pins)
{
	const char *problem = NULL;
	struct span text;
	int fd;

	if (file_open(AT_FDCWD, path, &fd) != STATUS_OK)
		return complain(path, strerror(errno));
	if (file_read(fd, TABLE_MAX, a, &text) != STATUS_OK)
		return complain(path, "cannot be read");
	(void)close(fd);
	if (pins_read(a, text, public_roots, pins, &problem) != STATUS_OK)
		return complain(path, problem ? problem : "out of memory");
	return 0;
}

static int path_scan(struct arena *a, const char *path, struct pins *pins)
{
	struct intake in = { .arena = a, .read = pins_scan, .context = pins, .lenient = true };
	size_t before = pins->n_found;

	if (access(path, R_OK) != 0) {
		(void)printf("%s: not there, skipped\n", path);
		return 0;
	}
	if (intake_path(&in, path) != STATUS_OK && in.n_files)
		return complain(path, in.problem ? in.problem : "cannot be searched");
	(void)printf("%s: %zu of %zu pinned certificates\n", path, pins->n_found - before,
		     pins->n);
	return 0;
}

static int database_write(struct arena *a, const char *path, const struct pins *pins)
{
	struct buffer file CLEANUP(buffer_free) = BUFFER_INIT;
	struct draft draft = { .arena = a };
	struct span old = SPAN_NONE;
	enum status status = STATUS_OK;

	for (size_t i = 0; status == STATUS_OK && i < pins->n; i++)
		status = draft_record_add(&draft, &pins->records[i]);
	if (status == STATUS_OK)
		status = draft_encode(&draft, &file);
	if (status != STATUS_OK)
		return complain(path, status_text(status));
	/* The same bytes stay the same file, so that nothing is built again for it. */
	if (file_map(path, DATABASE_MAX_BYTES, &old) == STATUS_OK &&
	    span_equal(old, buffer_span(&file))) {
		file_unmap(old);
		return 0;
	}
	file_unmap(old);
	if (file_replace(path, buffer_span(&file)) != STATUS_OK)
		return complain(path, strerror(errno));
	return 0;
}

static int run(struct arena *a, int argc, char *argv[])
{
	struct pins pins = { 0 };
	const char *output = NULL;
	int result = 0, at = 1;

	for (; at + 1 < argc && argv[at][0] == '-' && result == 0; at += 2) {
		if (strcmp(argv[at], "-o") == 0)
			output = argv[at + 1];
		else if (strcmp(argv[at], "--pins") == 0)
			result = table_read(a, argv[at + 1], false, &pins);
		else if (strcmp(argv[at], "--public") == 0)
			result = table_read(a, argv[at + 1], true, &pins);
		else
			result = complain(argv[at], "no such option");
	}
	if (result == 0 && !output) {
		(void)fputs(usage, stderr);
		return 2;
	}
	for (; at < argc && result == 0; at++)
		result = path_scan(a, argv[at], &pins);
	if (result == 0)
		result = database_write(a, output, &pins);
	if (result == 0)
		(void)printf("%s: %zu pins, %zu of them with their certificate\n", output,
			     pins.n, pins.n_found);
	return result;
}

int main(int argc, char *argv[])
{
	struct arena a = ARENA_INIT(ARENA_BYTES);
	int result = run(&a, argc, argv);

	arena_free(&a);
	return result;
}
