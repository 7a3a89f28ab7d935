/* SPDX-License-Identifier: MIT */
/*
 * libassay: what does an executable file claim about its signer, what is
 * true, and whose signature was stolen (MITRE ATT&CK T1036.001)?
 *
 * One engine serves any number of files and threads.  Nothing here ever talks
 * to the network; nothing found inside a judged file ever becomes trusted.
 */
#ifndef ASSAY_H
#define ASSAY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zero of every enum is "unknown" or "none", never "good". */

/* One word per signature and one per file. */
enum assay_verdict {
	ASSAY_VERDICT_UNKNOWN = 0,
	ASSAY_VERDICT_VALID,
	ASSAY_VERDICT_UNTRUSTED,
	ASSAY_VERDICT_ADHOC,
	ASSAY_VERDICT_PARTIAL,
	ASSAY_VERDICT_TAMPERED,
	ASSAY_VERDICT_GRAFTED,
	ASSAY_VERDICT_MISMATCHED,
	ASSAY_VERDICT_COUNTERFEIT,
	ASSAY_VERDICT_BROKEN,
	ASSAY_VERDICT_STRIPPED,
	ASSAY_VERDICT_COSTUME,
	ASSAY_VERDICT_UNSIGNED,
	ASSAY_VERDICT_UNSUPPORTED,
	ASSAY_VERDICT_ERROR,
};

/* Where the signature lies. */
enum assay_presence {
	ASSAY_PRESENCE_NONE = 0,
	ASSAY_PRESENCE_EMBEDDED,
	ASSAY_PRESENCE_APPENDED,
	ASSAY_PRESENCE_DETACHED,
	ASSAY_PRESENCE_SIDECAR,
	ASSAY_PRESENCE_CATALOG,
	ASSAY_PRESENCE_CONTAINER,
};

/* Does the content match what is signed? */
enum assay_binding {
	ASSAY_BINDING_UNCHECKED = 0,
	ASSAY_BINDING_INTACT,
	ASSAY_BINDING_MODIFIED,
	ASSAY_BINDING_PARTIAL,
};

/* Is the signature over the signed object cryptographically good? */
enum assay_signature {
	ASSAY_SIGNATURE_ABSENT = 0,
	ASSAY_SIGNATURE_GOOD,
	ASSAY_SIGNATURE_BAD,
	ASSAY_SIGNATURE_KEYLESS,
	ASSAY_SIGNATURE_UNSUPPORTED,
};

/* Does the key lead to an anchor?  In order of precedence, worst first, after "unevaluated". */
enum assay_trust {
	ASSAY_TRUST_UNEVALUATED = 0,
	ASSAY_TRUST_REVOKED,
	ASSAY_TRUST_DISTRUSTED,
	ASSAY_TRUST_WRONG_USAGE,
	ASSAY_TRUST_WEAK_ALGORITHM,
	ASSAY_TRUST_EXPIRED,
	ASSAY_TRUST_SELF_SIGNED,
	ASSAY_TRUST_UNTRUSTED_ROOT,
	ASSAY_TRUST_UNKNOWN_KEY,
	ASSAY_TRUST_ANCHORED,
};

enum assay_severity {
	ASSAY_SEVERITY_NONE = 0,
	ASSAY_SEVERITY_INFO,
	ASSAY_SEVERITY_LOW,
	ASSAY_SEVERITY_MEDIUM,
	ASSAY_SEVERITY_HIGH,
};

/* Is the file an instance of T1036.001? */
enum assay_masquerade {
	ASSAY_MASQUERADE_UNKNOWN = 0,
	ASSAY_MASQUERADE_NO,
	ASSAY_MASQUERADE_SUSPECTED,
	ASSAY_MASQUERADE_YES,
};

/* How several signatures of one file become one word. */
enum assay_fold {
	ASSAY_FOLD_DEFAULT = 0, /* integrity of all, trust of the best */
	ASSAY_FOLD_ALL,         /* the worst of all */
	ASSAY_FOLD_ANY,         /* one valid signature suffices */
	ASSAY_FOLD_FIRST,       /* only the first counts */
};

enum assay_error {
	ASSAY_OK = 0,
	ASSAY_ERROR_IO,     /* errno says why */
	ASSAY_ERROR_MEMORY, /* out of memory */
	ASSAY_ERROR_USAGE,  /* an argument or a trust store makes no sense */
};

struct assay_engine;
struct assay_report;

/* Zeroed means: the built-in anchors, the clock of the system, default folding. */
struct assay_config {
	const char *const
		*trust_paths; /* more anchors: PEM or DER files, folders, trust.db; NULL ends */
	int only_trust;       /* not 0: no built-in anchors, only trust_paths */
	int64_t at;           /* judge as of this time, seconds since 1970; 0: now */
	enum assay_fold fold;
	int padding_reject; /* not 0: bytes hidden behind a signature make it "partial" */
	int with_sha256;    /* not 0: compute the SHA-256 of the whole file too */
	const char *const *donor_folders; /* where signed programs are remembered; NULL ends;
					     NULL itself: the system's and the user's */
	int no_donors; /* not 0: whose signature a file carries is not looked up */
};

/* The version of the library: "0.1.0". */
const char *assay_version(void);

/*
 * Opens an engine.  @config may be NULL.  On ASSAY_OK *@out is to be closed by
 * assay_engine_close(); otherwise it is NULL.
 */
enum assay_error assay_engine_open(const struct assay_config *config,
				   struct assay_engine **out);
void assay_engine_close(struct assay_engine *engine);

/*
 * Judges the regular file open at @fd, which stays the caller's and whose
 * offset is not used.  Safe from several threads at once.  A file that cannot
 * be read is not a failure of this call: its report has the verdict
 * ASSAY_VERDICT_ERROR.  On ASSAY_OK *@out is to be freed by assay_report_free().
 */
enum assay_error assay_examine(struct assay_engine *engine, int fd, struct assay_report **out);
void assay_report_free(struct assay_report *report);

enum assay_verdict assay_report_verdict(const struct assay_report *report);
enum assay_masquerade assay_report_masquerade(const struct assay_report *report);

/* The id of the row of the rule table that decided; lives as long as the report. */
const char *assay_report_rule(const struct assay_report *report);

/*
 * The report as one JSON object (schema "assay.report/1", RFC 8259), without a
 * final newline.  @path is what to call the file.  *@json is to be freed with
 * free(); it is NUL-terminated and @len bytes long.
 */
enum assay_error assay_report_json(const struct assay_report *report, const char *path,
				   char **json, size_t *len);

/* The words that stand in reports: "grafted", "embedded", "self-signed", ...; never NULL. */
const char *assay_verdict_word(enum assay_verdict v);
const char *assay_presence_word(enum assay_presence v);
const char *assay_binding_word(enum assay_binding v);
const char *assay_signature_word(enum assay_signature v);
const char *assay_trust_word(enum assay_trust v);
const char *assay_severity_word(enum assay_severity v);
const char *assay_masquerade_word(enum assay_masquerade v);

#ifdef __cplusplus
}
#endif
#endif
