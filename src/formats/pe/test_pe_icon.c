/* SPDX-License-Identifier: MIT */
/* Icons and manifests in programs: each row is one of them and what is read of it. */
#include "formats/pe/test_program.h"
#include "tests/check.h"

static const struct forge_program program = { 0 };

#define MEMBERS 4

/* clang-format off */
static const struct {
	const char *name;
	const char *rule; /* the one finding; NULL: none */
	uint16_t sides[MEMBERS], bits[MEMBERS]; /* of the group; side 0 ends, 256 becomes 0 */
	uint32_t chosen;     /* name of the RT_ICON that is there */
	uint32_t side;       /* of its picture */
	uint32_t off, value; /* what is changed in it; value 0: nothing */
	bool present;
} icon_cases[] = {
#define BAD "pe.icon-malformed"
	{ "one", NULL, { 32 }, { 32 }, 1, 32, 0, 0, true },
	{ "the second of three", NULL, { 16, 32, 48 }, { 32, 32, 32 }, 2, 32, 0, 0, true },
	{ "the nearest", NULL, { 16, 256, 48 }, { 32, 32, 32 }, 3, 48, 0, 0, true },
	{ "the larger of two as near", NULL, { 24, 40 }, { 32, 32 }, 2, 40, 0, 0, true },
	{ "that of more bits", NULL, { 32, 32, 32 }, { 8, 32, 24 }, 2, 32, 0, 0, true },
	{ "256 x 256", NULL, { 256 }, { 32 }, 1, 256, 0, 0, true },
	{ "one that is not there", BAD, { 32 }, { 32 }, 9, 32, 0, 0, false },
	{ "an empty group", BAD, { 0 }, { 0 }, 1, 32, 0, 0, false },
	{ "65535 wide", BAD, { 32 }, { 32 }, 1, 32, 4, 0xffff, false },
	{ "65535 high", BAD, { 32 }, { 32 }, 1, 32, 8, 0xffff, false },
	{ "2^31 by 2^31", BAD, { 32 }, { 32 }, 1, 32, 7, 0x80000080, false },
	{ "larger than its bytes", BAD, { 32 }, { 32 }, 1, 32, 4, 200, false },
	{ "of a kind that is not read", NULL, { 32 }, { 32 }, 1, 32, 16, 1, false },
	{ "of a wrong header", BAD, { 32 }, { 32 }, 1, 32, 0, 0xffffffff, false },
	{ "larger than is looked at", "limit.pe-features", { 32 }, { 32 }, 1, 600, 0, 0, false },
};
/* clang-format on */

static void group_make(struct buffer *out, size_t row)
{
	uint16_t n = 0;

	while (n < MEMBERS && icon_cases[row].sides[n] != 0)
		n++;
	buffer_u16le(out, 0);
	buffer_u16le(out, 1);
	buffer_u16le(out, n);
	for (uint16_t i = 0; i < n; i++) {
		buffer_char(out, (char)icon_cases[row].sides[i]);
		buffer_char(out, (char)icon_cases[row].sides[i]);
		buffer_u16le(out, 0);
		buffer_u16le(out, 1);
		buffer_u16le(out, icon_cases[row].bits[i]);
		buffer_u32le(out, 1);
		buffer_u16le(out, (uint16_t)(i + 1));
	}
}

static void check_icons(void)
{
	for (size_t i = 0; i < COUNT_OF(icon_cases); i++) {
		CLEANUP(buffer_free) struct buffer icon = BUFFER_INIT, group = BUFFER_INIT;
		struct forge_resource two[2] = {
			{FORGE_RT_ICON,        (uint16_t)icon_cases[i].chosen, 0, SPAN_NONE},
			{ FORGE_RT_GROUP_ICON, 1,                              0, SPAN_NONE},
		};
		const struct forge_resources wish = { .others = two, .n_others = 2 };
		const char *bad;
		struct world w;

		forge_icon(&icon, icon_cases[i].side, i + 1);
		if (icon_cases[i].value != 0)
			forge_put(&icon, icon_cases[i].off, 4, icon_cases[i].value);
		group_make(&group, i);
		two[0].bytes = buffer_span(&icon);
		two[1].bytes = buffer_span(&group);
		world_make(&w, &program, &wish);
		world_read(&w);
		CHECK(w.r.status == STATUS_OK &&
			      w.r.identity.icon.present == icon_cases[i].present &&
			      (w.r.identity.icon.dhash != 0) == icon_cases[i].present &&
			      finding_only(&w.r.findings, icon_cases[i].rule),
		      "icon: %s", icon_cases[i].name);
		bad = pe_features_hold(buffer_span(&w.file));
		CHECK(!bad, "icon, what must hold: %s: %s", icon_cases[i].name,
		      bad ? bad : "yes");
		world_end(&w);
	}
}

/* The same seed looks the same, whatever else is different. */
static void check_seeds(void)
{
	uint64_t hashes[3];

	for (size_t i = 0; i < COUNT_OF(hashes); i++) {
		const struct forge_program p = { .seed = i, .pe32 = i == 1 };
		const struct forge_resources wish = { .icon = i < 2 ? 7 : 8 };
		struct world w;

		world_make(&w, &p, &wish);
		world_read(&w);
		hashes[i] = w.r.identity.icon.dhash;
		world_end(&w);
	}
	CHECK(hashes[0] == hashes[1] && hashes[0] != hashes[2], "icons tell pictures apart");
}

#define ROOT "<assembly xmlns='urn:schemas-microsoft-com:asm.v1'>"
#define OWN  "<assemblyIdentity version='1.0.0.0' name='Own' type='win32'/>"
#define OTHER                                                                                  \
	"<dependency><dependentAssembly><assemblyIdentity name='Other'/></dependentAssembly>"  \
	"</dependency>"
#define RIGHTS                                                                                 \
	"<trustInfo><security><a:requestedExecutionLevel uiAccess='false' level = "            \
	"\"asInvoker\" /></security></trustInfo>"

/* clang-format off */
static const struct {
	const char *name;
	struct span xml;
	const char *identity, *level;
} manifest_cases[] = {
	{ "both", SPAN_INIT(ROOT OWN RIGHTS "</assembly>"), "Own", "asInvoker" },
	{ "with a declaration and a mark",
	  SPAN_INIT("\xef\xbb\xbf<?xml version='1.0'?>\n" ROOT OWN), "Own", NULL },
	{ "dependencies first", SPAN_INIT(ROOT OTHER OWN "</assembly>"), "Own", NULL },
	{ "dependencies alone", SPAN_INIT(ROOT OTHER "</assembly>"), NULL, NULL },
	{ "the first of two",
	  SPAN_INIT(ROOT OWN "<assemblyIdentity name='Second'/></assembly>"), "Own", NULL },
	{ "not closed", SPAN_INIT(ROOT "<assemblyIdentity name='Own'></assemblyIdentity>" RIGHTS),
	  "Own", "asInvoker" },
	{ "in a comment", SPAN_INIT(ROOT "<!-- " OWN " -->" RIGHTS), NULL, "asInvoker" },
	{ "in CDATA", SPAN_INIT(ROOT "<![CDATA[" OWN "]]>" RIGHTS), NULL, "asInvoker" },
	{ "a DTD", SPAN_INIT("<!DOCTYPE a [<!ENTITY x 'y'>]>" ROOT OWN), NULL, NULL },
	{ "entities stay", SPAN_INIT(ROOT "<assemblyIdentity name='a&x;b'/>"), "a&x;b", NULL },
	{ "a value without end",
	  SPAN_INIT(ROOT OWN "<trustInfo x='><requestedExecutionLevel level=\"a\"/>"), "Own",
	  NULL },
	{ "an end too many", SPAN_INIT("</assembly>" ROOT OWN), NULL, NULL },
	{ "a name that turns text around",
	  SPAN_INIT(ROOT "<assemblyIdentity name='a\xe2\x80\xae" "b'/>"), "a\\u{202e}b", NULL },
	{ "no XML", SPAN_INIT("name='Own'"), NULL, NULL },
	{ "'<' alone", SPAN_INIT("<"), NULL, NULL },
	{ "UTF-16",
	  SPAN_INIT("\xff\xfe<\0a\0>\0<\0a\0s\0s\0e\0m\0b\0l\0y\0I\0d\0e\0n\0t\0i\0t\0y\0 \0"
		    "n\0a\0m\0e\0=\0'\0O\0'\0/\0>\0"), "O", NULL },
	{ "UTF-16, highest byte first, no mark",
	  SPAN_INIT("\0<\0a\0>\0<\0a\0s\0s\0e\0m\0b\0l\0y\0I\0d\0e\0n\0t\0i\0t\0y\0 "
		    "\0n\0a\0m\0e\0=\0'\0O\0'\0/\0>"), "O", NULL },
};
/* clang-format on */

/* Those in which reading stops before the end. */
static bool is_malformed(const char *name)
{
	static const char *const names[] = { "a DTD", "a value without end", "an end too many",
					     "'<' alone" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void check_manifests(void)
{
	for (size_t i = 0; i < COUNT_OF(manifest_cases); i++) {
		const struct forge_resource one = { FORGE_RT_MANIFEST, 1, 0,
						    manifest_cases[i].xml };
		const struct forge_resources wish = { .others = &one, .n_others = 1 };
		const struct pe_manifest *m;
		const char *bad;
		struct world w;

		world_make(&w, &program, &wish);
		world_read(&w);
		m = &w.r.identity.manifest;
		CHECK(m->present && text_equal(m->identity, manifest_cases[i].identity) &&
			      text_equal(m->level, manifest_cases[i].level) &&
			      w.r.findings.n == is_malformed(manifest_cases[i].name) &&
			      finding_has(&w.r.findings, "pe.manifest-malformed", -2) ==
				      is_malformed(manifest_cases[i].name),
		      "manifest: %s", manifest_cases[i].name);
		bad = pe_features_hold(buffer_span(&w.file));
		CHECK(!bad, "manifest, what must hold: %s: %s", manifest_cases[i].name,
		      bad ? bad : "yes");
		world_end(&w);
	}
}

/* 40 elements inside each other are no manifest. */
static void check_deep(void)
{
	CLEANUP(buffer_free) struct buffer xml = BUFFER_INIT;
	struct forge_resource one = { FORGE_RT_MANIFEST, 1, 0, SPAN_NONE };
	const struct forge_resources wish = { .others = &one, .n_others = 1 };
	struct world w;

	for (int i = 0; i < 40; i++)
		buffer_text(&xml, "<a>");
	buffer_text(&xml, "<requestedExecutionLevel level='deep'/>");
	one.bytes = buffer_span(&xml);
	world_make(&w, &program, &wish);
	world_read(&w);
	CHECK(w.r.identity.manifest.present && !w.r.identity.manifest.level,
	      "manifest: too deep");
	world_end(&w);
}

int main(void)
{
	check_icons();
	check_seeds();
	check_manifests();
	check_deep();
	return CHECK_DONE();
}
