/* SPDX-License-Identifier: MIT */
/* What a running guard says of itself: what it does, and what it does not cover. */
#include "daemon/deciding.h"

#include "base/clock.h"
#include "base/json.h"
#include "daemon/gaps.h"
#include "host/mounts.h"
#include <sys/utsname.h>

static const struct {
	enum ledger_count count;
	const char *name;
} counts[] = {
	{LEDGER_ASKED,               "asked"                          },
	{ LEDGER_HITS,               "answered_from_memory"           },
	{ LEDGER_PASSED,             "opens_passed"                   },
	{ LEDGER_JUDGED,             "judged"                         },
	{ LEDGER_DENIED,             "denied"                         },
	{ LEDGER_WOULD,              "would_deny"                     },
	{ LEDGER_FAILED,             "failed"                         },
	{ LEDGER_RACEABLE,           "raceable"                       },
	{ LEDGER_RESCUED,            "rescued"                        },
	{ LEDGER_UNWATCHED,          "lost_by_kernel"                 },
	{ LEDGER_UNTOLD,             "untold"                         },
	{ LEDGER_UNLOGGED,           "unlogged"                       },
	{ LEDGER_WATCHERS,           "watchers_started"               },
	{ LEDGER_DECIDERS,           "deciders_started"               },
	{ LEDGER_RECORDERS,          "recorders_started"              },
	{ LEDGER_MARKED,             "file_systems"                   },
	{ LEDGER_UNMARKED,           "file_systems_unmarked"          },
	{ LEDGER_REMOTE,             "file_systems_remote"            },
	{ LEDGER_SERVED,             "file_systems_served"            },
	{ LEDGER_SILENT,             "file_systems_silent"            },
	{ LEDGER_REFUSED,            "refused_unread"                 },
	{ LEDGER_KERNEL,             "denied_in_kernel"               },
	{ LEDGER_UNVETTED,           "unvetted_in_kernel"             },
	{ LEDGER_SCOUTS,             "scouts_started"                 },
	{ LEDGER_LEFT,               "left_behind"                    },
	{ LEDGER_BLIND,              "scouts_lacking"                 },
	{ LEDGER_SPACES,             "name_spaces"                    },
	{ LEDGER_ELSEWHERE,          "file_systems_elsewhere"         },
	{ LEDGER_ELSEWHERE_UNMARKED, "file_systems_elsewhere_unmarked"},
	{ LEDGER_STRAYS,             "file_systems_nowhere"           },
	{ LEDGER_FOUND,              "found_running"                  },
	{ LEDGER_VERIFIED,           "running_verified"               },
	{ LEDGER_RUNNING,            "running_would_deny"             },
};

/* How this host is guarded, for what is not. */
static unsigned gap_host_of(const struct deciding *d)
{
	const struct ledger *l = d->ledger;
	bool firm = atomic_load(&l->mode) == GUARD_ALLOWLIST;
	unsigned host = d->plan->strict ? GAP_STRICT : GAP_LAX;

	host |= l->tier.on ? GAP_TIER_A : GAP_TIER_B;
	host |= ledger_counted(l, LEDGER_SCOUTS) > 0 ? GAP_ALL : GAP_NAMED;
	host |= firm ? GAP_FIRM : GAP_LENIENT;
	if (!firm)
		host |= GAP_FIRST_MAPS;
	else if (!d->plan->libraries)
		host |= GAP_FIRST_ROOTS;
	if (d->plan->fast)
		host |= GAP_FAST;
	if (mounts_layers_hide())
		host |= GAP_OLD_LAYERS;
	if (d->plan->writers_pass)
		host |= GAP_WRITERS;
	return host;
}

static void gaps_write(struct json *j, const struct deciding *d)
{
	unsigned host = gap_host_of(d);
	const char *gap;
	size_t at = 0;

	json_array(j, "not_covered");
	while ((gap = gap_next(host, &at)) != NULL)
		json_text(j, NULL, gap);
	json_end(j);
}

/* Which tier it is, and why no better one. */
static void tier_write(struct json *j, const struct tier_a_state *tier)
{
	struct utsname kernel;

	json_text(j, "tier", tier->on ? "A" : "B");
	json_object(j, "tier_a");
	json_bool(j, "on", tier->on);
	json_text(j, "kernel", uname(&kernel) == 0 ? kernel.release : "");
	json_u64(j, "errno", tier->error > 0 ? (uint64_t)tier->error : 0);
	json_text(j, "reason", tier->reason);
	json_text(j, "lacks", tier->lacks);
	json_end(j);
}

/* Lists and the policy that somebody signed, and how old they are. */
static void signed_write(struct json *j, const struct signed_lists *lists)
{
	int64_t now = clock_wall_s();

	json_array(j, "signed_lists");
	for (size_t i = 0; i < lists->n; i++) {
		const struct signed_list *list = &lists->lists[i];

		json_object(j, NULL);
		json_text(j, "list", signed_list_word(list->what));
		json_text(j, "name", list->name);
		json_u64(j, "number", list->sequence);
		json_text(j, "signer", list->key);
		json_u64(j, "files", list->set.n);
		json_bool(j, "stale", list->expires != 0 && list->expires < now);
		json_bool(j, "vouched", !list->unvouched);
		json_end(j);
	}
	json_end(j);
}

static const char *anchors_problem(const struct deciding *d)
{
	if (d->anchors_done != d->anchors_asked && d->anchors_until_ms < ledger_now())
		return "not everybody judges by the trust anchors that lie there now, yet";
	return d->anchors_problem[0] ? d->anchors_problem : NULL;
}

void status_write(const struct deciding *d, struct buffer *out)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.status/1");
	tier_write(&j, &d->ledger->tier);
	json_text(&j, "interpreters", d->plan->strict ? "strict" : "off");
	json_text(&j, "mode", guard_mode_word((enum guard_mode)atomic_load(&d->ledger->mode)));
	json_u64(&j, "policy_epoch", d->epoch);
	json_u64(&j, "policy_lines", d->policy.policy.n_lines);
	json_text(&j, "problem", d->problem);
	json_text(&j, "lists_problem", d->policy.unvouched);
	json_text(&j, "anchors_problem", anchors_problem(d));
	json_text(&j, "packages_problem", installed_problem(d->policy.installed));
	signed_write(&j, &d->policy.signed_lists);
	json_text(&j, "events_problem", recording_problem(&d->recording));
	json_u64(&j, "events_waiting", d->recording.n);
	json_bool(&j, "watched", d->watcher >= 0);
	json_object(&j, "counts");
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		json_u64(&j, counts[i].name, ledger_counted(d->ledger, counts[i].count));
	json_end(&j);
	gaps_write(&j, d);
	json_end(&j);
}
