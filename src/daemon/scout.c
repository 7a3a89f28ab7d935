/* SPDX-License-Identifier: MIT */
#include "daemon/scouting.h"

#include "base/memory.h"
#include "daemon/anchors.h"
#include "daemon/children.h"
#include "daemon/guard.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define ROUND_MS 5   /* between two looks for new name spaces, which cost microseconds */
#define BLIND_MS 100 /* the same where only processes show them */
#define LOOK_MS  250 /* between two looks at all processes */
/* So many times what it took to do it passes before it is done again, whatever others do. */
#define WALK_SHARE 25
#define LOOK_SHARE 20
#define READ_SHARE 4
#define MARK_MS    1000 /* that the supervisor may take */
#define NEW_MAX    64   /* name spaces that are taken at once */
#define FILES_MAX  ((rlim_t)4 * SCOUT_MAX_SPACES)

/* What we have worked so far; others may keep us from it as long as they like. */
static int64_t worked_us(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void beat(void *context)
{
	const struct scouting *s = (const struct scouting *)context;

	atomic_store(&s->plan->ledger->scout_beat, ledger_now());
}

void scout_at(struct scouting *s, uint64_t at)
{
	beat(s);
	atomic_store(&s->plan->ledger->scout_at, at);
}

bool scout_is_shunned(const struct scouting *s, uint64_t at)
{
	for (size_t i = 0; i < LEDGER_MAX_SHUNNED; i++)
		if (atomic_load(&s->plan->ledger->shunned[i]) == at)
			return true;
	return false;
}

struct space *scout_space_of(const struct scouting *s, uint64_t inode)
{
	for (size_t i = 0; i < s->n_spaces; i++)
		if (s->spaces[i]->name.inode == inode)
			return s->spaces[i];
	return NULL;
}

static void space_free(struct space *space)
{
	if (space->fd >= 0)
		(void)close(space->fd);
	if (space->table >= 0)
		(void)close(space->table);
	memory_free(space->places);
	memory_free(space);
}

struct space *scout_space_add(struct scouting *s, int fd)
{
	struct space *space = NULL;

	if (s->n_spaces < SCOUT_MAX_SPACES)
		space = (struct space *)memory_new(1, sizeof(*space));
	if (!space) {
		(void)close(fd);
		return NULL;
	}
	*space = (struct space){ .fd = fd, .table = -1, .peopled = true, .changed = true };
	if (!space_name(fd, &space->name) || scout_space_of(s, space->name.inode)) {
		space_free(space);
		return NULL;
	}
	s->spaces[s->n_spaces++] = space;
	return space;
}

struct place *scout_place_of(const struct scouting *s, const struct space *first, uint64_t dev)
{
	for (size_t i = 0; first && i < first->n_places; i++)
		if (first->places[i].dev == dev)
			return &first->places[i];
	for (size_t k = 0; k < s->n_spaces; k++)
		for (size_t i = 0; s->spaces[k] != first && i < s->spaces[k]->n_places; i++)
			if (s->spaces[k]->places[i].dev == dev)
				return &s->spaces[k]->places[i];
	return NULL;
}

static void notes_take(struct scouting *s, int fd)
{
	if (fd < 0)
		return;
	if (s->notes >= 0)
		(void)close(s->notes);
	s->notes = fd;
}

static void order_heard(struct scouting *s, char order, int fd)
{
	/* Who judges for it now goes on by the old ones, for those that run already. */
	if (order == GUARD_ORDER_ANCHORS)
		(void)anchors_heard(s->plan->anchors, fd);
	else
		notes_take(s, fd);
}

bool scout_mark(void *scouting, int fd, enum mark_how how)
{
	static const char orders[] = {
		[MARK_PLAIN] = GUARD_ORDER_MARK,
		[MARK_DEVICES] = GUARD_ORDER_MARK_DEVICES,
		[MARK_SERVED] = GUARD_ORDER_MARK_SERVED,
		[MARK_ANYBODYS] = GUARD_ORDER_MARK_ANYBODYS,
	};
	struct scouting *s = (struct scouting *)scouting;
	const struct child supervisor = { .pid = getppid(), .orders = s->plan->orders };
	char order = GUARD_ORDER_NONE;
	uint64_t at;
	int notes;

	/* It may be busy: no place is to blame for that. */
	at = atomic_exchange(&s->plan->ledger->scout_at, 0);
	atomic_store(&s->plan->ledger->scout_beat, ledger_now() + MARK_MS);
	if (!child_tell(&supervisor, orders[how], fd))
		return false;
	while (order != GUARD_ORDER_MARKED && order != GUARD_ORDER_UNMARKED) {
		if (!order_take(s->plan->orders, true, &order, &notes))
			_exit(1);
		order_heard(s, order, notes);
	}
	scout_at(s, at);
	return order == GUARD_ORDER_MARKED;
}

static bool can_be_run_from(enum mount_kind kind)
{
	return marks_wants(kind) || kind == MOUNT_SERVED;
}

/* What stands there now; true: something that nobody had, and that can be run from. */
static bool places_take(struct scouting *s, struct space *space, const struct mounts *m)
{
	size_t room = m->n < SCOUT_MAX_PLACES ? m->n : SCOUT_MAX_PLACES, n = 0;
	struct place *places = (struct place *)memory_new(room + 1, sizeof(*places));
	bool fresh = false;

	for (size_t i = 0; places && i < m->n && n < room; i++) {
		const struct mount *mount = &m->each[i];
		const struct place *known;

		if (n > 0 && places[n - 1].dev == mount->dev)
			continue;
		known = scout_place_of(s, space, mount->dev);
		places[n] =
			(struct place){ .dev = mount->dev,
					.kind = mount->kind,
					.fresh = s->settled && can_be_run_from(mount->kind) &&
						 (!known || known->fresh) };
		fresh = fresh || places[n].fresh;
		n++;
	}
	memory_free(space->places);
	space->places = places;
	space->n_places = places ? n : 0;
	s->fresh = s->fresh || fresh;
	return fresh;
}

static void missed(void *context, uint64_t dev)
{
	struct scouting *s = (struct scouting *)context;

	for (size_t i = 0; i < s->reading->n_places; i++)
		if (s->reading->places[i].dev == dev)
			s->reading->places[i].unmarked = true;
}

/* Reads what is mounted there, and has it asked about. */
static void mounts_take(struct scouting *s, struct space *space, struct arena *a)
{
	struct marks marks = { .mark = scout_mark,
			       .alive = beat,
			       .missed = missed,
			       .served = true,
			       .context = s,
			       .may = s->plan->may };
	struct mounts mounts;

	if (mounts_read(a, space->table, &mounts) != STATUS_OK) {
		space->n_unmarked = 1;
		return;
	}
	/* A number that was another one's: the watcher forgets before it can be asked. */
	if (places_take(s, space, &mounts))
		atomic_fetch_add(&s->plan->ledger->mounts, 1);
	s->reading = space;
	/* Our own is the supervisor's. */
	if (space != s->spaces[0])
		marks_table(&marks, &mounts);
	space->n_marked = marks.n_marked;
	space->n_unmarked = marks.n_unmarked;
}

void scout_space_read(struct scouting *s, struct space *space)
{
	struct arena a = ARENA_INIT(MOUNTS_ARENA);
	int64_t began = worked_us();

	space->changed = false;
	space->n_marked = 0;
	space->n_unmarked = 1;
	if (!scout_is_shunned(s, space->name.inode) &&
	    (space == s->spaces[0] || space_enter(space->fd))) {
		scout_at(s, space->name.inode);
		if (space->table < 0)
			space->table =
				openat(s->plan->proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
		if (space->table >= 0)
			mounts_take(s, space, &a);
		scout_at(s, 0);
		/* Nobody shall be kept alive by us, or take us along. */
		if (space != s->spaces[0] && !space_enter(s->spaces[0]->fd))
			_exit(1);
	}
	arena_free(&a);
	space->due_us = ledger_now_us() + READ_SHARE * (worked_us() - began);
}

static bool is_seen(const struct scouting *s, uint64_t number)
{
	size_t n_left = s->n_left < SCOUT_LEFT ? s->n_left : SCOUT_LEFT;

	for (size_t i = 0; i < s->n_spaces; i++)
		if (s->spaces[i]->name.number == number)
			return true;
	for (size_t i = 0; i < n_left; i++)
		if (s->left[i] == number)
			return true;
	return false;
}

/* From neighbour to neighbour. */
static void spaces_walk(struct scouting *s, bool higher)
{
	int from = s->spaces[0]->fd, held = -1, next, n = 0;
	uint64_t number;

	while (n < NEW_MAX && (next = space_neighbour(from, higher, &number, &s->told)) >= 0) {
		bool seen = is_seen(s, number);
		int copy = seen ? next : fcntl(next, F_DUPFD_CLOEXEC, 0);

		if (held >= 0)
			(void)close(held);
		held = from = copy;
		if (!seen) {
			n++;
			(void)scout_space_add(s, next);
		}
	}
	if (held >= 0)
		(void)close(held);
}

static void spaces_find(struct scouting *s)
{
	int64_t began = worked_us();

	if (s->walk_us > ledger_now_us())
		return;
	spaces_walk(s, true);
	if (s->told)
		spaces_walk(s, false);
	s->walk_us = ledger_now_us() + WALK_SHARE * (worked_us() - began);
}

/* Where nobody is any more, nothing is run; it would live on only for us. */
static void spaces_leave(struct scouting *s)
{
	size_t n = 1;

	for (size_t i = 1; i < s->n_spaces; i++) {
		struct space *space = s->spaces[i];

		if (space->peopled) {
			s->spaces[n++] = space;
			continue;
		}
		if (space->name.number != 0)
			s->left[s->n_left++ % SCOUT_LEFT] = space->name.number;
		space_free(space);
	}
	s->n_spaces = n;
}

static void processes_look(struct scouting *s)
{
	int64_t began = worked_us(), now = ledger_now_us(), took, pause;

	for (size_t i = 1; i < s->n_spaces; i++)
		s->spaces[i]->peopled = false;
	s->n_missed = 0;
	s->verifying.more = false;
	scout_processes(s);
	spaces_leave(s);
	took = worked_us() - began;
	pause = INT64_C(1000) * (s->told ? LOOK_MS : BLIND_MS);
	s->look_us = now + (pause > took * LOOK_SHARE ? pause : took * LOOK_SHARE);
	s->rest_us = now + took * READ_SHARE;
}

static void spaces_read(struct scouting *s)
{
	for (size_t i = 0; i < s->n_spaces; i++)
		if (s->spaces[i]->changed && s->spaces[i]->due_us <= ledger_now_us())
			scout_space_read(s, s->spaces[i]);
}

static void tell_counts(const struct scouting *s)
{
	_Atomic uint64_t *counts = s->plan->ledger->counts;
	size_t marked = 0, unmarked = 0;

	for (size_t i = 1; i < s->n_spaces; i++) {
		marked += s->spaces[i]->n_marked;
		unmarked += s->spaces[i]->n_unmarked;
	}
	atomic_store(&counts[LEDGER_SPACES], s->n_spaces + s->n_missed);
	atomic_store(&counts[LEDGER_ELSEWHERE], marked);
	atomic_store(&counts[LEDGER_ELSEWHERE_UNMARKED], unmarked + s->n_missed);
}

/* False: the supervisor has gone. */
static bool orders_take(struct scouting *s)
{
	char order;
	int fd;
	bool goes_on = order_take(s->plan->orders, false, &order, &fd);

	order_heard(s, order, fd);
	return goes_on;
}

static bool round_go(struct scouting *s)
{
	struct pollfd from[SCOUT_MAX_SPACES + 1] = {
		{.fd = s->plan->orders, .events = POLLIN}
	};
	bool waits = false;
	uint32_t looks;

	for (size_t i = 0; i < s->n_spaces; i++) {
		from[i + 1] = (struct pollfd){ .fd = s->spaces[i]->table, .events = POLLPRI };
		waits = waits || s->spaces[i]->changed;
	}
	beat(s);
	(void)poll(from, s->n_spaces + 1, s->told || waits ? ROUND_MS : BLIND_MS);
	looks = atomic_load(&s->plan->ledger->looks);
	for (size_t i = 0; i < s->n_spaces; i++)
		if (from[i + 1].revents || looks != s->looks)
			s->spaces[i]->changed = true;
	s->looks = looks;
	if (from[0].revents && !orders_take(s))
		return false;
	spaces_find(s);
	spaces_read(s);
	scout_verify(s);
	if (s->look_us <= ledger_now_us() || (s->fresh && s->rest_us <= ledger_now_us()))
		processes_look(s);
	tell_counts(s);
	return true;
}

static bool scouting_begin(struct scouting *s)
{
	struct rlimit files = { FILES_MAX, FILES_MAX };
	int own;

	(void)setrlimit(RLIMIT_NOFILE, &files);
	own = openat(s->plan->proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (own < 0 || !scout_space_add(s, own))
		return false;
	scout_space_read(s, s->spaces[0]);
	return s->spaces[0]->table >= 0;
}

int scout_run(const struct scout_plan *plan)
{
	struct scouting *s = (struct scouting *)memory_new(1, sizeof(*s));
	bool goes_on;

	if (!s)
		return 1;
	s->plan = plan;
	s->notes = -1;
	goes_on = scouting_begin(s);
	if (goes_on) {
		/* Those that are there already. */
		spaces_find(s);
		processes_look(s);
		spaces_read(s);
		tell_counts(s);
		s->settled = true;
		atomic_store(&plan->ledger->scout_ready, true);
	}
	while (goes_on)
		goes_on = round_go(s);
	for (size_t i = 0; i < s->n_spaces; i++)
		space_free(s->spaces[i]);
	pool_stop(s->verifying.pool);
	memory_free(s);
	return 0;
}
