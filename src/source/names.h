/* SPDX-License-Identifier: MIT */
/* Names: what stands in one folder, sorted bytewise, without "." and "..". */
#pragma once
#include "base/buffer.h"
#include <dirent.h>

struct name_place {
	size_t off;         /* in .text */
	unsigned char type; /* DT_REG, ...; DT_UNKNOWN when the file system does not say */
};

struct names {
	struct buffer text;
	struct name_place *places;
	size_t n, size;
};

/* Reads @dir to its end.  0, or errno; what was read until then is there. */
MUST_CHECK int names_read(struct names *names, DIR *dir);
static inline const char *names_at(const struct names *names, size_t i)
{
	return buffer_string(&names->text, names->places[i].off);
}
/* Ready for the next folder; keeps memory of an ordinary amount. */
void names_clear(struct names *names);
void names_free(struct names *names);
