/* SPDX-License-Identifier: MIT */
#include "base/attrs.h"
#include "tests/check.h"
#include "verdict/rules.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

/* "room.words-with-dashes" */
static bool id_is_well_formed(const char *id)
{
	size_t room = strspn(id, LETTERS DIGITS);
	const char *dot = strchr(id, '.');

	if (room == 0 || !dot || (size_t)(dot - id) != room)
		return false;
	id = dot + 1;
	return *id != '\0' && strspn(id, LETTERS DIGITS "-") == strlen(id);
}

static bool is_sentence(const char *text)
{
	size_t len = strlen(text);

	return len > 10 && text[len - 1] == '.' && text[0] >= 'A' && text[0] <= 'Z' &&
	       !strchr(text, '\n');
}

static void test_rows(void)
{
	size_t bad_id = 0, bad_order = 0, bad_text = 0, bad_kind = 0, lost = 0;

	for (size_t i = 0; i < n_rules; i++) {
		const struct rule *r = &rules[i];
		bool limit = strncmp(r->id, "limit.", 6) == 0;

		bad_id += !id_is_well_formed(r->id);
		bad_order += i > 0 && strcmp(rules[i - 1].id, r->id) >= 0;
		bad_text += !is_sentence(r->sentence) || strlen(r->reference) < 4 ||
			    (r->advice && !is_sentence(r->advice));
		bad_kind += (r->kind == RULE_VERDICT) == (r->verdict == ASSAY_VERDICT_UNKNOWN);
		bad_kind += (r->kind == RULE_FINDING || limit) ==
			    (r->severity == ASSAY_SEVERITY_NONE);
		lost += rule_find(r->id) != r;
	}
	CHECK(n_rules > 40, "the table has %zu rows", n_rules);
	CHECK(bad_id == 0, "every id reads room.words-with-dashes");
	CHECK(bad_order == 0, "rows are sorted by id, none twice");
	CHECK(bad_text == 0, "every row has a sentence and a reference");
	CHECK(bad_kind == 0, "verdict rows have a word, findings and limits a severity");
	CHECK(lost == 0, "every row is found by its id");
}

static void test_find(void)
{
	static const char *const strangers[] = {
		"", "a", "zzz.zzz", "verdict", "verdict.", "verdict.valid ", "VERDICT.VALID"
	};

	for (size_t i = 0; i < COUNT_OF(strangers); i++)
		CHECK(!rule_find(strangers[i]), "no row: \"%s\"", strangers[i]);
}

/* Each word has a row of its own, so that `assay explain` can say what it means. */
static void test_words(void)
{
	for (int v = ASSAY_VERDICT_VALID; v <= ASSAY_VERDICT_ERROR; v++) {
		const char *word = assay_verdict_word((enum assay_verdict)v);
		const struct rule *r;
		char id[64];

		(void)snprintf(id, sizeof(id), "verdict.%s", word);
		r = rule_find(id);
		CHECK(r && r->kind == RULE_VERDICT && (int)r->verdict == v, "%s", id);
	}
	CHECK(strcmp(assay_verdict_word(ASSAY_VERDICT_UNKNOWN), "unknown") == 0, "unknown");
	CHECK(strcmp(assay_presence_word(ASSAY_PRESENCE_CONTAINER), "container") == 0,
	      "container");
	CHECK(strcmp(assay_binding_word(ASSAY_BINDING_UNCHECKED), "unchecked") == 0,
	      "unchecked");
	CHECK(strcmp(assay_signature_word(ASSAY_SIGNATURE_KEYLESS), "keyless") == 0, "keyless");
	CHECK(strcmp(assay_trust_word(ASSAY_TRUST_UNTRUSTED_ROOT), "untrusted-root") == 0,
	      "untrusted-root");
	CHECK(strcmp(assay_severity_word(ASSAY_SEVERITY_HIGH), "high") == 0, "high");
	CHECK(strcmp(assay_masquerade_word(ASSAY_MASQUERADE_SUSPECTED), "suspected") == 0,
	      "suspected");
}

/* A number that is no member (a caller's mistake) is never a good word. */
static void test_strangers(void)
{
	const char *words[] = {
		assay_verdict_word((enum assay_verdict)99),
		assay_presence_word((enum assay_presence)99),
		assay_binding_word((enum assay_binding)99),
		assay_signature_word((enum assay_signature)99),
		assay_trust_word((enum assay_trust)99),
		assay_severity_word((enum assay_severity)99),
		assay_masquerade_word((enum assay_masquerade)99),
	};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		CHECK(strcmp(words[i], "unknown") == 0, "stranger %zu", i);
}

int main(void)
{
	test_rows();
	test_find();
	test_words();
	test_strangers();
	return CHECK_DONE();
}
