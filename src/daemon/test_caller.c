/* SPDX-License-Identifier: MIT */
/* Who asks: a user's own control groups do not make a service of him. */
#include "daemon/caller.h"
#include "tests/check.h"

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

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct span cgroup = caller_cgroup(SPAN_TEXT(rows[i].text));

		CHECK(span_equal(cgroup, SPAN_TEXT(rows[i].cgroup)), "group: %s",
		      rows[i].cgroup);
		CHECK(span_equal(caller_unit(cgroup), SPAN_TEXT(rows[i].unit)), "unit: %s",
		      rows[i].unit);
	}
	return CHECK_DONE();
}
