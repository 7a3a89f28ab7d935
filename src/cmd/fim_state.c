/* SPDX-License-Identifier: MIT */
#include "cmd/fim_state.h"

#include "cmd/complain.h"
#include <errno.h>
#include <time.h>

#define SUFFIX ".seen"

enum exit_code fim_state_open(struct fim_state *s, struct arena *a,
			      const struct baseline *follows, const char *baseline)
{
	const char *problem = NULL;
	enum status status;

	*s = (struct fim_state){ .follows = follows, .known = { .baseline = follows } };
	s->path = arena_printf(a, "%s" SUFFIX, baseline);
	if (!s->path)
		return EXIT_INCOMPLETE;
	status = baseline_open(a, s->path, &s->written, &problem);
	if (status != STATUS_OK && (status != STATUS_IO || errno != ENOENT))
		complain("%s: %s; going on from the baseline", s->path,
			 problem               ? problem
			 : status == STATUS_IO ? strerrordesc_np(errno)
					       : status_text(status));
	if (status != STATUS_OK)
		return EXIT_PASS;
	if (span_equal(SPAN_OF(baseline_about(s->written)->previous), baseline_root(follows))) {
		s->known.baseline = s->written;
		return EXIT_PASS;
	}
	baseline_close(s->written);
	s->written = NULL;
	return EXIT_PASS;
}

enum status fim_state_write(struct fim_state *s, struct arena *a)
{
	struct baseline_about about = *baseline_about(s->follows);
	struct baseline_writer *w = NULL;
	struct baseline *next = NULL;
	const char *problem;
	uint8_t root[32];
	enum status status;

	if (s->n_unwritten == 0)
		return STATUS_OK;
	about.reason = "watch";
	about.ended = (int64_t)time(NULL);
	(void)span_copy(about.previous, sizeof(about.previous), baseline_root(s->follows));
	status = baseline_writer_new(s->path, &w);
	if (status == STATUS_OK)
		status = fim_known_write(&s->known, w);
	if (status == STATUS_OK)
		status = baseline_writer_finish(w, &about, root);
	if (status == STATUS_OK)
		status = baseline_writer_commit(w);
	baseline_writer_free(w);
	if (status == STATUS_OK)
		status = baseline_open(a, s->path, &next, &problem);
	if (status != STATUS_OK)
		return status;
	fim_known_clear(&s->known);
	baseline_close(s->written);
	s->written = next;
	s->known.baseline = next;
	s->n_unwritten = 0;
	return STATUS_OK;
}

enum status fim_state_set(struct fim_state *s, struct arena *a,
			  const struct baseline_record *now, bool gone)
{
	enum status status = fim_known_set(&s->known, now, gone);

	if (status == STATUS_LIMIT && s->known.n_later == FIM_LATER_MAX) {
		TRY(fim_state_write(s, a));
		status = fim_known_set(&s->known, now, gone);
	}
	if (status == STATUS_OK)
		s->n_unwritten++;
	return status;
}

void fim_state_close(struct fim_state *s)
{
	fim_known_clear(&s->known);
	baseline_close(s->written);
	s->written = NULL;
}
