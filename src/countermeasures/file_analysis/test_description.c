/* SPDX-License-Identifier: MIT */
/* What holds of every description: each key once, each byte counted, prefixes, no memory. */
#include "base/memory.h"
#include "countermeasures/file_analysis/test_scene.h"
#include "evidence/features.h"
#include "tests/check.h"

static const struct shape everything = {
	{.n_sections = 3, .overlay = 900, .seed = 9},
        change_sign_with_jar
};

static void scene_json(const struct scene *s, struct buffer *out)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	features_json(&j, s->features.list, s->features.n);
	json_end(&j);
}

static void test_same_twice(void)
{
	CLEANUP(buffer_free) struct buffer one = BUFFER_INIT, two = BUFFER_INIT;
	struct scene s;

	for (int i = 0; i < 2; i++) {
		scene_make(&s, &everything);
		if (scene_read(&s, buffer_span(&s.file), BULK_HISTOGRAM_FULL))
			scene_json(&s, i ? &two : &one);
		scene_free(&s);
	}
	CHECK(one.len > 1000 && span_equal(buffer_span(&one), buffer_span(&two)),
	      "the same file gives the same %zu bytes of JSON", one.len);
}

/* Every key once, and those of one object together: else the JSON would be ambiguous. */
static void test_keys(void)
{
	bool good;
	struct scene s;

	scene_make(&s, &everything);
	good = scene_read(&s, buffer_span(&s.file), BULK_HISTOGRAM_FULL);
	for (size_t i = 0; i < s.features.n; i++)
		good &= feature_find(s.features.list, s.features.n, s.features.list[i].key) ==
			&s.features.list[i];
	CHECK(good, "%zu features, every key once", s.features.n);
	scene_free(&s);
}

static void test_prefixes(void)
{
	struct scene whole;
	size_t n_bad = 0, n = 0;

	scene_make(&whole, &everything);
	for (uint64_t len = 64; len <= whole.file.len; len += len < 1024 ? 1 : 37) {
		struct scene s = { .arena = ARENA_INIT(SCENE_ARENA_BYTES) };
		uint64_t at = 0;

		n++;
		n_bad += !scene_read(&s, span_clip(buffer_span(&whole.file), 0, len),
				     BULK_HISTOGRAM_FULL);
		for (size_t i = 0; i < s.box.n_regions; i++)
			at += s.bulk.regions[i].n_counted;
		n_bad += at != len;
		scene_free(&s);
	}
	CHECK(n_bad == 0, "%zu prefixes: described, and every byte counted once", n);
	scene_free(&whole);
}

static void test_many_regions(void)
{
	static const struct shape many = {
		{.n_sections = 80, .seed = 3},
                NULL
	};
	uint64_t n = 0;
	struct scene s;

	scene_make(&s, &many);
	CHECK(scene_read(&s, buffer_span(&s.file), BULK_HISTOGRAM_FULL) &&
		      scene_tells(&s, "regions.62.histogram", "full") &&
		      scene_tells(&s, "regions.63.histogram", "not computed (limit)") &&
		      scene_tells(&s, "pe.sections.70.entropy", "not computed (limit)"),
	      "regions beyond the limit are not computed, and say so");
	for (size_t i = 0; i < s.bulk.n_regions; i++)
		n += s.bulk.regions[i].n_counted;
	CHECK(n == s.file.len && s.bulk.n_regions == BULK_MAX_REGIONS, "but counted");
	scene_free(&s);
}

/* A look asks for what is not loaded, and no more often than a reader may. */
static void test_wants(void)
{
	static const struct shape big = {
		{.section_size = 2 << 20, .seed = 3},
                change_append_jar
	};
	struct analysis_look look;
	struct view view;
	struct scene s;
	int n = 0;

	scene_make(&s, &big);
	(void)scene_read(&s, buffer_span(&s.file), BULK_HISTOGRAM_OFF);
	view = (struct view){ .size = s.file.len };
	while (analysis_look(&view, &s.box, &look) == STATUS_WANT && n < 10) {
		if (!view_add(&view, view.want.off,
			      span_clip(buffer_span(&s.file), view.want.off, view.want.len)))
			break;
		n++;
	}
	CHECK(n == 3 && look.n_sights == 2 && strcmp(look.sights[1].format, "jar") == 0,
	      "a look wants %d places", n);
	scene_free(&s);
}

/* What lies where: the ZIP from its first entry to its end record. */
static void test_places(void)
{
	static const struct shape shape = { { .seed = 1 }, change_append_jar };
	struct range where;
	struct scene s;

	scene_make(&s, &shape);
	(void)scene_read(&s, buffer_span(&s.file), BULK_HISTOGRAM_OFF);
	where = s.look.sights[1].where;
	CHECK(where.off == s.look.overlay.off && where.len == s.look.overlay.len,
	      "the whole ZIP is found");
	scene_free(&s);
}

/* What src/formats/pe reads, told as it is. */
static void test_content(void)
{
	static const char *const libraries[] = { "kernel32.dll", "user32.dll" };
	static const struct pe_identity identity = {
		.version = {.present = true,
                            .where = { 5, 6 },
                            .has_fixed = true,
                            .file = { 1, 2, 3, 4 },
                            .company_name = "Example" },
		.stamp = PE_STAMP_REPRO,
		.codeview = { .present = true, .guid = { 0xab },          .age = 2, .path = "a.pdb" },
		.icon = { .present = true,       .dhash = 0xff},
		.manifest = { .present = true,       .level = "asInvoker"               },
		.has_rich = true,
		.rich = SPAN_INIT("abcdefghijklmnop"),
	};
	static const struct pe_anatomy anatomy = {
		.import_text = SPAN_INIT("kernel32.exitprocess"),
		.n_import_libraries = 2,
		.imports_complete = true,
		.libraries = libraries,
		.n_libraries_kept = 2,
		.has_clr = true,
		.clr_version = "v4.0.30319",
		.linker_major = 14,
		.linker_minor = 29,
		.entry_off = 512,
		.entry_bytes = SPAN_INIT("\x31\xc0\xc3"),
	};
	static const struct {
		const char *key, *text;
	} wants[] = {
		{"pe.version.fixed.file",            "1.2.3.4"                         },
		{ "pe.version.fixed.product",        "0.0.0.0"                         },
		{ "pe.version.strings.company_name", "Example"                         },
		{ "pe.version.strings.product_name", "none"                            },
		{ "pe.stamp.kind",                   "repro"                           },
		{ "pe.debug.guid",                   "ab000000000000000000000000000000"},
		{ "pe.debug.path",                   "a.pdb"                           },
		{ "pe.icon.dhash",                   "00000000000000ff"                },
		{ "pe.manifest.identity",            "none"                            },
		{ "pe.manifest.level",               "asInvoker"                       },
		{ "pe.rich.entries",                 "2"                               },
		{ "pe.rich.key_ok",                  "no"                              },
		{ "pe.rich.sha256",
                 "f39dac6cbaba535e2c207cd0cd8f154974223c848f727f98b3564cea569b41cf"    },
		{ "pe.imports.imphash",              "f9ade0aa18f660a34a4fa23392e21838"},
		{ "pe.imports.names.1",              "user32.dll"                      },
		{ "pe.clr.version",                  "v4.0.30319"                      },
		{ "pe.load_config",                  "none"                            },
		{ "pe.linker",                       "14.29"                           },
		{ "pe.entry.section",                "none"                            },
		{ "pe.entry.bytes",                  "31c0c3"                          },
		{ "overlay.magic",                   "none"                            },
	};
	struct analysis_parts parts = { .identity = &identity, .anatomy = &anatomy };
	struct scene s;

	scene_make(&s, &everything);
	(void)scene_read(&s, buffer_span(&s.file), BULK_HISTOGRAM_FULL);
	parts.box = &s.box;
	parts.bulk = &s.bulk;
	parts.look = &s.look;
	s.features = (struct features)FEATURES_INIT(&s.arena);
	CHECK(analysis_describe(&s.features, &parts) == STATUS_OK, "identity and anatomy");
	for (size_t i = 0; i < COUNT_OF(wants); i++)
		CHECK(scene_tells(&s, wants[i].key, wants[i].text), "%s", wants[i].key);
	scene_free(&s);
}

/* Every allocation fails once. */
static void test_memory(void)
{
	struct scene whole;
	bool done = false;
	long n;

	scene_make(&whole, &everything);
	for (n = 0; !done && n < 1000; n++) {
		struct scene s = { .arena = ARENA_INIT(SCENE_ARENA_BYTES) };

		memory_fail_after(n);
		done = scene_read(&s, buffer_span(&whole.file), BULK_HISTOGRAM_FULL);
		memory_fail_after(-1);
		scene_free(&s);
	}
	CHECK(done && n > 3, "without memory: no list, or one that is shorter (%ld)", n);
	scene_free(&whole);
}

int main(void)
{
	test_same_twice();
	test_keys();
	test_prefixes();
	test_many_regions();
	test_wants();
	test_places();
	test_content();
	test_memory();
	return CHECK_DONE();
}
