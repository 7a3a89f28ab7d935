/* SPDX-License-Identifier: MIT */
#include "base/status.h"

const char *status_text(enum status s)
{
	switch (s) {
	case STATUS_OK: return "ok";
	case STATUS_NOT_MINE: return "not in this format";
	case STATUS_WANT: return "more bytes wanted";
	case STATUS_MALFORMED: return "malformed";
	case STATUS_UNSUPPORTED: return "not supported";
	case STATUS_LIMIT: return "limit reached";
	case STATUS_CHANGED: return "the file changed while it was read";
	case STATUS_NO_MEMORY: return "out of memory";
	case STATUS_IO: return "input/output error";
	case STATUS_USAGE: return "wrong usage";
	}
	return "unknown status";
}
