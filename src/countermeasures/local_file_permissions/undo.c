/* SPDX-License-Identifier: MIT */
/* Undo, and recovery after a crash: both put back what the journal remembers. */
#include "countermeasures/local_file_permissions/record.h"

#include "countermeasures/local_file_permissions/facts.h"
#include "source/lease.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define SET_IDS 06000U

static enum status refuse(struct permit_outcome *out, const char *why)
{
	out->result = PERMIT_WAS_REFUSED;
	out->why = why;
	return why ? STATUS_OK : STATUS_NO_MEMORY;
}

/* The object of @op, by its name; -1 and *@why: it is not there. */
static int object_of(const struct permit_operation *op, const char **why)
{
	static const char replaced[] =
		"the object was replaced since: another one has its name now";
	const struct object_identity *was = &op->intent.identity;
	struct object_identity now;
	int fd = -1;

	enum status status = object_open(op->intent.path, &fd);

	if (status == STATUS_USAGE) /* no errno: it is neither a file nor a folder */
		*why = replaced;
	else if (status != STATUS_OK)
		*why = errno == ENOENT || errno == ENOTDIR
			       ? "its name is gone; put it back there and try again"
			       : "it cannot be opened by its name";
	if (status != STATUS_OK)
		return -1;
	if (object_identify(fd, &now) == STATUS_OK &&
	    (permit_is_object(op, &now) ||
	     (op->standing != PERMIT_DONE && object_same_or_copied(&now, was))) &&
	    (!(op->intent.which & OBJECT_MOUNT) || now.mount == was->mount))
		return fd;
	*why = op->intent.which & OBJECT_MOUNT ? "something else is mounted there since"
					       : replaced;
	(void)close(fd);
	return -1;
}

/* A newer change of the same object comes off first. */
static const struct permit_operation *newer_one(const struct permit_actor *actor,
						const struct permit_operation *op)
{
	const struct permit_ledger *l = &actor->ledger;
	const struct permit_operation *found = NULL;

	for (size_t i = 0; i < l->n; i++) {
		const struct permit_operation *other = &l->operations[i];

		if (found == op && permit_active(other) && permit_same_object(other, op))
			return other;
		if (other == op)
			found = op;
	}
	return NULL;
}

static const char *id_text(struct arena *a, const struct journal_id *id)
{
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;

	buffer_hex(&hex, SPAN_OF(id->bytes));
	return buffer_status(&hex) == STATUS_OK ? arena_string(a, buffer_span(&hex)) : NULL;
}

/* How the object was left: by what was done, or by an undo that kept its privileges off. */
static const struct object_state *left_of(const struct permit_operation *op)
{
	return op->standing == PERMIT_UNDONE ? &op->target : &op->intent.after;
}

/* Of what is undone: did it have more privileges before? */
static bool privileges_left(const struct permit_operation *op)
{
	const struct object_state *before = &op->intent.before;

	return (before->mode & ~op->target.mode & SET_IDS) != 0 ||
	       (object_differences(before, &op->target) & OBJECT_CAPABILITY) != 0;
}

/* What undoing leads to: how it was, without privileges that were taken off, unless asked for.
 */
static enum status target_make(struct permit_actor *actor, const struct permit_operation *op,
			       const struct permit_undo_wish *wish, struct object_state *out)
{
	const struct permit_intent *i = &op->intent;

	*out = i->before;
	if (wish->with_setid)
		return STATUS_OK;
	out->mode &= ~(i->before.mode & ~i->after.mode & SET_IDS);
	if (object_xattr_of(&i->after, OBJECT_XATTR_CAPABILITY).len)
		return STATUS_OK;
	return object_xattr_replace(actor->arena, out, OBJECT_XATTR_CAPABILITY, SPAN_NONE, out);
}

/* Would more run with the rights of others than does now? */
static bool privileges_come(const struct object_state *live, const struct object_state *target,
			    unsigned which)
{
	struct span now = object_xattr_of(live, OBJECT_XATTR_CAPABILITY),
		    then = object_xattr_of(target, OBJECT_XATTR_CAPABILITY);

	return ((which & OBJECT_MODE) && (target->mode & ~live->mode & SET_IDS)) ||
	       ((which & OBJECT_CAPABILITY) && then.len && !span_same(now, then));
}

/*
 * Whoever owns the file may have written to it while it had no privileges: they come back
 * only to the content that was judged, and with @fd leased, so that it stays that.  NULL: fine;
 * else why not.
 */
static const char *privileges_refused(const struct permit_operation *op, int fd,
				      const struct object_state *live,
				      const struct object_state *target, unsigned which)
{
	uint8_t digest[32];

	/* Who is not root could set them himself. */
	if (!privileges_come(live, target, which) || op->intent.identity.kind != S_IFREG ||
	    !op->intent.has_sha256 || geteuid() != 0)
		return NULL;
	if (!lease_take(fd))
		return "somebody may write to it, so set-uid, set-gid and capabilities do not "
		       "come back now";
	if (!permit_file_digest(fd, false, digest, sizeof(digest)))
		return "its content cannot be compared, so set-uid, set-gid and capabilities "
		       "do "
		       "not come back";
	return span_equal(SPAN_OF(digest), SPAN_OF(op->intent.sha256))
		       ? NULL
		       : "its content was changed since, so set-uid, set-gid and capabilities "
			 "do "
			 "not come back";
}

static enum status undo_do(struct permit_actor *actor, const struct permit_operation *op,
			   int fd, const struct object_state *target, unsigned which,
			   struct permit_outcome *out)
{
	const struct journal_id id = op->id; /* the ledger may move when it grows */
	struct object_state live = out->live;

	TRY(permit_record_undo(actor, &id, which, target));
	if (object_change(fd, &live, target, which) != STATUS_OK) {
		out->why = strerrordesc_np(errno);
		return STATUS_IO;
	}
	TRY(object_state_read(actor->arena, fd, &live));
	out->live = live;
	if (object_differences(&live, target) & which) {
		out->why = "the file system did not do it (not-honoured)";
		return STATUS_IO;
	}
	(void)fsync(fd);
	TRY(permit_record(actor, &id, JOURNAL_PERM_UNDONE, SPAN_NONE));
	out->result = PERMIT_TAKEN_BACK;
	return STATUS_OK;
}

static enum status undo_at(struct permit_actor *actor, const struct permit_operation *op,
			   int fd, const struct permit_undo_wish *wish,
			   struct permit_outcome *out)
{
	struct object_state target;
	unsigned which = op->intent.which;
	bool already;

	TRY(object_state_read(actor->arena, fd, &out->live));
	out->has_live = true;
	TRY(target_make(actor, op, wish, &target));
	if (op->standing == PERMIT_UNDONE)
		which = object_differences(&op->target, &target) &
			(OBJECT_MODE | OBJECT_CAPABILITY);
	/* Somebody put all of it back: nothing is left but to say that it is undone. */
	already = (object_differences(&out->live, &op->intent.before) & which) == 0;
	if (already)
		target = op->intent.before;
	out->foreign = object_differences(&out->live, left_of(op)) &
		       object_differences(&out->live, &target) & which;
	if (out->foreign && !wish->force)
		return refuse(out, "somebody changed it since; --force gives back only what is "
				   "still as we left it");
	which &= ~out->foreign;
	/* An ACL is half of the mode. */
	if (out->foreign & (OBJECT_MODE | OBJECT_ACL))
		which &= ~(unsigned)(OBJECT_MODE | OBJECT_ACL);
	if (!which)
		return refuse(out, "nothing of it is as we left it");
	out->why = privileges_refused(op, fd, &out->live, &target, which);
	if (out->why)
		return refuse(out, out->why);
	if (already)
		out->why = "it is already as it was before";
	if (object_differences(&op->intent.before, &target) & which)
		out->why = "set-uid, set-gid and capabilities stay off; undo --with-setuid "
			   "gives them back, also later";
	if (wish->dry_run) {
		out->result = PERMIT_TAKEN_BACK;
		return STATUS_OK;
	}
	return undo_do(actor, op, fd, &target, which, out);
}

enum status permit_undo(struct permit_actor *actor, const struct permit_operation *op,
			const struct permit_undo_wish *wish, struct permit_outcome *out)
{
	const struct permit_operation *newer = newer_one(actor, op);
	const char *why = NULL;
	enum status status;
	int fd;

	*out = (struct permit_outcome){ .id = op->id };
	if (op->standing == PERMIT_UNDONE && !(wish->with_setid && privileges_left(op)))
		return refuse(out, "it is undone already");
	if (op->standing == PERMIT_DROPPED)
		return refuse(out, "it was never done");
	if (op->standing == PERMIT_GAVE_UP && !wish->force)
		return refuse(out, "it stands half-way since a crash; look at it, and then "
				   "--force");
	if (wish->dry_run &&
	    (op->standing == PERMIT_INTENDED || op->standing == PERMIT_UNDOING))
		return refuse(out, "it died half-way; undo settles that first, and a dry run "
				   "changes nothing");
	if (newer)
		return refuse(out, arena_printf(actor->arena, "undo %s first, which is newer",
						id_text(actor->arena, &newer->id)));
	fd = object_of(op, &why);
	if (fd < 0)
		return refuse(out, why);
	status = undo_at(actor, op, fd, wish, out);
	(void)close(fd);
	return status;
}

/* ---- recovery ---- */

static enum status give_up(struct permit_actor *actor, const struct journal_id *id,
			   const char *why)
{
	actor->n_given_up++;
	return permit_record(actor, id, JOURNAL_GAVE_UP, SPAN_TEXT(why));
}

/* It died while undoing. */
static enum status undo_finish(struct permit_actor *actor, const struct permit_operation *op,
			       int fd, const struct object_state *live)
{
	const struct journal_id id = op->id;
	struct object_state now;

	const char *why = privileges_refused(op, fd, live, &op->target, op->undo_which);

	if (why)
		return give_up(actor, &id, why);
	if (!object_between(live, &op->intent.after, &op->target, op->undo_which))
		return give_up(actor, &id, "somebody changed it while it was being undone");
	if (object_change(fd, live, &op->target, op->undo_which) != STATUS_OK ||
	    object_state_read(actor->arena, fd, &now) != STATUS_OK ||
	    (object_differences(&now, &op->target) & op->undo_which))
		return give_up(actor, &id, "it cannot be undone to its end");
	(void)fsync(fd);
	return permit_record(actor, &id, JOURNAL_PERM_UNDONE, SPAN_NONE);
}

/* It died while it was being done. */
static enum status intent_settle(struct permit_actor *actor, const struct permit_operation *op,
				 int fd, const struct object_state *live)
{
	const struct permit_intent i = op->intent;
	const struct journal_id id = op->id;
	struct object_state now;

	if ((object_differences(live, &i.after) & i.which) == 0)
		return permit_record_done(actor, &id, fd);
	if ((object_differences(live, &i.before) & i.which) == 0)
		return permit_record(actor, &id, JOURNAL_PERM_DROPPED,
				     SPAN_LITERAL("it died before anything was done"));
	if (!object_between(live, &i.before, &i.after, i.which))
		return give_up(actor, &id, "somebody changed it while it was being done");
	if (object_change(fd, live, &i.before, i.which) != STATUS_OK ||
	    object_state_read(actor->arena, fd, &now) != STATUS_OK ||
	    (object_differences(&now, &i.before) & i.which))
		return give_up(actor, &id, "it was half done and cannot be put back");
	(void)fsync(fd);
	return permit_record(actor, &id, JOURNAL_PERM_DROPPED,
			     SPAN_LITERAL("it died half-way and was put back"));
}

static enum status settle(struct permit_actor *actor, const struct permit_operation *op)
{
	const char *why = "it is not there";
	struct object_state live;
	enum status status;
	int fd = object_of(op, &why);

	if (fd < 0)
		return give_up(actor, &op->id, why);
	status = object_state_read(actor->arena, fd, &live);
	if (status == STATUS_OK) {
		status = op->standing == PERMIT_UNDOING ? undo_finish(actor, op, fd, &live)
							: intent_settle(actor, op, fd, &live);
	} else if (status != STATUS_NO_MEMORY) {
		/* It stays open, for another time; all others go on. */
		actor->n_given_up++;
		status = STATUS_OK;
	}
	(void)close(fd);
	return status;
}

enum status permit_recover(struct permit_actor *actor)
{
	for (size_t i = 0; i < actor->ledger.n; i++) {
		const struct permit_operation *op = &actor->ledger.operations[i];

		if (op->standing != PERMIT_INTENDED && op->standing != PERMIT_UNDOING)
			continue;
		actor->n_recovered++;
		TRY(settle(actor, op));
	}
	return STATUS_OK;
}
