/* SPDX-License-Identifier: MIT */
/* Signed attributes that NuGet asks for, or makes itself. */
#include "base/escape.h"
#include "verify/nuget/state.h"

#define COMMITMENT     OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x10")
#define PROOF_ORIGIN   OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x06\x01")
#define PROOF_RECEIPT  OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x06\x02")
#define SERVICE_INDEX  OID("\x2b\x06\x01\x04\x01\x82\x37\x54\x02\x01\x01\x01")
#define PACKAGE_OWNERS OID("\x2b\x06\x01\x04\x01\x82\x37\x54\x02\x01\x01\x02")

#define MAX_TEXT   512
#define MAX_OWNERS 32

/* CommitmentTypeIndication: SEQUENCE { type OID, qualifiers OPTIONAL }. */
static enum nuget_role commitment_read(struct span value)
{
	struct der sequence, oid;
	struct cursor c;

	if (!der_only(value, DER_SEQUENCE, &sequence, NULL))
		return NUGET_BOTH;
	c = der_enter(&sequence);
	if (!der_expect(&c, DER_OID, &oid))
		return NUGET_BOTH;
	if (span_equal(oid.value, PROOF_ORIGIN))
		return NUGET_AUTHOR;
	return span_equal(oid.value, PROOF_RECEIPT) ? NUGET_REPOSITORY : NUGET_ROLE_NONE;
}

enum nuget_role nuget_role_read(const struct signer_info *signer, const char **problem)
{
	enum nuget_role role = NUGET_ROLE_NONE;

	*problem = NULL;
	for (size_t i = 0; i < signer->n_attrs; i++) {
		const struct cms_attribute *attr = &signer->attrs[i];

		if (!span_equal(attr->oid, COMMITMENT))
			continue;
		for (size_t v = 0; v < attr->n_values; v++) {
			enum nuget_role one = commitment_read(attr->values[v]);

			if (one != NUGET_ROLE_NONE && role != NUGET_ROLE_NONE && one != role)
				one = NUGET_BOTH;
			role = one != NUGET_ROLE_NONE ? one : role;
		}
	}
	if (role == NUGET_BOTH)
		*problem = "it is the author's and a repository's at once, or says neither";
	return role;
}

static const char *shown(struct arena *a, struct span text)
{
	return escape_string(a, text, MAX_TEXT);
}

/* NuGetV3ServiceIndexUrl: IA5String, an address with https. */
static const char *index_read(struct arena *a, struct span value)
{
	struct der url;

	if (!der_only(value, DER_IA5_STRING, &url, NULL) ||
	    !span_starts(url.value, "https://", 8))
		return NULL;
	return shown(a, url.value);
}

/* NuGetPackageOwners: SEQUENCE OF UTF8String. */
static const char *owners_read(struct arena *a, struct span value)
{
	CLEANUP(buffer_free) struct buffer list = BUFFER_INIT;
	struct der sequence, owner;
	struct cursor c;
	size_t n = 0;

	if (!der_only(value, DER_SEQUENCE, &sequence, NULL))
		return NULL;
	for (c = der_enter(&sequence); cursor_left(&c) > 0 && n < MAX_OWNERS; n++) {
		if (!der_expect(&c, DER_UTF8_STRING, &owner))
			return NULL;
		buffer_text(&list, n ? ", " : "");
		buffer_add(&list, owner.value);
	}
	return n > 0 ? shown(a, buffer_span(&list)) : NULL;
}

void nuget_repository_read(struct arena *a, const struct signer_info *signer,
			   const char **index, const char **owners, const char **problem)
{
	const struct cms_attribute *url =
		cms_attribute_find(signer->attrs, signer->n_attrs, SERVICE_INDEX);
	const struct cms_attribute *names =
		cms_attribute_find(signer->attrs, signer->n_attrs, PACKAGE_OWNERS);

	*index = url && url->n_values == 1 ? index_read(a, url->values[0]) : NULL;
	*owners = names && names->n_values == 1 ? owners_read(a, names->values[0]) : NULL;
	*problem = NULL;
	if (!*index)
		*problem = "a repository signed it and does not say where it is";
	else if (names && !*owners)
		*problem = "its list of owners cannot be read";
}
