/* SPDX-License-Identifier: MIT */
/* Starts: files that are no programs, and say which ones run. */
#pragma once
#include "store/baseline.h"

/* Whoever writes the file at @path decides what runs, as root or at every log-in. */
bool fim_starts_programs(struct span path);

/* Whoever may add to the folder at @path does: it holds such files, or is on root's PATH. */
bool fim_folder_starts_programs(struct span path);

/* Is @folder a subject?  With @all every one of those, else only one that others may write to.
 */
bool fim_folder_is_wanted(const struct baseline_record *folder, bool all);

/* Is @file a subject of that baseline?  Documents are none, but for those that were named. */
bool fim_is_wanted(const struct baseline_about *about, const struct baseline_record *file);
