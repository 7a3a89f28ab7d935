/* SPDX-License-Identifier: MIT */
/* assay allow, assay deny: the lists of files that may run or may not, by their digests. */
#include "base/hex.h"
#include "base/json.h"
#include "cmd/complain.h"
#include "cmd/guard_policy.h"
#include "cmd/page.h"
#include "crypto/digest.h"
#include "daemon/control.h"
#include "store/digest_list.h"
#include "trust/file.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LIST_ARENA    ((size_t)512 << 20)
#define FILE_MAX_SIZE ((size_t)64 << 30)

struct change {
	const struct invocation *call;
	struct arena arena;
	const char *path;
	struct digest_list list;
	struct buffer out;
	size_t n;
};

static int refused(const struct change *c, const char *problem)
{
	complain("%s: %s", c->call->command->name, problem);
	return EXIT_USAGE;
}

/* The digest that @what is, or that the file @what has. */
static enum status digest_of_operand(const char *what, struct digest *out)
{
	struct span mapping;
	enum status status;

	out->algorithm = DIGEST_SHA256;
	if (hex_parse(SPAN_TEXT(what), out->bytes, DIGEST_LIST_BYTES))
		return STATUS_OK;
	TRY(file_map(what, FILE_MAX_SIZE, &mapping));
	status = digest_of(DIGEST_SHA256, &mapping, 1, out);
	file_unmap(mapping);
	return status;
}

static int change_one(struct change *c, const char *what, bool adds)
{
	const char *reason = c->call->settings.reason;
	struct digest digest;
	bool changed = false;
	enum status status;

	errno = 0;
	status = digest_of_operand(what, &digest);
	if (status != STATUS_OK) {
		complain("%s: %s: %s; name a file, or a SHA-256 in hex", c->call->command->name,
			 what, errno ? strerrordesc_np(errno) : status_text(status));
		return EXIT_USAGE;
	}
	if (adds)
		status = digest_list_add(&c->arena, &c->list, digest_span(&digest),
					 reason ? reason : what, &changed);
	else
		changed = digest_list_remove(&c->list, digest_span(&digest));
	if (status != STATUS_OK)
		return refused(c, status_text(status));
	c->n += changed;
	buffer_text(&c->out, changed ? (adds ? "added    " : "removed  ")
				     : (adds ? "is there " : "is not there "));
	buffer_hex(&c->out, digest_span(&digest));
	buffer_char(&c->out, ' ');
	text_path(&c->out, what);
	buffer_char(&c->out, '\n');
	return EXIT_PASS;
}

static int list_print(struct change *c)
{
	for (size_t i = 0; i < c->list.n; i++) {
		const struct digest_entry *e = &c->list.entries[i];
		struct json j = json_begin(&c->out);

		if (c->call->settings.format != EXPORT_JSON) {
			buffer_hex(&c->out, SPAN_OF(e->digest));
			buffer_printf(&c->out, "  %s\n", e->reason);
			continue;
		}
		json_object(&j, NULL);
		json_text(&j, "schema", "assay.listed/1");
		json_text(&j, "list", c->call->command->name);
		json_hex(&j, "sha256", SPAN_OF(e->digest));
		json_text(&j, "reason", e->reason);
		json_end(&j);
		buffer_char(&c->out, '\n');
	}
	return page_print(&c->out);
}

/* A guard that runs shall know at once. */
static int guard_tell(const struct change *c)
{
	CLEANUP(buffer_free) struct buffer answer = { .limit = CONTROL_MAX_ANSWER };
	const char *socket = guard_socket_path(&c->call->settings);

	if (access(socket, F_OK) == 0 &&
	    control_ask(socket, CONTROL_RELOAD, &answer) != STATUS_OK) {
		complain("the list is changed, but the guard does not answer: %s",
			 strerrordesc_np(errno));
		return EXIT_INCOMPLETE;
	}
	return EXIT_PASS;
}

static int change(struct change *c, bool adds)
{
	const struct invocation *call = c->call;
	int code = EXIT_PASS;

	for (size_t i = 1; i < call->n_operands && code == EXIT_PASS; i++)
		code = change_one(c, call->operands[i], adds);
	if (code != EXIT_PASS)
		return code;
	if (c->n > 0 && !call->settings.dry_run &&
	    digest_list_write(c->path, &c->list) != STATUS_OK) {
		complain("%s: %s", c->path, strerrordesc_np(errno));
		return EXIT_INCOMPLETE;
	}
	code = page_print(&c->out);
	return code == EXIT_PASS && c->n > 0 && !call->settings.dry_run ? guard_tell(c) : code;
}

/* One change at a time: the folder is locked while the list is read and written. */
static int change_locked(struct change *c, bool adds)
{
	const char *problem = NULL;
	int lock = -1, code;

	if (!c->call->settings.dry_run && file_lock_folder(c->path, &lock) != STATUS_OK) {
		complain("%s: %s", c->path, strerrordesc_np(errno));
		return EXIT_INCOMPLETE;
	}
	if (digest_list_read(&c->arena, c->path, &c->list, &problem) != STATUS_OK)
		code = refused(c, problem ? problem : status_text(STATUS_NO_MEMORY));
	else
		code = change(c, adds);
	if (lock >= 0)
		(void)close(lock);
	return code;
}

int cmd_list(struct invocation *call)
{
	struct change c = { .call = call, .arena = ARENA_INIT(LIST_ARENA) };
	const char *what = call->n_operands > 0 ? call->operands[0] : "", *problem = NULL;
	bool adds = strcmp(what, "add") == 0;
	int code;

	c.path = call->command->id == COMMAND_ALLOW ? DIGEST_LIST_ALLOW : DIGEST_LIST_DENY;
	if (strcmp(what, "list") == 0) {
		code = page_operands(call, 1, 1);
		if (code == EXIT_PASS &&
		    digest_list_read(&c.arena, c.path, &c.list, &problem) != STATUS_OK)
			code = refused(&c, problem ? problem : status_text(STATUS_NO_MEMORY));
		if (code == EXIT_PASS)
			code = list_print(&c);
	} else if (!adds && strcmp(what, "remove") != 0) {
		code = refused(&c, "add, remove or list, and then files or digests");
	} else {
		code = page_operands(call, 2, SETTINGS_MAX_LIST);
		if (code == EXIT_PASS)
			code = change_locked(&c, adds);
	}
	buffer_free(&c.out);
	arena_free(&c.arena);
	return code;
}
