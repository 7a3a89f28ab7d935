/* SPDX-License-Identifier: MIT */
/*
 * Wire: a report as octets, between worker and supervisor and in the cache.
 *
 * A fixed order of fields, little-endian, each list and each text behind its
 * length; texts end with NUL, so that a decoded report points into its input.
 * The worker that wrote it has parsed hostile files and may be theirs by now:
 * each length, count, enum and text is checked, and nothing else is promised.
 *
 * Lists and texts above the limits of report.h are cut by wire_encode(), texts
 * at a character; findings that are cut are counted as dropped.
 */
#include "base/cursor.h"
#include "evidence/evidence.h"

#define WIRE_MAGIC   0x70655261U /* "aRep" */
#define WIRE_VERSION 4
#define WIRE_NULL    UINT32_MAX

/* Octets that one item of a list has at least. */
#define LEAST_ITEM  1
#define LEAST_RANGE 16

static size_t at_most(size_t n, size_t limit)
{
	return n < limit ? n : limit;
}

/* ---- encoding ---- */

static void put_bool(struct buffer *b, bool v)
{
	buffer_char(b, v ? 1 : 0);
}

static void put_enum(struct buffer *b, unsigned v)
{
	buffer_char(b, (char)v);
}

static void put_count(struct buffer *b, size_t n)
{
	buffer_u32le(b, (uint32_t)n);
}

static void put_time(struct buffer *b, int64_t v)
{
	buffer_u64le(b, (uint64_t)v);
}

static void put_range(struct buffer *b, struct range r)
{
	buffer_u64le(b, r.off);
	buffer_u64le(b, r.len);
}

static void put_span(struct buffer *b, struct span s)
{
	s = span_clip(s, 0, REPORT_MAX_TEXT);
	put_count(b, s.len);
	buffer_add(b, s);
}

/* The longest beginning of @s, at most REPORT_MAX_TEXT octets, that ends with a character. */
static struct span clip_text(struct span s)
{
	size_t len = REPORT_MAX_TEXT;

	if (s.len <= REPORT_MAX_TEXT)
		return s;
	while (len > 0 && (span_at(s, len) & 0xc0) == 0x80)
		len--;
	return span_clip(s, 0, len);
}

static void put_text(struct buffer *b, const char *text)
{
	struct span s;

	if (!text) {
		buffer_u32le(b, WIRE_NULL);
		return;
	}
	s = clip_text(SPAN_TEXT(text));
	put_count(b, s.len);
	buffer_add(b, s);
	buffer_char(b, '\0');
}

/* A text that is always there. */
static void put_word(struct buffer *b, const char *text)
{
	put_text(b, text ? text : "");
}

/* An index into a list of @n, or -1. */
static void put_index(struct buffer *b, int i, size_t n)
{
	put_count(b, i < 0 || (size_t)i >= n ? 0 : (size_t)i + 1);
}

static void put_ranges(struct buffer *b, const struct range *ranges, size_t n)
{
	n = at_most(n, REPORT_MAX_RANGES);
	put_count(b, n);
	for (size_t i = 0; i < n; i++)
		put_range(b, ranges[i]);
}

static void put_certificate(struct buffer *b, const struct report_certificate *c)
{
	put_word(b, c->subject);
	put_word(b, c->issuer);
	put_span(b, c->serial);
	buffer_add(b, SPAN_OF(c->sha256));
	put_time(b, c->not_before);
	put_time(b, c->not_after);
	put_bool(b, c->anchor);
	put_range(b, c->where);
}

static void put_timestamp(struct buffer *b, const struct report_timestamp *t)
{
	put_word(b, t->kind);
	put_time(b, t->time);
	put_bool(b, t->has_time);
	put_bool(b, t->good);
	put_bool(b, t->trusted);
	put_bool(b, t->counts);
	put_text(b, t->signer);
	put_text(b, t->problem);
	put_range(b, t->where);
}

static void put_lists(struct buffer *b, const struct report_signature *s)
{
	size_t n_chain = at_most(s->n_chain, REPORT_MAX_CHAIN);
	size_t n_timestamps = at_most(s->n_timestamps, REPORT_MAX_TIMESTAMPS);

	put_ranges(b, s->covered, s->n_covered);
	buffer_u64le(b, s->zero_pad);
	put_count(b, n_chain);
	for (size_t i = 0; i < n_chain; i++)
		put_certificate(b, &s->chain[i]);
	put_count(b, n_timestamps);
	for (size_t i = 0; i < n_timestamps; i++)
		put_timestamp(b, &s->timestamps[i]);
	buffer_u64le(b, s->n_pages);
	buffer_u64le(b, s->n_bad_pages);
	put_ranges(b, s->bad_pages, s->n_bad_pages_kept);
}

static void put_reproduction(struct buffer *b, const struct report_signature *s)
{
	put_range(b, s->content);
	put_range(b, s->signed_attrs);
	put_range(b, s->signature_value);
	put_range(b, s->certificate);
	put_text(b, s->cms_digest);
	put_text(b, s->key_type);
	put_text(b, s->pss_mgf1);
	buffer_u64le(b, s->pss_salt_len);
}

static void put_signature(struct buffer *b, const struct report_signature *s)
{
	put_word(b, s->scheme);
	buffer_u32le(b, s->entry);
	buffer_u32le(b, s->depth);
	put_enum(b, s->verdict);
	put_word(b, s->rule);
	put_enum(b, s->presence);
	put_enum(b, s->binding);
	put_enum(b, s->signature);
	put_enum(b, s->trust);
	put_text(b, s->trust_reason);
	put_text(b, s->problem);
	put_text(b, s->claimed_signer);
	put_text(b, s->signer);
	put_text(b, s->anchor);
	put_bool(b, s->has_signed_at);
	put_time(b, s->signed_at);
	put_bool(b, s->has_claimed_time);
	put_time(b, s->claimed_time);
	put_text(b, s->program_name);
	put_text(b, s->more_info);
	put_text(b, s->statement);
	put_range(b, s->where);
	put_text(b, s->digest_algorithm);
	put_span(b, s->digest_signed);
	put_span(b, s->digest_computed);
	put_lists(b, s);
	put_reproduction(b, s);
}

static void put_finding(struct buffer *b, const struct report_finding *f, size_t n_signatures)
{
	put_word(b, f->id);
	put_enum(b, f->severity);
	put_range(b, f->where);
	put_word(b, f->reference);
	put_word(b, f->message);
	put_text(b, f->expected);
	put_text(b, f->observed);
	put_index(b, f->signature, n_signatures);
}

static void put_file(struct buffer *b, const struct report *r, size_t n_signatures)
{
	buffer_u64le(b, r->size);
	put_bool(b, r->has_sha256);
	buffer_add(b, SPAN_OF(r->sha256));
	put_text(b, r->format);
	put_text(b, r->variant);
	put_enum(b, r->verdict);
	put_word(b, r->rule);
	put_enum(b, r->masquerade);
	put_index(b, r->decisive, n_signatures);
	put_text(b, r->removed_signer);
	put_bool(b, r->complete);
	put_text(b, r->engine);
	put_text(b, r->policy);
	put_text(b, r->trust_store);
	put_time(b, r->holds_from);
	put_time(b, r->holds_until);
}

void wire_encode(struct buffer *out, const struct report *r)
{
	size_t n_signatures = at_most(r->n_signatures, REPORT_MAX_SIGNATURES);
	size_t n_findings = at_most(r->n_findings, REPORT_MAX_FINDINGS);
	size_t n_regions = at_most(r->n_regions, REPORT_MAX_REGIONS);
	size_t n_errors = at_most(r->n_errors, REPORT_MAX_ERRORS);

	buffer_u32le(out, WIRE_MAGIC);
	buffer_u16le(out, WIRE_VERSION);
	put_count(out, n_signatures);
	put_file(out, r, n_signatures);
	for (size_t i = 0; i < n_signatures; i++)
		put_signature(out, &r->signatures[i]);
	put_count(out, n_findings);
	for (size_t i = 0; i < n_findings; i++)
		put_finding(out, &r->findings[i], n_signatures);
	buffer_u64le(out, r->n_findings_dropped + (r->n_findings - n_findings));
	put_count(out, n_regions);
	for (size_t i = 0; i < n_regions; i++) {
		put_word(out, r->regions[i].name);
		put_word(out, r->regions[i].kind);
		put_range(out, r->regions[i].where);
	}
	put_count(out, n_errors);
	for (size_t i = 0; i < n_errors; i++)
		put_word(out, r->errors[i]);
}

/* ---- decoding ---- */

/* What is read from, and where lists go. */
struct reader {
	struct cursor c;
	struct arena *arena;
	bool no_memory;
};

static bool take_bool(struct reader *in)
{
	uint8_t v = cursor_u8(&in->c);

	if (v > 1)
		cursor_fail(&in->c);
	return v == 1;
}

static unsigned take_enum(struct reader *in, unsigned last)
{
	uint8_t v = cursor_u8(&in->c);

	if (v <= last)
		return v;
	cursor_fail(&in->c);
	return 0;
}

/* How many items follow: at most @limit, each of @least octets or more. */
static size_t take_count(struct reader *in, size_t limit, size_t least)
{
	uint32_t n = cursor_u32le(&in->c);

	if (n <= limit && n <= cursor_left(&in->c) / least)
		return n;
	cursor_fail(&in->c);
	return 0;
}

static int take_index(struct reader *in, size_t n)
{
	uint32_t i = cursor_u32le(&in->c);

	if (i <= n)
		return (int)i - 1;
	cursor_fail(&in->c);
	return -1;
}

static int64_t take_time(struct reader *in)
{
	return (int64_t)cursor_u64le(&in->c);
}

static struct range take_range(struct reader *in)
{
	struct range r = { .off = cursor_u64le(&in->c) };

	r.len = cursor_u64le(&in->c);
	return r;
}

static struct span take_span(struct reader *in)
{
	return cursor_take(&in->c, take_count(in, REPORT_MAX_TEXT, 1));
}

/* NULL: none, or the reader failed. */
static const char *take_text(struct reader *in)
{
	uint32_t len = cursor_u32le(&in->c);
	const char *text;

	if (len == WIRE_NULL)
		return NULL;
	text = len > REPORT_MAX_TEXT ? NULL
				     : span_string(cursor_take(&in->c, (uint64_t)len + 1));
	if (!text)
		cursor_fail(&in->c);
	return text;
}

static const char *take_word(struct reader *in)
{
	const char *text = take_text(in);

	if (text)
		return text;
	cursor_fail(&in->c);
	return "";
}

static void take_sha256(struct reader *in, uint8_t out[32])
{
	(void)span_copy(out, 32, cursor_take(&in->c, 32));
}

/* Room for a list of @n; NULL, and the reader failed, when there is none. */
static void *take_room(struct reader *in, size_t n, size_t size)
{
	void *room = n ? arena_alloc(in->arena, n, size) : NULL;

	if (n && !room) {
		in->no_memory = true;
		cursor_fail(&in->c);
	}
	return room;
}

static const struct range *take_ranges(struct reader *in, size_t *n)
{
	size_t count = take_count(in, REPORT_MAX_RANGES, LEAST_RANGE);
	struct range *list = (struct range *)take_room(in, count, sizeof(*list));

	*n = list ? count : 0;
	for (size_t i = 0; i < *n; i++)
		list[i] = take_range(in);
	return list;
}

static void take_certificate(struct reader *in, struct report_certificate *c)
{
	c->subject = take_word(in);
	c->issuer = take_word(in);
	c->serial = take_span(in);
	take_sha256(in, c->sha256);
	c->not_before = take_time(in);
	c->not_after = take_time(in);
	c->anchor = take_bool(in);
	c->where = take_range(in);
}

static const struct report_certificate *take_chain(struct reader *in, size_t *n)
{
	size_t count = take_count(in, REPORT_MAX_CHAIN, LEAST_ITEM);
	struct report_certificate *list =
		(struct report_certificate *)take_room(in, count, sizeof(*list));

	*n = list ? count : 0;
	for (size_t i = 0; i < *n && cursor_ok(&in->c); i++)
		take_certificate(in, &list[i]);
	return list;
}

static void take_timestamp(struct reader *in, struct report_timestamp *t)
{
	t->kind = take_word(in);
	t->time = take_time(in);
	t->has_time = take_bool(in);
	t->good = take_bool(in);
	t->trusted = take_bool(in);
	t->counts = take_bool(in);
	t->signer = take_text(in);
	t->problem = take_text(in);
	t->where = take_range(in);
}

static const struct report_timestamp *take_timestamps(struct reader *in, size_t *n)
{
	size_t count = take_count(in, REPORT_MAX_TIMESTAMPS, LEAST_ITEM);
	struct report_timestamp *list =
		(struct report_timestamp *)take_room(in, count, sizeof(*list));

	*n = list ? count : 0;
	for (size_t i = 0; i < *n && cursor_ok(&in->c); i++)
		take_timestamp(in, &list[i]);
	return list;
}

static void take_lists(struct reader *in, struct report_signature *s)
{
	s->covered = take_ranges(in, &s->n_covered);
	s->zero_pad = cursor_u64le(&in->c);
	s->chain = take_chain(in, &s->n_chain);
	s->timestamps = take_timestamps(in, &s->n_timestamps);
	s->n_pages = cursor_u64le(&in->c);
	s->n_bad_pages = cursor_u64le(&in->c);
	s->bad_pages = take_ranges(in, &s->n_bad_pages_kept);
}

static void take_reproduction(struct reader *in, struct report_signature *s)
{
	s->content = take_range(in);
	s->signed_attrs = take_range(in);
	s->signature_value = take_range(in);
	s->certificate = take_range(in);
	s->cms_digest = take_text(in);
	s->key_type = take_text(in);
	s->pss_mgf1 = take_text(in);
	s->pss_salt_len = cursor_u64le(&in->c);
}

static void take_signature(struct reader *in, struct report_signature *s)
{
	s->scheme = take_word(in);
	s->entry = cursor_u32le(&in->c);
	s->depth = cursor_u32le(&in->c);
	s->verdict = (enum assay_verdict)take_enum(in, ASSAY_VERDICT_ERROR);
	s->rule = take_word(in);
	s->presence = (enum assay_presence)take_enum(in, ASSAY_PRESENCE_CONTAINER);
	s->binding = (enum assay_binding)take_enum(in, ASSAY_BINDING_PARTIAL);
	s->signature = (enum assay_signature)take_enum(in, ASSAY_SIGNATURE_UNSUPPORTED);
	s->trust = (enum assay_trust)take_enum(in, ASSAY_TRUST_ANCHORED);
	s->trust_reason = take_text(in);
	s->problem = take_text(in);
	s->claimed_signer = take_text(in);
	s->signer = take_text(in);
	s->anchor = take_text(in);
	s->has_signed_at = take_bool(in);
	s->signed_at = take_time(in);
	s->has_claimed_time = take_bool(in);
	s->claimed_time = take_time(in);
	s->program_name = take_text(in);
	s->more_info = take_text(in);
	s->statement = take_text(in);
	s->where = take_range(in);
	s->digest_algorithm = take_text(in);
	s->digest_signed = take_span(in);
	s->digest_computed = take_span(in);
	take_lists(in, s);
	take_reproduction(in, s);
}

static void take_signatures(struct reader *in, size_t n, struct report *out)
{
	struct report_signature *list =
		(struct report_signature *)take_room(in, n, sizeof(*list));

	out->signatures = list;
	out->n_signatures = list ? n : 0;
	for (size_t i = 0; i < out->n_signatures && cursor_ok(&in->c); i++)
		take_signature(in, &list[i]);
}

static void take_findings(struct reader *in, struct report *out)
{
	size_t n = take_count(in, REPORT_MAX_FINDINGS, LEAST_ITEM);
	struct report_finding *list = (struct report_finding *)take_room(in, n, sizeof(*list));

	out->findings = list;
	out->n_findings = list ? n : 0;
	for (size_t i = 0; i < out->n_findings && cursor_ok(&in->c); i++) {
		list[i].id = take_word(in);
		list[i].severity = (enum assay_severity)take_enum(in, ASSAY_SEVERITY_HIGH);
		list[i].where = take_range(in);
		list[i].reference = take_word(in);
		list[i].message = take_word(in);
		list[i].expected = take_text(in);
		list[i].observed = take_text(in);
		list[i].signature = take_index(in, out->n_signatures);
	}
	out->n_findings_dropped = cursor_u64le(&in->c);
}

static void take_regions(struct reader *in, struct report *out)
{
	size_t n = take_count(in, REPORT_MAX_REGIONS, LEAST_ITEM);
	struct report_region *list = (struct report_region *)take_room(in, n, sizeof(*list));

	out->regions = list;
	out->n_regions = list ? n : 0;
	for (size_t i = 0; i < out->n_regions && cursor_ok(&in->c); i++) {
		list[i].name = take_word(in);
		list[i].kind = take_word(in);
		list[i].where = take_range(in);
	}
}

static void take_errors(struct reader *in, struct report *out)
{
	size_t n = take_count(in, REPORT_MAX_ERRORS, LEAST_ITEM);
	const char **list = (const char **)take_room(in, n, sizeof(*list));

	out->errors = list;
	out->n_errors = list ? n : 0;
	for (size_t i = 0; i < out->n_errors; i++)
		list[i] = take_word(in);
}

static void take_file(struct reader *in, size_t n_signatures, struct report *out)
{
	out->size = cursor_u64le(&in->c);
	out->has_sha256 = take_bool(in);
	take_sha256(in, out->sha256);
	out->format = take_text(in);
	out->variant = take_text(in);
	out->verdict = (enum assay_verdict)take_enum(in, ASSAY_VERDICT_ERROR);
	out->rule = take_word(in);
	out->masquerade = (enum assay_masquerade)take_enum(in, ASSAY_MASQUERADE_YES);
	out->decisive = take_index(in, n_signatures);
	out->removed_signer = take_text(in);
	out->complete = take_bool(in);
	out->engine = take_text(in);
	out->policy = take_text(in);
	out->trust_store = take_text(in);
	out->holds_from = take_time(in);
	out->holds_until = take_time(in);
}

enum status wire_decode(struct arena *a, struct span encoded, struct report *out)
{
	struct reader in = { .c = cursor_at(encoded, 0), .arena = a };
	size_t n_signatures;

	*out = (struct report){ .decisive = -1 };
	if (cursor_u32le(&in.c) != WIRE_MAGIC)
		return STATUS_MALFORMED;
	if (cursor_u16le(&in.c) != WIRE_VERSION)
		return STATUS_UNSUPPORTED;
	n_signatures = take_count(&in, REPORT_MAX_SIGNATURES, LEAST_ITEM);
	take_file(&in, n_signatures, out);
	take_signatures(&in, n_signatures, out);
	take_findings(&in, out);
	take_regions(&in, out);
	take_errors(&in, out);
	if (cursor_ok(&in.c) && cursor_left(&in.c) == 0)
		return STATUS_OK;
	*out = (struct report){ .decisive = -1 };
	return in.no_memory ? STATUS_NO_MEMORY : STATUS_MALFORMED;
}
