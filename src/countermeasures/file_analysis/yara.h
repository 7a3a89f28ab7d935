/* SPDX-License-Identifier: MIT */
/*
 * YARA rules over judged files (libyara, optional).  What matches is shown and
 * changes no axis and no verdict word.
 *
 * libyara has crashed on signed programs, so each file is scanned in a process
 * of its own, which is forked for it, confines itself and can reach nothing
 * but that file and a pipe.  Whatever happens to it, the answer is "incomplete",
 * never "no match", and the next file meets a fresh one.
 *
 * Rules may ask what was found out before, in these external variables:
 * assay_verdict, assay_signature, assay_binding, assay_trust, assay_signer
 * (verified; "" if it is not), assay_claimed_signer, assay_donor, assay_format,
 * assay_masquerade: assay_verdict == "grafted" and $rc4.
 */
#pragma once
#include "base/buffer.h"
#include "evidence/report.h"

#define YARA_TIMEOUT_S   10
#define YARA_MAX_RULES   ((size_t)64 << 20) /* bytes of their text */
#define YARA_MAX_FILE    ((uint64_t)256 << 20)
#define YARA_MAX_MEMORY  ((size_t)1 << 30) /* of the process that scans, for itself */
#define YARA_MAX_STRINGS 32                /* of each rule that matched */

struct yara;

/* Is libyara built in, and here?  Loads it. */
bool yara_available(void);

/*
 * Compiles rules.  Give their text: compiled ones are refused, because loading
 * them is not safe; so are include statements and the modules cuckoo and
 * magic, which read other files.  @name is what messages call the text.
 * STATUS_MALFORMED: @error says why, a line each, "rules.yar:12: ...";
 * STATUS_UNSUPPORTED: not built in, and @error says so.
 */
MUST_CHECK enum status yara_open(const char *name, struct span text, struct buffer *error,
				 struct yara **out);
void yara_close(struct yara *y);

size_t yara_rule_count(const struct yara *y);
const char *yara_rules_digest(const struct yara *y); /* SHA-256 of the text, hex */
/* For each file; YARA_TIMEOUT_S unless told. */
void yara_set_timeout(struct yara *y, unsigned seconds);

struct yara_answer {
	const char *incomplete;             /* why, a literal; NULL: everything was looked at */
	const struct report_match *matches; /* in the order of the rules */
	size_t n;                           /* at most REPORT_MAX_MATCHES */
};

/*
 * Scans the file at @fd (borrowed), which @r judged; other bytes than those
 * that were judged are "changed".  Waits for the answer.  Call while
 * single-threaded; a supervisor that is confined may call it.
 * STATUS_NO_MEMORY, or STATUS_IO: no process, and errno.
 */
MUST_CHECK enum status yara_scan(const struct yara *y, int fd, const struct report *r,
				 struct arena *a, struct yara_answer *out);
