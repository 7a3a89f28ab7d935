/* SPDX-License-Identifier: MIT */
/*
 * Standing: which name may be said, and beside what.  A signer's name never
 * appears without it: whoever prints one asks report_signer().
 */
#pragma once
#include "evidence/report.h"

/* The index of the signature that the word rests on, else of the first; -1: none. */
int report_decisive(const struct report *r);

/* The signature whose trust is meant by the file's word; NULL: none. */
const struct report_signature *report_deciding(const struct report *r);
/* Is it signed, but with no anchors to check by? */
bool report_unevaluated(const struct report *r);

/* Does everything about this signature hold, and the file pass as a whole? */
bool report_trusted(const struct report *r, const struct report_signature *s);
/* Then the signer's name; else NULL. */
const char *report_signer(const struct report *r, const struct report_signature *s);
/* The same of what the keys of signer and anchor are known by; else empty. */
struct span report_signer_key(const struct report *r, const struct report_signature *s);
struct span report_anchor_key(const struct report *r, const struct report_signature *s);
