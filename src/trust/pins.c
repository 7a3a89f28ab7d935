/* SPDX-License-Identifier: MIT */
#include "trust/pins.h"

#include "base/hex.h"
#include "base/time.h"
#include "trust/pem.h"
#include <stdlib.h>

enum column {
	COLUMN_SHA256,
	COLUMN_SETS,
	COLUMN_FLAGS,
	COLUMN_DISALLOWED,
	COLUMN_NOT_BEFORE,
	COLUMN_NAME,
	COLUMN_REASON,
	COLUMN_COUNT
};

/* What stands before the next @mark; *@text goes on behind it. */
static struct span part_take(struct span *text, const char *mark)
{
	struct span part = *text;
	uint64_t at;

	if (span_find(*text, SPAN_TEXT(mark), 0, &at)) {
		part = span_clip(*text, 0, at);
		*text = span_after(*text, at + strlen(mark));
	} else {
		*text = SPAN_NONE;
	}
	return part;
}

static bool is_dash(struct span s)
{
	return span_equal(s, SPAN_TEXT("-"));
}

static const char *text_of(struct arena *a, struct span s)
{
	struct span copy = arena_copy(a, s);

	return copy.ptr ? arena_printf(a, "%.*s", (int)copy.len, (const char *)copy.ptr) : NULL;
}

static bool sets_parse(struct arena *a, struct span text, unsigned *sets)
{
	*sets = 0;
	while (text.len && !is_dash(text)) {
		const char *word = text_of(a, part_take(&text, ","));
		enum trust_set set;

		if (!word || !trust_set_by_name(word, &set))
			return false;
		*sets |= (unsigned)set;
	}
	return true;
}

static bool flags_parse(struct span text, struct stored *s)
{
	while (text.len && !is_dash(text)) {
		struct span word = part_take(&text, ",");

		if (span_equal(word, SPAN_TEXT("own")))
			s->limits.own_root = true;
		else if (span_equal(word, SPAN_TEXT("public")))
			s->public_root = true;
		else
			return false;
	}
	return true;
}

static bool date_parse(struct arena *a, struct span text, bool *has, int64_t *seconds)
{
	const char *date;

	*has = !is_dash(text);
	if (!*has)
		return true;
	date = text_of(a, text);
	return date && time_parse(date, seconds);
}

/* What is wrong with the row; NULL: nothing. */
static const char *row_parse(struct arena *a, struct span line, struct record *out)
{
	struct span columns[COLUMN_COUNT];
	struct anchor_limits *l = &out->stored.limits;

	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		if (line.len == 0)
			return "has too few columns";
		columns[i] = part_take(&line, "\t");
	}
	if (line.len)
		return "has too many columns";
	*out = (struct record){ .source = RECORD_PIN };
	if (!hex_parse(columns[COLUMN_SHA256], out->stored.sha256, 32))
		return "does not begin with a SHA-256";
	if (!sets_parse(a, columns[COLUMN_SETS], &out->stored.sets))
		return "names a set that does not exist";
	if (!flags_parse(columns[COLUMN_FLAGS], &out->stored))
		return "has a flag that is neither own nor public";
	if (!date_parse(a, columns[COLUMN_DISALLOWED], &l->has_disallowed, &l->disallowed) ||
	    !date_parse(a, columns[COLUMN_NOT_BEFORE], &l->has_not_before, &l->not_before))
		return "has a date that is none";
	out->stored.name = text_of(a, columns[COLUMN_NAME]);
	out->stored.origin = "pin";
	return out->stored.name ? NULL : "does not fit into memory";
}

static int record_order(const void *a, const void *b)
{
	const struct record *r = a, *s = b;

	return memcmp(r->stored.sha256, s->stored.sha256, 32);
}

static enum status rows_read(struct arena *a, struct span text, bool public_roots,
			     struct pins *pins, const char **problem)
{
	for (size_t number = 1; text.len; number++) {
		struct span line = part_take(&text, "\n");
		struct record *record = &pins->records[pins->n];
		const char *wrong;

		if (line.len == 0 || span_at(line, 0) == '#')
			continue;
		wrong = pins->n == PINS_MAX ? "is one too many" : row_parse(a, line, record);
		if (wrong) {
			*problem = arena_printf(a, "line %zu %s", number, wrong);
			return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
		}
		record->stored.public_root |= public_roots;
		pins->n++;
	}
	return STATUS_OK;
}

enum status pins_read(struct arena *a, struct span text, bool public_roots, struct pins *pins,
		      const char **problem)
{
	*problem = "out of memory";
	if (!pins->records)
		pins->records = ARENA_NEW(a, struct record, PINS_MAX + 1);
	if (!pins->records)
		return STATUS_NO_MEMORY;
	TRY(rows_read(a, text, public_roots, pins, problem));
	qsort(pins->records, pins->n, sizeof(*pins->records), record_order);
	for (size_t i = 1; i < pins->n; i++) {
		if (record_order(&pins->records[i - 1], &pins->records[i]) != 0)
			continue;
		*problem = arena_printf(a, "\"%s\" stands there twice",
					pins->records[i].stored.name);
		return STATUS_USAGE;
	}
	*problem = NULL;
	return STATUS_OK;
}

static const char *last_part(struct arena *a, const char *path)
{
	struct span name = SPAN_TEXT(path);
	uint64_t slash;

	while (span_find(name, SPAN_TEXT("/"), 0, &slash))
		name = span_after(name, slash + 1);
	return arena_printf(a, "pin, bytes from %.*s", (int)name.len, (const char *)name.ptr);
}

/* Are these bytes a pinned certificate whose bytes are not known yet? */
static enum status candidate_try(struct intake *in, struct span der, const char *name)
{
	struct pins *pins = in->context;
	struct record key = { 0 }, found, *pin;
	struct certificate c;

	TRY(key_of(der, key.stored.sha256));
	pin = bsearch(&key, pins->records, pins->n, sizeof(key), record_order);
	if (!pin || pin->stored.der.len)
		return STATUS_OK;
	if (certificate_read(der, &c, NULL) != STATUS_OK)
		return intake_refuse(
			in, STATUS_USAGE, name,
			"holds the pinned certificate \"%s\", which cannot be read",
			pin->stored.name);
	TRY(record_of(in->arena, c.der, &found));
	record_complete(pin, &found);
	pin->stored.origin = last_part(in->arena, name);
	pins->n_found++;
	return pin->stored.origin ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Certificates begin with two SEQUENCEs, the outer one with two octets of length. */
static enum status der_scan(struct intake *in, struct span bytes, const char *name)
{
	static const uint8_t begin[] = { 0x30, 0x82 };
	uint64_t at = 0;

	for (; span_find(bytes, SPAN_OF(begin), at, &at); at++) {
		struct cursor c = cursor_at(bytes, at + 2);
		uint64_t len = 4 + cursor_be(&c, 2);
		struct span der;

		if (cursor_u8(&c) != 0x30 || len > PINS_MAX_CERTIFICATE ||
		    !span_part(bytes, at, len, &der))
			continue;
		TRY(candidate_try(in, der, name));
	}
	return STATUS_OK;
}

static enum status pem_scan(struct intake *in, struct span text, const char *name)
{
	struct pem_block block;
	uint64_t at = 0;

	while (pem_next(text, &at, &block) == STATUS_OK) {
		struct span der;
		enum status status = pem_label_is(&block, "CERTIFICATE")
					     ? pem_decode(in->arena, block.body, &der)
					     : STATUS_MALFORMED;

		if (status == STATUS_NO_MEMORY)
			return status;
		if (status == STATUS_OK)
			TRY(candidate_try(in, der, name));
	}
	return STATUS_OK;
}

enum status pins_scan(struct intake *in, struct span bytes, const char *name)
{
	TRY(der_scan(in, bytes, name));
	return pem_scan(in, bytes, name);
}
