/* SPDX-License-Identifier: MIT */
/* assay config show [--origin]: every value that holds, and where it comes from. */
#include "cmd/complain.h"
#include "cmd/config.h"
#include "cmd/page.h"

static void value_add(struct buffer *out, const struct config_key *key,
		      const struct config_value *v, bool origin)
{
	if (origin && v)
		buffer_printf(out, "# %s:%u\n", v->file, v->line);
	else if (origin)
		buffer_text(out, "# built in\n");
	buffer_printf(out, "%s = %s\n", key->name, v ? v->text : key->initial);
}

static void key_add(struct buffer *out, const struct config *config,
		    const struct config_key *key, bool origin)
{
	const struct config_value *v = config_effective(config, key, 0);

	value_add(out, key, v, origin);
	for (size_t n = 1; key->list && v; n++) {
		v = config_effective(config, key, n);
		if (v)
			value_add(out, key, v, origin);
	}
}

int cmd_config(struct invocation *call)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	struct config_places places = config_places_system();
	struct config config = { 0 };
	const char *problem = NULL, *section = "";
	int code = page_operands(call, 1, 1);
	enum status status = STATUS_OK;

	if (code != EXIT_PASS)
		return code;
	if (strcmp(call->operands[0], "show") != 0) {
		complain("config: there is only: assay config show [--origin]");
		return EXIT_USAGE;
	}
	if (!call->settings.no_config)
		status = config_load(call->arena, &places, &config, &problem);
	if (status != STATUS_OK) {
		complain("%s", problem ? problem : status_text(status));
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < n_config_keys; i++) {
		const struct config_key *key = &config_keys[i];

		if (strcmp(section, key->section) != 0)
			buffer_printf(&out, "%s[%s]\n", i ? "\n" : "", key->section);
		section = key->section;
		key_add(&out, &config, key, call->settings.origin);
	}
	return page_print(&out);
}
