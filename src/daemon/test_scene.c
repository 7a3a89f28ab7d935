/* SPDX-License-Identifier: MIT */
/* The guard of a scene: its stand-ins, where it stands, how it begins and ends. */
#include "daemon/test_scene.h"

#include "daemon/children.h"
#include "daemon/decision.h"
#include "daemon/marks.h"
#include "engine/report_make.h"
#include "evidence/evidence.h"
#include "host/exec_events.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

char scene_folder[] = "/tmp/assay-guard-XXXXXX";
pid_t scene_guard;
struct scene_shared *scene_shared;
const char *scene_tier_a;
bool scene_fast;
bool scene_libraries;
static bool failures_allowed;

void must(int failed)
{
	if (failed) {
		perror("# cannot go on");
		if (scene_guard > 0)
			(void)kill(scene_guard, SIGKILL);
		abort();
	}
}

static size_t examine(const struct engine *e, struct lanes *lanes,
		      const struct engine_file *files, size_t n, struct arena *arenas,
		      struct report *reports)
{
	(void)e;
	(void)lanes;
	(void)arenas;
	for (size_t i = 0; i < n; i++) {
		static bool taken;
		off_t end = lseek(files[i].fd, 0, SEEK_END);
		char deed = 0;

		if (pread(files[i].fd, &deed, 1, end - 1) != 1)
			deed = 0;
		if (deed == DEED_CRASH)
			abort();
		while (deed == DEED_HANG)
			(void)nanosleep(&(struct timespec){ 1, 0 }, NULL);
		taken = taken || deed == DEED_TAKER;
		reports[i] = (struct report){ .verdict = deed == DEED_GOOD || taken
								 ? ASSAY_VERDICT_VALID
								 : ASSAY_VERDICT_TAMPERED };
	}
	return n;
}

static bool note_is(struct span packet, enum failure failure)
{
	struct note note;

	return span_copy(&note, sizeof(note), packet) == sizeof(note) &&
	       note.kind == PACKET_NOTE && note.failure == failure;
}

static void question_answer(int socket, struct span packet, uint32_t epoch)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct decision d = { .epoch = epoch, .keep = true, .learn = scene_fast };
	struct report report;
	struct question q;

	if (note_is(packet, FAILURE_UNASKED))
		atomic_fetch_add(&scene_shared->n_unasked, 1);
	if (note_is(packet, FAILURE_LATE))
		atomic_fetch_add(&scene_shared->n_late, 1);
	if (note_is(packet, FAILURE_STOPPED))
		atomic_fetch_add(&scene_shared->n_stopped, 1);
	if (span_copy(&q, sizeof(q), packet) != sizeof(q) ||
	    (q.kind != PACKET_QUESTION && q.kind != PACKET_RUNNING))
		return;
	d.allow =
		q.failure != FAILURE_NONE
			? failures_allowed
			: wire_decode(&a,
				      span_after(packet, sizeof(q) + q.path_len + q.caller_len),
				      &report) == STATUS_OK &&
				  report.verdict == ASSAY_VERDICT_VALID;
	if (q.kind == PACKET_RUNNING) {
		atomic_fetch_add(&scene_shared->n_running, !d.allow);
		return;
	}
	scene_shared->path[span_copy(scene_shared->path, sizeof(scene_shared->path) - 1,
				     span_clip(packet, sizeof(q), q.path_len))] = 0;
	scene_shared
		->caller[span_copy(scene_shared->caller, sizeof(scene_shared->caller) - 1,
				   span_clip(packet, sizeof(q) + q.path_len, q.caller_len))] =
		0;
	atomic_fetch_add(&scene_shared->n_questions, 1);
	d.ticket = q.ticket;
	(void)usleep(atomic_load(&scene_shared->pause_us));
	d.allow = d.allow && d.epoch % 2 == 1;
	(void)send(socket, &d, sizeof(d), MSG_NOSIGNAL);
}

/* Published, and whoever waits for nothing is woken. */
static void policy_follow(struct ledger *ledger, int socket)
{
	unsigned wanted = atomic_load(&scene_shared->policy);

	if (wanted == atomic_load(&scene_shared->epoch))
		return;
	atomic_store(&ledger->epoch, wanted);
	if (socket >= 0)
		(void)send(socket, &(struct decision){ .epoch = wanted },
			   sizeof(struct decision), MSG_DONTWAIT | MSG_NOSIGNAL);
	for (int i = 0; socket >= 0 && i < 2000 && atomic_load(&ledger->followed) != wanted;
	     i++)
		(void)usleep(100);
	atomic_store(&scene_shared->epoch, wanted);
}

void scene_policy(unsigned number)
{
	atomic_store(&scene_shared->policy, number);
	while (atomic_load(&scene_shared->epoch) != number)
		(void)usleep(100);
}

/* Whoever asks: the watcher, and those who read for what others serve. */
struct asking {
	int sockets[1 + LEDGER_MAX_SERVED]; /* -1: none */
	struct pollfd from[2 + LEDGER_MAX_SERVED];
};

static bool orders_heard(struct asking *a, int orders)
{
	size_t at = 0;
	char order;
	int fd;

	if (!order_take(orders, false, &order, &fd))
		return false;
	while (order == GUARD_ORDER_SERVED && at <= LEDGER_MAX_SERVED &&
	       (at == 0 || a->sockets[at] >= 0))
		at++;
	if (fd >= 0 && a->sockets[at] >= 0)
		(void)close(a->sockets[at]);
	if (fd >= 0)
		a->sockets[at] = fd;
	return true;
}

static void socket_hear(int *socket, uint32_t epoch)
{
	static uint8_t packet[DECISION_MAX_BYTES * 2];
	ssize_t n = recv(*socket, packet, sizeof(packet), MSG_DONTWAIT);

	if (n > 0)
		question_answer(*socket, span_clip(SPAN_OF(packet), 0, (uint64_t)n), epoch);
	if (n != 0)
		return;
	(void)close(*socket);
	*socket = -1;
}

static int decide(void *context, struct ledger *ledger, int orders)
{
	struct asking a;

	(void)context;
	for (size_t i = 0; i <= LEDGER_MAX_SERVED; i++)
		a.sockets[i] = -1;
	scene_shared->tier = ledger->tier;
	atomic_store(&ledger->memory, atomic_load(&scene_shared->memory));
	for (;;) {
		a.from[0] = (struct pollfd){ orders, POLLIN, 0 };
		for (size_t i = 0; i <= LEDGER_MAX_SERVED; i++)
			a.from[1 + i] = (struct pollfd){ a.sockets[i], POLLIN, 0 };
		atomic_store(&ledger->decider_beat, ledger_now());
		for (enum ledger_count i = LEDGER_ASKED; i < LEDGER_COUNTS; i++)
			scene_shared->counts[i] = ledger_counted(ledger, i);
		atomic_fetch_add(&scene_shared->n_counted, 1);
		policy_follow(ledger, a.sockets[0]);
		(void)poll(a.from, COUNT_OF(a.from), 5);
		for (size_t i = 0; i <= LEDGER_MAX_SERVED; i++)
			if (a.from[1 + i].revents)
				socket_hear(&a.sockets[i], atomic_load(&ledger->epoch));
		if (a.from[0].revents && !orders_heard(&a, orders))
			return 0;
	}
}

static void on_ready(void *context)
{
	(void)context;
	atomic_store(&scene_shared->ready, true);
}

/* Whatever else this host has is left alone. */
static bool is_ours(const char *name)
{
	return strstr(name, basename(scene_folder)) != NULL;
}

static bool is_begun(void)
{
	return atomic_load(&scene_shared->ready) && atomic_load(&scene_shared->epoch) != 0;
}

static void guard_begin(struct guard_plan *plan)
{
	const struct engine engine = { 0 };
	const char *problem = NULL;

	plan->watcher.engine = &engine;
	plan->watcher.pool = (struct pool_settings){ .n_threads = 1, .examine = examine };
	plan->decide = decide;
	plan->ready = on_ready;
	plan->tier_a = scene_tier_a;
	plan->watcher.ignores = scene_fast;
	plan->watcher.memory = true;
	plan->watcher.libraries = scene_libraries;
	atomic_store(&scene_shared->policy, 1);
	atomic_store(&scene_shared->epoch, 0);
	atomic_store(&scene_shared->ready, false);
	failures_allowed = plan->mode == GUARD_DENYLIST;
	scene_guard = fork();
	must(scene_guard < 0);
	if (scene_guard == 0) {
		enum status status = guard_run(plan, &problem);

		if (problem)
			printf("# %s\n", problem);
		_exit(status == STATUS_OK ? 0 : 1);
	}
	/* The decider follows the policy once it has told of the tier. */
	for (int i = 0; i < 1000 && !is_begun(); i++)
		(void)usleep(10000);
	must(!is_begun());
}

void scene_start(enum guard_mode mode, const char *place)
{
	scene_start_strict(mode, place, NULL);
}

void scene_start_strict(enum guard_mode mode, const char *place,
			const struct interpreters *interpreters)
{
	const char *places[] = { scene_folder, place };
	struct guard_plan plan = { .watcher = { .interpreters = interpreters },
				   .mode = mode,
				   .places = places,
				   .n_places = place ? 2 : 1 };

	guard_begin(&plan);
}

void scene_start_all(enum guard_mode mode, const char *place)
{
	const char *places[] = { place };
	struct guard_plan plan = { .mode = mode,
				   .all = true,
				   .places = places,
				   .n_places = place ? 1 : 0,
				   .may = is_ours };

	guard_begin(&plan);
}

/* "fanotify sdev:2e mflags:0 mask:40000 ignored_mask:0" */
static size_t marks_read(const char *path, dev_t *out, size_t room)
{
	FILE *f = fopen(path, "re");
	char line[512];
	size_t n = 0;
	unsigned dev;

	while (f && n < room && fgets(line, sizeof(line), f))
		if (sscanf(line, "fanotify sdev:%x", &dev) == 1)
			out[n++] = makedev(dev >> 20, dev & 0xfffff);
	if (f)
		(void)fclose(f);
	return n;
}

size_t scene_marked(dev_t *out, size_t room)
{
	size_t n = 0;

	for (int fd = 0; fd < 64; fd++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)scene_guard, fd);
		n += marks_read(path, &out[n], room - n);
	}
	return n;
}

int scene_stop(int signal_number)
{
	int state = -1;

	(void)kill(scene_guard, signal_number);
	(void)waitpid(scene_guard, &state, 0);
	return state;
}

pid_t scene_naive_start(bool opens)
{
	pid_t pid = fork();
	struct exec_events events;
	struct exec_event event;

	if (pid != 0)
		return pid;
	must(exec_events_open(&events) != STATUS_OK ||
	     exec_events_mark(&events, marks_proc_open(), open(scene_folder, O_PATH), opens) !=
		     STATUS_OK);
	for (;;) {
		uint8_t byte = DEED_GOOD; /* unless it has a last one */

		exec_events_read(&events);
		if (!exec_events_next(&events, &event)) {
			(void)usleep(50);
			continue;
		}
		(void)!pread(event.fd, &byte, 1, lseek(event.fd, 0, SEEK_END) - 1);
		/* What a look at a real file costs. */
		(void)usleep(300);
		(void)exec_events_answer(events.group, event.fd, byte == DEED_GOOD);
		(void)close(event.fd);
	}
}

void scene_end_child(pid_t pid)
{
	must(pid <= 0); /* those are others', and everybody */
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* NULL: a guard can be tested here. */
static const char *lacking(void)
{
	struct exec_events events;

	if (!scene_has_programs())
		return "a machine whose code it knows";
	if (geteuid() != 0)
		return "root";
	if (exec_events_open(&events) != STATUS_OK)
		return "a kernel that asks before a program is run (fanotify)";
	exec_events_close(&events);
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return "a name space of mounts of its own";
	return mount(scene_folder, scene_folder, "tmpfs", 0, "size=192m") == 0 ? NULL
									       : "mounts";
}

bool scene_begin(void)
{
	const char *lacks;

	must(mkdtemp(scene_folder) == NULL);
	lacks = lacking();
	if (lacks) {
		printf("1..0 # SKIP asks for %s\n", lacks);
		(void)rmdir(scene_folder);
		return false;
	}
	scene_shared =
		(struct scene_shared *)mmap(NULL, sizeof(*scene_shared), PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(scene_shared == MAP_FAILED);
	return true;
}

uint64_t scene_counted(enum ledger_count what)
{
	/* The look that it is at may have begun before. */
	unsigned wanted = atomic_load(&scene_shared->n_counted) + 2;

	for (int i = 0; i < 5000 && atomic_load(&scene_shared->n_counted) < wanted; i++)
		(void)usleep(1000);
	return scene_shared->counts[what];
}

void scene_end(void)
{
	(void)umount2(scene_folder, MNT_DETACH);
	(void)rmdir(scene_folder);
}

int scene_words_run(const char *const *words)
{
	int state = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
		(void)execvp(words[0], (char *const *)(uintptr_t)words);
		_exit(127);
	}
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* False: it saw something else. */
static bool storm_stand(const char *good, const char *bad, unsigned each)
{
	for (unsigned i = 0; i < each; i++)
		if (run(good) != DEED_GOOD || run(bad) != DENIED)
			return false;
	return true;
}

unsigned scene_storm(unsigned n_parents, unsigned each)
{
	const char *good = program("storm", DEED_GOOD), *bad = program("storms", DEED_FORGED);
	pid_t parents[SCENE_MAX_PARENTS];
	unsigned wrong = 0;

	must(n_parents > SCENE_MAX_PARENTS);
	for (unsigned i = 0; i < n_parents; i++) {
		parents[i] = fork();
		must(parents[i] < 0);
		if (parents[i] == 0)
			_exit(storm_stand(good, bad, each) ? 0 : 1);
	}
	for (unsigned i = 0; i < n_parents; i++) {
		int state = -1;

		(void)waitpid(parents[i], &state, 0);
		wrong += state != 0;
	}
	return wrong;
}

/* What @make (of which the last is @image) makes in a file, mounted. */
static bool image_mount(const char *const *make, const char *image, off_t bytes,
			const char *place)
{
	const char *const mount_it[] = { "mount", "-o", "loop", image, place, NULL };
	int fd = open(image, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, bytes) != 0 || close(fd) != 0)
		return false;
	return scene_words_run(make) == 0 && scene_words_run(mount_it) == 0;
}

bool scene_disk_mount(const char *place, const char *inode_bytes)
{
	char image[160];
	const char *const make[] = { "mkfs.ext4", "-q", "-F", "-I", inode_bytes, image, NULL };

	(void)snprintf(image, sizeof(image), "%s.image", place);
	return image_mount(make, image, 24 << 20, place);
}

bool scene_other_mount(const char *place, const char *type)
{
	char image[160], tool[32];
	const char *const make[] = { tool, "-q", image, NULL };
	bool mounted;

	(void)snprintf(image, sizeof(image), "%s.%s", place, type);
	(void)snprintf(tool, sizeof(tool), "mkfs.%s", type);
	/* No smaller one is made, and nothing of it takes memory but what is written. */
	mounted = image_mount(make, image, 320 << 20, place);
	(void)unlink(image); /* as long as it is mounted it is there */
	return mounted;
}
