/* SPDX-License-Identifier: MIT */
#include "store/baseline.h"

#include "base/cursor.h"
#include "base/memory.h"
#include "store/baseline_rows.h"

#define SHORT_TEXTS  11 /* in each record */
#define LONG_TEXTS   8  /* with BASELINE_HAS_MORE */
#define VOLUME_BYTES 32
#define HOLE_BYTES   24
#define FLAGS_BEFORE (BASELINE_HAS_GENERATION - 1U) /* version 2 */
#define FLAGS_KNOWN  (BASELINE_HAS_MORE * 2U - 1U)

struct baseline {
	struct span mapping;
	uint32_t version;
	struct sealed sealed;
	struct baseline_about about;
	uint64_t n, order_at;
};

/* A byte of a path in order: nothing comes before the end of a name. */
static int rank(struct span path, size_t i)
{
	uint8_t c = span_at(path, i);

	return i >= path.len ? -1 : c == '/' ? 0 : c;
}

int baseline_path_order(struct span a, struct span b)
{
	size_t i = 0;

	while (i < a.len && i < b.len && span_at(a, i) == span_at(b, i))
		i++;
	return rank(a, i) - rank(b, i);
}

static void text_put(struct buffer *out, struct span text)
{
	text = span_clip(text, 0, BASELINE_MAX_TEXT);
	buffer_u16le(out, (uint16_t)text.len);
	buffer_add(out, text);
}

static struct span text_take(struct cursor *c)
{
	return cursor_take(c, cursor_u16le(c));
}

void baseline_hole_put(struct buffer *holes, const struct baseline_hole *hole)
{
	buffer_u64le(holes, hole->off);
	buffer_u64le(holes, hole->len);
	buffer_u64le(holes, hole->sum);
}

size_t baseline_hole_count(const struct baseline_record *r)
{
	return (size_t)(r->holes.len / HOLE_BYTES);
}

struct baseline_hole baseline_hole_at(const struct baseline_record *r, size_t at)
{
	struct cursor c = cursor_at(r->holes, (uint64_t)at * HOLE_BYTES);

	return (struct baseline_hole){ .off = cursor_u64le(&c),
				       .len = cursor_u64le(&c),
				       .sum = cursor_u64le(&c) };
}

/* In order, none empty, none in another, all in the file. */
static bool holes_good(const struct baseline_record *r)
{
	size_t n = baseline_hole_count(r);
	uint64_t end = 0;

	if (r->holes.len % HOLE_BYTES != 0 || n > BASELINE_MAX_HOLES ||
	    (n > 0 && (r->flags & BASELINE_HAS_HOLES) == 0))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct baseline_hole hole = baseline_hole_at(r, i);

		if (hole.len == 0 || hole.off < end || hole.off > r->size ||
		    hole.len > r->size - hole.off)
			return false;
		end = hole.off + hole.len;
	}
	return true;
}

/* What came with version 3. */
static void more_put(struct buffer *out, const struct baseline_record *r)
{
	const struct span texts[LONG_TEXTS] = { r->findings, r->version, r->holes,
						r->engine,   r->policy,  r->trust_store,
						r->ima,      r->label };

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		text_put(out, texts[i]);
}

static uint64_t more_len(const struct baseline_record *r)
{
	return r->findings.len + r->version.len + r->holes.len + r->engine.len + r->policy.len +
	       r->trust_store.len + r->ima.len + r->label.len;
}

static bool more_take(struct cursor *c, struct baseline_record *out)
{
	struct span *texts[LONG_TEXTS] = { &out->findings, &out->version, &out->holes,
					   &out->engine,   &out->policy,  &out->trust_store,
					   &out->ima,      &out->label };

	if (out->flags & BASELINE_HAS_GENERATION)
		out->generation = cursor_u32le(c);
	if ((out->flags & BASELINE_HAS_MORE) == 0)
		return true;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		*texts[i] = text_take(c);
	/* Whoever has nothing more to say does not say so. */
	return more_len(out) > 0 && holes_good(out) &&
	       out->findings.len <= BASELINE_MAX_FINDINGS;
}

void baseline_record_encode(struct buffer *out, const struct baseline_record *r)
{
	unsigned more = more_len(r) > 0 ? BASELINE_HAS_MORE : 0;
	const struct span texts[SHORT_TEXTS] = { r->path,        r->link,   r->capability,
						 r->acl,         r->format, r->rule,
						 r->reason,      r->signer, r->signer_spki,
						 r->anchor_spki, r->covered };
	const uint64_t words[] = { r->dev,
				   r->ino,
				   r->size,
				   r->rdev,
				   (uint64_t)r->mtime_ns,
				   (uint64_t)r->ctime_ns,
				   (uint64_t)r->btime_ns,
				   (uint64_t)r->read_at_ns,
				   (uint64_t)r->signed_at };
	const uint32_t halves[] = { (r->flags & ~(unsigned)BASELINE_HAS_MORE) | more, r->mode,
				    r->uid, r->gid, r->nlink };
	const unsigned axes[] = { r->verdict, r->presence, r->binding, r->signature, r->trust };

	for (size_t i = 0; i < COUNT_OF(words); i++)
		buffer_u64le(out, words[i]);
	for (size_t i = 0; i < COUNT_OF(halves); i++)
		buffer_u32le(out, halves[i]);
	for (size_t i = 0; i < COUNT_OF(axes); i++)
		buffer_char(out, (char)axes[i]);
	if (r->flags & BASELINE_HAS_XATTRS)
		buffer_add(out, SPAN_OF(r->xattrs));
	if (r->flags & BASELINE_HAS_SHA256)
		buffer_add(out, SPAN_OF(r->sha256));
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		text_put(out, texts[i]);
	if (r->flags & BASELINE_HAS_GENERATION)
		buffer_u32le(out, r->generation);
	if (more)
		more_put(out, r);
}

static bool axes_take(struct cursor *c, struct baseline_record *out)
{
	unsigned verdict = cursor_u8(c), presence = cursor_u8(c), binding = cursor_u8(c),
		 signature = cursor_u8(c), trust = cursor_u8(c);

	if (verdict > ASSAY_VERDICT_ERROR || presence > ASSAY_PRESENCE_CONTAINER ||
	    binding > ASSAY_BINDING_PARTIAL || signature > ASSAY_SIGNATURE_UNSUPPORTED ||
	    trust > ASSAY_TRUST_ANCHORED)
		return false;
	out->verdict = (enum assay_verdict)verdict;
	out->presence = (enum assay_presence)presence;
	out->binding = (enum assay_binding)binding;
	out->signature = (enum assay_signature)signature;
	out->trust = (enum assay_trust)trust;
	return true;
}

enum status baseline_record_decode(struct span bytes, uint32_t version,
				   struct baseline_record *out)
{
	struct span *texts[SHORT_TEXTS] = { &out->path,        &out->link,   &out->capability,
					    &out->acl,         &out->format, &out->rule,
					    &out->reason,      &out->signer, &out->signer_spki,
					    &out->anchor_spki, &out->covered };
	uint64_t *const words[] = { &out->dev, &out->ino, &out->size, &out->rdev };
	int64_t *const times[] = { &out->mtime_ns, &out->ctime_ns, &out->btime_ns,
				   &out->read_at_ns, &out->signed_at };
	uint32_t *const halves[] = { &out->flags, &out->mode, &out->uid, &out->gid,
				     &out->nlink };
	struct cursor c = cursor_at(bytes, 0);
	uint64_t end;

	*out = (struct baseline_record){ 0 };
	for (size_t i = 0; i < COUNT_OF(words); i++)
		*words[i] = cursor_u64le(&c);
	for (size_t i = 0; i < COUNT_OF(times); i++)
		*times[i] = (int64_t)cursor_u64le(&c);
	for (size_t i = 0; i < COUNT_OF(halves); i++)
		*halves[i] = cursor_u32le(&c);
	if (!axes_take(&c, out) ||
	    (out->flags & ~(version < 3 ? FLAGS_BEFORE : FLAGS_KNOWN)) != 0)
		return STATUS_MALFORMED;
	if (out->flags & BASELINE_HAS_XATTRS)
		(void)span_copy(out->xattrs, sizeof(out->xattrs), cursor_take(&c, 32));
	if (out->flags & BASELINE_HAS_SHA256)
		(void)span_copy(out->sha256, sizeof(out->sha256), cursor_take(&c, 32));
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		*texts[i] = text_take(&c);
	if (!more_take(&c, out) || !cursor_ok(&c) || cursor_left(&c) != 0 ||
	    span_at(out->path, 0) != '/' || span_find(out->path, SPAN_LITERAL("\0"), 0, &end))
		return STATUS_MALFORMED;
	return STATUS_OK;
}

static void volumes_put(struct buffer *out, const struct baseline_volume *volumes, size_t n)
{
	buffer_u16le(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		buffer_u64le(out, volumes[i].dev);
		buffer_u64le(out, volumes[i].id);
		buffer_add(out, SPAN_OF(volumes[i].uuid));
	}
}

static void list_put(struct buffer *out, const char *const *texts, size_t n)
{
	buffer_u16le(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		text_put(out, SPAN_TEXT(texts[i]));
}

void baseline_about_encode(struct buffer *out, const struct baseline_about *about)
{
	buffer_u64le(out, (uint64_t)about->began);
	buffer_u64le(out, (uint64_t)about->ended);
	buffer_u64le(out, about->counter);
	buffer_add(out, SPAN_OF(about->previous));
	buffer_add(out, SPAN_OF(about->policy));
	buffer_add(out, SPAN_OF(about->trust));
	buffer_char(out, (char)((about->all_files ? 1 : 0) | (about->one_file_system ? 2 : 0) |
				(about->plain ? 4 : 0)));
	text_put(out, SPAN_TEXT(about->engine));
	text_put(out, SPAN_TEXT(about->host));
	text_put(out, SPAN_TEXT(about->reason));
	list_put(out, about->scopes, about->n_scopes);
	list_put(out, about->exclude, about->n_exclude);
	list_put(out, about->packages, about->n_packages);
	volumes_put(out, about->volumes, about->n_volumes);
}

/* NULL: no memory, or no text. */
static const char *string_take(struct arena *a, struct cursor *c)
{
	struct span text = text_take(c);
	uint64_t at;

	return span_find_byte(text, 0, 0, &at) ? NULL : arena_string(a, text);
}

static bool list_take(struct arena *a, struct cursor *c, size_t max, const char ***out,
		      size_t *n)
{
	*n = cursor_u16le(c);
	if (*n > max)
		return false;
	*out = ARENA_NEW(a, const char *, *n + 1);
	for (size_t i = 0; *out && i < *n; i++) {
		(*out)[i] = string_take(a, c);
		if (!(*out)[i])
			return false;
	}
	return *out != NULL;
}

static enum status volumes_take(struct arena *a, struct cursor *c, struct baseline_about *out)
{
	size_t n = cursor_u16le(c);
	struct baseline_volume *volumes;

	if (n > BASELINE_MAX_VOLUMES || n * VOLUME_BYTES > cursor_left(c))
		return STATUS_MALFORMED;
	volumes = ARENA_NEW(a, struct baseline_volume, n + 1);
	if (!volumes)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		volumes[i].dev = cursor_u64le(c);
		volumes[i].id = cursor_u64le(c);
		(void)span_copy(volumes[i].uuid, sizeof(volumes[i].uuid), cursor_take(c, 16));
		for (size_t k = 0; k < i; k++)
			if (volumes[k].dev == volumes[i].dev)
				return STATUS_MALFORMED;
	}
	out->volumes = volumes;
	out->n_volumes = n;
	return STATUS_OK;
}

enum status baseline_about_decode(struct arena *a, struct span bytes, uint32_t version,
				  struct baseline_about *out)
{
	struct cursor c = cursor_at(bytes, 0);
	unsigned how;

	out->began = (int64_t)cursor_u64le(&c);
	out->ended = (int64_t)cursor_u64le(&c);
	out->counter = cursor_u64le(&c);
	(void)span_copy(out->previous, sizeof(out->previous), cursor_take(&c, 32));
	(void)span_copy(out->policy, sizeof(out->policy), cursor_take(&c, 32));
	(void)span_copy(out->trust, sizeof(out->trust), cursor_take(&c, 32));
	how = cursor_u8(&c);
	out->all_files = (how & 1) != 0;
	out->one_file_system = (how & 2) != 0;
	out->plain = (how & 4) != 0;
	out->engine = string_take(a, &c);
	out->host = string_take(a, &c);
	out->reason = string_take(a, &c);
	if (!out->engine || !out->host || !out->reason ||
	    !list_take(a, &c, BASELINE_MAX_SCOPES, &out->scopes, &out->n_scopes) ||
	    !list_take(a, &c, BASELINE_MAX_SCOPES, &out->exclude, &out->n_exclude) ||
	    !list_take(a, &c, BASELINE_MAX_PACKAGES, &out->packages, &out->n_packages))
		return STATUS_MALFORMED;
	if (version >= 3)
		TRY(volumes_take(a, &c, out));
	return cursor_ok(&c) && cursor_left(&c) == 0 && out->counter <= INT64_MAX
		       ? STATUS_OK
		       : STATUS_MALFORMED;
}

/* What stands at @at behind its length. */
static enum status blob_take(const struct sealed *s, uint64_t at, size_t max, struct span *out)
{
	struct span head;
	struct cursor c;
	uint32_t len;

	if (!sealed_part(s, at, 4, &head))
		return STATUS_MALFORMED;
	c = cursor_at(head, 0);
	len = cursor_u32le(&c);
	return len <= max && sealed_part(s, at + 4, len, out) ? STATUS_OK : STATUS_MALFORMED;
}

static enum status baseline_unseal(struct baseline *b, const char **problem)
{
	struct cursor c = cursor_at(b->mapping, SEALED_MAGIC);
	enum status status;

	b->version = cursor_u32le(&c);
	if (b->version < BASELINE_OLDEST || b->version > BASELINE_VERSION)
		b->version = BASELINE_VERSION;
	status = sealed_open(b->mapping, BASELINE_MAGIC, b->version, &b->sealed, problem);
	if (status == STATUS_UNSUPPORTED)
		*problem =
			"another version of assay wrote this baseline; look at all files and "
			"say assay fim init";
	return status;
}

static enum status baseline_read(struct arena *a, struct baseline *b, const char **problem)
{
	const uint64_t *numbers = b->sealed.numbers;
	struct span about;

	TRY(baseline_unseal(b, problem));
	*problem = "this baseline is damaged";
	b->n = numbers[BASELINE_RECORDS];
	b->order_at = numbers[BASELINE_ORDER_AT];
	if (b->n > BASELINE_MAX_RECORDS || b->order_at > b->sealed.body.len ||
	    b->n * BASELINE_PLACE != b->sealed.body.len - b->order_at)
		return STATUS_MALFORMED;
	TRY(blob_take(&b->sealed, numbers[BASELINE_ABOUT_AT], BASELINE_MAX_ABOUT, &about));
	return baseline_about_decode(a, about, b->version, &b->about);
}

enum status baseline_open(struct arena *a, const char *path, struct baseline **out,
			  const char **problem)
{
	struct baseline *b = (struct baseline *)memory_new(1, sizeof(*b));
	enum status status;

	*out = NULL;
	*problem = NULL;
	if (!b)
		return STATUS_NO_MEMORY;
	status = file_map(path, BASELINE_MAX_BYTES, &b->mapping);
	if (status != STATUS_OK) {
		memory_free(b);
		return status;
	}
	if (!file_is_own(path)) {
		*problem = "others may write this baseline";
		status = STATUS_USAGE;
	}
	if (status == STATUS_OK)
		status = baseline_read(a, b, problem);
	if (status != STATUS_OK) {
		baseline_close(b);
		return status;
	}
	*problem = NULL;
	*out = b;
	return STATUS_OK;
}

void baseline_close(struct baseline *b)
{
	if (!b)
		return;
	sealed_close(&b->sealed);
	file_unmap(b->mapping);
	memory_free(b);
}

const struct baseline_about *baseline_about(const struct baseline *b)
{
	return &b->about;
}

uint64_t baseline_count(const struct baseline *b)
{
	return b->n;
}

struct span baseline_root(const struct baseline *b)
{
	return SPAN_OF(b->sealed.root);
}

static enum status record_take(const struct baseline *b, uint64_t at,
			       struct baseline_record *out)
{
	struct span place, bytes;
	struct cursor c;

	if (at >= b->n ||
	    !sealed_part(&b->sealed, b->order_at + at * BASELINE_PLACE, BASELINE_PLACE, &place))
		return STATUS_MALFORMED;
	c = cursor_at(place, 0);
	TRY(blob_take(&b->sealed, cursor_u64le(&c), BASELINE_MAX_RECORD, &bytes));
	return baseline_record_decode(bytes, b->version, out);
}

enum status baseline_record_at(const struct baseline *b, uint64_t at,
			       struct baseline_record *out)
{
	struct baseline_record before;

	TRY(record_take(b, at, out));
	if (at == 0)
		return STATUS_OK;
	TRY(record_take(b, at - 1, &before));
	return baseline_path_order(before.path, out->path) < 0 ? STATUS_OK : STATUS_MALFORMED;
}

enum status baseline_find(const struct baseline *b, struct span path,
			  struct baseline_record *out)
{
	uint64_t low = 0, high = b->n;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		int order;

		TRY(record_take(b, middle, out));
		order = baseline_path_order(path, out->path);
		if (order == 0)
			return STATUS_OK;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*out = (struct baseline_record){ 0 };
	return STATUS_NOT_MINE;
}
