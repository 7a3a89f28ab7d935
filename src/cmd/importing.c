/* SPDX-License-Identifier: MIT */
#include "cmd/importing.h"

#include "base/clock.h"
#include "cmd/anchors.h"
#include "cmd/complain.h"
#include <errno.h>
#include <string.h>

enum status importing_begin(struct importing *i, const struct invocation *call,
			    bool with_sha256, const char **problem)
{
	const struct settings *s = &call->settings;
	struct engine_settings settings = {
		.trust = {.now = s->has_at ? s->at : clock_wall_s(),
                          .revocation = s->revocation,
                          .sha1_reject = s->sha1_reject,
                          .own_roots_exempt = s->own_roots_exempt,
                          .empty_date_distrust = s->empty_date_distrust},
		.fold = s->fold,
		.with_sha256 = with_sha256,
	};
	struct trust_store *store = NULL;
	enum status status;

	*i = (struct importing){ .lanes = NULL };
	TRY(anchors_open(call->arena, s, &store, problem));
	status = engine_init(&i->engine, store, &settings);
	if (status != STATUS_OK) {
		trust_close(store);
		return status;
	}
	i->lanes = lanes_new(true);
	return i->lanes ? STATUS_OK : STATUS_NO_MEMORY;
}

void importing_end(struct importing *i)
{
	lanes_free(i->lanes);
	if (i->engine.store)
		engine_fini(&i->engine);
}

int importing_failed(enum status status, const char *what)
{
	complain("trust: %s: %s", what,
		 status == STATUS_IO && errno != 0 ? strerrordesc_np(errno)
						   : status_text(status));
	return EXIT_INCOMPLETE;
}
