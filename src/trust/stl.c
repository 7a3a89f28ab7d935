/* SPDX-License-Identifier: MIT */
/* Reads certificate trust lists; stl_verify.c says whether to believe them. */
#include "trust/stl.h"

#include "base/charset.h"
#include "base/escape.h"
#include "base/slot.h"
#include "structure/ctl.h"

#define OID_CTL              OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x01")
#define OID_ROOT_LIST        OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x09")
#define OID_DISALLOWED_LIST  OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x1e")
#define OID_SHA1             OID("\x2b\x0e\x03\x02\x1a")
#define OID_SIGNATURE_HASH   OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x0b\x0f") /* property 15 */
#define OID_PROPERTY         OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x0b")
#define TAG_SHA1_BYTES       20
#define TAG_KEY_MD5_BYTES    16
#define TAG_TBS_SHA384_BYTES 48
#define NAME_SHOWN_MAX       200

/* FILETIME: 100 ns since 1601-01-01. */
#define FILETIME_PER_SECOND INT64_C(10000000)
#define FILETIME_TO_1970    INT64_C(11644473600)

enum property {
	PROPERTY_EKU = 9,
	PROPERTY_NAME = 11,
	PROPERTY_SHA256 = 98,
	PROPERTY_DISALLOWED_TIME = 104,
	PROPERTY_DISALLOWED_EKU = 122,
	PROPERTY_NOT_BEFORE_TIME = 126,
	PROPERTY_NOT_BEFORE_EKU = 127,
};

/* The number of a property, the last arc of its OID; 0: something else. */
static unsigned property_number(struct span oid)
{
	struct span prefix = OID_PROPERTY, arc = span_after(oid, prefix.len);

	if (!span_equal(span_clip(oid, 0, prefix.len), prefix))
		return 0;
	if (arc.len == 1 && span_at(arc, 0) < 0x80)
		return span_at(arc, 0);
	if (arc.len == 2 && span_at(arc, 0) > 0x80 && span_at(arc, 1) < 0x80)
		return (span_at(arc, 0) & 0x7fU) << 7 | span_at(arc, 1);
	return 0;
}

/* An empty date has a meaning of its own. */
static bool filetime_read(struct span value, bool *has, bool *empty, int64_t *seconds)
{
	struct cursor c = cursor_at(value, 0);

	*has = true;
	*empty = value.len == 0;
	if (*empty)
		return true;
	if (value.len != 8)
		return false;
	*seconds = (int64_t)(cursor_u64le(&c) / FILETIME_PER_SECOND) - FILETIME_TO_1970;
	return cursor_ok(&c);
}

/* SEQUENCE OF OBJECT IDENTIFIER: its contents, each looked at. */
static bool usages_read(struct span value, struct span *out)
{
	struct der list, oid;
	struct cursor c;

	if (!der_only(value, DER_SEQUENCE, &list, NULL))
		return false;
	c = der_enter(&list);
	while (cursor_left(&c))
		if (!der_expect(&c, DER_OID, &oid))
			return false;
	*out = list.value;
	return true;
}

static enum status entry_name(struct arena *a, struct span utf16, struct stl_entry *entry)
{
	struct buffer text CLEANUP(buffer_free) = BUFFER_INIT;
	size_t len = utf16.len >= 2 && span_is_zero(span_after(utf16, utf16.len - 2))
			     ? utf16.len - 2
			     : utf16.len;

	(void)charset_utf16le(&text, span_clip(utf16, 0, len));
	TRY(buffer_status(&text));
	entry->name = escape_string(a, buffer_span(&text), NAME_SHOWN_MAX);
	return entry->name ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status property_read(struct arena *a, unsigned number, struct span value,
				 struct stl_entry *entry)
{
	struct anchor_limits *l = &entry->limits;
	bool good = true;

	switch (number) {
	case PROPERTY_EKU:
		entry->has_eku = true;
		good = usages_read(value, &l->eku);
		break;
	case PROPERTY_NAME: return entry_name(a, value, entry);
	case PROPERTY_SHA256:
		entry->sha256 = value;
		good = value.len == 32;
		break;
	case PROPERTY_DISALLOWED_TIME:
		good = filetime_read(value, &l->has_disallowed, &l->disallowed_empty,
				     &l->disallowed);
		break;
	case PROPERTY_DISALLOWED_EKU: good = usages_read(value, &l->disallowed_eku); break;
	case PROPERTY_NOT_BEFORE_TIME:
		good = filetime_read(value, &l->has_not_before, &l->not_before_empty,
				     &l->not_before);
		break;
	case PROPERTY_NOT_BEFORE_EKU: good = usages_read(value, &l->not_before_eku); break;
	default: /* policies, MD5 of the subject, key identifier: nothing that limits */ break;
	}
	return good ? STATUS_OK : STATUS_MALFORMED;
}

/* Attribute: type, SET of values; each value is an OCTET STRING. */
static enum status attribute_read(struct arena *a, struct cursor *attributes,
				  struct stl_entry *entry)
{
	struct der attribute, type, values, octets;
	struct cursor c, v;
	struct span value;

	if (!der_expect(attributes, DER_SEQUENCE, &attribute))
		return STATUS_MALFORMED;
	c = der_enter(&attribute);
	if (!der_expect(&c, DER_OID, &type) || !der_expect(&c, DER_SET, &values))
		return STATUS_MALFORMED;
	v = der_enter(&values);
	if (property_number(type.value) == 0)
		return STATUS_OK;
	if (!der_expect(&v, DER_OCTET_STRING, &octets) || cursor_left(&v))
		return STATUS_MALFORMED;
	TRY(der_octets(a, &octets, &value));
	return property_read(a, property_number(type.value), value, entry);
}

static enum status entry_read(struct arena *a, struct cursor *subjects, struct stl_entry *entry)
{
	struct ctl_subject subject;
	struct cursor c;

	if (!ctl_subject_next(subjects, &subject))
		return STATUS_MALFORMED;
	entry->tag = subject.tag;
	c = cursor_at(subject.attributes, 0);
	while (cursor_left(&c))
		TRY(attribute_read(a, &c, entry));
	return STATUS_OK;
}

static bool tag_known(enum list_kind kind, size_t len)
{
	if (kind == LIST_ROOTS)
		return len == TAG_SHA1_BYTES;
	return len == TAG_KEY_MD5_BYTES || len == TAG_TBS_SHA384_BYTES;
}

static enum status entries_read(struct arena *a, struct span subjects, struct stl *out,
				const char **problem)
{
	struct cursor c = cursor_at(subjects, 0);
	struct der element;

	for (out->n = 0; cursor_left(&c); out->n++)
		if (!der_expect(&c, DER_SEQUENCE, &element))
			return STATUS_MALFORMED;
	if (out->n > STL_MAX_ENTRIES)
		return STATUS_LIMIT;
	out->entries = ARENA_NEW(a, struct stl_entry, out->n + 1);
	if (!out->entries)
		return STATUS_NO_MEMORY;
	c = cursor_at(subjects, 0);
	for (size_t i = 0; i < out->n; i++) {
		TRY(entry_read(a, &c, &out->entries[i]));
		if (tag_known(out->info.kind, out->entries[i].tag.len))
			continue;
		/* Silently taking none of them would trust what is distrusted. */
		*problem = "names its subjects in a form that is not known";
		return STATUS_UNSUPPORTED;
	}
	return STATUS_OK;
}

static enum list_kind kind_of(struct span usage)
{
	if (span_equal(usage, OID_ROOT_LIST))
		return LIST_ROOTS;
	return span_equal(usage, OID_DISALLOWED_LIST) ? LIST_DISALLOWED : LIST_NONE;
}

static bool algorithm_known(enum list_kind kind, struct span algorithm)
{
	return span_equal(algorithm, kind == LIST_ROOTS ? OID_SHA1 : OID_SIGNATURE_HASH);
}

/* sequenceNumber, right-aligned, so that memcmp compares. */
static bool sequence_read(const struct der *number, struct slot out)
{
	struct span octets;

	return der_magnitude(number, &octets) && octets.len <= out.len &&
	       slot_put(out, out.len - octets.len, octets);
}

static enum status header_read(const struct ctl *list, struct stl *out, const char **problem)
{
	struct slot sequence = { out->info.sequence, DATABASE_SEQUENCE_MAX };

	out->info.kind = kind_of(ctl_usage(list));
	*problem = "is neither one of roots nor one of disallowed certificates";
	if (out->info.kind == LIST_NONE)
		return STATUS_UNSUPPORTED;
	*problem = "has no sequence number, so that nobody can tell whether it is the newest";
	if (list->sequence.whole.len == 0 || !sequence_read(&list->sequence, sequence))
		return STATUS_MALFORMED;
	*problem = "does not say when it was made";
	if (!list->has_this_update)
		return STATUS_MALFORMED;
	out->info.this_update = list->this_update;
	*problem = "names its subjects by an algorithm that is not known";
	if (!algorithm_known(out->info.kind, list->algorithm))
		return STATUS_UNSUPPORTED;
	*problem = "is not a well-formed trust list";
	return STATUS_OK;
}

static enum status list_read(struct arena *a, struct stl *out, const char **problem)
{
	struct ctl list;

	*problem = "is not a well-formed trust list";
	if (out->cms.content.tag != DER_SEQUENCE || !ctl_read(out->cms.content.value, &list))
		return STATUS_MALFORMED;
	TRY(header_read(&list, out, problem));
	TRY(entries_read(a, list.subjects, out, problem));
	if (out->info.kind == LIST_ROOTS && out->n == 0) {
		*problem = "is a list of no roots at all";
		return STATUS_MALFORMED;
	}
	return STATUS_OK;
}

enum status stl_read(struct arena *a, struct span file, struct stl *out, const char **problem)
{
	struct findings findings = FINDINGS_INIT(a);
	struct span rest;
	enum status status;

	*out = (struct stl){ 0 };
	*problem = NULL;
	status = cms_read(a, file, 0, &findings, &out->cms, &rest);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK || !span_equal(out->cms.content_type, OID_CTL))
		return STATUS_NOT_MINE;
	*problem = "has bytes behind its signature";
	if (rest.len)
		return STATUS_MALFORMED;
	TRY(key_of(file, out->info.sha256));
	TRY(list_read(a, out, problem));
	*problem = NULL;
	return STATUS_OK;
}

static bool usages_have(struct span usages, struct span oid)
{
	struct cursor c = cursor_at(usages, 0);
	struct der der;

	while (cursor_left(&c) && der_expect(&c, DER_OID, &der))
		if (span_equal(der.value, oid) || span_equal(der.value, EKU_ANY))
			return true;
	return false;
}

unsigned stl_entry_sets(const struct stl_entry *entry)
{
	unsigned sets = 0;

	if (!entry->has_eku)
		return TRUST_MS_CODE | TRUST_MS_TSA;
	if (usages_have(entry->limits.eku, EKU_CODE_SIGNING))
		sets |= TRUST_MS_CODE;
	if (usages_have(entry->limits.eku, EKU_TIME_STAMPING))
		sets |= TRUST_MS_TSA;
	return sets;
}
