/* SPDX-License-Identifier: MIT */
/* Property lists, good and bad, and what is read of them. */
#include "base/buffer.h"
#include "structure/plist/plist.h"
#include "tests/check.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define HEAD                                                                                   \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                         \
	"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "                              \
	"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"

static void show(struct buffer *b, const struct plist *p)
{
	if (p->key.len > 0) {
		buffer_add(b, p->key);
		buffer_text(b, "=");
	}
	switch (p->kind) {
	case PLIST_NONE: buffer_text(b, "none"); return;
	case PLIST_DICT:
	case PLIST_ARRAY:
		buffer_text(b, p->kind == PLIST_DICT ? "{" : "[");
		for (const struct plist *c = p->first; c; c = c->next) {
			show(b, c);
			buffer_text(b, c->next ? "," : "");
		}
		buffer_text(b, p->kind == PLIST_DICT ? "}" : "]");
		return;
	case PLIST_STRING:
		buffer_text(b, "'");
		buffer_add(b, p->bytes);
		buffer_text(b, "'");
		return;
	case PLIST_DATA:
		buffer_text(b, "<");
		buffer_hex(b, p->bytes);
		buffer_text(b, ">");
		return;
	case PLIST_INTEGER: buffer_printf(b, "%lld", (long long)p->number); return;
	case PLIST_BOOLEAN: buffer_text(b, p->number ? "true" : "false"); return;
	case PLIST_REAL: buffer_printf(b, "real %lld", (long long)p->number); return;
	case PLIST_OTHER: buffer_printf(b, "other(%zu)", p->bytes.len); return;
	}
}

static const struct row {
	const char *name;
	struct span in;
	const char *shown; /* NULL: not STATUS_OK */
	enum status status;
} rows[] = {
#define XML(name, text, shown)                                                                 \
	{                                                                                      \
		name, SPAN_INIT(HEAD "<plist version=\"1.0\">" text "</plist>\n"), shown,      \
			STATUS_OK                                                              \
	}
#define BAD(name, bytes, status)                                                               \
	{                                                                                      \
		name, SPAN_INIT(bytes), NULL, status                                           \
	}
#define BINARY(name, bytes, shown)                                                             \
	{                                                                                      \
		name, SPAN_INIT("bplist00" bytes), shown, STATUS_OK                            \
	}
	XML("empty dictionary", "<dict/>", "{}"),
	XML("text", "<string>a &lt; b</string>", "'a < b'"),
	XML("data", "<data>\n\tAAEC\n\t</data>", "<000102>"),
	XML("numbers",
	    "<array><integer>-5</integer><integer>9223372036854775807</integer></array>",
	    "[-5,9223372036854775807]"),
	XML("smallest number", "<integer>-9223372036854775808</integer>",
	    "-9223372036854775808"),
	XML("nested",
	    "<dict><key>a</key><array><true/><false/></array><key>b</key>"
	    "<dict><key>c</key><date>2020</date></dict></dict>",
	    "{a=[true,false],b={c=other(4)}}"),
	XML("fractions",
	    "<array><real>20</real><real>-1.5</real><real>0.12345</real><real>1e9</real>"
	    "<real>99999999999999999999</real></array>",
	    "[real 20000,real -1500,real 123,real 1000,real 1000000000000]"),
	BINARY("binary fractions",
	       "\xa2\1\2\x23\x40\x34\x80\0\0\0\0\0\x22\xc1\x20\0\0"
	       "\x08\x0b\x14"
	       "\0\0\0\0\0\0\1\1\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x19",
	       "[real 20500,real -10000]"),
	XML("comment in a text", "<string>a<!-- no -->b</string>", "'ab'"),
	BAD("nothing", "", STATUS_MALFORMED),
	BAD("no value", HEAD "<plist></plist>", STATUS_MALFORMED),
	BAD("two values", HEAD "<plist><true/><true/></plist>", STATUS_MALFORMED),
	BAD("no plist", HEAD "<dict/>", STATUS_MALFORMED),
	BAD("key without value", HEAD "<plist><dict><key>a</key></dict></plist>",
	    STATUS_MALFORMED),
	BAD("value without key", HEAD "<plist><dict><true/></dict></plist>", STATUS_MALFORMED),
	BAD("key in an array", HEAD "<plist><array><key>a</key><true/></array></plist>",
	    STATUS_MALFORMED),
	BAD("text between", HEAD "<plist><dict>x</dict></plist>", STATUS_MALFORMED),
	BAD("unknown element", HEAD "<plist><what/></plist>", STATUS_MALFORMED),
	BAD("number too large", HEAD "<plist><integer>9223372036854775808</integer></plist>",
	    STATUS_MALFORMED),
	BAD("bad base64", HEAD "<plist><data>A</data></plist>", STATUS_MALFORMED),
	BAD("entities",
	    "<!DOCTYPE plist [<!ENTITY a \"b\">]><plist><string>&a;</string></plist>",
	    STATUS_MALFORMED),
	BAD("two document types", "<!DOCTYPE a><!DOCTYPE b><plist><true/></plist>",
	    STATUS_UNSUPPORTED),
	BINARY("binary true",
	       "\x09"
	       "\x08"
	       "\0\0\0\0\0\0\1\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09",
	       "true"),
	BINARY("binary dictionary",
	       "\xd1\1\2\x51"
	       "a\x10\5"
	       "\x08\x0b\x0d"
	       "\0\0\0\0\0\0\1\1\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0f",
	       "{a=5}"),
	BINARY("binary, UTF-16 and data",
	       "\xa2\1\2\x61\0b\x42\1\2"
	       "\x08\x0b\x0e"
	       "\0\0\0\0\0\0\1\1\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x11",
	       "['b',<0102>]"),
	BAD("binary, contains itself",
	    "bplist00\xa1\0"
	    "\x08"
	    "\0\0\0\0\0\0\1\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a",
	    STATUS_LIMIT),
	BAD("binary, object outside",
	    "bplist00\x09"
	    "\x77"
	    "\0\0\0\0\0\0\1\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09",
	    STATUS_MALFORMED),
	BAD("binary, number too high",
	    "bplist00\x09"
	    "\x08"
	    "\0\0\0\0\0\0\1\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0\x09",
	    STATUS_MALFORMED),
	BAD("binary, cut", "bplist00\x09\x08\0\0\0\0\0\0\1\1", STATUS_MALFORMED),
#undef XML
#undef BAD
#undef BINARY
};

static void row_check(const struct row *row)
{
	CLEANUP(arena_free) struct arena a = { .limit = ARENA_BYTES };
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct plist *p;
	enum status s = plist_read(&a, row->in, &p);

	CHECK(s == row->status, "%s: %s", row->name, status_text(s));
	if (s != STATUS_OK || !row->shown)
		return;
	show(&text, p);
	CHECK(span_equal(buffer_span(&text), SPAN_TEXT(row->shown)), "%s: %.*s", row->name,
	      (int)text.len, text.bytes);
}

/* Lists of lists that share their entries: 16 levels of 16 would be 2^64 nodes. */
static void bomb_check(void)
{
	CLEANUP(arena_free) struct arena a = { .limit = ARENA_BYTES };
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct plist *p;
	size_t table;

	buffer_text(&b, "bplist00");
	for (int i = 0; i < 16; i++) {
		buffer_text(&b, "\xaf\x10\x10");
		for (int k = 0; k < 16; k++)
			buffer_char(&b, (char)(i + 1));
	}
	buffer_char(&b, 9);
	table = b.len;
	for (int i = 0; i < 17; i++)
		buffer_char(&b, (char)(unsigned char)(8 + i * 19));
	for (int i = 0; i < 17; i++)
		if (8 + i * 19 > 255)
			b.bytes[table + (size_t)i] = (char)(unsigned char)(8 + 13 * 19);
	buffer_add(&b, SPAN_LITERAL("\0\0\0\0\0\0\1\1\0\0\0\0\0\0\0\x11\0\0\0\0\0\0\0\0"));
	for (int shift = 56; shift >= 0; shift -= 8)
		buffer_char(&b, (char)(unsigned char)(table >> shift & 0xff));
	CHECK(plist_read(&a, buffer_span(&b), &p) == STATUS_LIMIT, "a bomb is refused");
}

static void prefixes_check(const struct row *row)
{
	size_t good = 0;

	for (size_t len = 0; len < row->in.len; len++) {
		CLEANUP(arena_free) struct arena a = { .limit = ARENA_BYTES };
		struct plist *p;

		good += plist_read(&a, span_clip(row->in, 0, len), &p) == STATUS_OK;
	}
	/* The line end behind the last tag may be missing. */
	CHECK(good <= 1, "%s: prefixes are refused", row->name);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(&rows[i]);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].status == STATUS_OK)
			prefixes_check(&rows[i]);
	bomb_check();
	return CHECK_DONE();
}
