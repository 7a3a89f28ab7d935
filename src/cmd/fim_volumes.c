/* SPDX-License-Identifier: MIT */
#include "cmd/fim_volumes.h"

#include "base/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

/* FS_IOC_GETFSUUID, since Linux 6.9: nobody need be root to ask. */
struct told_uuid {
	uint8_t len, bytes[16];
};
#define FIRST_ROOM 16
#define TELL_UUID  _IOR(0x15, 0, struct told_uuid)

void fim_volumes_free(struct fim_volumes *v)
{
	memory_free(v->each);
	memory_free(v->tells);
	*v = (struct fim_volumes){ 0 };
}

static size_t place_of(const struct fim_volumes *v, uint64_t dev)
{
	size_t i = 0;

	if (v->last < v->n && v->each[v->last].dev == dev)
		return v->last;
	while (i < v->n && v->each[i].dev != dev)
		i++;
	return i;
}

static bool lies_on(int fd, uint64_t dev)
{
	struct statx x;

	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &x) == 0 &&
	       identity_from_statx(&x).dev == dev;
}

/* A folder that was reached step by step is not open for anything. */
static bool uuid_ask(int fd, struct told_uuid *out)
{
	bool told = ioctl(fd, TELL_UUID, out) == 0;
	int folder = -1;

	if (!told && errno == EBADF)
		folder = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return told;
	told = ioctl(folder, TELL_UUID, out) == 0;
	(void)close(folder);
	return told;
}

static void volume_ask(int fd, struct baseline_volume *out)
{
	struct told_uuid uuid = { 0 };
	struct statfs fs;

	if (fstatfs(fd, &fs) == 0)
		out->id = (uint64_t)(uint32_t)fs.f_fsid.__val[0] |
			  (uint64_t)(uint32_t)fs.f_fsid.__val[1] << 32;
	if (uuid_ask(fd, &uuid) && uuid.len == sizeof(uuid.bytes))
		(void)span_copy(out->uuid, sizeof(out->uuid), SPAN_OF(uuid.bytes));
}

static enum status room_make(struct fim_volumes *v)
{
	size_t room = v->room ? v->room * 2 : FIRST_ROOM;
	struct fim_volumes more = *v;

	if (v->n < v->room)
		return STATUS_OK;
	more.each = (struct baseline_volume *)memory_new(room, sizeof(*more.each));
	more.tells = (enum identity_telling *)memory_new(room, sizeof(*more.tells));
	more.room = room;
	if (!more.each || !more.tells) {
		fim_volumes_free(&more);
		return STATUS_NO_MEMORY;
	}
	for (size_t i = 0; i < v->n; i++) {
		more.each[i] = v->each[i];
		more.tells[i] = v->tells[i];
	}
	memory_free(v->each);
	memory_free(v->tells);
	*v = more;
	return STATUS_OK;
}

enum status fim_volumes_meet(struct fim_volumes *v, const struct walk_entry *e, uint64_t dev)
{
	struct baseline_volume volume = { .dev = dev };
	size_t at = place_of(v, dev);
	int fd = e->dirfd;

	if (at < v->n || v->n == BASELINE_MAX_VOLUMES) {
		v->last = at;
		return STATUS_OK;
	}
	TRY(room_make(v));
	/* What is mounted over a name says nothing of the folder, nor that of it. */
	if (fd == AT_FDCWD || !lies_on(fd, dev))
		fd = openat(e->dirfd, e->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && lies_on(fd, dev)) {
		volume_ask(fd, &volume);
		v->tells[v->n] = identity_telling_of(fd);
		v->each[v->n] = volume;
		v->last = v->n++;
		v->has_answer = false;
	}
	if (fd >= 0 && fd != e->dirfd)
		(void)close(fd);
	return STATUS_OK;
}

bool fim_volumes_times_tell(const struct fim_volumes *v, const struct statx *x)
{
	struct source_identity file = identity_from_statx(x);
	size_t at = place_of(v, file.dev);

	return identity_times_tell(at < v->n ? v->tells[at] : TELLS_OF_NONE, &file);
}

uint64_t fim_volumes_now(struct fim_volumes *v, const struct baseline_about *was, uint64_t dev)
{
	if (!v->has_answer || v->asked != dev) {
		v->asked = dev;
		v->answer = fim_volume_now(was, v->each, v->n, dev);
		v->has_answer = true;
	}
	return v->answer;
}

enum status fim_volumes_write(struct arena *a, const struct fim_volumes *v,
			      const struct baseline_about *was, struct baseline_about *about)
{
	size_t n_was = was ? was->n_volumes : 0, n = 0;
	struct baseline_volume *list = ARENA_NEW(a, struct baseline_volume, v->n + n_was + 1);

	if (!list)
		return STATUS_NO_MEMORY;
	while (n < v->n) {
		list[n] = v->each[n];
		n++;
	}
	for (size_t i = 0; i < n_was && n < BASELINE_MAX_VOLUMES; i++)
		if (place_of(v, was->volumes[i].dev) == v->n &&
		    fim_volume_now(was, v->each, v->n, was->volumes[i].dev) ==
			    was->volumes[i].dev)
			list[n++] = was->volumes[i];
	about->volumes = list;
	about->n_volumes = n;
	return STATUS_OK;
}
