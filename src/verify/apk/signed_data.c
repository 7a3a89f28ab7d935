/* SPDX-License-Identifier: MIT */
/* What a signer of scheme v2 or later signed: digests, certificates, attributes. */
#include "verify/apk/sequences.h"

#define ATTRIBUTE_STRIPPING 0xbeeff00dU /* v2: a newer scheme is there too */
#define ATTRIBUTE_ROTATION  0x559f8b02U /* v3: from this release on scheme v3.1 */
#define ATTRIBUTE_LINEAGE   0x3ba06f8cU
#define ATTRIBUTE_PREVIEWS                                                                     \
	0xc2a6b3baU /* v3.1: for the preview of the release behind .min_sdk */

static enum status certificates_read(struct arena *a, struct apk_signer *s, struct span in)
{
	struct cursor c = cursor_at(in, 0);

	s->certificates = ARENA_NEW(a, struct certificate, APK_MAX_CERTIFICATES);
	if (!s->certificates)
		return STATUS_NO_MEMORY;
	while (cursor_left(&c) > 0 && !s->fact->problem) {
		struct span der = apk_prefixed(&c);
		enum status status;

		if (!cursor_ok(&c) || s->n_certificates == APK_MAX_CERTIFICATES) {
			s->fact->problem = "its certificates cannot be read";
			return STATUS_OK;
		}
		status = certificate_read(der, &s->certificates[s->n_certificates], NULL);
		if (status == STATUS_NO_MEMORY)
			return status;
		if (status != STATUS_OK)
			s->fact->problem = "a certificate of its signer cannot be read";
		else
			s->n_certificates++;
	}
	if (s->n_certificates == 0 && !s->fact->problem)
		s->fact->problem = "the certificate of its signer is not in it";
	return STATUS_OK;
}

static bool attributes_read(struct apk_signer *s)
{
	struct cursor c = cursor_at(s->attributes, 0);

	while (cursor_left(&c) > 0) {
		struct span one = apk_prefixed(&c);
		struct cursor in = cursor_at(one, 0);
		uint32_t id = cursor_u32le(&in);

		if (!cursor_ok(&c) || !cursor_ok(&in))
			return false;
		if (id == ATTRIBUTE_STRIPPING && s->scheme == 2)
			s->names_v3 = cursor_u32le(&in) == 3;
		if (id == ATTRIBUTE_ROTATION && s->scheme == 3)
			s->rotation_sdk = cursor_u32le(&in);
		if (id == ATTRIBUTE_PREVIEWS && s->scheme == 31)
			s->for_previews = true;
		if (id == ATTRIBUTE_LINEAGE && s->scheme != 2)
			s->lineage = span_after(one, 4);
		if (!cursor_ok(&in))
			return false;
	}
	return true;
}

enum status apk_signed_data_read(struct arena *a, struct apk_signer *s)
{
	struct cursor c = cursor_at(s->signed_data, 0);
	struct span digests = apk_prefixed(&c), certificates = apk_prefixed(&c);

	if (s->scheme != 2) {
		s->signed_min_sdk = cursor_u32le(&c);
		s->signed_max_sdk = cursor_u32le(&c);
	}
	s->attributes = apk_prefixed(&c);
	if (!cursor_ok(&c) || !apk_records_read(digests, s->digests, &s->n_digests) ||
	    !attributes_read(s)) {
		if (!s->fact->problem)
			s->fact->problem = "what it signs cannot be read";
		return STATUS_OK;
	}
	return certificates_read(a, s, certificates);
}
