/* SPDX-License-Identifier: MIT */
/*
 * Publisher: a name as Windows writes it in manifests (CertNameToStr,
 * CERT_X500_NAME_STR), beside one as RFC 4514 writes it.
 */
#pragma once
#include "base/arena.h"

/* Are both the same name?  "S" and "ST" are; so are quotes and backslashes. */
bool publisher_is(struct span said, struct span subject);

/* For people: inert, and not too long. */
const char *publisher_shown(struct arena *a, struct span said);
