/* SPDX-License-Identifier: MIT */
/*
 * Between the supervisor and its worker.
 *
 * A request is one packet: of each file its ticket and the rows of its companions
 * (a byte each, plus one; 0: no more), with the descriptors of all beside them, a
 * file's own before those of its companions.  Answers are a stream of frames: kind (u32le),
 * length (u32le), ticket (u64le), then that many bytes.  The supervisor believes nothing in it.
 */
#pragma once
#include "engine/pool.h"
#include <sys/types.h>

enum pool_frame {
	POOL_FRAME_NONE,
	POOL_FRAME_READY,  /* confined; the bytes: what the kernel lacks, or none */
	POOL_FRAME_TAKEN,  /* the batch that begins with this ticket is in work */
	POOL_FRAME_REPORT, /* of this ticket; the bytes: wire form */
	POOL_FRAME_INSIDE, /* of a program inside; the bytes: index (u32le), wire form */
	POOL_FRAME_ALIVE,  /* this ticket's file takes long, but goes on */
};

/* What is sent of one file beside its descriptors. */
struct pool_request {
	uint64_t ticket;
	uint8_t rows[COMPANIONS_MAX];
	uint64_t has_place; /* of the same width as the ticket, so that nothing lies between */
	uint64_t part;      /* enum engine_part */
	uint8_t place[32];
};
#define POOL_MAX_FDS ((size_t)ENGINE_BATCH * (1 + COMPANIONS_MAX)) /* in one packet */

struct pool_work {
	const struct engine *engine;
	struct pool_settings settings; /* all set */
	int requests, answers;         /* the worker's ends */
	int null;                      /* /dev/null, or -1 */
	pid_t supervisor;
};

/* In the child, after fork(): gives everything away, then judges until the supervisor is gone.
 */
_Noreturn void pool_work(const struct pool_work *work);
