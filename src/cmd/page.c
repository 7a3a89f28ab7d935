/* SPDX-License-Identifier: MIT */
#include "cmd/page.h"

#include "base/utf8.h"
#include "cmd/complain.h"
#include "cmd/output.h"
#include "cmd/signals.h"
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int print_to(struct arena *a, const char *path, const struct buffer *text)
{
	const char *name = path ? path : "standard output";
	struct output out;
	enum status status;

	signals_watch();
	if (buffer_status(text) != STATUS_OK) {
		complain("out of memory");
		return EXIT_INCOMPLETE;
	}
	status = output_open(&out, a, path);
	if (status != STATUS_OK) {
		complain("%s: %s", name,
			 status == STATUS_IO ? strerrordesc_np(errno) : status_text(status));
		return status == STATUS_IO ? EXIT_USAGE : EXIT_INCOMPLETE;
	}
	buffer_add(&out.text, buffer_span(text));
	if (output_close(&out))
		return EXIT_PASS;
	if (out.error != EPIPE)
		complain("%s: %s", name, strerrordesc_np(out.error));
	return EXIT_INCOMPLETE;
}

int page_print(const struct buffer *text)
{
	return print_to(NULL, NULL, text);
}

int page_print_for(const struct invocation *call, const struct buffer *text)
{
	return print_to(call->arena, call->settings.output, text);
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

void page_path_json(struct json *j, struct span path)
{
	json_span(j, "path", path);
	if (!utf8_valid(path))
		json_base64(j, "path_b64", path);
}

void page_count(struct buffer *out, uint64_t n, const char *one)
{
	buffer_u64(out, n);
	buffer_printf(out, " %s%s", one, n == 1 ? "" : "s");
}
