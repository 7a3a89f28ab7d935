/* SPDX-License-Identifier: MIT */
#include "store/installed.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "source/identity.h"
#include "source/paths.h"
#include "store/dpkg_status.h"
#include "store/packages.h"
#include <errno.h>
#include <fcntl.h>

#define ENTRY_ARENA ((size_t)1 << 20)
#define TEXT_ARENA  ((size_t)64 << 10)

/* How a file was before it was read; .id.ino 0: there was none. */
struct seen {
	const char *path;
	struct source_identity id;
};

struct installed {
	struct arena arena, texts; /* of dpkg's list; of paths and problems */
	const struct trust_store *believed;
	struct packages *packages; /* NULL: nothing can be said */
	struct dpkg_status status;
	struct seen index, list;
	size_t n_lacking; /* of what is installed, in no index */
	const char *problem;
};

static struct source_identity file_look(const char *path)
{
	struct statx x;

	return statx(AT_FDCWD, path, 0, IDENTITY_STATX_MASK, &x) == 0
		       ? identity_from_statx(&x)
		       : (struct source_identity){ 0 };
}

#define MAKE_IT "assay trust import --packages --system makes it anew"

/* What cannot even be said for want of memory is a problem, too. */
static void problem_say(struct installed *i, const char *path, const char *why)
{
	const char *text = arena_printf(&i->texts, "%s: %s", path, why);

	i->problem = text ? text : status_text(STATUS_NO_MEMORY);
}

static bool list_read(struct installed *i)
{
	enum status status;

	errno = 0;
	status = dpkg_status_read(&i->arena, i->list.path, &i->status);
	if (status == STATUS_OK)
		return true;
	problem_say(i, i->list.path,
		    status == STATUS_IO && errno != 0 ? path_unread(errno)
						      : status_text(status));
	return false;
}

/* What was installed since the index was made, or whose archive was not at hand then. */
static void lacking_count(struct installed *i)
{
	struct buffer first CLEANUP(buffer_free) = BUFFER_INIT;
	const char *text;

	for (size_t k = 0; k < i->status.n; k++) {
		const struct dpkg_package *package = &i->status.each[k];
		struct buffer name CLEANUP(buffer_free) = BUFFER_INIT;

		buffer_add(&name, package->name);
		buffer_char(&name, ' ');
		buffer_add(&name, package->version);
		buffer_char(&name, ' ');
		buffer_add(&name, package->architecture);
		if (buffer_status(&name) == STATUS_OK &&
		    packages_covers(i->packages, buffer_span(&name)))
			continue;
		if (i->n_lacking++ == 0)
			buffer_add(&first, buffer_span(&name));
	}
	if (i->n_lacking == 0)
		return;
	text = arena_string(&i->texts, buffer_span(&first));
	text = arena_printf(&i->texts,
			    "lacks %zu of %zu installed packages (the first: %s), so that what "
			    "is in none may be of them; with their archives at hand " MAKE_IT,
			    i->n_lacking, i->status.n, text ? text : "");
	problem_say(i, i->index.path, text ? text : status_text(STATUS_NO_MEMORY));
}

static void files_read(struct installed *i, bool (*firm)(struct span path))
{
	const struct seen *const files[] = { &i->index, &i->list };
	const char *problem = NULL;

	if (i->index.id.ino == 0) {
		problem_say(i, i->index.path,
			    "cannot be read, so that nobody's package is known; " MAKE_IT);
		return;
	}
	for (size_t k = 0; firm && k < COUNT_OF(files); k++)
		if (files[k]->id.ino != 0 && !firm(SPAN_TEXT(files[k]->path))) {
			problem_say(i, files[k]->path,
				    "somebody else than root can change it, or a folder above "
				    "it: no package is believed");
			return;
		}
	if (!list_read(i))
		return;
	i->packages = packages_open(&i->texts, i->index.path, &problem);
	if (i->packages && packages_index(i->packages)) {
		lacking_count(i);
		return;
	}
	packages_close(i->packages);
	i->packages = NULL;
	i->problem = problem ? problem : status_text(STATUS_NO_MEMORY);
}

struct installed *installed_open(const struct installed_from *from)
{
	struct installed *i = (struct installed *)memory_new(1, sizeof(*i));

	if (!i)
		return NULL;
	*i = (struct installed){ .arena = ARENA_INIT(DPKG_ARENA_BYTES),
				 .texts = ARENA_INIT(TEXT_ARENA),
				 .believed = from->believed };
	i->index.path = arena_string(&i->texts, SPAN_TEXT(from->index));
	i->list.path = arena_string(&i->texts, SPAN_TEXT(from->status));
	if (!i->index.path || !i->list.path) {
		installed_close(i);
		return NULL;
	}
	/* Before they are read: what changes meanwhile is another file. */
	i->index.id = file_look(i->index.path);
	i->list.id = file_look(i->list.path);
	files_read(i, from->firm);
	return i;
}

void installed_close(struct installed *i)
{
	if (!i)
		return;
	packages_close(i->packages);
	arena_free(&i->arena);
	arena_free(&i->texts);
	memory_free(i);
}

const char *installed_problem(const struct installed *i)
{
	return i ? i->problem : NULL;
}

bool installed_changed(const struct installed *i)
{
	const struct seen *const files[] = { &i->index, &i->list };

	for (size_t k = 0; k < COUNT_OF(files); k++) {
		struct source_identity now = file_look(files[k]->path);

		if (!identity_equal(&now, &files[k]->id))
			return true;
	}
	return false;
}

struct asking {
	const struct installed *installed;
	struct arena *arena;
	const struct dpkg_package *found;
	bool foreign; /* of a package that dpkg knows nothing of */
	enum status status;
};

static bool is_believed(struct asking *q, const struct package_entry *e)
{
	struct trust_answer answer = { 0 };

	if (q->status == STATUS_OK)
		q->status = trust_key_judge(q->installed->believed, q->arena, TRUST_OPENPGP,
					    e->key, e->archive, &answer);
	return q->status == STATUS_OK && answer.trust == ASSAY_TRUST_ANCHORED;
}

static bool entry_take(void *context, const struct package_entry *e)
{
	struct asking *q = (struct asking *)context;
	const struct dpkg_package *there;
	struct dpkg_package package;

	if (!dpkg_package_parse(SPAN_TEXT(e->name), &package)) {
		q->foreign = true;
		return true;
	}
	there = dpkg_package_like(&q->installed->status, &package);
	if (!there || !span_equal(there->version, package.version) || !is_believed(q, e))
		return q->status == STATUS_OK;
	if (!q->found || span_compare(there->name, q->found->name) < 0)
		q->found = there;
	return true;
}

struct policy_value installed_package(const struct installed *i, struct span sha256)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ENTRY_ARENA);
	struct asking q = { .installed = i, .arena = &a };
	uint8_t digest[32];
	enum status status;

	if (!i || !i->packages || span_copy(digest, sizeof(digest), sha256) != sizeof(digest))
		return (struct policy_value){ 0 };
	status = packages_each(i->packages, digest, &a, entry_take, &q);
	if (status != STATUS_OK || q.status != STATUS_OK)
		return (struct policy_value){ 0 };
	if (q.found)
		return policy_octets(q.found->name);
	return q.foreign || i->n_lacking > 0 ? (struct policy_value){ 0 } : policy_absent();
}
