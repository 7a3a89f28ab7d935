/* SPDX-License-Identifier: MIT */
/*
 * assay permit FILE...: open, judge apart, plan, and with --yes act, all on the same
 * descriptors: a name that changes its meaning meanwhile changes nothing.
 */
#include "base/clock.h"
#include "base/units.h"
#include "cmd/apart.h"
#include "cmd/complain.h"
#include "cmd/permit.h"
#include "cmd/permit_page.h"
#include "cmd/signals.h"
#include "countermeasures/local_file_permissions/facts.h"
#include "crypto/digest.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASK_ABOVE    10 /* changes: then their number must be typed */
#define PLAN_ID_SIZE 8  /* bytes */

struct object {
	const char *typed;
	int fd;
	const char *error; /* it is not even opened; NULL */
	struct permit_subject subject;
	struct permit_plan plan;
	bool acted;
	struct permit_outcome outcome;
};

struct planning {
	struct invocation *call;
	struct arena *arena;
	const char *journal;
	struct object *objects;
	size_t n;
	struct permit_wish wish;
	struct permit_total total;
};

static bool is_folder(const struct object *o)
{
	return o->subject.identity.kind == S_IFDIR;
}

/* ---- what it is ---- */

static bool mount_point(const struct object_identity *id, int fd)
{
	struct statx above;

	if (id->kind != S_IFDIR ||
	    statx(fd, "..", AT_NO_AUTOMOUNT, STATX_MNT_ID | STATX_INO, &above) != 0)
		return false;
	/* The root of all is its own parent. */
	return !(above.stx_mask & STATX_MNT_ID) || above.stx_mnt_id != id->mount ||
	       above.stx_ino == id->ino;
}

static const char *open_problem(enum status status)
{
	if (status == STATUS_USAGE)
		return "neither a file nor a folder";
	if (status != STATUS_IO)
		return status_text(status);
	if (errno == ELOOP)
		return "a link; name what it leads to";
	return strerrordesc_np(errno);
}

static void object_take(struct planning *p, struct object *o, const char *typed)
{
	enum status status;

	o->typed = typed;
	o->subject = (struct permit_subject){ .rule = "" };
	status = object_find(p->arena, typed, &o->subject.path, &o->fd);
	if (status == STATUS_OK)
		status = object_identify(o->fd, &o->subject.identity);
	if (status == STATUS_OK)
		status = object_state_read(p->arena, o->fd, &o->subject.state);
	if (status != STATUS_OK)
		o->error = open_problem(status);
	else
		o->subject.mount_point = mount_point(&o->subject.identity, o->fd);
}

/* Open for reading, so that it can be judged? */
static int readable(const struct object *o)
{
	int flags = o->error || is_folder(o) ? -1 : fcntl(o->fd, F_GETFL);

	return flags < 0 || (flags & O_PATH) ? -1 : o->fd;
}

static enum exit_code objects_judge(struct planning *p)
{
	struct apart_file *files = ARENA_NEW(p->arena, struct apart_file, p->n + 1);
	size_t *which = ARENA_NEW(p->arena, size_t, p->n + 1), n = 0;
	enum exit_code code;

	if (!files || !which)
		return EXIT_INCOMPLETE;
	for (size_t i = 0; i < p->n; i++)
		if (!p->objects[i].error && !is_folder(&p->objects[i])) {
			files[n] = (struct apart_file){ .path = p->objects[i].subject.path,
							.fd = readable(&p->objects[i]) };
			which[n++] = i;
		}
	code = apart_judge(p->call, EXIT_POLICY_STRICT, files, n);
	for (size_t i = 0; code == EXIT_PASS && i < n; i++) {
		struct permit_subject *s = &p->objects[which[i]].subject;
		const struct apart_answer *a = &files[i].answer;

		s->verdict = a->verdict;
		s->rule = a->rule;
		s->sentence = a->sentence;
		s->format = a->format[0] ? a->format : NULL;
		s->complete = a->complete;
		s->has_sha256 = a->has_sha256;
		(void)span_copy(s->sha256, sizeof(s->sha256), SPAN_OF(a->sha256));
	}
	return code;
}

/* ---- what this host says of it ---- */

static bool owners_take(struct planning *p)
{
	const char **paths = ARENA_NEW(p->arena, const char *, p->n + 1);
	struct permit_owner *owners = ARENA_NEW(p->arena, struct permit_owner, p->n + 1);

	if (!paths || !owners)
		return false;
	for (size_t i = 0; i < p->n; i++)
		paths[i] = p->objects[i].error ? "/" : p->objects[i].subject.path;
	if (permit_owners_read(p->arena, PERMIT_PACKAGES, paths, p->n, owners) != STATUS_OK)
		return false;
	/* Folders are in many packages; only what is theirs alone counts. */
	for (size_t i = 0; i < p->n; i++)
		if (!p->objects[i].error && !is_folder(&p->objects[i]))
			p->objects[i].subject.package = owners[i].package;
	return true;
}

static bool facts_take(struct planning *p)
{
	struct permit_vitals *vitals = ARENA_NEW(p->arena, struct permit_vitals, 1);
	size_t n_statements;
	const struct permit_statement *statements = permit_statements(p->call, &n_statements);

	if (!vitals || !statements || !owners_take(p))
		return false;
	permit_vitals_read(vitals);
	p->wish.wine = permit_wine_present();
	for (size_t i = 0; i < p->n; i++) {
		struct permit_subject *s = &p->objects[i].subject;

		if (p->objects[i].error)
			continue;
		s->vital = permit_vital_why(vitals, &s->identity, s->path, p->journal);
		for (size_t k = 0; k < n_statements; k++)
			s->denied = s->denied || (statements[k].has_sha256 && s->has_sha256 &&
						  span_equal(SPAN_OF(statements[k].sha256),
							     SPAN_OF(s->sha256)));
	}
	return true;
}

/* ---- the plan ---- */

static bool user_find(struct planning *p)
{
	const char *name = p->call->settings.user;
	const struct passwd *user = name ? getpwnam(name) : NULL;
	uint64_t number;
	bool wanted = (p->wish.means & PERMIT_DENY_USER) != 0;

	if (wanted != (name != NULL)) {
		complain("permit: --means deny-user and --user go together");
		return false;
	}
	if (user)
		p->wish.user = user->pw_uid;
	else if (name && units_number(name, &number) && number < UINT32_MAX)
		p->wish.user = (uint32_t)number;
	else if (name) {
		complain("permit: there is no user \"%s\"", name);
		return false;
	}
	return true;
}

/* Stands for all that would be done. */
static const char *plan_id(struct planning *p)
{
	CLEANUP(buffer_free) struct buffer all = BUFFER_INIT, hex = BUFFER_INIT;
	struct digest digest;
	struct span whole;

	for (size_t i = 0; i < p->n; i++) {
		const struct object *o = &p->objects[i];

		if (o->error || o->plan.decision != PERMIT_CHANGE)
			continue;
		object_identity_write(&all, &o->subject.identity);
		buffer_text(&all, o->subject.path);
		buffer_char(&all, '\0');
		buffer_u32le(&all, o->plan.means);
		object_state_write(&all, &o->subject.state);
		object_state_write(&all, &o->plan.after);
	}
	whole = buffer_span(&all);
	if (buffer_status(&all) != STATUS_OK ||
	    digest_of(DIGEST_SHA256, &whole, 1, &digest) != STATUS_OK)
		return NULL;
	buffer_hex(&hex, span_clip(digest_span(&digest), 0, PLAN_ID_SIZE));
	return buffer_status(&hex) == STATUS_OK ? arena_string(p->arena, buffer_span(&hex))
						: NULL;
}

static bool plans_make(struct planning *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct object *o = &p->objects[i];
		enum status status;

		p->total.n_objects++;
		if (o->error) {
			p->total.n_incomplete++;
			continue;
		}
		status = permit_plan(p->arena, &o->subject, &p->wish, &o->plan);
		if (status != STATUS_OK) {
			o->error = status_text(status);
			p->total.n_incomplete++;
			continue;
		}
		p->total.n_changes += o->plan.decision == PERMIT_CHANGE;
		p->total.n_refused += o->plan.decision == PERMIT_REFUSED;
		p->total.n_incomplete += o->plan.decision == PERMIT_INCOMPLETE ||
					 o->plan.decision == PERMIT_UNKNOWN;
	}
	p->total.plan = plan_id(p);
	return p->total.plan != NULL;
}

static void plans_print(struct planning *p, struct buffer *out)
{
	bool json = p->call->settings.format == EXPORT_JSON;

	for (size_t i = 0; i < p->n; i++) {
		struct object *o = &p->objects[i];
		const struct permit_line line = { &o->subject, &o->plan,
						  o->acted ? &o->outcome : NULL, o->typed,
						  o->error };

		if (json)
			permit_line_json(out, p->arena, &line);
		else
			permit_line_text(out, p->arena, &line);
	}
	if (json)
		permit_total_json(out, &p->total);
	else
		permit_total_text(out, &p->total);
}

/* ---- acting ---- */

/* Is what would be done what the user meant? */
static bool agreed(const struct planning *p)
{
	const struct settings *set = &p->call->settings;
	size_t n = p->total.n_changes;

	if (set->plan && strcmp(set->plan, p->total.plan) != 0)
		complain("permit: the plan is %s by now, not %s; nothing was done",
			 p->total.plan, set->plan);
	else if (set->yes_count ? set->yes_count != n : n > ASK_ABOVE)
		complain("permit: %zu changes; to do all of them: --yes=%zu", n, n);
	else
		return true;
	return false;
}

static void object_act(struct planning *p, struct permit_actor *actor, struct object *o)
{
	enum status status;

	errno = 0;
	status = permit_apply(actor, o->fd, &o->subject, &o->plan, &o->outcome);
	o->acted = true;
	if (status != STATUS_OK) {
		o->outcome.result = PERMIT_RESULT_UNKNOWN;
		if (!o->outcome.why)
			o->outcome.why = status == STATUS_IO ? strerrordesc_np(errno)
							     : status_text(status);
	}
	p->total.n_applied += o->outcome.result == PERMIT_APPLIED;
}

static enum exit_code plans_do(struct planning *p)
{
	const char *problem = NULL;
	struct permit_actor actor;
	enum exit_code code = EXIT_PASS;
	enum status status =
		permit_begin(p->arena, p->journal, clock_wall_s(), &actor, &problem);

	if (status != STATUS_OK) {
		permit_end(&actor);
		complain("permit: %s; nothing was done",
			 problem ? problem : status_text(status));
		return status == STATUS_USAGE ? EXIT_USAGE : EXIT_INCOMPLETE;
	}
	if (actor.n_given_up)
		complain("permit: what a crash left open could not all be settled; see: assay "
			 "permit check");
	p->total.acted = true;
	for (size_t i = 0; i < p->n; i++) {
		struct object *o = &p->objects[i];

		if (o->error || o->plan.decision != PERMIT_CHANGE)
			continue;
		if (signals_stop()) {
			code = EXIT_INCOMPLETE;
			break;
		}
		object_act(p, &actor, o);
		if (o->outcome.result == PERMIT_RESULT_UNKNOWN)
			code = EXIT_INCOMPLETE;
	}
	permit_end(&actor);
	return code;
}

static enum exit_code code_of(const struct planning *p)
{
	if (p->total.n_refused || (p->total.acted && p->total.n_applied < p->total.n_changes))
		return EXIT_VIOLATION;
	return p->total.n_incomplete ? EXIT_INCOMPLETE : EXIT_PASS;
}

static enum exit_code files_run(struct planning *p, struct buffer *out)
{
	enum exit_code code = objects_judge(p);

	if (code != EXIT_PASS)
		return code;
	if (!facts_take(p)) {
		complain("permit: what owns these files cannot be read");
		return EXIT_INCOMPLETE;
	}
	if (!plans_make(p)) {
		complain("permit: out of memory");
		return EXIT_INCOMPLETE;
	}
	if (p->call->settings.yes && p->total.n_changes) {
		if (!agreed(p))
			return EXIT_USAGE;
		code = plans_do(p);
		if (code != EXIT_PASS && !p->total.acted)
			return code;
	}
	plans_print(p, out);
	return code == EXIT_PASS ? code_of(p) : code;
}

int permit_files(struct invocation *call, struct buffer *out)
{
	const struct settings *set = &call->settings;
	struct planning p = {
		.call = call,
		.arena = call->arena,
		.journal = permit_journal(call),
		.n = call->n_operands,
		.wish = {.means = set->means,
                         .even_packaged = (set->even & EVEN_PACKAGED) != 0,
                         .even_vital = (set->even & EVEN_VITAL) != 0,
                         .all_links = set->all_links,
                         .uid = (uint32_t)geteuid()}
	};
	enum exit_code code;

	if (!p.journal || !user_find(&p))
		return EXIT_USAGE;
	if (p.n > APART_MAX_FILES) {
		complain("permit: at most %d files at a time", APART_MAX_FILES);
		return EXIT_USAGE;
	}
	p.objects = ARENA_NEW(call->arena, struct object, p.n + 1);
	if (!p.objects)
		return EXIT_INCOMPLETE;
	for (size_t i = 0; i < p.n; i++)
		object_take(&p, &p.objects[i], call->operands[i]);
	code = files_run(&p, out);
	for (size_t i = 0; i < p.n; i++)
		if (p.objects[i].fd >= 0)
			(void)close(p.objects[i].fd);
	return (int)code;
}
