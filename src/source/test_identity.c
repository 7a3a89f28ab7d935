/* SPDX-License-Identifier: MIT */
/* Identity: file systems may say any time; it is compared, and nothing overflows. */
#include "source/identity.h"
#include "tests/check.h"

static const struct {
	int64_t seconds;
	uint32_t rest;
	int64_t all;
} times[] = {
	{0,		       0,         0         },
	{ 1,		      2,         1000000002},
	{ -1,		     999999999, -1        },
	{ INT64_MAX,              0,         INT64_MAX },
	{ INT64_MIN,              0,         INT64_MIN },
	{ INT64_MAX / 1000000000, 854775807, INT64_MAX },
	{ INT64_MAX,              1,         INT64_MIN },
};

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		const struct statx_timestamp t = { .tv_sec = times[i].seconds,
						   .tv_nsec = times[i].rest };

		CHECK(identity_nanoseconds(t) == times[i].all, "%jd s and %u ns",
		      (intmax_t)t.tv_sec, t.tv_nsec);
	}
	return CHECK_DONE();
}
