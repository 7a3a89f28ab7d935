/* SPDX-License-Identifier: MIT */
/*
 * Brands: names that forgers borrow, as they stand in genuine certificates
 * (organisation and common name, RFC 5280 4.1.2.6).
 *
 * Only these exact names are compared, without regard to case; a longer name
 * ("Google Inc Not") is another name.  A vendor with roots of its own has them
 * listed, by SHA-256 of the certificate.
 */
#include "trust/brands.h"

#include "trust/brand_names.h"
#include <strings.h>

#define OID_COMMON_NAME  OID("\x55\x04\x03")
#define OID_ORGANISATION OID("\x55\x04\x0a")

#define SHA256(literal) OID_INIT(literal)

#define NAMES(...)                                                                             \
	.names = (const char *const[])                                                         \
	{                                                                                      \
		__VA_ARGS__, NULL                                                              \
	}
#define BRAND(brand, ...)                                                                      \
	{                                                                                      \
		.name = (brand), NAMES(__VA_ARGS__)                                            \
	}
/* The organisation alone tells, whatever the common name. */
#define BRAND_ANY(brand, ...)                                                                  \
	{                                                                                      \
		.name = (brand), .any_common_name = true, NAMES(__VA_ARGS__)                   \
	}
/* The same, and it has roots of its own. */
#define BRAND_OWN(brand, roots, ...)                                                           \
	{                                                                                      \
		.name = (brand), .any_common_name = true, .anchors = (roots),                  \
		.n_anchors = COUNT_OF(roots), NAMES(__VA_ARGS__)                               \
	}

static const struct span microsoft_roots[] = {
	/* Microsoft Root Certificate Authority 2011 */
	SHA256("\x84\x7d\xf6\xa7\x84\x97\x94\x3f\x27\xfc\x72\xeb\x93\xf9\xa6\x37"
	       "\x32\x0a\x02\xb5\x61\xd0\xa9\x1b\x09\xe8\x7a\x78\x07\xed\x7c\x61"),
	/* Microsoft Root Certificate Authority 2010 */
	SHA256("\xdf\x54\x5b\xf9\x19\xa2\x43\x9c\x36\x98\x3b\x54\xcd\xfc\x90\x3d"
	       "\xfa\x4f\x37\xd3\x99\x6d\x8d\x84\xb4\xc3\x1e\xec\x6f\x3c\x16\x3e"),
	/* Microsoft Root Certificate Authority, 2001 */
	SHA256("\x88\x5d\xe6\x4c\x34\x0e\x3e\xa7\x06\x58\xf0\x1e\x11\x45\xf9\x57"
	       "\xfc\xda\x27\xaa\xbe\xea\x1a\xb9\xfa\xa9\xfd\xb0\x10\x2d\x40\x77"),
	/* Microsoft Root Authority, 1997 */
	SHA256("\xf3\x84\x06\xe5\x40\xd7\xa9\xd9\x0c\xb4\xa9\x47\x92\x99\x64\x0f"
	       "\xfb\x6d\xf9\xe2\x24\xec\xc7\xa0\x1c\x0d\x95\x58\xd8\xda\xd7\x7d"),
	/* Microsoft Identity Verification Root CA 2020 */
	SHA256("\x53\x67\xf2\x0c\x7a\xde\x0e\x2b\xca\x79\x09\x15\x05\x6d\x08\x6b"
	       "\x72\x0c\x33\xc1\xfa\x2a\x26\x61\xac\xf7\x87\xe3\x29\x2e\x12\x70"),
	/* Microsoft Windows Production PCA 2011 */
	SHA256("\xe8\xe9\x5f\x07\x33\xa5\x5e\x8b\xad\x7b\xe0\xa1\x41\x3e\xe2\x3c"
	       "\x51\xfc\xea\x64\xb3\xc8\xfa\x6a\x78\x69\x35\xfd\xdc\xc7\x19\x61"),
	/* Microsoft Corporation UEFI CA 2011 */
	SHA256("\x48\xe9\x9b\x99\x1f\x57\xfc\x52\xf7\x61\x49\x59\x9b\xff\x0a\x58"
	       "\xc4\x71\x54\x22\x9b\x9f\x8d\x60\x3a\xc4\x0d\x35\x00\x24\x85\x07"),
};

const struct brand brands[] = {
	BRAND_OWN("Microsoft", microsoft_roots, "Microsoft Corporation", "Microsoft Windows",
		  "Microsoft Windows Publisher",
		  "Microsoft Windows Hardware Compatibility Publisher",
		  "Microsoft Windows Early Launch Anti-malware Publisher",
		  "Microsoft 3rd Party Application Component"),
	BRAND("Adobe", "Adobe Inc.", "Adobe Systems Incorporated",
	      "Adobe Systems, Incorporated"),
	BRAND("AMD", "Advanced Micro Devices, Inc.", "Advanced Micro Devices Inc."),
	BRAND("Amazon", "Amazon.com Services LLC", "Amazon Web Services, Inc.",
	      "Amazon.com, Inc."),
	BRAND("AnyDesk", "AnyDesk Software GmbH"),
	BRAND_ANY("Apple", "Apple Inc."),
	BRAND("Cisco", "Cisco Systems, Inc."),
	BRAND("Citrix", "Citrix Systems, Inc."),
	BRAND("CrowdStrike", "CrowdStrike, Inc."),
	BRAND("Dell", "Dell Inc", "Dell Inc.", "Dell Technologies Inc."),
	BRAND("Docker", "Docker Inc", "Docker Inc."),
	BRAND("Dropbox", "Dropbox, Inc", "Dropbox, Inc."),
	BRAND("ESET", "ESET, spol. s r.o."),
	BRAND("GitHub", "GitHub, Inc."),
	BRAND("Google", "Google LLC", "Google Inc", "Google Inc."),
	BRAND("HP", "HP Inc.", "Hewlett-Packard Company", "Hewlett Packard Enterprise Company"),
	BRAND("IBM", "International Business Machines Corporation"),
	BRAND("Intel", "Intel Corporation"),
	BRAND("JetBrains", "JetBrains s.r.o."),
	BRAND("Kaspersky", "Kaspersky Lab", "Kaspersky Lab JSC", "AO Kaspersky Lab"),
	BRAND("Lenovo", "Lenovo", "Lenovo (Beijing) Limited"),
	BRAND("Logitech", "Logitech Inc", "Logitech Inc."),
	BRAND("McAfee", "McAfee, LLC", "McAfee, Inc."),
	BRAND("Mozilla", "Mozilla Corporation"),
	BRAND("NVIDIA", "NVIDIA Corporation"),
	BRAND("OpenAI", "OpenAI, L.L.C.", "OpenAI OpCo, LLC"),
	BRAND("OpenJS Foundation", "OpenJS Foundation", "Node.js Foundation"),
	BRAND("Oracle", "Oracle America, Inc.", "Oracle Corporation"),
	BRAND("Palo Alto Networks", "Palo Alto Networks", "Palo Alto Networks, Inc."),
	BRAND("Python", "Python Software Foundation"),
	BRAND("Realtek", "Realtek Semiconductor Corp.", "Realtek Semiconductor Corp"),
	BRAND("Red Hat", "Red Hat, Inc."),
	BRAND("Salesforce", "Salesforce, Inc.", "Slack Technologies, Inc.",
	      "Slack Technologies, LLC"),
	BRAND("Samsung", "Samsung Electronics CO., LTD."),
	BRAND("SAP", "SAP SE"),
	BRAND("Siemens", "Siemens AG", "Siemens Aktiengesellschaft"),
	BRAND("Sophos", "Sophos Ltd", "Sophos Limited"),
	BRAND("Spotify", "Spotify AB"),
	BRAND("Symantec", "Symantec Corporation", "NortonLifeLock Inc."),
	BRAND("TeamViewer", "TeamViewer", "TeamViewer GmbH", "TeamViewer Germany GmbH"),
	BRAND("Trend Micro", "Trend Micro, Inc."),
	BRAND("Valve", "Valve", "Valve Corp."),
	BRAND("VMware", "VMware, Inc.", "VMware, LLC"),
	BRAND("Zoom", "Zoom Video Communications, Inc.", "Zoom Communications, Inc."),
};
const size_t n_brands = COUNT_OF(brands);

static bool is_among(const char *const *names, const char *name)
{
	for (size_t i = 0; name && names[i]; i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

/* @text without marks, dots and spaces at its end. */
static size_t bare_length(const char *text)
{
	struct span all = SPAN_TEXT(text);
	size_t n = all.len;

	while (n > 0 && strchr(" .,\xae\xc2", span_at(all, n - 1)))
		n--;
	return n;
}

static bool same_bare(const char *a, const char *b)
{
	size_t n = bare_length(a);

	return n > 0 && n == bare_length(b) && strncasecmp(a, b, n) == 0;
}

const char *brand_of_name(const char *name)
{
	for (size_t i = 0; i < n_brands; i++) {
		const struct brand *b = &brands[i];

		if (same_bare(b->name, name))
			return b->name;
		for (size_t k = 0; b->names[k]; k++)
			if (same_bare(b->names[k], name))
				return b->name;
	}
	return NULL;
}

const struct brand *brand_find(struct inquiry *in, struct span subject)
{
	const char *organisation = name_attribute(in->arena, subject, OID_ORGANISATION);
	const char *common_name = name_attribute(in->arena, subject, OID_COMMON_NAME);
	const char *shown = name_short(in->arena, subject); /* of several, the last */

	/* The other two are NULL also when there is no such attribute. */
	if (!shown)
		in->no_memory = true;
	for (size_t i = 0; i < n_brands; i++) {
		const struct brand *b = &brands[i];
		bool alone = b->any_common_name || !common_name;

		if (is_among(b->names, common_name) || is_among(b->names, shown) ||
		    (alone && is_among(b->names, organisation)))
			return b;
	}
	return NULL;
}

bool brand_owns(const struct brand *brand, const struct path *path)
{
	for (size_t i = 0; i < path->n; i++)
		for (size_t k = 0; k < brand->n_anchors; k++)
			if (span_equal(SPAN_OF(path->certs[i]->sha256), brand->anchors[k]))
				return true;
	return false;
}

bool brand_roots_known(const struct brand *brand, const struct trust_store *store)
{
	bool listed = false;

	/* Those that have roots of their own stand on the list, too. */
	for (size_t i = 0; i < COUNT_OF(microsoft_roots) && !listed; i++)
		listed = trust_public_root(store, microsoft_roots[i].ptr);
	return listed || brand->n_anchors > 0;
}
