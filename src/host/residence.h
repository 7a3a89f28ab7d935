/* SPDX-License-Identifier: MIT */
/*
 * Residence: whoever others wait for stays in memory, and is the last to be killed when
 * there is too little of it (mlockall(2), proc_pid_oom_score_adj(5)).
 */
#pragma once
#include <stdbool.h>

/* As far as our rights go.  For this process; what it forks may be killed as late as it. */
void residence_take(void);
/* May be killed like anybody else. */
void residence_give_up(void);
