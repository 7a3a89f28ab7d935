/* SPDX-License-Identifier: MIT */
/*
 * What --json printed becomes a report again, as far as policies ask for it.
 *
 * Strict where it decides: a word that does not exist or a digest that is none is
 * refused, for a fixture that says nothing must not look as if it did.
 */
#include "policy/report_read.h"

#include "base/hex.h"
#include "base/time.h"
#include "policy/attributes.h"

struct reading {
	struct arena *arena;
	const char *problem;
	bool no_memory;
};

static void complain(struct reading *r, const char *name)
{
	if (!r->problem)
		r->problem = arena_printf(r->arena, "\"%s\" makes no sense", name);
	r->no_memory = r->no_memory || !r->problem;
}

/* NULL: none. */
static const char *text(struct reading *r, const struct json_value *v, const char *name)
{
	const struct json_value *member = json_member(v, name);
	const char *out;

	if (!member)
		return NULL;
	if (member->kind != JSON_KIND_STRING) {
		complain(r, name);
		return NULL;
	}
	out = arena_string(r->arena, member->text);
	r->no_memory = r->no_memory || !out;
	return out;
}

static unsigned word(struct reading *r, const struct json_value *v, const char *name,
		     enum policy_words list)
{
	struct span word = json_member_text(v, name);
	unsigned out = 0;

	if (!span_equal(word, SPAN_LITERAL("unknown")) && !policy_word_find(list, word, &out))
		complain(r, name);
	return out;
}

/* Octets in hexadecimal digits; empty: null, or not there. */
static struct span octets(struct reading *r, const struct json_value *v, const char *name)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	const struct json_value *member = json_member(v, name);
	struct span copy;

	if (!member)
		return SPAN_NONE;
	if (member->kind != JSON_KIND_STRING || hex_decode(&out, member->text) != STATUS_OK) {
		complain(r, name);
		return SPAN_NONE;
	}
	copy = arena_copy(r->arena, buffer_span(&out));
	r->no_memory = r->no_memory || !copy.ptr;
	return copy;
}

static bool digest(struct reading *r, const struct json_value *v, const char *name,
		   uint8_t out[32])
{
	struct span bytes = octets(r, v, name);

	if (bytes.len != 0 && bytes.len != 32)
		complain(r, name);
	return bytes.len == 32 && span_copy(out, 32, bytes) == 32;
}

static bool time_at(struct reading *r, const struct json_value *v, const char *name,
		    int64_t *out)
{
	const char *words = text(r, v, name);

	if (words && !time_parse(words, out))
		complain(r, name);
	return words != NULL;
}

static uint64_t number(struct reading *r, const struct json_value *v, const char *name)
{
	const struct json_value *member = json_member(v, name);
	uint64_t out = 0;

	if (member && !json_whole(member, &out))
		complain(r, name);
	return out;
}

/* The leaf is all that policies ask for. */
static void chain_read(struct reading *r, const struct json_value *v,
		       struct report_signature *out)
{
	const struct json_value *chain = json_member_of(v, "chain", JSON_KIND_ARRAY);
	struct report_certificate *leaf = ARENA_NEW(r->arena, struct report_certificate, 1);

	if (!leaf) {
		r->no_memory = true;
		return;
	}
	if (!chain || !chain->first)
		return;
	leaf->subject = text(r, chain->first, "subject");
	leaf->issuer = text(r, chain->first, "issuer");
	if (!digest(r, chain->first, "sha256", leaf->sha256))
		complain(r, "chain");
	out->chain = leaf;
	out->n_chain = 1;
}

static void signature_read(struct reading *r, const struct json_value *v,
			   struct report_signature *out)
{
	const struct json_value *claims = json_member_of(v, "claims", JSON_KIND_OBJECT);
	const struct json_value *sums = json_member_of(v, "digest", JSON_KIND_OBJECT);

	*out = (struct report_signature){
		.scheme = text(r, v, "scheme"),
		.depth = (unsigned)(number(r, v, "depth") & INT32_MAX),
		.verdict = (enum assay_verdict)word(r, v, "verdict", POLICY_WORDS_VERDICT),
		.rule = text(r, v, "rule"),
		.presence = (enum assay_presence)word(r, v, "presence", POLICY_WORDS_PRESENCE),
		.binding = (enum assay_binding)word(r, v, "binding", POLICY_WORDS_BINDING),
		.signature =
			(enum assay_signature)word(r, v, "signature", POLICY_WORDS_SIGNATURE),
		.trust = (enum assay_trust)word(r, v, "trust", POLICY_WORDS_TRUST),
		.claimed_signer = text(r, v, "claimed_signer"),
		.signer = text(r, v, "signer"),
		.anchor = text(r, v, "anchor"),
		.signer_spki = octets(r, v, "signer_spki"),
		.anchor_spki = octets(r, v, "anchor_spki"),
		.program_name = text(r, claims, "program_name"),
		.digest_algorithm = text(r, sums, "algorithm"),
		.digest_computed = octets(r, sums, "computed"),
	};
	out->has_signed_at = time_at(r, v, "signed_at", &out->signed_at);
	out->has_claimed_time = time_at(r, claims, "signing_time", &out->claimed_time);
	chain_read(r, v, out);
}

static void signatures_read(struct reading *r, const struct json_value *v, struct report *out)
{
	const struct json_value *list = json_member_of(v, "signatures", JSON_KIND_ARRAY);
	size_t n = json_count(list);
	struct report_signature *room = ARENA_NEW(r->arena, struct report_signature, n + 1);

	if (!room || n > REPORT_MAX_SIGNATURES) {
		r->no_memory = r->no_memory || !room;
		complain(r, "signatures");
		return;
	}
	out->signatures = room;
	for (const struct json_value *each = list ? list->first : NULL; each; each = each->next)
		signature_read(r, each, &room[out->n_signatures++]);
}

static void findings_read(struct reading *r, const struct json_value *v, struct report *out)
{
	const struct json_value *list = json_member_of(v, "findings", JSON_KIND_ARRAY);
	size_t n = json_count(list);
	struct report_finding *room = ARENA_NEW(r->arena, struct report_finding, n + 1);

	if (!room || n > REPORT_MAX_FINDINGS) {
		r->no_memory = r->no_memory || !room;
		complain(r, "findings");
		return;
	}
	out->findings = room;
	for (const struct json_value *each = list ? list->first : NULL; each; each = each->next)
		room[out->n_findings++] = (struct report_finding){
			.id = text(r, each, "id"),
			.severity = (enum assay_severity)word(r, each, "severity",
							      POLICY_WORDS_SEVERITY),
			.expected = text(r, each, "expected"),
			.observed = text(r, each, "observed"),
			.signature = -1,
		};
	out->n_findings_dropped = (size_t)number(r, v, "findings_dropped");
}

enum status report_json_read(struct arena *a, const struct json_value *v, struct report *out,
			     const char **problem)
{
	struct reading r = { .arena = a };
	const struct json_value *complete = json_member(v, "complete");

	*out = (struct report){ .decisive = -1 };
	if (!span_equal(json_member_text(v, "schema"), SPAN_LITERAL("assay.report/1")))
		complain(&r, "schema");
	out->size = number(&r, v, "size");
	out->has_sha256 = digest(&r, v, "sha256", out->sha256);
	out->format = text(&r, v, "format");
	out->variant = text(&r, v, "variant");
	out->packing = text(&r, v, "packing");
	out->verdict = (enum assay_verdict)word(&r, v, "verdict", POLICY_WORDS_VERDICT);
	out->rule = text(&r, v, "rule");
	out->masquerade =
		(enum assay_masquerade)word(&r, v, "masquerade", POLICY_WORDS_MASQUERADE);
	out->removed_signer = text(&r, v, "claimed_removed_signer");
	out->complete = complete && complete->kind == JSON_KIND_TRUE;
	signatures_read(&r, v, out);
	findings_read(&r, v, out);
	*problem = r.problem;
	if (r.no_memory)
		return STATUS_NO_MEMORY;
	return r.problem ? STATUS_USAGE : STATUS_OK;
}
