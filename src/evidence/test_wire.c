/* SPDX-License-Identifier: MIT */
/* decode(encode(r)) is r; whatever else comes in is refused or harmless. */
#include "base/memory.h"
#include "evidence/sample.h"
#include "tests/check.h"

#define ARENA_BYTES ((size_t)8 << 20)

static struct span encode(struct buffer *b, const struct report *r)
{
	buffer_clear(b);
	wire_encode(b, r);
	return buffer_span(b);
}

/* The same octets again mean that no field was lost on the way back. */
static void test_round_trip(enum assay_verdict v)
{
	CLEANUP(buffer_free) struct buffer first = BUFFER_INIT, second = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA_BYTES);
	struct report back;
	struct sample s;
	enum status status;

	sample_make(&s, v);
	status = wire_decode(&a, encode(&first, &s.report), &back);
	CHECK(status == STATUS_OK && span_equal(encode(&second, &back), buffer_span(&first)),
	      "%s comes back (%zu octets)", assay_verdict_word(v), first.len);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Some fields of each structure, looked at one by one. */
static void test_fields(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA_BYTES);
	const struct report_signature *g, *h;
	struct report back;
	struct sample s;

	sample_make(&s, ASSAY_VERDICT_UNKNOWN);
	s.signatures[1].pss_mgf1 = "sha384";
	s.signatures[1].pss_salt_len = 48;
	s.signatures[1].covers_more = true;
	s.signatures[1].statement = "commercial";
	CHECK(wire_decode(&a, encode(&b, &s.report), &back) == STATUS_OK, "decoded");
	CHECK(back.n_signatures == 2 && back.n_findings == 2 && back.n_regions == 4 &&
		      back.n_errors == 1,
	      "the lists are as long as they were");
	CHECK(same_text(back.version, "10.0.19041.1") &&
		      same_text(back.variant, s.report.variant),
	      "texts of the file");
	g = &s.signatures[1];
	h = &back.signatures[1];
	CHECK(same_text(g->trust_reason, h->trust_reason) &&
		      same_text(g->problem, h->problem) && same_text(g->part, h->part) &&
		      same_text(g->limits, h->limits) &&
		      same_text(g->more_info, h->more_info) && h->depth == 1,
	      "texts of a signature");
	CHECK(h->signer_spki.len == 32 && span_equal(h->signer_spki, g->signer_spki) &&
		      span_equal(h->anchor_spki, g->anchor_spki),
	      "the keys of signer and anchor");
	CHECK(same_text(h->pss_mgf1, "sha384") && h->pss_salt_len == 48, "parameters of PSS");
	CHECK(same_text(h->statement, "commercial"), "what it was signed for");
	CHECK(h->n_covered == 3 && h->covered[2].len == g->covered[2].len && h->zero_pad == 7 &&
		      h->covers_more,
	      "what is covered");
	CHECK(h->n_chain == 3 && h->chain[2].anchor && !h->chain[1].anchor &&
		      h->chain[1].sha256[0] == 0xa1,
	      "the chain");
	CHECK(back.signatures[0].n_timestamps == 1 && back.signatures[0].timestamps[0].counts &&
		      same_text(back.signatures[0].timestamps[0].signer, "Example Clock"),
	      "the timestamp");
	CHECK(back.findings[1].signature == 1 && !back.findings[1].observed &&
		      back.n_findings_dropped == 3,
	      "the findings");
	CHECK(back.decisive == 0 && back.sha256[31] == 0xfe && !back.complete, "the file");
}

static void test_prefixes(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA_BYTES);
	struct report back;
	struct sample s;
	size_t accepted = 0;
	struct span all;

	sample_make(&s, ASSAY_VERDICT_UNKNOWN);
	all = encode(&b, &s.report);
	for (size_t n = 0; n < all.len; n++) {
		accepted += wire_decode(&a, span_clip(all, 0, n), &back) == STATUS_OK;
		arena_reset(&a);
	}
	CHECK(accepted == 0, "none of %zu prefixes is accepted", all.len);
	buffer_char(&b, '\0');
	CHECK(wire_decode(&a, buffer_span(&b), &back) == STATUS_MALFORMED,
	      "one octet more is refused");
}

/* Every printer; nothing to see, but nothing may crash. */
static void print_all(struct buffer *out, const struct report *r)
{
	struct style style = { .verbose = true, .colour = true, .width = 80 };

	buffer_clear(out);
	text_report(out, r, "a.exe", &style);
	json_report(out, r, "a.exe");
	explain_report(out, r, "a.exe", &style);
	reproduce_report(out, r, "a.exe");
}

/* Flips from a fixed seed: decoded or refused, printed, never a crash; what is accepted comes
 * back the same again. */
static void test_flips(void)
{
	CLEANUP(buffer_free)
	struct buffer b = BUFFER_INIT, out = BUFFER_INIT, odd = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA_BYTES);
	size_t accepted = 0, unstable = 0;
	uint64_t seed = 88172645463325252U;
	struct report back;
	struct sample s;
	struct span all;

	sample_make(&s, ASSAY_VERDICT_UNKNOWN);
	all = encode(&b, &s.report);
	for (int i = 0; i < 20000; i++) {
		uint8_t octet;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		octet = span_at(all, seed % all.len) ^ (uint8_t)(1U << (seed >> 61));
		buffer_clear(&odd);
		buffer_add(&odd, span_clip(all, 0, seed % all.len));
		buffer_add(&odd, (struct span){ &octet, 1 });
		buffer_add(&odd, span_after(all, seed % all.len + 1));
		arena_reset(&a);
		if (wire_decode(&a, buffer_span(&odd), &back) != STATUS_OK)
			continue;
		accepted++;
		unstable += !span_equal(encode(&out, &back), buffer_span(&odd));
		print_all(&out, &back);
	}
	CHECK(unstable == 0, "%zu flipped reports are accepted, each as it stands", accepted);
}

/* A little report that claims to be a huge one costs nothing. */
static void test_counts(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA_BYTES);
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct report back;
	struct sample s;
	struct span all;

	sample_make(&s, ASSAY_VERDICT_UNKNOWN);
	all = encode(&b, &s.report);
	for (size_t i = 0; i + 4 <= all.len; i++) {
		CLEANUP(buffer_free) struct buffer odd = BUFFER_INIT;

		buffer_add(&odd, span_clip(all, 0, i));
		buffer_u32le(&odd, UINT32_MAX - 1);
		buffer_add(&odd, span_after(all, i + 4));
		if (wire_decode(&a, buffer_span(&odd), &back) == STATUS_NO_MEMORY)
			break;
		arena_reset(&a);
	}
	CHECK(a.used == 0, "no length takes more memory than there are octets for");
}

static void test_limits(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, name = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA_BYTES);
	struct report_finding *many =
		ARENA_NEW(&a, struct report_finding, REPORT_MAX_FINDINGS + 5);
	struct report back;
	struct sample s;

	sample_make(&s, ASSAY_VERDICT_VALID);
	for (size_t i = 0; i < REPORT_MAX_FINDINGS + 5; i++)
		many[i] = (struct report_finding){ .id = "ts.bad", .signature = -1 };
	s.report.findings = many;
	s.report.n_findings = REPORT_MAX_FINDINGS + 5;
	for (int i = 0; i < 30000; i++)
		buffer_text(&name, "\xe2\x82\xac"); /* three octets each */
	s.signatures[0].claimed_signer = name.bytes;
	CHECK(wire_decode(&a, encode(&b, &s.report), &back) == STATUS_OK, "a huge report");
	CHECK(back.n_findings == REPORT_MAX_FINDINGS && back.n_findings_dropped == 5,
	      "findings above the limit are counted as dropped");
	CHECK(strlen(back.signatures[0].claimed_signer) == (size_t)REPORT_MAX_TEXT / 3 * 3,
	      "a long text is cut at a character");
}

/* The n-th allocation fails, for every n: the failure is told, and nothing else happens. */
static void test_no_memory(void)
{
	CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT, all = BUFFER_INIT;
	size_t untold = 0, sweeps = 0;
	bool done = false;
	struct sample s;

	sample_make(&s, ASSAY_VERDICT_UNKNOWN);
	(void)encode(&whole, &s.report);
	print_all(&all, &s.report);
	for (long n = 0; !done; n++, sweeps++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA_BYTES);
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		struct report back;
		enum status status;

		memory_fail_after(n);
		status = wire_decode(&a, buffer_span(&whole), &back);
		print_all(&b, &s.report);
		untold += buffer_status(&b) == STATUS_OK &&
			  !span_equal(buffer_span(&b), buffer_span(&all));
		done = status == STATUS_OK && buffer_status(&b) == STATUS_OK;
		untold += status != STATUS_OK && status != STATUS_NO_MEMORY;
		memory_fail_after(-1);
	}
	CHECK(untold == 0 && sweeps > 3, "%zu sweeps without memory", sweeps);
}

static void test_strangers(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA_BYTES);
	CLEANUP(arena_free) struct arena tiny = ARENA_INIT(64);
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct report back;
	struct sample s;

	CHECK(wire_decode(&a, SPAN_NONE, &back) == STATUS_MALFORMED, "nothing");
	CHECK(wire_decode(&a, SPAN_TEXT("{\"schema\":\"assay.report/1\"}"), &back) ==
		      STATUS_MALFORMED,
	      "JSON");
	buffer_u32le(&b, 0x70655261U);
	buffer_u16le(&b, UINT16_MAX);
	CHECK(wire_decode(&a, buffer_span(&b), &back) == STATUS_UNSUPPORTED, "a later version");
	sample_make(&s, ASSAY_VERDICT_UNKNOWN);
	CHECK(wire_decode(&tiny, encode(&b, &s.report), &back) == STATUS_NO_MEMORY,
	      "an arena that is too small");
	CHECK(back.verdict == ASSAY_VERDICT_UNKNOWN && back.n_signatures == 0,
	      "what was refused leaves nothing behind");
}

int main(void)
{
	for (int v = ASSAY_VERDICT_UNKNOWN; v <= ASSAY_VERDICT_ERROR; v++)
		test_round_trip((enum assay_verdict)v);
	test_fields();
	test_prefixes();
	test_flips();
	test_counts();
	test_limits();
	test_no_memory();
	test_strangers();
	return CHECK_DONE();
}
