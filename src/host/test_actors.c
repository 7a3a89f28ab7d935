/* SPDX-License-Identifier: MIT */
/* Who it was: nobody is taken for another who has, or had, the same number. */
#include "host/actors.h"

#include "tests/check.h"

#define PIDS   32768 /* a moment is 32 ms then */
#define MOMENT (PIDS / 1000)

static struct actors a;

/* One change, and whether it is asked who did it. */
static uint32_t take(pid_t pid, bool there, int64_t now_ms, bool asked)
{
	bool ask;
	uint32_t number = actors_take(&a, pid, there, now_ms, &ask);

	CHECK(ask == asked, "pid %d at %d ms is %sasked about", (int)pid, (int)now_ms,
	      asked ? "" : "not ");
	return number;
}

static void answer(uint32_t number, const char *exe)
{
	const struct actor_facts facts = {
		.uid = 7, .login = -1, .exe = SPAN_TEXT(exe), .cgroup = SPAN_INIT("/a.service")
	};

	actors_answer(&a, number, ACTOR_KNOWN, &facts);
}

static bool is_exe(uint32_t number, const char *exe)
{
	const struct actor *actor = actors_find(&a, number);

	return actor && actor->state == ACTOR_KNOWN && actor->facts.uid == 7 &&
	       span_equal(actor->facts.exe, SPAN_TEXT(exe)) &&
	       span_equal(actor->facts.cgroup, SPAN_LITERAL("/a.service"));
}

static enum actor_state state_of(uint32_t number)
{
	const struct actor *actor = actors_find(&a, number);

	return actor ? actor->state : ACTOR_UNTOLD;
}

static void test_moments(void)
{
	uint32_t first = take(10, true, 1000, true), other;

	CHECK(state_of(first) == ACTOR_BUSY, "until there is an answer nobody knows");
	answer(first, "/bin/one");
	CHECK(is_exe(first, "/bin/one"), "then he is known");
	CHECK(take(10, true, 1010, false) == first, "it is the same");
	CHECK(take(10, false, 1010 + MOMENT, false) == first, "who has just gone, too");
	other = take(10, false, 1011 + MOMENT, false);
	CHECK(other != first && state_of(other) == ACTOR_ENDED && is_exe(first, "/bin/one"),
	      "a moment later it may have been another");
	first = take(10, true, 1012 + MOMENT, true);
	CHECK(first != other, "who is there is not who had gone");
	other = take(10, true, 5000, true);
	CHECK(first != other && state_of(first) == ACTOR_BUSY,
	      "much later it is another, who is asked");
	actors_answer(&a, other, ACTOR_ENDED, NULL);
	CHECK(state_of(other) == ACTOR_ENDED, "who ended while he was asked");
}

static void test_programs(void)
{
	uint32_t shell = take(20, true, 10000, true), tool;

	answer(shell, "/bin/sh");
	for (int64_t t = 10010; t <= 11000; t += 30)
		(void)take(20, true, t, false);
	CHECK(take(20, true, 11010, true) == shell, "once a second he is asked again");
	answer(shell, "/bin/sh");
	CHECK(take(20, true, 11020, false) == shell, "and is the same");
	for (int64_t t = 11030; t <= 12010; t += 30)
		(void)take(20, true, t, false);
	CHECK(take(20, true, 12020, true) == shell, "(again)");
	answer(shell, "/bin/tool");
	tool = take(20, true, 12030, true);
	CHECK(tool != shell && is_exe(shell, "/bin/sh"),
	      "what another program does is not the first one's");
	actors_answer(&a, shell, ACTOR_BUSY, NULL);
	CHECK(is_exe(shell, "/bin/sh"), "what is known stays known");
}

static void test_strangers(void)
{
	uint32_t one = take(0, false, 20000, false), last = 0;

	CHECK(state_of(one) == ACTOR_ELSEWHERE, "of another name space nobody is known");
	for (int i = 1; i <= ACTORS_MAX; i++) {
		bool ask;

		last = actors_take(&a, 1000 + i, true, 20001, &ask);
	}
	CHECK(!actors_find(&a, one) && actors_find(&a, last) && !actors_find(&a, 0),
	      "the oldest are forgotten, not mistaken");
	answer(one, "/bin/late");
	CHECK(!actors_find(&a, one) && state_of(last) == ACTOR_BUSY,
	      "an answer about one of them is nobody's");
}

int main(void)
{
	if (actors_begin(&a, PIDS) != STATUS_OK)
		return 1;
	test_moments();
	test_programs();
	test_strangers();
	actors_end(&a);
	return CHECK_DONE();
}
