/* SPDX-License-Identifier: MIT */
#include "countermeasures/local_file_permissions/act.h"

#include "base/limits.h"
#include "countermeasures/local_file_permissions/record.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* One change of one object. */
struct act {
	struct permit_actor *actor;
	int fd;
	struct permit_outcome *out;
	struct permit_intent intent;
};

static enum status refuse(struct act *act, const char *why)
{
	act->out->result = PERMIT_WAS_REFUSED;
	act->out->why = why;
	return why ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status failed(struct act *act, const char *what)
{
	int error = errno;

	act->out->why = arena_printf(act->actor->arena, "%s: %s", what, strerrordesc_np(error));
	errno = error;
	return STATUS_IO;
}

/* Its name as the kernel knows it now; NULL: it has none. */
static const char *path_now(struct arena *a, int fd)
{
	char link[40], path[PATH_MAX_BYTES + 16];
	struct stat by_name, st;
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0)
		return NULL;
	path[n] = '\0';
	/* A name that ends in " (deleted)" may be one, or say so. */
	if (fstat(fd, &st) != 0 || lstat(path, &by_name) != 0 || st.st_ino != by_name.st_ino ||
	    st.st_dev != by_name.st_dev)
		return NULL;
	return arena_printf(a, "%s", path);
}

/* Everything that was judged still holds.  STATUS_OK and a result: it does not. */
static enum status look_again(struct act *act, const struct permit_subject *subject)
{
	struct object_identity now;
	struct object_state live;

	if (object_identify(act->fd, &now) != STATUS_OK)
		return failed(act, "looking at it again");
	if (!object_same(&now, &subject->identity) || now.ctime != subject->identity.ctime ||
	    now.size != subject->identity.size)
		return refuse(act, "it has changed since it was judged");
	TRY(object_state_read(act->actor->arena, act->fd, &live));
	if (object_differences(&live, &subject->state))
		return refuse(act, "its rights have changed since it was judged");
	act->intent.path = path_now(act->actor->arena, act->fd);
	if (!act->intent.path)
		return refuse(act, "it has lost its name since it was judged");
	return STATUS_OK;
}

static enum status intent_write(struct act *act)
{
	CLEANUP(buffer_free) struct buffer payload = BUFFER_INIT;

	permit_intent_write(&payload, &act->intent);
	TRY(buffer_status(&payload));
	if (permit_record(act->actor, &act->out->id, JOURNAL_PERM_INTENT,
			  buffer_span(&payload)) != STATUS_OK)
		return failed(act, "the journal cannot be written, so nothing was done");
	return STATUS_OK;
}

/* Back to how it was; says why in the journal. */
static enum status roll_back(struct act *act, const char *why)
{
	const struct permit_intent *i = &act->intent;
	struct object_state live;

	act->out->why = why;
	TRY(object_state_read(act->actor->arena, act->fd, &live));
	if ((object_differences(&live, &i->before) & i->which) &&
	    (object_change(act->fd, &live, &i->before, i->which) != STATUS_OK ||
	     object_state_read(act->actor->arena, act->fd, &live) != STATUS_OK ||
	     (object_differences(&live, &i->before) & i->which))) {
		TRY(permit_record(act->actor, &act->out->id, JOURNAL_GAVE_UP, SPAN_TEXT(why)));
		act->out->why = arena_printf(act->actor->arena,
					     "%s; nor could it be put back: look at it", why);
		return STATUS_IO;
	}
	return permit_record(act->actor, &act->out->id, JOURNAL_PERM_DROPPED, SPAN_TEXT(why));
}

static enum status change(struct act *act)
{
	const struct permit_intent *i = &act->intent;
	struct object_state live;
	enum status status = object_change(act->fd, &i->before, &i->after, i->which);
	int error = errno;
	const char *why;

	if (status != STATUS_OK) {
		why = strerrordesc_np(error);
		TRY(roll_back(act, why));
		act->out->result = error == EPERM || error == EACCES ? PERMIT_WAS_REFUSED
								     : PERMIT_NOT_HONOURED;
		return STATUS_OK;
	}
	TRY(object_state_read(act->actor->arena, act->fd, &live));
	if (object_differences(&live, &i->after) & i->which) {
		TRY(roll_back(act, "the file system did not do it (not-honoured)"));
		act->out->result = PERMIT_NOT_HONOURED;
		return STATUS_OK;
	}
	/* A file system that cannot, or is read-only, has nothing to write. */
	if (fsync(act->fd) != 0 && errno != EBADF && errno != EINVAL && errno != EROFS)
		return failed(act, "writing it to the disk");
	return STATUS_OK;
}

enum status permit_apply(struct permit_actor *actor, int fd,
			 const struct permit_subject *subject, const struct permit_plan *plan,
			 struct permit_outcome *out)
{
	struct act act = {
		.actor = actor,
		.fd = fd,
		.out = out,
		.intent = {.identity = subject->identity,
                           .means = plan->means,
                           .which = plan->which,
                           .before = subject->state,
                           .after = plan->after,
                           .verdict = subject->verdict,
                           .rule = subject->rule,
                           .has_sha256 = subject->has_sha256,
                           .actor = (uint32_t)geteuid()},
	};

	*out = (struct permit_outcome){ .result = PERMIT_RESULT_UNKNOWN };
	(void)span_copy(act.intent.sha256, sizeof(act.intent.sha256), SPAN_OF(subject->sha256));
	TRY(look_again(&act, subject));
	if (out->result != PERMIT_RESULT_UNKNOWN)
		return STATUS_OK;
	TRY(journal_id_new(&out->id));
	TRY(intent_write(&act));
	TRY(change(&act));
	if (out->result != PERMIT_RESULT_UNKNOWN)
		return STATUS_OK;
	if (permit_record_done(actor, &out->id, fd) != STATUS_OK)
		return failed(&act, "it is done, but the journal cannot be written");
	out->result = PERMIT_APPLIED;
	return STATUS_OK;
}
