/* SPDX-License-Identifier: MIT */
/*
 * Compare: two records of one file -> what became of it, above all of its signature
 * (D3FEND D3-FIM; NIST SP 800-53 SI-7).
 */
#pragma once
#include "store/baseline.h"

enum fim_severity {
	FIM_SEVERITY_NONE,
	FIM_SEVERITY_INFO, /* worth knowing, no violation */
	FIM_SEVERITY_LOW,
	FIM_SEVERITY_MEDIUM,
	FIM_SEVERITY_HIGH,
	FIM_SEVERITY_CRITICAL,
};

enum fim_rule {
	FIM_RULE_NONE,
	/* What became of the content and of its signature. */
	FIM_CHANGED_INTO_FORGERY,
	FIM_SILENT_CHANGE,
	FIM_SIGNATURE_BROKEN,
	FIM_SIGNATURE_LOST,
	FIM_SIGNER_CHANGED,
	FIM_SIGNER_RENEWED,
	FIM_DOWNGRADE,
	FIM_UNCOVERED_ADDED,
	FIM_UNCOVERED_CHANGED,
	FIM_UPDATED,
	FIM_PROGRAM_CHANGED,
	FIM_START_CHANGED,
	FIM_CONTENT_CHANGED,
	FIM_CHANGED_UNSOUND,
	FIM_UNJUDGED,
	FIM_VERDICT_MOVED,
	/* Files that come, go and turn into something else. */
	FIM_ADDED,
	FIM_ADDED_START,
	FIM_ADDED_UNSOUND,
	FIM_REMOVED,
	FIM_MOVED,
	FIM_REPLACED,
	FIM_LINK_CHANGED,
	/* Rights. */
	FIM_BECAME_EXECUTABLE,
	FIM_GAINED_SET_ID,
	FIM_GAINED_CAPABILITY,
	FIM_LOST_CAPABILITY,
	FIM_LOST_IMMUTABLE,
	FIM_OWNER_CHANGED,
	FIM_BECAME_WRITABLE,
	FIM_FOLDER_WRITABLE,
	FIM_MODE_CHANGED,
	FIM_ACL_CHANGED,
	FIM_LABEL_CHANGED,
	FIM_XATTRS_CHANGED,
	FIM_LINKS_COUNTED,
	FIM_RULES,
};

struct fim_rule_row {
	const char *id;
	enum fim_severity severity;
	const char *sentence;
};
extern const struct fim_rule_row fim_rules[FIM_RULES];

/* "none" "info" "low" "medium" "high" "critical" */
const char *fim_severity_word(enum fim_severity severity);

/* What became of one file; a bit for each rule. */
struct fim_change {
	struct baseline_record before, after; /* an empty path: there was, or is, none */
	uint64_t rules;
	size_t upgrade; /* of the packages that were upgraded, the one that explains it, from 1
			   on; 0: none does */
};

static inline bool fim_has(const struct fim_change *c, enum fim_rule rule)
{
	return (c->rules >> rule & 1) != 0;
}

/* Where it is, or was. */
static inline struct span fim_path_of(const struct fim_change *c)
{
	return c->after.path.len > 0 ? c->after.path : c->before.path;
}

/* What became of bytes that no signature covers. */
enum fim_bytes {
	FIM_BYTES_MAYBE, /* perhaps they changed */
	FIM_BYTES_CHANGED,
	FIM_BYTES_ADDED,
	FIM_BYTES_REMOVED, /* at a place that they had before */
};
struct fim_hole {
	enum fim_bytes what;
	uint64_t off, len;
};
#define FIM_HOLES_MAX (4 * BASELINE_MAX_HOLES)
/* "maybe" "changed" "added" "removed" */
const char *fim_bytes_word(enum fim_bytes what);
/*
 * Where a file changed whose signed bytes are the same.  How many; 0: that is not how it
 * changed, or nobody knows.
 */
size_t fim_holes_find(const struct fim_change *c, struct fim_hole holes[FIM_HOLES_MAX]);

/* Why the same content is judged differently: "revocation", "expiry", "distrust", "engine",
 * "anchors", "policy", "unknown"; NULL: it is not. */
const char *fim_moved_by(const struct fim_change *c);

/* Do both know by which findings they were judged? */
bool fim_has_findings(const struct fim_change *c);
/* The next id in @ids that @others have not: from *@at on; empty: no more. */
struct span fim_finding_next(struct span ids, struct span others, uint64_t *at);

/* Not two inodes that had the same number one after the other, as far as is known. */
bool fim_generation_fits(const struct baseline_record *a, const struct baseline_record *b);

/* Sets .rules by .before and .after; none: nothing that counts became of it. */
void fim_compare(struct fim_change *c);
/* The worst of its rules. */
enum fim_severity fim_severity_of(const struct fim_change *c);

/*
 * May its content be another one than it was, going by what its inode says?  @now is
 * cheap to have; times that the file system does not keep are the caller's business.
 */
bool fim_candidate(const struct baseline_record *before, const struct baseline_record *now);

/*
 * Files that went and files that came are one change if it is the same inode, or the
 * same content: [*@n] changes become fewer.  STATUS_NO_MEMORY only.
 */
MUST_CHECK enum status fim_moves_find(struct fim_change *changes, size_t *n);
