/* SPDX-License-Identifier: MIT */
/*
 * Signs that prove nothing: what they weigh, that they never acquit and never
 * say "tampered", and the names of donors.
 */
#include "mimicry/state.h"
#include "mimicry/test_stage.h"
#include "tests/check.h"

#define PAGE   0x1000U
#define SIGNED "2025-06-01T12:00:00Z"
#define AT     1748779200U /* SIGNED */
#define DAY    86400U

/* clang-format off */
static const struct weight_row {
	const char *id;
	int least, most;
} weight_rows[] = {
	{ "sign.stamp-after-signing", -4820, -4805 },
	{ "sign.stamp-year-before", -2010, -1980 },
	{ "sign.stamp-near-signing", 6800, 7000 },
	{ "sign.company-not-signer", -1000, -970 },
	{ "sign.other-machine", -5140, -5110 },
	{ "sign.other-subsystem", -5520, -5480 },
	{ "sign.other-runtime", 0, 0 },
	{ "sign.always-signed", 0, 0 },
};
/* clang-format on */

static void weights_check(void)
{
	size_t n_bad = 0;

	for (size_t i = 0; i < n_weights; i++) {
		const struct weight *w = &weights[i];

		n_bad += i > 0 && strcmp(weights[i - 1].id, w->id) >= 0;
		n_bad += w->genuine > w->n_genuine || w->forged > w->n_forged;
		n_bad += !w->sentence || strlen(w->sentence) < 10 || weight_find(w->id) != w;
		/* What is counted must have been measured, and speak for a forgery. */
		n_bad += w->group > WEIGHT_CONTENT && weight_llr(w) >= 0;
		n_bad += (w->n_genuine == 0 || w->n_forged == 0) && weight_llr(w) != 0;
	}
	CHECK(n_weights >= 25 && n_bad == 0, "%zu weights, %zu bad", n_weights, n_bad);
	CHECK(!weight_find("sign.none"), "no such sign");
	for (size_t i = 0; i < COUNT_OF(weight_rows); i++) {
		const struct weight *w = weight_find(weight_rows[i].id);
		int llr = w ? weight_llr(w) : 1000000;

		CHECK(llr >= weight_rows[i].least && llr <= weight_rows[i].most, "%s: %d",
		      weight_rows[i].id, llr);
	}
}

/* A graft whose donor is known without its pages, and what the host says of itself. */
static const struct sign_row {
	const char *name;
	uint32_t stamp;
	enum pe_stamp kind;
	const char *company;
	uint16_t machine, subsystem; /* 0: as the donor's */
	bool unknown;                /* the donor is not in the index */
	enum relation_kind expect;
	const char *sign;
} sign_rows[] = {
  /* clang-format off */
	{ "nothing", AT - DAY, PE_STAMP_TIME, NULL, 0, 0, false, RELATION_UNDECIDED, NULL },
	{ "stamp alone", AT + 2 * DAY, PE_STAMP_TIME, NULL, 0, 0, false, RELATION_UNDECIDED,
	  "sign.stamp-after-signing" },
	{ "a day is no sign", AT + DAY, PE_STAMP_TIME, NULL, 0, 0, false, RELATION_UNDECIDED, NULL },
	{ "machine alone", AT - DAY, PE_STAMP_TIME, NULL, 0x1c0, 0, false, RELATION_UNDECIDED,
	  "sign.other-machine" },
	{ "machine and subsystem are one sign", AT - DAY, PE_STAMP_TIME, NULL, 0x1c0, 9, false,
	  RELATION_UNDECIDED, "sign.other-subsystem" },
	{ "name alone", AT - DAY, PE_STAMP_TIME, "Evil Corp", 0, 0, false, RELATION_UNDECIDED,
	  "sign.company-not-signer" },
	{ "stamp and name", AT + 2 * DAY, PE_STAMP_TIME, "Evil Corp", 0, 0, false,
	  RELATION_UNDECIDED, "sign.company-not-signer" },
	{ "stamp and machine", AT + 2 * DAY, PE_STAMP_TIME, NULL, 0x1c0, 0, false,
	  RELATION_GRAFTED, "sign.other-machine" },
	{ "year and machine", AT - 400 * DAY, PE_STAMP_TIME, NULL, 0x1c0, 0, false,
	  RELATION_GRAFTED, "sign.stamp-year-before" },
	{ "name and machine", AT - DAY, PE_STAMP_TIME, "Evil Corp", 0x1c0, 0, false,
	  RELATION_UNDECIDED, NULL },
	{ "all", AT + 2 * DAY, PE_STAMP_TIME, "Evil Corp", 0x1c0, 9, false, RELATION_GRAFTED, NULL },
	{ "all, donor not known", AT + 2 * DAY, PE_STAMP_TIME, "Evil Corp", 0x1c0, 9, true,
	  RELATION_UNDECIDED, NULL },
	{ "a reproducible build has no stamp", AT + 2 * DAY, PE_STAMP_REPRO, NULL, 0x1c0, 0, false,
	  RELATION_UNDECIDED, NULL },
	{ "no stamp", 0, PE_STAMP_ZERO, NULL, 0x1c0, 0, false, RELATION_UNDECIDED, NULL },
	{ "agreement does not acquit", AT + 2 * DAY, PE_STAMP_TIME, "Assay Forge Ltd", 0x1c0, 0,
	  false, RELATION_GRAFTED, "sign.company-is-signer" },
	{ "agreement in all says nothing", AT - 300, PE_STAMP_TIME, "ASSAY forge", 0, 0, false,
	  RELATION_UNDECIDED, "sign.stamp-near-signing" },
  /* clang-format on */
};

static const struct forge_signature stamped = {
	.stamps = { { .kind = STAMP_RFC3161, .time = SIGNED } },
};

/* A signed program and a host; the host says what the row wants. */
static void pair_make(struct stage *stage, struct buffer *donor, struct buffer *host)
{
	struct forge_program program = { .section_size = 8 * PAGE, .seed = 1 };

	forge_program_make(&program, donor);
	forge_sign(stage->forge, &stamped, donor);
	program.seed = 2;
	forge_program_make(&program, host);
}

static void sign_check(struct stage *stage, const struct sign_row *row)
{
	CLEANUP(buffer_free) struct buffer donor = BUFFER_INIT, file = BUFFER_INIT;
	struct pe_identity identity = { .stamp = row->kind };
	const struct relation *r;
	size_t header;

	pair_make(stage, &donor, &file);
	stage_forget(stage);
	if (!row->unknown)
		(void)stage_learn(stage, buffer_span(&donor), false);
	header = (size_t)forge_get(&file, 0x3c, 4);
	forge_put(&file, header + 8, 4, row->stamp);
	if (row->machine)
		forge_put(&file, header + 4, 2, row->machine);
	if (row->subsystem)
		forge_put(&file, forge_places_of(&file).optional + 68, 2, row->subsystem);
	forge_graft(&file, &donor);
	identity.version.company_name = row->company;
	stage->identity = &identity;
	r = stage_relation(stage, buffer_span(&file));
	stage->identity = NULL;
	CHECK(r && r->kind == row->expect && (!row->sign || stage_evidence(r, row->sign)),
	      "%s: relation %d, %d", row->name, r ? (int)r->kind : -1, r ? r->llr : 0);
	CHECK(r && (r->kind != RELATION_GRAFTED ||
		    (r->confidence == CONFIDENCE_INFERRED && r->llr <= -6900 &&
		     strcmp(r->rule, "verdict.grafted-inferred") == 0)),
	      "%s: inferred, by the weights", row->name);
}

/* Whatever anybody writes into a program, without content it is never "tampered". */
static void settable_check(struct stage *stage)
{
	static const char *const names[] = {
		NULL, "Assay Forge", "Microsoft Corporation", "Google LLC", "Evil",
		"",   "Honest, Inc."
	};
	CLEANUP(buffer_free)
	struct buffer donor = BUFFER_INIT, host = BUFFER_INIT, file = BUFFER_INIT;
	struct pe_identity identity;
	size_t n_tampered = 0, n_graft = 0, n_lost = 0, header;
	uint64_t x = 88172645463325252U;

	pair_make(stage, &donor, &host);
	header = (size_t)forge_get(&host, 0x3c, 4);
	stage->identity = &identity;
	for (unsigned i = 0; i < 300; i++) {
		const struct relation *r;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		identity = (struct pe_identity){
			.stamp = (enum pe_stamp)(x % 3),
			.has_rich = x >> 8 & 1,
			.icon = {.present = x >> 9 & 1,                              .dhash = x},
			.version = { .company_name = names[(x >> 10) % COUNT_OF(names)],
                                 .product_name = names[(x >> 14) % COUNT_OF(names)],
                                 .original_filename = names[(x >> 18) % COUNT_OF(names)] },
		};
		stage_forget(stage);
		if (x >> 22 & 1)
			(void)stage_learn(stage, buffer_span(&donor), false);
		forge_copy(&file, &host);
		forge_put(&file, header + 8, 4,
			  AT + (uint32_t)(x >> 24) % (900 * DAY) - 450 * DAY);
		forge_put(&file, header + 4, 2, x >> 32 & 1 ? 0x8664 : 0x14c);
		forge_put(&file, forge_places_of(&file).optional + 68, 2, x >> 33 & 1 ? 2 : 3);
		forge_graft(&file, &donor);
		r = stage_relation(stage, buffer_span(&file));
		n_lost += !r;
		n_tampered += r && r->kind == RELATION_TAMPERED;
		n_graft += r && r->kind == RELATION_GRAFTED;
	}
	stage->identity = NULL;
	CHECK(n_lost == 0 && n_tampered == 0 && n_graft > 0,
	      "300 identities: none tampered, %zu grafted", n_graft);
}

/* Altered by somebody who leaves all else as it was: no sign may turn it into a graft. */
static void label_check(struct stage *stage)
{
	CLEANUP(buffer_free) struct buffer donor = BUFFER_INIT, host = BUFFER_INIT;
	struct pe_identity identity = { .stamp = PE_STAMP_TIME };
	const struct relation *r;
	size_t at;

	pair_make(stage, &donor, &host);
	buffer_clear(&host);
	buffer_add(&host, buffer_span(&donor));
	at = (size_t)forge_get(&host, forge_places_of(&host).sections + 20, 4) + 40;
	forge_put(&host, at, 1, forge_get(&host, at, 1) ^ 1);
	identity.version.company_name = "Assay Forge";
	stage->identity = &identity;
	stage_forget(stage);
	r = stage_relation(stage, buffer_span(&host));
	CHECK(r && r->kind == RELATION_UNDECIDED && stage_evidence(r, "sign.company-is-signer"),
	      "an altered program, donor not known");
	stage->identity = NULL;
	(void)stage_learn(stage, buffer_span(&donor), true);
	stage->identity = &identity;
	r = stage_relation(stage, buffer_span(&host));
	CHECK(r && r->kind == RELATION_TAMPERED, "the same, donor known");
	stage->identity = NULL;
}

/* Signed for an MSI package, and now in a program. */
static void container_check(struct stage *stage)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const struct forge_program program = { .section_size = 8 * PAGE, .seed = 3 };
	const struct forge_signature msi = { .odd = ODD_DATA_TYPE, .bend = 5 };
	const struct forge_signature own = { .odd = ODD_DATA_TYPE };
	const struct relation *r;

	stage_forget(stage);
	forge_program_make(&program, &file);
	forge_sign(stage->forge, &msi, &file);
	r = stage_relation(stage, buffer_span(&file));
	CHECK(r && r->kind == RELATION_GRAFTED && r->confidence == CONFIDENCE_PROVEN &&
		      strcmp(r->rule, "verdict.grafted-container") == 0 &&
		      strcmp(r->evidence->weight->id, "sign.other-container") == 0 &&
		      r->evidence->where.len > 0,
	      "the signature of an MSI package: %s",
	      r && r->evidence ? r->evidence->observed : "-");
	forge_program_make(&program, &file);
	forge_sign(stage->forge, &own, &file);
	CHECK(!stage_relation(stage, buffer_span(&file)),
	      "the same over this very program says nothing");
}

/* Known by which key, and seen where. */
static void names_check(struct stage *stage)
{
	CLEANUP(buffer_free)
	struct buffer donor = BUFFER_INIT, host = BUFFER_INIT, file = BUFFER_INIT;
	const struct relation *r;

	pair_make(stage, &donor, &host);
	stage_forget(stage);
	forge_copy(&file, &host);
	forge_graft(&file, &donor);
	CHECK(stage_learn(stage, buffer_span(&file), false) == 1 &&
		      stage->donors->kind == DONOR_SEEN && !stage->donors->signer,
	      "a graft is seen, and becomes no donor");
	r = stage_relation(stage, buffer_span(&file));
	CHECK(r && !r->donor && r->known_by == KNOWN_NOT &&
		      !stage_found(stage, "mimicry.block-reused"),
	      "the same file again is no news");
	forge_put(&host, 0x28, 1, 7);
	forge_copy(&file, &host);
	forge_graft(&file, &donor);
	r = stage_relation(stage, buffer_span(&file));
	CHECK(r && r->kind == RELATION_UNDECIDED && stage_found(stage, "mimicry.block-reused"),
	      "the same signature on another image");
	CHECK(stage_learn(stage, buffer_span(&donor), false) == 1, "the donor is met");
	CHECK(!stage_found(stage, "mimicry.block-reused"), "and is not to blame");
	r = stage_relation(stage, buffer_span(&file));
	CHECK(r && r->donor && r->known_by == KNOWN_BY_DIGEST &&
		      r->donor->kind == DONOR_VALID &&
		      strcmp(r->donor->signer, "Honest Programs") == 0 &&
		      r->donor->signed_at == AT && stage_found(stage, "mimicry.block-reused"),
	      "by digest: %s", r && r->donor ? r->donor->signer : "-");
	stage->donors->digest.bytes[0] ^= 1;
	r = stage_relation(stage, buffer_span(&file));
	CHECK(r && r->donor && r->known_by == KNOWN_BY_BLOCK, "by the signature's bytes");
	stage->damaged = true;
	CHECK(stage_judge(stage, buffer_span(&file)) == STATUS_MALFORMED,
	      "a damaged index is no answer");
	stage->damaged = false;
	stage->settings.donors = NULL;
	r = stage_relation(stage, buffer_span(&file));
	CHECK(r && r->kind == RELATION_UNDECIDED && !r->donor, "no index, no donor");
	stage->settings.donors = &stage->index;
}

/* Who must not become a donor. */
static void learn_check(struct stage *stage)
{
	static const struct {
		const char *name, *signer;
		unsigned odd, bend;
		size_t n;
	} rows[] = {
		{"anchored",       NULL,        0,                 0, 1},
		{ "of a stranger", "stranger",  0,                 0, 0},
		{ "self-signed",   "self",      0,                 0, 0},
		{ "expired",       "expired",   0,                 0, 0},
		{ "bad",           NULL,        ODD_BAD_SIGNATURE, 0, 0},
		{ "curve ball",    "curveball", 0,                 0, 0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		const struct forge_program program = { .seed = 4 };
		const struct forge_signature sign = { .signer = rows[i].signer,
						      .odd = rows[i].odd };

		stage_forget(stage);
		forge_program_make(&program, &file);
		forge_sign(stage->forge, &sign, &file);
		CHECK(stage_learn(stage, buffer_span(&file), true) == rows[i].n, "%s",
		      rows[i].name);
	}
}

/* A file with its own signature and a stolen one teaches nothing. */
static void mixed_check(struct stage *stage)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const struct forge_program program = { .section_size = 8 * PAGE, .seed = 5 };
	const struct forge_signature stolen = { .bend = 3 };
	const struct forge_signature both = { .nested = { &stolen } };
	const struct forge_signature sha1 = { .image_digest = "SHA1" };
	const struct forge_signature two = { .nested = { &sha1 } };

	stage_forget(stage);
	forge_program_make(&program, &file);
	forge_sign(stage->forge, &both, &file);
	CHECK(stage_learn(stage, buffer_span(&file), true) == 1 &&
		      stage->donors->kind == DONOR_SEEN,
	      "its own and a stolen signature: seen, no donor");
	stage_forget(stage);
	forge_program_make(&program, &file);
	forge_sign(stage->forge, &two, &file);
	CHECK(stage_learn(stage, buffer_span(&file), true) == 2 &&
		      memcmp(stage->donors->block, stage->donors->next->block, 32) == 0 &&
		      stage->donors->digest.algorithm !=
			      stage->donors->next->digest.algorithm &&
		      stage->donors->sketched && stage->donors->executable.n == 8,
	      "two digests of one program: two keys to one record");
	CHECK(stage_learn(stage, buffer_span(&file), false) == 2 && !stage->donors->sketched &&
		      stage->donors->n_sections == 1 && stage->donors->sections[0].hash == 0 &&
		      stage->n_second_jobs == 0,
	      "without sketches no second reading");
}

int main(void)
{
	struct stage stage;

	stage_open(&stage);
	weights_check();
	for (size_t i = 0; i < COUNT_OF(sign_rows); i++)
		sign_check(&stage, &sign_rows[i]);
	settable_check(&stage);
	label_check(&stage);
	container_check(&stage);
	names_check(&stage);
	learn_check(&stage);
	mixed_check(&stage);
	stage_close(&stage);
	return CHECK_DONE();
}
