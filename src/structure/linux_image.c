/* SPDX-License-Identifier: MIT */
#include "structure/linux_image.h"

#include "base/cursor.h"

/* x86: setup header. */
#define SETUP_SECTORS   0x1f1
#define SETUP_MAGIC     0x202
#define SETUP_VERSION   0x206
#define SETUP_RELEASE   0x20e
#define SETUP_PAYLOAD   0x248
#define SETUP_LENGTH    0x24c
#define SETUP_BASE      0x200 /* from which the release is counted */
#define SECTOR          512
#define SECTORS_DEFAULT 4
#define PAYLOAD_SINCE   0x208
#define RELEASE_MAX     128

/* arm64 and others: include/linux/zboot.h, as drivers/firmware/efi/libstub/zboot-header.S has
 * it.
 */
#define ZBOOT_MAGIC   4
#define ZBOOT_PAYLOAD 8
#define ARM64_MAGIC   56

static uint32_t number_at(struct span file, uint64_t off)
{
	struct cursor c = cursor_at(file, off);

	return cursor_u32le(&c);
}

static bool payload_take(struct span file, uint64_t off, uint64_t len, struct linux_image *out)
{
	if (!span_part(file, off, len, &out->payload))
		return false;
	out->packing = packing_of(out->payload);
	return out->packing != PACKING_NONE;
}

static struct span release_read(struct span file)
{
	uint64_t off = number_at(file, SETUP_RELEASE) & 0xffff, end;
	struct span text = span_clip(file, off + SETUP_BASE, RELEASE_MAX);

	if (off == 0 || !span_find(text, SPAN_LITERAL("\0"), 0, &end))
		return SPAN_NONE;
	text = span_clip(text, 0, end);
	return span_find(text, SPAN_LITERAL(" "), 0, &end) ? span_clip(text, 0, end) : text;
}

static bool bzimage_read(struct span file, struct linux_image *out)
{
	uint64_t sectors = span_at(file, SETUP_SECTORS);

	if (!span_equal(span_clip(file, SETUP_MAGIC, 4), SPAN_LITERAL("HdrS")) ||
	    (number_at(file, SETUP_VERSION) & 0xffff) < PAYLOAD_SINCE)
		return false;
	if (sectors == 0)
		sectors = SECTORS_DEFAULT;
	out->release = release_read(file);
	return payload_take(file, (sectors + 1) * SECTOR + number_at(file, SETUP_PAYLOAD),
			    number_at(file, SETUP_LENGTH), out);
}

static bool zboot_read(struct span file, struct linux_image *out)
{
	return span_equal(span_clip(file, ZBOOT_MAGIC, 4), SPAN_LITERAL("zimg")) &&
	       payload_take(file, number_at(file, ZBOOT_PAYLOAD),
			    number_at(file, ZBOOT_PAYLOAD + 4), out);
}

bool linux_image_read(struct span file, struct linux_image *out)
{
	*out = (struct linux_image){ 0 };
	if (bzimage_read(file, out) || zboot_read(file, out))
		return true;
	*out = (struct linux_image){ .payload = file };
	return span_equal(span_clip(file, ARM64_MAGIC, 4), SPAN_LITERAL("ARM\x64")) ||
	       span_starts(file,
			   "\x7f"
			   "ELF",
			   4);
}
