/* SPDX-License-Identifier: MIT */
#include "cmd/config.h"

#include "base/utf8.h"

const struct config_key config_keys[] = {
	{"judge",       "padding",      SETTING_PADDING,            false, "accept"    },
	{ "judge",      "fold",         SETTING_FOLD,               false, "default"   },
	{ "judge",      "sha1",         SETTING_SHA1,               false, "accept"    },
	{ "judge",      "empty-date",   SETTING_EMPTY_DATE,         false, "ignore"    },
	{ "judge",      "own-roots",    SETTING_OWN_ROOTS,          false, "bind"      },
	{ "judge",      "identity",     SETTING_IDENTITY,           true,  ""          },
	{ "revocation", "mode",         SETTING_REVOCATION_MODE,    false, "if-present"},
	{ "revocation", "dir",          SETTING_REVOCATION_DIR,     true,  ""          },
	{ "cache",      "enabled",      SETTING_CACHE_ENABLED,      false, "yes"       },
	{ "cache",      "path",         SETTING_CACHE_PATH,         false, ""          },
	{ "donors",     "remember",     SETTING_DONORS_REMEMBER,    false, "yes"       },
	{ "donors",     "vendors",      SETTING_VENDORS,            false, ""          },
	{ "permit",     "protect",      SETTING_PERMIT_PROTECT,     true,  ""          },
	{ "permit",     "mount",        SETTING_PERMIT_MOUNT,       true,  ""          },
	{ "permit",     "deny-exec",    SETTING_PERMIT_DENY,        true,  ""          },
	{ "permit",     "journal",      SETTING_PERMIT_JOURNAL,     false, ""          },
	{ "fim",        "key",          SETTING_FIM_KEY,            true,  ""          },
	{ "fim",        "dpkg",         SETTING_FIM_DPKG,           false, ""          },
	{ "guard",      "mode",         SETTING_GUARD_MODE,         false, "learn"     },
	{ "guard",      "filesystems",  SETTING_GUARD_FILESYSTEMS,  true,  ""          },
	{ "guard",      "unmarked",     SETTING_GUARD_UNMARKED,     false, "record"    },
	{ "guard",      "audit",        SETTING_GUARD_AUDIT,        true,  ""          },
	{ "guard",      "fast",         SETTING_GUARD_FAST,         false, "off"       },
	{ "guard",      "interpreters", SETTING_GUARD_INTERPRETERS, false, "off"       },
	{ "guard",      "interpreter",  SETTING_GUARD_INTERPRETER,  true,  ""          },
	{ "guard",      "tier",         SETTING_GUARD_TIER,         false, "best"      },
	{ "guard",      "libraries",    SETTING_GUARD_LIBRARIES,    false, "known"     },
	{ "guard",      "socket",       SETTING_GUARD_SOCKET,       false, ""          },
	{ "guard",      "events",       SETTING_GUARD_EVENTS,       false, ""          },
	{ "guard",      "journal",      SETTING_GUARD_JOURNAL,      false, "off"       },
	{ "guard",      "syslog",       SETTING_GUARD_SYSLOG,       false, "off"       },
	{ "lists",      "key",          SETTING_LISTS_KEY,          true,  ""          },
	{ "lists",      "signatures",   SETTING_LISTS_SIGNATURES,   false, "1"         },
	{ "lists",      "folder",       SETTING_LISTS_FOLDER,       false, ""          },
};
const size_t n_config_keys = COUNT_OF(config_keys);

/* One file on its way through the parser. */
struct reader {
	struct arena *arena;
	const char *file, *section;
	unsigned line;
	size_t first; /* of this file's values in the configuration */
	struct config *out;
	const char **problem;
};

static enum status refuse(struct reader *r, uint64_t column, const char *why)
{
	*r->problem = arena_printf(r->arena, "%s:%u:%llu: %s", r->file, r->line,
				   (unsigned long long)column + 1, why);
	return *r->problem ? STATUS_USAGE : STATUS_NO_MEMORY;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* @s without blanks around it; *@before: how many were in front. */
static struct span trimmed(struct span s, uint64_t *before)
{
	uint64_t from = 0;

	while (is_blank(span_at(s, from)))
		from++;
	s = span_after(s, from);
	while (s.len > 0 && is_blank(span_at(s, s.len - 1)))
		s = span_clip(s, 0, s.len - 1);
	*before = from;
	return s;
}

static enum status section_begin(struct reader *r, struct span line, uint64_t column)
{
	struct span name = span_clip(line, 1, line.len - 2);

	if (span_at(line, line.len - 1) != ']')
		return refuse(r, column + line.len, "a section ends in \"]\"");
	for (size_t i = 0; i < n_config_keys; i++) {
		if (span_equal(name, SPAN_TEXT(config_keys[i].section))) {
			r->section = config_keys[i].section;
			return STATUS_OK;
		}
	}
	return refuse(r, column + 1, "unknown section");
}

static const struct config_key *key_of(const struct reader *r, struct span name)
{
	for (size_t i = 0; i < n_config_keys; i++)
		if (config_keys[i].section == r->section &&
		    span_equal(name, SPAN_TEXT(config_keys[i].name)))
			return &config_keys[i];
	return NULL;
}

static bool has_twice(const struct reader *r, const struct config_key *key)
{
	for (size_t i = r->first; i < r->out->n; i++)
		if (r->out->values[i].key == key)
			return true;
	return false;
}

/* Does the value make sense?  What it does is thrown away. */
static enum status value_try(struct reader *r, const struct config_key *key, const char *text,
			     uint64_t column)
{
	struct settings unused = { 0 };
	const char *why = NULL;
	enum status status;

	if (SPAN_TEXT(text).len == 0)
		return STATUS_OK; /* back to the initial value */
	status = settings_set(&unused, r->arena, key->setting, text, &why);
	return status == STATUS_USAGE ? refuse(r, column, why) : status;
}

static enum status value_read(struct reader *r, struct span line, uint64_t column)
{
	uint64_t at, skipped, before;
	const struct config_key *key;
	const char *text;
	struct span value;

	if (!r->section)
		return refuse(r, column, "there is no section yet");
	if (!span_find(line, SPAN_TEXT("="), 0, &at))
		return refuse(r, column, "neither \"key = value\" nor \"[section]\"");
	key = key_of(r, trimmed(span_clip(line, 0, at), &skipped));
	if (!key)
		return refuse(r, column, "unknown key in this section");
	if (!key->list && has_twice(r, key))
		return refuse(r, column, "this key was given before in this file");
	value = trimmed(span_after(line, at + 1), &before);
	text = arena_string(r->arena, value);
	if (!text)
		return STATUS_NO_MEMORY;
	TRY(value_try(r, key, text, column + at + 1 + before));
	if (!r->out->values)
		r->out->values = ARENA_NEW(r->arena, struct config_value, CONFIG_MAX_VALUES);
	if (!r->out->values)
		return STATUS_NO_MEMORY;
	if (r->out->n == CONFIG_MAX_VALUES)
		return refuse(r, column, "too many values");
	r->out->values[r->out->n++] = (struct config_value){ key, text, r->file, r->line };
	return STATUS_OK;
}

static enum status line_read(struct reader *r, struct span whole)
{
	uint64_t column, nul;
	struct span line = trimmed(whole, &column);

	if (span_find(line, (struct span){ (const uint8_t *)"", 1 }, 0, &nul))
		return refuse(r, column + nul, "a NUL byte");
	if (span_at(line, line.len - 1) == '\r')
		return refuse(r, column + line.len - 1,
			      "a carriage return; a line ends in a line feed alone");
	if (!utf8_valid(line))
		return refuse(r, column, "not UTF-8");
	if (line.len == 0 || span_at(line, 0) == '#')
		return STATUS_OK;
	if (span_at(line, 0) == '[')
		return section_begin(r, line, column);
	return value_read(r, line, column);
}

enum status config_parse(struct arena *a, struct span text, const char *file,
			 struct config *out, const char **problem)
{
	struct reader r = { a, file, NULL, 0, out->n, out, problem };
	uint64_t from = 0;

	*problem = NULL;
	if (!text.ptr)
		return STATUS_OK; /* no file */
	if (text.len > CONFIG_MAX_FILE)
		return refuse(&r, 0, "the file is larger than 64 KiB");
	while (from < text.len) {
		uint64_t end;

		if (!span_find(text, SPAN_TEXT("\n"), from, &end))
			end = text.len;
		r.line++;
		TRY(line_read(&r, span_clip(text, from, end - from)));
		from = end + 1;
	}
	return STATUS_OK;
}

const struct config_value *config_effective(const struct config *config,
					    const struct config_key *key, size_t nth)
{
	const struct config_value *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < config->n; i++) {
		const struct config_value *v = &config->values[i];

		if (v->key != key)
			continue;
		if (SPAN_TEXT(v->text).len == 0) {
			found = NULL;
			n = 0;
		} else if (!key->list || n++ == nth) {
			found = v;
		}
	}
	return found;
}

static enum status value_apply(struct arena *a, const struct config_value *v,
			       struct settings *s, const char **problem)
{
	enum status status = settings_set(s, a, v->key->setting, v->text, problem);

	if (status == STATUS_USAGE)
		*problem = arena_printf(a, "%s:%u:1: %s %s", v->file, v->line, v->key->name,
					*problem);
	return status;
}

enum status config_apply(struct arena *a, const struct config *config, struct settings *s,
			 const char **problem)
{
	for (size_t i = 0; i < n_config_keys; i++) {
		const struct config_key *key = &config_keys[i];
		const struct config_value *v;

		for (size_t n = 0; (v = config_effective(config, key, n)) != NULL; n++) {
			TRY(value_apply(a, v, s, problem));
			if (!key->list)
				break;
		}
	}
	return STATUS_OK;
}
