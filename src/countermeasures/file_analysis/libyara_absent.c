/* SPDX-License-Identifier: MIT */
/* A build without libyara. */
#include "countermeasures/file_analysis/libyara.h"

bool libyara_available(void)
{
	return false;
}

enum status libyara_compile(const char *name, const char *text, struct buffer *error,
			    struct libyara **out)
{
	(void)text;
	*out = NULL;
	buffer_printf(error,
		      "%s: this build has no YARA; install libyara-dev and build it again\n",
		      name);
	return STATUS_UNSUPPORTED;
}

void libyara_free(struct libyara *y)
{
	(void)y;
}

size_t libyara_count(const struct libyara *y)
{
	(void)y;
	return 0;
}

enum status libyara_name(const struct libyara *y, size_t i, struct arena *a,
			 struct report_match *out)
{
	(void)y;
	(void)i;
	(void)a;
	(void)out;
	return STATUS_UNSUPPORTED;
}

void libyara_scan(const struct libyara *y, struct span bytes,
		  const char *const values[N_EXTERNALS], unsigned timeout_s,
		  struct yara_hits *out)
{
	(void)y;
	(void)bytes;
	(void)values;
	(void)timeout_s;
	out->end = YARA_FAILED;
}
