/* SPDX-License-Identifier: MIT */
/*
 * What the loader does before a program begins: callbacks, relocations,
 * handlers of exceptions, protection of the flow of control.
 *
 * Follows "PE Format" (Microsoft): "The .tls Section", "The Load Configuration
 * Structure", "The .reloc Section", "The .pdata Section", "Extended DLL
 * Characteristics".
 */
#include "base/cursor.h"
#include "formats/pe/looking.h"

#define CHARACTERISTIC_NO_SEH   0x0400
#define CHARACTERISTIC_GUARD_CF 0x4000
#define GUARD_CF_INSTRUMENTED   0x100
#define DEBUG_ENTRY_BYTES       28
#define DEBUG_EXTENDED          20 /* EX_DLLCHARACTERISTICS */
#define EXTENDED_CET            1
#define RELOCATION_HEAD         8
#define LOAD_CONFIG_BYTES       160

static bool is_wide(const struct pe_image *pe)
{
	return pe->optional_magic != PE_MAGIC_PE32;
}

/* From an address in memory to one in the image. */
static uint64_t rva_of(const struct pe_image *pe, uint64_t address)
{
	return address >= pe->image_base ? address - pe->image_base : UINT64_MAX;
}

static enum status tls_read(struct pe_looking *l, struct pe_anatomy *out)
{
	uint64_t rva = l->pe->directories[PE_TLS].rva, list;
	size_t width = is_wide(l->pe) ? 8 : 4;
	struct span bytes;
	struct cursor c;

	if (rva == 0)
		return STATUS_OK;
	TRY(pe_look_at_rva(l, rva, 4 * width, &bytes));
	c = cursor_at(bytes, 3 * width);
	list = rva_of(l->pe, cursor_le(&c, width));
	if (!cursor_ok(&c))
		return STATUS_OK;
	TRY(pe_look_at_rva(l, list, PE_MAX_TLS_CALLBACKS * width, &bytes));
	c = cursor_at(bytes, 0);
	while (cursor_le(&c, width) != 0)
		out->n_tls_callbacks++;
	return STATUS_OK;
}

/* The structure grew with Windows; fields behind its size are not there. */
static enum status load_config_read(struct pe_looking *l, struct pe_anatomy *out)
{
	uint64_t rva = l->pe->directories[PE_LOAD_CONFIG].rva, handlers;
	size_t width = is_wide(l->pe) ? 8 : 4;
	struct span bytes;
	struct cursor c;

	if (rva == 0)
		return STATUS_OK;
	TRY(pe_look_at_rva(l, rva, LOAD_CONFIG_BYTES, &bytes));
	c = cursor_at(bytes, 0);
	bytes = span_clip(bytes, 0, cursor_u32le(&c));
	out->has_load_config = cursor_ok(&c) && bytes.len > 0;
	c = cursor_at(bytes, is_wide(l->pe) ? 96 : 64); /* SEHandlerTable, SEHandlerCount */
	handlers = cursor_le(&c, width);
	if (!is_wide(l->pe) && handlers != 0 &&
	    !(l->pe->dll_characteristics & CHARACTERISTIC_NO_SEH)) {
		out->n_safeseh_handlers = cursor_le(&c, width);
		out->has_safeseh = cursor_ok(&c);
	}
	c = cursor_at(bytes, is_wide(l->pe) ? 144 : 88); /* GuardFlags */
	out->has_cfg = (cursor_u32le(&c) & GUARD_CF_INSTRUMENTED) != 0 &&
		       (l->pe->dll_characteristics & CHARACTERISTIC_GUARD_CF) != 0;
	return STATUS_OK;
}

/* Shadow stacks are promised in a debug entry of its own. */
static enum status cet_read(struct pe_looking *l, struct pe_anatomy *out)
{
	const struct pe_directory *d = &l->pe->directories[PE_DEBUG];
	uint64_t n = d->size / DEBUG_ENTRY_BYTES;
	struct span table, value;
	struct cursor c;

	if (d->rva == 0)
		return STATUS_OK;
	if (n > PE_MAX_DEBUG_ENTRIES)
		n = PE_MAX_DEBUG_ENTRIES;
	TRY(pe_look_at_rva(l, d->rva, n * DEBUG_ENTRY_BYTES, &table));
	c = cursor_at(table, 0);
	while (cursor_left(&c) >= DEBUG_ENTRY_BYTES) {
		uint32_t type, off;

		cursor_skip(&c, 12);
		type = cursor_u32le(&c);
		cursor_skip(&c, 8);
		off = cursor_u32le(&c);
		if (type != DEBUG_EXTENDED)
			continue;
		TRY(pe_look_at(l, off, 4, &value));
		out->has_cet = (span_at(value, 0) & EXTENDED_CET) != 0;
	}
	return STATUS_OK;
}

static enum status relocations_count(struct pe_looking *l, struct pe_anatomy *out)
{
	const struct pe_directory *d = &l->pe->directories[PE_RELOCATIONS];
	uint64_t len = d->size, at = 0;
	struct span bytes;

	if (d->rva == 0)
		return STATUS_OK;
	if (len > PE_MAX_RELOCATIONS) {
		len = PE_MAX_RELOCATIONS;
		l->gave_up = true;
	}
	TRY(pe_look_at_rva(l, d->rva, len, &bytes));
	while (at < bytes.len) {
		struct cursor c = cursor_at(bytes, at + 4);
		uint32_t size = cursor_u32le(&c);

		if (!cursor_ok(&c) || size < RELOCATION_HEAD || size > bytes.len - at)
			return STATUS_OK;
		out->n_relocation_blocks++;
		at += size;
	}
	return STATUS_OK;
}

/* Bytes of an entry of the exception table, by machine. */
static uint64_t exception_bytes(uint16_t machine)
{
	switch (machine) {
	case 0x8664: return 12; /* x64 */
	case 0x01c4:            /* ARM */
	case 0xaa64: return 8;  /* ARM64 */
	default: return 0;
	}
}

enum status pe_loading_read(struct pe_looking *l, struct pe_anatomy *out)
{
	const struct pe_directory *exceptions = &l->pe->directories[PE_EXCEPTIONS];
	uint64_t entry = exception_bytes(l->pe->machine);

	if (entry != 0 && exceptions->rva != 0)
		out->n_exception_entries = exceptions->size / entry;
	TRY(tls_read(l, out));
	TRY(load_config_read(l, out));
	TRY(cet_read(l, out));
	return relocations_count(l, out);
}
