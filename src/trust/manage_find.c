/* SPDX-License-Identifier: MIT */
/* Finds certificates for people, and the databases in which they stand. */
#include "trust/manage.h"

#include "base/limits.h"
#include "trust/store_layers.h"
#include <libgen.h>
#include <stdlib.h>
#include <unistd.h>

#define PREFIX_MIN      4 /* hex digits: fewer are a word */
#define DATABASE_NAME   "trust.db"
#define VENDOR_DATABASE ASSAY_VENDOR_DIR "/" DATABASE_NAME
#define SYSTEM_DATABASE "/var/lib/assay/" DATABASE_NAME

bool trust_next(const struct trust_store *s, struct trust_place *at, struct trust_entry *out)
{
	struct store_place place = { at->layer, at->row };
	const struct layer *top = NULL;
	struct record r;

	if (!store_next(s, &place, &r, &top))
		return false;
	*at = (struct trust_place){ place.layer, place.row };
	*out = (struct trust_entry){ r.stored, r.source, r.valid_from, r.valid_until,
				     top->path };
	return true;
}

/* Do the hex digits of @sha256 begin with @prefix, in either case? */
static bool digest_begins(const uint8_t sha256[32], struct span prefix)
{
	static const char digits[] = "0123456789abcdef";

	if (prefix.len > 64)
		return false;
	for (size_t i = 0; i < prefix.len; i++) {
		uint8_t c = span_at(prefix, i);
		unsigned half = i % 2 ? sha256[i / 2] & 15U : sha256[i / 2] >> 4;

		if (c >= 'A' && c <= 'F')
			c = (uint8_t)(c - 'A' + 'a');
		if (c != (uint8_t)digits[half])
			return false;
	}
	return true;
}

static bool entry_fits(const struct trust_entry *e, const char *prefix)
{
	struct span text = SPAN_TEXT(prefix);

	if (span_equal(text, SPAN_TEXT(e->stored.name)))
		return true;
	return text.len >= PREFIX_MIN && digest_begins(e->stored.sha256, text);
}

enum status trust_find(struct arena *a, const struct trust_store *s, const char *prefix,
		       struct trust_entry *out, const char **problem)
{
	struct trust_place at = { 0 };
	struct trust_entry e;
	size_t n = 0;

	while (trust_next(s, &at, &e)) {
		if (!entry_fits(&e, prefix))
			continue;
		if (n++ == 0)
			*out = e;
	}
	if (n == 1)
		return STATUS_OK;
	*problem =
		n ? arena_printf(a,
				 "%s: %zu certificates are called so; say more digits of the "
				 "SHA-256 (assay trust list shows them)",
				 prefix, n)
		  : arena_printf(a,
				 "%s: no certificate has this SHA-256 (at least %d digits) or "
				 "this name; assay trust list shows all",
				 prefix, PREFIX_MIN);
	return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
}

/* The folder of the running program, if it is one in which assay is built; NULL: it is not. */
static const char *build_folder(struct arena *a)
{
	char path[PATH_MAX_BYTES];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *folder, *mark;

	if (len <= 0)
		return NULL;
	path[len] = '\0';
	folder = arena_printf(a, "%s", dirname(path));
	mark = folder ? arena_printf(a, "%s/build.ninja", folder) : NULL;
	return mark && access(mark, F_OK) == 0 ? folder : NULL;
}

static const char *user_database(struct arena *a)
{
	const char *data = secure_getenv("XDG_DATA_HOME"), *home = secure_getenv("HOME");

	/* Relative paths are to be ignored, says the XDG Base Directory Specification. */
	if (data && data[0] == '/')
		return arena_printf(a, "%s/assay/" DATABASE_NAME, data);
	if (home && home[0] == '/')
		return arena_printf(a, "%s/.local/share/assay/" DATABASE_NAME, home);
	return NULL;
}

enum status trust_paths_find(struct arena *a, struct trust_paths *out)
{
	const char *folder = build_folder(a);

	*out = (struct trust_paths){ .system = SYSTEM_DATABASE };
	out->all[out->n++] =
		folder ? arena_printf(a, "%s/" DATABASE_NAME, folder) : VENDOR_DATABASE;
	if (!out->all[0])
		return STATUS_NO_MEMORY;
	out->all[out->n++] = SYSTEM_DATABASE;
	out->user = user_database(a);
	if (out->user)
		out->all[out->n++] = out->user;
	return STATUS_OK;
}

/* The sets that the first @len bytes of @text name, and nothing else. */
static bool sets_parse(struct arena *a, struct span text, uint64_t len, unsigned *sets)
{
	*sets = 0;
	for (uint64_t at = 0; at < len;) {
		const char *word;
		enum trust_set set;
		uint64_t comma;

		if (!span_find(text, SPAN_LITERAL(","), at, &comma) || comma > len)
			comma = len;
		word = arena_string(a, span_clip(text, at, comma - at));
		if (!word || !trust_set_by_name(word, &set))
			return false;
		*sets |= (unsigned)set;
		at = comma + 1;
	}
	return *sets != 0;
}

enum status trust_source_parse(struct arena *a, const char *text, struct trust_source *out)
{
	uint64_t equals;

	*out = (struct trust_source){ .path = text };
	if (!span_find(SPAN_TEXT(text), SPAN_TEXT("="), 0, &equals) ||
	    !sets_parse(a, SPAN_TEXT(text), equals, &out->sets))
		out->sets = 0;
	else
		out->path = text_after(text, (size_t)equals + 1);
	return out->path[0] ? STATUS_OK : STATUS_USAGE;
}
