/* SPDX-License-Identifier: MIT */
/*
 * Wire: a report as octets, between worker and supervisor and in the cache.
 *
 * A fixed order of fields, little-endian, each list and each text behind its
 * length; texts end with NUL, so that a decoded report points into its input.
 * The worker that wrote it has parsed hostile files and may be theirs by now:
 * each length, count, enum and text is checked, and nothing else is promised.
 *
 * wire_encode.c and wire_decode.c stand beside each other, function by function.
 */
#pragma once
#include "evidence/evidence.h"

#define WIRE_MAGIC   0x70655261U /* "aRep" */
#define WIRE_VERSION 9
#define WIRE_NULL    UINT32_MAX
