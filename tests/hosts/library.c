/* SPDX-License-Identifier: MIT */
/* A host of the forge matrix: a library with two functions. */
__declspec(dllexport) unsigned host_sum(const unsigned char *bytes, unsigned n)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum = sum * 31 + bytes[i];
	return sum;
}

__declspec(dllexport) int host_version(void)
{
	return 1;
}
