/* SPDX-License-Identifier: MIT */
/* Octets -> report: whatever comes in is refused or harmless. */
#include "base/cursor.h"
#include "evidence/wire.h"

/* Octets that one item of a list has at least. */
#define LEAST_ITEM  1
#define LEAST_RANGE 16

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

static int take_number(struct reader *in)
{
	return (int)cursor_u32le(&in->c);
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
	s->covers_more = take_bool(in);
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

static void take_donor_sections(struct reader *in, struct report_donor *d)
{
	size_t n = take_count(in, REPORT_MAX_REGIONS, LEAST_ITEM);
	struct report_donor_section *list =
		(struct report_donor_section *)take_room(in, n, sizeof(*list));

	d->sections = list;
	d->n_sections = list ? n : 0;
	for (size_t i = 0; i < d->n_sections && cursor_ok(&in->c); i++) {
		list[i].name = take_word(in);
		list[i].raw_size = cursor_u64le(&in->c);
		list[i].hashed = take_bool(in);
		list[i].same = take_bool(in);
	}
}

static void take_donor(struct reader *in, struct report_donor *d)
{
	d->indexed = take_bool(in);
	d->name = take_text(in);
	d->version = take_text(in);
	d->product = take_text(in);
	d->company = take_text(in);
	d->signer = take_text(in);
	d->known_by = take_text(in);
	d->provenance = take_text(in);
	d->digest_algorithm = take_text(in);
	d->digest = take_span(in);
	d->has_signed_at = take_bool(in);
	d->signed_at = take_time(in);
	d->size = cursor_u64le(&in->c);
	take_donor_sections(in, d);
}

static const struct report_relation *take_relation(struct reader *in)
{
	struct report_relation *r;

	if (!take_bool(in))
		return NULL;
	r = (struct report_relation *)take_room(in, 1, sizeof(*r));
	if (!r)
		return NULL;
	r->confidence = take_text(in);
	take_donor(in, &r->donor);
	r->n_host_pages = cursor_u64le(&in->c);
	r->n_donor_pages = cursor_u64le(&in->c);
	r->n_matched_pages = cursor_u64le(&in->c);
	r->sampled = take_bool(in);
	r->code_differs = take_bool(in);
	r->foreign = take_ranges(in, &r->n_foreign);
	r->page_map = take_text(in);
	r->llr = take_number(in);
	return r;
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
	s->part = take_text(in);
	s->limits = take_text(in);
	s->claimed_signer = take_text(in);
	s->signer = take_text(in);
	s->anchor = take_text(in);
	s->signer_spki = take_span(in);
	s->anchor_spki = take_span(in);
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
	s->relation = take_relation(in);
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

static void take_evidence(struct reader *in, struct report *out)
{
	size_t n = take_count(in, REPORT_MAX_EVIDENCE, LEAST_ITEM);
	struct report_evidence *list =
		(struct report_evidence *)take_room(in, n, sizeof(*list));

	out->evidence = list;
	out->n_evidence = list ? n : 0;
	for (size_t i = 0; i < out->n_evidence && cursor_ok(&in->c); i++) {
		list[i].id = take_word(in);
		list[i].sentence = take_word(in);
		list[i].note = take_text(in);
		list[i].expected = take_text(in);
		list[i].observed = take_text(in);
		list[i].where = take_range(in);
		list[i].genuine = cursor_u32le(&in->c);
		list[i].n_genuine = cursor_u32le(&in->c);
		list[i].forged = cursor_u32le(&in->c);
		list[i].n_forged = cursor_u32le(&in->c);
		list[i].llr = take_number(in);
		list[i].signature = take_index(in, out->n_signatures);
	}
}

static void take_features(struct reader *in, struct report *out)
{
	size_t n = take_count(in, FEATURES_MAX, LEAST_ITEM);
	struct feature *list = (struct feature *)take_room(in, n, sizeof(*list));

	out->features = list;
	out->n_features = list ? n : 0;
	for (size_t i = 0; i < out->n_features && cursor_ok(&in->c); i++) {
		list[i].key = take_word(in);
		list[i].kind = (enum feature_kind)take_enum(in, FEATURE_SKIPPED);
		list[i].number = cursor_u64le(&in->c);
		list[i].text = take_text(in);
		list[i].bytes = take_span(in);
		list[i].where = take_range(in);
	}
	out->n_features_dropped = cursor_u64le(&in->c);
}

static void take_matches(struct reader *in, struct report *out)
{
	size_t n;
	struct report_match *list;

	out->yara = take_text(in);
	out->yara_rules = take_text(in);
	n = take_count(in, REPORT_MAX_MATCHES, LEAST_ITEM);
	list = (struct report_match *)take_room(in, n, sizeof(*list));
	out->matches = list;
	out->n_matches = list ? n : 0;
	for (size_t i = 0; i < out->n_matches && cursor_ok(&in->c); i++) {
		list[i].name_space = take_word(in);
		list[i].rule = take_word(in);
		list[i].tags = take_word(in);
		list[i].strings = take_ranges(in, &list[i].n_strings);
	}
}

static void take_knowledge(struct reader *in, struct report *out)
{
	struct span *memories;
	size_t n;

	out->relation = take_relation(in);
	take_evidence(in, out);
	take_features(in, out);
	take_matches(in, out);
	n = take_count(in, REPORT_MAX_MEMORIES, LEAST_ITEM);
	memories = (struct span *)take_room(in, n, sizeof(*memories));
	out->memories = memories;
	out->n_memories = memories ? n : 0;
	for (size_t i = 0; i < out->n_memories; i++)
		memories[i] = take_span(in);
}

static void take_file(struct reader *in, size_t n_signatures, struct report *out)
{
	out->inside = take_span(in);
	out->size = cursor_u64le(&in->c);
	out->has_sha256 = take_bool(in);
	take_sha256(in, out->sha256);
	out->format = take_text(in);
	out->variant = take_text(in);
	out->version = take_text(in);
	out->packing = take_text(in);
	out->verdict = (enum assay_verdict)take_enum(in, ASSAY_VERDICT_ERROR);
	out->rule = take_word(in);
	out->masquerade = (enum assay_masquerade)take_enum(in, ASSAY_MASQUERADE_YES);
	out->decisive = take_index(in, n_signatures);
	out->removed_signer = take_text(in);
	out->complete = take_bool(in);
	out->engine = take_text(in);
	out->policy = take_text(in);
	out->trust_store = take_text(in);
	out->donors = take_text(in);
	out->holds_from = take_time(in);
	out->holds_until = take_time(in);
	out->print = take_span(in);
	out->executable = take_span(in);
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
	take_knowledge(&in, out);
	if (cursor_ok(&in.c) && cursor_left(&in.c) == 0)
		return STATUS_OK;
	*out = (struct report){ .decisive = -1 };
	return in.no_memory ? STATUS_NO_MEMORY : STATUS_MALFORMED;
}
