/* SPDX-License-Identifier: MIT */
#include "countermeasures/local_file_permissions/drift.h"

#include "countermeasures/local_file_permissions/chain.h"
#include <errno.h>
#include <glob.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND  INT64_C(1000000000)
#define GLOBBED 65536 /* names of one statement */

const struct permit_drift_row permit_drift_rows[] = {
#define ROW(id, severity, sentence)                                                            \
	{                                                                                      \
		"permit." id, ASSAY_SEVERITY_##severity, sentence                              \
	}
	ROW("folder-not-sticky", MEDIUM,
	    "Everybody may write into this folder, and remove what others put there."),
	ROW("gave-up", HIGH,
	    "A change of rights died half-way, and could not be settled: look at it, then "
	    "assay permit undo --force."),
	ROW("immutable-lost", HIGH, "Somebody lifted the immutable or append-only flag."),
	ROW("journal-damaged", HIGH,
	    "Records of the journal are missing or were cut: what they said is not watched."),
	ROW("mount-drift", MEDIUM, "The mount has lost options that it shall have."),
	ROW("object-replaced", MEDIUM,
	    "Another file has the name of one that was restricted: judge it."),
	ROW("permission-policy", MEDIUM,
	    "It is not as the configuration states, or somebody else than its owner may change "
	    "it."),
	ROW("privileged-unvetted", MEDIUM,
	    "It runs with rights of its own (set-uid, set-gid, capabilities), and is neither "
	    "valid nor as its package has it."),
	ROW("restriction-covers-no-copy", MEDIUM,
	    "A copy of what was restricted is older than the restriction, which does not hold "
	    "for "
	    "it: restrict it, too."),
	ROW("restriction-evaded", HIGH,
	    "What was restricted has another name or a copy by now."),
	ROW("restriction-lifted", HIGH, "Somebody gave back the rights that were taken away."),
	ROW("start-writable", HIGH,
	    "The system starts it as root, and somebody who is not root may change it."),
	ROW("unsettled", MEDIUM,
	    "A change of rights is under way, or died half-way; assay permit undo settles it."),
	ROW("writable-by-others", MEDIUM,
	    "Somebody who is not its owner may change this program, or the folder in which it "
	    "lies."),
};
const size_t n_permit_drift_rows = COUNT_OF(permit_drift_rows);

static const struct permit_drift_row *row_of(const char *id)
{
	for (size_t i = 0; i < n_permit_drift_rows; i++)
		if (strcmp(permit_drift_rows[i].id, id) == 0)
			return &permit_drift_rows[i];
	return NULL;
}

void permit_finding_add(struct permit_findings *list, const char *id, const char *path,
			const char *expected, const char *observed, int64_t ctime)
{
	struct permit_finding *f = list->n < PERMIT_MAX_FINDINGS
					   ? ARENA_NEW(list->arena, struct permit_finding, 1)
					   : NULL;
	const struct permit_drift_row *row = row_of(id);

	list->n++;
	if (!f || !row) {
		list->dropped++;
		return;
	}
	*f =
		(struct permit_finding){ row,      row->severity, path, expected,
					 observed, ctime,         NULL };
	if (list->last)
		list->last->next = f;
	else
		list->first = f;
	list->last = f;
}

void permit_finding_raise(struct permit_findings *list)
{
	if (list->last)
		list->last->severity = ASSAY_SEVERITY_HIGH;
}

const char *permit_state_text(struct arena *a, const struct object_state *s, unsigned which)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	struct span acl = object_xattr_of(s, OBJECT_XATTR_ACL);

	if (which & OBJECT_OWNER)
		buffer_printf(&out, ", owner %u:%u", s->uid, s->gid);
	if (which & OBJECT_MODE)
		buffer_printf(&out, ", mode %04o", s->mode);
	if (which & OBJECT_ACL)
		buffer_printf(&out, ", %s", acl.len ? "an ACL" : "no ACL");
	if ((which & OBJECT_ACL) && acl.len)
		buffer_printf(&out, " of %zu entries", (acl.len - 4) / 8);
	if (which & OBJECT_CAPABILITY)
		buffer_printf(&out, ", %s",
			      object_xattr_of(s, OBJECT_XATTR_CAPABILITY).len
				      ? "capabilities"
				      : "no capabilities");
	if (which & OBJECT_FLAGS)
		buffer_printf(&out, ", %s%s",
			      s->flags & FS_IMMUTABLE_FL ? "immutable" : "not immutable",
			      s->flags & FS_APPEND_FL ? ", append-only" : "");
	if (which & OBJECT_MOUNT)
		buffer_printf(&out, ", %s,%s,%s",
			      s->mount_flags & OBJECT_NOEXEC ? "noexec" : "exec",
			      s->mount_flags & OBJECT_NOSUID ? "nosuid" : "suid",
			      s->mount_flags & OBJECT_NODEV ? "nodev" : "dev");
	return arena_string(a, span_after(buffer_span(&out), 2));
}

/* ---- operations ---- */

static void restriction_look(struct permit_findings *list, const struct permit_operation *op,
			     const struct object_identity *now, const struct object_state *live)
{
	const struct permit_intent *i = &op->intent;
	unsigned changed = object_differences(live, &i->after) & i->which;
	int64_t ctime = now->ctime / SECOND;

	if (changed & OBJECT_FLAGS)
		permit_finding_add(list, "permit.immutable-lost", i->path,
				   permit_state_text(list->arena, &i->after, OBJECT_FLAGS),
				   permit_state_text(list->arena, live, OBJECT_FLAGS), ctime);
	if (changed & OBJECT_MOUNT)
		permit_finding_add(list, "permit.mount-drift", i->path,
				   permit_state_text(list->arena, &i->after, OBJECT_MOUNT),
				   permit_state_text(list->arena, live, OBJECT_MOUNT), 0);
	changed &= ~(unsigned)(OBJECT_FLAGS | OBJECT_MOUNT);
	if (changed)
		permit_finding_add(list, "permit.restriction-lifted", i->path,
				   permit_state_text(list->arena, &i->after, changed),
				   permit_state_text(list->arena, live, changed), ctime);
	if (now->kind == S_IFREG && now->n_links > i->identity.n_links)
		permit_finding_add(list, "permit.restriction-evaded", i->path,
				   arena_printf(list->arena, "%llu names",
						(unsigned long long)i->identity.n_links),
				   arena_printf(list->arena, "%llu names",
						(unsigned long long)now->n_links),
				   ctime);
}

static void operation_look(struct permit_findings *list, const struct permit_operation *op)
{
	const struct permit_intent *i = &op->intent;
	struct object_identity now;
	struct object_state live;
	enum status status;
	int fd = -1;

	list->n_looked++;
	if (op->standing == PERMIT_GAVE_UP) {
		permit_finding_add(list, "permit.gave-up", i->path, NULL, op->why, op->time);
		return;
	}
	if (op->standing != PERMIT_DONE) {
		permit_finding_add(list, "permit.unsettled", i->path, NULL, NULL, op->time);
		return;
	}
	status = object_open(i->path, &fd);
	if (status == STATUS_USAGE) { /* no errno: it is neither a file nor a folder */
		permit_finding_add(list, "permit.object-replaced", i->path, NULL, NULL, 0);
		return;
	}
	if (status != STATUS_OK) {
		/* Gone is as good as restricted; out of reach is not known. */
		if (errno != ENOENT && errno != ENOTDIR)
			list->n_unknown++;
		return;
	}
	if (object_identify(fd, &now) != STATUS_OK ||
	    object_state_read(list->arena, fd, &live) != STATUS_OK)
		list->n_unknown++;
	else if (!permit_is_object(op, &now))
		permit_finding_add(list, "permit.object-replaced", i->path, NULL, NULL,
				   now.ctime / SECOND);
	else
		restriction_look(list, op, &now, &live);
	(void)close(fd);
}

/* Only the newest change of an object says how it shall be now. */
static bool superseded(const struct permit_ledger *l, size_t at)
{
	for (size_t i = at + 1; i < l->n; i++)
		if (permit_active(&l->operations[i]) &&
		    permit_same_object(&l->operations[i], &l->operations[at]))
			return true;
	return false;
}

void permit_drift_operations(struct permit_findings *list, const struct permit_ledger *l)
{
	if (l->health.damaged || l->health.cut || l->health.n_cuts)
		permit_finding_add(list, "permit.journal-damaged",
				   l->health.damaged ? l->health.damaged : "the journal", NULL,
				   NULL, 0);
	for (size_t i = 0; i < l->n; i++)
		if (permit_active(&l->operations[i]) && !superseded(l, i))
			operation_look(list, &l->operations[i]);
}

/* ---- statements ---- */

static void protected_compare(struct permit_findings *list, const struct permit_statement *s,
			      const char *path, const struct object_state *live, int64_t ctime)
{
	struct arena *a = list->arena;
	bool executed = (live->mode & 0111) != 0 && live->uid == 0;

	if (s->has_owner && live->uid != s->owner) {
		permit_finding_add(list, "permit.permission-policy", path,
				   arena_printf(a, "owner %u", s->owner),
				   arena_printf(a, "owner %u", live->uid), ctime);
		permit_finding_raise(list);
	}
	if (s->has_mode && (live->mode & ~s->mode)) {
		permit_finding_add(list, "permit.permission-policy", path,
				   arena_printf(a, "mode at most %04o", s->mode),
				   arena_printf(a, "mode %04o", live->mode), ctime);
		if (executed && (live->mode & 022))
			permit_finding_raise(list);
	}
	if (s->immutable && !(live->has_flags && (live->flags & FS_IMMUTABLE_FL)))
		permit_finding_add(list, "permit.immutable-lost", path, "immutable",
				   "not immutable", ctime);
}

static void protected_look(struct permit_findings *list, const struct permit_statement *s,
			   const char *path)
{
	struct object_identity now;
	struct object_state live;
	int fd = -1;
	const char *kept = arena_printf(list->arena, "%s", path), *weak;
	enum status status = kept ? object_open(path, &fd) : STATUS_NO_MEMORY;

	list->n_looked++;
	if (status != STATUS_OK) {
		/* A link is no program; what it leads to has its own name. */
		if (status != STATUS_IO || (errno != ELOOP && errno != ENOENT))
			list->n_unknown++;
		return;
	}
	if (object_identify(fd, &now) != STATUS_OK ||
	    object_state_read(list->arena, fd, &live) != STATUS_OK) {
		list->n_unknown++;
	} else {
		protected_compare(list, s, kept, &live, now.ctime / SECOND);
		weak = permit_chain_weak(list->arena, kept, s->has_owner ? s->owner : live.uid,
					 false);
		if (weak)
			permit_finding_add(list, "permit.permission-policy", kept,
					   "folders that only its owner may change", weak, 0);
	}
	(void)close(fd);
}

static void mount_look(struct permit_findings *list, const struct permit_statement *s)
{
	struct object_state live, wanted = { .mount_flags = s->mount_flags };
	int fd = -1;

	list->n_looked++;
	if (object_open(s->place, &fd) != STATUS_OK) {
		list->n_unknown++;
		return;
	}
	if (object_state_read(list->arena, fd, &live) != STATUS_OK)
		list->n_unknown++;
	else if (s->mount_flags & ~live.mount_flags)
		permit_finding_add(list, "permit.mount-drift", s->place,
				   permit_state_text(list->arena, &wanted, OBJECT_MOUNT),
				   permit_state_text(list->arena, &live, OBJECT_MOUNT), 0);
	(void)close(fd);
}

static void glob_look(struct permit_findings *list, const struct permit_statement *s)
{
	glob_t names = { 0 };
	int error = glob(s->place, GLOB_NOSORT, NULL, &names);

	if (error == GLOB_NOSPACE || error == GLOB_ABORTED)
		list->n_unknown++;
	for (size_t i = 0; error == 0 && i < names.gl_pathc; i++) {
		if (i == GLOBBED) {
			list->n_unknown++;
			break;
		}
		protected_look(list, s, names.gl_pathv[i]);
	}
	globfree(&names);
}

/* That an operation is in force; what is denied by digest is seen when it is judged. */
static void denied_look(struct permit_findings *list, const struct permit_statement *s,
			const struct permit_ledger *ledger)
{
	const char *problem = NULL;
	const struct permit_operation *op;

	if (s->has_sha256)
		return;
	op = permit_ledger_find(ledger, s->place, &problem);
	if (!op || op->standing != PERMIT_DONE)
		permit_finding_add(list, "permit.restriction-lifted",
				   op ? op->intent.path : s->place, "an operation in force",
				   op ? permit_standing_word(op->standing) : problem, 0);
}

void permit_drift_statements(struct permit_findings *list,
			     const struct permit_statement *statements, size_t n,
			     const struct permit_ledger *ledger)
{
	for (size_t i = 0; i < n; i++)
		switch (statements[i].kind) {
		case PERMIT_STATEMENT_PROTECT: glob_look(list, &statements[i]); break;
		case PERMIT_STATEMENT_MOUNT: mount_look(list, &statements[i]); break;
		case PERMIT_STATEMENT_DENY: denied_look(list, &statements[i], ledger); break;
		case PERMIT_STATEMENT_UNKNOWN: break;
		}
}
