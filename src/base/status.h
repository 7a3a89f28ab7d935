/* SPDX-License-Identifier: MIT */
/*
 * Status: did the *program* manage to do its work?
 *
 * What is wrong with the *file* is never a status.  A forged signature is a
 * result, not a failure; it travels in facts and findings.
 */
#pragma once
#include "base/attrs.h"

enum status {
	STATUS_OK = 0,
	STATUS_NOT_MINE,    /* the bytes are not in this format */
	STATUS_WANT,        /* the view lacks bytes; view->want says which */
	STATUS_MALFORMED,   /* in this format, but broken; see findings */
	STATUS_UNSUPPORTED, /* an algorithm or a variant that is not built in */
	STATUS_LIMIT,       /* a limit of ours was reached; see limits.h */
	STATUS_CHANGED,     /* the file changed while it was read */
	STATUS_NO_MEMORY,
	STATUS_IO,    /* errno says why */
	STATUS_USAGE, /* the caller, or a configuration file, asked for nonsense */
};

const char *status_text(enum status s);

/* Leave this function when a step fails.  The only macro that returns. */
#define TRY(step)                                                                              \
	do {                                                                                   \
		enum status try_status_ = (step);                                              \
		if (try_status_ != STATUS_OK)                                                  \
			return try_status_;                                                    \
	} while (0)
