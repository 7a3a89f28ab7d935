/* SPDX-License-Identifier: MIT */
/*
 * Which instructions may be used.  glibc has asked the CPU already at start;
 * CPUID itself leaves the guest of a hypervisor and costs more than the
 * SHA-256 of a certificate.
 */
#include "crypto/lanes_kernels.h"

#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>

bool kernels_available(void)
{
	return CPU_FEATURE_ACTIVE(SHA) && CPU_FEATURE_ACTIVE(SSE4_1) &&
	       CPU_FEATURE_ACTIVE(SSSE3);
}
#elif defined(__x86_64__)
#include <cpuid.h>

bool kernels_available(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3))
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}
#else
bool kernels_available(void)
{
	return false;
}
#endif
