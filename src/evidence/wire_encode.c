/* SPDX-License-Identifier: MIT */
/*
 * Report -> octets.  Lists and texts above the limits of report.h are cut, texts
 * at a character; findings that are cut are counted as dropped.
 */
#include "evidence/wire.h"

static size_t at_most(size_t n, size_t limit)
{
	return n < limit ? n : limit;
}

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

static void put_number(struct buffer *b, int v)
{
	buffer_u32le(b, (uint32_t)v);
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
	put_bool(b, s->covers_more);
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

static void put_donor(struct buffer *b, const struct report_donor *d)
{
	size_t n = at_most(d->n_sections, REPORT_MAX_REGIONS);

	put_bool(b, d->indexed);
	put_text(b, d->name);
	put_text(b, d->version);
	put_text(b, d->product);
	put_text(b, d->company);
	put_text(b, d->signer);
	put_text(b, d->known_by);
	put_text(b, d->provenance);
	put_text(b, d->digest_algorithm);
	put_span(b, d->digest);
	put_bool(b, d->has_signed_at);
	put_time(b, d->signed_at);
	buffer_u64le(b, d->size);
	put_count(b, n);
	for (size_t i = 0; i < n; i++) {
		put_word(b, d->sections[i].name);
		buffer_u64le(b, d->sections[i].raw_size);
		put_bool(b, d->sections[i].hashed);
		put_bool(b, d->sections[i].same);
	}
}

static void put_relation(struct buffer *b, const struct report_relation *r)
{
	put_bool(b, r != NULL);
	if (!r)
		return;
	put_text(b, r->confidence);
	put_donor(b, &r->donor);
	buffer_u64le(b, r->n_host_pages);
	buffer_u64le(b, r->n_donor_pages);
	buffer_u64le(b, r->n_matched_pages);
	put_bool(b, r->sampled);
	put_bool(b, r->code_differs);
	put_ranges(b, r->foreign, r->n_foreign);
	put_text(b, r->page_map);
	put_number(b, r->llr);
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
	put_text(b, s->part);
	put_text(b, s->limits);
	put_text(b, s->claimed_signer);
	put_text(b, s->signer);
	put_text(b, s->anchor);
	put_span(b, s->signer_spki);
	put_span(b, s->anchor_spki);
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
	put_relation(b, s->relation);
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

static void put_evidence(struct buffer *b, const struct report_evidence *e, size_t n_signatures)
{
	put_word(b, e->id);
	put_word(b, e->sentence);
	put_text(b, e->note);
	put_text(b, e->expected);
	put_text(b, e->observed);
	put_range(b, e->where);
	buffer_u32le(b, e->genuine);
	buffer_u32le(b, e->n_genuine);
	buffer_u32le(b, e->forged);
	buffer_u32le(b, e->n_forged);
	put_number(b, e->llr);
	put_index(b, e->signature, n_signatures);
}

static void put_feature(struct buffer *b, const struct feature *f)
{
	put_word(b, f->key);
	put_enum(b, f->kind);
	buffer_u64le(b, f->number);
	put_text(b, f->text);
	put_span(b, f->bytes);
	put_range(b, f->where);
}

static void put_match(struct buffer *b, const struct report_match *m)
{
	put_word(b, m->name_space);
	put_word(b, m->rule);
	put_word(b, m->tags);
	put_ranges(b, m->strings, m->n_strings);
}

/* What is known beyond signatures: evidence, features, what the donor index may learn. */
static void put_knowledge(struct buffer *b, const struct report *r, size_t n_signatures)
{
	size_t n_evidence = at_most(r->n_evidence, REPORT_MAX_EVIDENCE);
	size_t n_features = at_most(r->n_features, FEATURES_MAX);
	size_t n_matches = at_most(r->n_matches, REPORT_MAX_MATCHES);
	size_t n_memories = at_most(r->n_memories, REPORT_MAX_MEMORIES);

	put_relation(b, r->relation);
	put_count(b, n_evidence);
	for (size_t i = 0; i < n_evidence; i++)
		put_evidence(b, &r->evidence[i], n_signatures);
	put_count(b, n_features);
	for (size_t i = 0; i < n_features; i++)
		put_feature(b, &r->features[i]);
	buffer_u64le(b, r->n_features_dropped + (r->n_features - n_features));
	put_text(b, r->yara);
	put_text(b, r->yara_rules);
	put_count(b, n_matches);
	for (size_t i = 0; i < n_matches; i++)
		put_match(b, &r->matches[i]);
	put_count(b, n_memories);
	for (size_t i = 0; i < n_memories; i++)
		put_span(b, r->memories[i]);
}

static void put_file(struct buffer *b, const struct report *r, size_t n_signatures)
{
	put_span(b, r->inside);
	buffer_u64le(b, r->size);
	put_bool(b, r->has_sha256);
	buffer_add(b, SPAN_OF(r->sha256));
	put_text(b, r->format);
	put_text(b, r->variant);
	put_text(b, r->version);
	put_text(b, r->packing);
	put_enum(b, r->verdict);
	put_word(b, r->rule);
	put_enum(b, r->masquerade);
	put_index(b, r->decisive, n_signatures);
	put_text(b, r->removed_signer);
	put_bool(b, r->complete);
	put_text(b, r->engine);
	put_text(b, r->policy);
	put_text(b, r->trust_store);
	put_text(b, r->donors);
	put_time(b, r->holds_from);
	put_time(b, r->holds_until);
	put_span(b, r->print);
	put_span(b, r->executable);
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
	put_knowledge(out, r, n_signatures);
}
