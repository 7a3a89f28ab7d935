/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a configuration: an error with file, line and column, or values
 * that stand in the text word for word, that mean something, and that mean the
 * same when they are written down again.
 */
#include "cmd/config.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* Everything that counts, as a file of its own. */
static void write_down(struct buffer *out, const struct config *config)
{
	for (size_t i = 0; i < n_config_keys; i++) {
		const struct config_value *v;

		buffer_printf(out, "[%s]\n", config_keys[i].section);
		for (size_t n = 0; (v = config_effective(config, &config_keys[i], n)); n++) {
			buffer_printf(out, "%s = %s\n", config_keys[i].name, v->text);
			if (!config_keys[i].list)
				break;
		}
	}
}

static void check_same(const struct config *a, const struct config *b)
{
	for (size_t i = 0; i < n_config_keys; i++) {
		for (size_t n = 0; n == 0 || config_keys[i].list; n++) {
			const struct config_value *x = config_effective(a, &config_keys[i], n);
			const struct config_value *y = config_effective(b, &config_keys[i], n);

			must(!x == !y && (!x || strcmp(x->text, y->text) == 0),
			     "written down it means the same");
			if (!x)
				break;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
	CLEANUP(buffer_free) struct buffer again = BUFFER_INIT;
	struct config config = { 0 }, copy = { 0 };
	struct span text = { data, size };
	struct settings settings = { 0 };
	const char *problem;
	uint64_t at;

	if (config_parse(&a, text, "f", &config, &problem) != STATUS_OK) {
		unsigned line, column;

		must(problem && sscanf(problem, "f:%u:%u: ", &line, &column) == 2 &&
			     column >= 1,
		     "an error says where");
		return 0;
	}
	for (size_t i = 0; i < config.n; i++)
		must(SPAN_TEXT(config.values[i].text).len == 0 ||
			     span_find(text, SPAN_TEXT(config.values[i].text), 0, &at),
		     "a value stands in the text");
	/* A list may still turn out to be too long, with its last line. */
	must(config_apply(&a, &config, &settings, &problem) == STATUS_OK || problem,
	     "what was accepted can be applied");
	write_down(&again, &config);
	if (again.len <= CONFIG_MAX_FILE)
		must(config_parse(&a, buffer_span(&again), "g", &copy, &problem) == STATUS_OK,
		     "what was accepted is accepted again");
	if (again.len <= CONFIG_MAX_FILE)
		check_same(&config, &copy);
	return 0;
}
