/* SPDX-License-Identifier: MIT */
#include "tests/list_builder.h"

#define OID_CTL OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x01")

static void usages_extension(struct buffer *to, struct span usage)
{
	CLEANUP(buffer_free) struct buffer value = BUFFER_INIT;
	size_t list = der_open(&value, DER_SEQUENCE);

	der_add(&value, DER_OID, usage);
	der_close(&value, list);
	build_extension(to, OID("\x55\x1d\x25"), false, buffer_span(&value));
}

static void ca_extension(struct buffer *to)
{
	build_extension(to, OID("\x55\x1d\x13"), true, OID("\x30\x03\x01\x01\xff"));
}

void list_authority_make(struct list_authority *a, const struct list_authority_plan *plan)
{
	CLEANUP(buffer_free)
	struct buffer root = BUFFER_INIT, ca = BUFFER_INIT, leaf = BUFFER_INIT;

	*a = (struct list_authority){ build_key(), build_key(), build_key(),
				      BUFFER_INIT, BUFFER_INIT, BUFFER_INIT };
	ca_extension(&root);
	build_certificate(&a->root,
			  &(struct certificate_plan){ .key = a->root_key,
						      .subject = "Test List Root",
						      .issuer = "Test List Root",
						      .serial = 1,
						      .version = 2,
						      .extensions = buffer_span(&root) });
	if (!plan->authority_is_no_ca)
		ca_extension(&ca);
	usages_extension(&ca, plan->authority_for_code ? LIST_USAGE_CODE : LIST_USAGE_ROOTS);
	build_certificate(&a->authority,
			  &(struct certificate_plan){ .key = a->authority_key,
						      .signer = a->root_key,
						      .subject = "Test List CA",
						      .issuer = "Test List Root",
						      .serial = 2,
						      .version = 2,
						      .extensions = buffer_span(&ca) });
	if (!plan->without_usage)
		usages_extension(&leaf, plan->usage.len ? plan->usage : LIST_USAGE_ROOTS);
	build_certificate(&a->signer,
			  &(struct certificate_plan){ .key = a->signer_key,
						      .signer = a->authority_key,
						      .subject = "Test List Publisher",
						      .issuer = "Test List CA",
						      .serial = 3,
						      .version = 2,
						      .from = plan->from,
						      .until = plan->until,
						      .extensions = buffer_span(&leaf) });
}

void list_authority_free(struct list_authority *a)
{
	EVP_PKEY_free(a->root_key);
	EVP_PKEY_free(a->authority_key);
	EVP_PKEY_free(a->signer_key);
	buffer_free(&a->root);
	buffer_free(&a->authority);
	buffer_free(&a->signer);
}

/* 1.3.6.1.4.1.311.10.11.NUMBER */
static void property_oid(struct buffer *to, unsigned number)
{
	size_t oid = der_open(to, DER_OID);

	buffer_add(to, OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x0b"));
	if (number > 127)
		buffer_char(to, (char)(0x80 | number >> 7));
	buffer_char(to, (char)(number & 0x7f));
	der_close(to, oid);
}

static void entry_build(struct buffer *to, const struct list_entry *entry)
{
	size_t subject = der_open(to, DER_SEQUENCE), attributes;

	der_add(to, DER_OCTET_STRING, entry->tag);
	attributes = der_open(to, DER_SET);
	for (size_t i = 0; i < LIST_MAX_PROPERTIES && entry->properties[i].number; i++) {
		size_t attribute = der_open(to, DER_SEQUENCE), values;

		property_oid(to, entry->properties[i].number);
		values = der_open(to, DER_SET);
		der_add(to, DER_OCTET_STRING, entry->properties[i].value);
		der_close(to, values);
		der_close(to, attribute);
	}
	der_close(to, attributes);
	der_close(to, subject);
}

/* CertificateTrustList. */
static void content_build(struct buffer *to, const struct list_plan *plan)
{
	size_t list = der_open(to, DER_SEQUENCE), part = der_open(to, DER_SEQUENCE);

	der_add(to, DER_OID, plan->usage);
	der_close(to, part);
	der_add(to, DER_OCTET_STRING, SPAN_LITERAL("T\0e\0s\0t\0\0\0"));
	if (!plan->without_sequence)
		der_add_number(to, plan->sequence);
	der_add(to, DER_UTC_TIME, SPAN_TEXT(plan->made ? plan->made : "260422000000Z"));
	der_add_algorithm(to, plan->algorithm, true);
	part = der_open(to, DER_SEQUENCE);
	for (size_t i = 0; i < plan->n; i++)
		entry_build(to, &plan->entries[i]);
	der_close(to, part);
	der_close(to, list);
}

void list_build(struct buffer *to, const struct list_authority *a, const struct list_plan *plan)
{
	CLEANUP(buffer_free)
	struct buffer content = BUFFER_INIT, signers = BUFFER_INIT, certificates = BUFFER_INIT;
	struct der whole;

	content_build(&content, plan);
	if (!der_only(buffer_span(&content), DER_SEQUENCE, &whole, NULL))
		return;
	build_signer_info(&signers, &(struct signer_plan){
					    .key = a->signer_key,
					    .certificate = buffer_span(&a->signer),
					    .content = whole.value,
					    .content_type = OID_CTL,
					    .wrong_signature = plan->spoil_signature,
				    });
	buffer_add(&certificates, buffer_span(&a->authority));
	if (!plan->without_signer)
		buffer_add(&certificates, buffer_span(&a->signer));
	build_signed_data(to, &(struct signed_data_plan){
				      .content_type = OID_CTL,
				      .content = buffer_span(&content),
				      .certificates = buffer_span(&certificates),
				      .signers = buffer_span(&signers),
			      });
}
