/* SPDX-License-Identifier: MIT */
/*
 * Metadata that one image takes from another ("PE Format", Microsoft: the .rsrc
 * section; the Rich header as linkers write it between stub and headers).
 */
#include "tests/forge/image.h"

#define MAX_FOLDERS  1024U
#define SUBFOLDER    0x80000000U
#define DOS_STUB_END 0x80U
#define RICH         0x68636952U /* "Rich" */

static uint32_t get(const struct buffer *file, size_t off)
{
	return (uint32_t)forge_get(file, off, 4);
}

/* The section that begins with the resources; false: there are none, or none of their own. */
static bool resource_section(const struct buffer *file, struct image_section *out)
{
	size_t entry = image_directory(file, IMAGE_DIRECTORY_RESOURCE);
	uint32_t rva = entry ? get(file, entry) : 0;
	unsigned n = forge_places_of(file).n_sections;

	for (unsigned i = 0; rva && i < n; i++) {
		*out = image_section(file, i);
		if (out->raw && out->raw_size && out->rva == rva)
			return true;
	}
	return false;
}

size_t image_resources(const struct buffer *file,
		       struct image_resource out[IMAGE_MAX_RESOURCES])
{
	size_t folders[MAX_FOLDERS] = { 0 }, n_folders = 1, n = 0;
	struct image_section s;

	if (!resource_section(file, &s))
		return 0;
	for (size_t f = 0; f < n_folders; f++) {
		size_t at = s.raw + folders[f];
		size_t children =
			(size_t)(forge_get(file, at + 12, 2) + forge_get(file, at + 14, 2));

		for (size_t i = 0; i < children; i++) {
			uint32_t child = get(file, at + 16 + 8 * i + 4);
			size_t entry = s.raw + (child & ~SUBFOLDER);

			if (child & SUBFOLDER && n_folders < MAX_FOLDERS)
				folders[n_folders++] = child & ~SUBFOLDER;
			else if (!(child & SUBFOLDER) && n < IMAGE_MAX_RESOURCES)
				out[n++] = (struct image_resource){
					.entry = entry,
					.at = image_offset(file, get(file, entry)),
					.len = get(file, entry + 4),
				};
		}
	}
	return n;
}

/* Old resources, when they end the image, make room; else they stay, and nobody finds them. */
static void resources_drop(struct buffer *file)
{
	struct forge_places p = forge_places_of(file);
	struct image_section s, last = image_section(file, p.n_sections - 1);
	bool own = resource_section(file, &s);

	forge_put(file, image_directory(file, IMAGE_DIRECTORY_RESOURCE), 8, 0);
	if (!own || s.header != last.header || (size_t)s.raw + s.raw_size != file->len)
		return;
	buffer_cut(file, s.raw);
	for (size_t i = 0; i < 40; i += 4)
		forge_put(file, s.header + i, 4, 0);
	forge_put(file, p.optional - 18, 2, p.n_sections - 1);
}

bool image_take_resources(struct buffer *file, const struct buffer *donor, struct span behind)
{
	CLEANUP(buffer_free) struct buffer content = BUFFER_INIT, changed = BUFFER_INIT;
	struct image_resource resources[IMAGE_MAX_RESOURCES];
	size_t n = image_resources(donor, resources), entry;
	struct image_section s;
	uint32_t rva;

	if (n == 0 || !resource_section(donor, &s))
		return false;
	for (size_t i = 0; i < n; i++)
		if (resources[i].at < s.raw || resources[i].at >= (size_t)s.raw + s.raw_size)
			return false;
	forge_copy(&changed, file);
	resources_drop(&changed);
	buffer_add(&content, span_clip(buffer_span(donor), s.raw, s.raw_size));
	buffer_add(&content, behind);
	if (!image_section_add(&changed, ".rsrc", buffer_span(&content), IMAGE_DATA, &rva))
		return false;
	for (size_t i = 0; i < n; i++) {
		size_t at = image_offset(&changed, rva) + (resources[i].entry - s.raw);

		forge_put(&changed, at, 4, get(&changed, at) - s.rva + rva);
	}
	entry = image_directory(&changed, IMAGE_DIRECTORY_RESOURCE);
	forge_put(&changed, entry, 4, rva);
	forge_put(&changed, entry + 4, 4,
		  get(donor, image_directory(donor, IMAGE_DIRECTORY_RESOURCE) + 4));
	forge_copy(file, &changed);
	return true;
}

static bool has_rich(const struct buffer *file)
{
	size_t end = (size_t)forge_get(file, 0x3c, 4);

	for (size_t at = DOS_STUB_END; at + 4 <= end; at += 4)
		if (get(file, at) == RICH)
			return true;
	return false;
}

/* The headers move, up to where the first section begins. */
bool image_take_rich(struct buffer *file, const struct buffer *donor)
{
	CLEANUP(buffer_free) struct buffer head = BUFFER_INIT;
	struct forge_places p = forge_places_of(file);
	size_t old = (size_t)forge_get(file, 0x3c, 4), new = (size_t)forge_get(donor, 0x3c, 4);
	size_t end = p.sections + (size_t)40 * p.n_sections;
	size_t room = get(file, p.optional + 60);

	if (!has_rich(donor) || end - old + new > room)
		return false;
	buffer_add(&head, span_clip(buffer_span(donor), 0, new));
	buffer_add(&head, span_clip(buffer_span(file), old, end - old));
	forge_zeros(&head, room - head.len);
	buffer_add(&head, span_after(buffer_span(file), room));
	forge_copy(file, &head);
	return true;
}

void image_take_names(struct buffer *file, const struct buffer *donor)
{
	unsigned n = forge_places_of(file).n_sections;
	unsigned n_donor = forge_places_of(donor).n_sections;

	for (unsigned i = 0; i < n && i < n_donor; i++)
		forge_put(file, image_section(file, i).header, 8,
			  forge_get(donor, image_section(donor, i).header, 8));
}
