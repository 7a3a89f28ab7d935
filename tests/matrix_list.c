/* SPDX-License-Identifier: MIT */
#include "tests/matrix_list.h"

#include "tests/forge/signing.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 8192
#define FIELDS         4

static bool file_read(const char *path, struct buffer *out)
{
	char block[65536];
	FILE *file = fopen(path, "rb");
	size_t n;

	while (file && (n = fread(block, 1, sizeof(block), file)) > 0)
		buffer_add(out, (struct span){ (const uint8_t *)block, n });
	if (file)
		(void)fclose(file);
	return file && out->len > 0x100;
}

static struct matrix_program *place(struct matrix_list *l, bool host)
{
	if (host)
		return l->n_hosts < MATRIX_MAX_PROGRAMS ? &l->hosts[l->n_hosts] : NULL;
	return l->n_donors < MATRIX_MAX_PROGRAMS ? &l->donors[l->n_donors] : NULL;
}

static const char *keep(struct forge *f, const char *text)
{
	return (const char *)forge_keep(
		       f, (struct span){ (const uint8_t *)text, strlen(text) + 1 })
		.ptr;
}

static void line_take(struct forge *f, char *fields[FIELDS], struct matrix_list *l)
{
	bool host = strcmp(fields[0], "host") == 0, pages = strcmp(fields[0], "pages") == 0;
	struct matrix_program *p = place(l, host);
	const char *problem;

	if (!p || (!host && !pages && strcmp(fields[0], "donor") != 0))
		forge_fail("the list of programs");
	*p = (struct matrix_program){
		.name = keep(f, fields[2]),
		.kind = keep(f, host ? fields[1] : fields[0]),
		.known = !host && strcmp(fields[1], "withheld") != 0,
		.digest_only = strcmp(fields[1], "digest") == 0,
		.page_hashes = pages,
	};
	problem = file_read(fields[3], &p->file) ? image_unfit(&p->file) : "cannot be read";
	if (problem) {
		(void)fprintf(stderr, "matrix: %s is left out: %s\n", fields[3], problem);
		buffer_free(&p->file);
		return;
	}
	if (pages)
		matrix_donor_sign(f, p);
	l->n_hosts += host;
	l->n_donors += !host;
}

void matrix_list_read(struct forge *f, const char *path, struct matrix_list *out)
{
	FILE *file = fopen(path, "r");
	char line[LINE_MAX_BYTES];

	if (!file)
		forge_fail(path);
	while (fgets(line, sizeof(line), file)) {
		char *fields[FIELDS], *rest = line;
		size_t n = 0;

		while (n < FIELDS && (fields[n] = strsep(&rest, "\t\n")))
			n++;
		if (n < FIELDS)
			forge_fail(path);
		line_take(f, fields, out);
	}
	(void)fclose(file);
}

void matrix_list_samples(struct forge *f, struct matrix_list *out)
{
	matrix_samples_make(f, out->hosts, out->donors);
	while (out->hosts[out->n_hosts].name)
		out->n_hosts++;
	while (out->donors[out->n_donors].name)
		out->n_donors++;
}

void matrix_list_free(struct matrix_list *l)
{
	matrix_programs_free(l->hosts, l->n_hosts);
	matrix_programs_free(l->donors, l->n_donors);
}
