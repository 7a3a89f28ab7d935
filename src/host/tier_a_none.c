/* SPDX-License-Identifier: MIT */
/* Built without clang's target for BPF, or without libbpf: there is no tier A. */
#include "host/tier_a.h"

struct tier_a *tier_a_begin(const char *folder, struct tier_a_state *state)
{
	(void)folder;
	*state = (struct tier_a_state){ .reason = "built without programs for the kernel "
						  "(clang, libbpf)" };
	return NULL;
}

void tier_a_drop(const char *folder)
{
	(void)folder;
}

void tier_a_end(struct tier_a *t)
{
	(void)t;
}

void tier_a_place(const struct tier_a *t, uint64_t device)
{
	(void)t;
	(void)device;
}

void tier_a_places_end(struct tier_a *t)
{
	(void)t;
}

void tier_a_beat(const struct tier_a *t)
{
	(void)t;
}

void tier_a_leave(const struct tier_a *t)
{
	(void)t;
}

uint64_t tier_a_now(void)
{
	return 0;
}

void tier_a_flushed(const struct tier_a *t, uint64_t ns)
{
	(void)t;
	(void)ns;
}

void tier_a_rule(const struct tier_a *t, const struct tier_a_rule *rule)
{
	(void)t;
	(void)rule;
}

uint64_t tier_a_epoch(const struct tier_a *t, uint32_t epoch)
{
	(void)t;
	return epoch;
}

bool tier_a_look(const struct tier_a *t, int fd, struct tier_a_seen *seen)
{
	(void)t;
	(void)fd;
	*seen = (struct tier_a_seen){ 0 };
	return false;
}

void tier_a_tell(const struct tier_a *t, int fd, const struct tier_a_seen *seen,
		 const struct tier_a_word *word)
{
	(void)t;
	(void)fd;
	(void)seen;
	(void)word;
}

bool tier_a_denies(const struct tier_a *t, int fd, const struct tier_a_seen *seen)
{
	(void)t;
	(void)fd;
	(void)seen;
	return false;
}

struct tier_a_records *
tier_a_records_new(const struct tier_a *t,
		   void (*take)(void *context, const struct tier_a_record *r), void *context)
{
	(void)t;
	(void)take;
	(void)context;
	return NULL;
}

void tier_a_records_free(struct tier_a_records *r)
{
	(void)r;
}

int tier_a_records_descriptor(const struct tier_a_records *r)
{
	(void)r;
	return -1;
}

void tier_a_records_read(struct tier_a_records *r)
{
	(void)r;
}
