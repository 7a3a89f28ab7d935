/* SPDX-License-Identifier: MIT */
#include "tests/forge/packages.h"

#include "structure/rpm_header.h"

#define ROWS_MAX 8

void forge_ar_member(struct buffer *out, const char *name, struct span contents)
{
	buffer_printf(out, "%-16s%-12s%-6s%-6s%-8s%-10zu`\n", name, "1700000000", "0", "0",
		      "100644", contents.len);
	buffer_add(out, contents);
	if (contents.len % 2)
		buffer_char(out, '\n');
}

void forge_deb(struct buffer *out, const char *data)
{
	buffer_text(out, "!<arch>\n");
	forge_ar_member(out, "debian-binary", SPAN_LITERAL("2.0\n"));
	forge_ar_member(out, "control.tar.xz", SPAN_LITERAL("control"));
	forge_ar_member(out, "data.tar.xz", SPAN_TEXT(data));
}

void forge_deb_signed(struct buffer *out, const char *data)
{
	buffer_printf(out, "2.0\ncontrol%s", data);
}

static void zeros(struct buffer *b, size_t n)
{
	while (n-- > 0)
		buffer_char(b, '\0');
}

/* A row of the section table of ELF64. */
static void section(struct buffer *b, uint32_t name, uint32_t type, uint64_t off, uint64_t len)
{
	buffer_u32le(b, name);
	buffer_u32le(b, type);
	zeros(b, 16); /* flags, address */
	buffer_u64le(b, off);
	buffer_u64le(b, len);
	zeros(b, 8);
	buffer_u64le(b, 1);
	zeros(b, 8);
}

void forge_appimage(struct buffer *out, struct span signature, const char *payload)
{
	static const char names[] = "\0.sha256_sig\0.sig_key\0.shstrtab";
	uint64_t key = FORGE_APPIMAGE_AT + FORGE_APPIMAGE_ROOM,
		 text = key + FORGE_APPIMAGE_ROOM;

	buffer_add(out, SPAN_LITERAL("\x7f"
				     "ELF\2\1\1\0AI\2\0\0\0\0\0"));
	buffer_add(out, SPAN_LITERAL("\2\0\x3e\0\1\0\0\0"));
	zeros(out, 16); /* entry, segments */
	buffer_u64le(out, text + sizeof(names));
	zeros(out, 4);
	buffer_add(out, SPAN_LITERAL("\x40\0\0\0\0\0\x40\0\4\0\3\0"));
	buffer_add(out, signature);
	zeros(out, key - out->len + FORGE_APPIMAGE_ROOM);
	buffer_add(out, (struct span){ (const uint8_t *)names, sizeof(names) });
	zeros(out, 64);
	section(out, 1, 1, FORGE_APPIMAGE_AT, FORGE_APPIMAGE_ROOM);
	section(out, 13, 1, key, FORGE_APPIMAGE_ROOM);
	section(out, 22, 3, text, sizeof(names));
	buffer_text(out, payload);
}

static void be(struct buffer *b, uint64_t value, unsigned width)
{
	while (width-- > 0)
		buffer_char(b, (char)(value >> 8 * width));
}

struct row {
	uint32_t tag, type, count;
	struct span data;
};

static void header(struct buffer *out, uint32_t region, const struct row *rows, size_t n)
{
	CLEANUP(buffer_free) struct buffer data = BUFFER_INIT, index = BUFFER_INIT;
	size_t trailer;

	for (size_t i = 0; i < n; i++) {
		be(&index, rows[i].tag, 4);
		be(&index, rows[i].type, 4);
		be(&index, data.len, 4);
		be(&index, rows[i].count, 4);
		buffer_add(&data, rows[i].data);
		if (rows[i].type == RPM_STRING || rows[i].type == RPM_STRING_ARRAY)
			buffer_char(&data, '\0');
	}
	trailer = data.len;
	be(&data, region, 4);
	be(&data, RPM_BIN, 4);
	be(&data, 0U - 16 * (uint32_t)(n + 1), 4);
	be(&data, 16, 4);
	buffer_add(out, SPAN_LITERAL("\x8e\xad\xe8\x01\0\0\0\0"));
	be(out, n + 1, 4);
	be(out, data.len, 4);
	be(out, region, 4);
	be(out, RPM_BIN, 4);
	be(out, trailer, 4);
	be(out, 16, 4);
	buffer_add(out, buffer_span(&index));
	buffer_add(out, buffer_span(&data));
}

void forge_rpm_header(struct buffer *out, const struct forge_rpm *order)
{
	struct row rows[ROWS_MAX] = {
		{1000,  RPM_STRING, 1, SPAN_TEXT(order->name ? order->name : "test")},
		{ 1001, RPM_STRING, 1, SPAN_LITERAL("1")                            },
		{ 1002, RPM_STRING, 1, SPAN_LITERAL("2")                            },
		{ 1022, RPM_STRING, 1, SPAN_LITERAL("noarch")                       },
	};
	size_t n = 4;

	if (order->digest) {
		rows[n++] = (struct row){ 5092, RPM_STRING_ARRAY, 1, SPAN_TEXT(order->digest) };
		rows[n++] = (struct row){ 5093, RPM_INT32, 1, SPAN_LITERAL("\0\0\0\x08") };
	}
	header(out, 63, rows, n);
}

void forge_rpm(struct buffer *out, const struct forge_rpm *order)
{
	struct row rows[ROWS_MAX];
	size_t n = 0;

	if (order->signature.len > 0)
		rows[n++] = (struct row){ 268, RPM_BIN, (uint32_t)order->signature.len,
					  order->signature };
	rows[n++] = (struct row){ 1000, RPM_INT32, 1, SPAN_LITERAL("\0\0\0\1") };
	if (order->legacy.len > 0)
		rows[n++] = (struct row){ 1002, RPM_BIN, (uint32_t)order->legacy.len,
					  order->legacy };
	buffer_add(out, SPAN_LITERAL("\xed\xab\xee\xdb\3\0\0\0\0\1test"));
	while (out->len < 96)
		buffer_char(out, '\0');
	header(out, 62, rows, n);
	while (out->len % 8)
		buffer_char(out, '\0');
	forge_rpm_header(out, order);
	buffer_text(out, order->payload);
}
