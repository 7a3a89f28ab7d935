/* SPDX-License-Identifier: MIT */
/*
 * Unit: what a unit file has systemd run or read, by path (systemd.syntax(7),
 * systemd.service(5), systemd.exec(5)).
 */
#pragma once
#include "base/span.h"
#include "base/status.h"
#include <stdbool.h>

/* Is it the name of a unit file, of whatever type? */
bool unit_is_name(struct span name);

/*
 * Calls @found for every absolute path of @text that is run or read, in order; @path is
 * for the call only, @what says how it is used.  Specifiers (%i) stay as they are.
 */
MUST_CHECK enum status
unit_read(struct span text, void (*found)(void *context, struct span path, const char *what),
	  void *context);
