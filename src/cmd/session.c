/* SPDX-License-Identifier: MIT */
#include "cmd/session.h"

#include "base/clock.h"
#include "cmd/anchors.h"
#include "cmd/complain.h"
#include "cmd/images.h"
#include "cmd/policy_page.h"
#include "cmd/session_donors.h"
#include "cmd/signals.h"
#include "countermeasures/file_analysis/yara.h"
#include "crypto/digest.h"
#include "engine/places.h"
#include "evidence/evidence.h"
#include "host/confine.h"
#include "source/paths.h"
#include "store/dpkg_status.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Targets with what stands beside them; cache, donors, output, the command's three, nothing. */
#define RULES_ROOM (SESSION_MAX_RULES * (1 + COMPANIONS_MAX) + 7)

#define WIRE_CONTEXT "assay.cache/1" /* another layout of reports: another text here */

static enum status catalogs_start(struct session *s, struct arena *a,
				  const struct session_plan *plan,
				  struct engine_settings *settings, const char **problem)
{
	const char *paths[PLACES_MAX_CATALOGS];
	size_t n = places_catalogs(a, paths);

	s->catalogs = catalogs_open(a, paths, n, problem);
	if (!s->catalogs)
		return STATUS_MALFORMED;
	settings->catalogs = catalogs_index(s->catalogs);
	settings->catalogs_for_any = plan->names_files || s->settings->all;
	return STATUS_OK;
}

/* "NAME ISSUER" of each signer who is expected. */
static enum status identities_take(struct arena *a, const struct text_list *list,
				   struct trust_policy *out)
{
	struct trust_identity *each = ARENA_NEW(a, struct trust_identity, list->n + 1);

	if (!each)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < list->n; i++) {
		struct span text = SPAN_TEXT(list->items[i]);
		uint64_t at = text.len;

		if (!span_find(text, SPAN_TEXT(" "), 0, &at))
			return STATUS_USAGE;
		each[i].name = arena_string(a, span_clip(text, 0, at));
		each[i].issuer = arena_string(a, span_after(text, at + 1));
		if (!each[i].name || !each[i].issuer)
			return STATUS_NO_MEMORY;
	}
	out->identities = each;
	out->n_identities = list->n;
	return STATUS_OK;
}

/* Was @path written to after @than?  Both have to be there. */
static bool is_newer(const char *path, const char *than)
{
	struct stat a, b;

	return than && stat(path, &a) == 0 && stat(than, &b) == 0 &&
	       a.st_mtim.tv_sec > b.st_mtim.tv_sec;
}

static enum status packages_start(struct session *s, struct arena *a,
				  struct engine_settings *settings, const char **problem)
{
	s->packages = packages_open(a, places_packages(a), problem);
	if (!s->packages)
		return STATUS_MALFORMED;
	if (is_newer(DPKG_STATUS, places_packages(a)))
		packages_outdate(s->packages);
	settings->packages = packages_index(s->packages);
	return STATUS_OK;
}

/* The file of --policy. */
static int rules_load(struct session *s, struct arena *a)
{
	struct policy_from from = policy_from_system(POLICY_KIND_EXIT);

	from.file = s->settings->policy_file;
	s->has_rules = from.file != NULL;
	return from.file ? policy_take(a, &from, &s->rules) : EXIT_PASS;
}

static bool rules_want_sha256(const struct session *s)
{
	return s->has_rules && policy_reads(&s->rules, POLICY_SHA256);
}

static enum status engine_make(struct session *s, struct arena *a,
			       const struct session_plan *plan, const char **problem)
{
	const struct settings *set = s->settings;
	struct trust_store *store = NULL;
	struct engine_settings settings = {
		.trust = {.now = s->now,
                          .revocation = set->revocation,
                          .sha1_reject = set->sha1_reject,
                          .own_roots_exempt = set->own_roots_exempt,
                          .empty_date_distrust = set->empty_date_distrust},
		.follows_clock = plan->goes_on && !set->has_at,
		.fold = set->fold,
		.padding = set->padding,
		.deep = set->deep,
		.max_size = set->max_size,
		.min_sdk = set->min_sdk,
		.max_sdk = set->max_sdk,
		.features = plan->compares ? BULK_HISTOGRAM_FULL : set->features,
		.profiled = plan->compares,
	};
	enum status status = identities_take(a, &set->identities, &settings.trust);

	if (status == STATUS_OK)
		status = catalogs_start(s, a, plan, &settings, problem);
	if (status == STATUS_OK)
		status = images_open(a, set, &s->kernels, problem);
	settings.kernels = s->kernels;
	if (status == STATUS_OK)
		status = session_donors_open(s, a, plan, &settings, problem);
	if (status == STATUS_OK)
		status = packages_start(s, a, &settings, problem);
	if (status == STATUS_OK)
		status = anchors_open(a, set, &store, problem);
	if (status != STATUS_OK)
		return status;
	if (!set->has_padding && s->policy == EXIT_POLICY_STRICT)
		settings.padding = PADDING_REJECT_PAYLOAD;
	settings.with_sha256 =
		set->sha256 == WHEN_ALWAYS || set->yara ||
		(set->sha256 == WHEN_AUTO &&
		 (plan->with_sha256 || rules_want_sha256(s) || !exports[set->format].bare));
	status = engine_init(&s->engine, store, &settings);
	if (status != STATUS_OK)
		trust_close(store);
	return status;
}

/* Everything but the file and the clock that a report depends on. */
static enum status context_digest(const struct session *s, uint8_t out[32])
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct digest digest;
	struct span whole;
	struct stat program;

	buffer_text(&text, WIRE_CONTEXT " " ASSAY_VERSION);
	/* Another build may judge otherwise under the same version. */
	if (stat("/proc/self/exe", &program) == 0)
		buffer_printf(&text, " %lld %lld.%09ld", (long long)program.st_size,
			      (long long)program.st_mtim.tv_sec, program.st_mtim.tv_nsec);
	buffer_add(&text, SPAN_OF(s->engine.policy_digest));
	buffer_add(&text, SPAN_OF(s->engine.trust_digest));
	TRY(buffer_status(&text));
	whole = buffer_span(&text);
	TRY(digest_of(DIGEST_SHA256, &whole, 1, &digest));
	(void)span_copy(out, 32, digest_span(&digest));
	return STATUS_OK;
}

/* Answers under somebody's special anchors or clock are nobody else's answers. */
static bool cache_allowed(const struct session *s, const struct session_plan *plan)
{
	const struct settings *set = s->settings;

	return plan->cached && !set->no_cache && !set->deep && !plan->learns && !set->learn &&
	       !set->cache_off && !set->has_at && set->trust.n == 0 && set->only_trust.n == 0 &&
	       set->kernels.n == 0;
}

const char *session_cache_path(struct arena *a, const struct settings *set)
{
	if (set->cache_path)
		return set->cache_path;
	return path_of_user(a, "XDG_CACHE_HOME", ".cache", "verdicts.db");
}

static void cache_start(struct session *s, const char *path)
{
	static const uint8_t no_donors[32];
	uint8_t context[32];
	const char *problem = NULL;

	if (!path || context_digest(s, context) != STATUS_OK)
		return;
	s->cache = cache_open(path, context,
			      s->donors ? donors_index(s->donors)->generation : no_donors,
			      &problem);
	if (!s->cache)
		complain("%s (%s); going on without it", problem, path);
}

/* What stands beside a target that is named, if it is there already. */
static void companions_allow(struct arena *a, const char *target, struct confine_rule *allowed,
			     size_t *n)
{
	for (size_t row = 0; row < n_companion_rows; row++) {
		const char *path = companion_path(a, target, row);

		if (path && access(path, F_OK) == 0)
			allowed[(*n)++] = (struct confine_rule){ .path = path };
	}
}

static enum status rules_make(const struct session *s, struct arena *a,
			      const struct session_plan *plan, const char *cache,
			      struct confine_rule **out, size_t *n)
{
	bool everything = s->list >= 0 || plan->n_targets > SESSION_MAX_RULES;
	struct confine_rule *r = ARENA_NEW(a, struct confine_rule, RULES_ROOM);

	*n = 0;
	*out = r;
	if (!r)
		return STATUS_NO_MEMORY;
	if (everything)
		r[(*n)++] = (struct confine_rule){ .path = "/" };
	for (size_t i = 0; i < plan->n_targets && !everything; i++) {
		r[(*n)++] = (struct confine_rule){ .path = plan->targets[i] };
		companions_allow(a, plan->targets[i], r, n);
	}
	if (s->cache)
		r[(*n)++] = (struct confine_rule){ path_folder(a, cache), true };
	if (s->remembers)
		r[(*n)++] = (struct confine_rule){ s->donors_folder, true };
	if (s->output.temporary)
		r[(*n)++] = (struct confine_rule){ path_folder(a, s->output.path), true };
	if (plan->writes)
		r[(*n)++] = (struct confine_rule){ plan->writes, true };
	if (plan->keeps)
		r[(*n)++] = (struct confine_rule){ plan->keeps, true };
	if (plan->reads)
		r[(*n)++] = (struct confine_rule){ .path = plan->reads };
	if (*n == 0) /* never none: the leak checker of test builds looks at itself */
		r[(*n)++] = (struct confine_rule){ .path = "/dev/null" };
	for (size_t i = 0; i < *n; i++)
		if (!r[i].path)
			return STATUS_NO_MEMORY;
	return STATUS_OK;
}

/* What is wrong with the rules: a line for each. */
static void yara_complain(const struct buffer *error)
{
	struct span left = buffer_span(error);
	uint64_t end;

	while (span_find(left, SPAN_LITERAL("\n"), 0, &end)) {
		complain("%.*s", (int)end, buffer_string(error, error->len - left.len));
		left = span_after(left, end + 1);
	}
}

/* Why the rules could not be read. */
static const char *yara_unread(const char *path, enum status status)
{
	int error = errno;
	struct stat st;

	if (status == STATUS_USAGE && stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? "a folder; name one file of rules"
					   : "not a regular file";
	return error ? strerrordesc_np(error) : status_text(status);
}

/* Compiles the rules of --yara, before the process confines itself. */
static enum exit_code yara_start(struct session *s, struct arena *a)
{
	CLEANUP(buffer_free) struct buffer error = BUFFER_INIT;
	const char *path = s->settings->yara;
	struct span text = SPAN_NONE;
	enum status status;
	int fd = -1;

	if (!path)
		return EXIT_PASS;
	errno = 0;
	status = file_open(AT_FDCWD, path, &fd);
	if (status == STATUS_OK)
		status = file_read(fd, YARA_MAX_RULES, a, &text);
	if (fd >= 0)
		(void)close(fd);
	if (status != STATUS_OK) {
		complain("%s: %s", path, yara_unread(path, status));
		return EXIT_USAGE;
	}
	status = yara_open(path, text, &error, &s->yara);
	if (status == STATUS_OK)
		return EXIT_PASS;
	yara_complain(&error);
	if (error.len == 0)
		complain("%s", status_text(status));
	return EXIT_USAGE;
}

static enum status confine(struct session *s, struct arena *a, const struct session_plan *plan,
			   const char *cache, const char *warning)
{
	struct confine_result result = { NULL };
	struct confine_rule *allowed;
	size_t n;

	TRY(rules_make(s, a, plan, cache, &allowed, &n));
	TRY(confine_supervisor(allowed, n, &result));
	if (warning || result.missing)
		complain("this system cannot confine us fully: no %s",
			 warning ? warning : result.missing);
	return STATUS_OK;
}

/* The list of --files-from, open before the files in it can be reached. */
static bool list_open(struct session *s)
{
	const char *path = s->settings->files_from;

	s->list = -1;
	if (!path)
		return true;
	if (strcmp(path, "-") == 0)
		s->list = dup(STDIN_FILENO);
	else
		s->list = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return s->list >= 0;
}

/* The file of --signature, which may lie anywhere; what cannot be one must not pass for none.
 */
static bool signature_open(struct session *s)
{
	const char *path = s->settings->signature;
	struct stat st;

	s->signature = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
	if (!path)
		return true;
	if (s->signature < 0) {
		complain("%s: %s", path, strerrordesc_np(errno));
		return false;
	}
	if (fstat(s->signature, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		return true;
	complain("%s: empty, or not a regular file", path);
	return false;
}

void session_signature_add(const struct session *s, struct engine_file *file)
{
	int fd = s->signature >= 0 ? fcntl(s->signature, F_DUPFD_CLOEXEC, 0) : -1;

	if (fd >= 0)
		(void)companions_add(&file->beside, fd, COMPANION_GIVEN);
}

/* Complains and undoes what was begun. */
static enum exit_code refuse(struct session *s, enum exit_code code, enum status status,
			     const char *what)
{
	complain("%s: %s", what,
		 status == STATUS_IO && errno != 0 ? strerrordesc_np(errno)
						   : status_text(status));
	session_abandon(s);
	return code;
}

static struct pool_settings pool_settings_of(const struct settings *set,
					     const struct session_plan *plan)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = set->jobs != 0 ? set->jobs : cpus < 1 ? 1 : (unsigned)cpus;

	if (plan->max_threads != 0 && n > plan->max_threads)
		n = plan->max_threads;
	return (struct pool_settings){ .n_threads = n, .timeout_s = set->timeout_s };
}

enum exit_code session_prepare(struct session *s, const struct invocation *call,
			       const struct session_plan *plan)
{
	const struct settings *set = &call->settings;
	const char *problem = NULL;
	enum status status;

	*s = (struct session){
		.settings = set, .list = -1, .signature = -1, .output = { .fd = -1 }
	};
	s->policy = set->has_policy ? set->policy : plan->policy;
	s->now = set->has_at ? set->at : clock_wall_s();
	if (rules_load(s, call->arena) != EXIT_PASS)
		return EXIT_USAGE;
	status = engine_make(s, call->arena, plan, &problem);
	if (status == STATUS_OK)
		return EXIT_PASS;
	/* Anchors that cannot be read are a wrong setting: nothing was judged.  A
	 * damaged donor index must never look like one that knows nobody. */
	complain("%s", problem ? problem : status_text(status));
	session_donors_close(s);
	catalogs_close(s->catalogs);
	kernels_free(s->kernels);
	packages_close(s->packages);
	return problem && status != STATUS_MALFORMED ? EXIT_USAGE : EXIT_INCOMPLETE;
}

enum exit_code session_open(struct session *s, const struct invocation *call,
			    const struct session_plan *plan)
{
	const struct settings *set = &call->settings;
	struct pool_settings pool = pool_settings_of(set, plan);
	const char *warning = NULL, *cache = NULL;
	enum exit_code code;
	enum status status;

	signals_watch();
	code = session_prepare(s, call, plan);
	if (code != EXIT_PASS)
		return code;
	if (yara_start(s, call->arena) != EXIT_PASS) {
		session_abandon(s);
		return EXIT_USAGE;
	}
	if (!list_open(s))
		return refuse(s, EXIT_USAGE, STATUS_IO, set->files_from);
	if (!signature_open(s)) {
		session_abandon(s);
		return EXIT_USAGE;
	}
	status = output_open(&s->output, call->arena, set->output);
	if (status != STATUS_OK)
		return refuse(s, EXIT_USAGE, status, set->output);
	status = pool_start(&s->engine, &pool, &s->pool, &warning);
	if (status != STATUS_OK)
		return refuse(s, EXIT_INCOMPLETE, status,
			      "the confined worker cannot be started");
	if (cache_allowed(s, plan)) {
		cache = session_cache_path(call->arena, s->settings);
		cache_start(s, cache);
	}
	status = confine(s, call->arena, plan, cache, warning);
	if (status != STATUS_OK)
		return refuse(s, EXIT_INCOMPLETE, status, "this process cannot confine itself");
	return EXIT_PASS;
}

bool session_judge(struct session *s, struct engine_file *file, struct arena *a,
		   struct report *out)
{
	struct pool_answer answer;

	session_signature_add(s, file);
	if (pool_submit(s->pool, file, 0) != STATUS_OK) {
		(void)close(file->fd);
		companions_close(&file->beside);
		return false;
	}
	while (!pool_next(s->pool, -1, &answer))
		if (signals_stop())
			return false;
	if (answer.timed_out)
		complain("this file took too long");
	else if (answer.died || wire_decode(a, answer.report, out) != STATUS_OK)
		complain("the process that judged this file died");
	else
		return true;
	return false;
}

static void session_end(struct session *s)
{
	const char *problem = cache_close(s->cache);

	if (problem)
		complain("%s", problem);
	pool_stop(s->pool);
	if (s->engine.store)
		engine_fini(&s->engine);
	session_donors_close(s);
	catalogs_close(s->catalogs);
	kernels_free(s->kernels);
	packages_close(s->packages);
	yara_close(s->yara);
	if (s->list >= 0)
		(void)close(s->list);
	if (s->signature >= 0)
		(void)close(s->signature);
}

enum outcome session_outcome(const struct session *s, const struct report *r, const char *path,
			     bool named)
{
	if (s->has_rules)
		return policy_outcome_by(&s->rules, r, path, named, s->now);
	return policy_outcome(s->policy, r, named);
}

void session_abandon(struct session *s)
{
	session_end(s);
	if (s->output.fd >= 0)
		output_abandon(&s->output);
}

bool session_close(struct session *s)
{
	const char *name = s->output.path ? s->output.path : "standard output";
	bool written = output_close(&s->output);

	if (!written && s->output.error != EPIPE)
		complain("%s: %s", name, strerrordesc_np(s->output.error));
	session_end(s);
	return written;
}
