/* SPDX-License-Identifier: MIT */
/* The words of the public enums, as they stand in reports, policies and the manual. */
#include "assay.h"
#include "base/attrs.h"

EXPORT const char *assay_verdict_word(enum assay_verdict v)
{
	switch (v) {
	case ASSAY_VERDICT_UNKNOWN: return "unknown";
	case ASSAY_VERDICT_VALID: return "valid";
	case ASSAY_VERDICT_UNTRUSTED: return "untrusted";
	case ASSAY_VERDICT_ADHOC: return "adhoc";
	case ASSAY_VERDICT_PARTIAL: return "partial";
	case ASSAY_VERDICT_TAMPERED: return "tampered";
	case ASSAY_VERDICT_GRAFTED: return "grafted";
	case ASSAY_VERDICT_MISMATCHED: return "mismatched";
	case ASSAY_VERDICT_COUNTERFEIT: return "counterfeit";
	case ASSAY_VERDICT_BROKEN: return "broken";
	case ASSAY_VERDICT_STRIPPED: return "stripped";
	case ASSAY_VERDICT_COSTUME: return "costume";
	case ASSAY_VERDICT_UNSIGNED: return "unsigned";
	case ASSAY_VERDICT_UNSUPPORTED: return "unsupported";
	case ASSAY_VERDICT_ERROR: return "error";
	}
	return "unknown";
}

EXPORT const char *assay_presence_word(enum assay_presence v)
{
	switch (v) {
	case ASSAY_PRESENCE_NONE: return "none";
	case ASSAY_PRESENCE_EMBEDDED: return "embedded";
	case ASSAY_PRESENCE_APPENDED: return "appended";
	case ASSAY_PRESENCE_DETACHED: return "detached";
	case ASSAY_PRESENCE_SIDECAR: return "sidecar";
	case ASSAY_PRESENCE_CATALOG: return "catalog";
	case ASSAY_PRESENCE_CONTAINER: return "container";
	}
	return "unknown";
}

EXPORT const char *assay_binding_word(enum assay_binding v)
{
	switch (v) {
	case ASSAY_BINDING_UNCHECKED: return "unchecked";
	case ASSAY_BINDING_INTACT: return "intact";
	case ASSAY_BINDING_MODIFIED: return "modified";
	case ASSAY_BINDING_PARTIAL: return "partial";
	}
	return "unknown";
}

EXPORT const char *assay_signature_word(enum assay_signature v)
{
	switch (v) {
	case ASSAY_SIGNATURE_ABSENT: return "absent";
	case ASSAY_SIGNATURE_GOOD: return "good";
	case ASSAY_SIGNATURE_BAD: return "bad";
	case ASSAY_SIGNATURE_KEYLESS: return "keyless";
	case ASSAY_SIGNATURE_UNSUPPORTED: return "unsupported";
	}
	return "unknown";
}

EXPORT const char *assay_trust_word(enum assay_trust v)
{
	switch (v) {
	case ASSAY_TRUST_UNEVALUATED: return "unevaluated";
	case ASSAY_TRUST_REVOKED: return "revoked";
	case ASSAY_TRUST_DISTRUSTED: return "distrusted";
	case ASSAY_TRUST_WRONG_USAGE: return "wrong-usage";
	case ASSAY_TRUST_WEAK_ALGORITHM: return "weak-algorithm";
	case ASSAY_TRUST_EXPIRED: return "expired";
	case ASSAY_TRUST_SELF_SIGNED: return "self-signed";
	case ASSAY_TRUST_UNTRUSTED_ROOT: return "untrusted-root";
	case ASSAY_TRUST_UNKNOWN_KEY: return "unknown-key";
	case ASSAY_TRUST_ANCHORED: return "anchored";
	}
	return "unknown";
}

EXPORT const char *assay_severity_word(enum assay_severity v)
{
	switch (v) {
	case ASSAY_SEVERITY_NONE: return "none";
	case ASSAY_SEVERITY_INFO: return "info";
	case ASSAY_SEVERITY_LOW: return "low";
	case ASSAY_SEVERITY_MEDIUM: return "medium";
	case ASSAY_SEVERITY_HIGH: return "high";
	}
	return "unknown";
}

EXPORT const char *assay_masquerade_word(enum assay_masquerade v)
{
	switch (v) {
	case ASSAY_MASQUERADE_UNKNOWN: return "unknown";
	case ASSAY_MASQUERADE_NO: return "no";
	case ASSAY_MASQUERADE_SUSPECTED: return "suspected";
	case ASSAY_MASQUERADE_YES: return "yes";
	}
	return "unknown";
}
