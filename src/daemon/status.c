/* SPDX-License-Identifier: MIT */
/* What a running guard says of itself: what it does, and what it does not cover. */
#include "daemon/deciding.h"

#include "base/clock.h"
#include "base/json.h"
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
	{ LEDGER_KERNEL,             "denied_in_kernel"               },
	{ LEDGER_UNVETTED,           "unvetted_in_kernel"             },
	{ LEDGER_SCOUTS,             "scouts_started"                 },
	{ LEDGER_SPACES,             "name_spaces"                    },
	{ LEDGER_ELSEWHERE,          "file_systems_elsewhere"         },
	{ LEDGER_ELSEWHERE_UNMARKED, "file_systems_elsewhere_unmarked"},
	{ LEDGER_STRAYS,             "file_systems_nowhere"           },
	{ LEDGER_FOUND,              "found_running"                  },
	{ LEDGER_VERIFIED,           "running_verified"               },
	{ LEDGER_RUNNING,            "running_would_deny"             },
};

enum reach { TIER_A = 1, TIER_B = 2, STRICT = 4, LAX = 8 };
#define ANY_TIER (TIER_A | TIER_B)
#define ANY_OPEN (STRICT | LAX)
#define GAP(of, ...)                                                                           \
	{                                                                                      \
		(of), __VA_ARGS__                                                              \
	}

/* Ways to run code that ask nobody: in which tier, and with which [guard] interpreters. */
static const struct {
	unsigned of; /* enum reach */
	const char *what;
} uncovered[] = {
	GAP(TIER_B | LAX,
	    "programs started through the dynamic loader (ld.so PROGRAM), and libraries"),
	GAP(TIER_A | ANY_OPEN,
	    "libraries and programs that nobody vetted before, the first time that they are "
	    "mapped, unless [guard] libraries is strict"),
	GAP(TIER_A | ANY_OPEN, "what is changed after it was mapped, in who mapped it"),
	GAP(TIER_A | ANY_OPEN,
	    "layered file systems (containers) once nobody is there who answers"),
	GAP(ANY_TIER | ANY_OPEN,
	    "stores through mappings into files of layered file systems (containers), while "
	    "they are judged, on Linux before 6.5"),
	GAP(ANY_TIER | LAX,
	    "scripts that an interpreter opens (sh FILE); a script that is run itself is "
	    "covered"),
	GAP(ANY_TIER | LAX, "Windows programs under wine, which opens them itself"),
	GAP(TIER_B | STRICT, "libraries (LD_PRELOAD, dlopen), unless ld.so itself was run"),
	GAP(ANY_TIER | STRICT,
	    "what an interpreter does not open as a script: -c, standard input, pipes, eval, "
	    "bytecode (.pyc, caches)"),
	GAP(ANY_TIER | STRICT,
	    "scripts without #!, and archives of scripts, that neither have an ending of their "
	    "language nor may be run, or "
	    "that begin as an ELF file does"),
	GAP(ANY_TIER | STRICT,
	    "interpreters, and copies of them, that [guard] interpreter does not name"),
	GAP(ANY_TIER | STRICT,
	    "scripts that are changed while they run, two seconds after they were opened"),
	GAP(TIER_A | ANY_OPEN,
	    "programs in memory (memfd_create), if [guard] filesystems names any"),
	GAP(TIER_B | ANY_OPEN, "programs in memory (memfd_create, fexecve)"),
	GAP(ANY_TIER | ANY_OPEN,
	    "file systems of a network or of FUSE that [guard] filesystems does not name"),
};

static const char stored[] =
	"with [guard] fast, stores through a mapping into a program that was let run";

/* Where only named places are guarded, nobody scouts. */
static const char elsewhere_unseen[] =
	"file systems that [guard] filesystems does not name, in whatever name space of mounts";
static const char elsewhere_at_first[] =
	"what is run in the first milliseconds of a file system in another name space of "
	"mounts, or of one that is mounted nowhere; what then still runs is told "
	"(found_running)";

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

void status_write(const struct deciding *d, struct buffer *out)
{
	struct json j = json_begin(out);
	unsigned reach =
		(d->ledger->tier.on ? TIER_A : TIER_B) | (d->plan->strict ? STRICT : LAX);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.status/1");
	tier_write(&j, &d->ledger->tier);
	json_text(&j, "interpreters", d->plan->strict ? "strict" : "off");
	json_text(&j, "mode", guard_mode_word((enum guard_mode)atomic_load(&d->ledger->mode)));
	json_u64(&j, "policy_epoch", d->epoch);
	json_u64(&j, "policy_lines", d->policy.policy.n_lines);
	json_text(&j, "problem", d->problem);
	json_text(&j, "lists_problem", d->policy.unvouched);
	signed_write(&j, &d->policy.signed_lists);
	json_text(&j, "events_problem", recording_problem(&d->recording));
	json_u64(&j, "events_waiting", d->recording.n);
	json_bool(&j, "watched", d->watcher >= 0);
	json_object(&j, "counts");
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		json_u64(&j, counts[i].name, ledger_counted(d->ledger, counts[i].count));
	json_end(&j);
	json_array(&j, "not_covered");
	for (size_t i = 0; i < COUNT_OF(uncovered); i++)
		if ((uncovered[i].of & reach) == reach)
			json_text(&j, NULL, uncovered[i].what);
	if (d->plan->fast)
		json_text(&j, NULL, stored);
	json_text(&j, NULL,
		  ledger_counted(d->ledger, LEDGER_SCOUTS) > 0 ? elsewhere_at_first
							       : elsewhere_unseen);
	json_end(&j);
	json_end(&j);
}
