/* SPDX-License-Identifier: MIT */
/*
 * Standing: which name may be said, and beside what.
 *
 * The engine sets .signer only when the facts allow it; here they are asked
 * again, so that a mistake there, or a worker that lies, cannot make a name
 * look verified.
 */
#include "evidence/parts.h"

int report_decisive(const struct report *r)
{
	if (r->decisive >= 0 && (size_t)r->decisive < r->n_signatures)
		return r->decisive;
	return r->n_signatures > 0 ? 0 : -1;
}

const struct report_signature *report_deciding(const struct report *r)
{
	if (r->decisive >= 0 && (size_t)r->decisive < r->n_signatures)
		return &r->signatures[r->decisive];
	for (size_t i = 0; i < r->n_signatures; i++)
		if (r->signatures[i].verdict == r->verdict)
			return &r->signatures[i];
	return NULL;
}

bool report_unevaluated(const struct report *r)
{
	const struct report_signature *s = report_deciding(r);

	return r->verdict == ASSAY_VERDICT_UNTRUSTED && s &&
	       (s->trust == ASSAY_TRUST_UNEVALUATED || s->trust == ASSAY_TRUST_UNKNOWN_KEY);
}

bool report_trusted(const struct report *r, const struct report_signature *s)
{
	return r->verdict == ASSAY_VERDICT_VALID && s->verdict == ASSAY_VERDICT_VALID &&
	       s->binding == ASSAY_BINDING_INTACT && s->signature == ASSAY_SIGNATURE_GOOD &&
	       s->trust == ASSAY_TRUST_ANCHORED;
}

const char *report_signer(const struct report *r, const struct report_signature *s)
{
	return report_trusted(r, s) ? s->signer : NULL;
}

struct span report_signer_key(const struct report *r, const struct report_signature *s)
{
	return report_trusted(r, s) ? s->signer_spki : SPAN_NONE;
}

struct span report_anchor_key(const struct report *r, const struct report_signature *s)
{
	return report_trusted(r, s) ? s->anchor_spki : SPAN_NONE;
}

bool report_time_proven(const struct report_timestamp *t)
{
	return t->counts && t->good && t->trusted && t->has_time;
}

const struct report_finding *report_worst(const struct report *r, enum assay_severity severity,
					  int signature)
{
	const struct report_finding *worst = NULL;

	for (size_t i = 0; i < r->n_findings; i++) {
		const struct report_finding *f = &r->findings[i];

		if (f->severity >= severity && (!worst || f->severity > worst->severity) &&
		    (signature == -2 || f->signature == signature))
			worst = f;
	}
	return worst;
}

const struct report_finding *report_next_finding(const struct report *r,
						 struct finding_walk *walk)
{
	for (; walk->passed <= ASSAY_SEVERITY_HIGH; walk->passed++, walk->next = 0) {
		while (walk->next < r->n_findings) {
			const struct report_finding *f = &r->findings[walk->next++];

			if ((int)f->severity == ASSAY_SEVERITY_HIGH - walk->passed)
				return f;
		}
	}
	return NULL;
}
