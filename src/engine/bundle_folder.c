/* SPDX-License-Identifier: MIT */
#include "engine/bundle_folder.h"

#include "base/memory.h"
#include "evidence/wire.h"
#include "formats/bundle/bundle.h"
#include "source/walk.h"
#include "source/write.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FILE    (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define OPEN_WAY     (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define ARENA_BYTES  ((size_t)512 << 20) /* names and prints of all files */
#define REPORT_BYTES ((size_t)64 << 20)  /* one answer, decoded */
#define WAIT_MS      100

struct folder {
	const struct bundle_visit *visit;
	struct arena arena, report;
	struct bundle_node *nodes;
	size_t n;
	size_t prefix; /* of paths of the walk: what stands in front of names */
	int top;       /* the folder */
	struct bundle_tree tree;
	struct bundle_base *waiting; /* whose answer comes; NULL: files' */
	bool all;
};

#define INFO "Info.plist"

/* By these names, from the folder, it is known. */
static const char *const marks[] = {
	"Contents/Info.plist",
	"Contents/_CodeSignature/CodeResources",
	"_CodeSignature/CodeResources",
	"Versions/Current/_CodeSignature/CodeResources",
};

/* A linked Info.plist is refused by macOS, but makes the folder no less of a bundle. */
static bool is_mark(int dirfd, const char *name)
{
	size_t len = strlen(name), tail = strlen(INFO);
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	return S_ISREG(st.st_mode) || (S_ISLNK(st.st_mode) && len >= tail &&
				       strcmp(text_after(name, len - tail), INFO) == 0);
}

bool bundle_folder_is(const char *path)
{
	int dirfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct span name = SPAN_TEXT(path), tail;
	bool is = false;

	if (dirfd < 0)
		return false;
	while (name.len > 0 && span_at(name, name.len - 1) == '/')
		name.len--;
	tail = span_after(name, name.len < 4 ? name.len : name.len - 4);
	for (size_t i = 0; i < COUNT_OF(marks) && !is; i++)
		is = is_mark(dirfd, marks[i]);
	if (!is && span_equal(tail, SPAN_LITERAL(".app")))
		is = is_mark(dirfd, INFO);
	(void)close(dirfd);
	return is;
}

static enum status node_new(struct folder *f, const char *path, enum bundle_kind kind,
			    struct bundle_node **out)
{
	struct bundle_node *node = &f->nodes[f->n];

	if (f->n == BUNDLE_MAX_FILES)
		return STATUS_LIMIT;
	*node = (struct bundle_node){ .kind = kind, .origin = f->n };
	node->path = arena_copy(&f->arena, span_after(SPAN_TEXT(path), f->prefix));
	if (!node->path.ptr)
		return STATUS_NO_MEMORY;
	f->n++;
	*out = node;
	return STATUS_OK;
}

static enum status report_read(struct folder *f, const struct pool_answer *answer,
			       struct report *out)
{
	arena_reset(&f->report);
	if (answer->died || answer->timed_out)
		return STATUS_UNSUPPORTED;
	return wire_decode(&f->report, answer->report, out);
}

static enum status file_answered(struct folder *f, const struct pool_answer *answer)
{
	struct bundle_node *node = &f->nodes[answer->ticket];
	struct report report;

	if (report_read(f, answer, &report) != STATUS_OK || report.print.len == 0) {
		node->kind = BUNDLE_UNREAD;
		return STATUS_OK;
	}
	TRY(arena_keep(&f->arena, report.print, &node->print));
	return arena_keep(&f->arena, report.executable, &node->executable);
}

static enum status base_answered(struct folder *f, const struct pool_answer *answer)
{
	const struct bundle_visit *v = f->visit;
	struct bundle_base *b = f->waiting;
	struct report report;
	bool told = f->all || b->root.len == 0;

	if (report_read(f, answer, &report) != STATUS_OK) {
		if (told)
			v->failed(v->context, b->root,
				  answer->timed_out ? "error.timeout" : "error.worker",
				  answer->timed_out
					  ? "this bundle took too long"
					  : "the process that judged this bundle died");
		return STATUS_OK;
	}
	b->judged = report.print.len > 0;
	TRY(arena_keep(&f->arena, report.print, &b->print));
	if (told)
		v->answer(v->context, b->root, answer->report);
	return STATUS_OK;
}

/* Waits until at most @n are outstanding.  STATUS_CHANGED: somebody asked to stop. */
static enum status answers_take(struct folder *f, size_t n)
{
	const struct bundle_visit *v = f->visit;

	while (pool_outstanding(v->pool) > n) {
		struct pool_answer answer;

		if (v->stopped(v->context))
			return STATUS_CHANGED;
		if (!pool_next(v->pool, WAIT_MS, &answer) || answer.inside)
			continue; /* programs inside are told with their own files */
		TRY(f->waiting ? base_answered(f, &answer) : file_answered(f, &answer));
	}
	return STATUS_OK;
}

static enum status file_send(struct folder *f, struct bundle_node *node,
			     const struct walk_entry *e)
{
	struct engine_file file = { .part = strcmp(e->name, INFO) == 0 ? ENGINE_INFO
								       : ENGINE_SEALED };
	struct stat st;

	file.fd = openat(e->dirfd, e->name, OPEN_FILE);
	if (file.fd >= 0 && fstat(file.fd, &st) == 0 && S_ISREG(st.st_mode)) {
		TRY(answers_take(f, POOL_MAX_FILES - 1));
		TRY(pool_submit(f->visit->pool, &file, node->origin));
		return STATUS_OK;
	}
	if (file.fd >= 0)
		(void)close(file.fd);
	node->kind = BUNDLE_UNREAD;
	return STATUS_OK;
}

static enum status link_read(struct folder *f, struct bundle_node *node,
			     const struct walk_entry *e)
{
	uint8_t target[PATH_MAX];
	ssize_t len = readlinkat(e->dirfd, e->name, (char *)target, sizeof(target));

	if (len <= 0 || (size_t)len == sizeof(target)) {
		node->kind = BUNDLE_UNREAD;
		return STATUS_OK;
	}
	return arena_keep(&f->arena, span_clip(SPAN_OF(target), 0, (uint64_t)len),
			  &node->target);
}

static enum status entry_take(struct folder *f, const struct walk_entry *e)
{
	static const enum bundle_kind kinds[] = {
		[WALK_FILE] = BUNDLE_FILE,    [WALK_SPECIAL] = BUNDLE_SPECIAL,
		[WALK_LINK] = BUNDLE_LINK,    [WALK_ERROR] = BUNDLE_UNREAD,
		[WALK_MOUNT] = BUNDLE_UNREAD,
	};
	struct bundle_node *node;

	if (e->kind == WALK_ERROR && e->error == ENOENT)
		return STATUS_OK; /* it went away */
	TRY(node_new(f, e->path, kinds[e->kind], &node));
	if (e->kind == WALK_FILE)
		return file_send(f, node, e);
	return e->kind == WALK_LINK ? link_read(f, node, e) : STATUS_OK;
}

static enum status files_take(struct folder *f, const char *path)
{
	struct walk *walk = walk_new(path, &(struct walk_options){ 0 });
	enum status status = STATUS_OK;
	struct walk_entry e;

	if (!walk)
		return STATUS_NO_MEMORY;
	while (status == STATUS_OK && walk_next(walk, &e))
		status = entry_take(f, &e);
	walk_free(walk);
	TRY(status);
	return answers_take(f, 0);
}

/* Opens what stands at @path from the folder; no name of it may be a link. */
static int node_open(const struct folder *f, struct span path)
{
	int at = dup(f->top);
	uint64_t from = 0, end;

	for (; at >= 0 && from <= path.len; from = end + 1) {
		char name[NAME_MAX + 1];
		bool last = !span_find(path, SPAN_LITERAL("/"), from, &end);
		struct span part = span_clip(path, from, last ? path.len : end - from);
		int next;

		if (!part.ptr || part.len > NAME_MAX) {
			(void)close(at);
			return -1;
		}
		name[span_copy(name, NAME_MAX, part)] = 0;
		next = openat(at, name, last ? OPEN_FILE : OPEN_WAY);
		(void)close(at);
		at = next;
		if (last)
			break;
	}
	return at;
}

static void beside_add(const struct folder *f, struct engine_file *file, size_t node,
		       const char *name)
{
	int fd = node == BUNDLE_NOWHERE ? -1 : node_open(f, f->tree.nodes[node].path);

	if (fd >= 0)
		(void)companions_add(&file->beside, fd, companion_row_of(name));
}

static int memory_file(const char *name, struct span bytes)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0 || write_all(fd, bytes))
		return fd;
	(void)close(fd);
	return -1;
}

static int program_open(const struct folder *f, const struct bundle_base *b)
{
	size_t node = bundle_base_judged(b);

	/* Without a program its list alone is judged. */
	return node == BUNDLE_NOWHERE ? memory_file("nothing", SPAN_NONE)
				      : node_open(f, f->tree.nodes[node].path);
}

static enum status base_judge(struct folder *f, struct bundle_base *b)
{
	CLEANUP(buffer_free) struct buffer list = BUFFER_INIT;
	struct engine_file file = { .fd = -1 };
	int inventory;

	TRY(bundle_tree_inventory(&f->tree, b, &list));
	inventory = memory_file("inventory", buffer_span(&list));
	if (inventory < 0)
		return STATUS_IO;
	(void)companions_add(&file.beside, inventory, companion_row_of("inventory"));
	file.fd = program_open(f, b);
	beside_add(f, &file, b->info, INFO);
	beside_add(f, &file, b->seal, "CodeResources");
	beside_add(f, &file, b->ticket, "ticket");
	f->waiting = b;
	if (file.fd >= 0 && pool_submit(f->visit->pool, &file, 0) == STATUS_OK)
		return answers_take(f, 0);
	companions_close(&file.beside);
	if (file.fd >= 0)
		(void)close(file.fd);
	return STATUS_IO;
}

static enum status bases_judge(struct folder *f)
{
	for (size_t i = 0; i < f->tree.n_bases; i++)
		TRY(base_judge(f, &f->tree.bases[i]));
	return STATUS_OK;
}

static void failure_tell(const struct folder *f, enum status status)
{
	const struct bundle_visit *v = f->visit;
	struct pool_answer unused;

	/* Nobody else must be given answers that are ours. */
	while (pool_outstanding(v->pool) > 0 && !v->stopped(v->context))
		if (!pool_next(v->pool, WAIT_MS, &unused))
			continue;
	if (status != STATUS_CHANGED)
		v->failed(v->context, SPAN_NONE,
			  status == STATUS_LIMIT       ? "limit.bundle"
			  : status == STATUS_NO_MEMORY ? "error.memory"
						       : "error.io",
			  status_text(status));
}

static enum status folder_judge(struct folder *f, const char *path)
{
	TRY(files_take(f, path));
	TRY(bundle_tree_read(&f->arena, f->nodes, f->n, &f->tree));
	TRY(bases_judge(f));
	/* Its marks went away meanwhile. */
	return bundle_tree_top(&f->tree) ? STATUS_OK : STATUS_IO;
}

void bundle_folder_judge(const char *path, bool all, const struct bundle_visit *visit)
{
	struct span name = SPAN_TEXT(path);
	struct folder f = {
		.visit = visit,
		.arena = ARENA_INIT(ARENA_BYTES),
		.report = ARENA_INIT(REPORT_BYTES),
		.prefix = name.len + (span_at(name, name.len - 1) != '/'),
		.all = all,
	};
	enum status status = STATUS_NO_MEMORY;

	f.nodes = (struct bundle_node *)memory_new(BUNDLE_MAX_FILES, sizeof(*f.nodes));
	f.top = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (f.nodes && f.top < 0)
		status = STATUS_IO;
	else if (f.nodes)
		status = folder_judge(&f, path);
	if (status != STATUS_OK)
		failure_tell(&f, status);
	if (f.top >= 0)
		(void)close(f.top);
	memory_free(f.nodes);
	arena_free(&f.arena);
	arena_free(&f.report);
}
