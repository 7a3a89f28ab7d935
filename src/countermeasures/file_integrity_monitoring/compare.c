/* SPDX-License-Identifier: MIT */
#include "countermeasures/file_integrity_monitoring/compare.h"
#include "countermeasures/file_integrity_monitoring/content.h"

#include "base/cursor.h"
#include "countermeasures/file_integrity_monitoring/starts.h"
#include "host/acl.h"
#include "source/identity.h"
#include <sys/stat.h>

const struct fim_rule_row fim_rules[FIM_RULES] = {
  /* clang-format off */
	[FIM_RULE_NONE] = { "none", FIM_SEVERITY_NONE, "nothing became of it" },
	[FIM_CHANGED_INTO_FORGERY] = { "changed-into-forgery", FIM_SEVERITY_CRITICAL,
		"it carries a signature that is not its own" },
	[FIM_SILENT_CHANGE] = { "silent-change", FIM_SEVERITY_CRITICAL,
		"its content changed, and nothing that its inode says did" },
	[FIM_SIGNATURE_BROKEN] = { "signature-broken-by-change", FIM_SEVERITY_CRITICAL,
		"its signature was good, and is over other bytes now" },
	[FIM_SIGNATURE_LOST] = { "signature-lost", FIM_SEVERITY_HIGH,
		"it was validly signed, and is not signed any more" },
	[FIM_SIGNER_CHANGED] = { "signer-changed", FIM_SEVERITY_HIGH,
		"somebody else signed it" },
	[FIM_SIGNER_RENEWED] = { "signer-key-changed", FIM_SEVERITY_MEDIUM,
		"another key under the same anchor signed it" },
	[FIM_DOWNGRADE] = { "downgrade", FIM_SEVERITY_MEDIUM,
		"the same signer signed it, but it is older than what was there" },
	[FIM_UNCOVERED_ADDED] = { "uncovered-bytes-added", FIM_SEVERITY_HIGH,
		"it has bytes more than before, and its signature does not cover them" },
	[FIM_UNCOVERED_CHANGED] = { "uncovered-bytes-changed", FIM_SEVERITY_MEDIUM,
		"bytes changed that its signature does not cover" },
	[FIM_UPDATED] = { "updated", FIM_SEVERITY_INFO,
		"the same signer signed other content" },
	[FIM_PROGRAM_CHANGED] = { "program-changed", FIM_SEVERITY_MEDIUM,
		"a program that no valid signature vouches for changed" },
	[FIM_START_CHANGED] = { "start-changed", FIM_SEVERITY_MEDIUM,
		"it says what is started or loaded, and changed" },
	[FIM_CONTENT_CHANGED] = { "content-changed", FIM_SEVERITY_LOW,
		"its content changed" },
	[FIM_CHANGED_UNSOUND] = { "changed-unsound", FIM_SEVERITY_HIGH,
		"it has a signature now, which does not hold" },
	[FIM_UNJUDGED] = { "changed-unjudged", FIM_SEVERITY_HIGH,
		"it was validly signed, changed, and could not be judged" },
	[FIM_VERDICT_MOVED] = { "verdict-moved", FIM_SEVERITY_INFO,
		"the same content is judged differently now" },
	[FIM_ADDED] = { "added", FIM_SEVERITY_LOW, "it was not there" },
	[FIM_ADDED_START] = { "added-start", FIM_SEVERITY_MEDIUM,
		"it says what is started or loaded, and was not there" },
	[FIM_ADDED_UNSOUND] = { "added-unsound", FIM_SEVERITY_HIGH,
		"it was not there, and its signature does not hold" },
	[FIM_REMOVED] = { "removed", FIM_SEVERITY_LOW, "it is gone" },
	[FIM_MOVED] = { "moved", FIM_SEVERITY_LOW, "it has another name" },
	[FIM_REPLACED] = { "replaced-by-other-type", FIM_SEVERITY_HIGH,
		"something of another kind stands in its place" },
	[FIM_LINK_CHANGED] = { "link-changed", FIM_SEVERITY_MEDIUM, "it leads elsewhere" },
	[FIM_BECAME_EXECUTABLE] = { "became-executable", FIM_SEVERITY_MEDIUM,
		"it may be started, and might not" },
	[FIM_GAINED_SET_ID] = { "gained-set-id", FIM_SEVERITY_HIGH,
		"it runs with the rights of its owner or group, and did not" },
	[FIM_GAINED_CAPABILITY] = { "gained-capability", FIM_SEVERITY_HIGH,
		"it may do what is root's, and could not" },
	[FIM_LOST_CAPABILITY] = { "lost-capability", FIM_SEVERITY_LOW,
		"it has fewer capabilities, or none" },
	[FIM_LOST_IMMUTABLE] = { "lost-immutable", FIM_SEVERITY_MEDIUM,
		"it is no longer protected from changes" },
	[FIM_OWNER_CHANGED] = { "owner-changed", FIM_SEVERITY_MEDIUM,
		"it belongs to somebody else" },
	[FIM_BECAME_WRITABLE] = { "became-writable", FIM_SEVERITY_MEDIUM,
		"anybody may write to it, and might not" },
	[FIM_FOLDER_WRITABLE] = { "folder-became-writable", FIM_SEVERITY_HIGH,
		"others may put into it what is started" },
	[FIM_MODE_CHANGED] = { "mode-changed", FIM_SEVERITY_LOW, "its rights are others" },
	[FIM_ACL_CHANGED] = { "acl-changed", FIM_SEVERITY_MEDIUM,
		"its access control list is another" },
	[FIM_LABEL_CHANGED] = { "label-changed", FIM_SEVERITY_MEDIUM,
		"its security label is another" },
	[FIM_XATTRS_CHANGED] = { "xattrs-changed", FIM_SEVERITY_LOW,
		"its extended attributes are others" },
	[FIM_LINKS_COUNTED] = { "names-changed", FIM_SEVERITY_INFO,
		"it has more or fewer names" },
  /* clang-format on */
};

const char *fim_severity_word(enum fim_severity severity)
{
	switch (severity) {
	case FIM_SEVERITY_NONE: return "none";
	case FIM_SEVERITY_INFO: return "info";
	case FIM_SEVERITY_LOW: return "low";
	case FIM_SEVERITY_MEDIUM: return "medium";
	case FIM_SEVERITY_HIGH: return "high";
	case FIM_SEVERITY_CRITICAL: return "critical";
	}
	return "none";
}

static void rule_add(struct fim_change *c, enum fim_rule rule)
{
	c->rules |= UINT64_C(1) << rule;
}

/* ---- verdicts ---- */

/* What a verdict means for a change. */
enum standing {
	STANDING_NONE,   /* nobody vouches for it */
	STANDING_VALID,  /* somebody does */
	STANDING_SIGNED, /* signed, but not by anybody who is trusted */
	STANDING_DAMAGED,
	STANDING_FORGED,
	STANDING_UNJUDGED,
};

static enum standing standing_of(const struct baseline_record *r)
{
	switch (r->verdict) {
	case ASSAY_VERDICT_VALID: return STANDING_VALID;
	case ASSAY_VERDICT_UNTRUSTED:
	case ASSAY_VERDICT_ADHOC: return STANDING_SIGNED;
	case ASSAY_VERDICT_PARTIAL:
	case ASSAY_VERDICT_TAMPERED:
	case ASSAY_VERDICT_MISMATCHED:
	case ASSAY_VERDICT_BROKEN: return STANDING_DAMAGED;
	case ASSAY_VERDICT_GRAFTED:
	case ASSAY_VERDICT_COUNTERFEIT: return STANDING_FORGED;
	case ASSAY_VERDICT_UNSUPPORTED:
	case ASSAY_VERDICT_ERROR: return STANDING_UNJUDGED;
	case ASSAY_VERDICT_STRIPPED:
	case ASSAY_VERDICT_COSTUME:
	case ASSAY_VERDICT_UNSIGNED:
	case ASSAY_VERDICT_UNKNOWN: break;
	}
	return STANDING_NONE;
}

static bool is_program(const struct baseline_record *r)
{
	return r->format.len > 0 || (S_ISREG(r->mode) && (r->mode & 0111) != 0);
}

/* Both are valid, and the bytes are others. */
static enum fim_rule still_valid(const struct fim_change *c)
{
	const struct baseline_record *b = &c->before, *a = &c->after;
	bool dated = (b->flags & a->flags & BASELINE_HAS_SIGNED_AT) != 0;

	if (!span_equal(b->signer_spki, a->signer_spki))
		return b->anchor_spki.len > 0 && span_equal(b->anchor_spki, a->anchor_spki)
			       ? FIM_SIGNER_RENEWED
			       : FIM_SIGNER_CHANGED;
	if (fim_covers_same(c))
		return a->size > b->size || fim_holes_added(c) ? FIM_UNCOVERED_ADDED
							       : FIM_UNCOVERED_CHANGED;
	if (fim_version_order(a->version, b->version) < 0)
		return FIM_DOWNGRADE;
	return dated && a->signed_at < b->signed_at ? FIM_DOWNGRADE : FIM_UPDATED;
}

static enum fim_rule content_rule(const struct fim_change *c)
{
	enum standing before = standing_of(&c->before);
	bool was_valid = before == STANDING_VALID;
	/* By whomever: its signature was over its bytes. */
	bool was_sound = was_valid || before == STANDING_SIGNED;

	switch (standing_of(&c->after)) {
	case STANDING_FORGED: return FIM_CHANGED_INTO_FORGERY;
	case STANDING_DAMAGED:
		if (was_sound)
			return FIM_SIGNATURE_BROKEN;
		return before == STANDING_NONE ? FIM_CHANGED_UNSOUND : FIM_PROGRAM_CHANGED;
	case STANDING_UNJUDGED: return was_valid ? FIM_UNJUDGED : FIM_PROGRAM_CHANGED;
	case STANDING_SIGNED: return was_valid ? FIM_SIGNER_CHANGED : FIM_PROGRAM_CHANGED;
	case STANDING_VALID: return was_valid ? still_valid(c) : FIM_UPDATED;
	case STANDING_NONE: break;
	}
	if (was_valid)
		return FIM_SIGNATURE_LOST;
	if (is_program(&c->before) || is_program(&c->after))
		return FIM_PROGRAM_CHANGED;
	return fim_starts_programs(c->after.path) ? FIM_START_CHANGED : FIM_CONTENT_CHANGED;
}

/* ---- inodes ---- */

bool fim_generation_fits(const struct baseline_record *a, const struct baseline_record *b)
{
	return (a->flags & b->flags & BASELINE_HAS_GENERATION) == 0 ||
	       a->generation == b->generation;
}

static bool inode_same(const struct baseline_record *a, const struct baseline_record *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->btime_ns == b->btime_ns &&
	       fim_generation_fits(a, b);
}

static bool times_same(const struct baseline_record *a, const struct baseline_record *b)
{
	return a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

bool fim_candidate(const struct baseline_record *before, const struct baseline_record *now)
{
	const unsigned bits = BASELINE_IMMUTABLE | BASELINE_APPEND_ONLY;

	return !inode_same(before, now) || !times_same(before, now) ||
	       before->mode != now->mode || before->uid != now->uid ||
	       before->gid != now->gid || before->nlink != now->nlink ||
	       before->rdev != now->rdev || ((before->flags ^ now->flags) & bits) != 0 ||
	       !span_equal(before->link, now->link) ||
	       /* Written again within a tick of the clock, it would look like this. */
	       before->ctime_ns > before->read_at_ns - IDENTITY_COARSEST_TICK_NS;
}

/* security.capability as capabilities(7) and the kernel's capability.h have it. */
struct capability {
	uint64_t permitted, inheritable;
	uint32_t effective, root;
};

#define CAPABILITY_EFFECTIVE 1U
#define CAPABILITY_REVISION  0xff000000U

/* Nothing at all has no bits; false: nobody knows what it says. */
static bool capability_read(struct span bytes, struct capability *out)
{
	struct cursor c = cursor_at(bytes, 0);
	uint32_t head = cursor_u32le(&c), revision = head & CAPABILITY_REVISION;
	unsigned n = revision == 0x01000000U ? 1 : 2;

	*out = (struct capability){ .effective = head & CAPABILITY_EFFECTIVE };
	if (bytes.len == 0)
		return true;
	for (unsigned i = 0; i < n; i++) {
		out->permitted |= (uint64_t)cursor_u32le(&c) << (32 * i);
		out->inheritable |= (uint64_t)cursor_u32le(&c) << (32 * i);
	}
	if (revision == 0x03000000U)
		out->root = cursor_u32le(&c);
	return cursor_ok(&c) && cursor_left(&c) == 0 && revision >= 0x01000000U &&
	       revision <= 0x03000000U;
}

/* Does it let do anything that was not let before? */
static bool capability_gained(struct span before, struct span after)
{
	struct capability b, a;

	if (after.len == 0)
		return false;
	if (!capability_read(before, &b) || !capability_read(after, &a))
		return true;
	return (a.permitted & ~b.permitted) != 0 || (a.inheritable & ~b.inheritable) != 0 ||
	       (a.effective & ~b.effective) != 0 || a.root != b.root;
}

/* Who may add to a folder, beside its owner and root; a later one is worse. */
enum adders { ADDERS_NONE, ADDERS_SOME, ADDERS_ALL };

/* A group that is its owner's own (the same number), or root's, is nobody else. */
static enum adders adders_of(const struct baseline_record *r)
{
	bool group = r->gid != 0 && r->gid != r->uid;

	if (!S_ISDIR(r->mode))
		return ADDERS_NONE;
	if (r->mode & S_IWOTH)
		return ADDERS_ALL;
	/* With an ACL it is its mask. */
	if ((r->mode & S_IWGRP) == 0)
		return ADDERS_NONE;
	if (r->acl.len > 0)
		group = acl_others_write(r->acl, group);
	return group ? ADDERS_SOME : ADDERS_NONE;
}

static void rights_compare(struct fim_change *c)
{
	const struct baseline_record *b = &c->before, *a = &c->after;
	uint32_t gained = a->mode & ~b->mode;

	if (b->uid != a->uid || b->gid != a->gid)
		rule_add(c, FIM_OWNER_CHANGED);
	if ((b->flags & BASELINE_IMMUTABLE) != 0 && (a->flags & BASELINE_IMMUTABLE) == 0)
		rule_add(c, FIM_LOST_IMMUTABLE);
	if (S_ISREG(a->mode) && (gained & (S_ISUID | S_ISGID)) != 0)
		rule_add(c, FIM_GAINED_SET_ID);
	if (adders_of(a) > adders_of(b))
		rule_add(c, FIM_FOLDER_WRITABLE);
	if (!S_ISLNK(a->mode) && !S_ISDIR(a->mode) && (gained & S_IWOTH) != 0)
		rule_add(c, FIM_BECAME_WRITABLE);
	if (S_ISREG(a->mode) && (b->mode & 0111) == 0 && (gained & 0111) != 0)
		rule_add(c, FIM_BECAME_EXECUTABLE);
	else if (b->mode != a->mode)
		rule_add(c, FIM_MODE_CHANGED);
	if (b->nlink != a->nlink && !S_ISDIR(a->mode))
		rule_add(c, FIM_LINKS_COUNTED);
	if (((b->flags & a->flags) & BASELINE_HAS_XATTRS) == 0)
		return;
	if (!span_equal(b->capability, a->capability))
		rule_add(c, capability_gained(b->capability, a->capability)
				    ? FIM_GAINED_CAPABILITY
				    : FIM_LOST_CAPABILITY);
	if (!span_equal(b->acl, a->acl))
		rule_add(c, FIM_ACL_CHANGED);
	else if (b->label.len > 0 && a->label.len > 0 && !span_equal(b->label, a->label))
		rule_add(c, FIM_LABEL_CHANGED);
	else if (!span_equal(SPAN_OF(b->xattrs), SPAN_OF(a->xattrs)) &&
		 span_equal(b->capability, a->capability))
		rule_add(c, FIM_XATTRS_CHANGED);
}

static void content_compare(struct fim_change *c)
{
	const struct baseline_record *b = &c->before, *a = &c->after;

	if ((b->flags & a->flags & BASELINE_HAS_SHA256) == 0)
		return;
	if (span_equal(SPAN_OF(b->sha256), SPAN_OF(a->sha256))) {
		if (b->verdict != a->verdict || b->trust != a->trust)
			rule_add(c, FIM_VERDICT_MOVED);
		return;
	}
	rule_add(c, content_rule(c));
	if (inode_same(b, a) && times_same(b, a))
		rule_add(c, FIM_SILENT_CHANGE);
}

static enum fim_rule added_rule(const struct baseline_record *r)
{
	if (standing_of(r) == STANDING_FORGED)
		return FIM_CHANGED_INTO_FORGERY;
	if (standing_of(r) == STANDING_DAMAGED || r->verdict == ASSAY_VERDICT_COSTUME)
		return FIM_ADDED_UNSOUND;
	return S_ISREG(r->mode) && fim_starts_programs(r->path) ? FIM_ADDED_START : FIM_ADDED;
}

/* What may do more than who starts it is told of, wherever it comes from. */
static void added_compare(struct fim_change *c)
{
	const struct baseline_record *b = &c->before, *a = &c->after;

	/* What is put into it is told; it itself only if it is a danger, and not as new, for an
	 * older baseline holds no folders. */
	if (S_ISDIR(a->mode)) {
		if (adders_of(a) > ADDERS_NONE)
			rule_add(c, FIM_FOLDER_WRITABLE);
		return;
	}
	rule_add(c, added_rule(a));
	if (S_ISREG(a->mode) && (a->mode & ~b->mode & (S_ISUID | S_ISGID)) != 0)
		rule_add(c, FIM_GAINED_SET_ID);
	if ((a->flags & BASELINE_HAS_XATTRS) != 0 &&
	    capability_gained(b->capability, a->capability))
		rule_add(c, FIM_GAINED_CAPABILITY);
}

/* Was it none that counts, or is it? */
static bool absent(const struct baseline_record *r)
{
	return r->path.len == 0 || (r->flags & BASELINE_OUTSIDE) != 0;
}

void fim_compare(struct fim_change *c)
{
	const struct baseline_record *b = &c->before, *a = &c->after;

	c->rules = 0;
	if (absent(b) && absent(a))
		return;
	if (absent(b)) {
		added_compare(c);
		return;
	}
	if (a->path.len == 0) {
		rule_add(c, FIM_REMOVED);
		return;
	}
	if ((b->mode & S_IFMT) != (a->mode & S_IFMT) ||
	    (b->rdev != a->rdev && !S_ISREG(a->mode))) {
		rule_add(c, FIM_REPLACED);
		return;
	}
	if (S_ISLNK(a->mode) && !span_equal(b->link, a->link))
		rule_add(c, FIM_LINK_CHANGED);
	content_compare(c);
	rights_compare(c);
}

enum fim_severity fim_severity_of(const struct fim_change *c)
{
	enum fim_severity worst = FIM_SEVERITY_NONE;

	for (unsigned i = 0; i < FIM_RULES; i++)
		if (fim_has(c, (enum fim_rule)i) && fim_rules[i].severity > worst)
			worst = fim_rules[i].severity;
	return worst;
}
