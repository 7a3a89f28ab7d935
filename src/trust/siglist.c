/* SPDX-License-Identifier: MIT */
#include "trust/siglist.h"

#define GUID_BYTES        16
#define LIST_HEADER_BYTES 28 /* type, list size, header size, signature size */
#define EFI_TIME_BYTES    16

/* As they stand in memory: the first three fields lowest byte first. */
#define GUID_X509        "\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72"
#define GUID_SHA256      "\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28"
#define GUID_X509_SHA256 "\x92\xa4\xd2\x3b\xc0\x96\x79\x40\xb4\x20\xfc\xf9\x8e\xf1\x03\xed"
#define GUID_X509_SHA384 "\x6e\x87\x76\x70\xc2\x80\xe6\x4e\xaa\xd2\x28\xb3\x49\xa6\x86\x5b"
#define GUID_PKCS7       "\x9d\xd2\xaf\x4a\xdf\x68\xee\x49\x8a\xa9\x34\x7d\x37\x56\x65\xa7"
#define GUID_NV_DATA     "\x8d\x2b\xf1\xff\x96\x76\x8b\x4c\xa9\x85\x27\x47\x07\x5b\x4f\x50"
#define GUID_VARIABLES   "\x78\x2c\xf3\xaa\x7b\x94\x9a\x43\xa1\x80\x2e\x14\x4e\xc3\x77\x92"

/* SHA-256 of nothing: what distributions put into an otherwise empty dbx. */
#define EMPTY_SHA256                                                                           \
	"\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8\x99\x6f\xb9\x24\x27\xae\x41\xe4\x64" \
	"\x9b\x93\x4c\xa4\x95\x99\x1b\x78\x52\xb8\x55"

enum entry_type {
	ENTRY_OTHER = 0,
	ENTRY_X509,
	ENTRY_SHA256,
	ENTRY_TBS_SHA256,
	ENTRY_TBS_SHA384
};

static const struct {
	const char *guid;
	enum entry_type type;
	size_t digest; /* octets; an EFI_TIME may follow */
} types[] = {
	{GUID_X509,         ENTRY_X509,       0 },
	{ GUID_SHA256,      ENTRY_SHA256,     32},
	{ GUID_X509_SHA256, ENTRY_TBS_SHA256, 32},
	{ GUID_X509_SHA384, ENTRY_TBS_SHA384, 48},
};

/* One file being taken. */
struct take {
	struct intake *in;
	const char *name;
	enum siglist_role role;
	struct siglist_count *count;
	size_t n;
};

static bool guid_is(struct span guid, const char *literal)
{
	return span_equal(guid, (struct span){ (const uint8_t *)literal, GUID_BYTES });
}

enum siglist_role siglist_role_of(const char *path)
{
	struct span name = SPAN_TEXT(path);
	uint64_t slash;

	while (span_find(name, SPAN_TEXT("/"), 0, &slash))
		name = span_after(name, slash + 1);
	/* shim's names: MokListXRT is what is disallowed. */
	if (span_starts(name, "MokList", 7))
		return span_at(name, 7) == 'X' ? SIGLIST_DBX : SIGLIST_MOK;
	if (span_starts(name, "dbx", 3) || span_starts(name, "DBX", 3))
		return SIGLIST_DBX;
	return span_starts(name, "db", 2) || span_starts(name, "DB", 2) ? SIGLIST_DB
									: SIGLIST_UNKNOWN;
}

static enum status distrust_take(struct take *t, enum distrust_kind kind, struct span digest)
{
	struct distrust entry = { kind, RECORD_ADDED, arena_copy(t->in->arena, digest) };

	return entry.digest.ptr ? draft_distrust_add(t->in->draft, &entry) : STATUS_NO_MEMORY;
}

static enum status certificate_entry(struct take *t, struct span der)
{
	struct certificate c;
	struct record record;
	uint8_t sha256[32];

	if (t->role == SIGLIST_DBX) {
		/* Also what we cannot read stays distrusted. */
		TRY(key_of(der, sha256));
		t->count->n_distrusted++;
		return distrust_take(t, DISTRUST_CERT_SHA256, SPAN_OF(sha256));
	}
	if (certificate_read(der, &c, NULL) != STATUS_OK)
		return intake_refuse(t->in, STATUS_USAGE, t->name,
				     "holds a certificate that cannot be read");
	TRY(record_of(t->in->arena, c.der, &record));
	record.stored.sets = t->role == SIGLIST_MOK ? TRUST_UEFI | TRUST_KMOD : TRUST_UEFI;
	record.stored.origin = t->in->origin;
	t->count->n_certs++;
	return draft_record_add(t->in->draft, &record);
}

static enum status digest_entry(struct take *t, enum distrust_kind kind, struct span digest)
{
	if (t->role != SIGLIST_DBX)
		return STATUS_OK; /* an allowed image is no anchor */
	if (kind == DISTRUST_IMAGE_SHA256 &&
	    span_equal(digest, (struct span){ (const uint8_t *)EMPTY_SHA256, 32 })) {
		t->count->n_placeholders++;
		return STATUS_OK;
	}
	t->count->n_images += kind == DISTRUST_IMAGE_SHA256;
	t->count->n_distrusted += kind != DISTRUST_IMAGE_SHA256;
	return distrust_take(t, kind, digest);
}

static enum status entry_take_one(struct take *t, enum entry_type type, size_t digest_len,
				  struct span data)
{
	struct span digest = span_clip(data, 0, digest_len);

	if (t->n++ == SIGLIST_MAX_ENTRIES)
		return intake_refuse(t->in, STATUS_LIMIT, t->name, "holds more than %d entries",
				     SIGLIST_MAX_ENTRIES);
	if (digest_len && data.len != digest_len && data.len != digest_len + EFI_TIME_BYTES)
		return STATUS_MALFORMED;
	switch (type) {
	case ENTRY_X509: return certificate_entry(t, data);
	case ENTRY_SHA256: return digest_entry(t, DISTRUST_IMAGE_SHA256, digest);
	case ENTRY_TBS_SHA256: return digest_entry(t, DISTRUST_TBS_SHA256, digest);
	case ENTRY_TBS_SHA384: return digest_entry(t, DISTRUST_TBS_SHA384, digest);
	case ENTRY_OTHER: break;
	}
	/* Leaving one out of dbx would trust what is distrusted. */
	return t->role != SIGLIST_DBX
		       ? STATUS_OK
		       : intake_refuse(t->in, STATUS_USAGE, t->name,
				       "holds a kind of entry that is not known");
}

/* EFI_SIGNATURE_LIST: header, then entries of one size, each { owner, data }. */
static enum status list_take(struct take *t, struct cursor *c)
{
	struct span type = cursor_take(c, GUID_BYTES), entries;
	uint32_t size = cursor_u32le(c), header = cursor_u32le(c), each = cursor_u32le(c);
	enum entry_type kind = ENTRY_OTHER;
	size_t digest = 0;
	struct cursor e;

	if (!cursor_ok(c) || size < LIST_HEADER_BYTES || header > size - LIST_HEADER_BYTES ||
	    each <= GUID_BYTES)
		return STATUS_MALFORMED;
	cursor_skip(c, header);
	entries = cursor_take(c, size - LIST_HEADER_BYTES - header);
	if (!cursor_ok(c) || entries.len % each != 0)
		return STATUS_MALFORMED;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (guid_is(type, types[i].guid)) {
			kind = types[i].type;
			digest = types[i].digest;
		}
	}
	e = cursor_at(entries, 0);
	while (cursor_left(&e)) {
		cursor_skip(&e, GUID_BYTES);
		TRY(entry_take_one(t, kind, digest, cursor_take(&e, each - GUID_BYTES)));
	}
	return STATUS_OK;
}

static enum status lists_take(struct take *t, struct span lists)
{
	struct cursor c = cursor_at(lists, 0);

	while (cursor_left(&c))
		TRY(list_take(t, &c));
	return STATUS_OK;
}

/* Do the bytes look like lists from here on? */
static bool lists_begin(struct span s)
{
	struct cursor c = cursor_at(s, GUID_BYTES);
	uint32_t size = cursor_u32le(&c);

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (guid_is(span_clip(s, 0, GUID_BYTES), types[i].guid))
			return cursor_ok(&c) && size >= LIST_HEADER_BYTES && size <= s.len;
	return false;
}

/* EFI_VARIABLE_AUTHENTICATION_2: EFI_TIME, then a WIN_CERTIFICATE_UEFI_GUID with PKCS #7. */
static bool update_skip(struct span file, struct span *lists)
{
	struct cursor c = cursor_at(file, EFI_TIME_BYTES);
	uint32_t len = cursor_u32le(&c);

	cursor_skip(&c, 4); /* revision, type */
	if (!guid_is(cursor_take(&c, GUID_BYTES), GUID_PKCS7) || !cursor_ok(&c))
		return false;
	*lists = span_after(file, (uint64_t)EFI_TIME_BYTES + len);
	return lists_begin(*lists);
}

/* The two spellings of "db" and "dbx" in UTF-16LE, with their end. */
static enum siglist_role variable_role(struct span name)
{
	if (span_equal(name, (struct span){ (const uint8_t *)"d\0b\0\0", 6 }))
		return SIGLIST_DB;
	if (span_equal(name, (struct span){ (const uint8_t *)"d\0b\0x\0\0", 8 }))
		return SIGLIST_DBX;
	return SIGLIST_UNKNOWN;
}

#define VARIABLE_START      0x55aa
#define VARIABLE_ADDED      0x3f
#define VARIABLE_IN_DELETED 0x3e /* being replaced: still counts until the new one is there */

/* Variables as EDK II stores them: header, name, data, padded to four. */
static enum status variables_take(struct take *t, struct span store)
{
	struct cursor c = cursor_at(store, 28);

	while (cursor_left(&c) >= 60) {
		uint16_t start = cursor_u16le(&c);
		uint8_t state = cursor_u8(&c);
		uint32_t name_len, data_len;
		struct span name, data;

		if (start != VARIABLE_START)
			return STATUS_OK;
		cursor_skip(&c, 1 + 4 + 8 + EFI_TIME_BYTES + 4);
		name_len = cursor_u32le(&c);
		data_len = cursor_u32le(&c);
		cursor_skip(&c, GUID_BYTES);
		name = cursor_take(&c, name_len);
		data = cursor_take(&c, data_len);
		if (!cursor_ok(&c))
			return STATUS_MALFORMED;
		t->role = variable_role(name);
		if (t->role != SIGLIST_UNKNOWN &&
		    (state == VARIABLE_ADDED || state == VARIABLE_IN_DELETED))
			TRY(lists_take(t, data));
		cursor_skip(&c, -(uint64_t)c.pos & 3);
	}
	return STATUS_OK;
}

/* A firmware volume with a variable store in it (PI 1.8, volume 3, 3.2.1). */
static bool volume_enter(struct span file, struct span *store)
{
	struct cursor c = cursor_at(file, 16);
	uint16_t header;
	uint32_t size;

	if (!guid_is(cursor_take(&c, GUID_BYTES), GUID_NV_DATA))
		return false;
	c = cursor_at(file, 48);
	header = cursor_u16le(&c);
	*store = span_after(file, header);
	c = cursor_at(*store, GUID_BYTES);
	size = cursor_u32le(&c);
	*store = span_clip(*store, 0, size);
	return cursor_ok(&c) && guid_is(span_clip(*store, 0, GUID_BYTES), GUID_VARIABLES);
}

enum status siglist_take(struct intake *in, struct span file, const char *name,
			 enum siglist_role role, struct siglist_count *count)
{
	struct take t = { .in = in, .name = name, .role = role, .count = count };
	struct span lists = file;
	enum status status;

	if (volume_enter(file, &lists)) {
		status = variables_take(&t, lists);
	} else {
		/* efivarfs puts four octets of attributes in front. */
		if (!lists_begin(lists))
			lists = span_after(file, 4);
		if (!lists_begin(lists) && !update_skip(file, &lists))
			return STATUS_NOT_MINE;
		if (role == SIGLIST_UNKNOWN)
			return intake_refuse(
				in, STATUS_USAGE, name,
				"is a Secure Boot list, but of what is trusted or "
				"of what is not?  Say db=FILE, dbx=FILE or mok=FILE");
		status = lists_take(&t, lists);
	}
	if (status == STATUS_MALFORMED)
		return intake_refuse(in, STATUS_USAGE, name,
				     "is not a well-formed Secure Boot list");
	return status;
}

enum status siglist_certificate(struct intake *in, struct span der, const char *name,
				enum siglist_role role, struct siglist_count *count)
{
	struct take t = { .in = in, .name = name, .role = role, .count = count };

	return certificate_entry(&t, der);
}
