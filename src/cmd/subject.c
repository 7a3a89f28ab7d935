/* SPDX-License-Identifier: MIT */
#include "cmd/subject.h"

#include "cmd/anchors.h"
#include "cmd/complain.h"
#include "cmd/guard_policy.h"
#include "cmd/page.h"
#include "cmd/session_donors.h"
#include "countermeasures/rooms.h"
#include "daemon/control.h"
#include "engine/places.h"
#include "source/paths.h"
#include "source/write.h"
#include "structure/json_read.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ROOMS   32
#define CHUNK_BYTES 65536

/* What the rooms said, while they still could look. */
struct answers {
	struct room_context context;
	size_t n;
	struct {
		const char *class;
		struct room_state state;
	} rooms[MAX_ROOMS];
};

/* Why scan and verify would end before the first file; NULL: they would not.  *@lacking: what
 * they would miss then at every file. */
static const char *run_refused(struct arena *a, const struct settings *set,
			       const char **lacking)
{
	struct trust_store *store = NULL;
	const char *problem = NULL;
	struct vendors vendors;
	struct span file;
	enum status status = anchors_open(a, set, &store, &problem);

	if (status == STATUS_OK) {
		if (set->revocation == TRUST_REVOCATION_REQUIRE &&
		    !trust_has_revocations(store))
			*lacking = "CRLs ([revocation] mode = require): without any, no "
				   "signature is valid";
		trust_close(store);
		status = session_vendors(a, set, &vendors, &file, &problem);
	}
	if (status == STATUS_OK)
		return NULL;
	return problem ? problem : status_text(status);
}

/* Good as long as @a is. */
static struct room_guard guard_ask(const struct settings *set, struct arena *a)
{
	CLEANUP(buffer_free) struct buffer answer = { .limit = CONTROL_MAX_ANSWER };
	const struct json_value *status, *counts;
	struct room_guard g = { 0 };
	struct span text;

	if (control_ask(guard_socket_path(set), CONTROL_STATUS, &answer) != STATUS_OK)
		return g;
	text = arena_copy(a, buffer_span(&answer));
	if (!text.ptr || json_read(a, text, &status) != STATUS_OK)
		return g;
	counts = json_member(status, "counts");
	g.answers = true;
	g.mode = arena_string(a, json_member_text(status, "mode"));
	if (json_member(status, "problem"))
		g.problem = arena_string(a, json_member_text(status, "problem"));
	if (!json_whole(json_member(counts, "asked"), &g.n_asked) ||
	    !json_whole(json_member(counts, "denied"), &g.n_denied))
		g.answers = false;
	return g;
}

/* Asked before an ontology is parsed: then nothing can be opened any more. */
static void rooms_ask(struct answers *answers, const struct invocation *call, struct arena *a)
{
	const struct settings *set = &call->settings;
	const char **databases = ARENA_NEW(a, const char *, PLACES_MAX_DATABASES);
	const char **folders = ARENA_NEW(a, const char *, PLACES_MAX_DONORS);

	answers->context.arena = a;
	if (databases) {
		answers->context.n_databases = places_databases(a, true, databases);
		answers->context.databases = databases;
	}
	if (folders) {
		answers->context.n_donor_folders = places_donors(a, folders);
		answers->context.donor_folders = folders;
	}
	if (!set->cache_off)
		answers->context.cache =
			set->cache_path
				? set->cache_path
				: path_of_user(a, "XDG_CACHE_HOME", ".cache", "verdicts.db");
	answers->context.journal =
		set->permit_journal ? set->permit_journal : places_journal(a);
	answers->context.baseline = set->baseline ? set->baseline : places_baseline(a);
	answers->context.n_permit_statements =
		set->permit_protect.n + set->permit_mounts.n + set->permit_denied.n;
	answers->context.refused = run_refused(a, set, &answers->context.lacking);
	answers->context.guard = guard_ask(set, a);
	for (size_t i = 0; i < n_rooms && answers->n < MAX_ROOMS; i++) {
		answers->rooms[answers->n].class = rooms[i].class;
		room_ask(&answers->context, rooms[i].class, &answers->rooms[answers->n].state);
		answers->n++;
	}
}

static void answer_take(const void *context, const char *class, struct room_state *out)
{
	const struct answers *answers = context;

	for (size_t i = 0; i < answers->n; i++)
		if (strcmp(answers->rooms[i].class, class) == 0) {
			*out = answers->rooms[i].state;
			return;
		}
	/* No room of this build: that needs no look at the host. */
	room_ask(&answers->context, class, out);
}

/* What is to be done, and with what. */
struct task {
	const struct invocation *call;
	struct answers answers;
	struct subject subject;
	struct span bytes; /* of the ontology */
	subject_printer *print;
};

/* The graphs, with states, as text into @out. */
static enum status task_do(struct task *t, struct buffer *out, const char **problem)
{
	const struct invocation *call = t->call;
	const char *id = call->n_operands ? call->operands[0] : GRAPH_TECHNIQUE_ID;
	const char *unused = NULL;
	struct subject *s = &t->subject;

	if (t->bytes.ptr) {
		TRY(ontology_read(s->arena, call->settings.ontology, t->bytes, &s->ontology,
				  problem));
		if (ontology_warning(s->ontology))
			complain("%s: %s", call->command->name, ontology_warning(s->ontology));
	}
	TRY(graph_of(s->arena, s->ontology, id, &s->graph, problem));
	if (graph_of(s->arena, s->ontology, GRAPH_TECHNIQUE_ID, &s->around, &unused) !=
	    STATUS_OK)
		s->around = s->graph;
	graph_ask_states(&s->graph, answer_take, &t->answers);
	TRY(t->print(out, s, &call->settings));
	return buffer_status(out);
}

static int exit_code_of(enum status status)
{
	if (status == STATUS_OK)
		return EXIT_PASS;
	return status == STATUS_NO_MEMORY ? EXIT_INCOMPLETE : EXIT_USAGE;
}

/* As task_do(); when it fails, @out is the sentence that says why. */
static int task_tell(struct task *t, struct buffer *out)
{
	const char *problem = NULL;
	enum status status = task_do(t, out, &problem);

	if (status == STATUS_OK)
		return EXIT_PASS;
	buffer_clear(out);
	out->failed = false;
	buffer_text(out, problem ? problem : status_text(status));
	return exit_code_of(status);
}

/* The process that parses: from here on it can do nothing but write into @fd. */
static void task_child(struct task *t, int fd)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	const char *missing = NULL;
	int code = EXIT_INCOMPLETE;

	/* What the kernel lacks is no reason to refuse; scan and verify warn of it. */
	if (ontology_confine(&missing) == STATUS_OK) {
		code = task_tell(t, &out);
		if (!write_all(fd, buffer_span(&out)))
			code = EXIT_INCOMPLETE;
	}
	_exit(code);
}

/* All that comes from @fd, which is closed then. */
static void read_all(int fd, struct buffer *out)
{
	uint8_t chunk[CHUNK_BYTES];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n > 0)
			buffer_add(out, span_clip(SPAN_OF(chunk), 0, (uint64_t)n));
		else if (n == 0 || errno != EINTR)
			break;
	}
	(void)close(fd);
}

/* The exit code of the process that parsed; what it wrote is in @out. */
static int task_apart(struct task *t, struct buffer *out)
{
	int ends[2], status = 0;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return EXIT_INCOMPLETE;
	child = fork();
	if (child == 0) {
		(void)close(ends[0]);
		task_child(t, ends[1]);
	}
	(void)close(ends[1]);
	read_all(ends[0], out);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child > 0 && WIFEXITED(status))
		return WEXITSTATUS(status);
	buffer_clear(out);
	buffer_text(out, "the process that read the ontology died");
	return EXIT_INCOMPLETE;
}

static int task_run(struct task *t, struct buffer *out)
{
	const char *problem = NULL;
	enum status status;

	if (!t->call->settings.ontology)
		return task_tell(t, out);
	status = ontology_take(t->subject.arena, t->call->settings.ontology, &t->bytes,
			       &problem);
	if (status == STATUS_OK)
		return task_apart(t, out);
	buffer_text(out, problem ? problem : status_text(status));
	return exit_code_of(status);
}

int subject_print(const struct invocation *call, subject_printer *print,
		  enum coverage_answer *answer)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ONTO_ARENA_BYTES);
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	struct task t = { .call = call, .print = print };
	int code;

	t.subject.arena = &arena;
	t.subject.columns = call->settings.output ? PAGE_COLUMNS : page_columns();
	rooms_ask(&t.answers, call, &arena);
	code = task_run(&t, &out);
	if (code == EXIT_PASS) {
		if (answer)
			*answer = coverage_judge(&t.subject.graph);
		return page_print_for(call, &out);
	}
	buffer_char(&out, '\0');
	complain("%s: %s", call->command->name, buffer_string(&out, 0));
	return code;
}

int subject_forms(const struct invocation *call, unsigned allowed)
{
	unsigned forms = call->settings.forms;
	enum export_id format = call->settings.format;
	bool single = (forms & (forms - 1)) == 0 || forms == (FORM_GAPS | FORM_JSON) ||
		      forms == (FORM_DIFFERENCES | FORM_JSON);

	if ((forms & ~allowed) != 0 ||
	    (format != EXPORT_TEXT && format != EXPORT_JSON && format != EXPORT_HTML)) {
		complain("%s: --format can be text, json or html, not %s", call->command->name,
			 exports[format].name);
		return EXIT_USAGE;
	}
	if (single)
		return EXIT_PASS;
	complain("%s: one form at a time", call->command->name);
	return EXIT_USAGE;
}
