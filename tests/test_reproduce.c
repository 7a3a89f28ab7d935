/* SPDX-License-Identifier: MIT */
/*
 * The script of `assay explain --reproduce`, run by sh over real files: dd
 * and openssl must come to what the report says, without any of our code.
 */
#include "engine/engine.h"
#include "evidence/evidence.h"
#include "tests/check.h"
#include "tests/corpus.h"
#include "tests/court.h"
#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AT_2026_11_22 INT64_C(1795348800)

static const struct {
	const char *name;
	unsigned n_signatures;
	bool image;    /* the image digest is the signed one */
	bool message;  /* messageDigest is that of the content */
	bool verified; /* the signature value verifies */
} table[] = {
	{"generated/pe/own-signed.exe",          1, true,  true,  true },
	{ "generated/pe/pe-ec.exe",              1, true,  true,  true },
	{ "generated/pe/pe-md5.exe",             1, true,  true,  true },
	{ "generated/pe/pe-nested3.exe",         3, true,  true,  true },
	{ "generated/pe/overlay-signed.exe",     1, true,  true,  true },
	{ "generated/pe/neg-bodyflip.exe",       1, false, true,  true },
	{ "generated/pe/graft-testca.exe",       1, false, true,  true },
	{ "generated/pe/messagedigest-flip.exe", 1, true,  false, false},
};

/* What the script printed. */
struct outcome {
	unsigned n_signatures, n_image, n_message, n_verified;
	unsigned n_wrong;   /* answers "same" or "DIFFERENT" that are not so */
	unsigned n_lacking; /* steps that cannot be done */
	int code;
};

static void script_run(const struct buffer *script, struct outcome *out)
{
	char path[] = "/tmp/assay-reproduce-XXXXXX", line[512], last[512] = "", command[64];
	int fd = mkstemp(path);
	FILE *answer;
	int step = 0, status;
	bool same = false;

	*out = (struct outcome){ .code = -1 };
	if (fd < 0 || write(fd, script->bytes, script->len) != (ssize_t)script->len)
		return;
	(void)close(fd);
	(void)snprintf(command, sizeof(command), "sh %s", path);
	answer = popen(command, "r");
	while (answer && fgets(line, sizeof(line), answer)) {
		out->n_lacking += strstr(line, "not recomputed") != NULL;
		out->n_wrong += (strcmp(line, "   same\n") == 0 && !same) ||
				(strcmp(line, "   DIFFERENT\n") == 0 && same);
		same = (strncmp(line, "   signed:   ", 13) == 0 ||
			strncmp(line, "   reported: ", 13) == 0) &&
		       strcmp(line + 13, last) == 0 && *last != '\n';
		out->n_signatures += strncmp(line, "signature ", 10) == 0;
		if (line[0] >= '1' && line[0] <= '3' && line[1] == '.')
			step = line[0] - '0';
		out->n_image += same && step == 1;
		out->n_message += same && step == 2;
		out->n_verified += strcmp(line, "   Verified OK\n") == 0 || (same && step == 3);
		*last = '\0';
		if (strncmp(line, "   computed: ", 13) == 0)
			(void)snprintf(last, sizeof(last), "%s", line + 13);
	}
	status = answer ? pclose(answer) : -1;
	if (status >= 0 && WIFEXITED(status))
		out->code = WEXITSTATUS(status);
	(void)unlink(path);
}

static void reproduce(const struct engine *e, struct lanes *lanes, size_t row)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)48 << 20);
	CLEANUP(buffer_free) struct buffer script = BUFFER_INIT;
	const char *folder = corpus_folder();
	struct outcome got;
	struct report r;
	char path[4096];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder ? folder : "", table[row].name);
	fd = folder ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0) {
		printf("# skip: %s is not at hand\n", table[row].name);
		return;
	}
	engine_examine(e, lanes, &(struct engine_file){ .fd = fd }, 1, &a, &r);
	(void)close(fd);
	reproduce_report(&script, &r, path);
	script_run(&script, &got);
	CHECK(got.n_signatures == table[row].n_signatures, "%s: %u signatures", table[row].name,
	      got.n_signatures);
	CHECK(got.n_image == (table[row].image ? got.n_signatures : 0), "%s: image digest",
	      table[row].name);
	CHECK(got.n_message == (table[row].message ? got.n_signatures : 0),
	      "%s: message digest", table[row].name);
	CHECK(got.n_verified == (table[row].verified ? got.n_signatures : 0),
	      "%s: signature value", table[row].name);
	CHECK(got.n_wrong == 0 && got.code != (table[row].image && table[row].message &&
					       table[row].verified),
	      "%s: exit %d", table[row].name, got.code);
}

/* Every honest file of the forge: other algorithms, encodings and layouts. */
static void honest(void)
{
	struct forge *forge = forge_new();
	struct court court;

	court_open(&court, forge);
	for (size_t i = 0; i < traps_honest.n; i++) {
		const struct forge_trap *t = &traps_honest.traps[i];
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT, script = BUFFER_INIT;
		const struct report *r;
		struct outcome got;
		char path[64];

		forge_trap_make(forge, t, &file);
		r = court_judge_trap(&court, t, buffer_span(&file));
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), court.fd);
		reproduce_report(&script, r, path);
		script_run(&script, &got);
		CHECK(got.n_image == r->n_signatures && got.n_verified == r->n_signatures,
		      "%s: image digest and signature value", t->name);
		CHECK(got.n_wrong == 0 && got.code == (got.n_lacking ? 2 : 0), "%s: exit %d",
		      t->name, got.code);
	}
	court_close(&court);
	forge_free(forge);
}

/* What is packed is unpacked first: offsets count in what comes out. */
static void packed(void)
{
	static const char *const tools[][2] = {
		{"gzip",   "gzip"            },
                { "xz",    "xz"              },
                { "lzma",  "xz --format=lzma"},
		{ "zstd",  "zstd -q"         },
                { "bzip2", "bzip2"           },
                { "lz4",   "lz4 -q"          },
	};
	struct forge *forge = forge_new();
	struct court court;

	court_open(&court, forge);
	for (size_t i = 0; i < COUNT_OF(tools); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT, script = BUFFER_INIT;
		char path[] = "/tmp/assay-packed-XXXXXX", command[256];
		struct outcome got;
		struct report r;

		forge_trap_make(forge, &traps_honest.traps[0], &file);
		r = *court_judge_trap(&court, &traps_honest.traps[0], buffer_span(&file));
		(void)close(mkstemp(path));
		(void)snprintf(command, sizeof command, "%s -c </proc/%d/fd/%d >%s",
			       tools[i][1], getpid(), court.fd, path);
		r.has_sha256 = false;
		r.packing = tools[i][0];
		if (system(command) != 0) {
			printf("# skip: there is no %s\n", tools[i][1]);
			(void)unlink(path);
			continue;
		}
		reproduce_report(&script, &r, path);
		script_run(&script, &got);
		CHECK(got.n_image == r.n_signatures && got.n_verified == r.n_signatures,
		      "packed by %s: image digest and signature value", tools[i][1]);
		(void)unlink(path);
	}
	court_close(&court);
	forge_free(forge);
}

int main(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)1 << 20);
	struct engine_settings settings = { .trust.now = AT_2026_11_22, .with_sha256 = true };
	struct lanes *lanes = lanes_new(true);
	struct trust_store *store = NULL;
	const char *problem = NULL;
	struct engine e = { 0 };

	CHECK(lanes &&
		      trust_open(&a, &(struct trust_sources){ 0 }, &store, &problem) ==
			      STATUS_OK &&
		      engine_init(&e, store, &settings) == STATUS_OK,
	      "an engine without anchors");
	if (system("command -v openssl dd >/dev/null") != 0)
		printf("# skip: no dd and openssl to run the script with\n");
	else
		for (size_t i = 0; lanes && e.store && i < COUNT_OF(table); i++)
			reproduce(&e, lanes, i);
	honest();
	packed();
	engine_fini(&e);
	lanes_free(lanes);
	return CHECK_DONE();
}
