/* SPDX-License-Identifier: MIT */
#include "cmd/options.h"

#include "trust/sets.h"

#define ON(command) (1U << (COMMAND_##command))
#define JUDGING     (ON(VERIFY) | ON(SCAN))
#define TREES                                                                                  \
	(ON(SCAN) | ON(DONORS) | ON(PERMIT) |                                                  \
	 ON(FIM)) /* donors: learn; permit: check; fim: init */
#define FILES    (JUDGING | ON(EXPLAIN) | ON(COMPARE))
#define ENGINE   (FILES | ON(PERMIT) | ON(RUN) | ON(FIM))
#define GUARDING (ON(GUARD) | ON(STATUS) | ON(EVENTS) | ON(RELOAD))
#define LISTS    (ON(ALLOW) | ON(DENY))
#define LISTING                                                                                \
	(GUARDING | LISTS | ON(RULES) | ON(ROOMS) | ON(VERSION) | ON(TRUST) | ON(DONORS) |     \
	 ON(PERMIT) | ON(FIM))
#define GRAPHS (ON(GRAPH) | ON(REFERENCE) | ON(COVERAGE))
#define EVERY  (~0U)

const struct option_row option_rows[] = {
  /* clang-format off */
	{ 'q', "quiet", NULL, JUDGING, SETTING_QUIET,
	  "print only violations and what could not be judged; twice: nothing" },
	{ 'v', "verbose", NULL, JUDGING | ON(COMPARE), SETTING_VERBOSE,
	  "print the reasons for good files too; compare: every difference" },
	{ 0, "json", NULL, JUDGING | LISTING | ON(COMPARE) | GRAPHS, SETTING_JSON,
	  "one JSON object per line; the same as --format json" },
	{ 0, "format", "FORMAT", JUDGING | LISTING | ON(COMPARE) | GRAPHS, SETTING_FORMAT,
	  "how to print" },
	{ 'o', "output", "FILE", FILES | GRAPHS, SETTING_OUTPUT,
	  "print to FILE, which appears when it is complete; - is standard output" },
	{ 'j', "jobs", "N", JUDGING | ON(DONORS) | ON(FIM), SETTING_JOBS,
	  "judge with N threads (one per CPU)" },
	{ 0, "files-from", "FILE", JUDGING, SETTING_FILES_FROM,
	  "read names from FILE, one a line; - is standard input" },
	{ '0', "null", NULL, JUDGING, SETTING_NULL,
	  "names in --files-from end in NUL, not in newline" },
	{ 0, "policy", "POLICY", JUDGING | ON(RUN), SETTING_POLICY,
	  "which files pass: a name or a file; verify and run: strict, scan: forgery" },
	{ 0, "kind", "KIND", ON(POLICY), SETTING_KIND,
	  "what the policy is for" },
	{ 0, "fold", "HOW", ENGINE, SETTING_FOLD,
	  "how several signatures become one word" },
	{ 0, "padding", "HOW", ENGINE, SETTING_PADDING,
	  "bytes hidden behind a signature; policy strict: reject-payload" },
	{ 0, "at", "TIME", ENGINE, SETTING_AT,
	  "judge as of TIME (RFC 3339), not now" },
	{ 0, "trust", "[SET=]PATH", ENGINE, SETTING_TRUST,
	  "also trust the certificates and keys in PATH" },
	{ 0, "only-trust", "[SET=]PATH", ENGINE, SETTING_ONLY_TRUST,
	  "trust the certificates and keys in PATH and no others" },
	{ 0, "kernel", "IMAGE", ENGINE, SETTING_KERNEL,
	  "believe kernel modules by the keys in IMAGE, a vmlinuz, as far as that is believed" },
	{ 0, "identity", "\"NAME ISSUER\"", ENGINE, SETTING_IDENTITY,
	  "expect sigstore bundles by NAME, for whom ISSUER vouched" },
	{ 0, "sha256", "WHEN", JUDGING, SETTING_SHA256,
	  "compute the SHA-256 of each file; auto: with every --format but text" },
	{ 0, "all", NULL, ON(SCAN) | ON(TRUST) | ON(DONORS) | ON(PERMIT) | ON(FIM), SETTING_ALL,
	  "print files of no known format too; list: no anchors, no donors, what is undone; accept: "
	  "every change" },
	{ 0, "exclude", "GLOB", TREES, SETTING_EXCLUDE,
	  "leave out names and paths like GLOB" },
	{ 0, "one-file-system", NULL, TREES, SETTING_ONE_FILE_SYSTEM,
	  "do not enter other file systems" },
	{ 0, "max-size", "SIZE", ENGINE | ON(DONORS), SETTING_MAX_SIZE,
	  "do not judge files larger than SIZE, like 64MiB" },
	{ 0, "min-sdk", "LEVEL", ENGINE, SETTING_MIN_SDK,
	  "judge Android packages for systems from this API level on" },
	{ 0, "max-sdk", "LEVEL", ENGINE, SETTING_MAX_SDK,
	  "judge Android packages for systems up to this API level" },
	{ 0, "timeout", "TIME", ENGINE | ON(DONORS), SETTING_TIMEOUT,
	  "give each file TIME, like 30s (60s and 1s per 100 MB)" },
	{ 0, "shard", "I/N", ON(SCAN), SETTING_SHARD,
	  "judge the I-th of N parts of the files" },
	{ 0, "unordered", NULL, JUDGING, SETTING_UNORDERED,
	  "print answers as they come" },
	{ 0, "no-cache", NULL, JUDGING, SETTING_NO_CACHE,
	  "read every file again, as verify always does" },
	{ 0, "allow-empty", NULL, JUDGING, SETTING_ALLOW_EMPTY,
	  "an empty list of files is no error" },
	{ 0, "progress", "WHEN", JUDGING | ON(DONORS), SETTING_PROGRESS,
	  "show progress on standard error" },
	{ 0, "exit-report", NULL, JUDGING, SETTING_EXIT_REPORT,
	  "say on standard error what the exit code comes from" },
	{ 0, "claimed-names", NULL, JUDGING, SETTING_CLAIMED_NAMES,
	  "exports: names that are not verified in the standard's fields too" },
	{ 0, "color", "WHEN", FILES, SETTING_COLOR,
	  "colour the words" },
	{ 0, "features", "[=HOW]", JUDGING | ON(EXPLAIN), SETTING_FEATURES,
	  "show what can be seen in the bytes" },
	{ 0, "signature", "FILE", JUDGING | ON(EXPLAIN), SETTING_SIGNATURE,
	  "the signature in FILE is over the file that is judged" },
	{ 0, "yara", "RULES", JUDGING, SETTING_YARA,
	  "try the YARA rules in the file RULES too" },
	{ 0, "learn", NULL, ON(SCAN), SETTING_LEARN,
	  "remember the pages of signed files too, to compare forgeries with" },
	{ 0, "deep", NULL, ON(SCAN), SETTING_DEEP,
	  "judge the programs inside archives, packages and disk images too" },
	{ 0, "no-donors", NULL, ENGINE, SETTING_NO_DONORS,
	  "neither ask nor teach the index of signed programs" },
	{ 0, "reproduce", NULL, ON(EXPLAIN), SETTING_REPRODUCE,
	  "print shell commands that check the answer without assay" },
	{ 0, "svg", NULL, ON(GRAPH), SETTING_SVG,
	  "draw the graph" },
	{ 0, "mermaid", NULL, ON(GRAPH), SETTING_MERMAID,
	  "print it for Mermaid" },
	{ 0, "dot", NULL, ON(GRAPH), SETTING_DOT,
	  "print it for Graphviz" },
	{ 0, "json-ld", NULL, ON(GRAPH), SETTING_JSON_LD,
	  "print it as linked data, JSON-LD" },
	{ 0, "turtle", NULL, ON(GRAPH), SETTING_TURTLE,
	  "print it as linked data, Turtle" },
	{ 0, "html", NULL, ON(GRAPH) | ON(REFERENCE), SETTING_HTML,
	  "make a page for a browser; the same as --format html" },
	{ 0, "markdown", NULL, ON(REFERENCE), SETTING_MARKDOWN,
	  "print it as Markdown" },
	{ 0, "gaps", NULL, ON(GRAPH), SETTING_GAPS,
	  "list the countermeasures that are not covered" },
	{ 0, "differences", NULL, ON(GRAPH), SETTING_DIFFERENCES,
	  "say how the release of --ontology differs from what assay knows" },
	{ 0, "ontology", "FILE", ON(GRAPH) | ON(REFERENCE), SETTING_ONTOLOGY,
	  "infer from the release of D3FEND in FILE, in Turtle" },
	{ 0, "origin", NULL, ON(CONFIG), SETTING_ORIGIN,
	  "say where each value comes from" },
	{ 0, "system", NULL, ON(TRUST) | ON(DONORS), SETTING_SYSTEM,
	  "change the database of the system, not your own" },
	{ 0, "means", "MEANS", ON(PERMIT), SETTING_MEANS,
	  "by which means, not what fits the verdict; may be given again" },
	{ 0, "user", "USER", ON(PERMIT), SETTING_USER,
	  "whom --means deny-user denies everything" },
	{ 0, "even", "WHAT", ON(PERMIT), SETTING_EVEN,
	  "also what a package owns, or what the system needs to run" },
	{ 0, "all-links", NULL, ON(PERMIT), SETTING_ALL_LINKS,
	  "also files that have several names" },
	{ 0, "yes", "[=COUNT]", ON(PERMIT) | ON(GUARD), SETTING_YES,
	  "do what is planned; more than 10 changes or lines: say how many" },
	{ 0, "plan", "ID", ON(PERMIT), SETTING_PLAN,
	  "with --yes: do it only if the plan is this one" },
	{ 0, "force", NULL, ON(PERMIT), SETTING_FORCE,
	  "undo: give back what is still as it was left, though the rest is not" },
	{ 0, "with-setuid", NULL, ON(PERMIT), SETTING_WITH_SETUID,
	  "undo: give back set-uid, set-gid and capabilities too" },
	{ 0, "only", "DIR", ON(RUN), SETTING_ONLY,
	  "programs may be started from DIR and below; may be given again" },
	{ 0, "best-effort", NULL, ON(RUN), SETTING_BEST_EFFORT,
	  "run it also where the kernel cannot keep it to DIR" },
	{ 'n', "dry-run", NULL, ON(TRUST) | ON(DONORS) | ON(PERMIT) | LISTS | ON(POLICY),
	  SETTING_DRY_RUN, "say what would change, and change nothing" },
	{ 0, "key", "FILE", ON(DONORS) | LISTS | ON(POLICY) | ON(FIM), SETTING_KEY,
	  "sign, export, fim init, accept: with the key in FILE; donors import, fim check, list, "
	  "watch: trust the one in FILE" },
	{ 0, "name", "NAME", LISTS | ON(POLICY), SETTING_NAME,
	  "sign: the list is called NAME, usually site; import: take no other" },
	{ 0, "expires", "TIME", LISTS | ON(POLICY), SETTING_EXPIRES,
	  "sign: hosts look for a newer one after TIME, like 30d, or never; usually 7d" },
	{ 0, "snapshot", NULL, LISTS, SETTING_SNAPSHOT,
	  "sign: all of the list, not what is new" },
	{ 0, "author", "NAME", LISTS, SETTING_AUTHOR,
	  "sign: who put what is new on the list" },
	{ 0, "until", "TIME", LISTS, SETTING_UNTIL,
	  "add: from TIME on (RFC 3339) it is not in force any more" },
	{ 0, "packages", NULL, ON(TRUST), SETTING_PACKAGES,
	  "import: what signed archives of packages vouch for" },
	{ 0, "catalogs", NULL, ON(TRUST), SETTING_CATALOGS,
	  "import, list, remove: catalogs of files, not anchors" },
	{ 0, "ctl-root", "FILE", ON(TRUST), SETTING_LIST_ROOT,
	  "trust lists may be signed under FILE, not Microsoft's root" },
	{ 0, "last", "N", ON(EVENTS) | ON(GUARD), SETTING_LAST,
	  "only the newest N" },
	{ 'f', "follow", NULL, ON(EVENTS), SETTING_FOLLOW,
	  "go on with what comes, until interrupted" },
	{ 0, "reason", "TEXT", LISTS | ON(FIM), SETTING_REASON,
	  "add, accept: why" },
	{ 0, "baseline", "FILE", ON(FIM) | ON(GUARD), SETTING_BASELINE,
	  "the baseline in FILE, not the system's or your own" },
	{ 0, "all-files", NULL, ON(FIM), SETTING_ALL_FILES,
	  "init: whatever the files are, not programs alone" },
	{ 0, "plain", NULL, ON(FIM), SETTING_PLAIN,
	  "init: inodes and digests only, no verdicts and no extended attributes" },
	{ 0, "unsigned", NULL, ON(FIM), SETTING_UNSIGNED,
	  "believe a baseline that nobody known signed; init: do not sign it" },
	{ 0, "full", NULL, ON(FIM), SETTING_FULL,
	  "check, accept: read every file again" },
	{ 0, "recheck", "TIME", ON(FIM), SETTING_RECHECK,
	  "watch: how often everything is looked at; usually each hour" },
	{ 0, "bounded-queue", NULL, ON(FIM), SETTING_BOUNDED_QUEUE,
	  "watch: the kernel keeps few changes for us; after more, all is looked at" },
	{ 0, "foreground", NULL, ON(DAEMON), SETTING_FOREGROUND,
	  "do not go into the background: it never does" },
	{ 0, "version", NULL, ON(DAEMON), SETTING_VERSION,
	  "print the version" },
	{ 0, "no-config", NULL, EVERY, SETTING_NO_CONFIG,
	  "read no configuration files" },
	{ 'h', "help", NULL, EVERY, SETTING_HELP,
	  "print this" },
  /* clang-format on */
};
const size_t n_option_rows = COUNT_OF(option_rows);

/* What --format may be depends on what is printed. */
static const struct {
	unsigned commands;
	const char *words;
} format_words[] = {
	{JUDGING,		    EXPORTS_WORDS            },
	{ ON(GRAPH) | ON(REFERENCE), "text|json|html"         },
	{ ON(COVERAGE),              "text|json|navigator|cad"},
	{ ON(EVENTS),                "text|json|ocsf|ecs|csv" },
	{ ON(PERMIT),                "text|json|ecs"          },
	{ LISTING | ON(COMPARE),     "text|json"              },
};

const char *option_words(const struct option_row *row, enum command_id id)
{
	if (row->setting == SETTING_FORMAT)
		for (size_t i = 0; i < COUNT_OF(format_words); i++)
			if (format_words[i].commands & (1U << id))
				return format_words[i].words;
	return settings_words(row->setting);
}

#define NAME_MAX_COMPARED 32

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters left out, added, changed or swapped; far apart when one is longer than any name. */
static size_t distance(struct span a, struct span b)
{
	size_t rows[NAME_MAX_COMPARED + 1][NAME_MAX_COMPARED + 1];

	if (a.len > NAME_MAX_COMPARED || b.len > NAME_MAX_COMPARED)
		return NAME_MAX_COMPARED;
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		rows[i][0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			uint8_t x = span_at(a, i - 1), y = span_at(b, j - 1);

			rows[i][j] = least(least(rows[i - 1][j], rows[i][j - 1]) + 1,
					   rows[i - 1][j - 1] + (x != y));
			if (i > 1 && j > 1 && x == span_at(b, j - 2) && span_at(a, i - 2) == y)
				rows[i][j] = least(rows[i][j], rows[i - 2][j - 2] + 1);
		}
	}
	return rows[a.len][b.len];
}

const char *nearest_name(const char *wrong, const char *const *names)
{
	struct span text = SPAN_TEXT(wrong);
	size_t best = text.len / 3;
	const char *found = NULL;

	for (size_t i = 0; names[i]; i++) {
		size_t d = distance(text, SPAN_TEXT(names[i]));

		if (d <= best && (!found || d < best)) {
			best = d;
			found = names[i];
		}
	}
	return found;
}

/* What is being parsed. */
struct parser {
	struct arena *arena;
	const struct command *command;
	int argc;
	char **argv;
	int at;
	struct parsed *out;
	const char **problem;
};

static enum status refuse(struct parser *p, const char *problem)
{
	*p->problem = problem ? problem : "out of memory";
	return STATUS_USAGE;
}

/* What people try all the same, and what helps them. */
static const struct {
	enum command_id command;
	const char *name, *why;
} wanted[] = {
	{COMMAND_DONORS,  "trust",
         "what is valid only through it is not remembered; assay trust add trusts for good"   },
	{ COMMAND_DONORS, "only-trust",
         "what is valid only through it is not remembered; assay trust add trusts for good"   },
	{ COMMAND_DONORS, "at",         "what is valid only at another time is not remembered"},
};

static const char *why_not(enum command_id command, const char *name)
{
	for (size_t i = 0; i < COUNT_OF(wanted); i++)
		if (wanted[i].command == command && strcmp(wanted[i].name, name) == 0)
			return wanted[i].why;
	return NULL;
}

static enum status refuse_foreign(struct parser *p, const char *name)
{
	const char *why = why_not(p->command->id, name);

	return refuse(p, arena_printf(p->arena, "option --%s does not belong to %s%s%s", name,
				      p->command->name, why ? ": " : "", why ? why : ""));
}

/* There is no such option here: say what was meant. */
static enum status refuse_name(struct parser *p, struct span name)
{
	const char *names[COUNT_OF(option_rows) + 1];
	const char *text = arena_string(p->arena, name), *near;
	size_t n = 0;

	for (size_t i = 0; i < n_option_rows; i++) {
		if (option_belongs(&option_rows[i], p->command->id))
			names[n++] = option_rows[i].name;
		else if (text && span_equal(name, SPAN_TEXT(option_rows[i].name)))
			return refuse_foreign(p, text);
	}
	names[n] = NULL;
	near = text ? nearest_name(text, names) : NULL;
	if (near)
		return refuse(p,
			      arena_printf(p->arena, "unknown option --%s; did you mean --%s?",
					   text, near));
	return refuse(p, arena_printf(p->arena, "unknown option --%s", text ? text : ""));
}

static void use(struct parser *p, const struct option_row *row, const char *value)
{
	p->out->uses[p->out->n_uses++] = (struct option_use){ row, value };
}

/* The value of @row: what stands behind it, or the next argument. */
static enum status take_value(struct parser *p, const struct option_row *row, const char *rest)
{
	if (!rest && p->at + 1 < p->argc)
		rest = p->argv[++p->at];
	if (!rest)
		return refuse(p, arena_printf(p->arena, "option --%s needs a value: %s",
					      row->name, row->argument));
	use(p, row, rest);
	return STATUS_OK;
}

static enum status parse_long(struct parser *p, struct span body)
{
	uint64_t at = body.len;
	bool has_value = span_find(body, SPAN_TEXT("="), 0, &at);
	struct span name = has_value ? span_clip(body, 0, at) : body;
	const char *value = NULL;

	if (has_value) {
		value = arena_string(p->arena, span_after(body, at + 1));
		if (!value)
			return STATUS_NO_MEMORY;
	}
	for (size_t i = 0; i < n_option_rows; i++) {
		const struct option_row *row = &option_rows[i];

		if (!span_equal(name, SPAN_TEXT(row->name)) ||
		    !option_belongs(row, p->command->id))
			continue;
		if (option_may_stand_alone(row)) {
			use(p, row, value ? value : "");
			return STATUS_OK;
		}
		if (row->argument)
			return take_value(p, row, value);
		if (has_value)
			return refuse(p, arena_printf(p->arena, "option --%s takes no value",
						      row->name));
		use(p, row, "");
		return STATUS_OK;
	}
	return refuse_name(p, name);
}

static const struct option_row *row_of_letter(const struct parser *p, uint8_t letter)
{
	for (size_t i = 0; i < n_option_rows; i++)
		if (option_rows[i].letter != 0 && (uint8_t)option_rows[i].letter == letter &&
		    option_belongs(&option_rows[i], p->command->id))
			return &option_rows[i];
	return NULL;
}

/* A cluster: -qq, -vj4. */
static enum status parse_letters(struct parser *p, struct span letters)
{
	for (size_t i = 0; i < letters.len; i++) {
		const struct option_row *row = row_of_letter(p, span_at(letters, i));
		struct span rest = span_after(letters, i + 1);
		const char *value = NULL;

		if (!row)
			return refuse(p, arena_printf(p->arena, "unknown option -%c",
						      span_at(letters, i)));
		if (!row->argument) {
			if (p->out->n_uses == OPTIONS_MAX_ARGUMENTS)
				return refuse(p, "too many options");
			use(p, row, "");
			continue;
		}
		if (rest.len > 0) {
			value = arena_string(p->arena, rest);
			if (!value)
				return STATUS_NO_MEMORY;
		}
		return take_value(p, row, value);
	}
	return STATUS_OK;
}

/* At most as many uses as letters in all arguments. */
static size_t uses_max(int argc, char *argv[])
{
	size_t n = 1;

	for (int i = 0; i < argc; i++)
		if (span_starts(SPAN_TEXT(argv[i]), "-", 1))
			n += SPAN_TEXT(argv[i]).len;
	return least(n, OPTIONS_MAX_ARGUMENTS + 1);
}

enum status options_parse(struct arena *a, const struct command *command, int argc,
			  char *argv[], struct parsed *out, const char **problem)
{
	struct parser p = { a, command, argc, argv, 0, out, problem };
	bool ended = false;

	*problem = NULL;
	*out = (struct parsed){ 0 };
	out->uses = ARENA_NEW(a, struct option_use, uses_max(argc, argv));
	out->operands = ARENA_NEW(a, const char *, (size_t)argc + 1);
	if (!out->uses || !out->operands)
		return STATUS_NO_MEMORY;
	out->n_before = SIZE_MAX;
	for (; p.at < argc; p.at++) {
		struct span text = SPAN_TEXT(argv[p.at]);

		if (out->n_uses >= OPTIONS_MAX_ARGUMENTS)
			return refuse(&p, "too many options");
		if (ended || text.len < 2 || span_at(text, 0) != '-')
			out->operands[out->n_operands++] = argv[p.at];
		else if (span_equal(text, SPAN_TEXT("--"))) {
			ended = true;
			out->n_before = out->n_operands;
		} else if (span_at(text, 1) == '-')
			TRY(parse_long(&p, span_after(text, 2)));
		else
			TRY(parse_letters(&p, span_after(text, 1)));
	}
	return STATUS_OK;
}

enum status options_apply(struct arena *a, const struct parsed *parsed, struct settings *s,
			  const char **problem)
{
	for (size_t i = 0; i < parsed->n_uses; i++) {
		const struct option_use *u = &parsed->uses[i];
		const char *why = NULL;
		enum status status = settings_set(s, a, u->row->setting, u->value, &why);

		if (status != STATUS_OK) {
			*problem = arena_printf(a, "--%s %s", u->row->name,
						why ? why : status_text(status));
			return status;
		}
	}
	return STATUS_OK;
}

bool options_have(const struct parsed *parsed, enum setting_id id)
{
	for (size_t i = 0; i < parsed->n_uses; i++)
		if (parsed->uses[i].row->setting == id)
			return true;
	return false;
}

#define HELP_COLUMN 31

/* The table of sets, for whoever asks which there are. */
static void sets_help(struct buffer *out)
{
	buffer_text(out, "\nSET, for what the keys in PATH are trusted:\n");
	for (size_t i = 0; i < TRUST_SETS; i++)
		buffer_printf(out, "  %-12s%s\n", trust_sets[i].name, trust_sets[i].title);
}

void options_help(struct buffer *out, const struct command *command)
{
	bool takes_sets = command->id == COMMAND_TRUST;

	buffer_printf(out, "usage: %s%s [OPTION...]%s%s\n\n%s\n\n",
		      command->id == COMMAND_DAEMON ? "" : "assay ", command->name,
		      command->operands ? " " : "", command->operands ? command->operands : "",
		      command->summary);
	for (size_t i = 0; i < n_option_rows; i++) {
		const struct option_row *row = &option_rows[i];
		const char *words = option_words(row, command->id);
		size_t begin = out->len, width;

		if (!option_belongs(row, command->id))
			continue;
		if (row->letter)
			buffer_printf(out, "  -%c, ", row->letter);
		else
			buffer_text(out, "      ");
		buffer_printf(out, "--%s%s%s", row->name,
			      row->argument && !option_may_stand_alone(row) ? " " : "",
			      row->argument ? row->argument : "");
		width = out->len - begin;
		buffer_printf(out, "%*s%s",
			      width < HELP_COLUMN ? (int)(HELP_COLUMN - width) : 1, "",
			      row->summary);
		if (words && row->argument)
			buffer_printf(out, " (%s)", words);
		buffer_char(out, '\n');
		takes_sets |= row->setting == SETTING_TRUST;
	}
	if (takes_sets)
		sets_help(out);
}
