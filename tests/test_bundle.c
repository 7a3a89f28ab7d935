/* SPDX-License-Identifier: MIT */
/* Programs of bundles, judged with what stands around them. */
#include "tests/bundle_builder.h"
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/script.h"

#include "engine/bundle_folder.h"
#include "evidence/evidence.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct scene {
	struct forge *f;
	struct court court;
	char folder[64]; /* of this row */
	unsigned n;
};

static void scene_folder(struct scene *s)
{
	(void)snprintf(s->folder, sizeof(s->folder), "/tmp/assay-bundle-test-%d-%u",
		       (int)getpid(), s->n++);
}

static void scene_clean(const struct scene *s)
{
	char command[96];

	(void)snprintf(command, sizeof(command), "rm -rf %s", s->folder);
	if (system(command) != 0)
		abort();
}

static void app_make(struct scene *s, struct bundle_tree *t, const struct bundle_wish *wish)
{
	bundle_text(t, "Contents/Resources/a.txt", "first");
	bundle_text(t, "Contents/Resources/b.txt", "second");
	bundle_text(t, "Contents/Resources/en.lproj/c.strings", "third");
	bundle_sign(s->f, t, wish);
}

static void info_swap(struct bundle_tree *t)
{
	buffer_text(bundle_put(t, "Contents/Info.plist"), "<plist><dict/></plist>");
}

static void info_replace(struct bundle_tree *t)
{
	buffer_text(bundle_put(t, "Contents/Info.plist"),
		    "<plist><dict><key>CFBundleExecutable</key><string>prog</string>"
		    "<key>LSEnvironment</key><string>other</string></dict></plist>");
}

static void info_points(struct bundle_tree *t)
{
	bundle_text(t, "Contents/MacOS/evil", "#!/bin/sh\nexit 0\n");
	buffer_text(bundle_put(t, "Contents/Info.plist"),
		    "<plist><dict><key>CFBundleExecutable</key><string>evil</string>"
		    "</dict></plist>");
}

static void seal_swap(struct bundle_tree *t)
{
	buffer_text(bundle_put(t, "Contents/_CodeSignature/CodeResources"),
		    "<plist><dict/></plist>");
}

static void info_drop(struct bundle_tree *t)
{
	bundle_drop(t, "Contents/Info.plist");
}

static void info_linked(struct bundle_tree *t)
{
	bundle_link(t, "Contents/Info.plist", "Resources/a.txt");
}

static void ticket_add(struct bundle_tree *t)
{
	bundle_text(t, "Contents/CodeResources", "a ticket");
}

static void none(struct bundle_tree *t)
{
	(void)t;
}

/* The program alone, in its folder. */
static const struct {
	const char *what;
	void (*change)(struct bundle_tree *t);
	const char *verdict, *finding, *no_finding;
} programs[] = {
	{"as signed",              none,        "untrusted", NULL,                   "macho.slot-unchecked"},
	{ "another Info.plist",    info_swap,   "tampered",  "macho.slot-mismatch",
         "macho.slot-unchecked"									    },
	{ "another CodeResources", seal_swap,   "tampered",  "macho.slot-mismatch",  NULL                  },
	{ "no Info.plist",         info_drop,   "untrusted", "macho.slot-unchecked",
         "macho.slot-mismatch"									     },
	{ "Info.plist is a link",  info_linked, "untrusted", "macho.slot-unchecked", NULL                  },
	{ "a ticket",              ticket_add,  "untrusted", "macho.ticket",         NULL                  },
};

static const struct report *program_judge(struct scene *s, const char *path)
{
	struct engine_file file = { .fd = open(path, O_RDONLY | O_CLOEXEC) };

	companions_open(AT_FDCWD, path, &file.beside);
	arena_reset(&s->court.arena);
	engine_examine(&s->court.engine, s->court.lanes, &file, 1, &s->court.arena,
		       &s->court.report);
	companions_close(&file.beside);
	(void)close(file.fd);
	return &s->court.report;
}

static void check_programs(struct scene *s)
{
	for (size_t i = 0; i < COUNT_OF(programs); i++) {
		CLEANUP(bundle_free) struct bundle_tree t = { 0 };
		const struct report *r;
		char path[96];

		scene_folder(s);
		app_make(s, &t, &(struct bundle_wish){ 0 });
		programs[i].change(&t);
		bundle_write(&t, s->folder);
		(void)snprintf(path, sizeof(path), "%s/Contents/MacOS/prog", s->folder);
		r = program_judge(s, path);
		CHECK(strcmp(assay_verdict_word(r->verdict), programs[i].verdict) == 0,
		      "program, %s: %s (%s)", programs[i].what, assay_verdict_word(r->verdict),
		      r->rule);
		CHECK(!programs[i].finding || court_has(r, programs[i].finding),
		      "program, %s: finding", programs[i].what);
		CHECK(!programs[i].no_finding || !court_has(r, programs[i].no_finding),
		      "program, %s: no other finding", programs[i].what);
		scene_clean(s);
	}
}

/* ---- whole bundles ---- */

static void text_change(struct bundle_tree *t)
{
	bundle_text(t, "Contents/Resources/a.txt", "First");
}

static void text_drop(struct bundle_tree *t)
{
	bundle_drop(t, "Contents/Resources/b.txt");
}

static void text_add(struct bundle_tree *t)
{
	bundle_text(t, "Contents/Resources/new.txt", "new");
}

static void program_add(struct bundle_tree *t)
{
	bundle_text(t, "Contents/MacOS/other", "#!/bin/sh\nexit 0\n");
}

static void usual_add(struct bundle_tree *t)
{
	bundle_text(t, "Contents/Resources/.DS_Store", "positions");
	bundle_text(t, "Contents/PkgInfo", "APPL????");
	bundle_text(t, "Contents/_MASReceipt/receipt", "bought");
}

static void optional_drop(struct bundle_tree *t)
{
	bundle_drop(t, "Contents/Resources/en.lproj/c.strings");
}

static void optional_change(struct bundle_tree *t)
{
	bundle_text(t, "Contents/Resources/en.lproj/c.strings", "Third");
}

static void file_to_link(struct bundle_tree *t)
{
	bundle_link(t, "Contents/Resources/a.txt", "b.txt");
}

static void link_change(struct bundle_tree *t)
{
	bundle_link(t, "Contents/Resources/link", "b.txt");
}

static void link_to_file(struct bundle_tree *t)
{
	bundle_text(t, "Contents/Resources/link", "a.txt");
}

static void beside_add(struct bundle_tree *t)
{
	bundle_text(t, "other.txt", "beside Contents");
}

static void seal_cut(struct bundle_tree *t)
{
	bundle_drop(t, "Contents/_CodeSignature/CodeResources");
}

static void signature_cut(struct bundle_tree *t)
{
	struct buffer *b = bundle_put(t, "Contents/MacOS/prog");

	forge_macho_make(&(struct forge_macho){ 0 }, b);
}

static void program_cut(struct bundle_tree *t)
{
	bundle_drop(t, "Contents/MacOS/prog");
}

static void nested_change(struct bundle_tree *t)
{
	bundle_text(t, "Contents/Frameworks/In.framework/Versions/A/Resources/x.txt",
		    "changed");
}

static void nested_current(struct bundle_tree *t)
{
	bundle_link(t, "Contents/Frameworks/In.framework/Versions/Current", "B");
}

static void nested_strip(struct bundle_tree *t)
{
	forge_macho_make(&(struct forge_macho){ 0 },
			 bundle_put(t, "Contents/Frameworks/In.framework/Versions/A/In"));
}

static void nested_drop_seal(struct bundle_tree *t)
{
	bundle_drop(t, "Contents/Frameworks/In.framework/Versions/A/_CodeSignature/"
		       "CodeResources");
}

static void framework_add(struct bundle_tree *t)
{
	bundle_text(t, "Contents/Frameworks/In.framework/evil", "beside the versions");
}

static void framework_link(struct bundle_tree *t)
{
	bundle_link(t, "Contents/Frameworks/In.framework/In", "../../Resources/a.txt");
}

static void seal_folder_add(struct bundle_tree *t)
{
	bundle_text(t, "Contents/_CodeSignature/evil", "where no rule looks");
}

static void helper_change(struct bundle_tree *t)
{
	struct buffer *b = bundle_put(t, "Contents/MacOS/helper");

	forge_macho_make(&(struct forge_macho){ .seed = 99 }, b);
	forge_macho_sign(&(struct forge_code){ .flags = MACHO_ADHOC }, b);
}

static void omitted_add(struct bundle_tree *t)
{
	bundle_text(t, "Contents/Resources/b-more.txt", "nobody knows it");
}

/* A helper for two processors, of which the seal names one. */
static void helper_make(struct bundle_tree *t, uint64_t second)
{
	CLEANUP(buffer_free) struct buffer arm = BUFFER_INIT, intel = BUFFER_INIT;
	struct forge_code code = { .flags = MACHO_ADHOC };

	forge_macho_make(&(struct forge_macho){ .seed = 7 }, &arm);
	forge_macho_sign(&code, &arm);
	forge_macho_make(&(struct forge_macho){ .cpu_type = MACHO_X86_64, .seed = second },
			 &intel);
	forge_macho_sign(&code, &intel);
	forge_fat_make(
		&(struct forge_fat){
			.slices = {{ buffer_span(&intel), MACHO_X86_64, 3 },
                                   { buffer_span(&arm), MACHO_ARM64, 0 }}
        },
		bundle_put(t, "Contents/MacOS/helper"));
}

static void helper_slice(struct bundle_tree *t)
{
	helper_make(t, 66);
}

static void hostile_names(struct bundle_tree *t)
{
	bundle_text(t, "Contents/Resources/\x1b[31m\xff\n.txt", "x");
}

static void inner_plist(struct bundle_tree *t)
{
	bundle_text(t, "Contents/Resources/deep.app/Info.plist",
		    "<plist><dict><key>CFBundleExecutable</key><string>../../../MacOS/prog"
		    "</string></dict></plist>");
}

enum shape {
	PLAIN,
	LINKED,
	OLD,
	SHORT,
	ADHOC,
	UNSEALED,
	NESTED,
	FLAT,
	OMITS,
	MANY_RULES,
	FOREIGN
};

static const struct {
	const char *what;
	enum shape shape;
	void (*change)(struct bundle_tree *t);
	const char *verdict, *finding, *no_finding;
} bundles[] = {
	{"as sealed",			   PLAIN,      none,             "untrusted", NULL,                      "bundle."            },
	{ "changed",			    PLAIN,      text_change,      "tampered",  "bundle.resource-changed", NULL                 },
	{ "missing",			    PLAIN,      text_drop,        "tampered",  "bundle.resource-missing", NULL                 },
	{ "added",			      PLAIN,      text_add,         "partial",   "bundle.resource-added",   NULL                 },
	{ "a script added",                     PLAIN,      program_add,      "partial",   "bundle.resource-added",   NULL                 },
	{ "omitted by rule",                    PLAIN,      usual_add,        "untrusted", NULL,                      "bundle."            },
	{ "optional, missing",                  PLAIN,      optional_drop,    "untrusted", NULL,                      "bundle."            },
	{ "optional, changed",                  PLAIN,      optional_change,  "tampered",  "bundle.resource-changed",
         NULL															      },
	{ "a link for a file",                  PLAIN,      file_to_link,     "tampered",  "bundle.resource-type",    NULL                 },
	{ "Info.plist swapped",                 PLAIN,      info_replace,     "tampered",  "macho.slot-mismatch",     NULL                 },
	{ "Info.plist that names nothing",      PLAIN,      info_swap,        "stripped",  "bundle.no-executable",
         NULL															      },
	{ "Info.plist that names another",      PLAIN,      info_points,      "stripped",  NULL,                      NULL                 },
	{ "Info.plist is a link",               PLAIN,      info_linked,      "stripped",  "bundle.info-link",        NULL                 },
	{ "Info.plist is a link, never sealed", UNSEALED,   info_linked,      "unsigned",
         "bundle.info-link",											  NULL                 },
	{ "CodeResources swapped",              PLAIN,      seal_swap,        "tampered",  "macho.slot-mismatch",
         "bundle.resource-missing"													 },
	{ "CodeResources gone",                 PLAIN,      seal_cut,         "partial",   "bundle.unbound",          NULL                 },
	{ "signature gone",                     PLAIN,      signature_cut,    "stripped",  NULL,                      NULL                 },
	{ "program gone",                       PLAIN,      program_cut,      "stripped",  "bundle.no-executable",    NULL                 },
	{ "Info.plist gone",                    PLAIN,      info_drop,        "stripped",  "bundle.no-executable",    NULL                 },
	{ "beside Contents",                    PLAIN,      beside_add,       "partial",   "bundle.root-unsealed",    NULL                 },
	{ "a ticket",			   PLAIN,      ticket_add,       "untrusted", "macho.ticket",            "bundle."            },
	{ "hostile names",                      PLAIN,      hostile_names,    "partial",   "bundle.resource-added",   NULL                 },
	{ "a bundle inside that lies",          PLAIN,      inner_plist,      "partial",   "bundle.resource-added",
         NULL															      },
	{ "links",			      LINKED,     none,             "untrusted", NULL,                      "bundle.resource"    },
	{ "link changed",                       LINKED,     link_change,      "tampered",  "bundle.resource-changed", NULL                 },
	{ "a file for a link",                  LINKED,     link_to_file,     "tampered",  "bundle.resource-type",    NULL                 },
	{ "version 1",			  OLD,        none,             "untrusted", "bundle.seal-old",         "bundle.uncovered"   },
	{ "version 1, code added",              OLD,        program_add,      "partial",   "bundle.uncovered",        NULL                 },
	{ "version 1, changed",                 OLD,        text_change,      "tampered",  "bundle.resource-changed", NULL                 },
	{ "SHA-1 alone",                        SHORT,      none,             "untrusted", NULL,                      "bundle."            },
	{ "SHA-1 alone, changed",               SHORT,      text_change,      "tampered",  "bundle.resource-changed",
         NULL															      },
	{ "ad-hoc",			     ADHOC,      none,             "adhoc",     NULL,                      "bundle."            },
	{ "ad-hoc, changed",                    ADHOC,      text_change,      "broken",    "bundle.resource-changed", NULL                 },
	{ "never sealed",                       UNSEALED,   none,             "partial",   "bundle.unbound",          NULL                 },
	{ "rules omit too much",                OMITS,      omitted_add,      "partial",   "bundle.omitted",          NULL                 },
	{ "too many rules",                     MANY_RULES, none,             "error",     NULL,                      NULL                 },
	{ "nested",			     NESTED,     none,             "untrusted", "bundle.code-word",        "bundle.code-changed"},
	{ "nested, changed",                    NESTED,     nested_change,    "tampered",  "bundle.code-word",
         "bundle.code-changed"													     },
	{ "nested, unsigned",                   NESTED,     nested_strip,     "tampered",  "bundle.code-changed",     NULL                 },
	{ "nested, no seal",                    NESTED,     nested_drop_seal, "tampered",  NULL,                      NULL                 },
	{ "nested, other version",              NESTED,     nested_current,   "tampered",
         "bundle.resource-missing",										   NULL                 },
	{ "helper exchanged",                   NESTED,     helper_change,    "tampered",  "bundle.code-changed",     NULL                 },
	{ "beside the versions",                NESTED,     framework_add,    "partial",   "bundle.code-word",        NULL                 },
	{ "link out of a framework",            NESTED,     framework_link,   "partial",   "bundle.code-word",
         NULL															      },
	{ "helper with a foreign slice",        NESTED,     helper_slice,     "tampered",
         "bundle.code-changed",										       NULL                 },
	{ "beside the seal",                    PLAIN,      seal_folder_add,  "partial",   "bundle.resource-added",   NULL                 },
	{ "flat",			       FLAT,       none,             "untrusted", NULL,                      "bundle."            },
	{ "a signature of another kind",        FOREIGN,    none,             "stripped",  NULL,                      NULL                 },
	{ "of another kind, never sealed",      FOREIGN,    seal_cut,         "unsigned",  NULL,                      NULL                 },
};

static void nested_make(struct scene *s, struct bundle_tree *t, struct bundle_wish *wish)
{
	struct bundle_wish inner = {
		.base = "Contents/Frameworks/In.framework/Versions/A/",
		.executable = "In",
		.info = "Resources/Info.plist",
		.identifier = "forge.in",
	};
	struct buffer *helper = bundle_put(t, "Contents/MacOS/helper");

	forge_macho_make(&(struct forge_macho){ .seed = 7 }, helper);
	forge_macho_sign(&(struct forge_code){ .flags = MACHO_ADHOC }, helper);
	bundle_text(t, "Contents/Frameworks/In.framework/Versions/A/Resources/x.txt", "inner");
	bundle_link(t, "Contents/Frameworks/In.framework/Versions/Current", "A");
	bundle_link(t, "Contents/Frameworks/In.framework/In", "Versions/Current/In");
	bundle_sign(s->f, t, &inner);
	wish->nested[0].path = "Frameworks/In.framework";
	wish->nested[0].cdhash = bundle_cdhash(
		s->f, bundle_file(t, "Contents/Frameworks/In.framework/Versions/A/In"));
	wish->nested[1].path = "MacOS/helper";
	wish->nested[1].cdhash = bundle_cdhash(s->f, bundle_file(t, "Contents/MacOS/helper"));
}

static const char *many_rules(struct scene *s)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	for (unsigned i = 0; i < 200; i++)
		buffer_printf(&b, "<key>^%u</key><true/>", i);
	buffer_char(&b, '\0');
	return (const char *)forge_keep(s->f, buffer_span(&b)).ptr;
}

static void shape_make(struct scene *s, struct bundle_tree *t, enum shape shape)
{
	struct bundle_wish wish = {
		.old_only = shape == OLD,
		.no_sha256 = shape == SHORT,
		.adhoc = shape == ADHOC,
		.unsealed = shape == UNSEALED,
	};

	if (shape == LINKED)
		bundle_link(t, "Contents/Resources/link", "a.txt");
	if (shape == NESTED)
		nested_make(s, t, &wish);
	if (shape == OMITS)
		wish.rules = "<key>^.*</key><true/><key>^Resources/b</key>"
			     "<dict><key>omit</key><true/><key>weight</key><real>9</real>"
			     "</dict><key>^Info\\.plist$</key><dict><key>omit</key><true/>"
			     "<key>weight</key><real>20</real></dict>";
	if (shape == MANY_RULES)
		wish.rules = many_rules(s);
	if (shape == FLAT) {
		wish.base = "";
		wish.executable = "prog";
		bundle_text(t, "a.txt", "first");
		bundle_text(t, "Assets/b.txt", "second");
		bundle_sign(s->f, t, &wish);
		return;
	}
	app_make(s, t, &wish);
	if (shape == FOREIGN)
		forge_script_make(s->f, &(struct forge_signature){ 0 },
				  &(struct forge_script){ .family = SCRIPT_PS1 },
				  bundle_put(t, "Contents/MacOS/prog"));
}

struct heard {
	struct arena arena;
	struct report report;
	unsigned n;
	bool failed;
	const char *rule;
};

static bool heard_stopped(void *context)
{
	(void)context;
	return false;
}

static void heard_answer(void *context, struct span inner, struct span report)
{
	struct heard *h = context;

	if (inner.len > 0)
		return;
	h->n++;
	h->failed = wire_decode(&h->arena, report, &h->report) != STATUS_OK;
}

static void heard_failed(void *context, struct span inner, const char *rule, const char *why)
{
	struct heard *h = context;

	(void)why;
	if (inner.len == 0) {
		h->failed = true;
		h->rule = rule;
	}
}

static bool has_beginning(const struct report *r, const char *with)
{
	for (size_t i = 0; i < r->n_findings; i++)
		if (strncmp(r->findings[i].id, with, strlen(with)) == 0)
			return true;
	return false;
}

static void findings_print(const struct report *r)
{
	for (size_t i = 0; i < r->n_findings; i++)
		printf("# %s: %s, %s\n", r->findings[i].id,
		       r->findings[i].expected ? r->findings[i].expected : "-",
		       r->findings[i].observed ? r->findings[i].observed : "-");
}

static void check_bundle(struct scene *s, struct pool *pool, size_t i)
{
	CLEANUP(bundle_free) struct bundle_tree t = { 0 };
	struct heard h = { .arena = ARENA_INIT((size_t)32 << 20) };
	const struct bundle_visit visit = { pool, &h, heard_stopped, heard_answer,
					    heard_failed };
	int bad = check_bad;
	const char *word;

	scene_folder(s);
	shape_make(s, &t, bundles[i].shape);
	bundles[i].change(&t);
	bundle_write(&t, s->folder);
	CHECK(bundle_folder_is(s->folder), "bundle, %s: known", bundles[i].what);
	bundle_folder_judge(s->folder, false, &visit);
	word = assay_verdict_word(h.report.verdict);
	CHECK(h.n == 1 && !h.failed && strcmp(word, bundles[i].verdict) == 0,
	      "bundle, %s: %s (%s)", bundles[i].what, word,
	      h.report.rule ? h.report.rule : h.rule);
	CHECK((!bundles[i].finding || court_has(&h.report, bundles[i].finding)) &&
		      (!bundles[i].no_finding ||
		       !has_beginning(&h.report, bundles[i].no_finding)),
	      "bundle, %s: findings", bundles[i].what);
	if (check_bad > bad)
		findings_print(&h.report);
	arena_free(&h.arena);
	scene_clean(s);
}

static void check_bundles(struct scene *s)
{
	struct pool_settings settings = { .n_threads = 1 };
	const char *warning;
	struct pool *pool;

	if (pool_start(&s->court.engine, &settings, &pool, &warning) != STATUS_OK) {
		CHECK(false, "a pool");
		return;
	}
	for (size_t i = 0; i < COUNT_OF(bundles); i++)
		check_bundle(s, pool, i);
	pool_stop(pool);
}

int main(void)
{
	struct scene s = { .f = forge_new() };

	court_open(&s.court, s.f);
	check_programs(&s);
	check_bundles(&s);
	court_close(&s.court);
	forge_free(s.f);
	return CHECK_DONE();
}
