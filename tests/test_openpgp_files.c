/* SPDX-License-Identifier: MIT */
/* Packages, texts and files that OpenPGP signs, through the whole house. */
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/packages.h"
#include "tests/openpgp_builder.h"
#include <assay.h>

#define AT "2023-12-01T00:00:00Z" /* about two weeks after PGP_TEST_TIME */

/* Who there is: the key that is known, one that is not, one that is known and revoked. */
enum person { KNOWN, STRANGER, REVOKED, RSA_OWNER, PERSONS };

struct scene {
	struct pgp_maker people[PERSONS];
	struct court court, bare; /* with the keyring; without any anchor */
};

static void scene_open(struct scene *s)
{
	CLEANUP(buffer_free) struct buffer ring = BUFFER_INIT;

	for (uint8_t i = 0; i < PERSONS; i++)
		s->people[i] = pgp_maker(4, i == RSA_OWNER ? OPENPGP_RSA : OPENPGP_EDDSA,
					 (uint8_t)(i + 1));
	pgp_certificate(&ring, &s->people[KNOWN], NULL);
	pgp_certificate(&ring, &s->people[REVOKED], &(struct pgp_paper){ .revoked = 3 });
	pgp_certificate(&ring, &s->people[RSA_OWNER], NULL);
	court_open_anchors(&s->court, buffer_span(&ring));
	court_open_anchors(&s->bare, SPAN_NONE);
	court_at(&s->court, AT);
	court_at(&s->bare, AT);
}

static void scene_close(struct scene *s)
{
	for (size_t i = 0; i < PERSONS; i++)
		pgp_maker_free(&s->people[i]);
	court_close(&s->court);
	court_close(&s->bare);
}

static void check_word(const struct report *r, const char *what, const char *word,
		       const char *rule)
{
	CHECK(strcmp(assay_verdict_word(r->verdict), word) == 0 &&
		      (!rule || strcmp(r->rule, rule) == 0),
	      "%s: %s (%s)%s%s", what, assay_verdict_word(r->verdict), r->rule,
	      r->n_errors ? ": " : "", r->n_errors ? r->errors[0] : "");
}

/* A Debian package: signed by whom, over which data, what it holds instead, what beside. */
static const struct {
	const char *what;
	enum person by;
	const char *signed_data, *data, *extra;
	bool armored;
	uint8_t hash;
	const char *word, *rule;
} debs[] = {
	{"signed",           KNOWN,     "data", "data", NULL,    false, 0,            "valid",      "verdict.valid" },
	{ "armored",         KNOWN,     "data", "data", NULL,    true,  0,            "valid",      "verdict.valid" },
	{ "not signed",      PERSONS,   "data", "data", NULL,    false, 0,            "unsigned",
         "verdict.unsigned"											 },
	{ "stranger",        STRANGER,  "data", "data", NULL,    false, 0,            "untrusted",
         "trust.unknown-key"											},
	{ "revoked key",     REVOKED,   "data", "data", NULL,    false, 0,            "untrusted",
         "verdict.revoked"											  },
	{ "SHA-1",           RSA_OWNER, "data", "data", NULL,    false, OPENPGP_SHA1, "untrusted",
         "verdict.weak-algorithm"										   },
	{ "other data",      KNOWN,     "data", "evil", NULL,    false, 0,            "broken",     "verdict.broken"},
	{ "other data, RSA", RSA_OWNER, "data", "evil", NULL,    false, 0,            "mismatched",
         "verdict.mismatched"										       },
	{ "extra member",    KNOWN,     "data", "data", "_evil", false, 0,            "partial",
         "verdict.partial-coverage"										 },
};

static void check_deb(struct scene *s, size_t i)
{
	CLEANUP(buffer_free)
	struct buffer file = BUFFER_INIT, over = BUFFER_INIT, signature = BUFFER_INIT,
		      armor = BUFFER_INIT;

	forge_deb(&file, debs[i].data);
	forge_deb_signed(&over, debs[i].signed_data);
	if (debs[i].by != PERSONS) {
		pgp_sign(&signature, &(struct pgp_order){ .by = &s->people[debs[i].by],
							  .data = { buffer_span(&over) },
							  .hash = debs[i].hash });
		pgp_armor(&armor, "SIGNATURE", buffer_span(&signature));
		forge_ar_member(&file, "_gpgorigin",
				buffer_span(debs[i].armored ? &armor : &signature));
	}
	if (debs[i].extra)
		forge_ar_member(&file, debs[i].extra, SPAN_LITERAL("x"));
	check_word(court_judge(&s->court, buffer_span(&file)), debs[i].what, debs[i].word,
		   debs[i].rule);
}

static void text_of_digest(struct span bytes, enum digest_algorithm algorithm, char out[129])
{
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;
	struct digest digest;

	if (digest_of(algorithm, &bytes, 1, &digest) != STATUS_OK)
		abort();
	buffer_hex(&hex, digest_span(&digest));
	(void)snprintf(out, 129, "%s", buffer_string(&hex, 0));
}

/* dpkg-sig: a list that is signed, of members with MD5 and SHA-1. */
static void check_lists(struct scene *s)
{
	static const struct {
		const char *what, *data, *word, *rule;
		bool whole;
	} rows[] = {
		{"list",                "data", "untrusted", "verdict.weak-algorithm",   true },
		{ "list of other data", "evil", "tampered",  "verdict.tampered-entries", true },
		{ "list of two",        "data", "partial",   "verdict.partial-coverage", false},
	};
	static const char *const names[] = { "debian-binary", "control.tar.xz", "data.tar.xz" };
	static const char *const contents[] = { "2.0\n", "control", "data" };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free)
		struct buffer file = BUFFER_INIT, list = BUFFER_INIT, clear = BUFFER_INIT;

		buffer_text(&list, "Version: 4\nFiles:\n");
		for (size_t k = 0; k < (rows[i].whole ? 3 : 2); k++) {
			char md5[129], sha1[129];

			text_of_digest(SPAN_TEXT(contents[k]), DIGEST_MD5, md5);
			text_of_digest(SPAN_TEXT(contents[k]), DIGEST_SHA1, sha1);
			buffer_printf(&list, "\t%s %s %zu %s\n", md5, sha1, strlen(contents[k]),
				      names[k]);
		}
		pgp_clearsign(&clear, &s->people[KNOWN], buffer_string(&list, 0));
		forge_deb(&file, rows[i].data);
		forge_ar_member(&file, "_gpgbuilder", buffer_span(&clear));
		check_word(court_judge(&s->court, buffer_span(&file)), rows[i].what,
			   rows[i].word, rows[i].rule);
	}
}

static const struct {
	const char *what;
	bool signed_header, legacy, digest;
	const char *name, *payload; /* of the file; NULL: as it was signed */
	const char *word, *rule;
} rpms[] = {
	{"header signed",            true,  false, true,  NULL,   NULL,   "valid",    "verdict.valid"   },
	{ "header, payload unbound", true,  false, false, NULL,   NULL,   "partial",
         "verdict.partial-coverage"								     },
	{ "header and payload",      false, true,  false, NULL,   NULL,   "valid",    "verdict.valid"   },
	{ "not signed",              false, false, true,  NULL,   NULL,   "unsigned", "verdict.unsigned"},
	{ "payload changed",         true,  false, true,  NULL,   "evil", "tampered",
         "verdict.tampered-payload"								     },
	{ "payload of legacy",       false, true,  false, NULL,   "evil", "broken",   "verdict.broken"  },
	{ "header changed",          true,  false, true,  "evil", NULL,   "broken",   "verdict.broken"  },
};

static void check_rpm(struct scene *s, size_t i)
{
	CLEANUP(buffer_free)
	struct buffer file = BUFFER_INIT, over = BUFFER_INIT, signature = BUFFER_INIT;
	struct forge_rpm order = { .payload = "payload" };
	char digest[129];

	text_of_digest(SPAN_TEXT(order.payload), DIGEST_SHA256, digest);
	order.digest = rpms[i].digest ? digest : NULL;
	forge_rpm_header(&over, &order);
	if (rpms[i].legacy)
		buffer_text(&over, order.payload);
	pgp_sign(&signature, &(struct pgp_order){ .by = &s->people[KNOWN],
						  .data = { buffer_span(&over) } });
	order.signature = rpms[i].signed_header ? buffer_span(&signature) : SPAN_NONE;
	order.legacy = rpms[i].legacy ? buffer_span(&signature) : SPAN_NONE;
	order.name = rpms[i].name;
	order.payload = rpms[i].payload ? rpms[i].payload : order.payload;
	forge_rpm(&file, &order);
	check_word(court_judge(&s->court, buffer_span(&file)), rpms[i].what, rpms[i].word,
		   rpms[i].rule);
}

static const struct {
	const char *what, *before, *after;
	enum person by;
	const char *edit; /* replaced in the text by "EDIT"; NULL: nothing */
	const char *word;
} texts[] = {
	{"text",            "",            "",            KNOWN,    NULL,   "valid"    },
	{ "by a stranger",  "",            "",            STRANGER, NULL,   "untrusted"},
	{ "edited",         "",            "",            KNOWN,    "SHA2", "broken"   },
	{ "text before it", "Origin: x\n", "",            KNOWN,    NULL,   "partial"  },
	{ "text behind it", "",            "Origin: x\n", KNOWN,    NULL,   "partial"  },
};

static void check_text(struct scene *s, size_t i)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT, clear = BUFFER_INIT;
	uint64_t at;

	pgp_clearsign(&clear, &s->people[texts[i].by],
		      "Suite: test\nSHA256:\n 00 1 Packages\n");
	buffer_text(&file, texts[i].before);
	buffer_add(&file, buffer_span(&clear));
	buffer_text(&file, texts[i].after);
	if (texts[i].edit && span_find(buffer_span(&file), SPAN_LITERAL("Suite"), 0, &at))
		memcpy(&file.bytes[at], "EDITS", 5);
	check_word(court_judge(&s->court, buffer_span(&file)), texts[i].what, texts[i].word,
		   NULL);
}

/* An AppImage signs the text of a digest, over itself with the room for the signature empty. */
static void check_appimage(struct scene *s)
{
	static const struct {
		const char *what, *end, *payload;
		enum person by;
		const char *word;
	} rows[] = {
		{"AppImage",               "",   "files", KNOWN,    "valid"    },
		{ "AppImage, line ended",  "\n", "files", KNOWN,    "valid"    },
		{ "AppImage, by its key",  "",   "files", STRANGER, "untrusted"},
		{ "AppImage, other files", "",   "evil!", KNOWN,    "broken"   },
		{ "AppImage, empty room",  NULL, "files", KNOWN,    "unsigned" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free)
		struct buffer empty = BUFFER_INIT, file = BUFFER_INIT, signature = BUFFER_INIT,
			      armor = BUFFER_INIT;
		char digest[129];
		const struct report *r;

		forge_appimage(&empty, SPAN_NONE, "files");
		text_of_digest(buffer_span(&empty), DIGEST_SHA256, digest);
		if (rows[i].end) {
			pgp_sign(&signature, &(struct pgp_order){
						     .by = &s->people[rows[i].by],
						     .data = {SPAN_TEXT(digest),
                                                              SPAN_TEXT(rows[i].end)}
                        });
			pgp_armor(&armor, "SIGNATURE", buffer_span(&signature));
		}
		forge_appimage(&file, buffer_span(&armor), rows[i].payload);
		r = court_judge(&s->court, buffer_span(&file));
		check_word(r, rows[i].what, rows[i].word, NULL);
		CHECK(strcmp(r->format, "appimage") == 0, "%s: an %s", rows[i].what, r->format);
	}
}

/* Beside a file of any kind; the name of the sidecar decides nothing. */
static void check_beside(struct scene *s)
{
	CLEANUP(buffer_free) struct buffer signature = BUFFER_INIT, armor = BUFFER_INIT;
	const struct span file = SPAN_LITERAL("no program at all"),
			  other = SPAN_LITERAL("no program at all!");
	const struct report *r;

	pgp_sign(&signature, &(struct pgp_order){ .by = &s->people[KNOWN], .data = { file } });
	pgp_armor(&armor, "SIGNATURE", buffer_span(&signature));
	for (uint8_t row = 0; row < n_companion_rows; row++) {
		if (row != COMPANION_GIVEN && !companion_rows[row].suffix)
			continue; /* of bundles */
		r = court_judge_beside(&s->court, file, row, buffer_span(&signature));
		check_word(r, companion_rows[row].name, "valid", NULL);
	}
	r = court_judge_beside(&s->court, file, 1, buffer_span(&armor));
	check_word(r, "armored", "valid", NULL);
	CHECK(r->signatures[0].presence == ASSAY_PRESENCE_SIDECAR, "presence: sidecar");
	CHECK(r->signatures[0].signer && strstr(r->signatures[0].signer, "test@example"),
	      "signed by %s", r->signatures[0].signer);
	check_word(court_judge_beside(&s->court, other, 1, buffer_span(&armor)), "other file",
		   "broken", NULL);
	r = court_judge_beside(&s->bare, file, 1, buffer_span(&armor));
	check_word(r, "without anchors", "untrusted", "trust.unevaluated");
	CHECK(!r->signatures[0].signer, "nobody's name is told without a key");
	check_word(court_judge_beside(&s->court, file, 1, SPAN_LITERAL("no signature")),
		   "no signature beside it", "unsupported", NULL);
}

int main(void)
{
	struct scene s;

	scene_open(&s);
	for (size_t i = 0; i < COUNT_OF(debs); i++)
		check_deb(&s, i);
	check_lists(&s);
	for (size_t i = 0; i < COUNT_OF(rpms); i++)
		check_rpm(&s, i);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		check_text(&s, i);
	check_appimage(&s);
	check_beside(&s);
	scene_close(&s);
	return CHECK_DONE();
}
