/* SPDX-License-Identifier: MIT */
#include "daemon/ledger.h"

#include "base/clock.h"

#include <sys/mman.h>

struct ledger *ledger_new(void)
{
	void *p = mmap(NULL, sizeof(struct ledger), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : (struct ledger *)p;
}

void ledger_free(struct ledger *l)
{
	if (l)
		(void)munmap(l, sizeof(*l));
}

static bool is_row(int fd)
{
	return fd >= 0 && fd < LEDGER_MAX_FDS;
}

void ledger_enter(struct ledger_hands *h, int fd, int64_t deadline)
{
	if (!is_row(fd))
		return;
	if (fd > atomic_load(&h->highest))
		atomic_store(&h->highest, fd);
	atomic_store(&h->deadlines[fd], deadline);
}

void ledger_leave(struct ledger_hands *h, int fd)
{
	if (is_row(fd))
		atomic_store(&h->deadlines[fd], 0);
}

void ledger_count(struct ledger *l, enum ledger_count what)
{
	atomic_fetch_add(&l->counts[what], 1);
}

uint64_t ledger_counted(const struct ledger *l, enum ledger_count what)
{
	return atomic_load(&l->counts[what]);
}

int64_t ledger_first(const struct ledger_hands *h)
{
	int64_t first = INT64_MAX;
	int highest = atomic_load(&h->highest);

	for (int fd = 0; fd <= highest; fd++) {
		int64_t deadline = atomic_load(&h->deadlines[fd]);

		if (deadline != 0 && deadline < first)
			first = deadline;
	}
	return first;
}

int64_t ledger_now_us(void)
{
	return clock_steady_us();
}

int64_t ledger_now(void)
{
	return ledger_now_us() / 1000;
}

int64_t ledger_wall(void)
{
	return clock_wall_ms();
}
