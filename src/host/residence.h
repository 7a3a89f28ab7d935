/* SPDX-License-Identifier: MIT */
/*
 * Residence: whoever others wait for stays in memory, is the last to be killed when there
 * is too little of it, and runs before others (mlockall(2), proc_pid_oom_score_adj(5),
 * setpriority(2)).
 */
#pragma once
#include <stdbool.h>

/* As far as our rights go.  For this process; what it forks may be killed as late as it. */
void residence_take(void);
/*
 * Before all others, as far as our rights go (or RLIMIT_NICE); what it forks, too.  Whoever
 * wakes us and waits finds us run at once, where he ran: to wake another processor costs more
 * than a short answer.
 */
void residence_run_first(void);
/* May be killed like anybody else, and runs like anybody else. */
void residence_give_up(void);
