/* SPDX-License-Identifier: MIT */
#include "evidence/mapping.h"

#include "evidence/parts.h"

/* An unsupported file is nothing that a consumer counts as good, an error is no result. */
static const struct mapping mappings[] = {
  /* clang-format off */
	[ASSAY_VERDICT_UNKNOWN] =
		{ 0, MAPPING_UNCHECKED, NULL, NULL, NULL, false, false },
	[ASSAY_VERDICT_VALID] =
		{ 1, MAPPING_TRUE, "trusted", "none", "pass", false, false },
	[ASSAY_VERDICT_UNTRUSTED] =
		{ 3, MAPPING_TRUE, NULL, "warning", "fail", false, false },
	[ASSAY_VERDICT_ADHOC] =
		{ 1, MAPPING_TRUE, "adhoc", "note", "fail", false, false },
	[ASSAY_VERDICT_PARTIAL] =
		{ 4, MAPPING_FALSE, "partial", "error", "fail", false, false },
	[ASSAY_VERDICT_TAMPERED] =
		{ 4, MAPPING_FALSE, "errorBadDigest", "error", "fail", false, false },
	[ASSAY_VERDICT_GRAFTED] =
		{ 5, MAPPING_FALSE, "errorBadDigest", "error", "fail", true, false },
	[ASSAY_VERDICT_MISMATCHED] =
		{ 4, MAPPING_FALSE, "errorBadDigest", "error", "fail", false, false },
	[ASSAY_VERDICT_COUNTERFEIT] =
		{ 5, MAPPING_BY_AXES, "counterfeit", "error", "fail", true, false },
	[ASSAY_VERDICT_BROKEN] =
		{ 4, MAPPING_FALSE, "broken", "error", "fail", false, false },
	[ASSAY_VERDICT_STRIPPED] =
		{ 3, MAPPING_UNCHECKED, NULL, "warning", "fail", false, true },
	[ASSAY_VERDICT_COSTUME] =
		{ 3, MAPPING_UNCHECKED, NULL, "warning", "fail", true, true },
	[ASSAY_VERDICT_UNSIGNED] =
		{ 1, MAPPING_UNCHECKED, NULL, "none", "notApplicable", false, true },
	[ASSAY_VERDICT_UNSUPPORTED] =
		{ 0, MAPPING_UNCHECKED, "unsupported", "none", "open", false, false },
	[ASSAY_VERDICT_ERROR] =
		{ 0, MAPPING_UNCHECKED, NULL, NULL, NULL, false, false },
  /* clang-format on */
};

const struct mapping *mapping_of(enum assay_verdict v)
{
	return &mappings[v];
}

#define SEVERITY_ALERT 4 /* and more */

bool mapping_is_good(const struct report *r)
{
	int decisive = report_decisive(r);

	return decisive >= 0 && report_trusted(r, &r->signatures[decisive]);
}

bool mapping_is_alert(enum assay_verdict v)
{
	return mappings[v].technique || mappings[v].severity >= SEVERITY_ALERT;
}

const struct mapping_defence mapping_defences[] = {
	{"D3-FA", "File Analysis", "https://d3fend.mitre.org/technique/d3f:FileAnalysis/",
         "may-detect"},
};
const size_t n_mapping_defences = COUNT_OF(mapping_defences);

#define OTHER 99 /* OCSF: the word beside it says what */
#define ANY   (-1)

/* The first that matches. */
static const struct {
	int verdict, signature, binding, trust;
	struct mapping_state state;
} states[] = {
  /* clang-format off */
	{ ANY, ASSAY_SIGNATURE_BAD, ANY, ANY, { 9, "Bad" } },
	{ ASSAY_VERDICT_BROKEN, ANY, ANY, ANY, { 10, "Broken" } },
	{ ANY, ANY, ASSAY_BINDING_MODIFIED, ANY, { 9, "Bad" } },
	{ ANY, ANY, ASSAY_BINDING_PARTIAL, ANY, { OTHER, "Partial" } },
	{ ANY, ASSAY_SIGNATURE_KEYLESS, ANY, ANY, { OTHER, "Keyless" } },
	{ ANY, ASSAY_SIGNATURE_UNSUPPORTED, ANY, ANY, { 0, "unsupported" } },
	{ ANY, ASSAY_SIGNATURE_ABSENT, ANY, ANY, { 0, "absent" } },
	{ ANY, ANY, ASSAY_BINDING_UNCHECKED, ANY, { 0, "unchecked" } },
	{ ANY, ANY, ANY, ASSAY_TRUST_UNEVALUATED, { 0, "unevaluated" } },
	{ ANY, ANY, ANY, ASSAY_TRUST_REVOKED, { 3, "Revoked" } },
	{ ANY, ANY, ANY, ASSAY_TRUST_DISTRUSTED, { 7, "Distrusted" } },
	{ ANY, ANY, ANY, ASSAY_TRUST_WRONG_USAGE, { 8, "WrongUsage" } },
	{ ANY, ANY, ANY, ASSAY_TRUST_EXPIRED, { 2, "Expired" } },
	{ ANY, ANY, ANY, ASSAY_TRUST_UNTRUSTED_ROOT, { 6, "Untrusted" } },
	{ ANY, ANY, ANY, ASSAY_TRUST_SELF_SIGNED, { 6, "Untrusted" } },
	{ ANY, ANY, ANY, ASSAY_TRUST_UNKNOWN_KEY, { 6, "Untrusted" } },
	{ ANY, ANY, ANY, ASSAY_TRUST_WEAK_ALGORITHM, { OTHER, "WeakAlgorithm" } },
  /* clang-format on */
};

static bool matches(int wanted, int is)
{
	return wanted == ANY || wanted == is;
}

struct mapping_state mapping_state(const struct report *r, const struct report_signature *s)
{
	/* Nothing could be read out of it, not even what it signs. */
	if (s->verdict == ASSAY_VERDICT_BROKEN && s->digest_signed.len == 0)
		return (struct mapping_state){ 10, "Broken" };
	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (matches(states[i].verdict, (int)s->verdict) &&
		    matches(states[i].signature, (int)s->signature) &&
		    matches(states[i].binding, (int)s->binding) &&
		    matches(states[i].trust, (int)s->trust))
			return states[i].state;
	if (report_trusted(r, s))
		return (struct mapping_state){ 1, "Valid" };
	/* Whole in itself, but the certificate or the file beside it convicts. */
	return (struct mapping_state){ OTHER, "Disqualified" };
}

static const char *const status_of[] = {
	[ASSAY_TRUST_UNEVALUATED] = "errorNotEvaluated",
	[ASSAY_TRUST_REVOKED] = "errorRevoked",
	[ASSAY_TRUST_DISTRUSTED] = "errorExplicitDistrust",
	[ASSAY_TRUST_WRONG_USAGE] = "errorWrongUsage",
	[ASSAY_TRUST_WEAK_ALGORITHM] = "errorWeakAlgorithm",
	[ASSAY_TRUST_EXPIRED] = "errorExpired",
	[ASSAY_TRUST_SELF_SIGNED] = "errorUntrustedRoot",
	[ASSAY_TRUST_UNTRUSTED_ROOT] = "errorUntrustedRoot",
	[ASSAY_TRUST_UNKNOWN_KEY] = "errorUnknownKey",
	[ASSAY_TRUST_ANCHORED] = "errorDisqualified",
};

const char *mapping_status(const struct report *r, const struct report_signature *s)
{
	const char *status = mappings[s->verdict].status;

	if (s->verdict == ASSAY_VERDICT_VALID && !report_trusted(r, s))
		status = mappings[r->verdict].status;
	if (status && strcmp(status, "trusted") == 0 && !report_trusted(r, s))
		status = NULL;
	return status ? status : status_of[s->trust];
}

enum mapping_valid mapping_valid(const struct report_signature *s)
{
	enum mapping_valid valid = mappings[s->verdict].valid;

	if (s->signature == ASSAY_SIGNATURE_BAD || s->binding == ASSAY_BINDING_MODIFIED)
		return MAPPING_FALSE;
	if (valid != MAPPING_BY_AXES)
		return valid;
	if (s->signature != ASSAY_SIGNATURE_GOOD || s->binding == ASSAY_BINDING_UNCHECKED)
		return MAPPING_UNCHECKED;
	return s->binding == ASSAY_BINDING_INTACT ? MAPPING_TRUE : MAPPING_FALSE;
}

/* Of signatures, worst first; what is not here is milder than all. */
static const enum assay_verdict worst_first[] = {
	ASSAY_VERDICT_COUNTERFEIT, ASSAY_VERDICT_GRAFTED,   ASSAY_VERDICT_TAMPERED,
	ASSAY_VERDICT_MISMATCHED,  ASSAY_VERDICT_BROKEN,    ASSAY_VERDICT_PARTIAL,
	ASSAY_VERDICT_UNSUPPORTED, ASSAY_VERDICT_UNTRUSTED,
};
#define N_DECIDING 6 /* of them, even beside a good signature */

static size_t place_of(enum assay_verdict v)
{
	for (size_t i = 0; i < COUNT_OF(worst_first); i++)
		if (worst_first[i] == v)
			return i;
	return COUNT_OF(worst_first);
}

int mapping_signature(const struct report *r)
{
	size_t worst = SIZE_MAX;
	int found = -1;

	for (size_t i = 0; i < r->n_signatures; i++) {
		size_t place = place_of(r->signatures[i].verdict);

		if (place < worst) {
			worst = place;
			found = (int)i;
		}
	}
	if (r->verdict == ASSAY_VERDICT_VALID && worst >= N_DECIDING)
		return report_decisive(r);
	return found;
}
