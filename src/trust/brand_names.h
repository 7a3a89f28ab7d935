/* SPDX-License-Identifier: MIT */
/* The vendors whose names forgers like to borrow, for others than src/trust. */
#pragma once

/*
 * The vendor that goes by this organisation or company name, without regard to
 * case and to marks and dots at its end: "Microsoft"; NULL: none that we know.
 */
const char *brand_of_name(const char *name);
