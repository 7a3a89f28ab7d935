/* SPDX-License-Identifier: MIT */
/* The journal: what is written is read; cut short or changed, no wrong record comes out. */
#include "base/arena.h"
#include "store/journal.h"
#include "store/journal_file.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY     INT64_C(86400)
#define NOON    INT64_C(1795348800) /* 2026-11-22T12:00:00Z */
#define RECORDS 5

static char base[64], folder[80];
static struct arena arena = ARENA_INIT((size_t)256 << 20);

static const struct {
	uint16_t type;
	int64_t time;
	const char *payload;
} rows[RECORDS] = {
	{JOURNAL_PERM_INTENT,  NOON,     "mode 0755 to 0644" },
	{ JOURNAL_PERM_DONE,   NOON + 1, ""                  },
	{ 999,		 NOON + 2, "of a later version"},
	{ JOURNAL_PERM_UNDONE, NOON + 3, "x"                 },
	{ JOURNAL_INTENT,      NOON + 4, "a file is evicted" },
};

/* What a reading gave. */
struct seen {
	size_t n;
	bool good; /* each record is the row of its number */
};

static enum status look(void *context, const struct journal_record *r)
{
	struct seen *s = context;

	if (s->n >= RECORDS || r->type != rows[s->n].type || r->time != rows[s->n].time ||
	    r->id.bytes[0] != s->n || r->version != 1 ||
	    !span_equal(r->payload, SPAN_TEXT(rows[s->n].payload)))
		s->good = false;
	s->n++;
	return STATUS_OK;
}

static enum status add(struct journal *j, size_t i)
{
	const struct journal_record r = { .type = rows[i].type,
					  .version = 1,
					  .id = { { (uint8_t)i } },
					  .time = rows[i].time,
					  .payload = SPAN_TEXT(rows[i].payload) };

	return journal_append(j, &r);
}

static struct seen read_all(struct journal_health *health, enum status *status)
{
	struct seen seen = { .good = true };
	const char *problem = NULL;

	arena_reset(&arena);
	*status = journal_read(&arena, &(struct journal_place){ folder, look, &seen }, health,
			       &problem);
	return seen;
}

static struct journal *open_it(struct seen *seen, struct journal_health *health)
{
	struct journal *j = NULL;
	const char *problem = NULL;

	*seen = (struct seen){ .good = true };
	arena_reset(&arena);
	if (journal_open(&arena, &(struct journal_place){ folder, look, seen }, &j, health,
			 &problem) != STATUS_OK)
		printf("# %s\n", problem ? problem : "?");
	return j;
}

static const char *path_of(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static size_t file_get(const char *name, uint8_t *to, size_t room)
{
	FILE *f = fopen(path_of(name), "rb");
	size_t n = f ? fread(to, 1, room, f) : 0;

	if (f)
		(void)fclose(f);
	return n;
}

static void file_put(const char *name, const uint8_t *bytes, size_t n)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || close(fd) != 0)
		abort();
}

#define TODAY "2026-11-22.journal"

static void check_rows(void)
{
	struct journal_health health;
	enum status status;
	struct seen seen = read_all(&health, &status);
	struct journal *j;
	bool good = true;

	CHECK(status == STATUS_OK && seen.n == 0 && health.n_records == 0,
	      "a journal that is not there has no records");
	j = open_it(&seen, &health);
	for (size_t i = 0; j && i < RECORDS; i++)
		good = good && add(j, i) == STATUS_OK && journal_sync(j) == STATUS_OK;
	CHECK(j && good, "records are added");
	journal_close(j);
	seen = read_all(&health, &status);
	CHECK(status == STATUS_OK && seen.good && seen.n == RECORDS && health.cut == 0 &&
		      !health.damaged,
	      "and come back");
	j = open_it(&seen, &health);
	CHECK(j && seen.good && seen.n == RECORDS, "also to who opens it for writing");
	journal_close(j);
}

/* Every length: the records that are whole come, and no other; who writes cuts and goes on. */
static void check_cut(void)
{
	static uint8_t bytes[4096], kept[4096];
	size_t len = file_get(TODAY, bytes, sizeof(bytes)), wrong = 0, last = 0;

	for (size_t n = 0; n < len; n++) {
		struct journal_health health;
		enum status status;
		struct seen seen, again;
		struct journal *j;

		file_put(TODAY, bytes, n);
		(void)unlink(path_of(TODAY ".cut"));
		seen = read_all(&health, &status);
		wrong += status != STATUS_OK || !seen.good || seen.n < last;
		last = seen.n;
		j = open_it(&again, &health);
		wrong += !j || again.n != seen.n;
		wrong += file_get(TODAY ".cut", kept, sizeof(kept)) != health.cut;
		if (j)
			wrong += add(j, seen.n) != STATUS_OK;
		journal_close(j);
		seen = read_all(&health, &status);
		wrong += !seen.good || seen.n != last + 1 || health.cut != 0 ||
			 health.n_cuts != (access(path_of(TODAY ".cut"), F_OK) == 0);
	}
	CHECK(wrong == 0 && last == RECORDS - 1, "cut short at each of %zu bytes", len);
	file_put(TODAY, bytes, len);
	(void)unlink(path_of(TODAY ".cut"));
}

static void check_flips(void)
{
	static uint8_t bytes[4096];
	size_t len = file_get(TODAY, bytes, sizeof(bytes)), wrong = 0;

	for (size_t i = 0; i < len; i++) {
		struct journal_health health;
		enum status status;
		struct seen seen;

		bytes[i] ^= (uint8_t)(1 << i % 8);
		file_put(TODAY, bytes, len);
		seen = read_all(&health, &status);
		wrong += status != STATUS_OK || !seen.good || seen.n >= RECORDS || !health.cut;
		bytes[i] ^= (uint8_t)(1 << i % 8);
	}
	CHECK(wrong == 0, "a bit changed in each of %zu bytes is seen", len);
	file_put(TODAY, bytes, len);
}

static void check_days(void)
{
	static uint8_t bytes[4096];
	struct journal_health health;
	enum status status;
	struct seen seen;
	struct journal *j = open_it(&seen, &health);
	const struct journal_record next = { JOURNAL_PERM_DONE,
					     1,
					     { { 0 } },
					     NOON + DAY,
					     SPAN_NONE },
				    back = { JOURNAL_PERM_DONE, 1, { { 0 } }, NOON, SPAN_NONE };
	size_t n;

	CHECK(j && journal_append(j, &next) == STATUS_OK &&
		      journal_append(j, &back) == STATUS_OK && journal_sync(j) == STATUS_OK,
	      "the next day");
	journal_close(j);
	(void)read_all(&health, &status);
	CHECK(health.n_records == RECORDS + 2 && !health.damaged &&
		      access(path_of("2026-11-23.journal"), F_OK) == 0,
	      "is another file of the same chain, and a clock that goes back stays in it");
	n = file_get(TODAY, bytes, sizeof(bytes));
	file_put(TODAY, bytes, n - 3);
	(void)read_all(&health, &status);
	CHECK(status == STATUS_OK && health.damaged && strcmp(health.damaged, TODAY) == 0,
	      "what is missing at the end of an older day is seen");
	(void)unlink(path_of(TODAY));
	(void)read_all(&health, &status);
	CHECK(status == STATUS_OK && health.damaged, "a day that is missing is seen");
	(void)unlink(path_of("2026-11-23.journal"));
}

static void check_strangers(void)
{
	struct journal_health health;
	enum status status;
	struct seen seen;
	struct journal *j = open_it(&seen, &health);

	if (!j || add(j, 0) != STATUS_OK)
		abort();
	journal_close(j);
	if (chmod(path_of(TODAY), 0622) != 0)
		abort();
	(void)read_all(&health, &status);
	CHECK(status == STATUS_USAGE, "a file that others may write is not believed");
	if (chmod(path_of(TODAY), 0600) != 0 || chmod(folder, 0777) != 0)
		abort();
	(void)read_all(&health, &status);
	CHECK(status == STATUS_USAGE, "nor a folder");
	if (chmod(folder, 0700) != 0 || unlink(path_of(TODAY)) != 0 ||
	    symlink("/dev/zero", path_of(TODAY)) != 0)
		abort();
	(void)read_all(&health, &status);
	CHECK(status == STATUS_IO, "nor a link");
	(void)unlink(path_of(TODAY));
}

/* In a process of its own: nothing more can be written. */
static int full_child(bool disk)
{
	const struct rlimit small = { 300, 300 };
	struct journal_health health;
	struct seen seen;
	struct journal *j = open_it(&seen, &health);
	size_t good = 0, n = 0;
	enum status status;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (!j || (!disk && setrlimit(RLIMIT_FSIZE, &small) != 0))
		return 1;
	while (n++ < 4096 && add(j, 0) == STATUS_OK)
		good++;
	if (good == 0 || n > 4096 || (errno != EFBIG && errno != ENOSPC))
		return 2;
	journal_close(j);
	(void)read_all(&health, &status);
	return status == STATUS_OK && health.n_records == good && health.cut == 0 ? 0 : 3;
}

static int full_run(bool disk)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(full_child(disk));
	(void)waitpid(child, &status, 0);
	return status;
}

static void check_full(void)
{
	CHECK(full_run(false) == 0, "a file that may not grow: nothing half is left");
	(void)unlink(path_of(TODAY));
	/* In a mount namespace of its own. */
	if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", folder, "tmpfs", 0, "size=16k,mode=0700") != 0) {
		CHECK(true, "a full disk # SKIP only root can make one");
		return;
	}
	CHECK(full_run(true) == 0, "a full disk: nothing half is left");
	(void)umount2(folder, MNT_DETACH);
}

static void check_limit(void)
{
	static uint8_t big[JOURNAL_RECORD_MAX + 1];
	struct journal_record r = { JOURNAL_PERM_DONE, 1, { { 0 } }, NOON, SPAN_OF(big) };
	struct journal_health health;
	enum status status;
	struct seen seen;
	struct journal *j = open_it(&seen, &health);

	CHECK(j && journal_append(j, &r) == STATUS_LIMIT, "a record has a limit");
	r.payload.len--;
	CHECK(j && journal_append(j, &r) == STATUS_OK, "and may be as large as that");
	journal_close(j);
	(void)read_all(&health, &status);
	CHECK(health.n_records == 1 && !health.cut, "and is read");
	(void)unlink(path_of(TODAY));
}

static void check_alone(void)
{
	struct journal_health health;
	struct seen seen;
	struct journal *j = open_it(&seen, &health);
	int ready[2], status = -1;
	char c = 0;
	pid_t child;

	if (!j || pipe2(ready, O_CLOEXEC) != 0)
		abort();
	child = fork();
	if (child == 0) {
		struct journal *other;

		/* The lock is its parent's too, as long as it has the descriptor. */
		journal_close(j);
		(void)!write(ready[1], "x", 1);
		other = open_it(&seen, &health);
		_exit(other && health.n_records == 1 ? 0 : 1);
	}
	(void)!read(ready[0], &c, 1);
	(void)usleep(50000);
	if (add(j, 0) != STATUS_OK)
		abort();
	journal_close(j);
	(void)waitpid(child, &status, 0);
	CHECK(status == 0, "a second writer waits, and sees what the first one wrote");
	(void)unlink(path_of(TODAY));
}

int main(void)
{
	/* In memory if possible: thousands of times something is put on the disk. */
	(void)snprintf(base, sizeof(base), "%s/assay-test-journal-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(base))
		return EXIT_FAILURE;
	(void)snprintf(folder, sizeof(folder), "%s/journal", base);
	check_rows();
	check_cut();
	check_flips();
	check_days();
	check_strangers();
	check_full();
	check_limit();
	check_alone();
	(void)rmdir(folder);
	(void)rmdir(base);
	arena_free(&arena);
	return CHECK_DONE();
}
