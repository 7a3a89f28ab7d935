/* SPDX-License-Identifier: MIT */
#include "verify/kernel_message.h"

#include "structure/der.h"

#define OID_DATA OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")

#define CONSTRUCTED       0x20
#define HEADER_MAX        4 /* identifier, and a length of one octet or of two behind their number */
#define END_OF_CONTENTS   2
#define SIGNER_ALGORITHMS 2 /* version and name of the signer come first */

/* An identifier with at most one parameter, whatever that is. */
static bool algorithm_whole(const struct der *algorithm)
{
	struct cursor c = der_enter(algorithm);
	struct der d;

	if (algorithm->tag != DER_SEQUENCE || !der_expect(&c, DER_OID, &d))
		return false;
	return cursor_left(&c) == 0 || (der_next(&c, &d) && cursor_left(&c) == 0);
}

static bool algorithms_whole(const struct der *set)
{
	struct cursor c = der_enter(set);
	struct der d;

	while (cursor_left(&c) > 0)
		if (!der_next(&c, &d) || !algorithm_whole(&d))
			return false;
	return true;
}

/* A set that stands there has an element, but for certificates: the grammar knows no empty
 * ones. */
static bool set_filled(const struct der *d)
{
	return (d->tag != DER_SET && d->tag != DER_CONTEXT_CONSTRUCTED(1)) || d->value.len > 0;
}

static bool signer_whole(struct span signer)
{
	struct cursor c;
	struct der d;

	if (!der_only(signer, DER_SEQUENCE, &d, NULL))
		return false;
	c = der_enter(&d);
	for (size_t i = 0; cursor_left(&c) > 0; i++)
		if (!der_next(&c, &d) || !set_filled(&d) ||
		    (i >= SIGNER_ALGORITHMS && d.tag == DER_SEQUENCE && !algorithm_whole(&d)))
			return false;
	return true;
}

/* All that cms_read() passes over: it takes what has the right frame. */
static bool parts_whole(const struct cms *cms)
{
	struct cursor c = cursor_at(cms->whole, 0);
	struct der d, algorithms;

	if (!der_expect(&c, DER_SEQUENCE, &d)) /* ContentInfo */
		return false;
	c = der_enter(&d);
	if (!der_expect(&c, DER_OID, &d) || !der_expect(&c, DER_CONTEXT_CONSTRUCTED(0), &d))
		return false;
	c = der_enter(&d);
	if (!der_expect(&c, DER_SEQUENCE, &d)) /* SignedData */
		return false;
	for (c = der_enter(&d); cursor_left(&c) > 0;)
		if (!der_next(&c, &d) || !set_filled(&d))
			return false;
	return der_only(cms->digest_algorithms, DER_SET, &algorithms, NULL) &&
	       algorithms_whole(&algorithms);
}

/* Each element's header, from the first to the last: into those that hold others. */
static bool lengths_short(struct span message)
{
	uint64_t at = 0;

	while (at < message.len) {
		struct cursor c = cursor_at(message, at);
		struct der d;
		uint64_t header;

		if (span_at(message, at) == 0 && span_at(message, at + 1) == 0) {
			at += END_OF_CONTENTS;
			continue;
		}
		if (!der_next(&c, &d))
			return false;
		header = d.whole.len - d.value.len - (d.indefinite ? END_OF_CONTENTS : 0);
		if (header > HEADER_MAX)
			return false;
		at += d.tag & CONSTRUCTED ? header : d.whole.len;
	}
	return true;
}

/* PKCS #7 names signers by issuer and number, the CMS that it also reads by key identifier. */
static bool versions_agree(const struct cms *cms)
{
	if (cms->version != 1 && cms->version != 3)
		return false;
	for (size_t i = 0; i < cms->n_signers; i++) {
		const struct signer_info *signer = &cms->signers[i];

		if (signer->version != cms->version ||
		    (signer->version == 1) != (signer->issuer.len > 0))
			return false;
	}
	return true;
}

const char *kernel_message_refused(const struct cms *cms)
{
	if (!span_equal(cms->content_type, OID_DATA))
		return "its content is not of the type data";
	if (cms->content.whole.len > 0)
		return "it carries its content, which stands in the file";
	if (cms->n_signers == 0)
		return "nobody signed it (no SignerInfo)";
	if (!versions_agree(cms))
		return "its versions are not those of what it holds";
	if (!parts_whole(cms))
		return "a set in it is empty, or an algorithm cannot be read";
	for (size_t i = 0; i < cms->n_signers; i++)
		if (!signer_whole(cms->signers[i].whole))
			return "a set in it is empty, or an algorithm cannot be read";
	/* What is shorter has short lengths, if they are no longer than needed. */
	if ((cms->non_minimal || cms->whole.len > UINT16_MAX) && !lengths_short(cms->whole))
		return "a length in it has more than two octets";
	return NULL;
}
