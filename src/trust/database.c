/* SPDX-License-Identifier: MIT */
/* Reads the format of database.h.  Nothing here allocates. */
#include "trust/database.h"

#include "base/search.h"
#include "trust/database_format.h"

/* Rows begin with their key. */
static const struct row_format formats[TABLE_COUNT] = {
	[TABLE_RECORDS] = {RECORD_BYTES,      32                },
	[TABLE_BY_SUBJECT] = { INDEX_BYTES,      32                },
	[TABLE_BY_KEY_ID] = { INDEX_BYTES,      32                },
	[TABLE_BY_KEY] = { INDEX_BYTES,      32                },
	[TABLE_DISTRUST] = { DISTRUST_BYTES,   DISTRUST_KEY_BYTES},
	[TABLE_CRLS] = { REVOCATION_BYTES, 32                },
	[TABLE_OCSPS] = { REVOCATION_BYTES, 32                },
	[TABLE_LISTS] = { LIST_BYTES,       0                 },
	[TABLE_HEAP] = { 1,                0                 },
};

struct row_format database_row_format(enum database_table t)
{
	return formats[t];
}

static struct span row_at(const struct database *d, enum database_table t, size_t i)
{
	struct span row;

	if (i >= d->tables[t].count ||
	    !span_part(d->tables[t].bytes, (uint64_t)i * formats[t].bytes, formats[t].bytes,
		       &row))
		return SPAN_NONE;
	return row;
}

static struct span row_key(const struct database *d, enum database_table t, size_t i)
{
	return span_clip(row_at(d, t, i), 0, formats[t].key);
}

/* The part of the heap that an {offset, length} pair names; the cursor fails if there is none.
 */
static struct span slice_read(const struct database *d, struct cursor *c)
{
	uint32_t off = cursor_u32le(c), len = cursor_u32le(c);
	struct span out;

	if (!span_part(d->tables[TABLE_HEAP].bytes, off, len, &out))
		c->failed = true;
	return out;
}

/* A text: its last octet is NUL. */
static const char *text_read(const struct database *d, struct cursor *c)
{
	const char *text = span_string(slice_read(d, c));

	if (!text)
		c->failed = true;
	return text ? text : "";
}

static void limits_read(const struct database *d, struct cursor *c, uint32_t flags,
			struct anchor_limits *out)
{
	out->own_root = flags & FLAG_OWN_ROOT;
	out->has_disallowed = flags & FLAG_DISALLOWED;
	out->disallowed_empty = flags & FLAG_DISALLOWED_EMPTY;
	out->has_not_before = flags & FLAG_NOT_BEFORE;
	out->not_before_empty = flags & FLAG_NOT_BEFORE_EMPTY;
	out->eku = slice_read(d, c);
	out->disallowed_eku = slice_read(d, c);
	out->not_before_eku = slice_read(d, c);
}

bool database_record(const struct database *d, size_t i, struct record *out)
{
	struct cursor c = cursor_at(row_at(d, TABLE_RECORDS, i), 0);
	uint32_t flags, source, item;

	*out = (struct record){ 0 };
	(void)span_copy(out->stored.sha256, 32, cursor_take(&c, 32));
	(void)span_copy(out->key_sha256, 32, cursor_take(&c, 32));
	out->stored.sets = cursor_u32le(&c);
	flags = cursor_u32le(&c);
	source = cursor_u32le(&c);
	item = cursor_u32le(&c);
	out->stored.limits.disallowed = (int64_t)cursor_u64le(&c);
	out->stored.limits.not_before = (int64_t)cursor_u64le(&c);
	out->valid_from = (int64_t)cursor_u64le(&c);
	out->valid_until = (int64_t)cursor_u64le(&c);
	out->stored.der = slice_read(d, &c);
	out->subject = slice_read(d, &c);
	out->key_id = slice_read(d, &c);
	out->stored.name = text_read(d, &c);
	out->stored.origin = text_read(d, &c);
	limits_read(d, &c, flags, &out->stored.limits);
	out->stored.public_root = flags & FLAG_PUBLIC_ROOT;
	if (!cursor_ok(&c) || source < RECORD_PIN || source > RECORD_ADDED ||
	    item >= TRUST_ITEMS || (out->stored.sets & ~(unsigned)TRUST_ALL_SETS))
		return false;
	out->stored.item = (enum trust_item)item;
	out->source = (enum record_source)source;
	return true;
}

size_t distrust_size(enum distrust_kind kind)
{
	switch (kind) {
	case DISTRUST_KEY_MD5: return 16;
	case DISTRUST_TBS_SHA384: return 48;
	case DISTRUST_CERT_SHA256:
	case DISTRUST_IMAGE_SHA256:
	case DISTRUST_TBS_SHA256: return 32;
	}
	return 0;
}

bool database_distrust(const struct database *d, size_t i, struct distrust *out)
{
	struct cursor c = cursor_at(row_at(d, TABLE_DISTRUST, i), 0);
	unsigned kind = cursor_u8(&c);
	struct span digest = cursor_take(&c, DATABASE_DIGEST_MAX);
	unsigned source = cursor_u8(&c);

	if (!cursor_ok(&c) || distrust_size((enum distrust_kind)kind) == 0 ||
	    source < RECORD_PIN || source > RECORD_ADDED)
		return false;
	/* What is shorter is looked for with zeros behind it. */
	if (!span_is_zero(span_after(digest, distrust_size((enum distrust_kind)kind))))
		return false;
	out->kind = (enum distrust_kind)kind;
	out->source = (enum record_source)source;
	out->digest = span_clip(digest, 0, distrust_size(out->kind));
	return true;
}

bool database_revocation(const struct database *d, enum database_table t, size_t i,
			 struct revocation *out)
{
	struct cursor c = cursor_at(row_at(d, t, i), 0);

	(void)span_copy(out->key, 32, cursor_take(&c, 32));
	out->this_update = (int64_t)cursor_u64le(&c);
	out->der = slice_read(d, &c);
	return cursor_ok(&c);
}

bool database_list(const struct database *d, size_t i, struct list_info *out)
{
	struct cursor c = cursor_at(row_at(d, TABLE_LISTS, i), 0);
	uint32_t kind = cursor_u32le(&c);

	cursor_skip(&c, 4);
	out->this_update = (int64_t)cursor_u64le(&c);
	(void)span_copy(out->sha256, 32, cursor_take(&c, 32));
	(void)span_copy(out->sequence, DATABASE_SEQUENCE_MAX,
			cursor_take(&c, DATABASE_SEQUENCE_MAX));
	out->name = text_read(d, &c);
	if (!cursor_ok(&c) || kind == LIST_NONE || kind >= LIST_KINDS)
		return false;
	out->kind = (enum list_kind)kind;
	return true;
}

struct key_search {
	const struct database *database;
	enum database_table table;
	struct span key;
	bool above;
};

static bool row_comes_before(const void *context, uint64_t row)
{
	const struct key_search *s = context;
	int order = span_compare(row_key(s->database, s->table, row), s->key);

	return order < 0 || (s->above && order == 0);
}

/* The first row whose key is not below @key (or, @above, the first above it). */
static size_t bound_find(const struct database *d, enum database_table t, struct span key,
			 bool above)
{
	const struct key_search search = { d, t, key, above };

	return search_first(d->tables[t].count, row_comes_before, &search);
}

size_t database_find(const struct database *d, enum database_table t, struct span key,
		     size_t *first)
{
	*first = bound_find(d, t, key, false);
	return bound_find(d, t, key, true) - *first;
}

bool database_indexed(const struct database *d, enum database_table t, size_t i,
		      struct record *out)
{
	struct cursor c = cursor_at(row_at(d, t, i), 32);
	uint32_t record = cursor_u32le(&c);

	return cursor_ok(&c) && database_record(d, record, out);
}

bool database_distrusts(const struct database *d, enum distrust_kind kind, struct span digest)
{
	uint8_t key[DISTRUST_KEY_BYTES] = { (uint8_t)kind };
	size_t first;

	if (digest.len == 0 || digest.len != distrust_size(kind))
		return false;
	(void)span_copy(&key[1], DATABASE_DIGEST_MAX, digest);
	return database_find(d, TABLE_DISTRUST, SPAN_OF(key), &first) > 0;
}

bool database_has_distrust(const struct database *d, enum distrust_kind kind)
{
	uint8_t key[DISTRUST_KEY_BYTES] = { (uint8_t)kind };
	size_t at = bound_find(d, TABLE_DISTRUST, SPAN_OF(key), false);
	struct distrust entry;

	return database_distrust(d, at, &entry) && entry.kind == kind;
}

static bool table_read(struct cursor *c, struct span file, enum database_table t,
		       struct table *out)
{
	uint64_t off = cursor_u64le(c), count = cursor_u64le(c);

	if (!cursor_ok(c) || count > (t == TABLE_HEAP ? DATABASE_MAX_BYTES : DATABASE_MAX_ROWS))
		return false;
	out->count = (size_t)count;
	return span_part(file, off, count * formats[t].bytes, &out->bytes);
}

static bool table_sorted(const struct database *d, enum database_table t)
{
	for (size_t i = 1; formats[t].key && i < d->tables[t].count; i++)
		if (span_compare(row_key(d, t, i - 1), row_key(d, t, i)) > 0)
			return false;
	return true;
}

/* Can each row be read?  Then no later reading of one fails. */
static bool rows_readable(const struct database *d)
{
	struct list_info list;
	struct record record;
	struct distrust entry;
	struct revocation r;

	for (size_t i = 0; i < database_count(d, TABLE_RECORDS); i++)
		if (!database_record(d, i, &record))
			return false;
	for (enum database_table t = TABLE_BY_SUBJECT; t <= TABLE_BY_KEY; t++)
		for (size_t i = 0; i < database_count(d, t); i++)
			if (!database_indexed(d, t, i, &record))
				return false;
	for (size_t i = 0; i < database_count(d, TABLE_DISTRUST); i++)
		if (!database_distrust(d, i, &entry))
			return false;
	for (enum database_table t = TABLE_CRLS; t <= TABLE_OCSPS; t++)
		for (size_t i = 0; i < database_count(d, t); i++)
			if (!database_revocation(d, t, i, &r))
				return false;
	for (size_t i = 0; i < database_count(d, TABLE_LISTS); i++)
		if (!database_list(d, i, &list))
			return false;
	return true;
}

static enum status checksum_check(struct span file, struct span expected, bool *good)
{
	struct span parts[] = { span_clip(file, 0, CHECKSUM_OFFSET),
				span_after(file, CHECKSUM_OFFSET + 32) };
	struct digest digest;

	TRY(digest_of(DIGEST_SHA256, parts, COUNT_OF(parts), &digest));
	*good = digest_equal(&digest, expected);
	return STATUS_OK;
}

static const char *tables_read(struct cursor *c, struct database *d)
{
	for (enum database_table t = TABLE_RECORDS; t < TABLE_COUNT; t++)
		if (!table_read(c, d->bytes, t, &d->tables[t]))
			return "a table of this trust database lies outside it; install or "
			       "import it again";
	for (enum database_table t = TABLE_RECORDS; t < TABLE_COUNT; t++)
		if (!table_sorted(d, t))
			return "a table of this trust database is not sorted; install or "
			       "import it again";
	if (!rows_readable(d))
		return "a row of this trust database makes no sense; install or import it "
		       "again";
	return NULL;
}

enum status database_open(struct span bytes, struct database *out, const char **problem)
{
	struct cursor c = cursor_at(bytes, 0);
	struct span magic = cursor_take(&c, MAGIC_BYTES), checksum;
	uint32_t version = cursor_u32le(&c), n_tables = cursor_u32le(&c);
	uint64_t size = cursor_u64le(&c);
	bool good = false;

	*out = (struct database){ .bytes = bytes };
	checksum = cursor_take(&c, 32);
	*problem = NULL;
	if (!span_starts(magic, DATABASE_MAGIC, MAGIC_BYTES))
		*problem = "this is not a trust database";
	else if (!cursor_ok(&c) || size > bytes.len)
		*problem = "this trust database is cut short; install or import it again";
	else if (version < DATABASE_OLDEST || version > DATABASE_VERSION ||
		 n_tables != TABLE_COUNT)
		*problem = "this trust database is of another version of assay; import it "
			   "again with this one";
	else if (size != bytes.len)
		*problem = "bytes stand behind this trust database; install or import it again";
	if (*problem)
		return STATUS_USAGE;
	TRY(checksum_check(bytes, checksum, &good));
	*problem = good ? tables_read(&c, out)
			: "this trust database is damaged (its checksum differs); install or "
			  "import it again";
	(void)span_copy(out->checksum, 32, checksum);
	return *problem ? STATUS_USAGE : STATUS_OK;
}
