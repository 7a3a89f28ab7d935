/* SPDX-License-Identifier: MIT */
/* Is dpkg at work?  Then it is waited for, a while: what its files say of changes comes last.
 */
#pragma once
#include "cmd/settings.h"

#define FIM_DPKG_WAIT_S   600 /* at most: who attacks waits for upgrades, too */
#define FIM_DPKG_RECENT_S 120 /* so long ago that what changes now may be its work */

/* Somebody holds dpkg's lock. */
bool fim_dpkg_works(const struct settings *s);
/* It has changed what is installed, not long ago. */
bool fim_dpkg_worked(const struct settings *s);
