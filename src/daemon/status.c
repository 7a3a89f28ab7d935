/* SPDX-License-Identifier: MIT */
/* What a running guard says of itself: what it does, and what it does not cover. */
#include "daemon/deciding.h"

#include "base/json.h"

static const struct {
	enum ledger_count count;
	const char *name;
} counts[] = {
	{LEDGER_ASKED,      "asked"                },
	{ LEDGER_HITS,      "answered_from_memory" },
	{ LEDGER_PASSED,    "opens_passed"         },
	{ LEDGER_JUDGED,    "judged"               },
	{ LEDGER_DENIED,    "denied"               },
	{ LEDGER_WOULD,     "would_deny"           },
	{ LEDGER_FAILED,    "failed"               },
	{ LEDGER_RESCUED,   "rescued"              },
	{ LEDGER_UNWATCHED, "lost_by_kernel"       },
	{ LEDGER_UNTOLD,    "untold"               },
	{ LEDGER_UNLOGGED,  "unlogged"             },
	{ LEDGER_WATCHERS,  "watchers_started"     },
	{ LEDGER_DECIDERS,  "deciders_started"     },
	{ LEDGER_RECORDERS, "recorders_started"    },
	{ LEDGER_MARKED,    "file_systems"         },
	{ LEDGER_UNMARKED,  "file_systems_unmarked"},
};

/* Of tier B: ways to run code that ask nobody. */
static const struct {
	bool when_off, when_strict; /* [guard] interpreters */
	const char *what;
} uncovered[] = {
	{true,   false,
         "programs started through the dynamic loader (ld.so PROGRAM), and libraries"  },
	{ true,  false,
         "scripts that an interpreter opens (sh FILE); a script that is run itself is "
	  "covered"								    },
	{ true,  false, "Windows programs under wine, which opens them itself"         },
	{ false, true,  "libraries (LD_PRELOAD, dlopen), unless ld.so itself was run"  },
	{ false, true,
         "what an interpreter does not open as a script: -c, standard input, eval, bytecode "
	  "caches"								     },
	{ false, true,
         "scripts without #!, with no ending of their language, and no right to be run"},
	{ false, true,
         "copies of interpreters under names that [guard] interpreter does not know"   },
	{ false, true,
         "scripts that are changed while they run, two seconds after they were opened" },
	{ true,  true,  "programs in memory (memfd_create, fexecve)"                   },
	{ true,  true,  "file systems that are mounted in other name spaces only"      },
	{ true,  true,
         "file systems of a network or of FUSE that [guard] filesystems does not name" },
};

void status_write(const struct deciding *d, struct buffer *out)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.status/1");
	json_text(&j, "tier", "B");
	json_text(&j, "interpreters", d->plan->strict ? "strict" : "off");
	json_text(&j, "mode", guard_mode_word((enum guard_mode)atomic_load(&d->ledger->mode)));
	json_u64(&j, "policy_epoch", d->epoch);
	json_u64(&j, "policy_lines", d->policy.policy.n_lines);
	json_text(&j, "problem", d->problem);
	json_text(&j, "events_problem", recording_problem(&d->recording));
	json_u64(&j, "events_waiting", d->recording.n);
	json_bool(&j, "watched", d->watcher >= 0);
	json_object(&j, "counts");
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		json_u64(&j, counts[i].name, ledger_counted(d->ledger, counts[i].count));
	json_end(&j);
	json_array(&j, "not_covered");
	for (size_t i = 0; i < COUNT_OF(uncovered); i++)
		if (d->plan->strict ? uncovered[i].when_strict : uncovered[i].when_off)
			json_text(&j, NULL, uncovered[i].what);
	json_end(&j);
	json_end(&j);
}
