/* SPDX-License-Identifier: MIT */
#include "source/companions.h"

#include "base/slot.h"
#include "source/names.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OPEN_COMPANION (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define OPEN_WAY       (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define SUFFIX_MAX     48

#define SEAL_FOLDER "_CodeSignature"
#define CODE_FOLDER "MacOS"
#define NAMED(name, suffix, max)                                                               \
	{                                                                                      \
		(name), (suffix), NULL, NULL, (max)                                            \
	}
#define PLACED(name, folder, beside)                                                           \
	{                                                                                      \
		(name), NULL, (beside), (folder), COMPANION_MAX_BUNDLE                         \
	}

const struct companion_row companion_rows[] = {
	NAMED("given", NULL, COMPANION_MAX_BUNDLE),
	NAMED("sig", ".sig", COMPANION_MAX_BYTES),
	NAMED("asc", ".asc", COMPANION_MAX_BYTES),
	NAMED("gpg", ".gpg", COMPANION_MAX_BYTES),
	NAMED("minisig", ".minisig", COMPANION_MAX_BYTES),
	NAMED("idsig", ".idsig", COMPANION_MAX_BYTES),
	NAMED("sigstore-json", ".sigstore.json", COMPANION_MAX_BUNDLE),
	NAMED("sigstore", ".sigstore", COMPANION_MAX_BUNDLE),
	/* Of the programs of a bundle: of macOS, of iOS, of a framework. */
	PLACED("Info.plist", CODE_FOLDER, "../Info.plist"),
	PLACED("CodeResources", CODE_FOLDER, "../" SEAL_FOLDER "/CodeResources"),
	PLACED("ticket", CODE_FOLDER, "../CodeResources"),
	PLACED("Info.plist", NULL, "Info.plist"),
	PLACED("Info.plist", NULL, "Resources/Info.plist"),
	PLACED("CodeResources", NULL, SEAL_FOLDER "/CodeResources"),
	/* What a bundle holds, as src/engine lists it. */
	NAMED("inventory", NULL, COMPANION_MAX_BUNDLE),
};
const size_t n_companion_rows = COUNT_OF(companion_rows);

uint8_t companion_row_of(const char *name)
{
	uint8_t row = 0;

	while (row < n_companion_rows && strcmp(companion_rows[row].name, name) != 0)
		row++;
	return row;
}

#define IMA "security.ima"
#define EVM "security.evm"

const char *const companion_attributes[] = {
	"security.selinux",
	"security.SMACK64",
	"security.SMACK64EXEC",
	"security.SMACK64TRANSMUTE",
	"security.SMACK64MMAP",
	"security.apparmor",
	IMA,
	"security.capability",
};
const size_t n_companion_attributes = COUNT_OF(companion_attributes);

bool companions_add(struct companions_open *c, int fd, uint8_t row)
{
	if (c->n == COMPANIONS_MAX) {
		(void)close(fd);
		return false;
	}
	c->fds[c->n] = fd;
	c->rows[c->n++] = row;
	return true;
}

void companions_close(struct companions_open *c)
{
	for (size_t i = 0; i < c->n; i++)
		(void)close(c->fds[i]);
	c->n = 0;
}

/* Of a path: its folder, and behind it the name. */
static struct span folder_of(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	struct span whole = SPAN_TEXT(path);

	*name = path;
	if (!slash)
		return SPAN_LITERAL(".");
	*name = text_after(slash, 1);
	return span_clip(whole, 0, whole.len - strlen(*name));
}

const char *companion_path(struct arena *a, const char *path, size_t row)
{
	const struct companion_row *r = &companion_rows[row];
	struct span folder;
	const char *name;

	if (r->suffix)
		return arena_printf(a, "%s%s", path, r->suffix);
	if (!r->beside)
		return NULL;
	folder = folder_of(path, &name);
	return arena_printf(a, "%.*s/%s", (int)folder.len, (const char *)folder.ptr, r->beside);
}

static int regular_open(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, OPEN_COMPANION);
	struct stat st;

	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	(void)close(fd);
	return -1;
}

static int open_named(int dirfd, const char *name, const char *suffix)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s%s", name, suffix);

	if (len < 0 || (size_t)len >= sizeof(path))
		return -1;
	return regular_open(dirfd, path);
}

/* A place has at most one folder on the way, which must be no link either. */
static int open_placed(int dirfd, const char *place)
{
	const char *name;
	struct span folder = folder_of(place, &name);
	char path[SUFFIX_MAX];
	int way, fd;

	if (snprintf(path, sizeof(path), "%.*s", (int)folder.len, (const char *)folder.ptr) >=
	    (int)sizeof(path))
		return -1;
	way = openat(dirfd, path, OPEN_WAY | O_NOFOLLOW);
	if (way < 0)
		return -1;
	fd = regular_open(way, name);
	(void)close(way);
	return fd;
}

static bool same_folder(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is @name from @dirfd this folder itself, or with @self NULL any folder? */
static bool is_folder(int dirfd, const char *name, const struct stat *self)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
	       (!self || same_folder(&st, self));
}

static bool in_code_folder(int dirfd)
{
	struct stat self;

	return fstat(dirfd, &self) == 0 && is_folder(dirfd, "../" CODE_FOLDER, &self);
}

/* What stands around the files of the folder @dirfd. */
static void open_around(int dirfd, struct companions_open *out)
{
	bool code = in_code_folder(dirfd), flat = !code && is_folder(dirfd, SEAL_FOLDER, NULL);

	for (size_t row = 0; (code || flat) && row < n_companion_rows; row++) {
		const struct companion_row *r = &companion_rows[row];
		int fd;

		if (!r->beside || (r->folder != NULL) != code)
			continue;
		fd = open_placed(dirfd, r->beside);
		if (fd >= 0 && !companions_add(out, fd, (uint8_t)row))
			return;
	}
}

void companions_open(int dirfd, const char *name, struct companions_open *out)
{
	char folder[PATH_MAX];
	struct span way;
	const char *last;
	int fd;

	for (size_t row = 0; row < n_companion_rows; row++) {
		if (!companion_rows[row].suffix)
			continue;
		fd = open_named(dirfd, name, companion_rows[row].suffix);
		if (fd >= 0 && !companions_add(out, fd, (uint8_t)row))
			return;
	}
	way = folder_of(name, &last);
	if (way.len >= sizeof(folder))
		return;
	(void)snprintf(folder, sizeof(folder), "%.*s", (int)way.len, (const char *)way.ptr);
	fd = openat(dirfd, folder, OPEN_WAY);
	if (fd < 0)
		return;
	open_around(fd, out);
	(void)close(fd);
}

/* Is @name among the names behind @from?  They are sorted by their bytes. */
static bool is_behind(const struct names *names, size_t from, const char *name)
{
	size_t to = names->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = strcmp(names_at(names, middle), name);

		if (order == 0)
			return true;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

bool companions_around(int dirfd, const struct names *names)
{
	return (names->n > 0 && is_behind(names, 0, SEAL_FOLDER)) || in_code_folder(dirfd);
}

bool companions_named(const struct names *names, size_t i)
{
	const char *name = names_at(names, i);
	char beside[NAME_MAX + SUFFIX_MAX];
	size_t len = strlen(name);

	/* Whatever begins with it stands right behind it: mostly nothing does. */
	if (i + 1 >= names->n || strncmp(names_at(names, i + 1), name, len) != 0)
		return false;
	for (size_t row = 0; row < n_companion_rows; row++) {
		const char *suffix = companion_rows[row].suffix;
		int n = suffix ? snprintf(beside, sizeof(beside), "%s%s", name, suffix) : -1;

		if (n > 0 && (size_t)n < sizeof(beside) && is_behind(names, i + 1, beside))
			return true;
	}
	return false;
}

static enum status companion_add(struct arena *a, const struct companion *from,
				 struct companions *out)
{
	struct companion *c = ARENA_NEW(a, struct companion, 1);

	if (!c)
		return STATUS_NO_MEMORY;
	*c = *from;
	c->next = out->first;
	out->first = c;
	return STATUS_OK;
}

/* As much of it as @max allows; false: it cannot be read. */
static bool read_whole(int fd, struct slot to)
{
	uint64_t done = 0;

	while (done < to.len) {
		struct slot left = slot_after(to, done);
		ssize_t n = pread(fd, left.ptr, left.len, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (uint64_t)n;
	}
	return true;
}

static enum status companion_read(struct arena *a, int fd, const struct companion_row *row,
				  struct companions *out)
{
	struct companion c = { .name = row->name };
	struct stat st;
	uint8_t *bytes;
	size_t len;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return STATUS_OK;
	c.size = (uint64_t)st.st_size;
	len = c.size < row->max ? (size_t)c.size : row->max;
	bytes = ARENA_NEW(a, uint8_t, len);
	if (!bytes)
		return STATUS_NO_MEMORY;
	if (!read_whole(fd, (struct slot){ bytes, len }))
		return STATUS_OK;
	c.bytes = (struct span){ bytes, len };
	return companion_add(a, &c, out);
}

enum status companions_read(struct arena *a, const struct companions_open *open,
			    struct companions *out)
{
	for (size_t i = open->n; i > 0; i--)
		if (open->rows[i - 1] < n_companion_rows)
			TRY(companion_read(a, open->fds[i - 1],
					   &companion_rows[open->rows[i - 1]], out));
	return STATUS_OK;
}

static enum status attribute_read(struct arena *a, int fd, const char *name,
				  struct companions *out)
{
	uint8_t value[COMPANION_MAX_XATTR];
	struct companion c = { .name = name };
	ssize_t len;

	/* Asked for room, the kernel takes and clears it first; mostly there is nothing. */
	if (fgetxattr(fd, name, NULL, 0) <= 0)
		return STATUS_OK;
	len = fgetxattr(fd, name, value, sizeof(value));
	if (len <= 0)
		return STATUS_OK;
	c.bytes = arena_copy(a, span_clip(SPAN_OF(value), 0, (uint64_t)len));
	c.size = (uint64_t)len;
	return c.bytes.ptr ? companion_add(a, &c, out) : STATUS_NO_MEMORY;
}

enum status companions_attributes(struct arena *a, int fd, struct companions *out)
{
	struct stat st;

	TRY(attribute_read(a, fd, IMA, out));
	TRY(attribute_read(a, fd, EVM, out));
	if (!companion_find(out, EVM) || fstat(fd, &st) != 0)
		return STATUS_OK;
	out->inode = (struct companion_inode){ st.st_uid, st.st_gid, (uint16_t)st.st_mode };
	for (size_t i = 0; i < n_companion_attributes; i++)
		if (strcmp(companion_attributes[i], IMA) != 0)
			TRY(attribute_read(a, fd, companion_attributes[i], out));
	return STATUS_OK;
}

const struct companion *companion_find(const struct companions *c, const char *name)
{
	const struct companion *found = c ? c->first : NULL;

	while (found && strcmp(found->name, name) != 0)
		found = found->next;
	return found;
}
