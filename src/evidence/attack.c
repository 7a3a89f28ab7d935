/* SPDX-License-Identifier: MIT */
#include "evidence/attack.h"

#include "evidence/mapping.h"
#include "trust/sets.h"

#include <string.h>

enum { WINDOWS, MACOS };

const struct attack_analytic_row attack_analytics[] = {
  /* clang-format off */
	[WINDOWS] = { "AN0089", "Windows", "an0089",
		{ "SignatureValidationResult", "ParentProcessName", "TimeWindow" }, TRUST_MS_CODE },
	[MACOS] = { "AN0090", "macOS", "an0090",
		{ "CodeSigningStatus", "UserContext", "ExecutablePathPrefix" }, TRUST_APPLE },
  /* clang-format on */
};
const size_t n_attack_analytics = COUNT_OF(attack_analytics);

/* What the loader of each platform runs; a row may stand here before its format is built. */
static const struct {
	const char *format;
	size_t analytic;
} formats_of[] = {
	{"pe",      WINDOWS},
        { "msi",    WINDOWS},
        { "appx",   WINDOWS},
	{ "macho",  MACOS  },
        { "fat",    MACOS  },
        { "bundle", MACOS  },
};

const struct attack_analytic_row *attack_of_format(const char *format)
{
	for (size_t i = 0; format && i < COUNT_OF(formats_of); i++)
		if (strcmp(formats_of[i].format, format) == 0)
			return &attack_analytics[formats_of[i].analytic];
	return NULL;
}

/* By analytic; where a file is merely untrusted, AN0089 asks why. */
static const char *const words[][COUNT_OF(attack_analytics)] = {
	[ASSAY_VERDICT_UNKNOWN] = {NULL,         NULL                  },
	[ASSAY_VERDICT_VALID] = { "valid",     "Trusted"             },
	[ASSAY_VERDICT_UNTRUSTED] = { "untrusted", "NotTrusted"          },
	[ASSAY_VERDICT_ADHOC] = { "untrusted", "NotTrusted"          },
	[ASSAY_VERDICT_PARTIAL] = { "invalid",   "ModifiedSinceSigning"},
	[ASSAY_VERDICT_TAMPERED] = { "invalid",   "ModifiedSinceSigning"},
	[ASSAY_VERDICT_GRAFTED] = { "invalid",   "ModifiedSinceSigning"},
	[ASSAY_VERDICT_MISMATCHED] = { "invalid",   "ModifiedSinceSigning"},
	[ASSAY_VERDICT_COUNTERFEIT] = { "invalid",   "NotTrusted"          },
	[ASSAY_VERDICT_BROKEN] = { "invalid",   "Invalid"             },
	[ASSAY_VERDICT_STRIPPED] = { "unsigned",  "Unsigned"            },
	[ASSAY_VERDICT_COSTUME] = { "unsigned",  "Unsigned"            },
	[ASSAY_VERDICT_UNSIGNED] = { "unsigned",  "Unsigned"            },
	[ASSAY_VERDICT_UNSUPPORTED] = { NULL,        NULL                  },
	[ASSAY_VERDICT_ERROR] = { NULL,        NULL                  },
};

static const char *const reasons[] = {
	[ASSAY_TRUST_UNEVALUATED] = "untrusted",
	[ASSAY_TRUST_REVOKED] = "revoked",
	[ASSAY_TRUST_DISTRUSTED] = "distrusted",
	[ASSAY_TRUST_WRONG_USAGE] = "wrong usage",
	[ASSAY_TRUST_WEAK_ALGORITHM] = "weak algorithm",
	[ASSAY_TRUST_EXPIRED] = "expired",
	[ASSAY_TRUST_SELF_SIGNED] = "untrusted root",
	[ASSAY_TRUST_UNTRUSTED_ROOT] = "untrusted root",
	[ASSAY_TRUST_UNKNOWN_KEY] = "untrusted",
	[ASSAY_TRUST_ANCHORED] = "untrusted",
};

const char *attack_status(const struct attack_analytic_row *row, const struct report *r)
{
	bool windows = row == &attack_analytics[WINDOWS];
	int worst = mapping_signature(r);

	if (windows && r->verdict == ASSAY_VERDICT_UNTRUSTED && worst >= 0)
		return reasons[r->signatures[worst].trust];
	return words[r->verdict][windows ? WINDOWS : MACOS];
}

void attack_json(struct json *j, const struct report *r)
{
	const struct attack_analytic_row *row = attack_of_format(r->format);

	if (!row)
		return;
	json_object(j, "attack");
	json_object(j, row->key);
	json_text(j, row->elements[0], attack_status(row, r));
	for (size_t i = 1; i < ATTACK_ELEMENTS; i++)
		json_null(j, row->elements[i]);
	json_end(j);
	json_end(j);
}
