/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "structure/openpgp/openpgp.h"
#include "tests/check.h"
#include "tests/openpgp_builder.h"

static const struct {
	const char *what;
	struct span bytes;
	bool whole;
	uint8_t tag;
	size_t len;
} packets[] = {
	{"old, one octet",     SPAN_INIT("\x88\x01x"),                 true,  2, 1},
	{ "old, two octets",   SPAN_INIT("\x89\x00\x02xy"),            true,  2, 2},
	{ "old, four octets",  SPAN_INIT("\x9a\x00\x00\x00\x01x"),     true,  6, 1},
	{ "old, no length",    SPAN_INIT("\x8bxyz"),                   false, 0, 0},
	{ "new, one octet",    SPAN_INIT("\xc2\x02xy"),                true,  2, 2},
	{ "new, four octets",  SPAN_INIT("\xc2\xff\x00\x00\x00\x01x"), true,  2, 1},
	{ "new, in parts",     SPAN_INIT("\xcb\xe0x\x01y"),            false, 0, 0},
	{ "longer than it is", SPAN_INIT("\xc2\x03xy"),                false, 0, 0},
	{ "2^32 - 1 octets",   SPAN_INIT("\xc2\xff\xff\xff\xff\xff"),  false, 0, 0},
	{ "no packet",         SPAN_INIT("plain"),                     false, 0, 0},
	{ "reserved",          SPAN_INIT("\xc0\x00"),                  false, 0, 0},
	{ "nothing",           SPAN_INIT(""),                          false, 0, 0},
};

static void check_packets(void)
{
	for (size_t i = 0; i < COUNT_OF(packets); i++) {
		struct cursor c = cursor_at(packets[i].bytes, 0);
		struct openpgp_packet p;
		bool whole = openpgp_next(&c, &p);

		CHECK(whole == packets[i].whole && p.tag == packets[i].tag &&
			      p.body.len == packets[i].len,
		      "packet: %s", packets[i].what);
	}
}

#define SUB(literal) SPAN_INIT(literal)

/* Subpackets of a signature beside the time and the issuer. */
static const struct {
	const char *what;
	struct span hashed, unhashed;
	const char *problem; /* part of it; NULL: none */
} subpackets[] = {
	{"none",		  SUB(""),			   SUB(""),                 NULL         },
	{ "unknown",              SUB("\x02\x64x"),                  SUB(""),                 NULL         },
	{ "unknown, critical",    SUB("\x02\xe4x"),                  SUB(""),                 "critical"   },
	{ "not signed, critical", SUB(""),                           SUB("\x02\xe4x"),        NULL         },
	{ "notation, critical",   SUB("\x09\x94\x80\0\0\0\0\0\0\0"), SUB(""),                 "critical"   },
	{ "policy URI, critical", SUB("\x02\x9ax"),                  SUB(""),                 NULL         },
	{ "made twice",           SUB("\x05\x02\0\0\0\1"),           SUB(""),                 "twice"      },
	{ "made elsewhere too",   SUB(""),                           SUB("\x05\x02\0\0\0\1"), NULL         },
	{ "lifetime of 3 octets", SUB("\x04\x03\0\0\1"),             SUB(""),                 "four octets"},
	{ "longer than the area", SUB("\x09\x03\0\0\1"),             SUB(""),                 "malformed"  },
	{ "empty subpacket",      SUB("\x00"),                       SUB(""),                 "malformed"  },
	{ "unhashed area broken", SUB(""),                           SUB("\x7f"),             "malformed"  },
};

static void check_subpackets(void)
{
	CLEANUP(pgp_maker_free) struct pgp_maker m = pgp_maker(4, OPENPGP_EDDSA, 1);

	for (size_t i = 0; i < COUNT_OF(subpackets); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		const struct openpgp_signature *s = NULL;
		const char *problem, *want = subpackets[i].problem;

		pgp_sign(&b, &(struct pgp_order){ .by = &m,
						  .hashed = subpackets[i].hashed,
						  .unhashed = subpackets[i].unhashed });
		CHECK(openpgp_signatures(&a, buffer_span(&b), &s, &problem) == STATUS_OK &&
			      s->created == PGP_TEST_TIME &&
			      (want ? s->problem && strstr(s->problem, want) : !s->problem),
		      "subpackets: %s (%s)", subpackets[i].what,
		      s && s->problem ? s->problem : "fine");
	}
}

/* Each prefix of a good signature and of a good certificate is refused, never misread. */
static void check_prefixes(void)
{
	CLEANUP(pgp_maker_free) struct pgp_maker m = pgp_maker(4, OPENPGP_EDDSA, 1);
	CLEANUP(pgp_maker_free) struct pgp_maker sub = pgp_maker(4, OPENPGP_EDDSA, 2);
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, cert = BUFFER_INIT;
	size_t wrong = 0;

	pgp_sign(&b, &(struct pgp_order){ .by = &m });
	pgp_certificate(&cert, &m, &(struct pgp_paper){ .subkey = &sub });
	for (size_t n = 0; n < b.len; n++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
		const struct openpgp_signature *s;
		const char *problem;

		wrong += openpgp_signatures(&a, span_clip(buffer_span(&b), 0, n), &s,
					    &problem) != STATUS_MALFORMED ||
			 !problem;
	}
	CHECK(wrong == 0, "prefixes of a signature");
	for (size_t n = 1; n < cert.len; n++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
		struct span part = span_clip(buffer_span(&cert), 0, n);
		struct cursor c = cursor_at(part, 0);
		struct openpgp_certificate read;
		enum status status = openpgp_certificate_next(&a, &c, &read);

		wrong += status != STATUS_MALFORMED &&
			 !(status == STATUS_OK && read.whole.len == n);
	}
	CHECK(wrong == 0, "prefixes of a certificate");
}

static const struct {
	const char *what, *text;
	enum status status;
	const char *bytes;
} armors[] = {
	{"plain",                "-----BEGIN PGP SIGNATURE-----\n\nYWJj\n-----END PGP SIGNATURE-----\n",
         STATUS_OK,													"abc"},
	{ "with a checksum",
         "-----BEGIN PGP SIGNATURE-----\nVersion: x\n\nYWJj\n=aaaa\n-----END PGP "
	  "SIGNATURE-----",									      STATUS_OK,        "abc"},
	{ "CR LF",
         "-----BEGIN PGP SIGNATURE-----\r\n\r\nYWJj\r\n-----END PGP SIGNATURE-----\r\n",		 STATUS_OK,        "abc"},
	{ "no end",              "-----BEGIN PGP SIGNATURE-----\n\nYWJj\n",                              STATUS_MALFORMED, NULL },
	{ "another end",         "-----BEGIN PGP SIGNATURE-----\n\nYWJj\n-----END PGP MESSAGE-----\n",
         STATUS_MALFORMED,												 NULL },
	{ "behind the checksum",
         "-----BEGIN PGP SIGNATURE-----\n\nYWJj\n=aaaa\nYWJj\n-----END PGP SIGNATURE-----\n",	    STATUS_MALFORMED, NULL },
	{ "no base64",           "-----BEGIN PGP SIGNATURE-----\n\n!!!!\n-----END PGP SIGNATURE-----\n",
         STATUS_MALFORMED,												 NULL },
	{ "no armor",            "plain text\n",							 STATUS_NOT_MINE,  NULL },
};

static void check_armor(void)
{
	for (size_t i = 0; i < COUNT_OF(armors); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
		struct openpgp_armor armor;
		enum status status =
			openpgp_armor_read(&a, SPAN_TEXT(armors[i].text), 0, &armor);

		CHECK(status == armors[i].status &&
			      (!armors[i].bytes ||
			       span_equal(armor.bytes, SPAN_TEXT(armors[i].bytes))),
		      "armor: %s", armors[i].what);
	}
}

#define HEAD "-----BEGIN PGP SIGNED MESSAGE-----\n"
#define TAIL "-----BEGIN PGP SIGNATURE-----\n\nYWJj\n-----END PGP SIGNATURE-----\n"

static const struct {
	const char *what, *text;
	enum status status;
	const char *canonical, *problem;
	size_t before, after;
} cleartexts[] = {
	{"plain",              HEAD "Hash: SHA256\n\na\nb\n" TAIL, STATUS_OK,        "a\r\nb",           NULL,           0, 0},
	{ "no hash",           HEAD "\na\n" TAIL,                  STATUS_OK,        "a",                NULL,           0, 0},
	{ "nothing",           HEAD "\n" TAIL,                     STATUS_OK,        "",                 NULL,           0, 0},
	{ "escaped",           HEAD "\n- -a\n- From b\n- \n" TAIL, STATUS_OK,        "-a\r\nFrom b\r\n", NULL,           0,
         0														   },
	{ "blanks at the end", HEAD "\na \t\r\nb\t\n\n" TAIL,      STATUS_OK,        "a\r\nb\r\n",       NULL,           0,
         0														   },
	{ "text before",       "x\n" HEAD "\na\n" TAIL,            STATUS_OK,        "a",                NULL,           2, 0},
	{ "text behind",       HEAD "\na\n" TAIL "x\n",            STATUS_OK,        "a",                NULL,           0, 2},
	{ "another header",    HEAD "Comment: x\n\na\n" TAIL,      STATUS_MALFORMED, NULL,               "header",       0,
         0														   },
	{ "text as header",    HEAD "a\n\nb\n" TAIL,               STATUS_MALFORMED, NULL,               "header",       0, 0},
	{ "dash not escaped",  HEAD "\n-a\n" TAIL,                 STATUS_MALFORMED, NULL,               "dash",         0, 0},
	{ "armor not escaped", HEAD "\na\n" HEAD "\nb\n" TAIL,     STATUS_MALFORMED, NULL,               "dash",
         0,														 0},
	{ "no signature",      HEAD "\na\n",                       STATUS_MALFORMED, NULL,               "no signature", 0, 0},
	{ "no text",           "a\n",			      STATUS_NOT_MINE,  NULL,               NULL,           0, 0},
};

static void check_cleartexts(void)
{
	for (size_t i = 0; i < COUNT_OF(cleartexts); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
		struct openpgp_cleartext t;
		enum status status =
			openpgp_cleartext_read(&a, SPAN_TEXT(cleartexts[i].text), &t);
		const char *problem = cleartexts[i].problem;

		CHECK(status == cleartexts[i].status &&
			      (problem ? t.problem && strstr(t.problem, problem) : !t.problem),
		      "clear text: %s (%s)", cleartexts[i].what, t.problem ? t.problem : "");
		CHECK(status != STATUS_OK ||
			      (span_equal(t.canonical, SPAN_TEXT(cleartexts[i].canonical)) &&
			       t.before.len == cleartexts[i].before &&
			       t.after.len == cleartexts[i].after),
		      "clear text: %s: what is signed", cleartexts[i].what);
	}
}

int main(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	struct span canonical;

	check_packets();
	check_subpackets();
	check_prefixes();
	check_armor();
	check_cleartexts();
	CHECK(openpgp_text_canonical(&a, SPAN_LITERAL("a \nb\r\nc"), &canonical) == STATUS_OK &&
		      span_equal(canonical, SPAN_LITERAL("a \r\nb\r\nc")),
	      "ends of lines");
	return CHECK_DONE();
}
