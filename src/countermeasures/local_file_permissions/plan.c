/* SPDX-License-Identifier: MIT */
#include "countermeasures/local_file_permissions/plan.h"

#include "host/acl.h"
#include <linux/fs.h>
#include <sys/stat.h>

#define EXEC_BITS  00111U
#define WRITE_BITS 00022U
#define SET_IDS    06000U
#define STICKY_BIT 01000U

/* What each word means for who may take rights away from the file. */
enum standing {
	STANDING_UNKNOWN, /* nothing, ever */
	STANDING_FORGED,  /* contained without being asked */
	STANDING_WRONG,   /* may lose its right to run */
	STANDING_OPEN,    /* only what a person asks for, and only that right */
	STANDING_GOOD,    /* may be protected */
};

static enum standing standing_of(const struct permit_subject *s)
{
	if (!s->complete)
		return STANDING_UNKNOWN;
	switch (s->verdict) {
	case ASSAY_VERDICT_UNKNOWN:
	case ASSAY_VERDICT_UNSUPPORTED:
	case ASSAY_VERDICT_ERROR: return STANDING_UNKNOWN;
	case ASSAY_VERDICT_GRAFTED:
	case ASSAY_VERDICT_COUNTERFEIT: return STANDING_FORGED;
	case ASSAY_VERDICT_TAMPERED:
	case ASSAY_VERDICT_MISMATCHED:
	case ASSAY_VERDICT_BROKEN: return STANDING_WRONG;
	case ASSAY_VERDICT_UNTRUSTED:
	case ASSAY_VERDICT_ADHOC:
	case ASSAY_VERDICT_PARTIAL:
	case ASSAY_VERDICT_STRIPPED:
	case ASSAY_VERDICT_COSTUME:
	case ASSAY_VERDICT_UNSIGNED: return STANDING_OPEN;
	case ASSAY_VERDICT_VALID: return STANDING_GOOD;
	}
	return STANDING_UNKNOWN;
}

const char *permit_decision_word(enum permit_decision decision)
{
	switch (decision) {
	case PERMIT_NOTHING: return "nothing";
	case PERMIT_CHANGE: return "change";
	case PERMIT_REFUSED: return "refused";
	case PERMIT_INCOMPLETE: return "incomplete";
	case PERMIT_UNKNOWN: break;
	}
	return "unknown";
}

/* One plan on its way. */
struct planning {
	struct arena *arena;
	const struct permit_subject *subject;
	const struct permit_wish *wish;
	struct permit_plan *out;
};

static void decide(struct planning *p, enum permit_decision decision, const char *reason)
{
	p->out->decision = decision;
	p->out->reason = reason ? reason : "out of memory";
}

static void note(struct planning *p, const char *text)
{
	if (text && p->out->n_notes < PERMIT_MAX_NOTES)
		p->out->notes[p->out->n_notes++] = text;
}

static bool is_folder(const struct planning *p)
{
	return p->subject->identity.kind == S_IFDIR;
}

/* What fits the verdict, when nobody asked for anything; 0: decided. */
static unsigned means_of_verdict(struct planning *p, enum standing standing)
{
	const struct permit_subject *s = p->subject;

	if (is_folder(p)) {
		decide(p, PERMIT_NOTHING, "a folder gets only what --means asks for");
		return 0;
	}
	if (standing == STANDING_FORGED || (s->denied && standing != STANDING_UNKNOWN))
		return p->wish->uid == 0 ? PERMIT_CONTAIN : PERMIT_NO_ACCESS;
	if (standing == STANDING_WRONG && !s->package)
		return PERMIT_NO_EXEC;
	if (standing == STANDING_WRONG)
		decide(p, PERMIT_NOTHING,
		       arena_printf(p->arena, "package %s owns it: install that again",
				    s->package));
	else
		decide(p, PERMIT_NOTHING,
		       standing == STANDING_GOOD ? "a valid program keeps its rights"
						 : "of such a file only a person decides: "
						   "--means no-exec or deny-user");
	return 0;
}

/* Is one of the means not for this object?  Then it is refused. */
static bool means_refused(struct planning *p, enum standing standing)
{
	for (size_t i = 0; i < n_permit_means_rows; i++) {
		const struct permit_means_row *row = &permit_means_rows[i];
		const char *why = NULL;

		if (!(p->out->means & row->means))
			continue;
		if (is_folder(p) ? !row->folders : !row->files)
			why = is_folder(p) ? "is not for folders" : "is for folders only";
		else if (row->by_root && p->wish->uid != 0)
			why = "needs root";
		else if (row->takes && standing == STANDING_GOOD && !p->subject->denied)
			why = "is not for a valid program";
		else if (row->takes && standing == STANDING_OPEN && !p->subject->denied &&
			 row->means != PERMIT_NO_EXEC && row->means != PERMIT_DENY_USER)
			why = "is not for a file that may be no forgery; no-exec is";
		else if (row->means == PERMIT_PROTECT && !is_folder(p) &&
			 standing != STANDING_GOOD)
			why = "is for valid programs only";
		else if (row->means == PERMIT_NOEXEC_MOUNT && !p->subject->mount_point)
			why = "is for mount points only; make one: mount --bind DIR DIR";
		if (!why)
			continue;
		decide(p, PERMIT_REFUSED, arena_printf(p->arena, "%s %s", row->name, why));
		return true;
	}
	return false;
}

/* What is never touched unless somebody says so. */
static bool object_refused(struct planning *p)
{
	const struct permit_subject *s = p->subject;

	if (p->wish->uid != 0 && p->wish->uid != s->state.uid)
		decide(p, PERMIT_REFUSED, "it belongs to somebody else");
	else if (s->vital && !p->wish->even_vital)
		decide(p, PERMIT_REFUSED,
		       arena_printf(p->arena, "%s; --even vital does it all the same",
				    s->vital));
	else if (s->package && !p->wish->even_packaged)
		decide(p, PERMIT_REFUSED,
		       arena_printf(p->arena,
				    "package %s owns it; --even packaged does it all the same",
				    s->package));
	else
		return false;
	return true;
}

static enum status acl_follow(struct planning *p, uint32_t mode)
{
	struct object_state *after = &p->out->after;
	struct span acl = object_xattr_of(after, OBJECT_XATTR_ACL), changed;

	after->mode = mode;
	if (!acl.len)
		return STATUS_OK;
	TRY(acl_with_mode(p->arena, acl, mode, &changed));
	return object_xattr_replace(p->arena, after, OBJECT_XATTR_ACL, changed, after);
}

/* A forgery runs with nobody else's rights. */
static enum status privileges_drop(struct planning *p)
{
	struct object_state *after = &p->out->after;

	after->mode &= ~SET_IDS;
	return object_xattr_replace(p->arena, after, OBJECT_XATTR_CAPABILITY, SPAN_NONE, after);
}

static enum status contain(struct planning *p)
{
	struct object_state *after = &p->out->after;

	after->uid = 0;
	after->gid = 0;
	after->mode = 0;
	TRY(object_xattr_replace(p->arena, after, OBJECT_XATTR_ACL, SPAN_NONE, after));
	TRY(privileges_drop(p));
	if (after->has_flags)
		after->flags |= FS_IMMUTABLE_FL;
	else
		note(p,
		     "this file system has no immutable flag: it can be renamed and removed");
	return STATUS_OK;
}

static enum status user_deny(struct planning *p)
{
	struct object_state *after = &p->out->after;
	struct span acl;

	TRY(acl_without_user(p->arena, object_xattr_of(after, OBJECT_XATTR_ACL), after->mode,
			     p->wish->user, &acl));
	return object_xattr_replace(p->arena, after, OBJECT_XATTR_ACL, acl, after);
}

/* The group stays: it may read. */
static enum status protect(struct planning *p)
{
	p->out->after.uid = 0;
	return acl_follow(p, p->out->after.mode & ~WRITE_BITS);
}

static enum status means_do(struct planning *p)
{
	struct object_state *after = &p->out->after;
	unsigned means = p->out->means;

	if (means & PERMIT_PROTECT)
		TRY(protect(p));
	if (means & PERMIT_STICKY)
		after->mode |= STICKY_BIT;
	if (means & PERMIT_DENY_USER)
		TRY(user_deny(p));
	if (means & PERMIT_NO_EXEC) {
		TRY(acl_follow(p, after->mode & ~EXEC_BITS));
		TRY(privileges_drop(p));
	}
	if (means & PERMIT_NO_ACCESS) {
		TRY(acl_follow(p, 0));
		TRY(privileges_drop(p));
	}
	if (means & PERMIT_CONTAIN)
		TRY(contain(p));
	if (means & PERMIT_IMMUTABLE)
		after->flags |= FS_IMMUTABLE_FL;
	if (means & PERMIT_APPEND_ONLY)
		after->flags |= FS_APPEND_FL;
	if (means & PERMIT_NOEXEC_MOUNT)
		after->mount_flags |= OBJECT_NOEXEC | OBJECT_NOSUID | OBJECT_NODEV;
	return STATUS_OK;
}

/* Nobody keeps an index of names. */
#define FIND "find -xdev -inum %llu, from where its file system is mounted, tells them"

/* systemd.unit(5), "string escaping for inclusion in unit names", of a path without links. */
static void unit_name_add(struct buffer *out, struct span path)
{
	path = span_after(path, 1);
	if (path.len == 0)
		buffer_char(out, '-');
	for (uint64_t i = 0; i < path.len; i++) {
		uint8_t c = span_at(path, i);
		bool plain = (c >= '0' && c <= '9') ||
			     (letter_small(c) >= 'a' && letter_small(c) <= 'z') || c == ':' ||
			     c == '_' || (c == '.' && i > 0);

		if (c == '/')
			buffer_char(out, '-');
		else if (plain)
			buffer_char(out, (char)c);
		else
			buffer_printf(out, "\\x%02x", c);
	}
}

/* What would keep it, for a person to write. */
static const char *drop_in(struct planning *p)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_text(&text, "it holds until the next mount; what keeps it is the file "
			   "/etc/systemd/system/");
	unit_name_add(&text, SPAN_TEXT(p->subject->path));
	buffer_text(&text, ".mount.d/noexec.conf with the lines \"[Mount]\" and "
			   "\"Options=...,noexec,nosuid,nodev\", in the place of the dots the "
			   "options that it has, or those words in /etc/fstab");
	return buffer_status(&text) == STATUS_OK ? arena_string(p->arena, buffer_span(&text))
						 : NULL;
}

static void notes_make(struct planning *p)
{
	const struct permit_subject *s = p->subject;

	for (size_t i = 0; i < n_permit_means_rows; i++)
		if (p->out->means & permit_means_rows[i].means)
			note(p, arena_printf(p->arena, "%s does not stop: %s",
					     permit_means_rows[i].name,
					     permit_means_rows[i].escapes));
	if (p->wish->wine && s->format && strcmp(s->format, "pe") == 0)
		note(p, "this host has wine, for which neither no-exec nor noexec-mount is an "
			"answer: take this file away, or let the guard deny it");
	if (s->package && (p->out->after.flags & FS_IMMUTABLE_FL))
		note(p, arena_printf(p->arena,
				     "upgrades of package %s fail while it is immutable; undo "
				     "this before (DPkg::Pre-Invoke), and do it again "
				     "(DPkg::Post-Invoke)",
				     s->package));
	if (p->out->means & PERMIT_NOEXEC_MOUNT)
		note(p, drop_in(p));
	if (p->out->which && s->identity.n_links > 1 && !is_folder(p))
		note(p, arena_printf(p->arena,
				     "it has %llu names, and this hits all of them; " FIND,
				     (unsigned long long)s->identity.n_links,
				     (unsigned long long)s->identity.ino));
	if ((s->state.mode & SET_IDS & ~p->out->after.mode) ||
	    (p->out->which & OBJECT_CAPABILITY))
		note(p, "undo gives set-uid, set-gid and capabilities back only with "
			"--with-setuid");
	if (p->out->which)
		note(p, "undo gives back all that is shown here, but not the time of its last "
			"change "
			"(ctime)");
}

/* What only shows when it is known what changes. */
static void change_decide(struct planning *p)
{
	const struct permit_subject *s = p->subject;
	struct permit_plan *out = p->out;

	out->which = object_touched(&s->state, &out->after,
				    object_differences(&s->state, &out->after));
	if (((out->means & (PERMIT_IMMUTABLE | PERMIT_APPEND_ONLY)) && !s->state.has_flags))
		decide(p, PERMIT_REFUSED, "this file system has no such flags");
	else if ((out->means & PERMIT_DENY_USER) && p->wish->user == s->state.uid)
		decide(p, PERMIT_REFUSED,
		       "that user owns it, and the rights of the owner are not his entry's");
	else if ((out->means & PERMIT_DENY_USER) && p->wish->user == 0)
		decide(p, PERMIT_REFUSED, "root cannot be denied anything by an ACL");
	else if (out->which == 0)
		decide(p, PERMIT_NOTHING, "it is so already");
	else if (s->identity.n_links > 1 && !is_folder(p) && !p->wish->all_links)
		decide(p, PERMIT_REFUSED,
		       arena_printf(p->arena,
				    "it has %llu names, and a change hits all of them; " FIND
				    "; --all-links does it all the same",
				    (unsigned long long)s->identity.n_links,
				    (unsigned long long)s->identity.ino));
	else if (s->identity.n_links == 0)
		decide(p, PERMIT_REFUSED, "it has no name any more");
}

enum status permit_plan(struct arena *a, const struct permit_subject *subject,
			const struct permit_wish *wish, struct permit_plan *out)
{
	struct planning p = { a, subject, wish, out };
	enum standing standing = standing_of(subject);

	*out = (struct permit_plan){ .after = subject->state };
	if (!is_folder(&p) && standing == STANDING_UNKNOWN) {
		decide(&p, PERMIT_INCOMPLETE,
		       "what could not be judged is left alone, whatever is asked for");
		return STATUS_OK;
	}
	out->means = wish->means ? wish->means : means_of_verdict(&p, standing);
	if (!out->means || means_refused(&p, standing) || object_refused(&p))
		return STATUS_OK;
	TRY(means_do(&p));
	decide(&p, PERMIT_CHANGE,
	       subject->denied ? "the configuration denies it (deny-exec)"
	       : wish->means   ? "asked for"
			       : "its verdict");
	change_decide(&p);
	if (out->decision == PERMIT_CHANGE || out->which == 0)
		notes_make(&p);
	return STATUS_OK;
}
