/* SPDX-License-Identifier: MIT */
/*
 * What the scout learns from processes: name spaces that nothing else shows, and
 * programs that run from where nobody was asked.
 */
#include "daemon/scouting.h"

#include "daemon/decision.h"
#include "daemon/true_path.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Each program of a process is told of once. */
static bool is_told(struct scouting *s, const struct program_told *program)
{
	size_t n = s->n_programs < SCOUT_TOLD ? s->n_programs : SCOUT_TOLD;

	for (size_t i = 0; i < n; i++)
		if (s->programs[i].pid == program->pid && s->programs[i].dev == program->dev &&
		    s->programs[i].ino == program->ino)
			return true;
	s->programs[s->n_programs++ % SCOUT_TOLD] = *program;
	return false;
}

/* It ran unasked: the decider keeps that as an event. */
static void tell(struct scouting *s, const struct program_told *program)
{
	char link[32], path[DECISION_MAX_PATH];
	struct note note = { .kind = PACKET_NOTE, .failure = FAILURE_UNASKED };
	struct iovec parts[] = {
		{&note, sizeof(note)},
                { path, 0           }
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = COUNT_OF(parts) };
	struct source_identity file = { .dev = program->dev, .ino = program->ino };

	if (is_told(s, program))
		return;
	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)program->pid);
	note.path_len = parts[1].iov_len = true_path(link, &file, path, sizeof(path));
	note.facts = (struct host_facts){
		.pid = program->pid, .file = {.dev = program->dev, .ino = program->ino}
	};
	note.decision = (struct decision){ .epoch = atomic_load(&s->plan->ledger->epoch),
					   .allow = true,
					   .audit = true,
					   .rule = UINT32_MAX };
	ledger_count(s->plan->ledger, LEDGER_FOUND);
	if (s->notes < 0 || sendmsg(s->notes, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		ledger_count(s->plan->ledger, LEDGER_UNTOLD);
}

bool scout_may(const struct scouting *s, const char *link)
{
	char path[DECISION_MAX_PATH];
	ssize_t n;

	if (!s->plan->may)
		return true;
	n = readlinkat(s->plan->proc, link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	return s->plan->may(path);
}

/*
 * Layers and subvolumes have numbers of their own, which no table has.  What others serve
 * is asked about only when somebody names it: also when it is unmounted, and still in use.
 */
static bool may_stray(uint32_t type)
{
	static const uint32_t others[] = {
		BTRFS_SUPER_MAGIC, FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC,
		CIFS_SUPER_MAGIC,  SMB2_SUPER_MAGIC, V9FS_MAGIC,       CEPH_SUPER_MAGIC,
		AFS_SUPER_MAGIC,   AFS_FS_MAGIC,     CODA_SUPER_MAGIC,
	};

	if (type == OVERLAYFS_SUPER_MAGIC)
		return mounts_layers_hide();
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (others[i] == type)
			return false;
	return true;
}

/* Its process may run something else by now, which was not looked at. */
static bool is_still(int fd, const struct program_told *program)
{
	struct statx x;

	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &x) == 0 &&
	       x.stx_ino == program->ino &&
	       makedev(x.stx_dev_major, x.stx_dev_minor) == program->dev;
}

/*
 * No table of mounts has that: a file system that was never attached anywhere, or whose
 * point nobody can see; or memory, which cannot be asked about.
 */
static void stray_take(struct scouting *s, const struct program_told *program, const char *link)
{
	struct statfs fs;
	int fd;

	if (scout_is_shunned(s, SCOUT_AT_DEVICE | program->dev) || !scout_may(s, link))
		return;
	scout_at(s, SCOUT_AT_DEVICE | program->dev);
	fd = openat(s->plan->proc, link, O_PATH | O_CLOEXEC);
	if (fd >= 0 && is_still(fd, program) && fstatfs(fd, &fs) == 0 &&
	    may_stray((uint32_t)fs.f_type)) {
		/* Memory cannot be; that it ran is told all the same. */
		if (scout_mark(s, fd, MARK_PLAIN))
			ledger_count(s->plan->ledger, LEDGER_STRAYS);
		tell(s, program);
	}
	if (fd >= 0)
		(void)close(fd);
	scout_at(s, 0);
}

static void program_look(struct scouting *s, const struct space *space, pid_t pid)
{
	struct program_told program = { .pid = pid };
	struct statx x;
	const struct place *place;
	bool unasked, served;
	char link[32];

	(void)snprintf(link, sizeof(link), "%d/exe", (int)pid);
	/*
	 * Whoever serves its file system may be slow, or hostile: nobody is asked.  What a user
	 * serves for himself shows its device, nothing else.
	 */
	if (statx(s->plan->proc, link, AT_STATX_DONT_SYNC, STATX_INO, &x) == 0)
		program.ino = x.stx_ino;
	else if (errno != EACCES || statx(s->plan->proc, link, AT_STATX_DONT_SYNC, 0, &x) != 0)
		return;
	program.dev = makedev(x.stx_dev_major, x.stx_dev_minor);
	place = scout_place_of(s, space, program.dev);
	unasked = !place || place->unmarked;
	/* It cannot be asked about by us, or not without waiting. */
	served = program.ino == 0 || (place && mount_is_others(place->kind));
	if (unasked && !served)
		stray_take(s, &program, link);
	else if ((unasked || place->fresh) && scout_may(s, link))
		tell(s, &program);
	/* What others serve is not opened, and not waited for. */
	if (scout_verifies(s) && place && !mount_is_others(place->kind) && scout_may(s, link))
		scout_verify_take(s, pid, link);
}

static void process_look(struct scouting *s, pid_t pid)
{
	struct space *space;
	struct stat st;
	char link[32];
	int fd;

	(void)snprintf(link, sizeof(link), "%d/ns/mnt", (int)pid);
	if (fstatat(s->plan->proc, link, &st, 0) != 0)
		return;
	space = scout_space_of(s, st.st_ino);
	if (!space) {
		fd = openat(s->plan->proc, link, O_RDONLY | O_CLOEXEC);
		space = fd >= 0 ? scout_space_add(s, fd) : NULL;
		if (space)
			scout_space_read(s, space);
	}
	if (space)
		space->peopled = true;
	else
		s->n_missed++;
	program_look(s, space, pid);
}

void scout_processes(struct scouting *s)
{
	int folder = openat(s->plan->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *all = folder >= 0 ? fdopendir(folder) : NULL;
	const struct dirent *each;

	if (!all) {
		if (folder >= 0)
			(void)close(folder);
		return;
	}
	while ((each = readdir(all)) != NULL) {
		long pid = strtol(each->d_name, NULL, 10);

		if (pid > 0)
			process_look(s, (pid_t)pid);
	}
	(void)closedir(all);
	for (size_t k = 0; k < s->n_spaces; k++)
		for (size_t i = 0; i < s->spaces[k]->n_places; i++)
			s->spaces[k]->places[i].fresh = false;
	s->fresh = false;
}
