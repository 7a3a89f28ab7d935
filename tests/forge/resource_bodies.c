/* SPDX-License-Identifier: MIT */
/* What stands in resources: VERSIONINFO (winver.h), icons, manifests. */
#include "tests/forge/resources.h"

#include "base/utf8.h"

#define FIXED_BYTES     52U
#define FIXED_SIGNATURE 0xfeef04bdU
#define LANGUAGE        0x409U
#define CODE_PAGE       1200U
#define FIELDS          ((size_t)8) /* a picture's, each way */

static void utf16_add(struct buffer *out, const char *text)
{
	struct span s = SPAN_TEXT(text);

	for (uint64_t at = 0; at < s.len;) {
		struct utf8_char c = utf8_at(s, at);

		if (c.code >= 0x10000) {
			buffer_u16le(out, (uint16_t)(0xd800 + ((c.code - 0x10000) >> 10)));
			buffer_u16le(out, (uint16_t)(0xdc00 + ((c.code - 0x10000) & 0x3ff)));
		} else {
			buffer_u16le(out, (uint16_t)c.code);
		}
		at += c.len;
	}
	buffer_u16le(out, 0);
}

static void align(struct buffer *out, size_t base)
{
	while ((out->len - base) % 4 != 0)
		buffer_char(out, 0);
}

/* wLength, wValueLength, wType, szKey; says where it began. */
static size_t block_open(struct buffer *out, size_t base, const char *key, size_t value)
{
	size_t mark;

	align(out, base);
	mark = out->len;
	buffer_u16le(out, 0);
	buffer_u16le(out, (uint16_t)value);
	buffer_u16le(out,
		     strcmp(key, "VS_VERSION_INFO") != 0 && strcmp(key, "Translation") != 0);
	utf16_add(out, key);
	align(out, base);
	return mark;
}

static void block_close(struct buffer *out, size_t mark)
{
	forge_put(out, mark, 2, out->len - mark);
}

static void fixed_add(struct buffer *out, const struct forge_resources *wish)
{
	const uint16_t *versions[] = { wish->file_version, wish->product_version };
	size_t mark = out->len;

	buffer_u32le(out, FIXED_SIGNATURE);
	buffer_u32le(out, 0x10000);
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		buffer_u16le(out, versions[i][1]);
		buffer_u16le(out, versions[i][0]);
		buffer_u16le(out, versions[i][3]);
		buffer_u16le(out, versions[i][2]);
	}
	buffer_u32le(out, 0x3f);
	buffer_u32le(out, 0);
	buffer_u32le(out, 0x40004); /* VOS_NT_WINDOWS32 */
	buffer_u32le(out, 1);       /* VFT_APP */
	forge_zeros(out, mark + FIXED_BYTES - out->len);
}

static size_t utf16_units(const char *text)
{
	CLEANUP(buffer_free) struct buffer units = BUFFER_INIT;

	utf16_add(&units, text);
	return units.len / 2;
}

void forge_version(struct buffer *out, const struct forge_resources *wish)
{
	size_t base = out->len, root, strings, table, block;

	root = block_open(out, base, "VS_VERSION_INFO", FIXED_BYTES);
	fixed_add(out, wish);
	strings = block_open(out, base, "StringFileInfo", 0);
	table = block_open(out, base, "040904b0", 0);
	for (size_t i = 0; i < wish->n_texts; i++) {
		const struct forge_version_text *t = &wish->texts[i];

		block = block_open(out, base, t->key, utf16_units(t->value));
		utf16_add(out, t->value);
		block_close(out, block);
	}
	block_close(out, table);
	block_close(out, strings);
	strings = block_open(out, base, "VarFileInfo", 0);
	block = block_open(out, base, "Translation", 4);
	buffer_u16le(out, LANGUAGE);
	buffer_u16le(out, CODE_PAGE);
	block_close(out, block);
	block_close(out, strings);
	block_close(out, root);
}

void forge_manifest(struct buffer *out, const char *identity, const char *level)
{
	buffer_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
			 "<assembly xmlns=\"urn:schemas-microsoft-com:asm.v1\" "
			 "manifestVersion=\"1.0\">\n");
	if (identity)
		buffer_printf(out,
			      "<assemblyIdentity version=\"1.0.0.0\" name=\"%s\" "
			      "type=\"win32\"/>\n",
			      identity);
	if (level)
		buffer_printf(out,
			      "<trustInfo xmlns=\"urn:schemas-microsoft-com:asm.v3\"><security>"
			      "<requestedPrivileges><requestedExecutionLevel level=\"%s\" "
			      "uiAccess=\"false\"/></requestedPrivileges></security>"
			      "</trustInfo>\n",
			      level);
	buffer_text(out, "</assembly>\n");
}

/* Eight by eight fields, each of a colour of its own, so that any two seeds differ. */
void forge_icon(struct buffer *out, unsigned side, uint64_t seed)
{
	CLEANUP(buffer_free) struct buffer colours = BUFFER_INIT;
	size_t mask = (size_t)((side + 31) / 32) * 4 * side;

	forge_noise(&colours, FIELDS * FIELDS * sizeof(uint32_t), seed);
	buffer_u32le(out, 40); /* BITMAPINFOHEADER */
	buffer_u32le(out, side);
	buffer_u32le(out, 2 * side);
	buffer_u16le(out, 1);
	buffer_u16le(out, 32);
	buffer_u32le(out, 0); /* BI_RGB */
	buffer_u32le(out, (uint32_t)((size_t)side * side * 4 + mask));
	forge_zeros(out, 16);
	for (unsigned y = side; y > 0; y--)
		for (unsigned x = 0; x < side; x++) {
			size_t field = (y - 1) * FIELDS / side * FIELDS + x * FIELDS / side;

			buffer_u32le(out,
				     (uint32_t)forge_get(&colours, field * 4, 3) | 0xff000000U);
		}
	forge_zeros(out, mask);
}

void forge_icon_group(struct buffer *out, unsigned side, size_t bytes, uint16_t name)
{
	buffer_u16le(out, 0);
	buffer_u16le(out, 1);
	buffer_u16le(out, 1);
	buffer_char(out, (char)(side < 256 ? side : 0));
	buffer_char(out, (char)(side < 256 ? side : 0));
	buffer_u16le(out, 0);
	buffer_u16le(out, 1);
	buffer_u16le(out, 32);
	buffer_u32le(out, (uint32_t)bytes);
	buffer_u16le(out, name);
}
