/* SPDX-License-Identifier: MIT */
#include "host/mounts.h"

#include "base/buffer.h"
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Sorted by name. */
static const struct type_row {
	const char *name;
	enum mount_kind kind;
} types[] = {
	{"9p",           MOUNT_REMOTE },
        { "afs",         MOUNT_REMOTE },
	{ "autofs",      MOUNT_SYSTEM },
        { "bcachefs",    MOUNT_UNKNOWN},
	{ "binfmt_misc", MOUNT_SYSTEM },
        { "bpf",         MOUNT_SYSTEM },
	{ "btrfs",       MOUNT_DISK   },
        { "ceph",        MOUNT_REMOTE },
	{ "cgroup",      MOUNT_SYSTEM },
        { "cgroup2",     MOUNT_SYSTEM },
	{ "cifs",        MOUNT_REMOTE },
        { "configfs",    MOUNT_SYSTEM },
	{ "debugfs",     MOUNT_SYSTEM },
        { "devpts",      MOUNT_SYSTEM },
	{ "devtmpfs",    MOUNT_MEMORY },
        { "efivarfs",    MOUNT_SYSTEM },
	{ "erofs",       MOUNT_DISK   },
        { "ext2",        MOUNT_DISK   },
	{ "ext3",        MOUNT_DISK   },
        { "ext4",        MOUNT_DISK   },
	{ "f2fs",        MOUNT_DISK   },
        { "fuse",        MOUNT_SERVED },
	{ "fuseblk",     MOUNT_SERVED },
        { "fusectl",     MOUNT_SYSTEM },
	{ "hugetlbfs",   MOUNT_SYSTEM },
        { "iso9660",     MOUNT_DISK   },
	{ "mqueue",      MOUNT_SYSTEM },
        { "nfs",         MOUNT_REMOTE },
	{ "nfs4",        MOUNT_REMOTE },
        { "nsfs",        MOUNT_SYSTEM },
	{ "overlay",     MOUNT_LAYERED},
        { "proc",        MOUNT_SYSTEM },
	{ "pstore",      MOUNT_SYSTEM },
        { "ramfs",       MOUNT_MEMORY },
	{ "rpc_pipefs",  MOUNT_SYSTEM },
        { "securityfs",  MOUNT_SYSTEM },
	{ "selinuxfs",   MOUNT_SYSTEM },
        { "smb3",        MOUNT_REMOTE },
	{ "squashfs",    MOUNT_DISK   },
        { "sysfs",       MOUNT_SYSTEM },
	{ "tmpfs",       MOUNT_MEMORY },
        { "tracefs",     MOUNT_SYSTEM },
	{ "virtiofs",    MOUNT_REMOTE },
        { "xfs",         MOUNT_DISK   },
};

static int by_name(const void *key, const void *row)
{
	return strcmp((const char *)key, ((const struct type_row *)row)->name);
}

enum mount_kind mount_kind_of(const char *type)
{
	const struct type_row *row = (const struct type_row *)bsearch(
		type, types, COUNT_OF(types), sizeof(types[0]), by_name);

	if (row)
		return row->kind;
	/* "fuse.sshfs": a program answers for it. */
	return strncmp(type, "fuse.", 5) == 0 ? MOUNT_SERVED : MOUNT_UNKNOWN;
}

bool mount_is_others(enum mount_kind kind)
{
	return kind == MOUNT_REMOTE || kind == MOUNT_SERVED;
}

/* The field up to the next blank, and what is behind it. */
static struct span field_next(struct span *line)
{
	uint64_t end;
	struct span field = *line;

	if (!span_find(*line, SPAN_LITERAL(" "), 0, &end)) {
		*line = SPAN_NONE;
		return field;
	}
	field = span_clip(*line, 0, end);
	*line = span_after(*line, end + 1);
	return field;
}

static bool is_octal(struct span s, uint64_t at)
{
	return span_at(s, at) >= '0' && span_at(s, at) <= '7';
}

/* The kernel writes blanks, tabs, newlines and backslashes as "\040". */
static const char *unescaped(struct arena *a, struct span text)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	for (uint64_t i = 0; i < text.len; i++) {
		int c = span_at(text, i);

		if (c == '\\' && is_octal(text, i + 1) && is_octal(text, i + 2) &&
		    is_octal(text, i + 3)) {
			c = ((span_at(text, i + 1) - '0') & 3) << 6 |
			    (span_at(text, i + 2) - '0') << 3 | (span_at(text, i + 3) - '0');
			i += 3;
		}
		buffer_char(&b, (char)c);
	}
	if (buffer_status(&b) != STATUS_OK)
		return NULL;
	return arena_string(a, buffer_span(&b));
}

static bool number_read(struct span text, unsigned *out)
{
	*out = 0;
	for (uint64_t i = 0; i < text.len; i++) {
		uint8_t c = span_at(text, i);

		if (c < '0' || c > '9' || i == 9)
			return false;
		*out = *out * 10 + (unsigned)(c - '0');
	}
	return text.len > 0;
}

/* "98:0" */
static bool dev_read(struct span text, uint64_t *out)
{
	unsigned major, minor;
	uint64_t colon;

	if (!span_find(text, SPAN_LITERAL(":"), 0, &colon) ||
	    !number_read(span_clip(text, 0, colon), &major) ||
	    !number_read(span_after(text, colon + 1), &minor))
		return false;
	*out = makedev(major, minor);
	return true;
}

/* UINT32_MAX, which is nobody: it makes no sense. */
static uint32_t id_read(struct span text, uint64_t from, uint64_t end)
{
	uint64_t id = 0;

	for (uint64_t i = from; i < end; i++) {
		uint8_t c = span_at(text, i);

		if (c < '0' || c > '9' || id > UINT32_MAX)
			return UINT32_MAX;
		id = id * 10 + (uint64_t)(c - '0');
	}
	return end > from && id < UINT32_MAX ? (uint32_t)id : UINT32_MAX;
}

/* "rw,user_id=1000,group_id=100,allow_other"; no such option: nobody. */
static uint32_t option_id(struct span options, struct span name)
{
	for (uint64_t at = 0, end = 0; at < options.len; at = end + 1) {
		if (!span_find(options, SPAN_LITERAL(","), at, &end))
			end = options.len;
		if (span_equal(span_clip(options, at, name.len), name))
			return id_read(options, at + name.len, end);
	}
	return UINT32_MAX;
}

/* Overlayfs wants some characters behind one, and keeps what it was told. */
static enum status backslashes_drop(struct arena *a, const char **path)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct span text = SPAN_TEXT(*path);

	for (uint64_t i = 0; i < text.len; i++) {
		if (span_at(text, i) == '\\' && i + 1 < text.len)
			i++;
		buffer_char(&b, (char)span_at(text, i));
	}
	TRY(buffer_status(&b));
	*path = arena_string(a, buffer_span(&b));
	return *path ? STATUS_OK : STATUS_NO_MEMORY;
}

/* "rw,lowerdir=/a,upperdir=/b\\054c"; *@out NULL: no such option, or no whole path. */
static enum status option_path(struct arena *a, struct span options, struct span name,
			       const char **out)
{
	*out = NULL;
	for (uint64_t at = 0, end = 0; at < options.len; at = end + 1) {
		if (!span_find(options, SPAN_LITERAL(","), at, &end))
			end = options.len;
		if (!span_equal(span_clip(options, at, name.len), name) ||
		    span_at(options, at + name.len) != '/')
			continue;
		*out = unescaped(a, span_clip(options, at + name.len, end - at - name.len));
		return *out ? backslashes_drop(a, out) : STATUS_NO_MEMORY;
	}
	return STATUS_OK;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw" */
static enum status line_take(struct arena *a, struct span line, struct mounts *out)
{
	struct mount *m = &out->each[out->n];
	struct span dev, point;
	uint64_t dash;

	(void)field_next(&line);
	(void)field_next(&line);
	dev = field_next(&line);
	(void)field_next(&line);
	point = field_next(&line);
	*m = (struct mount){ 0 };
	if (!span_find(line, SPAN_LITERAL("- "), 0, &dash) || point.len == 0 ||
	    !dev_read(dev, &m->dev))
		return STATUS_OK;
	line = span_after(line, dash + 2);
	m->point = unescaped(a, point);
	m->type = arena_string(a, field_next(&line));
	m->source = unescaped(a, field_next(&line));
	if (!m->point || !m->type || !m->source)
		return STATUS_NO_MEMORY;
	m->kind = mount_kind_of(m->type);
	if (m->kind == MOUNT_SERVED) {
		m->user = option_id(line, SPAN_LITERAL("user_id="));
		m->group = option_id(line, SPAN_LITERAL("group_id="));
	}
	if (m->kind == MOUNT_LAYERED)
		TRY(option_path(a, line, SPAN_LITERAL("upperdir="), &m->upper));
	out->n++;
	return STATUS_OK;
}

static size_t lines_count(struct span text)
{
	size_t n = 1;
	uint64_t at = 0;

	while (n < MOUNTS_MAX && span_find(text, SPAN_LITERAL("\n"), at, &at)) {
		n++;
		at++;
	}
	return n;
}

static int by_device(const void *a, const void *b)
{
	uint64_t x = ((const struct mount *)a)->dev, y = ((const struct mount *)b)->dev;

	return (x > y) - (x < y);
}

static int by_point(const void *a, const void *b)
{
	return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* Whoever mounts decides how many lines there are: nothing is looked for line by line. */
static void sort(struct mounts *m)
{
	qsort(m->each, m->n, sizeof(m->each[0]), by_device);
	for (size_t i = 0; i < m->n; i++)
		if (mount_is_others(m->each[i].kind))
			m->remote[m->n_remote++] = SPAN_TEXT(m->each[i].point);
	qsort(m->remote, m->n_remote, sizeof(m->remote[0]), by_point);
}

enum status mounts_parse(struct arena *a, struct span text, struct mounts *out)
{
	size_t room = lines_count(text);

	*out = (struct mounts){ .each = ARENA_NEW(a, struct mount, room),
				.remote = ARENA_NEW(a, struct span, room) };
	if (!out->each || !out->remote)
		return STATUS_NO_MEMORY;
	while (text.len > 0 && out->n < room) {
		uint64_t end;

		if (!span_find(text, SPAN_LITERAL("\n"), 0, &end))
			end = text.len;
		TRY(line_take(a, span_clip(text, 0, end), out));
		text = span_after(text, end + 1);
	}
	out->cut = text.len > 0;
	sort(out);
	return STATUS_OK;
}

enum status mounts_read(struct arena *a, int table, struct mounts *out)
{
	CLEANUP(buffer_free) struct buffer text = { .limit = MOUNTS_MAX_BYTES };
	uint8_t chunk[4096];
	ssize_t n;

	*out = (struct mounts){ 0 };
	if (lseek(table, 0, SEEK_SET) != 0)
		return STATUS_IO;
	while ((n = read(table, chunk, sizeof(chunk))) > 0)
		buffer_add(&text, span_clip(SPAN_OF(chunk), 0, (uint64_t)n));
	if (n < 0)
		return STATUS_IO;
	TRY(mounts_parse(a, buffer_span(&text), out));
	out->cut = out->cut || buffer_status(&text) != STATUS_OK;
	return STATUS_OK;
}

static bool is_remote(const struct mounts *m, struct span point)
{
	return bsearch(&point, m->remote, m->n_remote, sizeof(m->remote[0]), by_point) != NULL;
}

bool mounts_reach(const struct mounts *m, const char *point)
{
	struct span path = SPAN_TEXT(point);
	uint64_t at = 0;

	/* "/" and "/mnt" stand on the way to "/mnt/in". */
	if (path.len > 1 && is_remote(m, SPAN_LITERAL("/")))
		return false;
	while (span_find_byte(path, '/', at + 1, &at))
		if (is_remote(m, span_clip(path, 0, at)))
			return false;
	return true;
}

bool mounts_lead_to(const struct mounts *m, const char *point)
{
	return mounts_reach(m, point) && !is_remote(m, SPAN_TEXT(point));
}

/* Is @path @point, or below it? */
static bool lies_in(struct span path, struct span point)
{
	return point.len == 1 || (span_equal(span_clip(path, 0, point.len), point) &&
				  (path.len == point.len || span_at(path, point.len) == '/'));
}

const struct mount *mounts_served(const struct mounts *m, const char *path)
{
	const struct mount *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct mount *each = &m->each[i];
		size_t len = strlen(each->point);

		/* Of two at the same point nobody knows here which lies upon the other. */
		if ((len > longest || (len == longest && mount_is_others(each->kind))) &&
		    lies_in(SPAN_TEXT(path), SPAN_TEXT(each->point))) {
			best = each;
			longest = len;
		}
	}
	return best && mount_is_others(best->kind) ? best : NULL;
}

/* The digits at *@at, and behind them the next; none: 0. */
static unsigned digits_take(struct span text, uint64_t *at)
{
	unsigned number = 0;
	uint8_t c;

	for (; (c = span_at(text, *at)) >= '0' && c <= '9' && number < 100000; (*at)++)
		number = number * 10 + (unsigned)(c - '0');
	return number;
}

bool mounts_release_hides(struct span release)
{
	uint64_t at = 0;
	unsigned major = digits_take(release, &at), minor;

	at++;
	minor = digits_take(release, &at);
	return major < 6 || (major == 6 && minor < 5);
}

bool mounts_layers_hide(void)
{
	struct utsname kernel;

	return uname(&kernel) != 0 || mounts_release_hides(SPAN_TEXT(kernel.release));
}
