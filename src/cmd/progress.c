/* SPDX-License-Identifier: MIT */
#include "cmd/progress.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/json.h"
#include "cmd/signals.h"
#include <sys/ioctl.h>
#include <unistd.h>

#define FIRST_MS      1000
#define AGAIN_MS      100
#define JSON_MS       1000
#define STEPS_A_LOOK  32 /* files between two looks at the clock */
#define WIDTH_DEFAULT 80
#define WIDTH_MIN     20
#define MEGABYTE      1000000.0

void progress_begin(struct progress *p, const struct settings *settings)
{
	struct winsize size = { 0 };

	*p = (struct progress){ .width = WIDTH_DEFAULT };
	p->on = settings->progress == WHEN_ALWAYS ||
		(settings->progress == WHEN_AUTO && settings->quiet < 2 &&
		 isatty(STDERR_FILENO) == 1);
	p->json = p->on && settings->format == EXPORT_JSON;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_MIN)
		p->width = size.ws_col;
	p->begun = clock_steady_ms();
	p->next = p->begun + FIRST_MS;
}

static void text_write(struct buffer *line)
{
	if (buffer_status(line) == STATUS_OK)
		(void)!write(STDERR_FILENO, line->bytes, line->len);
}

/* @path for people, its middle left out when it is wider than @room. */
static void path_add(struct buffer *out, const char *path, size_t room)
{
	CLEANUP(buffer_free) struct buffer shown = BUFFER_INIT;
	struct span all;

	escape_text(&shown, SPAN_TEXT(path));
	all = buffer_span(&shown);
	if (all.len <= room) {
		buffer_add(out, all);
		return;
	}
	if (room < 8)
		return;
	/* Half a character at the cut would be garbage: only ASCII is cut. */
	for (size_t i = 0; i < all.len; i++)
		if (span_at(all, i) >= 0x80)
			return;
	buffer_add(out, span_clip(all, 0, room / 2 - 2));
	buffer_text(out, "...");
	buffer_add(out, span_after(all, all.len - (room - room / 2 - 1)));
}

static void show_text(struct progress *p, const struct summary *done, const char *path,
		      double seconds)
{
	CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;
	double megabytes = (double)done->n_bytes / MEGABYTE;
	bool over = isatty(STDERR_FILENO) == 1 && p->on;
	size_t used;

	if (over)
		buffer_text(&line, "\r\033[K");
	used = line.len;
	buffer_printf(&line, "%llu files, %.0f MB, %.0f MB/s, %llu violations  ",
		      (unsigned long long)p->n_met, megabytes,
		      seconds > 0 ? megabytes / seconds : 0,
		      (unsigned long long)done->n_violations);
	used = line.len - used;
	if (path && used + 1 < p->width)
		path_add(&line, path, p->width - used - 1);
	if (!over)
		buffer_char(&line, '\n');
	text_write(&line);
	p->shown = over;
}

static void show_json(const struct progress *p, const struct summary *done, const char *path)
{
	CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;
	struct json j = json_begin(&line);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.progress/1");
	json_u64(&j, "met", p->n_met);
	json_u64(&j, "files", done->n_files);
	json_u64(&j, "violations", done->n_violations);
	json_u64(&j, "bytes", done->n_bytes);
	json_text(&j, "path", path);
	json_end(&j);
	buffer_char(&line, '\n');
	text_write(&line);
}

void progress_tick(struct progress *p, const struct summary *done, const char *path)
{
	bool asked = signals_progress();
	int64_t now;

	if (!p->on && !asked)
		return;
	now = clock_steady_ms();
	if (!asked && now < p->next)
		return;
	p->next = now + (p->json ? JSON_MS : AGAIN_MS);
	if (p->json)
		show_json(p, done, path);
	else
		show_text(p, done, path, (double)(now - p->begun) / 1000);
}

void progress_step(struct progress *p, const struct summary *done, const char *path)
{
	if (++p->n_met % STEPS_A_LOOK == 0)
		progress_tick(p, done, path);
}

void progress_hide(struct progress *p)
{
	if (!p->shown)
		return;
	(void)!write(STDERR_FILENO, "\r\033[K", 4);
	p->shown = false;
}
