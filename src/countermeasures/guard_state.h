/* SPDX-License-Identifier: MIT */
/* State of Executable Allowlisting (D3-EAL) and Denylisting (D3-EDL): what the guard says. */
#pragma once
#include "countermeasures/room.h"

/*
 * Off: no guard answers, or its mode leaves this one to the other; degraded: it
 * only learns, or lives on an older policy than it should.
 */
void allowlisting_state(const struct room_context *context, struct room_state *out);
void denylisting_state(const struct room_context *context, struct room_state *out);
