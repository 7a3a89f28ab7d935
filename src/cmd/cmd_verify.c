/* SPDX-License-Identifier: MIT */
/* assay verify FILE...: judges the files that are named, and passes over none. */
#include "cmd/cmd.h"
#include "cmd/complain.h"
#include "cmd/list.h"
#include "cmd/run.h"
#include "cmd/signals.h"
#include "cmd/target.h"
#include "engine/bundle_folder.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

struct verify {
	struct run run;
	const struct settings *settings;
	struct target standard_input; /* if it is named */
	uint64_t n_files;
};

static void verify_file(struct verify *v, const char *path)
{
	struct run_file f = { .path = path, .named = true };
	struct engine_file file = { .fd = -1 };
	struct target target;

	v->n_files++;
	if (bundle_folder_is(path)) {
		run_bundle(&v->run, &f, false);
		return;
	}
	do
		target = strcmp(path, "-") == 0 ? target_dup(&v->standard_input)
						: target_open(path);
	while (target.fd < 0 && errno == EMFILE && run_relieve(&v->run));
	if (target.fd >= 0 && source_identify(target.fd, &f.identity) != STATUS_OK)
		f.identity = (struct source_identity){ 0 };
	if (target.fd < 0) {
		run_failed(&v->run, &f, target.rule, target.why);
		return;
	}
	file.fd = target.fd;
	if (strcmp(path, "-") != 0)
		companions_open(AT_FDCWD, path, &file.beside);
	run_judge(&v->run, &f, &file);
}

/* False: it could not be read to its end. */
static bool verify_list(struct verify *v, int fd)
{
	struct list list = { .fd = fd, .end = v->settings->null_separated ? 0 : '\n' };
	const char *path;

	while (!run_stopped(&v->run) && (path = list_next(&list)) != NULL)
		verify_file(v, path);
	if (list.error != 0)
		run_failed(&v->run,
			   &(struct run_file){ .path = v->settings->files_from, .named = true },
			   "error.io", strerrordesc_np(list.error));
	list_free(&list);
	return list.error == 0;
}

/* Before the process confines itself: a pipe has to be put somewhere. */
static void standard_input_read(struct verify *v, const struct invocation *call)
{
	signals_watch();
	v->standard_input = (struct target){ -1, "error.io", "not named on the command line" };
	for (size_t i = 0; i < call->n_operands; i++) {
		if (strcmp(call->operands[i], "-") == 0) {
			v->standard_input = target_standard_input(call->settings.max_size);
			return;
		}
	}
}

int cmd_verify(struct invocation *call)
{
	const struct settings *set = &call->settings;
	struct session_plan plan = {
		.policy = EXIT_POLICY_STRICT,
		.names_files = !set->files_from,
		.max_threads = set->files_from || call->n_operands > SETTINGS_MAX_JOBS
				       ? 0
				       : (unsigned)call->n_operands,
		.gathers = call->n_operands > 1 || set->files_from,
		.targets = call->operands,
		.n_targets = call->n_operands,
	};
	struct verify v = { .settings = set };
	struct session session;
	enum exit_code code;

	if (call->n_operands == 0 && !set->files_from && !set->allow_empty) {
		complain("verify: name a file; try: assay verify --help");
		return EXIT_USAGE;
	}
	standard_input_read(&v, call);
	if (signals_stop())
		return EXIT_INCOMPLETE;
	code = session_open(&session, call, &plan);
	if (code != EXIT_PASS)
		return (int)code;
	if (run_begin(&v.run, &session) != STATUS_OK) {
		session_abandon(&session);
		return EXIT_INCOMPLETE;
	}
	for (size_t i = 0; i < call->n_operands && !run_stopped(&v.run); i++)
		verify_file(&v, call->operands[i]);
	if (session.list >= 0 && verify_list(&v, session.list) && v.n_files == 0 &&
	    !set->allow_empty && !run_stopped(&v.run)) {
		complain("%s: this list of files is empty", set->files_from);
		run_abandon(&v.run);
		return EXIT_USAGE;
	}
	return (int)run_end(&v.run, v.n_files != 1);
}
