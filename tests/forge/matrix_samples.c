/* SPDX-License-Identifier: MIT */
/* Hosts and donors of the forge's own, for a matrix that needs nothing from outside. */
#include "tests/forge/matrix.h"
#include "tests/forge/resources.h"

#define SIGNED_AT      INT64_C(1748779200)
#define SIGNED_AT_TEXT "2025-06-01T12:00:00Z"

#define TEXTS(company, product, file)                                                          \
	{                                                                                      \
		{ "CompanyName", company }, { "ProductName", product },                        \
			{ "OriginalFilename", file },                                          \
	}
static const struct forge_version_text known_texts[] =
	TEXTS("Example Ltd", "Example", "example.exe");
static const struct forge_version_text withheld_texts[] =
	TEXTS("Withheld Ltd", "Withheld", "withheld.exe");
static const struct forge_version_text pages_texts[] = TEXTS("Pages Ltd", "Pages", "pages.exe");
static const struct forge_version_text other_texts[] = {
	{"CompanyName", "Nobody"},
};

#define CLOTHES(of, seed, name)                                                                \
	{                                                                                      \
		.texts = (of), .n_texts = COUNT_OF(of), .file_version = { 1, 2, 3, 4 },        \
		.icon = (seed), .identity = (name),                                            \
	}
static const struct forge_resources known_clothes = CLOTHES(known_texts, 5, "Example.Program");
static const struct forge_resources withheld_clothes = CLOTHES(withheld_texts, 6, "Withheld");
static const struct forge_resources pages_clothes = CLOTHES(pages_texts, 7, "Pages");
static const struct forge_resources other_clothes = {
	.texts = other_texts,
	.n_texts = COUNT_OF(other_texts),
};

struct sample {
	const char *name;
	struct forge_program program;
	const struct forge_resources *clothes;
	bool known, page_hashes;
};

/* clang-format off */
static const struct sample host_samples[] = {
	{ "plain", { .seed = 1, .section_size = 20000 }, NULL, false, false },
	{ "pe32", { .seed = 2, .pe32 = true, .section_size = 19000 }, &other_clothes, false, false },
	{ "dotnet", { .seed = 3, .dotnet = true, .pe32 = true, .n_sections = 3, .section_size = 17000 },
	  NULL, false, false },
	{ "efi", { .seed = 4, .subsystem = 10, .section_size = 30000 }, NULL, false, false },
	{ "sections", { .seed = 5, .n_sections = 3, .section_size = 18000 }, &other_clothes, false, false },
	{ "overlay", { .seed = 6, .section_size = 16384, .overlay = 5003 }, NULL, false, false },
};
static const struct sample donor_samples[] = {
	{ "dressed", { .seed = 11, .n_sections = 3, .section_size = 50000 }, &known_clothes, true, false },
	{ "bare", { .seed = 12, .pe32 = true, .section_size = 40000 }, NULL, true, false },
	{ "withheld", { .seed = 13, .n_sections = 2, .section_size = 50000 }, &withheld_clothes, false, false },
	{ "pages", { .seed = 14, .section_size = 60000 }, &pages_clothes, false, true },
};
/* clang-format on */

void matrix_donor_sign(struct forge *f, struct matrix_program *p)
{
	const struct forge_signature sign = {
		.page_hashes = p->page_hashes ? "SHA256" : NULL,
		.program_name = p->name,
		.stamps = { { .kind = STAMP_RFC3161, .time = SIGNED_AT_TEXT } },
	};

	forge_sign(f, &sign, &p->file);
	p->signed_at = SIGNED_AT;
}

static void sample_make(const struct sample *s, struct matrix_program *p)
{
	*p = (struct matrix_program){
		.name = s->name,
		.kind = "forge",
		.known = s->known,
		.page_hashes = s->page_hashes,
	};
	forge_program_make(&s->program, &p->file);
	if (s->clothes)
		forge_resources_add(&p->file, s->clothes);
}

void matrix_samples_make(struct forge *f, struct matrix_program hosts[MATRIX_MAX_SAMPLES],
			 struct matrix_program donors[MATRIX_MAX_SAMPLES])
{
	for (size_t i = 0; i < COUNT_OF(host_samples); i++)
		sample_make(&host_samples[i], &hosts[i]);
	for (size_t i = 0; i < COUNT_OF(donor_samples); i++) {
		sample_make(&donor_samples[i], &donors[i]);
		matrix_donor_sign(f, &donors[i]);
	}
}

void matrix_programs_free(struct matrix_program *programs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buffer_free(&programs[i].file);
}
