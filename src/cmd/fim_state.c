/* SPDX-License-Identifier: MIT */
#include "cmd/fim_state.h"

#include <errno.h>
#include <unistd.h>

#define SUFFIX ".seen"

enum status fim_state_begin(struct fim_state *s, struct arena *a,
			    const struct baseline *follows, const char *baseline)
{
	*s = (struct fim_state){ .follows = follows, .known = { .baseline = follows } };
	s->path = arena_printf(a, "%s" SUFFIX, baseline);
	if (!s->path)
		return STATUS_NO_MEMORY;
	return unlink(s->path) == 0 || errno == ENOENT ? STATUS_OK : STATUS_IO;
}

/* What stands at .path is what was written, or another one's by now. */
static enum status spilled_open(const struct fim_state *s, struct arena *a,
				const uint8_t root[32], struct baseline **out)
{
	const char *problem;
	enum status status = baseline_open(a, s->path, out, &problem);

	if (status == STATUS_OK &&
	    !span_equal(baseline_root(*out), (struct span){ root, 32 })) {
		baseline_close(*out);
		status = STATUS_MALFORMED;
	}
	if (unlink(s->path) != 0 && status == STATUS_OK) {
		baseline_close(*out);
		status = STATUS_IO;
	}
	return status;
}

/* Room for more: all that is known becomes a file. */
static enum status state_spill(struct fim_state *s, struct arena *a)
{
	struct baseline_about about = *baseline_about(s->follows);
	struct baseline_writer *w = NULL;
	struct baseline *next = NULL;
	uint8_t root[32];
	enum status status = baseline_writer_new(s->path, &w);

	about.reason = "watch";
	if (status == STATUS_OK)
		status = fim_known_write(&s->known, w);
	if (status == STATUS_OK)
		status = baseline_writer_finish(w, &about, root);
	if (status == STATUS_OK)
		status = baseline_writer_commit(w);
	baseline_writer_free(w);
	TRY(status);
	TRY(spilled_open(s, a, root, &next));
	fim_known_clear(&s->known);
	baseline_close(s->spilled);
	s->spilled = next;
	s->known.baseline = next;
	return STATUS_OK;
}

enum status fim_state_set(struct fim_state *s, struct arena *a,
			  const struct baseline_record *now, bool gone)
{
	enum status status = fim_known_set(&s->known, now, gone);

	if (status != STATUS_LIMIT || s->known.n_later < FIM_LATER_MAX)
		return status;
	TRY(state_spill(s, a));
	return fim_known_set(&s->known, now, gone);
}

void fim_state_end(struct fim_state *s)
{
	fim_known_clear(&s->known);
	baseline_close(s->spilled);
	s->spilled = NULL;
}
