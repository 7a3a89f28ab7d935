/* SPDX-License-Identifier: MIT */
/*
 * Gaps: ways to run code that ask nobody.  Which there are depends on how the guard works on
 * this host; whoever asks for its status is told of all of them.
 */
#pragma once
#include <stddef.h>

/* How it works here.  A group in a paragraph: one of it, or none. */
enum gap_host {
	GAP_TIER_A = 1,
	GAP_TIER_B = 2,

	GAP_LAX = 4, /* [guard] interpreters */
	GAP_STRICT = 8,

	GAP_NAMED = 16, /* [guard] filesystems */
	GAP_ALL = 32,

	GAP_LENIENT = 64, /* the mode lets run what nobody vetted */
	GAP_FIRM = 128,

	GAP_FIRST_MAPS = 256,  /* tier A maps what nobody vetted, */
	GAP_FIRST_ROOTS = 512, /* ... if nobody but root can write to it */

	GAP_FAST = 1024,       /* [guard] fast */
	GAP_OLD_LAYERS = 2048, /* the kernel asks about layered files themselves */
	GAP_WRITERS = 4096,    /* it lets write to what runs */
};

/* The next one behind *@at, which begins with 0; NULL: no more. */
const char *gap_next(unsigned host, size_t *at);
