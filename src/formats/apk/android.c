/* SPDX-License-Identifier: MIT */
/*
 * AndroidManifest.xml: for which systems the package is.
 *
 * Attributes are known by their resource identifiers; Android does not look at
 * their names, which can say anything.
 */
#include "formats/apk/reading.h"

#include "structure/axml.h"

#define ID_MIN_SDK     0x0101020c
#define ID_TARGET_SDK  0x01010270
#define ID_SANDBOX     0x0101054c
#define SDK_UNRELEASED 10000 /* a code name: newer than every release */

static const struct {
	char letter;
	uint8_t sdk; /* of the release before the one that had such a name */
} code_names[] = {
	{'C',  2 },
        { 'D', 3 },
        { 'E', 4 },
        { 'F', 7 },
        { 'G', 8 },
	{ 'H', 10},
        { 'I', 13},
        { 'J', 15},
        { 'K', 18},
        { 'L', 20},
	{ 'M', 22},
        { 'N', 23},
        { 'O', 25},
        { 'P', 27},
        { 'Q', 28},
	{ 'R', 29},
        { 'S', 30},
        { 'T', 32},
        { 'U', 33},
};

/* "OMR1" -> 25: a preview counts as the release before it. */
static uint32_t sdk_of_code_name(const struct axml_attribute *attribute)
{
	char letter = (char)span_at(attribute->text, 0);

	for (size_t i = 0; i < COUNT_OF(code_names); i++)
		if (code_names[i].letter == letter)
			return code_names[i].sdk;
	return SDK_UNRELEASED;
}

static uint32_t sdk_of(const struct axml_attribute *attribute)
{
	if (attribute->type == AXML_INTEGER)
		return attribute->integer;
	return attribute->type == AXML_STRING ? sdk_of_code_name(attribute) : 0;
}

static void manifest_element(struct findings *findings, const struct axml *x,
			     const struct axml_element *e, struct apk_manifest *out)
{
	struct axml_attribute a;

	for (uint16_t i = 0; axml_attribute(x, e, i, &a); i++) {
		if (a.id == 0 && a.type == AXML_STRING && !out->package &&
		    axml_text_is(a.name, a.utf8, "package"))
			out->package = axml_text(findings->arena, a.text, a.utf8);
		if (a.id == ID_SANDBOX && a.type == AXML_INTEGER)
			out->sandbox = a.integer;
	}
}

/* Of several elements the strictest counts. */
static void uses_sdk_element(const struct axml *x, const struct axml_element *e,
			     struct apk_manifest *out)
{
	struct axml_attribute a;

	for (uint16_t i = 0; axml_attribute(x, e, i, &a); i++) {
		uint32_t sdk = sdk_of(&a);

		if (a.id == ID_MIN_SDK && sdk > out->min_sdk)
			out->min_sdk = sdk;
		if (a.id == ID_TARGET_SDK && sdk > out->target_sdk)
			out->target_sdk = sdk;
	}
}

static bool elements_read(struct findings *findings, struct span bytes,
			  struct apk_manifest *out)
{
	struct axml_element e;
	bool broken = false;
	struct axml x;

	if (axml_open(bytes, &x) != STATUS_OK)
		return false;
	while (axml_next(&x, &e, &broken)) {
		if (axml_text_is(e.name, e.utf8, "manifest"))
			manifest_element(findings, &x, &e, out);
		if (axml_text_is(e.name, e.utf8, "uses-sdk"))
			uses_sdk_element(&x, &e, out);
	}
	return !broken;
}

enum status apk_manifest_read(struct view *v, struct findings *findings, const struct zip *z,
			      struct apk_manifest *out)
{
	const struct zip_entry *e = zip_find(z, SPAN_LITERAL("AndroidManifest.xml"));
	struct span bytes = SPAN_NONE;
	enum status status;

	*out = (struct apk_manifest){ .min_sdk = 1 };
	if (!e)
		return STATUS_OK;
	TRY(zip_want(v, findings->arena, &e, 1));
	status = zip_bytes(v, findings->arena, e, AXML_MAX_BYTES, &bytes);
	if (status == STATUS_NO_MEMORY || status == STATUS_WANT)
		return status;
	out->readable = status == STATUS_OK && elements_read(findings, bytes, out);
	if (!out->readable)
		finding_add(findings, "apk.manifest-unreadable", e->header,
			    "a manifest in binary XML", NULL);
	if (out->target_sdk == 0)
		out->target_sdk = out->min_sdk;
	return STATUS_OK;
}
