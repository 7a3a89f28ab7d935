/* SPDX-License-Identifier: MIT */
/*
 * The program's icon: of its first group the member nearest to 32 by 32, as a hash.
 *
 * Follows "Icons" (Microsoft): RT_GROUP_ICON lists members, each of which is an
 * RT_ICON: a DIB without file header, or a PNG.
 */
#include "base/cursor.h"
#include "formats/pe/looking.h"
#include "structure/picture.h"

#define GROUP_HEAD   6
#define MEMBER_BYTES 14
#define MEMBERS_MAX  64
#define GROUP_BYTES  (GROUP_HEAD + MEMBERS_MAX * MEMBER_BYTES)
#define TYPE_ICON    1
#define SIDE_WANTED  32

struct member {
	uint32_t side, bits;
	uint16_t name; /* of the RT_ICON */
};

static uint32_t distance(uint32_t side)
{
	return side > SIDE_WANTED ? side - SIDE_WANTED : SIDE_WANTED - side;
}

static bool member_better(const struct member *a, const struct member *b)
{
	if (distance(a->side) != distance(b->side))
		return distance(a->side) < distance(b->side);
	if (a->side != b->side)
		return a->side > b->side;
	return a->bits > b->bits;
}

/* False: the group is none, or is empty. */
static bool member_choose(struct span group, struct member *out)
{
	struct cursor c = cursor_at(group, 2);
	uint16_t type = cursor_u16le(&c), n = cursor_u16le(&c);
	bool found = false;

	if (!cursor_ok(&c) || type != TYPE_ICON)
		return false;
	for (size_t i = 0; i < n && cursor_left(&c) >= MEMBER_BYTES; i++) {
		struct member m = { .side = cursor_u8(&c) };

		if (m.side == 0)
			m.side = PE_MAX_ICON_SIDE;
		cursor_skip(&c, 5);
		m.bits = cursor_u16le(&c);
		cursor_skip(&c, 4);
		m.name = cursor_u16le(&c);
		if (!found || member_better(&m, out))
			*out = m;
		found = true;
	}
	return found;
}

static const struct pe_resource *icon_named(const struct pe_resource_tree *t, uint16_t name)
{
	const struct pe_resource *r = pe_resource_of(t->first, PE_RT_ICON);

	while (r && r->name != name)
		r = pe_resource_of(r->next, PE_RT_ICON);
	return r;
}

static void complain(struct pe_looking *l, struct range where, const char *expected,
		     const char *observed)
{
	finding_add(l->findings, "pe.icon-malformed", where, expected, observed);
}

static enum status icon_decode(struct pe_looking *l, struct span bytes, struct range where,
			       struct pe_icon *out)
{
	struct picture picture;
	enum status status;

	if (picture_is_png(bytes))
		status = picture_read_png(l->arena, bytes, &picture);
	else
		status = picture_read_dib(l->arena, bytes, &picture);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status == STATUS_MALFORMED)
		complain(l, where, "a picture of at most 256 x 256", "none");
	if (status == STATUS_OK)
		out->present = picture_dhash(&picture, &out->dhash);
	return STATUS_OK;
}

enum status pe_icon_read(struct pe_looking *l, const struct pe_resource_tree *t,
			 struct pe_icon *out)
{
	const struct pe_resource *r = pe_resource_of(t->first, PE_RT_GROUP_ICON);
	struct member member = { 0 };
	struct range where;
	struct span bytes;

	if (!r)
		return STATUS_OK;
	TRY(pe_resource_load(l, r, GROUP_BYTES, &bytes, &where));
	if (bytes.len == 0)
		return STATUS_OK;
	if (!member_choose(bytes, &member)) {
		complain(l, where, "a group of icons", "none");
		return STATUS_OK;
	}
	r = icon_named(t, member.name);
	if (!r) {
		complain(l, where, "the icon that the group names", "none");
		return STATUS_OK;
	}
	if (r->size > PE_MAX_ICON_BYTES) {
		l->gave_up = true;
		return STATUS_OK;
	}
	TRY(pe_resource_load(l, r, PE_MAX_ICON_BYTES, &bytes, &where));
	return bytes.len == 0 ? STATUS_OK : icon_decode(l, bytes, where, out);
}
