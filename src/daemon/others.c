/* SPDX-License-Identifier: MIT */
#include "daemon/others.h"

#include "daemon/decision.h"
#include "daemon/marks.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void others_add(struct ledger *l, size_t i, uint64_t dev)
{
	if (i < LEDGER_MAX_OTHERS)
		atomic_store(&l->others[i], dev);
}

/* Who cannot be looked at is anybody. */
static bool is_others(const struct ledger *l, int fd)
{
	size_t n = atomic_load(&l->n_others);
	uint64_t dev;

	if (n > LEDGER_MAX_OTHERS || !marks_device(fd, &dev))
		return true;
	for (size_t i = 0; i < n; i++)
		if (atomic_load(&l->others[i]) == dev)
			return true;
	return false;
}

/* Step by step: what stands in a folder is looked for only once it is known whose that is. */
bool path_is_others(const struct ledger *l, struct span path)
{
	char text[DECISION_MAX_PATH + 1], *rest = NULL;
	int at = open("/", O_PATH | O_CLOEXEC);
	bool found = at < 0 || path.len >= sizeof(text) || is_others(l, at);

	text[found ? 0 : span_copy(text, sizeof(text) - 1, path)] = 0;
	for (const char *name = strtok_r(text, "/", &rest); name && !found;
	     name = strtok_r(NULL, "/", &rest)) {
		int next = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

		(void)close(at);
		at = next;
		found = at < 0 || is_others(l, at);
	}
	if (at >= 0)
		(void)close(at);
	return found;
}
