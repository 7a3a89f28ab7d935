/* SPDX-License-Identifier: MIT */
/* Programs of bundles, judged with what stands around them. */
#include "tests/bundle_builder.h"
#include "tests/check.h"
#include "tests/court.h"
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

int main(void)
{
	struct scene s = { .f = forge_new() };

	court_open(&s.court, s.f);
	check_programs(&s);
	court_close(&s.court);
	forge_free(s.f);
	return CHECK_DONE();
}
