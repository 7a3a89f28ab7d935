/* SPDX-License-Identifier: MIT */
/* Requirements in prefix form, and how they read in Apple's language. */
#include "structure/requirement.h"
#include "tests/check.h"

#define ARENA_BYTES ((size_t)8 << 20)
#define HEAD(len)   "\xfa\xde\x0c\x00\0\0\0" len "\0\0\0\1"

static const struct row {
	const char *name;
	struct span blob;
	const char *text; /* NULL: malformed */
} rows[] = {
#define ROW(name, bytes, text)                                                                 \
	{                                                                                      \
		name, SPAN_INIT(bytes), text                                                   \
	}
	ROW("always", HEAD("\x10") "\0\0\0\1", "always"),
	ROW("identifier", HEAD("\x1c") "\0\0\0\2\0\0\0\5forge\0\0\0", "identifier \"forge\""),
	ROW("and, not", HEAD("\x24") "\0\0\0\6\0\0\0\2\0\0\0\1x\0\0\0\0\0\0\x9\0\0\0\3",
	    "identifier \"x\" and !(anchor apple)"),
	ROW("or in and", HEAD("\x20") "\0\0\0\6\0\0\0\7\0\0\0\1\0\0\0\0\0\0\0\xf",
	    "(always or never) and anchor apple generic"),
	ROW("field", HEAD("\x20") "\0\0\0\xe\0\0\0\1\0\0\0\3\x2a\x86\x48\0\0\0\0\0",
	    "certificate 1[field.1.2.840] exists"),
	ROW("subject",
	    HEAD("\x30") "\0\0\0\xb\0\0\0\0\0\0\0\xasubject.OU\0\0\0\0\0\1\0\0\0\4TEAM",
	    "certificate leaf[subject.OU] = \"TEAM\""),
	ROW("ends with", HEAD("\x24") "\0\0\0\xa\0\0\0\2Ab\0\0\0\0\0\4\0\0\0\1y\0\0\0",
	    "info[Ab] = \"*y\""),
	ROW("cdhash", HEAD("\x18") "\0\0\0\x8\0\0\0\2\1\2\0\0", "cdhash H\"0102\""),
	ROW("root", HEAD("\x18") "\0\0\0\xc\xff\xff\xff\xff\0\0\0\1", NULL),
	ROW("root trusted", HEAD("\x14") "\0\0\0\xc\xff\xff\xff\xff",
	    "certificate root trusted"),
	ROW("unknown, false", HEAD("\x18") "\x80\0\0\x63\0\0\0\1x\0\0\0",
	    "never /* unknown */"),
	ROW("unknown, passed over", HEAD("\x14") "\x40\0\0\x63\0\0\0\0",
	    "always /* unknown */"),
	ROW("unknown", HEAD("\x14") "\0\0\0\x63\0\0\0\0", NULL),
	ROW("operand missing", HEAD("\x10") "\0\0\0\x9", NULL),
	ROW("match unknown", HEAD("\x1c") "\0\0\0\xa\0\0\0\1x\0\0\0\0\0\0\x63", NULL),
	ROW("text too long", HEAD("\x14") "\0\0\0\2\xff\xff\xff\xff", NULL),
	ROW("more behind", HEAD("\x14") "\0\0\0\1\0\0\0\1", NULL),
	ROW("another length", HEAD("\x11") "\0\0\0\1", NULL),
	ROW("not in prefix form", "\xfa\xde\x0c\x00\0\0\0\x0c\0\0\0\2",
	    "/* not in prefix form */"),
#undef ROW
};

/* A thousand times "not" is a limit, not a deep stack. */
static void depth_check(void)
{
	static const char head[] = HEAD("\0");
	CLEANUP(arena_free) struct arena a = { .limit = ARENA_BYTES };
	static uint8_t bytes[12 + 4 * 2000];
	struct requirement r;

	memcpy(bytes, head, 12);
	bytes[6] = sizeof(bytes) >> 8 & 0xff;
	bytes[7] = sizeof(bytes) & 0xff;
	for (size_t i = 12; i < sizeof(bytes); i += 4)
		bytes[i + 3] = 9;
	CHECK(requirement_read(&a, SPAN_OF(bytes), &r) == STATUS_LIMIT, "depth");
}

static void set_check(void)
{
	static const char set[] =
		"\xfa\xde\x0c\x01\0\0\0\x24\0\0\0\1\0\0\0\3\0\0\0\x14" HEAD("\x10") "\0\0\0\1";
	CLEANUP(arena_free) struct arena a = { .limit = ARENA_BYTES };
	struct span whole = { (const uint8_t *)set, sizeof(set) - 1 };
	struct requirement_set out;
	size_t good = 0;

	CHECK(requirement_set_read(&a, whole, &out) == STATUS_OK && out.n == 1 &&
		      out.each[0].type == REQUIREMENT_DESIGNATED,
	      "a set");
	for (size_t len = 0; len < whole.len; len++)
		good += requirement_set_read(&a, span_clip(whole, 0, len), &out) == STATUS_OK;
	CHECK(good == 0, "no prefix passes");
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(arena_free) struct arena a = { .limit = ARENA_BYTES };
		struct requirement r;
		enum status s = requirement_read(&a, rows[i].blob, &r);
		const char *text = s == STATUS_OK ? requirement_text(&a, &r) : NULL;

		CHECK(rows[i].text ? text && strcmp(text, rows[i].text) == 0
				   : s == STATUS_MALFORMED,
		      "%s: %s", rows[i].name, text ? text : status_text(s));
	}
	depth_check();
	set_check();
	return CHECK_DONE();
}
