/* SPDX-License-Identifier: MIT */
/* How a process of test_starved seems to run another program than it does. */
#pragma once

/* Nothing of our program, which is @self, is mapped from its file any more. */
void disguise_begin(const char *self);
/* As anybody may who is root of a name space of users; after disguise_begin(). */
void disguise_as(const char *path);
