/* SPDX-License-Identifier: MIT */
/* YARA rules: what is refused, what matches, and that whatever goes wrong is "incomplete". */
#include "countermeasures/file_analysis/yara.h"

#include "countermeasures/file_analysis/yara_process.h"
#include "host/confine.h"
#include "tests/check.h"
#include "tests/corpus.h"
#include "tests/forge/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARENA_BYTES ((size_t)16 << 20)

/* Runs for much longer than any test waits. */
#define SLOW_RULE                                                                              \
	"rule slow { condition: for all i in (1..2000000000) : (uint8(i % 512) >= 0) }"
#define GRAFT_RULE                                                                             \
	"rule graft : stolen test { strings: $a = \"PE\" condition: "                          \
	"assay_verdict == \"grafted\" and $a }"

static struct yara *rules_make(const char *text, struct buffer *error)
{
	struct yara *y = NULL;

	if (yara_open("rules.yar", SPAN_TEXT(text), error, &y) != STATUS_OK)
		return NULL;
	return y;
}

/* --- rules ------------------------------------------------------------------------------- */

static void test_refused(void)
{
	static const struct {
		const char *name;
		struct span text;
		const char *error; /* how it begins */
	} rows[] = {
		{"syntax error",               SPAN_INIT("rule a {\n condition: tru }"),      "rules.yar:2: "        },
		{ "unknown variable",          SPAN_INIT("rule a { condition: assay_x }"),
                 "rules.yar:1: "										     },
		{ "include",                   SPAN_INIT("include \"/etc/passwd\""),          "rules.yar:1: "        },
		{ "compiled",                  SPAN_INIT("YARA\1\2\3"),                       "rules.yar: compiled"  },
		{ "bytes",                     SPAN_INIT("rule a { \0 }"),                    "rules.yar: not a text"},
		{ "unknown module",            SPAN_INIT("import \"nosuch\""),                "rules.yar:1: "        },
		{ "a module that reads files",
                 SPAN_INIT("import \"magic\" rule a { condition: magic.type() == \"x\" }"),
                 "rules.yar: the module \"magic\""								   },
		{ "another",
                 SPAN_INIT("import \"cuckoo\" rule a { condition: cuckoo.sync.mutex(/x/) }"),
                 "rules.yar: the module \"cuckoo\""								  },
		{ "the same rule twice",
                 SPAN_INIT("rule a { condition: true }\nrule a { condition: true }"),
                 "rules.yar:2: "										     },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer error = BUFFER_INIT;
		struct yara *y;
		enum status status = yara_open("rules.yar", rows[i].text, &error, &y);
		bool known =
			span_starts(buffer_span(&error), rows[i].error, strlen(rows[i].error));
		/* A libyara without the module says so itself. */
		bool absent =
			span_starts(buffer_span(&error), "rules.yar:1: unknown module", 27);

		CHECK(status == STATUS_MALFORMED && !y && (known || absent), "refused: %s",
		      rows[i].name);
		yara_close(y);
	}
}

static void test_rules(void)
{
	CLEANUP(buffer_free) struct buffer error = BUFFER_INIT;
	struct yara *y =
		rules_make("rule a { condition: true }\nrule b { condition: false }", &error);

	CHECK(y && error.len == 0 && yara_rule_count(y) == 2, "two rules");
	CHECK(y && strcmp(yara_rules_digest(y),
			  "b04c5f5bc770caf8170b4d9b295870528bd948df79bfeb50a42bc5b5a2c22327") ==
			      0,
	      "their digest");
	yara_close(y);
	y = rules_make("", &error);
	CHECK(y && yara_rule_count(y) == 0, "no rules are no error");
	yara_close(y);
	yara_close(NULL);
}

/* --- files ------------------------------------------------------------------------------- */

struct scene {
	struct arena arena;
	struct buffer file;
	int fd;
	struct report_signature signature;
	struct report_relation relation;
	struct report report;
};

static int file_of(struct span bytes)
{
	int fd = memfd_create("assay-yara", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes.ptr, bytes.len) != (ssize_t)bytes.len)
		abort();
	return fd;
}

/* A program of 1 KiB that was judged to be grafted. */
static void scene_make(struct scene *s)
{
	static const struct forge_program wish = { .seed = 1 };

	*s = (struct scene){ .arena = ARENA_INIT(ARENA_BYTES) };
	forge_program_make(&wish, &s->file);
	s->fd = file_of(buffer_span(&s->file));
	s->relation.donor.name = "donor.exe";
	s->signature = (struct report_signature){
		.signature = ASSAY_SIGNATURE_GOOD,
		.binding = ASSAY_BINDING_MODIFIED,
		.trust = ASSAY_TRUST_ANCHORED,
		.claimed_signer = "Example Corp",
		.relation = &s->relation,
	};
	s->report = (struct report){
		.size = s->file.len,
		.format = "pe",
		.verdict = ASSAY_VERDICT_GRAFTED,
		.masquerade = ASSAY_MASQUERADE_YES,
		.signatures = &s->signature,
		.n_signatures = 1,
	};
}

static void scene_free(struct scene *s)
{
	(void)close(s->fd);
	buffer_free(&s->file);
	arena_free(&s->arena);
}

static enum status scan_with(struct scene *s, const char *text, unsigned timeout_s,
			     struct yara_answer *answer)
{
	CLEANUP(buffer_free) struct buffer error = BUFFER_INIT;
	struct yara *y = rules_make(text, &error);
	enum status status = STATUS_USAGE;

	if (y) {
		yara_set_timeout(y, timeout_s);
		status = yara_scan(y, s->fd, &s->report, &s->arena, answer);
	} else {
		printf("# %s\n", buffer_string(&error, 0));
	}
	yara_close(y);
	return status;
}

static void test_variables(void)
{
	static const struct {
		const char *condition;
		bool matches;
	} rows[] = {
		{"assay_verdict == \"grafted\"",                    true },
		{ "assay_verdict == \"valid\"",                     false},
		{ "assay_signature == \"good\"",                    true },
		{ "assay_binding == \"modified\"",                  true },
		{ "assay_trust == \"anchored\"",                    true },
		{ "assay_signer == \"\"",                           true },
		{ "assay_claimed_signer contains \"Example\"",      true },
		{ "assay_donor matches /^donor\\.exe$/",            true },
		{ "assay_format == \"pe\"",                         true },
		{ "assay_masquerade == \"yes\"",                    true },
		{ "filesize == 1024",                               true },
		{ "uint16(0) == 0x5a4d and uint32(0x80) == 0x4550", true },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
		struct yara_answer answer = { 0 };
		struct scene s;
		bool good;

		buffer_printf(&text, "rule r { condition: %s }", rows[i].condition);
		buffer_char(&text, '\0');
		scene_make(&s);
		good = scan_with(&s, buffer_string(&text, 0), YARA_TIMEOUT_S, &answer) ==
		       STATUS_OK;
		CHECK(good && !answer.incomplete && answer.n == (rows[i].matches ? 1 : 0), "%s",
		      rows[i].condition);
		scene_free(&s);
	}
}

/* Modules read the file in memory, and libcrypto without its configuration. */
static void test_modules(void)
{
	static const struct {
		const char *text;
	} rows[] = {
		{ "import \"pe\" rule r { condition: pe.machine == pe.MACHINE_AMD64 and "
		  "pe.number_of_signatures == 0 }" },
		{ "import \"hash\" rule r { condition: hash.sha256(0, filesize) != \"\" and "
		  "hash.md5(0, 2) == \"ac6ad5d9b99757c3a878f2d275ace198\" }" },
		{ "import \"math\" rule r { condition: math.entropy(0, filesize) > 1.0 }" },
		{ "import \"elf\" rule r { condition: not defined elf.type }" },
		{ "import \"time\" rule r { condition: time.now() > 1600000000 }" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct yara_answer answer = { 0 };
		struct scene s;

		scene_make(&s);
		CHECK(scan_with(&s, rows[i].text, YARA_TIMEOUT_S, &answer) == STATUS_OK &&
			      !answer.incomplete && answer.n == 1,
		      "%.13s", rows[i].text);
		scene_free(&s);
	}
}

/* Signed programs are where libyara reads most: certificates, times. */
static void test_signed(void)
{
	static const char *const files[] = { "generated/pe/pe-sha256.exe",
					     "generated/pe/pe-nested3.exe",
					     "generated/pe/curveball.exe" };

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct yara_answer answer = { 0 };
		struct scene s;
		size_t len = 0;
		uint8_t *bytes = corpus_load(files[i], &len);

		if (!bytes)
			continue;
		scene_make(&s);
		(void)close(s.fd);
		s.fd = file_of((struct span){ bytes, len });
		s.report.size = len;
		CHECK(scan_with(&s,
				"import \"pe\" rule r { condition: "
				"pe.number_of_signatures > 0 and "
				"pe.signatures[0].not_before > 0 }",
				YARA_TIMEOUT_S, &answer) == STATUS_OK &&
			      !answer.incomplete && answer.n == 1,
		      "%s", files[i]);
		scene_free(&s);
		free(bytes);
	}
}

static void test_graft(void)
{
	struct yara_answer answer = { 0 };
	struct scene s;

	scene_make(&s);
	CHECK(scan_with(&s, GRAFT_RULE, YARA_TIMEOUT_S, &answer) == STATUS_OK &&
		      !answer.incomplete && answer.n == 1,
	      "a rule about the verdict matches");
	CHECK(answer.n == 1 && strcmp(answer.matches[0].rule, "graft") == 0 &&
		      strcmp(answer.matches[0].name_space, "default") == 0 &&
		      strcmp(answer.matches[0].tags, "stolen test") == 0,
	      "its names");
	CHECK(answer.n == 1 && answer.matches[0].n_strings == 1 &&
		      answer.matches[0].strings[0].off == 0x80 &&
		      answer.matches[0].strings[0].len == 2,
	      "where its string stands");
	s.report.verdict = ASSAY_VERDICT_VALID;
	CHECK(scan_with(&s, GRAFT_RULE, YARA_TIMEOUT_S, &answer) == STATUS_OK &&
		      !answer.incomplete && answer.n == 0,
	      "and of a valid file it does not");
	scene_free(&s);
}

/* What is kept of a file is what matched: a scan of many files needs little memory. */
static void test_little_memory(void)
{
	struct yara_answer answer = { 0 };
	struct scene s;

	scene_make(&s);
	CHECK(scan_with(&s, GRAFT_RULE, YARA_TIMEOUT_S, &answer) == STATUS_OK &&
		      s.arena.used < 4096,
	      "a match takes %zu bytes", s.arena.used);
	scene_free(&s);
}

static void test_bounds(void)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct yara_answer answer = { 0 };
	struct scene s;

	scene_make(&s);
	CHECK(scan_with(&s, "rule r { strings: $a = { 00 } condition: $a }", YARA_TIMEOUT_S,
			&answer) == STATUS_OK &&
		      answer.n == 1 && answer.matches[0].n_strings == YARA_MAX_STRINGS,
	      "at most %d strings of each rule", YARA_MAX_STRINGS);
	for (int i = 0; i <= REPORT_MAX_MATCHES; i++)
		buffer_printf(&text, "rule r%d { condition: true }\n", i);
	buffer_char(&text, '\0');
	CHECK(scan_with(&s, buffer_string(&text, 0), YARA_TIMEOUT_S, &answer) == STATUS_OK &&
		      answer.n == REPORT_MAX_MATCHES && answer.incomplete,
	      "more rules than are told: %s", answer.incomplete);
	scene_free(&s);
}

/* --- what goes wrong --------------------------------------------------------------------- */

static void test_other_file(void)
{
	struct yara_answer answer = { 0 };
	struct scene s;

	scene_make(&s);
	s.report.has_sha256 = true;
	CHECK(scan_with(&s, GRAFT_RULE, YARA_TIMEOUT_S, &answer) == STATUS_OK &&
		      answer.incomplete && answer.n == 0,
	      "other bytes than were judged: %s", answer.incomplete);
	s.report.has_sha256 = false;
	s.report.size++;
	CHECK(scan_with(&s, GRAFT_RULE, YARA_TIMEOUT_S, &answer) == STATUS_OK &&
		      answer.incomplete && answer.n == 0,
	      "another size: %s", answer.incomplete);
	s.report.size = YARA_MAX_FILE + 1;
	CHECK(scan_with(&s, GRAFT_RULE, YARA_TIMEOUT_S, &answer) == STATUS_OK &&
		      answer.incomplete && answer.n == 0,
	      "more than YARA is given: %s", answer.incomplete);
	s.report.size = s.file.len;
	(void)close(s.fd);
	CHECK(scan_with(&s, GRAFT_RULE, YARA_TIMEOUT_S, &answer) == STATUS_OK &&
		      answer.incomplete,
	      "no file: %s", answer.incomplete);
	s.fd = -1;
	scene_free(&s);
}

static void test_empty_file(void)
{
	struct yara_answer answer = { 0 };
	struct scene s;

	scene_make(&s);
	(void)close(s.fd);
	s.fd = file_of(SPAN_LITERAL(""));
	s.report.size = 0;
	CHECK(scan_with(&s, "rule r { condition: filesize == 0 }", YARA_TIMEOUT_S, &answer) ==
			      STATUS_OK &&
		      !answer.incomplete && answer.n == 1,
	      "an empty file is scanned");
	scene_free(&s);
}

static void test_slow(void)
{
	struct yara_answer answer = { 0 };
	struct scene s;

	scene_make(&s);
	CHECK(scan_with(&s, SLOW_RULE, 1, &answer) == STATUS_OK && answer.incomplete &&
		      answer.n == 0,
	      "a rule without end: %s", answer.incomplete);
	scene_free(&s);
}

/* Kills the other child of our parent, as a crash would; itself it ends, too. */
_Noreturn static void sibling_kill(pid_t parent)
{
	const struct timespec a_while = { 0, 300000000 };
	char path[64], text[64] = "", *at = text;
	ssize_t n;
	int fd;

	(void)nanosleep(&a_while, NULL);
	(void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent,
		       (int)parent);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	while (n > 0 && *at) {
		pid_t pid = (pid_t)strtol(at, &at, 10);

		if (pid > 0 && pid != getpid())
			(void)kill(pid, SIGSEGV);
		if (*at == ' ')
			at++;
	}
	_exit(0);
}

static void test_killed(void)
{
	struct yara_answer answer = { 0 };
	pid_t parent = getpid(), killer;
	struct scene s;

	if (access("/proc/thread-self/children", R_OK) != 0) {
		printf("# skip: this kernel does not list children\n");
		return;
	}
	scene_make(&s);
	killer = fork();
	if (killer == 0)
		sibling_kill(parent);
	CHECK(scan_with(&s, SLOW_RULE, 60, &answer) == STATUS_OK && answer.incomplete &&
		      answer.n == 0,
	      "killed while it scans: %s", answer.incomplete);
	(void)waitpid(killer, NULL, 0);
	CHECK(scan_with(&s, GRAFT_RULE, YARA_TIMEOUT_S, &answer) == STATUS_OK &&
		      !answer.incomplete && answer.n == 1,
	      "and the next one is scanned");
	scene_free(&s);
}

/* A supervisor has given away most; what it forks gives away the rest. */
static void test_confined(void)
{
	int how = 1;
	pid_t pid = fork();

	if (pid == 0) {
		CLEANUP(buffer_free) struct buffer error = BUFFER_INIT;
		struct confine_result confined;
		struct yara_answer answer = { 0 };
		struct yara *y = rules_make(GRAFT_RULE, &error);
		struct scene s;

		scene_make(&s);
		if (!y || confine_supervisor(NULL, 0, &confined) != STATUS_OK)
			_exit(1);
		for (int i = 0; i < 3; i++)
			if (yara_scan(y, s.fd, &s.report, &s.arena, &answer) != STATUS_OK ||
			    answer.incomplete || answer.n != 1)
				_exit(2);
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &how, 0) == pid && how == 0,
	      "a confined supervisor can scan");
}

/* --- answers of somebody who is not libyara any more ---------------------------------------
 */

static void test_answers(void)
{
	/* magic, end, matches; then rule, strings, and their ranges */
	static const struct {
		const char *name;
		struct span answer;
		bool good;
	} rows[] = {
		{"nothing",            SPAN_INIT(""),						     false},
		{ "no match",          SPAN_INIT("YRA1\1\0\0\0\0\0\0\0"),                                 true },
		{ "cut",               SPAN_INIT("YRA1\1\0\0\0\0\0\0"),                                   false},
		{ "more than said",    SPAN_INIT("YRA1\1\0\0\0\0\0\0\0\0"),                               false},
		{ "other magic",       SPAN_INIT("YRA2\1\0\0\0\0\0\0\0"),                                 false},
		{ "no end",            SPAN_INIT("YRA1\0\0\0\0\0\0\0\0"),                                 false},
		{ "unknown end",       SPAN_INIT("YRA1\x08\0\0\0\0\0\0\0"),                               false},
		{ "a match",           SPAN_INIT("YRA1\1\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0"),                 true },
		{ "no such rule",      SPAN_INIT("YRA1\1\0\0\0\1\0\0\0\3\0\0\0\0\0\0\0"),                 false},
		{ "fewer than said",   SPAN_INIT("YRA1\1\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0"),                 false},
		{ "more than allowed", SPAN_INIT("YRA1\1\0\0\0\1\1\0\0\1\0\0\0\0\0\0\0"),
                 false											 },
		{ "twice",             SPAN_INIT("YRA1\1\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"),
                 false											 },
		{ "ascending",
                 SPAN_INIT("YRA1\1\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"),                       true },
		{ "a string",
                 SPAN_INIT("YRA1\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0"
			    "\x0a\0\0\0\0\0\0\0\x5a\0\0\0\0\0\0\0"),
                 true											  },
		{ "a string outside",
                 SPAN_INIT("YRA1\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0"
			    "\x0a\0\0\0\0\0\0\0\x5b\0\0\0\0\0\0\0"),
                 false											 },
		{ "too many strings",  SPAN_INIT("YRA1\1\0\0\0\1\0\0\0\1\0\0\0\x21\0\0\0"),
                 false											 },
	};
	struct yara_hits *hits = (struct yara_hits *)calloc(1, sizeof *hits);

	for (size_t i = 0; hits && i < COUNT_OF(rows); i++)
		CHECK(yara_answer_decode(rows[i].answer, 3, 100, hits) == rows[i].good,
		      "answer: %s", rows[i].name);
	free(hits);
}

int main(void)
{
	CLEANUP(buffer_free) struct buffer error = BUFFER_INIT;
	struct yara *y = NULL;

	test_answers();
	if (!yara_available()) {
		CHECK(yara_open("rules.yar", SPAN_TEXT("rule a { condition: true }"), &error,
				&y) == STATUS_UNSUPPORTED &&
			      !y && error.len > 0,
		      "not built in, and says so");
		return CHECK_DONE();
	}
	test_refused();
	test_rules();
	test_variables();
	test_modules();
	test_signed();
	test_graft();
	test_little_memory();
	test_bounds();
	test_other_file();
	test_empty_file();
	test_slow();
	test_killed();
	test_confined();
	return CHECK_DONE();
}
