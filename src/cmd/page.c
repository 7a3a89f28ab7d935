/* SPDX-License-Identifier: MIT */
#include "cmd/page.h"

#include "cmd/complain.h"
#include "cmd/output.h"
#include "cmd/signals.h"
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

int page_print(const struct buffer *text)
{
	struct output out;

	signals_watch();
	if (buffer_status(text) != STATUS_OK || output_open(&out, NULL, NULL) != STATUS_OK) {
		complain("out of memory");
		return EXIT_INCOMPLETE;
	}
	buffer_add(&out.text, buffer_span(text));
	if (output_close(&out))
		return EXIT_PASS;
	if (out.error != EPIPE)
		complain("standard output: %s", strerrordesc_np(out.error));
	return EXIT_INCOMPLETE;
}

unsigned page_columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return PAGE_COLUMNS;
	return size.ws_col;
}

int page_operands_only(const struct invocation *call, size_t min, size_t max)
{
	if (call->n_operands >= min && call->n_operands <= max)
		return EXIT_PASS;
	complain("%s: too %s arguments; try: assay %s --help", call->command->name,
		 call->n_operands < min ? "few" : "many", call->command->name);
	return EXIT_USAGE;
}

int page_operands(const struct invocation *call, size_t min, size_t max)
{
	enum export_id format = call->settings.format;

	if (format != EXPORT_TEXT && format != EXPORT_JSON) {
		complain("%s: --format %s is for scan and verify; this can be text or json",
			 call->command->name, exports[format].name);
		return EXIT_USAGE;
	}
	return page_operands_only(call, min, max);
}
