/* SPDX-License-Identifier: MIT */
#include "host/late_library.h"

#include <dlfcn.h>
#include <string.h>

bool late_library_load(const char *file, const char *const *names, size_t n,
		       late_function **functions)
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library && i < n; i++) {
		void *symbol = dlsym(library, names[i]);

		if (!symbol)
			return false;
		/* POSIX promises that this works, ISO C has no cast for it. */
		memcpy(&functions[i], &symbol, sizeof symbol);
	}
	return library != NULL;
}
