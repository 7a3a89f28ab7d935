/* SPDX-License-Identifier: MIT */
/*
 * Prints the features of PE files as JSON, a line for each, for comparison
 * with other readers; "--time N FILE" reads one N times and prints nanoseconds.
 */
#include "base/json.h"
#include "formats/pe/features.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ARENA_BYTES ((size_t)64 << 20)

static struct span file_load(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct span out = SPAN_NONE;
	uint8_t *bytes = NULL;
	long len = -1;

	if (f && fseek(f, 0, SEEK_END) == 0)
		len = ftell(f);
	if (len > 0 && fseek(f, 0, SEEK_SET) == 0)
		bytes = malloc((size_t)len);
	if (bytes && fread(bytes, 1, (size_t)len, f) == (size_t)len)
		out = (struct span){ bytes, (size_t)len };
	if (f)
		(void)fclose(f);
	if (!out.ptr)
		free(bytes);
	return out;
}

static void version_print(struct json *j, const struct pe_version *v)
{
	json_object(j, "version");
	json_bool(j, "present", v->present);
	json_bool(j, "has_fixed", v->has_fixed);
	json_array(j, "file");
	for (size_t i = 0; i < COUNT_OF(v->file); i++)
		json_u64(j, NULL, v->file[i]);
	json_end(j);
	json_array(j, "product");
	for (size_t i = 0; i < COUNT_OF(v->product); i++)
		json_u64(j, NULL, v->product[i]);
	json_end(j);
	json_text(j, "CompanyName", v->company_name);
	json_text(j, "ProductName", v->product_name);
	json_text(j, "FileDescription", v->file_description);
	json_text(j, "OriginalFilename", v->original_filename);
	json_text(j, "InternalName", v->internal_name);
	json_text(j, "FileVersion", v->file_version);
	json_text(j, "ProductVersion", v->product_version);
	json_text(j, "LegalCopyright", v->legal_copyright);
	json_end(j);
}

static void identity_print(struct json *j, const struct pe_identity *i)
{
	static const char *const stamps[] = { "zero", "time", "repro" };

	version_print(j, &i->version);
	json_text(j, "stamp", stamps[i->stamp]);
	json_bool(j, "has_codeview", i->codeview.present);
	json_hex(j, "guid", SPAN_OF(i->codeview.guid));
	json_u64(j, "age", i->codeview.age);
	json_text(j, "pdb", i->codeview.path);
	json_bool(j, "has_rich", i->has_rich);
	json_bool(j, "rich_key_ok", i->rich_key_ok);
	json_hex(j, "rich", i->rich);
	json_bool(j, "has_icon", i->icon.present);
	json_u64(j, "icon", i->icon.dhash);
	json_bool(j, "has_manifest", i->manifest.present);
	json_text(j, "identity", i->manifest.identity);
	json_text(j, "level", i->manifest.level);
}

static void anatomy_print(struct json *j, const struct pe_anatomy *a)
{
	json_span(j, "import_text", a->import_text);
	json_u64(j, "n_import_libraries", a->n_import_libraries);
	json_u64(j, "n_imports", a->n_imports);
	json_u64(j, "n_delay_libraries", a->n_delay_libraries);
	json_u64(j, "n_exports", a->n_exports);
	json_bool(j, "imports_complete", a->imports_complete);
	json_array(j, "libraries");
	for (size_t i = 0; i < a->n_libraries_kept; i++)
		json_text(j, NULL, a->libraries[i]);
	json_end(j);
	json_text(j, "export_name", a->export_name);
	json_u64(j, "n_tls_callbacks", a->n_tls_callbacks);
	json_u64(j, "n_relocation_blocks", a->n_relocation_blocks);
	json_u64(j, "n_exception_entries", a->n_exception_entries);
	json_bool(j, "has_load_config", a->has_load_config);
	json_bool(j, "has_cfg", a->has_cfg);
	json_bool(j, "has_cet", a->has_cet);
	json_bool(j, "has_safeseh", a->has_safeseh);
	json_u64(j, "n_safeseh_handlers", a->n_safeseh_handlers);
	json_bool(j, "has_bound_imports", a->has_bound_imports);
	json_bool(j, "has_clr", a->has_clr);
	json_u64(j, "clr_flags", a->clr_flags);
	json_text(j, "clr_version", a->clr_version);
	json_u64(j, "strong_name_len", a->strong_name_len);
	json_u64(j, "linker_major", a->linker_major);
	json_u64(j, "linker_minor", a->linker_minor);
	json_text(j, "entry_section", a->entry_section);
	json_u64(j, "entry_off", a->entry_off);
	json_hex(j, "entry_bytes", a->entry_bytes);
	json_u64(j, "n_resources", a->n_resources);
	json_u64(j, "resource_bytes", a->resource_bytes);
	json_u64(j, "n_resource_types", a->n_resource_types);
	json_u64(j, "n_resource_languages", a->n_resource_languages);
	json_bool(j, "resources_complete", a->resources_complete);
}

static void findings_print(struct json *j, const struct findings *findings)
{
	json_array(j, "findings");
	for (const struct finding *f = findings->first; f; f = f->next) {
		json_object(j, NULL);
		json_text(j, "rule", f->rule);
		json_u64(j, "offset", f->where.off);
		json_text(j, "expected", f->expected);
		json_text(j, "observed", f->observed);
		json_end(j);
	}
	json_end(j);
}

static void file_print(struct span file, const char *path)
{
	CLEANUP(arena_free) struct arena a = { .limit = ARENA_BYTES };
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct findings of_headers = FINDINGS_INIT(&a), findings = FINDINGS_INIT(&a);
	struct view view = view_whole(file);
	struct container box = { 0 };
	struct pe_identity identity;
	struct pe_anatomy anatomy;
	struct json j = json_begin(&text);

	if (format_pe.read(&view, &of_headers, &box) != STATUS_OK || !box.pe)
		return;
	json_object(&j, NULL);
	json_text(&j, "path", path);
	if (pe_identity_read(&view, box.pe, &findings, &identity) == STATUS_OK)
		identity_print(&j, &identity);
	if (pe_anatomy_read(&view, box.pe, &findings, &anatomy) == STATUS_OK)
		anatomy_print(&j, &anatomy);
	findings_print(&j, &findings);
	json_end(&j);
	if (buffer_status(&text) == STATUS_OK)
		printf("%s\n", buffer_string(&text, 0));
}

static void file_time(struct span file, long n)
{
	CLEANUP(arena_free) struct arena a = { .limit = ARENA_BYTES };
	CLEANUP(arena_free) struct arena each = { .limit = ARENA_BYTES };
	struct findings of_headers = FINDINGS_INIT(&a);
	struct view view = view_whole(file);
	struct container box = { 0 };
	struct timespec from, to;

	if (format_pe.read(&view, &of_headers, &box) != STATUS_OK || !box.pe)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	for (long i = 0; i < n; i++) {
		struct findings findings = FINDINGS_INIT(&each);
		struct pe_identity identity;

		if (pe_identity_read(&view, box.pe, &findings, &identity) != STATUS_OK)
			return;
		arena_reset(&each);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%lld ns\n",
	       ((to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec) / n);
}

int main(int argc, char *argv[])
{
	bool timed = argc == 4 && strcmp(argv[1], "--time") == 0;
	long n = timed ? strtol(argv[2], NULL, 10) : 0;

	for (int i = timed ? 3 : 1; i < argc; i++) {
		struct span file = file_load(argv[i]);

		if (timed && n > 0)
			file_time(file, n);
		if (!timed && file.len > 0)
			file_print(file, argv[i]);
		free((void *)(uintptr_t)file.ptr);
	}
	return EXIT_SUCCESS;
}
