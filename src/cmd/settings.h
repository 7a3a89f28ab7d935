/* SPDX-License-Identifier: MIT */
/*
 * Settings: what a run shall do.  Each has one id, whether it comes from the
 * command line (cmd/options.c) or from a configuration file (cmd/config.c), and
 * one function that sets it from text.
 */
#pragma once
#include "assay.h"
#include "base/arena.h"
#include "base/status.h"
#include "cmd/policy.h"
#include "crypto/bulk.h"
#include "evidence/exports.h"
#include "policy/guard_rules.h"
#include "trust/trust.h"
#include "verdict/verdict.h"

enum setting_id {
	SETTING_NONE,
	/* Flags. */
	SETTING_QUIET,
	SETTING_VERBOSE,
	SETTING_JSON,
	SETTING_NULL,
	SETTING_ALL,
	SETTING_ONE_FILE_SYSTEM,
	SETTING_NO_CACHE,
	SETTING_UNORDERED,
	SETTING_ALLOW_EMPTY,
	SETTING_NO_CONFIG,
	SETTING_REPRODUCE,
	SETTING_ORIGIN,
	SETTING_SYSTEM,
	SETTING_DRY_RUN,
	SETTING_CATALOGS,
	SETTING_PACKAGES,
	SETTING_EXIT_REPORT,
	SETTING_CLAIMED_NAMES,
	SETTING_LEARN,
	SETTING_DEEP,
	SETTING_NO_DONORS,
	SETTING_SVG,
	SETTING_MERMAID,
	SETTING_JSON_LD,
	SETTING_TURTLE,
	SETTING_DOT,
	SETTING_HTML,
	SETTING_MARKDOWN,
	SETTING_GAPS,
	SETTING_DIFFERENCES,
	SETTING_ALL_LINKS,
	SETTING_FORCE,
	SETTING_WITH_SETUID,
	SETTING_BEST_EFFORT,
	SETTING_ALL_FILES,
	SETTING_PLAIN,
	SETTING_UNSIGNED,
	SETTING_FULL,
	SETTING_BOUNDED_QUEUE,
	SETTING_SNAPSHOT,
	SETTING_FOREGROUND,
	SETTING_FOLLOW,
	SETTING_VERSION,
	SETTING_HELP,
	/* One of a few words. */
	SETTING_FORMAT,
	SETTING_POLICY,
	SETTING_KIND,
	SETTING_FOLD,
	SETTING_COLOR,
	SETTING_PROGRESS,
	SETTING_SHA256,
	SETTING_PADDING,
	SETTING_SHA1,
	SETTING_EMPTY_DATE,
	SETTING_OWN_ROOTS,
	SETTING_REVOCATION_MODE,
	SETTING_CACHE_ENABLED,
	SETTING_DONORS_REMEMBER,
	SETTING_FEATURES,
	SETTING_MEANS,
	SETTING_EVEN,
	SETTING_GUARD_MODE,
	SETTING_GUARD_FAST,
	SETTING_GUARD_INTERPRETERS,
	SETTING_GUARD_TIER,
	SETTING_GUARD_LIBRARIES,
	SETTING_GUARD_UNMARKED,
	SETTING_GUARD_AUDIT,
	/* Numbers and texts. */
	SETTING_OUTPUT,
	SETTING_JOBS,
	SETTING_FILES_FROM,
	SETTING_AT,
	SETTING_MAX_SIZE,
	SETTING_TIMEOUT,
	SETTING_MIN_SDK,
	SETTING_MAX_SDK,
	SETTING_SHARD,
	SETTING_CACHE_PATH,
	SETTING_LIST_ROOT,
	SETTING_VENDORS,
	SETTING_SIGNATURE,
	SETTING_YARA,
	SETTING_ONTOLOGY,
	SETTING_USER,
	SETTING_YES,
	SETTING_PLAN,
	SETTING_PERMIT_JOURNAL,
	SETTING_GUARD_SOCKET,
	SETTING_GUARD_EVENTS,
	SETTING_GUARD_JOURNAL,
	SETTING_GUARD_SYSLOG,
	SETTING_BASELINE,
	SETTING_FIM_DPKG,
	SETTING_LAST,
	SETTING_RECHECK,
	SETTING_REASON,
	SETTING_NAME,
	SETTING_AUTHOR,
	SETTING_UNTIL,
	SETTING_EXPIRES,
	SETTING_LISTS_SIGNATURES,
	SETTING_LISTS_FOLDER,
	/* Lists. */
	SETTING_EXCLUDE,
	SETTING_TRUST,
	SETTING_ONLY_TRUST,
	SETTING_KERNEL,
	SETTING_REVOCATION_DIR,
	SETTING_KEY,
	SETTING_FIM_KEY,
	SETTING_IDENTITY,
	SETTING_ONLY,
	SETTING_PERMIT_PROTECT,
	SETTING_PERMIT_MOUNT,
	SETTING_PERMIT_DENY,
	SETTING_GUARD_FILESYSTEMS,
	SETTING_GUARD_INTERPRETER,
	SETTING_LISTS_KEY,
	SETTING_COUNT,
};

/* Forms in which a graph or its reference is printed; a bit each, for only one may be asked. */
enum form {
	FORM_SVG = 1,
	FORM_MERMAID = 2,
	FORM_JSON_LD = 4,
	FORM_TURTLE = 8,
	FORM_DOT = 16,
	FORM_HTML = 32,
	FORM_MARKDOWN = 64,
	FORM_JSON = 128,
	FORM_GAPS = 256,        /* may come with FORM_JSON */
	FORM_DIFFERENCES = 512, /* likewise */
};

/* What is spared unless it is named: --even. */
enum even { EVEN_PACKAGED = 1, EVEN_VITAL = 2 };

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

#define SETTINGS_MAX_LIST       256 /* values of one list */
#define SETTINGS_MAX_JOBS       32
#define SETTINGS_MAX_SDK        10000
#define SETTINGS_MAX_LAST       1000000
#define SETTINGS_MAX_SIGNATURES 16 /* BUNDLE_MAX_SIGNATURES */

struct text_list {
	const char **items; /* a NULL behind the last */
	size_t n;
};

struct settings {
	unsigned quiet;
	bool verbose, null_separated, all, one_file_system, no_cache, unordered, allow_empty,
		no_config, reproduce, origin, system, dry_run, catalogs, packages, exit_report,
		claimed_names, learn, deep, no_donors, forgetful, all_links, force, with_setuid,
		best_effort, yes, guard_fast, guard_strict, guard_tier_b, guard_libraries,
		guard_all_or_none, all_files, plain, unsigned_too, full, snapshot,
		never_expires, follow, version, help;
	enum export_id format;
	bool cad;       /* --format cad, which no export of reports is */
	unsigned forms; /* enum form */
	bool has_policy, has_padding, has_at;
	enum exit_policy policy;
	const char *policy_file; /* --policy FILE; NULL: one of the names */
	enum policy_kind kind;   /* of the policy that is checked, tested or shown */
	enum assay_fold fold;
	enum when color, progress, sha256;
	enum padding_check padding;
	enum bulk_histogram features;
	bool sha1_reject, empty_date_distrust, own_roots_exempt, cache_off;
	enum trust_mode revocation;
	enum guard_mode guard_mode; /* GUARD_NO_MODE: nobody said */
	struct guard_settings guard_built_in;
	const char *guard_socket, *guard_events, *reason;
	const char *name, *author, *lists_folder;
	unsigned lists_signatures; /* of the keys; 0: one */
	int64_t until;             /* 0: for ever */
	uint64_t expires_s;        /* of a signed list; 0: nobody said */
	const char *guard_journal,
		*guard_syslog; /* sockets; NULL: those do not hear of events */
	unsigned last;         /* events; 0: all */
	unsigned recheck_s;    /* 0: not said */
	bool bounded_queue;
	const char *output, *files_from, *cache_path, *list_root, *vendors, *signature, *yara,
		*ontology;
	const char *user, *plan, *permit_journal, *baseline, *fim_dpkg;
	unsigned means, even; /* enum permit_means, enum even */
	uint64_t yes_count;   /* 0: not said */
	unsigned jobs, timeout_s;
	int64_t at;
	uint64_t max_size;
	unsigned min_sdk, max_sdk; /* of Android; 0: as packages say */
	uint64_t shard, n_shards;  /* 0: no shards */
	struct text_list exclude, trust, only_trust, revocation_dirs, keys, kernels, identities,
		only, fim_keys, permit_protect, permit_mounts, permit_denied, guard_filesystems,
		guard_interpreters, lists_keys;
};

/*
 * Sets @id to what @value says; an empty @value clears a list.  STATUS_USAGE
 * and *@problem, a sentence without a full stop: it says nothing that makes sense.
 */
MUST_CHECK enum status settings_set(struct settings *s, struct arena *a, enum setting_id id,
				    const char *value, const char **problem);

/* The words that @id may be, "a|b|c", the first being the default; NULL: it is no choice. */
const char *settings_words(enum setting_id id);
