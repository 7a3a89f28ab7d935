/* SPDX-License-Identifier: MIT */
/* Every limit that more than one room knows.  A room's own limits stand in its header. */
#pragma once

#define FILE_ARENA_BYTES (48U << 20) /* what one file may make us remember */
#define FILE_ARENA_MORE  (80U << 20) /* ... and as much again as it is long, at most this */
#define ASN1_MAX_DEPTH   32
#define KEY_MAX_BITS     16384
#define PATH_MAX_BYTES   4096
