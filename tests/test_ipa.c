/* SPDX-License-Identifier: MIT */
/* Apps in archives, through the whole house. */
#include "tests/bundle_builder.h"
#include "tests/check.h"
#include "tests/court.h"
#include "tests/zip_builder.h"

static void none(struct bundle_tree *t)
{
	(void)t;
}

static void ipa_text_change(struct bundle_tree *t)
{
	bundle_text(t, "Payload/X.app/a.txt", "First");
}

static void ipa_text_drop(struct bundle_tree *t)
{
	bundle_drop(t, "Payload/X.app/a.txt");
}

static void ipa_text_add(struct bundle_tree *t)
{
	bundle_text(t, "Payload/X.app/new.dylib", "new");
}

static void ipa_link_change(struct bundle_tree *t)
{
	bundle_link(t, "Payload/X.app/link", "../../etc/passwd");
}

static void ipa_info_change(struct bundle_tree *t)
{
	bundle_text(t, "Payload/X.app/Info.plist",
		    "<plist><dict><key>CFBundleExecutable</key><string>prog</string>"
		    "</dict></plist>");
}

static void ipa_inner_change(struct bundle_tree *t)
{
	bundle_text(t, "Payload/X.app/PlugIns/In.appex/x.txt", "changed");
}

static void ipa_two_apps(struct bundle_tree *t)
{
	bundle_text(t, "Payload/Y.app/Info.plist", "<plist><dict/></plist>");
}

static void ipa_strip(struct bundle_tree *t)
{
	forge_macho_make(&(struct forge_macho){ 0 }, bundle_put(t, "Payload/X.app/prog"));
}

static void ipa_metadata(struct bundle_tree *t)
{
	bundle_text(t, "iTunesMetadata.plist", "<plist><dict/></plist>");
	bundle_text(t, "Payload/X.app/._a.txt", "");
	bundle_drop(t, "Payload/X.app/._a.txt");
}

static const struct {
	const char *what;
	void (*change)(struct bundle_tree *t);
	const char *verdict, *finding;
} archives[] = {
	{"as sealed",              none,             "untrusted", NULL                     },
	{ "metadata of the store", ipa_metadata,     "untrusted", NULL                     },
	{ "changed",               ipa_text_change,  "tampered",  "bundle.resource-changed"},
	{ "missing",               ipa_text_drop,    "tampered",  "bundle.resource-missing"},
	{ "added",                 ipa_text_add,     "partial",   "bundle.resource-added"  },
	{ "a link changed",        ipa_link_change,  "tampered",  "bundle.link-outside"    },
	{ "Info.plist swapped",    ipa_info_change,  "tampered",  "macho.slot-mismatch"    },
	{ "changed inside",        ipa_inner_change, "tampered",  "bundle.code-word"       },
	{ "two apps",              ipa_two_apps,     "broken",    NULL                     },
	{ "stripped",              ipa_strip,        "stripped",  NULL                     },
};

static void ipa_make(struct forge *f, struct bundle_tree *t)
{
	struct bundle_wish inner = {
		.base = "Payload/X.app/PlugIns/In.appex/",
		.executable = "In",
		.identifier = "forge.in",
	};
	struct bundle_wish wish = {
		.base = "Payload/X.app/",
		.executable = "prog",
		.nested = { { .path = "PlugIns/In.appex" } },
	};

	bundle_text(t, "Payload/X.app/a.txt", "first");
	bundle_link(t, "Payload/X.app/link", "a.txt");
	bundle_text(t, "Payload/X.app/PlugIns/In.appex/x.txt", "inner");
	bundle_sign(f, t, &inner);
	wish.nested[0].cdhash =
		bundle_cdhash(f, bundle_file(t, "Payload/X.app/PlugIns/In.appex/In"));
	bundle_sign(f, t, &wish);
}

static void archive_write(const struct bundle_tree *t, struct buffer *out)
{
	struct zip_item items[BUNDLE_MAX_FILES] = { 0 };

	for (size_t i = 0; i < t->n; i++)
		items[i] = (struct zip_item){
			.name = t->files[i].path,
			.data = t->files[i].target ? SPAN_TEXT(t->files[i].target)
						   : buffer_span(&t->files[i].bytes),
			.deflate = !t->files[i].target,
			.attributes = t->files[i].target ? UINT32_C(0120777) << 16 : 0,
		};
	zip_build(out, &(struct zip_plan){ .items = items, .n = t->n });
}

static void findings_print(const struct report *r)
{
	for (size_t i = 0; i < r->n_findings; i++)
		printf("# %s: %s, %s\n", r->findings[i].id,
		       r->findings[i].expected ? r->findings[i].expected : "-",
		       r->findings[i].observed ? r->findings[i].observed : "-");
}

int main(void)
{
	struct forge *f = forge_new();
	struct court court;

	court_open(&court, f);
	for (size_t i = 0; i < COUNT_OF(archives); i++) {
		CLEANUP(bundle_free) struct bundle_tree t = { 0 };
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		int bad = check_bad;
		const struct report *r;

		ipa_make(f, &t);
		archives[i].change(&t);
		archive_write(&t, &file);
		r = court_judge(&court, buffer_span(&file));
		CHECK(r->format && strcmp(r->format, "bundle") == 0 &&
			      strcmp(assay_verdict_word(r->verdict), archives[i].verdict) == 0,
		      "archive, %s: %s (%s)", archives[i].what, assay_verdict_word(r->verdict),
		      r->rule);
		CHECK(!archives[i].finding || court_has(r, archives[i].finding),
		      "archive, %s: finding", archives[i].what);
		CHECK(r->size == file.len, "archive, %s: its own size", archives[i].what);
		if (check_bad > bad)
			findings_print(r);
	}
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
