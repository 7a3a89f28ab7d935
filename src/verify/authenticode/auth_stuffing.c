/* SPDX-License-Identifier: MIT */
/*
 * Stuffing: bytes inside a certificate table entry behind the signature.
 *
 * No digest covers them and Windows accepts them by default (CVE-2013-3900).
 * Vendors tag their installers so; attackers hide programs there.
 */
#include "verify/authenticode/state.h"

#include <math.h>

#define PAD_CLEAN     8    /* fewer zero bytes align the entry */
#define TAG_MAX       1024 /* what vendors' tags need */
#define ENTROPY_BYTES 128  /* fewer bytes cannot tell */

/* Shannon entropy as a share of what so many bytes could have. */
static double entropy_share(struct span s)
{
	size_t count[256] = { 0 };
	double bits = 0, most;

	for (size_t i = 0; i < s.len; i++)
		count[span_at(s, i)]++;
	for (size_t i = 0; i < COUNT_OF(count); i++) {
		double p = (double)count[i] / (double)s.len;

		if (count[i] > 0)
			bits -= p * log2(p);
	}
	most = s.len < 256 ? log2((double)s.len) : 8.0;
	return bits / most;
}

/* Why these bytes look like a program or like encrypted data; NULL: they do not. */
static const char *payload_sign(struct span rest)
{
	static const struct {
		const char *magic;
		size_t len;
		const char *what;
	} magics[] = {
		{"MZ\x90",            3, "a PE header"       },
		{ "\177ELF",          4, "an ELF header"     },
		{ "PK\x03\x04",       4, "a ZIP local header"},
		{ "\xfe\xed\xfa\xce", 4, "a SigFlip marker"  },
	};
	uint64_t at;

	for (size_t i = 0; i < COUNT_OF(magics); i++) {
		struct span magic = { (const uint8_t *)magics[i].magic, magics[i].len };

		if (span_find(rest, magic, 0, &at))
			return magics[i].what;
	}
	if (rest.len >= ENTROPY_BYTES && entropy_share(rest) > 0.92)
		return "high entropy";
	return rest.len > TAG_MAX ? "more than a tag needs" : NULL;
}

void auth_stuffing(struct arena *a, struct findings *findings, const struct claim *claim,
		   struct span rest, struct fact *fact)
{
	const char *sign;

	if (rest.len < PAD_CLEAN && span_is_zero(rest))
		return;
	sign = span_is_zero(rest) ? NULL : payload_sign(rest);
	finding_add(findings, sign ? "stuffed.payload" : "stuffed.tag", auth_where(claim, rest),
		    "fewer than 8 zero bytes",
		    arena_printf(a, "%zu bytes%s%s", rest.len, sign ? ", " : "",
				 sign                 ? sign
				 : span_is_zero(rest) ? ", all zero"
						      : ""));
	fact->stuffed_payload = sign != NULL;
	fact->stuffed = !span_is_zero(rest);
}
