/* SPDX-License-Identifier: MIT */
/* Finds certificates for people. */
#include "trust/manage.h"

#include "trust/store_layers.h"

#define PREFIX_MIN 4 /* hex digits: fewer are a word */

bool trust_next(const struct trust_store *s, struct trust_place *at, struct trust_entry *out)
{
	struct store_place place = { at->layer, at->row };
	const struct layer *top = NULL;
	struct record r;

	if (!store_next(s, &place, &r, &top))
		return false;
	*at = (struct trust_place){ place.layer, place.row };
	*out = (struct trust_entry){ .stored = r.stored,
				     .source = r.source,
				     .key_id = r.key_id,
				     .valid_from = r.valid_from,
				     .valid_until = r.valid_until,
				     .database = top->path };
	return true;
}

/* Do the hex digits of @sha256 begin with @prefix, in either case? */
static bool digest_begins(struct span sha256, struct span prefix)
{
	static const char digits[] = "0123456789abcdef";

	if (prefix.len > 2 * sha256.len)
		return false;
	for (size_t i = 0; i < prefix.len; i++) {
		uint8_t c = span_at(prefix, i), octet = span_at(sha256, i / 2);
		unsigned half = i % 2 ? octet & 15U : octet >> 4;

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
	if (text.len < PREFIX_MIN)
		return false;
	return digest_begins(SPAN_OF(e->stored.sha256), text) ||
	       (e->stored.item == TRUST_OPENPGP_KEY && digest_begins(e->key_id, text));
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
	*problem = n ? arena_printf(a,
				    "%s: %zu certificates or keys are called so; say more "
				    "digits of the "
				    "SHA-256 (assay trust list shows them)",
				    prefix, n)
		     : arena_printf(a,
				    "%s: no certificate or key has this SHA-256 (at least %d "
				    "digits) or this name; assay trust list shows all",
				    prefix, PREFIX_MIN);
	return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
}
