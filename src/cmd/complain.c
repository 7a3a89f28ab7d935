/* SPDX-License-Identifier: MIT */
#include "cmd/complain.h"

#include "base/buffer.h"
#include "base/escape.h"
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_BYTES 8192

void complain(const char *format, ...)
{
	CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;
	char text[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buffer_text(&line, "assay: ");
	escape_text(&line, SPAN_TEXT(text));
	buffer_char(&line, '\n');
	if (buffer_status(&line) == STATUS_OK)
		(void)!write(STDERR_FILENO, line.bytes, line.len);
}
