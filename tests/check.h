/* SPDX-License-Identifier: MIT */
/* A test program prints TAP; Meson reads it.  This is the whole framework. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_n, check_bad;

#define CHECK(what, ...)                                                                       \
	do {                                                                                   \
		int check_ok_ = !!(what);                                                      \
		check_bad += !check_ok_;                                                       \
		printf("%s %d - ", check_ok_ ? "ok" : "not ok", ++check_n);                    \
		printf(__VA_ARGS__);                                                           \
		putchar('\n');                                                                 \
		if (!check_ok_)                                                                \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #what);                    \
		fflush(stdout); /* a crash must not swallow what passed */                     \
	} while (0)

#define CHECK_DONE() (printf("1..%d\n", check_n), check_bad ? EXIT_FAILURE : EXIT_SUCCESS)
