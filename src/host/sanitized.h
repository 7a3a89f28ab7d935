/* SPDX-License-Identifier: MIT */
/*
 * Is this a build with AddressSanitizer?  When a program ends, that looks for
 * leaks with ptrace(2) and /proc, and fails when it cannot: such a build, which
 * nobody installs, leaves these open to the supervisor.
 */
#pragma once
#include <stdbool.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif
