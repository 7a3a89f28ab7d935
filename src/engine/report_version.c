/* SPDX-License-Identifier: MIT */
/*
 * Version: the numbers by which a program says which one of its kind it is, where they can
 * be compared: VS_FIXEDFILEINFO of a PE, LC_SOURCE_VERSION of a Mach-O, .modinfo of a kernel
 * module.  All of them stand in bytes that signatures cover.
 */
#include "engine/report_make.h"

#include "formats/kernel_module/kernel_module.h"
#include "formats/macho/macho.h"
#include "formats/pe/features.h"

/* Numbers and dots, for nothing else can be compared. */
static bool is_numbers(struct span text)
{
	bool digit = false;

	for (uint64_t i = 0; i < text.len; i++) {
		uint8_t c = span_at(text, i);

		if ((c < '0' || c > '9') && (c != '.' || !digit))
			return false;
		digit = c != '.';
	}
	return digit;
}

static const char *pe_version_say(struct arena *a, const struct pe_version *v)
{
	static const uint16_t none[4];

	if (!v->has_fixed || memcmp(v->file, none, sizeof(none)) == 0)
		return NULL;
	return arena_printf(a, "%u.%u.%u.%u", v->file[0], v->file[1], v->file[2], v->file[3]);
}

/* Of several programs in one file the oldest: no other may hide it. */
static const char *macho_version_say(struct arena *a, const struct macho_file *file)
{
	uint64_t least = 0;

	for (size_t i = 0; i < file->n_slices; i++) {
		uint64_t v = file->slices[i].source_version;

		if (v != 0 && (least == 0 || v < least))
			least = v;
	}
	if (least == 0)
		return NULL;
	return arena_printf(a, "%u.%u.%u.%u.%u", (unsigned)(least >> 40),
			    (unsigned)(least >> 30 & 1023), (unsigned)(least >> 20 & 1023),
			    (unsigned)(least >> 10 & 1023), (unsigned)(least & 1023));
}

enum status report_version_make(struct arena *a, const struct report_parts *parts,
				const char **out)
{
	const struct kernel_module *module = parts->box->kernel_module;

	*out = NULL;
	if (parts->identity)
		*out = pe_version_say(a, &parts->identity->version);
	else if (parts->box->macho)
		*out = macho_version_say(a, parts->box->macho);
	else if (module && module->version && is_numbers(SPAN_TEXT(module->version)))
		*out = module->version;
	return a->full ? STATUS_NO_MEMORY : STATUS_OK;
}
