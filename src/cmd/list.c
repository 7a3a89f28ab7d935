/* SPDX-License-Identifier: MIT */
#include "cmd/list.h"

#include "base/limits.h"
#include "cmd/signals.h"
#include <errno.h>
#include <unistd.h>

#define CHUNK 65536

/* More bytes behind what is there.  False: there are none. */
static bool list_fill(struct list *l)
{
	uint8_t chunk[CHUNK];
	ssize_t n;

	buffer_drop(&l->in, l->used);
	l->used = 0;
	do
		n = read(l->fd, chunk, sizeof(chunk));
	while (n < 0 && errno == EINTR && !signals_stop());
	if (n < 0 && errno != EINTR)
		l->error = errno;
	if (n <= 0)
		return false;
	buffer_add(&l->in, span_clip(SPAN_OF(chunk), 0, (uint64_t)n));
	if (buffer_status(&l->in) != STATUS_OK)
		l->error = ENOMEM;
	return l->error == 0;
}

/* What is left behind the last end; it need not have one of its own. */
static const char *last_name(struct list *l, struct span left)
{
	l->at_end = true;
	if (left.len == 0 || l->error != 0)
		return NULL;
	l->used += left.len;
	buffer_add(&l->name, left);
	return buffer_string(&l->name, 0);
}

const char *list_next(struct list *l)
{
	const struct span end = { &l->end, 1 }, nul = { (const uint8_t *)"", 1 };

	buffer_clear(&l->name);
	while (l->error == 0 && !l->at_end) {
		struct span left = span_after(buffer_span(&l->in), l->used), name;
		uint64_t at, unused;

		if (!span_find(left, end, 0, &at)) {
			if (left.len > PATH_MAX_BYTES)
				l->error = ENAMETOOLONG;
			else if (!list_fill(l))
				return last_name(l, span_after(buffer_span(&l->in), l->used));
			continue;
		}
		name = span_clip(left, 0, at);
		l->used += (size_t)at + 1;
		if (name.len > PATH_MAX_BYTES)
			l->error = ENAMETOOLONG;
		else if (span_find(name, nul, 0, &unused))
			l->error = EILSEQ;
		else if (name.len > 0) {
			buffer_add(&l->name, name);
			return buffer_string(&l->name, 0);
		}
	}
	return NULL;
}

void list_free(struct list *l)
{
	buffer_free(&l->in);
	buffer_free(&l->name);
}
