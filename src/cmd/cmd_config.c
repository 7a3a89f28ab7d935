/* SPDX-License-Identifier: MIT */
/* assay config show [--origin]: every value that holds, and where it comes from. */
#include "cmd/complain.h"
#include "cmd/config.h"
#include "cmd/fim_upgrades.h"
#include "cmd/guard_policy.h"
#include "cmd/page.h"
#include "cmd/session_donors.h"
#include "engine/places.h"

/* What holds where nobody says anything; NULL: what is built in, or nothing. */
static const char *value_usual(struct arena *a, const struct config_key *key,
			       const struct settings *s)
{
	if (key->setting == SETTING_CACHE_PATH)
		return session_cache_path(a, s);
	if (key->setting == SETTING_VENDORS)
		return SESSION_VENDORS;
	if (key->setting == SETTING_PERMIT_JOURNAL)
		return places_journal(a);
	if (key->setting == SETTING_FIM_DPKG)
		return fim_dpkg_folder(s);
	if (key->setting == SETTING_GUARD_SOCKET)
		return guard_socket_path(s);
	if (key->setting == SETTING_GUARD_EVENTS)
		return guard_events_path(s);
	if (key->setting == SETTING_GUARD_FILESYSTEMS)
		return "all";
	return key->setting == SETTING_LISTS_FOLDER ? guard_lists_folder(a, s) : NULL;
}

/* @v NULL: nobody says anything, and @usual holds, or else what is built in. */
static void value_add(struct buffer *out, const struct config_key *key,
		      const struct config_value *v, const char *usual, bool origin)
{
	if (origin && v)
		buffer_printf(out, "# %s:%u\n", v->file, v->line);
	else if (origin)
		buffer_text(out, "# built in\n");
	buffer_printf(out, "%s = %s\n", key->name, v ? v->text : usual ? usual : key->initial);
}

static void key_add(struct buffer *out, const struct invocation *call,
		    const struct config *config, const struct config_key *key)
{
	const struct config_value *v = config_effective(config, key, 0);
	bool origin = call->settings.origin;

	value_add(out, key, v, value_usual(call->arena, key, &call->settings), origin);
	for (size_t n = 1; key->list && v; n++) {
		v = config_effective(config, key, n);
		if (v)
			value_add(out, key, v, NULL, origin);
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
		key_add(&out, call, &config, key);
	}
	return page_print(&out);
}
