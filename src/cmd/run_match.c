/* SPDX-License-Identifier: MIT */
/* --yara: rules over what was judged.  They change no word; what was not looked at is told. */
#include "cmd/complain.h"
#include "cmd/run.h"
#include "countermeasures/file_analysis/yara.h"
#include <string.h>
#include <unistd.h>

void run_match(struct run *r, struct arena *a, const struct run_file *f, struct report *report)
{
	const struct yara *yara = r->session->yara;
	struct yara_answer answer = { .incomplete = "the file cannot be opened again" };
	int fd = strcmp(f->path, "-") == 0 ? -1 : run_open_again(f);

	if (fd >= 0 && yara_scan(yara, fd, report, a, &answer) != STATUS_OK)
		answer.incomplete = "its process cannot be started";
	if (fd >= 0)
		(void)close(fd);
	report->yara = answer.incomplete ? "incomplete" : "done";
	report->yara_rules = yara_rules_digest(yara);
	report->matches = answer.matches;
	report->n_matches = answer.n;
	if (!answer.incomplete)
		return;
	complain("%s: YARA rules were not all tried: %s", f->path, answer.incomplete);
	r->incomplete = true;
}
