/* SPDX-License-Identifier: MIT */
/*
 * Stuffing: bytes inside a certificate table entry behind the signature, and
 * inside the signature where nobody reads.
 *
 * No digest covers them and Windows accepts them by default (CVE-2013-3900).
 * Vendors tag their installers so; attackers hide programs there.
 */
#include "verify/authenticode/state.h"

#include <math.h>

#define PAD_CLEAN     8    /* fewer zero bytes align the entry */
#define TAG_MAX       1024 /* what vendors' tags need */
#define ENTROPY_BYTES 128  /* fewer bytes cannot tell */
#define ENTROPY_HIGH  0.92 /* of what could be: compressed or encrypted */

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

/* The head of a program or an archive in @bytes; NULL: none. */
static const char *magic_find(struct span bytes)
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

		if (span_find(bytes, magic, 0, &at))
			return magics[i].what;
	}
	return NULL;
}

/* Why these bytes look like a program or like encrypted data; NULL: they do not. */
static const char *payload_sign(struct span rest)
{
	const char *magic = magic_find(rest);

	if (magic)
		return magic;
	if (rest.len >= ENTROPY_BYTES && entropy_share(rest) > ENTROPY_HIGH)
		return "high entropy";
	return rest.len > TAG_MAX ? "more than a tag needs" : NULL;
}

/* Does every element look like a CertificateList (RFC 5280 5.1)? */
static bool are_crls(struct span crls)
{
	struct der whole, list, signed_part, algorithm, value;
	struct cursor c = cursor_at(crls, 0), inside;

	if (!der_next(&c, &whole))
		return false;
	c = der_enter(&whole);
	while (cursor_left(&c) > 0) {
		if (!der_expect(&c, DER_SEQUENCE, &list))
			return false;
		inside = der_enter(&list);
		if (!der_expect(&inside, DER_SEQUENCE, &signed_part) ||
		    !der_expect(&inside, DER_SEQUENCE, &algorithm) ||
		    !der_expect(&inside, DER_BIT_STRING, &value) || cursor_left(&inside) != 0)
			return false;
	}
	return true;
}

static void hidden_judge(struct arena *a, struct findings *findings, struct fact *fact,
			 struct span bytes)
{
	const char *sign = magic_find(bytes);

	if (!sign && bytes.len > TAG_MAX)
		sign = "more than a tag needs";
	if (!sign)
		return;
	finding_add(findings, "stuffed.payload", claim_where(fact->claim, bytes),
		    "nothing that nobody reads",
		    arena_printf(a, "%zu bytes, %s", bytes.len, sign));
	fact->stuffed = fact->stuffed_payload = true;
}

/* Extensions of X.509 and PKIX, and certificate transparency: they may be large. */
static bool extension_known(struct span oid)
{
	static const struct span families[] = {
		OID_INIT("\x55\x1d"),
		OID_INIT("\x2b\x06\x01\x05\x05\x07"),
		OID_INIT("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04"),
	};

	for (size_t i = 0; i < COUNT_OF(families); i++)
		if (span_equal(span_clip(oid, 0, families[i].len), families[i]))
			return true;
	return false;
}

static void carried_judge(struct arena *a, struct findings *findings, struct fact *fact,
			  struct span value)
{
	const char *sign = magic_find(value);

	if (!sign && value.len > TAG_MAX && entropy_share(value) > ENTROPY_HIGH)
		sign = "high entropy";
	if (!sign && value.len <= TAG_MAX)
		return;
	finding_add(findings, sign ? "stuffed.payload" : "stuffed.tag",
		    claim_where(fact->claim, value), "a certificate that somebody needs",
		    arena_printf(a, "%zu bytes in an extension%s%s", value.len,
				 sign ? ", " : "", sign ? sign : ""));
	if (sign)
		fact->stuffed = fact->stuffed_payload = true;
}

void auth_carried(struct arena *a, struct findings *findings, struct fact *fact,
		  const struct certificate *unused)
{
	struct cursor all = cursor_at(unused->extensions, 0), inside;
	struct der extension, oid, critical, value;

	while (cursor_left(&all) > 0 && der_expect(&all, DER_SEQUENCE, &extension)) {
		inside = der_enter(&extension);
		if (!der_expect(&inside, DER_OID, &oid) || extension_known(oid.value))
			continue;
		(void)der_optional(&inside, DER_BOOLEAN, &critical);
		if (der_expect(&inside, DER_OCTET_STRING, &value))
			carried_judge(a, findings, fact, value.value);
	}
}

/* src/formats says where they are; here, whether the signature is taken with them. */
void auth_unclaimed(struct span bytes, struct fact *fact)
{
	if (span_is_zero(bytes))
		return;
	fact->stuffed = true;
	fact->stuffed_payload = fact->stuffed_payload || payload_sign(bytes);
}

void auth_hidden(struct arena *a, struct findings *findings, struct fact *fact)
{
	const struct cms *cms = fact->cms;

	hidden_judge(a, findings, fact, cms->digest_algorithms);
	hidden_judge(a, findings, fact, cms->skipped);
	if (!are_crls(cms->crls))
		hidden_judge(a, findings, fact, cms->crls);
	for (size_t i = 0; i < fact->signer->n_unsigned_attrs; i++) {
		const struct cms_attribute *attr = &fact->signer->unsigned_attrs[i];

		for (size_t v = 0; v < attr->n_values && !auth_attribute_known(attr->oid); v++)
			hidden_judge(a, findings, fact, attr->values[v]);
	}
}

void auth_stuffing(struct arena *a, struct findings *findings, const struct claim *claim,
		   struct span rest, struct fact *fact)
{
	const char *sign;

	if (rest.len < PAD_CLEAN && span_is_zero(rest))
		return;
	sign = span_is_zero(rest) ? NULL : payload_sign(rest);
	finding_add(findings, sign ? "stuffed.payload" : "stuffed.tag",
		    claim_where(claim, rest), "fewer than 8 zero bytes",
		    arena_printf(a, "%zu bytes%s%s", rest.len, sign ? ", " : "",
				 sign                 ? sign
				 : span_is_zero(rest) ? ", all zero"
						      : ""));
	fact->stuffed_payload = fact->stuffed_payload || sign;
	fact->stuffed = fact->stuffed || !span_is_zero(rest);
}
