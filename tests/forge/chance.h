/* SPDX-License-Identifier: MIT */
#pragma once

/* From here on libcrypto's chance is a function of @seed.  For test programs alone. */
void chance_begin(unsigned long long seed);
