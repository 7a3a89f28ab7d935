/* SPDX-License-Identifier: MIT */
/*
 * What libyara 4 is asked for.  It works on whole spans; its own tables are
 * walked with its own macros, which step through pointers.
 */
#include "countermeasures/file_analysis/libyara.h"

#include "base/memory.h"
#include "host/late_libraries.h"
#include "host/late_library.h"
#include <openssl/crypto.h>
#include <yara.h>

/* All that is called there. */
#define YARA_CALLS(CALL)                                                                       \
	CALL(yr_initialize)                                                                    \
	CALL(yr_finalize)                                                                      \
	CALL(yr_compiler_create)                                                               \
	CALL(yr_compiler_destroy)                                                              \
	CALL(yr_compiler_set_callback)                                                         \
	CALL(yr_compiler_set_include_callback)                                                 \
	CALL(yr_compiler_define_string_variable)                                               \
	CALL(yr_compiler_add_string)                                                           \
	CALL(yr_compiler_get_rules)                                                            \
	CALL(yr_rules_destroy)                                                                 \
	CALL(yr_rule_disable)                                                                  \
	CALL(yr_rule_enable)                                                                   \
	CALL(yr_scanner_create)                                                                \
	CALL(yr_scanner_destroy)                                                               \
	CALL(yr_scanner_set_callback)                                                          \
	CALL(yr_scanner_set_timeout)                                                           \
	CALL(yr_scanner_set_flags)                                                             \
	CALL(yr_scanner_define_string_variable)                                                \
	CALL(yr_scanner_scan_mem)

static const char *const yara_names[] = { YARA_CALLS(LATE_NAME) };
union yara_library {
	struct {
		YARA_CALLS(LATE_CALL)
	};
	late_function *list[COUNT_OF(yara_names)];
};

struct libyara {
	union yara_library calls;
	bool begun;
	YR_RULES *rules;
	size_t n;
};

/* What callbacks know. */
struct compiling {
	const char *name;
	struct buffer *error;
};

struct scanning {
	const struct libyara *y;
	struct yara_hits *hits;
	const char *refused; /* a module */
};

/* They open files of their own. */
static const char *const refused_modules[] = { "cuckoo", "magic" };

static bool library_load(union yara_library *calls)
{
	return late_library_load(YARA_LIBRARY, yara_names, COUNT_OF(yara_names), calls->list);
}

bool libyara_available(void)
{
	union yara_library calls;

	return library_load(&calls);
}

static void on_message(int level, const char *file, int line, const YR_RULE *rule,
		       const char *message, void *user)
{
	struct compiling *c = (struct compiling *)user;

	(void)file;
	(void)rule;
	if (level == YARA_ERROR_LEVEL_ERROR)
		buffer_printf(c->error, "%s:%d: %s\n", c->name, line, message);
}

/* libcrypto, which modules use, must not read its configuration. */
static enum status libraries_begin(struct libyara *y)
{
	uint64_t what = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT;

	if (!library_load(&y->calls))
		return STATUS_UNSUPPORTED;
	if (OPENSSL_init_crypto(what, NULL) != 1 || y->calls.yr_initialize() != ERROR_SUCCESS)
		return STATUS_NO_MEMORY;
	y->begun = true;
	return STATUS_OK;
}

static enum status rules_compile(struct libyara *y, YR_COMPILER *compiler, const char *name,
				 const char *text, struct buffer *error)
{
	const union yara_library *calls = &y->calls;
	struct compiling state = { name, error };

	calls->yr_compiler_set_callback(compiler, on_message, &state);
	calls->yr_compiler_set_include_callback(compiler, NULL, NULL, NULL);
	for (size_t i = 0; i < N_EXTERNALS; i++)
		if (calls->yr_compiler_define_string_variable(compiler, yara_external_names[i],
							      "") != ERROR_SUCCESS)
			return STATUS_NO_MEMORY;
	if (calls->yr_compiler_add_string(compiler, text, "default") != 0)
		return STATUS_MALFORMED;
	return calls->yr_compiler_get_rules(compiler, &y->rules) == ERROR_SUCCESS
		       ? STATUS_OK
		       : STATUS_NO_MEMORY;
}

/* --- scanning ---------------------------------------------------------------------------- */

/* libyara's matches do not stand where their type must (4.2.3), so they are copied first. */
static void strings_add(struct yara_hit *hit, const YR_MATCH *first)
{
	YR_MATCH match;

	for (const YR_MATCH *at = first; at && hit->n < YARA_MAX_STRINGS; at = match.next) {
		memcpy(&match, at, sizeof match);
		if (!match.is_private)
			hit->strings[hit->n++] =
				(struct range){ (uint64_t)(match.base + match.offset),
						(uint64_t)match.match_length };
	}
}

static void hit_add(struct scanning *s, const YR_SCAN_CONTEXT *context, const YR_RULE *rule)
{
	struct yara_hits *hits = s->hits;
	struct yara_hit *hit;
	const YR_STRING *string;

	if (hits->n == REPORT_MAX_MATCHES) {
		hits->end = YARA_TOO_MANY;
		return;
	}
	hit = &hits->list[hits->n++];
	hit->rule = (size_t)(rule - context->rules->rules_table);
	yr_rule_strings_foreach(rule, string)
	{
		strings_add(hit, context->matches[string->idx].head);
	}
}

static int module_judge(struct scanning *s, const YR_MODULE_IMPORT *module)
{
	for (size_t i = 0; i < COUNT_OF(refused_modules); i++)
		if (strcmp(module->module_name, refused_modules[i]) == 0)
			s->refused = refused_modules[i];
	return s->refused ? CALLBACK_ERROR : CALLBACK_CONTINUE;
}

static int on_event(YR_SCAN_CONTEXT *context, int what, void *data, void *user)
{
	struct scanning *s = (struct scanning *)user;

	if (what == CALLBACK_MSG_RULE_MATCHING)
		hit_add(s, context, (const YR_RULE *)data);
	else if (what == CALLBACK_MSG_TOO_MANY_MATCHES)
		s->hits->end = YARA_TOO_MANY;
	else if (what == CALLBACK_MSG_IMPORT_MODULE)
		return module_judge(s, (const YR_MODULE_IMPORT *)data);
	return CALLBACK_CONTINUE;
}

static enum yara_end end_of(int error)
{
	switch (error) {
	case ERROR_SUCCESS: return YARA_DONE;
	case ERROR_SCAN_TIMEOUT: return YARA_TIMEOUT;
	case ERROR_INSUFFICIENT_MEMORY: return YARA_NO_MEMORY;
	default: return YARA_FAILED;
	}
}

static void scan(struct scanning *s, struct span bytes, const char *const values[N_EXTERNALS],
		 unsigned timeout_s)
{
	const union yara_library *calls = &s->y->calls;
	YR_SCANNER *scanner;
	int error = calls->yr_scanner_create(s->y->rules, &scanner);

	if (error != ERROR_SUCCESS) {
		s->hits->end = end_of(error);
		return;
	}
	calls->yr_scanner_set_callback(scanner, on_event, s);
	calls->yr_scanner_set_timeout(scanner, (int)timeout_s);
	/* A crash shall end the process, not be survived with half an answer. */
	calls->yr_scanner_set_flags(scanner,
				    SCAN_FLAGS_REPORT_RULES_MATCHING | SCAN_FLAGS_NO_TRYCATCH);
	for (size_t i = 0; i < N_EXTERNALS && error == ERROR_SUCCESS; i++)
		error = calls->yr_scanner_define_string_variable(
			scanner, yara_external_names[i], values[i] ? values[i] : "");
	if (error == ERROR_SUCCESS)
		error = calls->yr_scanner_scan_mem(scanner, bytes.ptr, bytes.len);
	if (error != ERROR_SUCCESS || s->hits->end == YARA_END_NONE)
		s->hits->end = end_of(error);
	calls->yr_scanner_destroy(scanner);
}

void libyara_scan(const struct libyara *y, struct span bytes,
		  const char *const values[N_EXTERNALS], unsigned timeout_s,
		  struct yara_hits *out)
{
	static const uint8_t nothing[1];
	struct scanning s = { .y = y, .hits = out };

	if (bytes.len == 0)
		bytes = (struct span){ nothing, 0 };
	scan(&s, bytes, values, timeout_s);
}

/* Modules are loaded by a scan: one of nothing, with no rule on, tells which are imported. */
static enum status modules_judge(const struct libyara *y, const char *name,
				 struct buffer *error)
{
	static const char *const none[N_EXTERNALS] = { NULL };
	struct yara_hits *hits = (struct yara_hits *)memory_new(1, sizeof *hits);
	struct scanning s = { .y = y, .hits = hits };
	enum status status = STATUS_OK;
	YR_RULE *rule;

	if (!hits)
		return STATUS_NO_MEMORY;
	yr_rules_foreach(y->rules, rule)
	{
		y->calls.yr_rule_disable(rule);
	}
	scan(&s, SPAN_LITERAL(""), none, YARA_TIMEOUT_S);
	yr_rules_foreach(y->rules, rule)
	{
		y->calls.yr_rule_enable(rule);
	}
	if (s.refused) {
		buffer_printf(error,
			      "%s: the module \"%s\" reads other files and is not used\n", name,
			      s.refused);
		status = STATUS_MALFORMED;
	}
	memory_free(hits);
	return status;
}

/* --- rules ------------------------------------------------------------------------------- */

enum status libyara_compile(const char *name, const char *text, struct buffer *error,
			    struct libyara **out)
{
	struct libyara *y = (struct libyara *)memory_new(1, sizeof *y);
	YR_COMPILER *compiler = NULL;
	YR_RULE *rule;
	enum status status = y ? libraries_begin(y) : STATUS_NO_MEMORY;

	if (status == STATUS_UNSUPPORTED)
		buffer_printf(error, "%s: YARA is not installed: no %s\n", name, YARA_LIBRARY);
	if (status == STATUS_OK && y->calls.yr_compiler_create(&compiler) != ERROR_SUCCESS)
		status = STATUS_NO_MEMORY;
	if (status == STATUS_OK) {
		status = rules_compile(y, compiler, name, text, error);
		y->calls.yr_compiler_destroy(compiler);
	}
	if (status == STATUS_OK)
		status = modules_judge(y, name, error);
	if (status != STATUS_OK) {
		libyara_free(y);
		return status;
	}
	yr_rules_foreach(y->rules, rule)
	{
		y->n++;
	}
	*out = y;
	return STATUS_OK;
}

void libyara_free(struct libyara *y)
{
	if (y && y->rules)
		(void)y->calls.yr_rules_destroy(y->rules);
	if (y && y->begun)
		(void)y->calls.yr_finalize();
	memory_free(y);
}

size_t libyara_count(const struct libyara *y)
{
	return y->n;
}

enum status libyara_name(const struct libyara *y, size_t i, struct arena *a,
			 struct report_match *out)
{
	CLEANUP(buffer_free) struct buffer tags = BUFFER_INIT;
	const YR_RULE *rule = &y->rules->rules_table[i];
	const char *tag;

	yr_rule_tags_foreach(rule, tag)
	{
		if (tags.len > 0)
			buffer_char(&tags, ' ');
		buffer_text(&tags, tag);
	}
	TRY(buffer_status(&tags));
	out->name_space = arena_string(a, SPAN_TEXT(rule->ns->name));
	out->rule = arena_string(a, SPAN_TEXT(rule->identifier));
	out->tags = arena_string(a, buffer_span(&tags));
	return out->name_space && out->rule && out->tags ? STATUS_OK : STATUS_NO_MEMORY;
}
