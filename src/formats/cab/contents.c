/* SPDX-License-Identifier: MIT */
/*
 * What a cabinet says it holds: neighbours, folders, files ([MS-CAB] 2.1 to 2.3).
 *
 * Compressed data is not looked at: the signature covers it as it stands.
 */
#include "base/cursor.h"
#include "formats/cab/reading.h"

#define FOLDER_BYTES    8
#define FILE_BYTES      16
#define FOLDER_PREVIOUS 0xfffd /* continued from the cabinet before */
#define FOLDER_NEXT     0xfffe
#define FOLDER_BOTH     0xffff

/* Skips a string and its NUL.  False: there is none, or it is too long. */
static bool string_skip(struct cursor *c, size_t *len)
{
	for (*len = 0; *len < CAB_MAX_STRING && cursor_left(c) > 0; ++*len)
		if (cursor_u8(c) == 0)
			return true;
	return false;
}

/* szCabinetPrev, szDiskPrev, szCabinetNext, szDiskNext: as many as the flags say. */
static enum status names_read(struct cab_reading *r)
{
	uint16_t flags = r->file->flags;
	size_t n = (flags & CAB_PREVIOUS ? 2U : 0U) + (flags & CAB_NEXT ? 2U : 0U), len;
	struct span bytes;
	struct cursor c;

	TRY(view_clip(r->view, r->header_end, n * CAB_MAX_STRING, &bytes));
	c = cursor_at(bytes, 0);
	r->names_end = r->header_end;
	for (size_t i = 0; i < n; i++) {
		if (!string_skip(&c, &len)) {
			cab_break(r, "cab.header", (struct range){ 30, 2 },
				  arena_printf(r->arena, "%zu names of cabinets and disks", n),
				  "a name without end");
			return STATUS_OK;
		}
	}
	r->names_end += c.pos;
	return STATUS_OK;
}

static enum status folders_read(struct cab_reading *r)
{
	uint64_t each = FOLDER_BYTES + (uint64_t)r->folder_reserve;
	uint64_t len = each * r->file->n_folders;
	struct range where = { r->names_end, 0 };
	struct span bytes;
	struct cursor c;

	r->folders_end = r->names_end + len;
	if (r->folders_end > r->view->size || r->folders_end > r->files_off) {
		cab_break(r, "cab.folders", (struct range){ 26, 2 },
			  "folders inside the cabinet, before its files",
			  arena_printf(r->arena, "%u folders, files at 0x%x",
				       r->file->n_folders, r->files_off));
		r->folders_end = r->names_end;
		return STATUS_OK;
	}
	where.len = len;
	TRY(view_part(r->view, where.off, where.len, &bytes));
	c = cursor_at(bytes, 0);
	for (size_t i = 0; i < r->file->n_folders && !r->out->broken; i++) {
		uint32_t off = cursor_u32le(&c);

		cursor_skip(&c, each - 4);
		if (off >= r->file->size)
			cab_break(r, "cab.folders", where, "data inside the cabinet",
				  arena_printf(r->arena, "folder %zu at 0x%x of 0x%x", i, off,
					       r->file->size));
	}
	return STATUS_OK;
}

static bool folder_known(const struct cab_file *f, uint16_t folder)
{
	bool previous = f->flags & CAB_PREVIOUS, next = f->flags & CAB_NEXT;

	switch (folder) {
	case FOLDER_PREVIOUS: return previous;
	case FOLDER_NEXT: return next;
	case FOLDER_BOTH: return previous && next;
	default: return folder < f->n_folders;
	}
}

static enum status files_read(struct cab_reading *r)
{
	uint64_t len = (uint64_t)r->file->n_files * (FILE_BYTES + CAB_MAX_STRING), name;
	struct span bytes;
	struct cursor c;

	if (len > r->file->size - r->files_off)
		len = r->file->size - r->files_off;
	TRY(view_part(r->view, r->files_off, len, &bytes));
	c = cursor_at(bytes, 0);
	for (size_t i = 0; i < r->file->n_files; i++) {
		struct range where = { r->files_off + c.pos, 0 };
		uint16_t folder;

		cursor_skip(&c, 8);
		folder = cursor_u16le(&c);
		cursor_skip(&c, 6);
		if (!string_skip(&c, &name) || name == 0 || !cursor_ok(&c)) {
			cab_break(
				r, "cab.files", where,
				arena_printf(r->arena, "%u files with names", r->file->n_files),
				arena_printf(r->arena, "%zu", i));
			return STATUS_OK;
		}
		where.len = r->files_off + c.pos - where.off;
		if (!folder_known(r->file, folder)) {
			cab_break(r, "cab.files", where, "files of folders that are there",
				  arena_printf(r->arena, "a file of folder %u of %u", folder,
					       r->file->n_folders));
			return STATUS_OK;
		}
	}
	return STATUS_OK;
}

enum status cab_contents_read(struct cab_reading *r)
{
	const struct cab_file *f = r->file;

	if (f->n_folders == 0 || f->n_files == 0) {
		cab_break(r, "cab.header", (struct range){ 26, 4 },
			  "at least one folder and one file",
			  arena_printf(r->arena, "%u folders, %u files", f->n_folders,
				       f->n_files));
		return STATUS_OK;
	}
	if (f->size > r->view->size || f->size < r->header_end || r->files_off >= f->size) {
		cab_break(r, "cab.header", (struct range){ 8, 4 },
			  "a cabinet inside the file, and its files in it",
			  arena_printf(r->arena, "0x%x bytes, files at 0x%x", f->size,
				       r->files_off));
		return STATUS_OK;
	}
	TRY(names_read(r));
	if (!r->out->broken)
		TRY(folders_read(r));
	return r->out->broken ? STATUS_OK : files_read(r);
}
