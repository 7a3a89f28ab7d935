/* SPDX-License-Identifier: MIT */
#include "tests/forge/forge.h"

const char *forge_name(void)
{
	return "Assay Forge";
}
