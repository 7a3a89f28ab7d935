/* SPDX-License-Identifier: MIT */
/*
 * Forge: makes signed programs, good and bad, for the tests alone.
 *
 * From nothing but libcrypto and arithmetic: harmless PE images, a test CA,
 * Authenticode signatures, timestamps, and every trap that the product must
 * see through.  Never installed.
 */
#pragma once

/* What the forge calls itself in the certificates that it makes. */
const char *forge_name(void);
