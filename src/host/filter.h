/* SPDX-License-Identifier: MIT */
/* Filter: the calls that a process may still make (seccomp(2)). */
#pragma once
#include "base/status.h"
#include <stdbool.h>

/* AddressSanitizer looks for leaks with ptrace(2) and /proc when a process ends. */
#if defined(__SANITIZE_ADDRESS__)
#define FILTER_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FILTER_SANITIZED true
#endif
#endif
#ifndef FILTER_SANITIZED
#define FILTER_SANITIZED false
#endif

/* *@missing: this kernel has no filters.  Both need "no new privileges". */
MUST_CHECK enum status filter_supervisor(bool *missing);
MUST_CHECK enum status filter_worker(bool *missing);
