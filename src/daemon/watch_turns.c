/* SPDX-License-Identifier: MIT */
/*
 * Whose file is read next.  Whoever runs files can have as many read as he likes, each for as
 * long as reading may take: that shall delay nobody but himself.
 *
 * There are several workers for small files, and for big ones; the first of each are for what
 * root asks.  Who asks has his turn after each other who does (daemon/doer.h), and who has a
 * worker already does not get the last one.  What nobody waits for any more is read only by
 * workers that nobody else needs.  When more of them ask than there are workers, who has read
 * longest begins again when it is his turn.
 */
#include "daemon/caller.h"
#include "daemon/watching.h"

#include "source/identity.h"
#include <fcntl.h>
#include <unistd.h>

#define TAINTED_US INT64_C(500000)
#define SLICE_US   INT64_C(2000000) /* that a worker reads a file while others wait for one */
#define LOOK_US    INT64_C(20000)   /* between two looks whether who asked is still there */
#define START_US   INT64_C(200000)  /* ... tries to start a worker */
#define DEAD_US    INT64_C(250000)  /* ... looks at what nobody waits for */
#define ASKING     8                /* questions of one doer that the decider has */
#define LONG_AGO   1                /* to be tainted: before anything that counts */
#define CROWD      8                /* of one doer, at least, may wait */

static const struct {
	enum watch_lane lane;
	bool roots;  /* for nothing but what root asks */
	bool shared; /* not where all files are of one user, who may keep each worker waiting */
} workers[] = {
	{WATCH_LANE_SMALL,  true,  false},
        { WATCH_LANE_SMALL, false, false},
	{ WATCH_LANE_SMALL, false, true },
        { WATCH_LANE_SMALL, false, true },
	{ WATCH_LANE_BIG,   true,  false},
        { WATCH_LANE_BIG,   false, false},
	{ WATCH_LANE_BIG,   false, true },
};
_Static_assert(COUNT_OF(workers) == WATCH_POOLS, "each pool is told what it is for");

static enum watch_lane lane_of(const struct watch_case *c)
{
	return c->facts.file.size > WATCHER_SMALL_FILE ? WATCH_LANE_BIG : WATCH_LANE_SMALL;
}

static bool is_roots(const struct watch_case *c)
{
	return doer_kind(&c->asker) == DOER_ROOT;
}

/* ---- what a worker has in its hands ---- */

/* The only file that @p reads; NULL: none, or there are more. */
static struct watch_case *reading_of(struct watching *w, const struct watch_pool *p)
{
	struct watch_case *c = watch_case_of(w, p->ticket);

	return c && c->stage == WATCH_READ && pool_outstanding(p->pool) == 1 ? c : NULL;
}

static bool has_followers(const struct watching *w, const struct watch_case *c)
{
	for (size_t i = 0; i < w->n_active; i++) {
		const struct watch_case *other = &w->cases[w->active[i]];

		if (other->stage == WATCH_ALIKE && !other->answered &&
		    doer_same(&other->asker, &c->asker) &&
		    same_file(&other->facts.file, &c->facts.file))
			return true;
	}
	return false;
}

/*
 * Does nobody wait for what @p reads?  Who waits for a server cannot be killed, and who waits
 * for his death waits, too: what is read there is left alone.
 */
static bool is_unwanted(struct watching *w, struct watch_pool *p)
{
	const struct watch_case *c = reading_of(w, p);
	int64_t now = watch_now_us();

	if (!c || w->plan->served)
		return false;
	if (!c->answered && now > p->looked_us + LOOK_US) {
		p->looked_us = now;
		p->ended = caller_ended(c->facts.pid);
	}
	return (c->answered || p->ended) && !has_followers(w, c);
}

/* Can @p be given something at once? */
static bool is_idle(const struct watch_pool *p)
{
	if (!p->pool)
		return watch_now_us() >= p->mended_us + START_US;
	return pool_outstanding(p->pool) == 0 && pool_descriptor(p->pool) >= 0;
}

/* Files of root have nothing to say of each other that is not true. */
static bool takes_more(const struct watch_pool *p, const struct watch_case *c)
{
	return p->pool && p->tainted_us == 0 && !watch_is_anybodys(c) &&
	       pool_descriptor(p->pool) >= 0 && pool_has_room(p->pool);
}

/* Begins again at another time. */
static bool reading_stop(struct watching *w, struct watch_pool *p)
{
	struct watch_case *c = reading_of(w, p);

	p->tainted_us = 0;
	p->mended_us = pool_replace(p->pool) == STATUS_OK ? 0 : watch_now_us();
	if (c) {
		watch_wait(w, c);
		watch_alike_wake(w, &c->facts.file);
	}
	return p->mended_us == 0;
}

/* ---- who gets which worker ---- */

/* What there is for one who asks. */
struct choice {
	struct watch_pool *idle, *unwanted, *oldest;
	size_t n_free, n_his; /* workers for anybody; that he has */
};

/* Root's is not stopped for others. */
static bool may_stop(const struct watch_pool *p, const struct doer *for_whom)
{
	return doer_kind(&p->by) != DOER_ROOT || doer_kind(for_whom) == DOER_ROOT;
}

static void choice_add(struct watching *w, struct watch_pool *p, const struct doer *by,
		       struct choice *out)
{
	if (is_idle(p)) {
		out->n_free++;
		out->idle = out->idle ? out->idle : p;
	} else if (p->pool && is_unwanted(w, p)) {
		out->n_free++;
		out->unwanted = p;
	} else if (doer_same(&p->by, by)) {
		out->n_his++;
	} else if (p->pool && reading_of(w, p) && may_stop(p, by) &&
		   (!out->oldest || p->since_us < out->oldest->since_us)) {
		out->oldest = p;
	}
}

/* A worker that is root's alone; NULL: @c has to look among those of all. */
static struct watch_pool *roots_choose(struct watching *w, const struct watch_case *c,
				       struct choice *all)
{
	for (size_t i = 0; i < WATCH_POOLS; i++) {
		struct watch_pool *p = &w->pools[i];
		struct choice one = { 0 };

		if (workers[i].lane != lane_of(c) || !workers[i].roots)
			continue;
		if (i == WATCH_POOL_FIRST && takes_more(p, c))
			return p;
		choice_add(w, p, &c->asker, &one);
		if (one.idle || (one.unwanted && !c->answered))
			return p;
		all->n_his += one.n_his;
		all->oldest = one.oldest;
	}
	return NULL;
}

/* Whoever has many questions before the decider asks no more until some are decided. */
static bool is_asking(const struct watching *w, const struct watch_case *c)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_active; i++) {
		const struct watch_case *other = &w->cases[w->active[i]];

		n += (other->stage == WATCH_ASK || other->stage == WATCH_DECIDE) &&
		     doer_same(&other->asker, &c->asker);
	}
	return n >= ASKING;
}

/* Who is to read @c now, and leaves for it what he reads, if anything; NULL: nobody. */
static struct watch_pool *worker_choose(struct watching *w, const struct watch_case *c)
{
	struct choice all = { 0 };
	struct watch_pool *p = is_roots(c) ? roots_choose(w, c, &all) : NULL;

	if (p)
		return p;
	if (!is_roots(c) && is_asking(w, c))
		return NULL;
	for (size_t i = 0; i < WATCH_POOLS; i++)
		if (workers[i].lane == lane_of(c) && !workers[i].roots &&
		    !(workers[i].shared && w->plan->anybodys))
			choice_add(w, &w->pools[i], &c->asker, &all);
	if (c->answered)
		return all.idle;
	if (all.n_free > (all.n_his > 0 ? 1 : 0))
		return all.idle ? all.idle : all.unwanted;
	if (all.n_his > 0 || w->plan->served || !all.oldest ||
	    watch_now_us() < all.oldest->since_us + SLICE_US)
		return NULL;
	return all.oldest;
}

/* The first is there from the beginning, and waited for. */
enum status watch_pool_start(struct watching *w, struct watch_pool *p)
{
	struct pool_settings settings = w->plan->pool;
	const char *warning;
	enum status status;

	settings.patience_ms =
		w->plan->served ? WATCHER_SERVED_PATIENCE_MS : WATCHER_PATIENCE_MS;
	settings.longest_ms = w->plan->served ? 0 : WATCHER_LONGEST_MS;
	if (p != &w->pools[WATCH_POOL_FIRST]) {
		settings.unawaited = true;
		settings.n_threads = 1;
	}
	status = pool_start(w->plan->engine, &settings, &p->pool, &warning);
	p->mended_us = status == STATUS_OK ? 0 : watch_now_us();
	return status;
}

/*
 * Can it be given to the worker of @p as it is?  Whoever keeps one busy shall not keep it, nor
 * say what he likes of what others ask.
 */
static bool is_ready(const struct watching *w, const struct watch_pool *p,
		     const struct watch_case *c)
{
	if (pool_outstanding(p->pool) > 0)
		return p == &w->pools[WATCH_POOL_FIRST] && takes_more(p, c);
	return p->tainted_us == 0 || (watch_is_anybodys(c) && doer_same(&p->by, &c->asker) &&
				      watch_now_us() < p->tainted_us + TAINTED_US);
}

static bool read_begin(struct watching *w, struct watch_pool *p, struct watch_case *c)
{
	struct engine_file file = { .fd = -1 };

	if (!p->pool && watch_pool_start(w, p) != STATUS_OK)
		return false;
	if (!is_ready(w, p, c) && !reading_stop(w, p))
		return false;
	file.fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 0);
	if (file.fd < 0 || pool_submit(p->pool, &file, c->ticket) != STATUS_OK) {
		if (file.fd >= 0)
			(void)close(file.fd);
		return false;
	}
	c->anchors = w->anchors;
	p->by = c->asker;
	p->ticket = c->ticket;
	p->since_us = watch_now_us();
	p->looked_us = 0;
	p->ended = false;
	if (watch_is_anybodys(c) && p->tainted_us == 0)
		p->tainted_us = p->since_us;
	ledger_count(w->plan->ledger, LEDGER_JUDGED);
	watch_await(c, WATCH_READ);
	return true;
}

/* ---- turns ---- */

/* The less, the sooner: how far he is from who had the last turn. */
struct distance {
	uint64_t kind, user;
};

static struct distance distance_of(const struct watch_turn *last, const struct doer *a)
{
	enum doer_kind kind = doer_kind(a);
	struct distance d = { 0, (uint64_t)doer_user(a) - (uint64_t)last->users[kind] - 1 };

	/* Root is never behind others. */
	if (kind != DOER_ROOT)
		d.kind = 1 +
			 ((uint64_t)kind + DOER_KINDS - (uint64_t)last->kind - 1) % DOER_KINDS;
	return d;
}

static int distance_compare(const struct distance *a, const struct distance *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->user < b->user ? -1 : a->user > b->user;
}

/*
 * The first of those who wait in @lane, or for nobody (@dead), farther than *@after (NULL:
 * anywhere), and how far it is.  Of one doer: what was asked first.
 */
static struct watch_case *turn_next(struct watching *w, enum watch_lane lane, bool dead,
				    const struct distance *after, struct distance *out)
{
	struct watch_case *first = NULL;

	for (size_t i = 0; i < w->n_active; i++) {
		struct watch_case *c = &w->cases[w->active[i]];
		struct distance d;
		int order;

		if (c->stage != WATCH_ROOM || c->answered != dead || lane_of(c) != lane)
			continue;
		d = distance_of(&w->turns[lane][dead], &c->asker);
		if (after && distance_compare(&d, after) <= 0)
			continue;
		order = first ? distance_compare(&d, out) : -1;
		if (order < 0 || (order == 0 && c->ticket < first->ticket)) {
			first = c;
			*out = d;
		}
	}
	return first;
}

static bool turn_take(struct watching *w, struct watch_case *c)
{
	struct watch_turn *turn = &w->turns[lane_of(c)][c->answered];
	enum doer_kind kind = doer_kind(&c->asker);
	struct watch_pool *p = worker_choose(w, c);

	if (!p)
		return false;
	/* Entries of /proc cost more than all else: not of who has just come. */
	if (!c->answered && watch_now_us() > c->asked_us + LOOK_US &&
	    caller_ended(c->facts.pid)) {
		watch_fail(w, c, FAILURE_DEADLINE);
		return true;
	}
	if (!read_begin(w, p, c))
		return false;
	turn->users[kind] = doer_user(&c->asker);
	if (kind != DOER_ROOT)
		turn->kind = kind;
	return true;
}

static void lane_take(struct watching *w, enum watch_lane lane, bool dead)
{
	struct distance at, after = { 0, 0 };
	struct watch_case *c;
	size_t vain = 0;

	/* Who has no worker gets any that is free: only as many as there are can be in vain. */
	while (vain <= WATCH_POOLS &&
	       (c = turn_next(w, lane, dead, vain > 0 ? &after : NULL, &at)) != NULL) {
		/* After a turn everybody is at another distance; without, the next one may. */
		vain = turn_take(w, c) ? 0 : vain + 1;
		after = at;
	}
}

void watch_turns(struct watching *w)
{
	bool waits = false;

	if (!w->waits)
		return;
	for (enum watch_lane lane = 0; lane < WATCH_LANES; lane++) {
		lane_take(w, lane, false);
		lane_take(w, lane, true);
	}
	for (size_t i = 0; i < w->n_active && !waits; i++)
		waits = w->cases[w->active[i]].stage == WATCH_ROOM;
	w->waits = waits;
}

/* ---- those who wait ---- */

void watch_wait(struct watching *w, struct watch_case *c)
{
	c->stage = WATCH_ROOM;
	c->due_us = c->answered ? watch_now_us() + DEAD_US : c->deadline_us;
	w->waits = true;
}

/* The sooner one goes for room: what nobody waits for, then what was asked first. */
static struct watch_case *sooner(struct watch_case *a, struct watch_case *b)
{
	if (!a || !b)
		return a ? a : b;
	if (a->answered != b->answered)
		return a->answered ? a : b;
	return a->ticket < b->ticket ? a : b;
}

/*
 * Nobody but root has more waiting than there is room left, so that there is always some: the
 * first that he brought goes for it, and rather one that he does not wait for.  However many
 * they are, some is kept: for that goes what nobody waits for, whoever brought it.
 */
static void crowd_thin(struct watching *w, const struct watch_case *c)
{
	struct watch_case *his = NULL, *any = NULL;
	size_t n = 0, room = w->n_unused > WATCH_KEPT ? w->n_unused - WATCH_KEPT : 0;

	if (is_roots(c))
		return;
	for (size_t i = 0; i < w->n_active; i++) {
		struct watch_case *other = &w->cases[w->active[i]];
		bool is_his = doer_same(&other->asker, &c->asker);

		if ((other->stage != WATCH_ROOM && other->stage != WATCH_ALIKE) ||
		    (!is_his && (!other->answered || is_roots(other))))
			continue;
		any = sooner(any, other);
		his = is_his ? sooner(his, other) : his;
		n += is_his;
	}
	if (room == 0)
		his = any;
	else if (n <= CROWD || n <= room)
		return;
	if (his && his->answered)
		watch_end(w, his);
	else if (his)
		watch_fail(w, his, FAILURE_DEADLINE);
}

void watch_queue(struct watching *w, struct watch_case *c)
{
	watch_wait(w, c);
	crowd_thin(w, c);
}

void watch_dead_step(struct watching *w, struct watch_case *c, int64_t now)
{
	/* Who waits to write to it makes another file of it. */
	if ((c->leased && !watch_is_kept(c)) ||
	    now >= c->deadline_us + INT64_C(1000) * WATCHER_LONGEST_MS) {
		watch_end(w, c);
		return;
	}
	c->due_us = now + DEAD_US;
}

void watch_pool_clean(struct watching *w, struct watch_pool *p)
{
	if (p->pool && p->tainted_us != 0 && pool_outstanding(p->pool) == 0)
		(void)reading_stop(w, p);
}

void watch_pools_renew(struct watching *w)
{
	for (size_t i = 0; i < w->n_active && !w->plan->served; i++) {
		struct watch_case *c = &w->cases[w->active[i]];

		if (c->stage != WATCH_READ)
			continue;
		watch_wait(w, c);
		watch_alike_wake(w, &c->facts.file);
	}
	for (size_t i = 0; i < WATCH_POOLS; i++) {
		struct watch_pool *p = &w->pools[i];

		/* Who waits for a server cannot be killed, and gets nothing more. */
		if (p->pool && w->plan->served && pool_outstanding(p->pool) > 0)
			p->tainted_us = LONG_AGO;
		else if (p->pool)
			(void)reading_stop(w, p);
	}
}
