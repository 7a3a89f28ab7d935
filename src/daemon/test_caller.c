/* SPDX-License-Identifier: MIT */
/* Who asks: a user's own control groups do not make a service of him. */
#include "daemon/caller.h"
#include "tests/check.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *text, *cgroup, *unit;
} rows[] = {
	{"0::/system.slice/cron.service\n",                         "/system.slice/cron.service", "cron.service"   },
	{ "0::/user.slice/user-7.slice/session-2.scope\n",
         "/user.slice/user-7.slice/session-2.scope",                                              "session-2.scope"},
	{ "0::/user.slice/user@7.service/app.slice/sshd.service\n",
         "/user.slice/user@7.service/app.slice/sshd.service",                                     "user@7.service" },
	{ "9:cpu:/a0::/x.service\n0::/system.slice/b.service\n",    "/system.slice/b.service",
         "b.service"											       },
	{ "9:cpu:/a0::/x.service\n",                                "",                           ""               },
	{ "0::/\n",						 "/",			  ""               },
	{ "",						       "",			   ""               },
};

/* Who has ended is there until somebody asks how. */
static void test_ended(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	CHECK(!caller_ended(pid) && caller_doer(pid).uid == (int64_t)getuid(),
	      "a process is there, and is its user's");
	(void)kill(pid, SIGKILL);
	(void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	CHECK(caller_ended(pid), "it is there, and has ended");
	(void)waitpid(pid, NULL, 0);
	CHECK(caller_ended(pid) && caller_doer(pid).uid == -1, "it is not there");
	CHECK(!caller_ended(0), "whoever cannot be seen may be there");
}

/* Whoever makes himself unreadable belongs to root only as far as his files go. */
static void test_unreadable(void)
{
	pid_t pid = fork();
	struct doer by;

	if (pid == 0) {
		(void)prctl(PR_SET_DUMPABLE, 0);
		(void)pause();
		_exit(0);
	}
	(void)usleep(20000);
	by = caller_doer(pid);
	CHECK(by.uid == (int64_t)getuid(), "an unreadable process is its user's");
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

static void test_doers(void)
{
	static const struct {
		struct doer a, b;
		bool same;
	} doers[] = {
		{{ 1000, 1000 },    { 1000, -1 },     true },
		{ { 100001, 1000 }, { 100002, 1000 }, true },
		{ { 1000, 1000 },   { 100001, 1000 }, false},
		{ { 0, 1000 },      { 0, -1 },        false},
		{ { 33, -1 },       { 33, 1000 },     false},
		{ { -1, -1 },       { -1, -1 },       true },
	};

	for (size_t i = 0; i < COUNT_OF(doers); i++)
		CHECK(doer_same(&doers[i].a, &doers[i].b) == doers[i].same,
		      "%d as %d and %d as %d", (int)doers[i].a.login, (int)doers[i].a.uid,
		      (int)doers[i].b.login, (int)doers[i].b.uid);
}

int main(void)
{
	test_ended();
	test_unreadable();
	test_doers();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct span cgroup = caller_cgroup(SPAN_TEXT(rows[i].text));

		CHECK(span_equal(cgroup, SPAN_TEXT(rows[i].cgroup)), "group: %s",
		      rows[i].cgroup);
		CHECK(span_equal(caller_unit(cgroup), SPAN_TEXT(rows[i].unit)), "unit: %s",
		      rows[i].unit);
	}
	return CHECK_DONE();
}
