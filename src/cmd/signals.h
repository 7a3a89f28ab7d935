/* SPDX-License-Identifier: MIT */
/* What the user tells us by signals while we work. */
#pragma once
#include "base/attrs.h"
#include <stdbool.h>

/*
 * From now on: SIGINT and SIGTERM ask to stop (the second one kills), SIGUSR1
 * asks for progress, SIGPIPE and SIGXFSZ are errors of write().
 */
void signals_watch(void);
MUST_CHECK bool signals_stop(void);
/* True once for each SIGUSR1. */
MUST_CHECK bool signals_progress(void);
/* As it was before signals_watch(): for a program that takes our place. */
void signals_forget(void);
