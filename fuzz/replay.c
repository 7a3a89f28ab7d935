/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target over files, with any compiler: our regression corpus.
 *
 * Each argument is a file, or a folder whose files are taken by name.  A target
 * that finds something wrong aborts; so every "ok" stands behind the run.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int n_run;

/* Memory of exactly the file's size, so that sanitizers see each byte too many. */
static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	struct stat st;
	size_t size;
	int ok;

	if (!f)
		return -1;
	ok = fstat(fileno(f), &st) == 0;
	size = ok ? (size_t)st.st_size : 0;
	data = malloc(size ? size : 1);
	ok = ok && data && fread(data, 1, size, f) == size;
	(void)fclose(f);
	if (ok)
		(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	if (!ok)
		return -1;
	printf("ok %d - %s\n", ++n_run, path);
	(void)fflush(stdout);
	return 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int run_folder(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_visible, alphasort), result = 0;

	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		char name[4096];

		(void)snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (result == 0)
			result = run_file(name);
		free(entries[i]);
	}
	free(entries);
	return result;
}

int main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		struct stat st;
		int result = stat(argv[i], &st);

		if (result == 0)
			result = S_ISDIR(st.st_mode) ? run_folder(argv[i]) : run_file(argv[i]);
		if (result != 0) {
			printf("Bail out! %s: %s\n", argv[i], strerror(errno));
			return EXIT_FAILURE;
		}
	}
	printf("1..%d\n", n_run);
	return EXIT_SUCCESS;
}
