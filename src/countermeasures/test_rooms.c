/* SPDX-License-Identifier: MIT */
/* Rooms: what is not in the table is not built; what is in it tells the truth about itself. */
#include "countermeasures/rooms.h"
#include "store/cache.h"
#include "store/journal.h"
#include "tests/check.h"
#include "trust/database.h"
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct arena arena = ARENA_INIT((size_t)64 << 20);
static char folder[] = "/tmp/assay-test-rooms-XXXXXX";

static const char *place(const char *name)
{
	const char *path = arena_printf(&arena, "%s/%s", folder, name);

	if (!path)
		abort();
	return path;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

static void write_bytes(const char *path, struct span bytes)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(bytes.ptr, 1, bytes.len, f) != bytes.len || fclose(f) != 0)
		abort();
}

static void check_words(void)
{
	static const struct {
		enum room_health health;
		const char *word;
	} words[] = {
		{ROOM_UNKNOWN,    "unknown"  },
                { ROOM_NOT_BUILT, "not-built"},
		{ ROOM_OFF,       "off"      },
                { ROOM_ACTIVE,    "active"   },
		{ ROOM_DEGRADED,  "degraded" },
                { ROOM_FAILED,    "failed"   },
	};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		CHECK(strcmp(room_health_word(words[i].health), words[i].word) == 0, "%s",
		      words[i].word);
	CHECK((int)ROOM_UNKNOWN == 0, "zero is unknown");
}

static void check_table(void)
{
	struct room_context context = { .arena = &arena };
	struct room_state state;

	for (size_t i = 0; i < n_rooms; i++) {
		room_ask(&context, rooms[i].class, &state);
		CHECK(state.built && state.health != ROOM_NOT_BUILT, "%s is built",
		      rooms[i].id);
		CHECK(rooms[i].command && rooms[i].class &&
			      (i == 0 || strcmp(rooms[i - 1].id, rooms[i].id) < 0),
		      "%s has a class and a command, and its place", rooms[i].id);
	}
	room_ask(&context, "D3-FA", &state);
	CHECK(state.health == ROOM_NOT_BUILT && !state.built && !state.configured,
	      "what is no class of the table is not built, whatever its id");
}

static uint64_t count_of(const struct room_state *s, const char *what)
{
	for (size_t i = 0; i < s->n_counts; i++)
		if (strcmp(s->counts[i].what, what) == 0)
			return s->counts[i].n;
	return UINT64_MAX;
}

static bool scan_made(const char *path)
{
	static const uint8_t context[32] = { 1 }, donors[32] = { 2 };
	const int64_t now = time(NULL), old = (now - 86400) * INT64_C(1000000000);
	const struct cache_row row = {
		.identity = {.ino = 1, .mtime_ns = old, .ctime_ns = old, .btime_ns = old},
		.read_at = now,
		.holds_until = now + 100,
		.report = SPAN_TEXT("a report")
	};
	const char *problem;
	struct cache *c = cache_open(path, context, donors, &problem);

	if (!c)
		return false;
	cache_put(c, &row);
	return !cache_close(c);
}

/* What a file looks like from outside is no event, and one that scans cannot use is told. */
static void check_cache(const struct room_context *context)
{
	static const char *const tails[] = { "-wal", "-shm" };
	struct room_state state;

	write_file(context->cache, "");
	room_ask(context, "FileAnalysis", &state);
	CHECK(state.last_event_at == 0 && !state.last_event && !state.last_error,
	      "an empty file is no event, nor an error");
	write_file(context->cache, "no database\n");
	room_ask(context, "FileAnalysis", &state);
	CHECK(state.health == ROOM_DEGRADED && !state.last_event && state.last_error &&
		      strstr(state.last_error, "damaged"),
	      "a damaged cache: degraded (%s)",
	      state.last_error ? state.last_error : "no reason");
	(void)unlink(context->cache);
	CHECK(scan_made(context->cache), "a scan keeps a report");
	room_ask(context, "FileAnalysis", &state);
	CHECK(state.last_event && state.last_event_at > time(NULL) - 60 &&
		      state.last_event_at <= time(NULL) && !state.last_error,
	      "it left a trace");
	for (size_t i = 0; i < COUNT_OF(tails); i++) {
		const char *path = arena_printf(&arena, "%s%s", context->cache, tails[i]);

		CHECK(path && access(path, F_OK) != 0, "looking leaves no *%s", tails[i]);
	}
}

/* What the settings require and nobody brought: told, whatever else there is. */
static void check_lacking(void)
{
	const char *const databases[] = { place("trust.db") };
	struct room_context context = { .arena = &arena,
					.databases = databases,
					.n_databases = 1 };
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;
	struct draft draft = { .arena = &arena };
	struct record record = { .stored = { .sets = TRUST_MS_CODE }, .source = RECORD_ADDED };
	struct room_state state;

	if (draft_record_add(&draft, &record) != STATUS_OK ||
	    draft_encode(&draft, &bytes) != STATUS_OK)
		abort();
	write_bytes(databases[0], buffer_span(&bytes));
	room_ask(&context, "FileAnalysis", &state);
	CHECK(state.health == ROOM_ACTIVE && !state.needs, "with an anchor it is active (%s)",
	      state.needs ? state.needs : "no reason");
	context.lacking = "CRLs";
	room_ask(&context, "FileAnalysis", &state);
	CHECK(state.health == ROOM_DEGRADED && state.needs && strcmp(state.needs, "CRLs") == 0,
	      "and degraded without what is required");
	(void)unlink(databases[0]);
}

static void check_file_analysis(void)
{
	const char *const donors[] = { place("donors") };
	const char *const databases[] = { place("trust.db") };
	struct room_context context = { .arena = &arena,
					.databases = databases,
					.n_databases = 1,
					.donor_folders = donors,
					.n_donor_folders = 1,
					.cache = place("verdicts.db") };
	struct room_state state;

	room_ask(&context, "FileAnalysis", &state);
	CHECK(state.health == ROOM_DEGRADED && state.needs && state.configured,
	      "without anchors it is degraded, and says what it needs");
	CHECK(count_of(&state, "donors") == 0 && count_of(&state, "anchors") == 0 &&
		      count_of(&state, "formats") > 0 && count_of(&state, "formats") < 100,
	      "it counts");
	CHECK(state.last_event_at == 0 && !state.last_event, "nothing has happened yet");
	check_cache(&context);
	if (mkdir(donors[0], 0700) != 0)
		abort();
	write_file(place("donors/0001.donors"), "no index");
	room_ask(&context, "FileAnalysis", &state);
	CHECK(state.health == ROOM_FAILED && state.last_error,
	      "a damaged donor index: failed (%s)",
	      state.last_error ? state.last_error : "no reason");
	context.n_donor_folders = 0;
	write_file(databases[0], "no database\n");
	room_ask(&context, "FileAnalysis", &state);
	CHECK(state.health == ROOM_FAILED && state.last_error,
	      "a damaged trust database: failed (%s)",
	      state.last_error ? state.last_error : "no reason");
	context.n_databases = 0;
	context.refused = "/nowhere: No such file \033[31m";
	room_ask(&context, "FileAnalysis", &state);
	CHECK(state.health == ROOM_FAILED && state.last_error &&
		      strcmp(state.last_error, "/nowhere: No such file \\x1b[31m") == 0,
	      "no run would begin: failed (%s)",
	      state.last_error ? state.last_error : "no reason");
	(void)unlink(place("donors/0001.donors"));
	(void)unlink(databases[0]);
	(void)unlink(context.cache);
	(void)rmdir(donors[0]);
}

static const struct room_state *permissions_state(struct room_context *context)
{
	static struct room_state state;

	room_ask(context, "LocalFilePermissions", &state);
	return &state;
}

static void check_permissions(void)
{
	struct room_context context = { .arena = &arena, .journal = place("journal") };
	struct journal *j = NULL;
	struct journal_health health;
	const char *problem = NULL, *day = place("journal/2026-11-22.journal");
	const struct journal_record stray = { .type = JOURNAL_DONE,
					      .version = 1,
					      .time = INT64_C(1795348800) };
	const struct room_state *s = permissions_state(&context);
	FILE *f;

	CHECK(s->health == ROOM_OFF && !s->configured, "nobody asked for anything: off");
	context.n_permit_statements = 1;
	s = permissions_state(&context);
	CHECK(s->health == ROOM_ACTIVE && s->configured && count_of(s, "statements") == 1,
	      "a statement: active");
	if (journal_open(&arena, &(struct journal_place){ .folder = context.journal }, &j,
			 &health, &problem) != STATUS_OK ||
	    journal_append(j, &stray) != STATUS_OK)
		abort();
	journal_close(j);
	s = permissions_state(&context);
	CHECK(s->health == ROOM_ACTIVE && count_of(s, "restrictions") == 0,
	      "a journal of other things: nothing is restricted");
	f = fopen(day, "a");
	if (!f || fputs("half a record", f) < 0 || fclose(f) != 0)
		abort();
	s = permissions_state(&context);
	CHECK(s->health == ROOM_DEGRADED && s->last_error && s->needs,
	      "a torn journal: degraded");
	if (chmod(day, 0666) != 0)
		abort();
	s = permissions_state(&context);
	CHECK(s->health == ROOM_FAILED && s->last_error,
	      "a journal that others may write: failed (%s)",
	      s->last_error ? s->last_error : "no reason");
	(void)unlink(day);
	(void)rmdir(context.journal);
}

int main(void)
{
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	check_words();
	check_table();
	check_file_analysis();
	check_lacking();
	check_permissions();
	(void)rmdir(folder);
	arena_free(&arena);
	return CHECK_DONE();
}
