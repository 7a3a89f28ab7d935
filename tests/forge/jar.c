/* SPDX-License-Identifier: MIT */
#include "tests/forge/jar.h"

#include "base/base64.h"
#include "tests/forge/craft.h"
#include "tests/forge/signing.h"

#define LINES 6

static void digest_line(struct buffer *out, const char *name, struct span bytes)
{
	struct forge_digest d = forge_digest_of("SHA256", &bytes, 1);

	buffer_text(out, name);
	base64_encode(out, forge_digest_span(&d));
	buffer_text(out, "\r\n");
}

static void kept(struct archive *a, const char *name, const struct buffer *bytes)
{
	archive_add(a, &(struct zip_item){ .name = name,
					   .data = arena_copy(&a->arena, buffer_span(bytes)),
					   .deflate = true });
}

/* One section of the manifest, and what the list says of it. */
static void entry_sign(const struct forge_jar *wish, const struct zip_item *item,
		       struct buffer *manifest, struct buffer *sections)
{
	size_t begin = manifest->len;

	buffer_printf(manifest, "Name: %s\r\n", item->name);
	if (wish->names_digests)
		buffer_text(manifest, "Digest-Algorithms: SHA256\r\n");
	digest_line(manifest, "SHA-256-Digest: ", item->data);
	buffer_text(manifest, "\r\n");
	buffer_printf(sections, "Name: %s\r\n", item->name);
	digest_line(sections, "SHA-256-Digest: ", span_after(buffer_span(manifest), begin));
	buffer_text(sections, "\r\n");
}

void forge_jar_sign(struct forge *f, const struct forge_jar *wish, struct archive *a)
{
	CLEANUP(buffer_free) struct buffer manifest = BUFFER_INIT, sections = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer list = BUFFER_INIT, block = BUFFER_INIT;

	buffer_text(&manifest, "Manifest-Version: 1.0\r\n\r\n");
	for (size_t i = 0; i < a->n; i++)
		entry_sign(wish, &a->items[i], &manifest, &sections);
	buffer_text(&list, "Signature-Version: 1.0\r\n");
	buffer_text(&list, wish->more ? wish->more : "");
	digest_line(&list, "SHA-256-Digest-Manifest: ", buffer_span(&manifest));
	buffer_text(&list, "\r\n");
	buffer_add(&list, buffer_span(&sections));
	forge_detached_write(f, NULL, buffer_span(&list), true, &block);
	kept(a, wish->manifest, &manifest);
	kept(a, wish->list, &list);
	kept(a, wish->block, &block);
}

void forge_jar_entries(struct archive *a, unsigned number, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

		craft_text(&text, number * 16 + (unsigned)i, LINES);
		kept(a, names[i], &text);
	}
}
