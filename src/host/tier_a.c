/* SPDX-License-Identifier: MIT */
/*
 * The loader of tier A, by libbpf: privileged code that reads nothing but what was built in,
 * the kernel's description of itself, and its own folder.
 *
 * That a kernel lists "bpf" proves nothing, neither does a program that it loads: it must
 * refuse a file of our own when it is told to, and no longer when the program is gone.
 */
#include "host/tier_a.h"

#include "base/clock.h"
#include "base/memory.h"
#include "host/bpf/tier_a_object.h"
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

#define EPOCH_SHIFT 32
#define START_SHIFT 27 /* of ns: an eighth of a second, for 18 years */

enum tier_a_map { VERDICTS, SEEN, DENIALS, PLACES, RULES, BEATS, RECORDS, MAPS };
static const char *const map_names[MAPS] = { "verdicts", "seen",  "denials", "places",
					     "rules",    "beats", "records" };

struct tier_a {
	int maps[MAPS];
	uint64_t start;
	uint32_t round; /* of looking through the mounts */
};

/* A program for each hook; of those with the same file one is loaded, by the hook's form. */
static const struct hook {
	const char *program, *hook, *file;
	unsigned n_arguments; /* 0: any */
	bool needed;
} hooks[] = {
	{"judge_exec",     "bpf_lsm_bprm_creds_for_exec", "exec",    0, true },
	{ "judge_level",   "bpf_lsm_bprm_check_security", "level",   0, false},
	{ "judge_map",     "bpf_lsm_mmap_file",           "map",     0, false},
	{ "judge_protect", "bpf_lsm_file_mprotect",       "protect", 0, false},
	{ "see_open",      "bpf_lsm_file_open",           "open",    0, true },
	{ "see_size_2",    "bpf_lsm_inode_setattr",       "size",    2, true },
	{ "see_size_3",    "bpf_lsm_inode_setattr",       "size",    3, true },
	{ "keep_denied",   "bpf_lsm_inode_free_security", "free",    0, true },
};
#define TRIAL "refuse_marked"

uint64_t tier_a_now(void)
{
	return (uint64_t)clock_steady_ns();
}

/* Has the running kernel the hook in the form that the program was written for? */
static bool hook_exists(const struct btf *kernel, const struct hook *h)
{
	int number = btf__find_by_name_kind(kernel, h->hook, BTF_KIND_FUNC);
	const struct btf_type *type;

	if (number < 0)
		return false;
	type = btf__type_by_id(kernel, btf__type_by_id(kernel, (__u32)number)->type);
	return type && (h->n_arguments == 0 || btf_vlen(type) == h->n_arguments);
}

/* Which programs are loaded; false: one that is needed has no hook. */
static bool programs_choose(struct bpf_object *object, const char **lacks)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	bool has_size = false, complete = kernel != NULL;

	for (size_t i = 0; kernel && i < COUNT_OF(hooks); i++) {
		bool exists = hook_exists(kernel, &hooks[i]);
		struct bpf_program *p =
			bpf_object__find_program_by_name(object, hooks[i].program);

		(void)bpf_program__set_autoload(p, exists);
		if (hooks[i].n_arguments > 0)
			has_size = has_size || exists;
		else if (!exists && hooks[i].needed)
			complete = false;
		else if (!exists)
			*lacks = hooks[i].hook;
	}
	btf__free(kernel);
	return complete && has_size;
}

/* What a child said of executing @fd, which no kernel knows how to run: an errno. */
static int trial_run(int fd)
{
	int state = 0;
	pid_t pid = fork();

	if (pid == 0) {
		char name[] = "assay-trial";
		/* A name, lest the kernel's log tell of a program without one. */
		char *const words[] = { name, NULL }, *const none[] = { NULL };

		(void)fexecve(fd, words, none);
		_exit(errno);
	}
	while (pid > 0 && waitpid(pid, &state, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static int trial_file(void)
{
	int fd = memfd_create("assay-trial", MFD_EXEC);

	/* Before Linux 6.3 each can be run, and nobody knows the flag. */
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("assay-trial", 0);
	if (fd >= 0 && write(fd, "?", 1) != 1) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

/* Denied, refused; and not, when the program is gone: asked about a format, it is unknown. */
static const char *trial_outcome(struct bpf_object *object, int fd, const struct tier_a *t)
{
	struct tier_a_word word = { .verdict = TIER_A_DENIED };
	struct tier_a_seen seen;
	struct bpf_link *link =
		bpf_program__attach(bpf_object__find_program_by_name(object, TRIAL));
	int outcome;

	if (!link)
		return "the kernel does not attach BPF LSM programs";
	if (!tier_a_look(t, fd, &seen) ||
	    bpf_map_update_elem(t->maps[VERDICTS], &fd, &word, BPF_ANY) != 0) {
		(void)bpf_link__destroy(link);
		return "the kernel keeps no verdict with a file";
	}
	outcome = trial_run(fd);
	/* Whoever is pinned from before lets it pass, too. */
	word.verdict = TIER_A_OWN;
	word.writes = seen.writes;
	tier_a_tell(t, fd, &seen, &word);
	(void)bpf_link__destroy(link);
	if (outcome != EPERM) {
		errno = outcome > 0 && outcome != ENOEXEC ? outcome : 0;
		return "the kernel does not ask the program that it attached: boot with bpf "
		       "among lsm=";
	}
	outcome = trial_run(fd);
	errno = outcome > 0 && outcome != ENOEXEC ? outcome : 0;
	return outcome == ENOEXEC ? NULL : "the kernel goes on refusing when it should not";
}

/* NULL: a verdict counts. */
static const char *trial(struct bpf_object *object, const struct tier_a *t)
{
	int fd = trial_file();
	const char *problem = "no file in memory can be made to try it with";

	if (fd >= 0) {
		problem = trial_outcome(object, fd, t);
		(void)close(fd);
	}
	return problem;
}

static bool link_pin(struct bpf_program *program, const char *folder, const char *file)
{
	char path[256], fresh[256];
	struct bpf_link *link = bpf_program__attach(program);
	bool pinned;

	if (!link)
		return false;
	(void)snprintf(path, sizeof(path), "%s/%s", folder, file);
	(void)snprintf(fresh, sizeof(fresh), "%s/%s-next", folder, file);
	(void)unlink(fresh);
	/* The new one is attached before the old one goes: there is no moment without. */
	pinned = bpf_link__pin(link, fresh) == 0 && rename(fresh, path) == 0;
	(void)bpf_link__destroy(link);
	return pinned;
}

static bool links_pin(struct bpf_object *object, const char *folder)
{
	for (size_t i = 0; i < COUNT_OF(hooks); i++) {
		struct bpf_program *p =
			bpf_object__find_program_by_name(object, hooks[i].program);

		if (bpf_program__autoload(p) && !link_pin(p, folder, hooks[i].file))
			return false;
	}
	return true;
}

/* Descriptors of the maps; without the object, that nobody needs any more. */
static bool maps_take(struct bpf_object *object, struct tier_a *t)
{
	for (size_t i = 0; i < MAPS; i++) {
		int fd = bpf_object__find_map_fd_by_name(object, map_names[i]);

		t->maps[i] = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (t->maps[i] < 0)
			return false;
	}
	return true;
}

/* NULL: it is on. */
static const char *object_begin(struct bpf_object *object, const char *folder, struct tier_a *t,
				const char **lacks)
{
	const char *problem;

	if (!programs_choose(object, lacks))
		return "this kernel lacks a hook that is needed, or does not describe its "
		       "types";
	if (bpf_object__load(object) != 0)
		return "the kernel does not load BPF LSM programs";
	if (!maps_take(object, t))
		return "no descriptors are left";
	problem = trial(object, t);
	if (!problem && !links_pin(object, folder))
		problem = "the programs cannot be pinned";
	return problem;
}

static const char *folder_make(const char *folder)
{
	struct statfs fs;

	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return "no folder for what is pinned: is bpffs mounted?";
	if (statfs(folder, &fs) != 0 || fs.f_type != BPF_FS_MAGIC) {
		errno = 0;
		return "the folder for what is pinned is not on bpffs";
	}
	return NULL;
}

/* Does the daemon still beat whose maps are pinned there?  What cannot be seen counts as yes.
 */
static bool is_beating(const char *folder)
{
	struct bpf_map_info info = { 0 };
	__u32 first = 0, size = sizeof(info);
	uint64_t beat = 0;
	char path[256];
	bool beating;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, map_names[BEATS]);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return errno != ENOENT;
	beating = bpf_obj_get_info_by_fd(fd, &info, &size) != 0 ||
		  info.value_size != sizeof(beat) ||
		  bpf_map_lookup_elem(fd, &first, &beat) != 0 ||
		  beat + TIER_A_DEAD_NS > tier_a_now();
	(void)close(fd);
	return beating;
}

void tier_a_drop(const char *folder)
{
	struct statfs fs;
	DIR *pins;

	if (statfs(folder, &fs) != 0 || fs.f_type != BPF_FS_MAGIC || is_beating(folder))
		return;
	pins = opendir(folder);
	for (const struct dirent *e = pins ? readdir(pins) : NULL; e; e = readdir(pins))
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(pins), e->d_name, 0);
	if (pins)
		(void)closedir(pins);
	(void)rmdir(folder);
}

static bool is_pinned(const char *folder)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, hooks[0].file);
	return access(path, F_OK) == 0;
}

static int say_nothing(enum libbpf_print_level level, const char *format, va_list values)
{
	(void)level;
	(void)format;
	(void)values;
	return 0;
}

static const char *begin(struct tier_a *t, const char *folder, const char **lacks)
{
	struct bpf_object_open_opts options = { .sz = sizeof(options),
						.object_name = "assay",
						.pin_root_path = folder };
	const char *problem = folder_make(folder);
	struct bpf_object *object;
	int error;

	if (problem)
		return problem;
	(void)libbpf_set_print(say_nothing);
	object = bpf_object__open_mem(tier_a_object, sizeof(tier_a_object), &options);
	if (!object)
		return "no memory for the programs";
	problem = object_begin(object, folder, t, lacks);
	error = errno;
	/* Of who was here before us, programs may go on. */
	if (problem && !is_pinned(folder))
		(void)bpf_object__unpin_maps(object, NULL);
	bpf_object__close(object);
	errno = error;
	return problem;
}

static void own_tell(const struct tier_a *t, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct tier_a_seen seen;

	if (fd >= 0 && tier_a_look(t, fd, &seen))
		tier_a_tell(
			t, fd, &seen,
			&(struct tier_a_word){ .verdict = TIER_A_OWN, .writes = seen.writes });
	if (fd >= 0)
		(void)close(fd);
}

static int on_library(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size;
	if (SPAN_TEXT(info->dlpi_name).len > 0)
		own_tell((const struct tier_a *)context, info->dlpi_name);
	return 0;
}

/* Whoever starts the guard again, should it die, must not have to wait until it counts as dead.
 */
static void owns_tell(struct tier_a *t)
{
	own_tell(t, "/proc/self/exe");
	(void)dl_iterate_phdr(on_library, t);
}

static void maps_close(struct tier_a *t)
{
	for (size_t i = 0; i < MAPS; i++) {
		if (t->maps[i] >= 0)
			(void)close(t->maps[i]);
		t->maps[i] = -1;
	}
}

struct tier_a *tier_a_begin(const char *folder, struct tier_a_state *state)
{
	struct tier_a *t = (struct tier_a *)memory_new(1, sizeof(*t));

	*state = (struct tier_a_state){ .reason = "no memory" };
	if (!t)
		return NULL;
	for (size_t i = 0; i < MAPS; i++)
		t->maps[i] = -1;
	t->start = tier_a_now() >> START_SHIFT << EPOCH_SHIFT;
	/* What was guarded before us is so until we have looked. */
	t->round = 2;
	errno = 0;
	state->reason = begin(t, folder, &state->lacks);
	/* Of another version, perhaps, whose maps are laid out otherwise. */
	if (state->reason && is_pinned(folder) && !is_beating(folder)) {
		maps_close(t);
		tier_a_drop(folder);
		errno = 0;
		state->reason = begin(t, folder, &state->lacks);
	}
	state->on = !state->reason;
	if (state->on) {
		owns_tell(t);
		return t;
	}
	state->error = errno;
	tier_a_end(t);
	/* Of a daemon before us something may be there. */
	(void)rmdir(folder);
	return NULL;
}

void tier_a_end(struct tier_a *t)
{
	if (t)
		maps_close(t);
	memory_free(t);
}

/* As the kernel writes the number of a device inside, other than stat(2) (linux/kdev_t.h). */
static uint32_t device_inside(uint64_t device)
{
	return major(device) << 20 | minor(device);
}

void tier_a_place(const struct tier_a *t, uint64_t device)
{
	uint32_t inside = device_inside(device);

	(void)bpf_map_update_elem(t->maps[PLACES], &inside, &t->round, BPF_ANY);
}

void tier_a_places_end(struct tier_a *t)
{
	uint32_t inside, next, round;
	int more = bpf_map_get_next_key(t->maps[PLACES], NULL, &next);

	while (more == 0) {
		inside = next;
		more = bpf_map_get_next_key(t->maps[PLACES], &inside, &next);
		if (bpf_map_lookup_elem(t->maps[PLACES], &inside, &round) == 0 &&
		    t->round - round > 1)
			(void)bpf_map_delete_elem(t->maps[PLACES], &inside);
	}
	t->round++;
}

static void beat_set(const struct tier_a *t, uint32_t which, uint64_t ns)
{
	(void)bpf_map_update_elem(t->maps[BEATS], &which, &ns, BPF_ANY);
}

void tier_a_beat(const struct tier_a *t)
{
	beat_set(t, 0, tier_a_now());
}

void tier_a_leave(const struct tier_a *t)
{
	beat_set(t, 0, 0);
}

void tier_a_flushed(const struct tier_a *t, uint64_t ns)
{
	beat_set(t, 1, ns);
}

void tier_a_rule(const struct tier_a *t, const struct tier_a_rule *rule)
{
	uint32_t first = 0;
	struct tier_a_rule old, fresh = *rule;

	if (bpf_map_lookup_elem(t->maps[RULES], &first, &old) == 0) {
		bool same = old.epoch == fresh.epoch;

		fresh.before = same ? old.before : old.epoch;
		fresh.since_ns = same ? old.since_ns : tier_a_now();
	}
	(void)bpf_map_update_elem(t->maps[RULES], &first, &fresh, BPF_ANY);
}

uint64_t tier_a_epoch(const struct tier_a *t, uint32_t epoch)
{
	return t->start | epoch;
}

bool tier_a_look(const struct tier_a *t, int fd, struct tier_a_seen *seen)
{
	*seen = (struct tier_a_seen){ 0 };
	if (bpf_map_lookup_elem(t->maps[SEEN], &fd, seen) == 0)
		return true;
	/* Somebody else may begin to count at the same time. */
	if (bpf_map_update_elem(t->maps[SEEN], &fd, seen, BPF_NOEXIST) != 0 && errno != EEXIST)
		return false;
	return bpf_map_lookup_elem(t->maps[SEEN], &fd, seen) == 0;
}

void tier_a_tell(const struct tier_a *t, int fd, const struct tier_a_seen *seen,
		 const struct tier_a_word *word)
{
	uint64_t now = tier_a_now();

	if (seen->key.dev != 0 && word->verdict == TIER_A_DENIED)
		(void)bpf_map_update_elem(t->maps[DENIALS], &seen->key, &now, BPF_ANY);
	if (seen->key.dev != 0 && word->verdict == TIER_A_ALLOWED)
		(void)bpf_map_delete_elem(t->maps[DENIALS], &seen->key);
	/* A layered one is another inode than the file that is changed. */
	if (!seen->layered)
		(void)bpf_map_update_elem(t->maps[VERDICTS], &fd, word, BPF_ANY);
}

bool tier_a_denies(const struct tier_a *t, int fd, const struct tier_a_seen *seen)
{
	struct tier_a_word word = { 0 };
	uint64_t when;

	if (bpf_map_lookup_elem(t->maps[VERDICTS], &fd, &word) == 0)
		return word.verdict == TIER_A_DENIED;
	return seen->key.dev != 0 &&
	       bpf_map_lookup_elem(t->maps[DENIALS], &seen->key, &when) == 0;
}

struct tier_a_records {
	struct ring_buffer *ring;
	void (*take)(void *context, const struct tier_a_record *r);
	void *context;
};

static int on_record(void *context, void *bytes, size_t len)
{
	const struct tier_a_records *r = (const struct tier_a_records *)context;

	if (len == sizeof(struct tier_a_record))
		r->take(r->context, (const struct tier_a_record *)bytes);
	return 0;
}

struct tier_a_records *
tier_a_records_new(const struct tier_a *t,
		   void (*take)(void *context, const struct tier_a_record *r), void *context)
{
	struct tier_a_records *r = (struct tier_a_records *)memory_new(1, sizeof(*r));

	if (!r)
		return NULL;
	*r = (struct tier_a_records){ .take = take, .context = context };
	r->ring = ring_buffer__new(t->maps[RECORDS], on_record, r, NULL);
	if (r->ring)
		return r;
	memory_free(r);
	return NULL;
}

void tier_a_records_free(struct tier_a_records *r)
{
	if (r)
		ring_buffer__free(r->ring);
	memory_free(r);
}

int tier_a_records_descriptor(const struct tier_a_records *r)
{
	return ring_buffer__epoll_fd(r->ring);
}

void tier_a_records_read(struct tier_a_records *r)
{
	(void)ring_buffer__consume(r->ring);
}
