/* SPDX-License-Identifier: MIT */
/*
 * Every way to forge, on every kind of program: all are flagged, and none of
 * the honest ones is.  ASSAY_LONG=1 takes eight times as many.
 */
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/attacks.h"

/* clang-format off */
static const struct forge_program hosts[] = {
	{ 0 },
	{ .pe32 = true },
	{ .subsystem = 10 },
	{ .subsystem = 1 },
	{ .dotnet = true },
	{ .dotnet = true, .pe32 = true, .n_sections = 3 },
	{ .n_sections = 7, .section_size = 3000 },
	{ .overlay = 5000 },
	{ .section_size = 70000 },
	{ .section_alignment = 0x10000, .n_sections = 2 },
};

static const struct forge_signature sound = { 0 };
static const struct forge_signature of_another = { .bend = 7 };
static const struct forge_signature bad = { .odd = ODD_BAD_SIGNATURE };

static const struct forge_trap ways[] = {
	{ .name = "byte", .change = attack_flip, .n = 0x240 },
	{ .name = "last byte", .change = attack_flip_before_table, .n = 1 },
	{ .name = "inserted", .change = attack_insert_before_table, .n = 4096 },
	{ .name = "appended", .change = attack_append, .n = 2000 },
	{ .name = "appended JAR", .change = attack_append_jar, .n = 2000 },
	{ .name = "section", .change = attack_section_added },
	{ .name = "graft on unsigned", .unsigned_ = true, .change = attack_graft },
	{ .name = "graft, verbatim", .unsigned_ = true, .change = attack_graft_stale },
	{ .name = "graft beside", .change = attack_graft_beside },
	{ .name = "graft over", .change = attack_graft },
	{ .name = "graft, stranger", .unsigned_ = true, .change = attack_graft_stranger },
	{ .name = "graft, second entry", .change = attack_graft_second_entry },
	{ .name = "graft, first entry", .change = attack_graft_first_entry },
	{ .name = "graft, nested", .sign = { .nested = { &of_another } } },
	{ .name = "graft, outer", .sign = { .bend = 9, .nested = { &sound } } },
	{ .name = "bad nested", .sign = { .nested = { &sound, &bad } } },
	{ .name = "bad signature", .sign = { .odd = ODD_BAD_SIGNATURE } },
	{ .name = "wrong digest", .sign = { .odd = ODD_WRONG_DIGEST } },
	{ .name = "no certificate", .sign = { .odd = ODD_NO_CERTIFICATE } },
	{ .name = "page", .sign = { .page_hashes = "SHA256", .odd = ODD_BAD_PAGE } },
	{ .name = "stripped", .change = attack_directory },
	{ .name = "payload", .change = attack_stuff_sigflip, .n = 2048 },
	{ .name = "JAR in entry", .change = attack_stuff_jar, .n = 2048 },
	{ .name = "program in entry", .change = attack_stuff_program },
	{ .name = "self-made", .sign = { .signer = "microsoft-self" } },
	{ .name = "carbon copy", .sign = { .signer = "carbon-copy" } },
	{ .name = "curve ball", .sign = { .signer = "curveball" } },
	{ .name = "false issuer", .sign = { .signer = "below-false" } },
};
/* clang-format on */

/* A violation, or a finding of at least medium severity. */
static bool is_flagged(const struct report *r)
{
	if (r->masquerade == ASSAY_MASQUERADE_YES ||
	    r->masquerade == ASSAY_MASQUERADE_SUSPECTED)
		return true;
	for (size_t i = 0; i < r->n_findings; i++)
		if (r->findings[i].severity >= ASSAY_SEVERITY_MEDIUM)
			return r->verdict == ASSAY_VERDICT_VALID;
	return false;
}

static const struct report *judge(struct court *c, struct forge *f, struct forge_trap t,
				  const struct forge_program *host, uint64_t seed)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;

	t.program = *host;
	t.program.seed = seed;
	forge_trap_make(f, &t, &file);
	return court_judge(c, buffer_span(&file));
}

int main(void)
{
	uint64_t n_seeds = getenv("ASSAY_LONG") ? 16 : 2;
	struct forge *f = forge_new();
	size_t total = 0, missed;
	struct court c;

	court_open(&c, f);
	for (size_t w = 0; w < COUNT_OF(ways); w++) {
		missed = 0;
		for (size_t i = 0; i < COUNT_OF(hosts) * n_seeds; i++) {
			const struct forge_program *host = &hosts[i % COUNT_OF(hosts)];
			const struct report *r = judge(&c, f, ways[w], host, i);

			total++;
			if (!is_flagged(r) && missed++ < 3)
				printf("# host %zu: %s\n", i % COUNT_OF(hosts),
				       assay_verdict_word(r->verdict));
		}
		CHECK(missed == 0, "%s: all of %llu flagged", ways[w].name,
		      (unsigned long long)(COUNT_OF(hosts) * n_seeds));
	}
	missed = 0;
	for (size_t i = 0; i < COUNT_OF(hosts) * n_seeds; i++) {
		const struct forge_trap honest = { .sign = { .program_name = "Honest" } };
		const struct report *r =
			judge(&c, f, honest, &hosts[i % COUNT_OF(hosts)], 1000 + i);

		missed += is_flagged(r) || r->verdict != ASSAY_VERDICT_VALID;
	}
	CHECK(missed == 0, "no honest program is flagged");
	printf("# %zu forgeries\n", total);
	court_close(&c);
	forge_free(f);
	return CHECK_DONE();
}
