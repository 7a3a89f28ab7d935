/* SPDX-License-Identifier: MIT */
#include "host/acl.h"

#include "base/buffer.h"
#include "base/cursor.h"

#define VERSION 2
#define NO_ID   UINT32_MAX

struct acl {
	struct acl_entry entries[ACL_MAX_ENTRIES];
	size_t n;
};

static enum status acl_read(struct span bytes, struct acl *out)
{
	struct cursor c = cursor_at(bytes, 0);

	out->n = 0;
	if (cursor_u32le(&c) != VERSION || cursor_left(&c) % 8 != 0)
		return STATUS_MALFORMED;
	while (cursor_left(&c) > 0) {
		if (out->n == ACL_MAX_ENTRIES)
			return STATUS_LIMIT;
		out->entries[out->n++] = (struct acl_entry){ cursor_u16le(&c), cursor_u16le(&c),
							     cursor_u32le(&c) };
	}
	return cursor_ok(&c) ? STATUS_OK : STATUS_MALFORMED;
}

static enum status acl_write(struct arena *a, const struct acl *acl, struct span *out)
{
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;

	buffer_u32le(&bytes, VERSION);
	for (size_t i = 0; i < acl->n; i++) {
		buffer_u16le(&bytes, acl->entries[i].tag);
		buffer_u16le(&bytes, acl->entries[i].rights);
		buffer_u32le(&bytes, acl->entries[i].id);
	}
	TRY(buffer_status(&bytes));
	*out = arena_copy(a, buffer_span(&bytes));
	return out->ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

static struct acl_entry *entry_of(struct acl *acl, enum acl_tag tag)
{
	for (size_t i = 0; i < acl->n; i++)
		if (acl->entries[i].tag == tag)
			return &acl->entries[i];
	return NULL;
}

enum status acl_with_mode(struct arena *a, struct span bytes, uint32_t mode, struct span *out)
{
	struct acl acl;
	struct acl_entry *owner, *group, *other;

	TRY(acl_read(bytes, &acl));
	owner = entry_of(&acl, ACL_OWNER);
	group = entry_of(&acl, ACL_MASK);
	other = entry_of(&acl, ACL_OTHER);
	if (!group)
		group = entry_of(&acl, ACL_GROUP_OWNER);
	if (!owner || !group || !other)
		return STATUS_MALFORMED;
	owner->rights = mode >> 6 & 7;
	group->rights = mode >> 3 & 7;
	other->rights = mode & 7;
	return acl_write(a, &acl, out);
}

static void acl_of_mode(uint32_t mode, struct acl *out)
{
	*out = (struct acl){
		.entries = {{ ACL_OWNER, mode >> 6 & 7, NO_ID },
                            { ACL_GROUP_OWNER, mode >> 3 & 7, NO_ID },
                            { ACL_OTHER, mode & 7, NO_ID }},
		.n = 3,
	};
}

/* Behind all that sort before it. */
static void entry_insert(struct acl *acl, struct acl_entry e)
{
	size_t at = acl->n++;

	while (at > 0 && (acl->entries[at - 1].tag > e.tag ||
			  (acl->entries[at - 1].tag == e.tag && e.tag != ACL_MASK &&
			   acl->entries[at - 1].id > e.id))) {
		acl->entries[at] = acl->entries[at - 1];
		at--;
	}
	acl->entries[at] = e;
}

enum status acl_without_user(struct arena *a, struct span bytes, uint32_t mode, uint32_t uid,
			     struct span *out)
{
	const struct acl_entry none = { ACL_USER, 0, uid };
	struct acl acl;
	bool found = false;

	if (bytes.len)
		TRY(acl_read(bytes, &acl));
	else
		acl_of_mode(mode, &acl);
	if (acl.n + 2 > ACL_MAX_ENTRIES)
		return STATUS_LIMIT;
	for (size_t i = 0; i < acl.n; i++)
		if (acl.entries[i].tag == ACL_USER && acl.entries[i].id == uid) {
			acl.entries[i].rights = 0;
			found = true;
		}
	if (!found)
		entry_insert(&acl, none);
	if (!entry_of(&acl, ACL_MASK))
		entry_insert(&acl,
			     (struct acl_entry){ ACL_MASK, (uint16_t)(mode >> 3 & 7), NO_ID });
	return acl_write(a, &acl, out);
}

bool acl_others_write(struct span bytes, bool group)
{
	struct acl acl;
	const struct acl_entry *mask;
	uint16_t most;

	if (!bytes.len || acl_read(bytes, &acl) != STATUS_OK)
		return false;
	mask = entry_of(&acl, ACL_MASK);
	most = mask ? mask->rights : 7;
	for (size_t i = 0; i < acl.n; i++) {
		uint16_t tag = acl.entries[i].tag;

		if ((tag == ACL_USER || tag == ACL_GROUP ||
		     (group && tag == ACL_GROUP_OWNER)) &&
		    (acl.entries[i].rights & most & 2) != 0)
			return true;
	}
	return false;
}
