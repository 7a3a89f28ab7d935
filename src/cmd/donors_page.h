/* SPDX-License-Identifier: MIT */
/* How `assay donors` prints a donor. */
#pragma once
#include "base/buffer.h"
#include "mimicry/donor.h"

/* A line of `donors list`: digest, program, signer, where it was learnt. */
void donor_line(struct buffer *out, const struct donor *d);
/* One object on a line, schema assay.donor/1. */
void donor_json(struct buffer *out, const struct donor *d);
/* Everything about one. */
void donor_page(struct buffer *out, const struct donor *d);
