/* SPDX-License-Identifier: MIT */
/*
 * Imports: what a program needs of which library, and the text that imphash is
 * the MD5 of.
 *
 * Follows "PE Format" (Microsoft), "The .idata Section" and "Delay-Load Import
 * Tables".  The text is what pefile's get_imphash() makes: "library.function",
 * in lower case, in the order of the tables, without the library's usual ending;
 * names with characters that no compiler writes are left out, and a library one
 * of whose names lies nowhere is left out altogether.
 */
#include "base/buffer.h"
#include "base/cursor.h"
#include "formats/pe/looking.h"

#define DESCRIPTOR_BYTES 20
#define DELAY_BYTES      32
#define NAME_BYTES       512
#define HINT_BYTES       2
#define IMPORTS_AHEAD    ((uint64_t)1 << 20) /* descriptors, look-up tables and names */
#define MAX_EMPTY        5 /* libraries without imports: the table has gone wrong */

static const char library_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789!#$%&'()-@^_`{}~+,.;=[]\\/";
static const char function_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789._?@$()<>";

struct import_reading {
	struct pe_looking *l;
	struct pe_anatomy *out;
	struct buffer text;
	const char **libraries;
	size_t n_thunks; /* looked at, of all libraries */
	unsigned width;  /* of a thunk */
	bool stopped;    /* a limit */
};

/* One library while its table is read. */
struct library {
	struct buffer name; /* in lower case; "*invalid*" */
	struct span stem;   /* without its ending */
	uint64_t table, n;  /* thunks */
	uint64_t n_imports;
};

static bool letters_valid(struct span s, const char *letters)
{
	for (uint64_t i = 0; i < s.len; i++)
		if (!strchr(letters, span_at(s, i)) || span_at(s, i) == 0)
			return false;
	return true;
}

static void lower_add(struct buffer *b, struct span s)
{
	for (uint64_t i = 0; i < s.len; i++)
		buffer_char(b, (char)letter_small(span_at(s, i)));
}

/* The string at @rva without its NUL; *@found false: nothing stands there. */
static enum status string_at(struct pe_looking *l, uint64_t rva, struct span *out, bool *found)
{
	uint64_t end;

	TRY(pe_look_at_rva(l, rva, NAME_BYTES, out));
	*found = out->len > 0;
	if (span_find(*out, SPAN_LITERAL("\0"), 0, &end))
		*out = span_clip(*out, 0, end);
	return STATUS_OK;
}

static uint64_t ordinal_flag(const struct import_reading *r)
{
	return UINT64_C(1) << (8 * r->width - 1);
}

/* How many thunks stand at @rva before the closing one; none when they cannot be thunks. */
static enum status thunks_count(struct import_reading *r, uint64_t rva, uint64_t *n)
{
	*n = 0;
	for (uint64_t at = rva; rva != 0; at += r->width) {
		struct span bytes;
		struct cursor c;
		uint64_t value;

		TRY(pe_look_at_rva(r->l, at, r->width, &bytes));
		c = cursor_at(bytes, 0);
		value = cursor_le(&c, r->width);
		if (!cursor_ok(&c) ||
		    (value & ordinal_flag(r) && (value & 0x7fffffff) > UINT16_MAX)) {
			*n = 0;
			return STATUS_OK;
		}
		if (value == 0 || (value >= rva && value <= at))
			return STATUS_OK;
		if (r->n_thunks == PE_MAX_IMPORTS) {
			r->stopped = true;
			return STATUS_OK;
		}
		r->n_thunks++;
		(*n)++;
	}
	return STATUS_OK;
}

static void import_add(struct import_reading *r, struct library *library, struct span function)
{
	if (r->text.len + library->stem.len + function.len + 2 > PE_MAX_IMPORT_TEXT) {
		r->stopped = true;
		return;
	}
	if (r->text.len > 0)
		buffer_char(&r->text, ',');
	buffer_add(&r->text, library->stem);
	buffer_char(&r->text, '.');
	lower_add(&r->text, function);
	library->n_imports++;
}

static void ordinal_add(struct import_reading *r, struct library *library, uint16_t number)
{
	const char *name = pe_ordinal_name(buffer_span(&library->name), number);
	CLEANUP(buffer_free) struct buffer made = BUFFER_INIT;

	if (number == 0)
		return;
	if (name)
		buffer_text(&made, name);
	else
		buffer_printf(&made, "ord%u", number);
	import_add(r, library, buffer_span(&made));
}

/* What thunk @at imports.  *@found false: its name lies nowhere. */
static enum status thunk_read(struct import_reading *r, struct library *library, uint64_t at,
			      bool *found)
{
	struct span bytes, name;
	struct cursor c;
	uint64_t value;

	TRY(pe_look_at_rva(r->l, at, r->width, &bytes));
	c = cursor_at(bytes, 0);
	value = cursor_le(&c, r->width);
	*found = true;
	if (value & ordinal_flag(r)) {
		ordinal_add(r, library, (uint16_t)value);
		return STATUS_OK;
	}
	TRY(string_at(r->l, value + HINT_BYTES, &name, found));
	if (*found && name.len > 0 && letters_valid(name, function_letters))
		import_add(r, library, name);
	return STATUS_OK;
}

/* All or nothing. */
static enum status thunks_read(struct import_reading *r, struct library *library)
{
	size_t before = r->text.len;

	for (uint64_t i = 0; i < library->n && !r->stopped; i++) {
		bool found;

		TRY(thunk_read(r, library, library->table + i * r->width, &found));
		if (found)
			continue;
		buffer_cut(&r->text, before);
		library->n_imports = 0;
		return STATUS_OK;
	}
	return STATUS_OK;
}

/* Without the ending that libraries usually have. */
static struct span stem_of(struct span name)
{
	static const char *const endings[] = { ".ocx", ".sys", ".dll" };

	for (size_t i = 0; i < COUNT_OF(endings) && name.len >= 4; i++)
		if (span_equal(span_after(name, name.len - 4), SPAN_TEXT(endings[i])))
			return span_clip(name, 0, name.len - 4);
	return name;
}

static enum status library_keep(struct import_reading *r, struct span name)
{
	struct pe_anatomy *out = r->out;
	const char *text;

	out->n_import_libraries++;
	if (out->n_libraries_kept == PE_MAX_LIBRARIES_KEPT)
		return STATUS_OK;
	TRY(pe_text(r->l->arena, name, &text));
	if (text)
		r->libraries[out->n_libraries_kept++] = text;
	return STATUS_OK;
}

struct descriptor {
	uint32_t lookup, name, addresses;
};

/* *@used: it imports something. */
static enum status library_read(struct import_reading *r, const struct descriptor *d,
				bool *used)
{
	struct library library = { .table = d->lookup };
	enum status status;
	struct span name;
	bool found;

	*used = false;
	TRY(thunks_count(r, library.table, &library.n));
	if (library.n == 0) {
		library.table = d->addresses;
		TRY(thunks_count(r, library.table, &library.n));
	}
	TRY(string_at(r->l, d->name, &name, &found));
	if (letters_valid(name, library_letters))
		lower_add(&library.name, name);
	else
		buffer_text(&library.name, "*invalid*");
	library.stem = stem_of(buffer_span(&library.name));
	status = name.len > 0 ? thunks_read(r, &library) : STATUS_OK;
	if (status == STATUS_OK)
		status = buffer_status(&library.name);
	buffer_free(&library.name);
	TRY(status);
	*used = library.n_imports > 0;
	if (!*used)
		return STATUS_OK;
	r->out->n_imports += library.n_imports;
	return library_keep(r, name);
}

static enum status libraries_read(struct import_reading *r, uint64_t rva)
{
	unsigned n_empty = 0;
	struct span bytes;

	TRY(pe_look_at_rva(r->l, rva, IMPORTS_AHEAD, &bytes));
	for (size_t i = 0; i < PE_MAX_LIBRARIES; i++) {
		struct cursor c;
		struct descriptor d;
		bool used;

		TRY(pe_look_at_rva(r->l, rva + i * DESCRIPTOR_BYTES, DESCRIPTOR_BYTES, &bytes));
		if (bytes.len < DESCRIPTOR_BYTES || span_is_zero(bytes))
			return STATUS_OK;
		c = cursor_at(bytes, 0);
		d.lookup = cursor_u32le(&c);
		cursor_skip(&c, 8);
		d.name = cursor_u32le(&c);
		d.addresses = cursor_u32le(&c);
		TRY(library_read(r, &d, &used));
		n_empty += !used;
		if (r->stopped || n_empty > MAX_EMPTY)
			return STATUS_OK;
	}
	r->stopped = true;
	return STATUS_OK;
}

/* Only how many there are. */
static enum status delays_count(struct pe_looking *l, struct pe_anatomy *out)
{
	uint64_t rva = l->pe->directories[PE_DELAY_IMPORTS].rva;
	struct span bytes;

	for (size_t i = 0; rva != 0 && i < PE_MAX_LIBRARIES; i++) {
		TRY(pe_look_at_rva(l, rva + i * DELAY_BYTES, DELAY_BYTES, &bytes));
		if (bytes.len < DELAY_BYTES || span_is_zero(bytes))
			return STATUS_OK;
		out->n_delay_libraries++;
	}
	return STATUS_OK;
}

static enum status import_text_keep(struct import_reading *r)
{
	TRY(buffer_status(&r->text));
	r->out->import_text = arena_copy(r->l->arena, buffer_span(&r->text));
	return r->text.len == 0 || r->out->import_text.ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status pe_imports_read(struct pe_looking *l, struct pe_anatomy *out)
{
	const struct pe_directory *directories = l->pe->directories;
	struct import_reading r = { .l = l, .out = out };
	bool before = l->gave_up;
	enum status status;

	r.width = l->pe->optional_magic == PE_MAGIC_PE32 ? 4 : 8;
	r.libraries = ARENA_NEW(l->arena, const char *, PE_MAX_LIBRARIES_KEPT);
	if (!r.libraries)
		return STATUS_NO_MEMORY;
	out->libraries = r.libraries;
	out->has_bound_imports = directories[PE_BOUND_IMPORTS].rva != 0 &&
				 directories[PE_BOUND_IMPORTS].size != 0;
	l->gave_up = false;
	status = directories[PE_IMPORTS].rva ? libraries_read(&r, directories[PE_IMPORTS].rva)
					     : STATUS_OK;
	if (status == STATUS_OK)
		status = import_text_keep(&r);
	buffer_free(&r.text);
	TRY(status);
	out->imports_complete = !r.stopped && !l->gave_up;
	l->gave_up = before || !out->imports_complete;
	return delays_count(l, out);
}
