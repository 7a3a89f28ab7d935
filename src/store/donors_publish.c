/* SPDX-License-Identifier: MIT */
/* Adding donors to a folder, merging its files, and forgetting. */
#include "base/hex.h"
#include "store/donors.h"
#include "store/donors_keeper.h"
#include "trust/file.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIG_DIGITS       8
#define MERGE_FACTOR     2 /* a big file that is not larger than this times what comes: with it */
#define FIND_ARENA_BYTES ((size_t)4 << 20)
#define PATTERN_BYTES    8 /* fewer are no digest */

/* Sightings of its block: is it one more than anybody would be told? */
static enum status seen_enough(struct donor_keeper *k, const struct donor *d, struct arena *a,
			       bool *out)
{
	uint64_t sightings;

	TRY(tail_sightings(&k->database, d->block, &sightings));
	for (size_t i = 0; i < k->files.n && sightings < DONOR_MAX_HITS; i++) {
		struct donor *found = NULL, **last = &found;

		TRY(image_find(&k->files.each[i].image, DONOR_BY_BLOCK, SPAN_OF(d->block), a,
			       &last));
		for (; found; found = found->next)
			sightings += found->kind == DONOR_SEEN;
	}
	*out = sightings >= DONOR_MAX_HITS;
	return STATUS_OK;
}

/* Is it known already, and as well?  Or more than anybody would be told: whoever signs one
 * program again and again shall not fill the index. */
static enum status known(struct donor_keeper *k, const struct donor *d, struct arena *a,
			 bool *out)
{
	struct donor_order wanted, its;
	struct tail_signed all;

	*out = false;
	donor_order_of(d, &wanted);
	TRY(tail_signings(&k->database, &wanted, &all));
	for (size_t i = 0; i < k->files.n && !*out; i++) {
		const struct donor_file *f = &k->files.each[i];
		struct donor *found = NULL, **last = &found;

		TRY(image_find(&f->image, DONOR_BY_DIGEST, digest_span(&d->digest), a, &last));
		for (; found; found = found->next) {
			donor_order_of(found, &its);
			*out |= donor_order_compare(&wanted, &its) == 0 &&
				!donor_richer(d, found);
			if (found->kind != DONOR_VALID || strcmp(f->name, DONORS_TAIL) == 0)
				continue;
			all.n++;
			all.sketched |= donor_has_contents(found);
		}
	}
	if (*out)
		return STATUS_OK;
	if (d->kind == DONOR_SEEN)
		return seen_enough(k, d, a, out);
	*out = all.n >= DONOR_MAX_HITS && (all.sketched || !donor_has_contents(d));
	return STATUS_OK;
}

static enum status donors_add(struct donor_keeper *k, const struct donor *first,
			      uint64_t *n_new)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FIND_ARENA_BYTES);
	uint64_t n = 0;

	for (size_t i = 0; i < k->files.n; i++)
		n += image_count(&k->files.each[i].image);
	for (; first; first = first->next) {
		bool passed, changed = false;

		if (first->kind == DONOR_NONE || first->digest.algorithm == DIGEST_NONE)
			continue;
		arena_reset(&a);
		TRY(known(k, first, &a, &passed));
		if (passed)
			continue;
		if (n >= DONORS_MAX_RECORDS) {
			k->database.problem = "holds as many donors as it can";
			return STATUS_LIMIT;
		}
		TRY(tail_put(&k->database, first, &changed));
		n += changed;
		*n_new += changed && first->kind == DONOR_VALID;
	}
	return STATUS_OK;
}

/* The number of a big file; 0: it is none. */
static unsigned big_number(const char *name)
{
	struct span text = SPAN_TEXT(name), ending = SPAN_TEXT(DONORS_ENDING);
	unsigned number = 0;

	if (text.len != BIG_DIGITS + ending.len)
		return 0;
	for (uint64_t i = 0; i < BIG_DIGITS; i++) {
		uint8_t c = span_at(text, i);

		if (c < '0' || c > '9')
			return 0;
		number = number * 10 + (c - '0');
	}
	return number;
}

/* The files that go into the next big one: the tail, and the newest big ones, so that there
 * are few and each donor is written a few times only.  0: there is no tail. */
static size_t merge_choose(const struct donor_files *files, size_t chosen[DONORS_MAX_FILES],
			   unsigned *next)
{
	uint64_t n = 0;
	size_t count = 0;

	*next = 1;
	for (size_t i = 0; i < files->n; i++)
		if (strcmp(files->each[i].name, DONORS_TAIL) == 0) {
			chosen[count++] = i;
			n = image_count(&files->each[i].image);
		}
	if (count == 0)
		return 0;
	/* In the order of their names, the newest last. */
	for (size_t i = files->n; i-- > 0;) {
		const struct donor_file *f = &files->each[i];
		unsigned number = big_number(f->name);
		uint64_t more = image_count(&f->image);

		if (number == 0)
			continue;
		if (number >= *next)
			*next = number + 1;
		if (more > MERGE_FACTOR * n || n + more > DONORS_MAX_RECORDS)
			break;
		chosen[count++] = i;
		n += more;
	}
	return count;
}

static enum status tail_merge(struct donor_keeper *k)
{
	size_t chosen[DONORS_MAX_FILES] = { 0 };
	struct image_layer stack[DONORS_MAX_FILES];
	struct donor_selection all = { .stack = stack };
	const char *path;
	unsigned next;
	uint64_t n;

	TRY(donor_keeper_reload(k));
	all.n = merge_choose(&k->files, chosen, &next);
	if (all.n == 0) /* the tail file, which has just been written, is gone */
		return STATUS_CHANGED;
	for (size_t i = 0; i < all.n; i++)
		stack[i].image = &k->files.each[chosen[i]].image;
	path = arena_printf(k->arena, "%s/%0*u" DONORS_ENDING, k->folder, BIG_DIGITS, next);
	if (!path)
		return STATUS_NO_MEMORY;
	TRY(donor_file_write(path, &all, &n));
	TRY(tail_clear(&k->database));
	TRY(donor_database_commit(&k->database));
	for (size_t i = 0; i < all.n; i++) {
		path = arena_printf(k->arena, "%s/%s", k->folder,
				    k->files.each[chosen[i]].name);
		if (!path)
			return STATUS_NO_MEMORY;
		if (unlink(path) != 0)
			return STATUS_IO;
	}
	return STATUS_OK;
}

static enum status publish(struct donor_keeper *k, const struct donor *first, uint64_t *n_new)
{
	uint64_t n;

	TRY(donors_add(k, first, n_new));
	TRY(tail_count(&k->database, &n));
	TRY(donor_database_commit(&k->database));
	/* Also when nothing is new: whoever wrote last may have died before it. */
	TRY(donor_tail_write(k));
	return n > DONORS_MAX_TAIL ? tail_merge(k) : STATUS_OK;
}

enum status donors_prepare(const char *folder, bool shared)
{
	mode_t mask;
	bool made;

	if (!shared)
		return folders_make(folder, 0700) ? STATUS_OK : STATUS_IO;
	/* Every user judges with what the system has, whatever its administrator's umask. */
	mask = umask(022);
	made = folders_make(folder, 0755);
	(void)umask(mask);
	return made ? STATUS_OK : STATUS_IO;
}

enum status donors_publish(struct arena *a, const char *folder, const struct donor *first,
			   uint64_t *n_new, const char **problem)
{
	CLEANUP(donor_keeper_end) struct donor_keeper k = { .lock = -1 };

	*n_new = 0;
	TRY(donor_keeper_begin(&k, a, folder, problem));
	return donor_keeper_outcome(&k, publish(&k, first, n_new));
}

enum status donor_pattern_make(struct arena *a, const char *what, struct donor_pattern *out)
{
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;
	enum status status = hex_decode(&bytes, SPAN_TEXT(what));

	*out = (struct donor_pattern){ .text = what };
	if (status != STATUS_OK || bytes.len < PATTERN_BYTES)
		return status == STATUS_NO_MEMORY ? status : STATUS_OK;
	out->digest = arena_copy(a, buffer_span(&bytes));
	return out->digest.ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

/* "list NAME by KEY" is called "list NAME" too. */
static bool provenance_is(const char *provenance, const char *text)
{
	size_t n = strlen(text);

	if (!provenance || strncmp(provenance, text, n) != 0)
		return false;
	return strlen(provenance) == n ||
	       (strncmp(text, DONORS_LIST, strlen(DONORS_LIST)) == 0 &&
		strncmp(text_after(provenance, n), " by ", 4) == 0);
}

bool donor_matches(const struct donor_pattern *p, const struct donor *d)
{
	size_t n = p->digest.len;

	if (n > 0 && (span_equal(span_clip(digest_span(&d->digest), 0, n), p->digest) ||
		      span_equal(span_clip(SPAN_OF(d->block), 0, n), p->digest)))
		return true;
	return provenance_is(d->provenance, p->text);
}

static bool is_kept(const void *context, const struct donor *d)
{
	return !donor_matches(context, d);
}

/* How many of the stack match. */
static enum status matches_count(const struct image_layer *stack, size_t n_stack,
				 const struct donor_pattern *p, uint64_t *n)
{
	CLEANUP(merge_end) struct merge m;
	const struct donor *d;

	*n = 0;
	TRY(merge_begin(&m, stack, n_stack));
	for (;;) {
		TRY(merge_next(&m, &d));
		if (!d)
			return STATUS_OK;
		*n += donor_matches(p, d);
	}
}

struct forgetting {
	struct donor_keeper *keeper;
	const struct donor_pattern *pattern;
};

static enum status tail_forget(void *context, const struct donor *d)
{
	const struct forgetting *f = context;

	return donor_matches(f->pattern, d) ? tail_remove(&f->keeper->database, d) : STATUS_OK;
}

static enum status file_forget(struct donor_keeper *k, const struct donor_file *f,
			       const struct donor_pattern *p)
{
	struct image_layer layer = { &f->image };
	struct donor_selection rest = { &layer, 1, is_kept, p, NULL };
	const char *path = arena_printf(k->arena, "%s/%s", f->folder, f->name);
	uint64_t n;

	if (!path)
		return STATUS_NO_MEMORY;
	TRY(matches_count(&layer, 1, p, &n));
	return n > 0 ? donor_file_write(path, &rest, &n) : STATUS_OK;
}

static enum status forget(struct donor_keeper *k, const struct donor_pattern *p, uint64_t *n)
{
	struct image_layer stack[DONORS_MAX_FILES];
	struct forgetting all = { k, p };

	for (size_t i = 0; i < k->files.n; i++)
		stack[i].image = &k->files.each[i].image;
	TRY(matches_count(stack, k->files.n, p, n));
	if (*n == 0)
		return STATUS_OK;
	TRY(tail_each(&k->database, tail_forget, &all));
	TRY(donor_database_commit(&k->database));
	for (size_t i = 0; i < k->files.n; i++)
		TRY(file_forget(k, &k->files.each[i], p));
	return STATUS_OK;
}

enum status donors_forget(struct arena *a, const char *folder, const char *what, uint64_t *n,
			  const char **problem)
{
	CLEANUP(donor_keeper_end) struct donor_keeper k = { .lock = -1 };
	struct donor_pattern pattern;

	*n = 0;
	*problem = NULL;
	if (access(folder, F_OK) != 0 && errno == ENOENT)
		return STATUS_OK;
	TRY(donor_keeper_begin(&k, a, folder, problem));
	TRY(donor_pattern_make(a, what, &pattern));
	/* What another one died before writing is forgotten too. */
	TRY(donor_keeper_outcome(&k, donor_tail_write(&k)));
	TRY(donor_keeper_reload(&k));
	return donor_keeper_outcome(&k, forget(&k, &pattern, n));
}
