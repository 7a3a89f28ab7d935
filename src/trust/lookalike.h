/* SPDX-License-Identifier: MIT */
/* Names made to be read as those of a vendor.  Private to src/trust. */
#pragma once
#include "trust/brands.h"

/* How a name resembles a vendor's; the worse ones later. */
enum likeness {
	LIKENESS_NONE,
	LIKENESS_SAME,  /* it is the vendor's, but for case */
	LIKENESS_FORM,  /* "Google GmbH": another legal form, or none; subsidiaries do that */
	LIKENESS_ADDED, /* "Google LLC Updates": further words */
	LIKENESS_FORM_ADDED, /* "Microsoft Corporation Ltd": a second legal form */
	LIKENESS_SPELLING,   /* "Google  LLC.": other spaces and dots */
	LIKENESS_LETTERS,    /* other letters that look the same, or hidden characters */
};

/*
 * What @name (as src/base/escape.h shows it) is to the vendors that we know;
 * *@like: the name that it resembles, *@brand: whose it is.
 */
enum likeness name_likeness(const char *name, const struct brand **brand, const char **like);

/* "other letters": for people. */
const char *likeness_say(enum likeness likeness);
