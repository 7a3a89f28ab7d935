/* SPDX-License-Identifier: MIT */
#include "cmd/settings.h"

#include "base/time.h"
#include "base/units.h"
#include "countermeasures/local_file_permissions/means.h"
#include "countermeasures/local_file_permissions/statement.h"
#include "host/interpreters.h"

/* Their order is that of the enums. */
static const struct {
	enum setting_id id;
	const char *words;
} choices[] = {
	{SETTING_FORMAT,              EXPORTS_WORDS "|cad"          },
	{ SETTING_POLICY,             "strict|forgery|integrity"    },
	{ SETTING_KIND,               "guard|exit|serve|plan"       },
	{ SETTING_FOLD,               "default|all|any|first"       },
	{ SETTING_COLOR,              "auto|always|never"           },
	{ SETTING_PROGRESS,           "auto|always|never"           },
	{ SETTING_SHA256,             "auto|always|never"           },
	{ SETTING_PADDING,            "accept|reject-payload|reject"},
	{ SETTING_SHA1,               "accept|reject"               },
	{ SETTING_EMPTY_DATE,         "ignore|distrust"             },
	{ SETTING_OWN_ROOTS,          "bind|exempt"                 },
	{ SETTING_REVOCATION_MODE,    "if-present|off|require"      },
	{ SETTING_CACHE_ENABLED,      "yes|no"                      },
	{ SETTING_DONORS_REMEMBER,    "yes|no"                      },
	{ SETTING_FEATURES,           "sampled|full"                },
	{ SETTING_MEANS,              PERMIT_MEANS_WORDS            },
	{ SETTING_EVEN,               "packaged|vital"              },
	{ SETTING_GUARD_MODE,         "learn|denylist|allowlist"    },
	{ SETTING_GUARD_FAST,         "off|root-owned"              },
	{ SETTING_GUARD_INTERPRETERS, "off|strict"                  },
	{ SETTING_GUARD_TIER,         "best|b"                      },
	{ SETTING_GUARD_LIBRARIES,    "known|strict"                },
	{ SETTING_GUARD_UNMARKED,     "record|strict"               },
	{ SETTING_GUARD_AUDIT,        GUARD_FORGED_WORDS            },
};

const char *settings_words(enum setting_id id)
{
	for (size_t i = 0; i < COUNT_OF(choices); i++)
		if (choices[i].id == id)
			return choices[i].words;
	return NULL;
}

/* Which of "a|b|c" is @value?  -1: none. */
static int word_index(const char *words, const char *value)
{
	struct span all = SPAN_TEXT(words), bar = SPAN_TEXT("|");
	uint64_t from = 0, at;
	int n = 0;

	for (; span_find(all, bar, from, &at); from = at + 1, n++)
		if (span_equal(span_clip(all, from, at - from), SPAN_TEXT(value)))
			return n;
	return span_equal(span_after(all, from), SPAN_TEXT(value)) ? n : -1;
}

/* The words behind those of the exports are for other commands. */
static void set_format(struct settings *s, int n)
{
	s->cad = n == EXPORT_COUNT;
	s->format = s->cad ? EXPORT_TEXT : (enum export_id)n;
	if (s->format == EXPORT_JSON)
		s->forms |= FORM_JSON;
	if (s->format == EXPORT_HTML)
		s->forms |= FORM_HTML;
}

static bool set_form(struct settings *s, enum setting_id id)
{
	static const struct {
		enum setting_id id;
		enum form form;
	} forms[] = {
		{SETTING_SVG,          FORM_SVG        },
                { SETTING_MERMAID,     FORM_MERMAID    },
		{ SETTING_JSON_LD,     FORM_JSON_LD    },
                { SETTING_TURTLE,      FORM_TURTLE     },
		{ SETTING_DOT,         FORM_DOT        },
                { SETTING_MARKDOWN,    FORM_MARKDOWN   },
		{ SETTING_GAPS,        FORM_GAPS       },
                { SETTING_DIFFERENCES, FORM_DIFFERENCES},
	};

	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (forms[i].id == id) {
			s->forms |= forms[i].form;
			return true;
		}
	return false;
}

/* What is on when it is given; NULL: it is none of these. */
static bool *flag_of(struct settings *s, enum setting_id id)
{
	const struct {
		enum setting_id id;
		bool *flag;
	} flags[] = {
		{SETTING_ALL_LINKS,        &s->all_links      },
		{ SETTING_FORCE,           &s->force          },
		{ SETTING_WITH_SETUID,     &s->with_setuid    },
		{ SETTING_BEST_EFFORT,     &s->best_effort    },
		{ SETTING_ALL_FILES,       &s->all_files      },
		{ SETTING_PLAIN,           &s->plain          },
		{ SETTING_UNSIGNED,        &s->unsigned_too   },
		{ SETTING_FULL,            &s->full           },
		{ SETTING_BOUNDED_QUEUE,   &s->bounded_queue  },
		{ SETTING_SNAPSHOT,        &s->snapshot       },
		{ SETTING_VERBOSE,         &s->verbose        },
		{ SETTING_NULL,            &s->null_separated },
		{ SETTING_ALL,             &s->all            },
		{ SETTING_ONE_FILE_SYSTEM, &s->one_file_system},
		{ SETTING_NO_CACHE,        &s->no_cache       },
		{ SETTING_UNORDERED,       &s->unordered      },
		{ SETTING_ALLOW_EMPTY,     &s->allow_empty    },
		{ SETTING_NO_CONFIG,       &s->no_config      },
		{ SETTING_REPRODUCE,       &s->reproduce      },
		{ SETTING_ORIGIN,          &s->origin         },
		{ SETTING_SYSTEM,          &s->system         },
		{ SETTING_DRY_RUN,         &s->dry_run        },
		{ SETTING_CATALOGS,        &s->catalogs       },
		{ SETTING_PACKAGES,        &s->packages       },
		{ SETTING_EXIT_REPORT,     &s->exit_report    },
		{ SETTING_CLAIMED_NAMES,   &s->claimed_names  },
		{ SETTING_LEARN,           &s->learn          },
		{ SETTING_DEEP,            &s->deep           },
		{ SETTING_NO_DONORS,       &s->no_donors      },
		{ SETTING_HELP,            &s->help           },
		{ SETTING_FOLLOW,          &s->follow         },
		{ SETTING_VERSION,         &s->version        },
	};

	for (size_t i = 0; i < COUNT_OF(flags); i++)
		if (flags[i].id == id)
			return flags[i].flag;
	return NULL;
}

static bool set_flag(struct settings *s, enum setting_id id)
{
	bool *flag = flag_of(s, id);

	if (flag)
		*flag = true;
	else if (id == SETTING_QUIET)
		s->quiet++;
	else if (id == SETTING_JSON)
		set_format(s, EXPORT_JSON);
	else if (id == SETTING_HTML)
		set_format(s, EXPORT_HTML);
	else if (id != SETTING_FOREGROUND) /* it is always there */
		return set_form(s, id);
	return true;
}

/* A slip in one of the names must not look for a file. */
static bool looks_like_file(const char *value)
{
	return strpbrk(value, "/.") != NULL;
}

static void set_kind(struct settings *s, int n)
{
	static const enum policy_kind kinds[] = { POLICY_KIND_GUARD, POLICY_KIND_EXIT,
						  POLICY_KIND_SERVE, POLICY_KIND_PLAN };

	s->kind = kinds[n];
}

static void set_choice(struct settings *s, enum setting_id id, int n)
{
	if (id == SETTING_FORMAT)
		set_format(s, n);
	else if (id == SETTING_KIND)
		set_kind(s, n);
	else if (id == SETTING_FOLD)
		s->fold = (enum assay_fold)n;
	else if (id == SETTING_COLOR)
		s->color = (enum when)n;
	else if (id == SETTING_PROGRESS)
		s->progress = (enum when)n;
	else if (id == SETTING_SHA256)
		s->sha256 = (enum when)n;
	else if (id == SETTING_SHA1)
		s->sha1_reject = n != 0;
	else if (id == SETTING_EMPTY_DATE)
		s->empty_date_distrust = n != 0;
	else if (id == SETTING_OWN_ROOTS)
		s->own_roots_exempt = n != 0;
	else if (id == SETTING_REVOCATION_MODE)
		s->revocation = (enum trust_mode)n;
	else if (id == SETTING_CACHE_ENABLED)
		s->cache_off = n != 0;
	else if (id == SETTING_DONORS_REMEMBER)
		s->forgetful = n != 0;
	else if (id == SETTING_FEATURES)
		s->features = (enum bulk_histogram)(n + 1);
	else if (id == SETTING_MEANS)
		s->means |= 1U << n;
	else if (id == SETTING_EVEN)
		s->even |= 1U << n;
	else if (id == SETTING_GUARD_MODE)
		s->guard_mode = (enum guard_mode)(n + 1);
	else if (id == SETTING_GUARD_FAST)
		s->guard_fast = n != 0;
	else if (id == SETTING_GUARD_TIER)
		s->guard_tier_b = n != 0;
	else if (id == SETTING_GUARD_LIBRARIES)
		s->guard_libraries = n != 0;
	else if (id == SETTING_GUARD_AUDIT)
		s->guard_built_in.audited |= 1U << n;
	else if (id == SETTING_GUARD_UNMARKED)
		s->guard_all_or_none = n != 0;
	else if (id == SETTING_GUARD_INTERPRETERS)
		s->guard_strict = n != 0;
	else if (id == SETTING_POLICY) {
		s->policy = (enum exit_policy)(n + 1);
		s->policy_file = NULL;
		s->has_policy = true;
	} else if (id == SETTING_PADDING) {
		s->padding = (enum padding_check)n;
		s->has_padding = true;
	}
}

static enum status list_add(struct arena *a, struct text_list *list, const char *value)
{
	if (SPAN_TEXT(value).len == 0) {
		list->n = 0;
		if (list->items)
			list->items[0] = NULL;
		return STATUS_OK;
	}
	if (!list->items)
		list->items = ARENA_NEW(a, const char *, SETTINGS_MAX_LIST + 1);
	if (!list->items)
		return STATUS_NO_MEMORY;
	if (list->n == SETTINGS_MAX_LIST)
		return STATUS_LIMIT;
	list->items[list->n++] = value;
	return STATUS_OK;
}

/* Has each "[" its "]"?  What matches nothing but itself was hardly meant so. */
static bool glob_closed(struct span glob)
{
	for (uint64_t i = 0; i < glob.len; i++) {
		uint8_t c = span_at(glob, i);

		if (c == '\\' && ++i == glob.len)
			return false;
		if (c != '[')
			continue;
		i++;
		if (span_at(glob, i) == '!' || span_at(glob, i) == '^')
			i++;
		/* A "]" in the first place stands for itself. */
		if (!span_find(glob, SPAN_TEXT("]"), i + 1, &i))
			return false;
	}
	return true;
}

/* A folder is left out as "build/" too, as shells complete it.  NULL: @problem. */
static const char *glob_prepare(struct arena *a, const char *value, const char **problem)
{
	struct span glob = SPAN_TEXT(value);

	while (glob.len > 0 && span_at(glob, glob.len - 1) == '/')
		glob = span_clip(glob, 0, glob.len - 1);
	*problem = NULL;
	if (glob.len == 0)
		*problem = "should not be empty";
	else if (!glob_closed(glob))
		*problem = arena_printf(a,
					"should be a glob in which each \"[\" has its \"]\", "
					"not \"%s\"",
					value);
	return *problem ? NULL : arena_string(a, glob);
}

/* "NAME ISSUER", or nothing at all. */
static bool identity_whole(const char *value)
{
	struct span text = SPAN_TEXT(value);
	uint64_t at, other;

	if (text.len == 0)
		return true;
	return span_find(text, SPAN_TEXT(" "), 0, &at) && at > 0 && at + 1 < text.len &&
	       !span_find(text, SPAN_TEXT(" "), at + 1, &other);
}

static struct text_list *list_of(struct settings *s, enum setting_id id)
{
	const struct {
		enum setting_id id;
		struct text_list *list;
	} lists[] = {
		{SETTING_EXCLUDE,            &s->exclude           },
		{ SETTING_TRUST,             &s->trust             },
		{ SETTING_ONLY_TRUST,        &s->only_trust        },
		{ SETTING_KEY,               &s->keys              },
		{ SETTING_FIM_KEY,           &s->fim_keys          },
		{ SETTING_KERNEL,            &s->kernels           },
		{ SETTING_IDENTITY,          &s->identities        },
		{ SETTING_ONLY,              &s->only              },
		{ SETTING_PERMIT_PROTECT,    &s->permit_protect    },
		{ SETTING_PERMIT_MOUNT,      &s->permit_mounts     },
		{ SETTING_PERMIT_DENY,       &s->permit_denied     },
		{ SETTING_GUARD_FILESYSTEMS, &s->guard_filesystems },
		{ SETTING_GUARD_INTERPRETER, &s->guard_interpreters},
		{ SETTING_LISTS_KEY,         &s->lists_keys        },
		{ SETTING_REVOCATION_DIR,    &s->revocation_dirs   },
	};

	for (size_t i = 0; i < COUNT_OF(lists); i++)
		if (lists[i].id == id)
			return lists[i].list;
	return NULL;
}

/* Statements about rights; the value of any other setting is none, and fine. */
static enum status statement_try(struct arena *a, enum setting_id id, const char *value,
				 const char **problem)
{
	static const struct {
		enum setting_id id;
		enum permit_statement_kind kind;
	} kinds[] = {
		{SETTING_PERMIT_PROTECT, PERMIT_STATEMENT_PROTECT},
		{ SETTING_PERMIT_MOUNT,  PERMIT_STATEMENT_MOUNT  },
		{ SETTING_PERMIT_DENY,   PERMIT_STATEMENT_DENY   },
	};
	struct permit_statement unused;

	struct interpreter interpreter;

	if (id == SETTING_GUARD_INTERPRETER && SPAN_TEXT(value).len > 0)
		return interpreter_parse(a, value, &interpreter, problem);
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (kinds[i].id == id)
			return permit_statement_parse(a, kinds[i].kind, value, &unused,
						      problem);
	return STATUS_OK;
}

/* "3/8": the third of eight. */
static bool set_shard(struct settings *s, struct arena *a, const char *value)
{
	struct span text = SPAN_TEXT(value);
	const char *which, *of;
	uint64_t at;

	if (!span_find(text, SPAN_TEXT("/"), 0, &at))
		return false;
	which = arena_string(a, span_clip(text, 0, at));
	of = arena_string(a, span_after(text, at + 1));
	return which && of && units_number(which, &s->shard) &&
	       units_number(of, &s->n_shards) && s->shard >= 1 && s->shard <= s->n_shards;
}

static bool set_number(const char *value, uint64_t max, unsigned *out)
{
	uint64_t n;

	if (!units_number(value, &n) || n == 0 || n > max)
		return false;
	*out = (unsigned)n;
	return true;
}

static bool set_seconds(const char *value, unsigned *out)
{
	uint64_t n;

	if (!units_seconds(value, &n) || n == 0 || n > INT32_MAX)
		return false;
	*out = (unsigned)n;
	return true;
}

#define JOURNAL_PATH "/run/systemd/journal/socket"
#define SYSLOG_PATH  "/dev/log"

/* The socket of a log: the usual one, another one, or none. */
static const char *set_log(const char *value, const char *usual, const char **out)
{
	bool off = strcmp(value, "off") == 0, on = strcmp(value, "on") == 0;

	if (!off && !on && span_at(SPAN_TEXT(value), 0) != '/')
		return "off, on, or the path of a socket that begins with /";
	*out = off ? NULL : on ? usual : value;
	return NULL;
}

/* What is a text, and not looked into. */
static const char **text_of(struct settings *s, enum setting_id id)
{
	if (id == SETTING_OUTPUT)
		return &s->output;
	if (id == SETTING_FILES_FROM)
		return &s->files_from;
	if (id == SETTING_CACHE_PATH)
		return &s->cache_path;
	if (id == SETTING_VENDORS)
		return &s->vendors;
	if (id == SETTING_GUARD_SOCKET)
		return &s->guard_socket;
	if (id == SETTING_GUARD_EVENTS)
		return &s->guard_events;
	if (id == SETTING_LISTS_FOLDER)
		return &s->lists_folder;
	if (id == SETTING_REASON)
		return &s->reason;
	if (id == SETTING_NAME)
		return &s->name;
	if (id == SETTING_AUTHOR)
		return &s->author;
	if (id == SETTING_SIGNATURE)
		return &s->signature;
	if (id == SETTING_YARA)
		return &s->yara;
	if (id == SETTING_ONTOLOGY)
		return &s->ontology;
	if (id == SETTING_LIST_ROOT)
		return &s->list_root;
	if (id == SETTING_USER)
		return &s->user;
	if (id == SETTING_PLAN)
		return &s->plan;
	if (id == SETTING_PERMIT_JOURNAL)
		return &s->permit_journal;
	if (id == SETTING_FIM_DPKG)
		return &s->fim_dpkg;
	return id == SETTING_BASELINE ? &s->baseline : NULL;
}

/* A file of the system cannot mean the folder in which somebody happens to be. */
static bool is_absolute(enum setting_id id)
{
	return id == SETTING_CACHE_PATH || id == SETTING_VENDORS ||
	       id == SETTING_PERMIT_JOURNAL || id == SETTING_GUARD_SOCKET ||
	       id == SETTING_GUARD_EVENTS || id == SETTING_BASELINE ||
	       id == SETTING_LISTS_FOLDER || id == SETTING_FIM_DPKG;
}

/* What a text that is empty should have been. */
static const char *text_wanted(enum setting_id id)
{
	if (id == SETTING_USER)
		return "a user";
	if (id == SETTING_PLAN)
		return "a plan";
	return id == SETTING_NAME || id == SETTING_AUTHOR ? "a name" : "a path";
}

/* "7d", or "never". */
static bool set_expiry(struct settings *s, const char *value)
{
	s->never_expires = strcmp(value, "never") == 0;
	return s->never_expires || (units_seconds(value, &s->expires_s) && s->expires_s != 0 &&
				    s->expires_s <= INT32_MAX);
}

/* What @value should have been; NULL: it was. */
static const char *set_text(struct settings *s, struct arena *a, enum setting_id id,
			    const char *value)
{
	const char **text = text_of(s, id);

	if (id == SETTING_JOBS)
		return set_number(value, SETTINGS_MAX_JOBS, &s->jobs) ? NULL
								      : "a number from 1 to 32";
	if (id == SETTING_AT) {
		s->has_at = time_parse(value, &s->at) && s->at > 0;
		return s->has_at ? NULL : "a time like 2026-11-22T12:00:00Z";
	}
	if (id == SETTING_UNTIL)
		return time_parse(value, &s->until) && s->until > 0 ? NULL
								    : "a time like 2027-01-31";
	if (id == SETTING_EXPIRES)
		return set_expiry(s, value) ? NULL : "a time like 7d, or never";
	if (id == SETTING_LISTS_SIGNATURES)
		return set_number(value, SETTINGS_MAX_SIGNATURES, &s->lists_signatures)
			       ? NULL
			       : "a number from 1 to 16";
	if (id == SETTING_MAX_SIZE)
		return units_bytes(value, &s->max_size) && s->max_size != 0
			       ? NULL
			       : "a size in B, KiB, MiB, GiB or TiB, like 64MiB";
	if (id == SETTING_MIN_SDK || id == SETTING_MAX_SDK)
		return set_number(value, SETTINGS_MAX_SDK,
				  id == SETTING_MIN_SDK ? &s->min_sdk : &s->max_sdk)
			       ? NULL
			       : "an API level of Android, like 24";
	if (id == SETTING_TIMEOUT || id == SETTING_RECHECK)
		return set_seconds(value, id == SETTING_TIMEOUT ? &s->timeout_s : &s->recheck_s)
			       ? NULL
			       : "a time in s, min, h, d or w, like 30s";
	if (id == SETTING_SHARD)
		return set_shard(s, a, value) ? NULL : "one of N parts, like 1/4";
	if (id == SETTING_YES) {
		s->yes = SPAN_TEXT(value).len == 0 || units_number(value, &s->yes_count);
		return s->yes ? NULL : "a number, or nothing";
	}
	if (id == SETTING_LAST)
		return set_number(value, SETTINGS_MAX_LAST, &s->last) ? NULL
								      : "a number of events";
	if (id == SETTING_GUARD_JOURNAL)
		return set_log(value, JOURNAL_PATH, &s->guard_journal);
	if (id == SETTING_GUARD_SYSLOG)
		return set_log(value, SYSLOG_PATH, &s->guard_syslog);
	if (SPAN_TEXT(value).len == 0)
		return text_wanted(id);
	if (is_absolute(id) && span_at(SPAN_TEXT(value), 0) != '/')
		return "a path that begins with /";
	if (text)
		*text = value;
	return NULL;
}

enum status settings_set(struct settings *s, struct arena *a, enum setting_id id,
			 const char *value, const char **problem)
{
	const char *words = settings_words(id);
	struct text_list *list = list_of(s, id);
	const char *wanted = words;
	bool hint;

	*problem = NULL;
	if (set_flag(s, id))
		return STATUS_OK;
	/* An empty line of a configuration is a reset, an empty argument an unset variable. */
	if (list && id != SETTING_REVOCATION_DIR && id != SETTING_IDENTITY &&
	    id != SETTING_GUARD_FILESYSTEMS && id != SETTING_GUARD_INTERPRETER &&
	    SPAN_TEXT(value).len == 0) {
		*problem = "should not be empty";
		return STATUS_USAGE;
	}
	TRY(statement_try(a, id, value, problem));
	if (id == SETTING_EXCLUDE) {
		value = glob_prepare(a, value, problem);
		if (!value)
			return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
	}
	if (id == SETTING_IDENTITY && !identity_whole(value)) {
		*problem = "should be a name and its issuer, with a blank between them";
		return STATUS_USAGE;
	}
	if (list) {
		enum status status = list_add(a, list, value);

		*problem = status == STATUS_LIMIT ? "is given more than 256 times" : NULL;
		return status == STATUS_LIMIT ? STATUS_USAGE : status;
	}
	if (words) {
		/* An option that stands alone means the first of its words. */
		bool alone = id == SETTING_FEATURES && SPAN_TEXT(value).len == 0;
		int n = alone ? 0 : word_index(words, value);

		if (n >= 0) {
			set_choice(s, id, n);
			return STATUS_OK;
		}
		if (id == SETTING_POLICY && looks_like_file(value)) {
			s->policy = EXIT_POLICY_NONE;
			s->policy_file = value;
			s->has_policy = true;
			return STATUS_OK;
		}
	} else {
		wanted = set_text(s, a, id, value);
		if (!wanted)
			return STATUS_OK;
	}
	hint = id == SETTING_POLICY && SPAN_TEXT(value).len > 0;
	*problem = arena_printf(a, "should be %s, not \"%s\"%s%s", wanted, value,
				hint ? "; a file of that name: ./" : "", hint ? value : "");
	return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
}
