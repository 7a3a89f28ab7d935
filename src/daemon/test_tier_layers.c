/* SPDX-License-Identifier: MIT */
/*
 * Layers, as containers have them: what was denied below or through them stays denied, by
 * whatever way it is run, when the guard is dead.
 */
#include "daemon/test_tier.h"
#include "host/mounts.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* The second stands upon the first: as many as the kernel lets. */
static const char *const layers[] = { "l/merged", "l/merged2" };

/* The path is good for the next 31 calls. */
static const char *at(const char *folder, const char *name)
{
	static char path[32][512];
	static unsigned n;
	char *to = path[n++ % 32];

	(void)snprintf(to, sizeof(path[0]), "%s/%s/%s", scene_folder, folder, name);
	return to;
}

static bool layer_mount(const char *to, const char *lower, const char *upper, const char *work)
{
	char options[1536];

	(void)snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s",
		       at(lower, ""), at(upper, ""), at(work, ""));
	return mount(scene_folder, at(to, ""), "overlay", 0, options) == 0;
}

static void folders_make(void)
{
	static const char *const folders[] = { "l",        "l/lower",  "l/upper", "l/work",
					       "l/merged", "l/upper2", "l/work2", "l/merged2" };

	for (size_t i = 0; i < COUNT_OF(folders); i++)
		(void)mkdir(at(folders[i], ""), 0755);
}

/* Linux before 6.5 is asked about the layers themselves. */
static void guard_on(const char *layer)
{
	scene_start(GUARD_DENYLIST, mounts_layers_hide() ? at(layer, "") : NULL);
}

static void script_make(const char *interpreter)
{
	char text[1024];
	int fd = open(at("l/lower", "script"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	(void)snprintf(text, sizeof(text), "#!%s\n%c", interpreter, DEED_GOOD);
	must(fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text));
	(void)close(fd);
}

/* Before layers lie upon them: what is below must not be changed then. */
static void files_make(const char *layer)
{
	(void)program("l/lower/good", DEED_GOOD);
	(void)program("l/lower/low", DEED_FORGED);
	(void)program("l/lower/direct", DEED_FORGED);
	(void)program("l/upper/high", DEED_FORGED);
	script_make(at(layer, "low"));
}

static void test_dead(const char *layer)
{
	int kept = scene_tier_a ? DENIED : DEED_FORGED, mapped = scene_tier_a ? EPERM : MAPPED;
	const char *low = at(layer, "low"), *high = at(layer, "high");

	guard_on(layer);
	tier_check(run(at(layer, "good")) == DEED_GOOD && run(low) == DENIED &&
			   run(high) == DENIED,
		   "%s: layers: good and forged, of both", tier_word());
	tier_check(run(at(layer, "script")) == DENIED, "%s: ... and an interpreter",
		   tier_word());
	(void)scene_stop(SIGKILL);
	tier_check(run(low) == kept && run(high) == kept, "%s: ... once nobody is there",
		   tier_word());
	tier_check(run(at(layer, "script")) == kept, "%s: ... and the interpreter",
		   tier_word());
	tier_check(run(at("l/lower", "low")) == kept, "%s: ... nor past the layers",
		   tier_word());
	tier_check(tier_map(low, PROT_READ | PROT_EXEC, 0) == mapped &&
			   tier_map(low, PROT_READ, PROT_READ | PROT_EXEC) == mapped,
		   "%s: ... nor as a library", tier_word());
	tier_check(run(at(layer, "good")) == DEED_GOOD, "%s: ... what is good runs",
		   tier_word());
	if (scene_tier_a) {
		tier_forget();
		tier_check(run(low) == kept && run(high) == kept,
			   "%s: ... nor when the kernel has forgotten it", tier_word());
	}
}

/* What was denied directly is not run through layers, and what is mended runs again. */
static void test_mended(const char *layer)
{
	const char *below = at("l/lower", "direct"), *through = at(layer, "direct");

	guard_on(layer);
	tier_check(run(below) == DENIED, "%s: forged, below the layers", tier_word());
	(void)scene_stop(SIGKILL);
	tier_check(run(through) == (scene_tier_a ? DENIED : DEED_FORGED),
		   "%s: ... through them, once nobody is there", tier_word());
	guard_on(layer);
	scene_append(below, DEED_GOOD);
	tier_check(run_settled(through) == MENDED, "%s: ... mended, it is vetted anew",
		   tier_word());
	(void)scene_stop(SIGKILL);
	tier_check(run(through) == MENDED, "%s: ... which counts when nobody is there",
		   tier_word());
}

/* False: this kernel has no layers. */
static bool test_depth(size_t depth)
{
	folders_make();
	files_make(layers[depth]);
	if (!layer_mount(layers[0], "l/lower", "l/upper", "l/work"))
		return false;
	must(depth > 0 && !layer_mount(layers[1], layers[0], "l/upper2", "l/work2"));
	test_dead(layers[depth]);
	test_mended(layers[depth]);
	for (size_t i = COUNT_OF(layers); i-- > 0;)
		(void)umount2(at(layers[i], ""), MNT_DETACH);
	return true;
}

void tier_layers(void)
{
	for (size_t i = 0; i < COUNT_OF(layers); i++)
		if (!test_depth(i)) {
			tier_check(true, "%s: layers # SKIP overlayfs is wanted", tier_word());
			return;
		}
}
