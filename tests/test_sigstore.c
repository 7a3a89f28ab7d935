/* SPDX-License-Identifier: MIT */
/*
 * Cases of sigstore's own conformance suite, through the whole house.  A case is
 * a folder: a bundle, and what it is judged with; its name says whether it must
 * fail.  What of it is not in the folder is common to all.
 */
#include "tests/check.h"
#include "tests/corpus.h"
#include "tests/court.h"
#include <assay.h>
#include <dirent.h>

#define SUITE   "sigstore+sigstore-conformance/test/assets/"
#define CASES   SUITE "bundle-verify/"
#define AT      "2026-11-22T12:00:00Z"
#define FAILURE "_fail"

/* The row of FILE.sigstore.json. */
static uint8_t beside(void)
{
	uint8_t row = 0;

	while (!companion_rows[row].suffix ||
	       strcmp(companion_rows[row].suffix, ".sigstore.json") != 0)
		row++;
	return row;
}

static const struct trust_identity expected = {
	"https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/"
	".github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
	"https://token.actions.githubusercontent.com",
};

/* Where more is known than that they fail. */
static const struct {
	const char *name, *words, *finding;
} known[] = {
	{"bundle-invalid-base64-signature_fail",                       "broken",            "sigstore.malformed"      },
	{ "bundle-malformed-json_fail",                                "broken",            "sigstore.malformed"      },
	{ "bundle-with-root-cert_fail",                                "broken",            "sigstore.malformed"      },
	{ "dsse-invalid-sig_fail",				     "broken",            "sigstore.signature-wrong"},
	{ "dsse-mismatch-sig_fail",				    "mismatched broken", "sigstore.log-differs"    },
	{ "inclusion-proof-corrupted-hash_fail",                       "broken",            "sigstore.log-unproven"   },
	{ "intoto-missing-inclusion-proof_fail",                       "broken",            "sigstore.malformed"      },
	{ "intoto-tsa-timestamp-outside-cert-validity_fail",           "untrusted",         NULL                      },
	{ "message-digest-mismatch_fail",                              "mismatched broken", "sigstore.signature-wrong"},
	{ "rekor2-checkpoint-missing-root-hash_fail",                  "broken",            "sigstore.log-unproven"   },
	{ "rekor2-checkpoint-missing-size_fail",                       "broken",            "sigstore.log-unproven"   },
	{ "rekor2-checkpoint-no-matching-signature_fail",              "broken",            "sigstore.log-unproven"   },
	{ "rekor2-dsse-invalid-sig_fail",                              "broken",            "sigstore.signature-wrong"},
	{ "rekor2-dsse-mismatch-sig_fail",                             "mismatched broken", "sigstore.log-differs"    },
	{ "rekor2-timestamp-outside-tsa-cert-validity_fail",           "untrusted",         "ts.bad"                  },
	{ "rekor2-timestamp-payload-mismatch_fail",                    "untrusted",         "ts.bad"                  },
	{ "rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail", "untrusted",         "ts.bad"                  },
	{ "rekor2-timestamp-with-incorrect-time_fail",                 "untrusted",         NULL                      },
	{ "set-invalid-signature_fail",                                "broken",            "sigstore.log-unproven"   },
	{ "wrong-hashedrekord-artifact_fail",                          "mismatched broken", "sigstore.log-differs"    },
};

struct file {
	uint8_t *bytes;
	size_t len;
};

static struct span span_of(const struct file *f)
{
	return (struct span){ f->bytes, f->bytes ? f->len : 0 };
}

/* The file @name of the case; if it has none of its own, @common (NULL: none). */
static struct file file_load(const char *folder, const char *name, const char *common)
{
	char path[1024], whole[2048];
	struct file f = { 0 };
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s%s/%s", CASES, folder, name);
	(void)snprintf(whole, sizeof(whole), "%s/%s", corpus_folder(), path);
	if (stat(whole, &st) == 0)
		f.bytes = corpus_load(path, &f.len);
	else if (common)
		f.bytes = corpus_load(common, &f.len);
	return f;
}

struct scene {
	struct file bundle, artifact, root, key;
	struct court court;
};

static void scene_open(struct scene *s, const char *folder)
{
	s->bundle = file_load(folder, "bundle.sigstore.json", NULL);
	s->artifact = file_load(folder, "artifact", SUITE "a.txt");
	s->root = file_load(folder, "trusted_root.json",
			    "anchors/sigstore-public-good-trusted-root.json");
	s->key = file_load(folder, "key.pub", NULL);
	court_open_many(&s->court, (const struct span[]){ span_of(&s->root), span_of(&s->key) },
			2, NULL);
	court_at(&s->court, AT);
	s->court.engine.settings.trust.identities = &expected;
	s->court.engine.settings.trust.n_identities = 1;
}

static void scene_close(struct scene *s)
{
	court_close(&s->court);
	free(s->bundle.bytes);
	free(s->artifact.bytes);
	free(s->root.bytes);
	free(s->key.bytes);
}

static const char *reason_of(const struct report *r)
{
	if (r->n_errors)
		return r->errors[0];
	if (!r->n_signatures)
		return "";
	if (r->signatures[0].problem)
		return r->signatures[0].problem;
	return r->signatures[0].trust_reason ? r->signatures[0].trust_reason : "";
}

static void check_known(const struct report *r, const char *folder, const char *word)
{
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (strcmp(known[i].name, folder) != 0)
			continue;
		CHECK(strstr(known[i].words, word) &&
			      (!known[i].finding || court_has(r, known[i].finding)),
		      "%s: wanted %s, is %s", folder, known[i].words, word);
	}
}

static void check_case(const char *folder)
{
	size_t len = strlen(folder), tail = strlen(FAILURE);
	bool fails = len > tail && strcmp(text_after(folder, len - tail), FAILURE) == 0;
	struct scene s;
	const struct report *r;
	const char *word;

	scene_open(&s, folder);
	r = court_judge_beside(&s.court, span_of(&s.artifact), beside(), span_of(&s.bundle));
	word = assay_verdict_word(r->verdict);
	CHECK((r->verdict == ASSAY_VERDICT_VALID) == !fails, "%s: %s (%s) %s", folder, word,
	      r->rule, reason_of(r));
	check_known(r, folder, word);
	if (!fails) {
		const struct report_signature *g = &r->signatures[0];

		CHECK(g->binding == ASSAY_BINDING_INTACT && g->signer &&
			      g->presence == ASSAY_PRESENCE_SIDECAR &&
			      g->trust == ASSAY_TRUST_ANCHORED,
		      "%s: by %s, %s", folder, g->signer ? g->signer : "nobody",
		      g->anchor ? g->anchor : "");
	}
	scene_close(&s);
}

/* What makes a good case bad: another file, another signer, no anchors, a changed bundle. */
static void check_changes(const char *folder)
{
	static const struct trust_identity other = { "somebody@example.org",
						     "https://example.org" };
	struct scene s;
	const struct report *r;

	scene_open(&s, folder);
	r = court_judge_beside(&s.court, SPAN_LITERAL("another file"), beside(),
			       span_of(&s.bundle));
	CHECK(r->verdict == ASSAY_VERDICT_MISMATCHED, "%s over another file: %s (%s)", folder,
	      assay_verdict_word(r->verdict), reason_of(r));
	s.court.engine.settings.trust.identities = &other;
	r = court_judge_beside(&s.court, span_of(&s.artifact), beside(), span_of(&s.bundle));
	CHECK(r->verdict == ASSAY_VERDICT_UNTRUSTED &&
		      court_has(r, "sigstore.identity-other") && !r->signatures[0].signer,
	      "%s, somebody else expected: %s (%s)", folder, assay_verdict_word(r->verdict),
	      reason_of(r));
	s.court.engine.settings.trust.n_identities = 0;
	r = court_judge_beside(&s.court, span_of(&s.artifact), beside(), span_of(&s.bundle));
	CHECK(r->verdict == ASSAY_VERDICT_UNTRUSTED &&
		      strcmp(r->rule, "trust.unevaluated") == 0 && !r->signatures[0].signer,
	      "%s, nobody expected: %s (%s)", folder, assay_verdict_word(r->verdict),
	      reason_of(r));
	scene_close(&s);
}

static void check_rootless(const char *folder)
{
	struct scene s;
	struct court bare;
	const struct report *r;

	scene_open(&s, folder);
	court_open_anchors(&bare, span_of(&s.key));
	court_at(&bare, AT);
	bare.engine.settings.trust = s.court.engine.settings.trust;
	r = court_judge_beside(&bare, span_of(&s.artifact), beside(), span_of(&s.bundle));
	CHECK(r->verdict == ASSAY_VERDICT_UNTRUSTED &&
		      strcmp(r->rule, "trust.unevaluated") == 0,
	      "%s without a trusted root: %s (%s)", folder, assay_verdict_word(r->verdict),
	      reason_of(r));
	court_close(&bare);
	scene_close(&s);
}

static void check_keyless(void)
{
	struct scene s;
	struct court stranger;
	const struct report *r;

	scene_open(&s, "managed-key-and-trusted-root");
	court_open_anchors(&stranger, span_of(&s.root));
	court_at(&stranger, AT);
	r = court_judge_beside(&stranger, span_of(&s.artifact), beside(), span_of(&s.bundle));
	CHECK(r->verdict == ASSAY_VERDICT_UNTRUSTED && !r->signatures[0].signer,
	      "a key that is not given: %s (%s)", assay_verdict_word(r->verdict), reason_of(r));
	court_close(&stranger);
	scene_close(&s);
}

/* What a report says of a signature that is valid. */
struct said {
	char signer[512];
	uint8_t digest[DIGEST_MAX];
	int64_t signed_at;
};

static void said_of(const struct report *r, struct said *out)
{
	const struct report_signature *g = &r->signatures[0];

	*out = (struct said){ .signed_at = g->signed_at };
	(void)snprintf(out->signer, sizeof(out->signer), "%s", g->signer ? g->signer : "");
	(void)span_copy(out->digest, sizeof(out->digest), g->digest_signed);
}

/* No byte of a good bundle can be changed so that it says something else and is valid. */
static void check_flips(const char *folder)
{
	struct said before, after;
	struct scene s;
	size_t n = 0, n_other = 0;

	scene_open(&s, folder);
	said_of(court_judge_beside(&s.court, span_of(&s.artifact), beside(),
				   span_of(&s.bundle)),
		&before);
	for (size_t at = 0; at < s.bundle.len; at += 41, n++) {
		uint8_t was = s.bundle.bytes[at];
		const struct report *r;

		s.bundle.bytes[at] = was == 'A' ? 'B' : 'A';
		r = court_judge_beside(&s.court, span_of(&s.artifact), beside(),
				       span_of(&s.bundle));
		if (r->verdict == ASSAY_VERDICT_VALID) {
			said_of(r, &after);
			n_other += memcmp(&before, &after, sizeof(before)) != 0;
		}
		s.bundle.bytes[at] = was;
	}
	CHECK(n_other == 0, "%s: of %zu changed bundles %zu are valid and say something else",
	      folder, n, n_other);
	scene_close(&s);
}

int main(void)
{
	char path[2048];
	struct dirent **names;
	int n;

	(void)snprintf(path, sizeof(path), "%s/%s", corpus_folder() ? corpus_folder() : "",
		       CASES);
	n = corpus_folder() ? scandir(path, &names, NULL, alphasort) : 0;
	if (n <= 0) {
		printf("1..0 # skip the corpus is not at hand\n");
		return 0;
	}
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			check_case(names[i]->d_name);
		free(names[i]);
	}
	free(names);
	check_changes("happy-path-v0.3-new-mediaType");
	check_changes("happy-path-intoto-in-dsse-v3");
	check_changes("rekor2-timestamp-with-embedded-cert");
	check_rootless("happy-path-v0.3-new-mediaType");
	check_rootless("managed-key-and-trusted-root");
	check_keyless();
	check_flips("happy-path-v0.3-new-mediaType");
	check_flips("rekor2-timestamp-without-embedded-cert");
	check_flips("happy-path-intoto-in-dsse-v3");
	return CHECK_DONE();
}
