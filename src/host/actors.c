/* SPDX-License-Identifier: MIT */
#include "host/actors.h"

#include "base/memory.h"

/* No host makes as many processes in a millisecond, by a factor of ten at least. */
#define NUMBERS_A_MS  1000
#define MOMENT_MAX_MS 1000

const char *actor_state_word(enum actor_state state)
{
	static const char *const words[] = { "untold", "known", "ended", "elsewhere", "busy" };

	_Static_assert(COUNT_OF(words) == ACTOR_STATES, "each state has a word");
	return (size_t)state < COUNT_OF(words) ? words[state] : words[ACTOR_UNTOLD];
}

enum status actors_begin(struct actors *a, uint64_t numbers)
{
	uint64_t moment = numbers / NUMBERS_A_MS;

	*a = (struct actors){ .each = (struct actor *)memory_new(ACTORS_MAX,
								 sizeof(*a->each)) };
	a->moment_ms = (int64_t)(moment < MOMENT_MAX_MS ? moment : MOMENT_MAX_MS);
	return a->each ? STATUS_OK : STATUS_NO_MEMORY;
}

void actors_end(struct actors *a)
{
	for (size_t i = 0; a->each && i < ACTORS_MAX; i++)
		buffer_free(&a->each[i].texts);
	memory_free(a->each);
	a->each = NULL;
}

struct actor *actors_find(const struct actors *a, uint32_t number)
{
	struct actor *actor = &a->each[number % ACTORS_MAX];

	return number != 0 && actor->number == number ? actor : NULL;
}

static struct actor *actor_new(struct actors *a, pid_t pid, int64_t now_ms)
{
	struct actor *actor;

	a->last = a->last == ACTORS_NUMBER ? 1 : a->last + 1;
	actor = &a->each[a->last % ACTORS_MAX];
	buffer_free(&actor->texts);
	*actor = (struct actor){
		.number = a->last,
		.pid = pid,
		.seen_ms = now_ms,
		.facts = {.uid = -1, .login = -1}
	};
	a->newest[(uint32_t)pid % ACTORS_MAX] = actor->number;
	return actor;
}

/* The process that had this number a moment ago; NULL: nobody, or nobody can say. */
static struct actor *actor_same(const struct actors *a, pid_t pid, bool there, int64_t now_ms)
{
	struct actor *actor = actors_find(a, a->newest[(uint32_t)pid % ACTORS_MAX]);

	if (!actor || actor->pid != pid || now_ms - actor->seen_ms > a->moment_ms)
		return NULL;
	/* Who has gone does not come back. */
	return there && actor->state == ACTOR_ENDED ? NULL : actor;
}

uint32_t actors_take(struct actors *a, pid_t pid, bool there, int64_t now_ms, bool *ask)
{
	struct actor *actor = actor_same(a, pid, there, now_ms);

	*ask = false;
	if (!actor) {
		actor = actor_new(a, pid, now_ms);
		actor->state = pid == 0 ? ACTOR_ELSEWHERE : there ? ACTOR_BUSY : ACTOR_ENDED;
		*ask = pid != 0 && there;
	} else if (there) {
		actor->seen_ms = now_ms;
		*ask = pid != 0 && now_ms - actor->asked_ms > ACTORS_AGAIN_MS;
	}
	if (*ask)
		actor->asked_ms = now_ms;
	return actor->number;
}

static void facts_keep(struct actor *actor, const struct actor_facts *facts)
{
	struct span texts;

	buffer_clear(&actor->texts);
	buffer_add(&actor->texts, facts->exe);
	buffer_add(&actor->texts, facts->cgroup);
	texts = buffer_status(&actor->texts) == STATUS_OK ? buffer_span(&actor->texts)
							  : SPAN_NONE;
	actor->facts = (struct actor_facts){ .uid = facts->uid,
					     .login = facts->login,
					     .exe = span_clip(texts, 0, facts->exe.len),
					     .cgroup = span_after(texts, facts->exe.len) };
}

void actors_answer(struct actors *a, uint32_t number, enum actor_state state,
		   const struct actor_facts *facts)
{
	struct actor *actor = actors_find(a, number);

	if (!actor)
		return;
	if (!facts) {
		/* What was known of it holds for what it did then. */
		if (actor->state != ACTOR_KNOWN)
			actor->state = state;
		return;
	}
	if (actor->state == ACTOR_KNOWN && !span_equal(actor->facts.exe, facts->exe)) {
		/* It runs another program: what it does from now on is another's. */
		a->newest[(uint32_t)actor->pid % ACTORS_MAX] = 0;
		return;
	}
	facts_keep(actor, facts);
	actor->state = ACTOR_KNOWN;
	actor->told = false;
}

void actors_learn(struct actors *a, const struct actor *actor)
{
	struct actor *own = &a->each[actor->number % ACTORS_MAX];

	own->number = actor->number;
	own->pid = actor->pid;
	own->state = actor->state;
	facts_keep(own, &actor->facts);
}
