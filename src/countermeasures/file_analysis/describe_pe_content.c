/* SPDX-License-Identifier: MIT */
/* The list of features: what the directories of a PE lead to. */
#include "countermeasures/file_analysis/parts.h"

/* --- struct pe_identity ------------------------------------------------------------------ */

static struct feature version_number(struct arena *a, const uint16_t v[4])
{
	return feature_of_text(arena_printf(a, "%u.%u.%u.%u", v[0], v[1], v[2], v[3]));
}

/* The fixed part and the strings apart: they may disagree, and tools show either. */
static void describe_version(struct features *f, const struct pe_version *v)
{
	const struct {
		const char *key, *text;
	} strings[] = {
		{"version.strings.company_name",       v->company_name     },
		{ "version.strings.product_name",      v->product_name     },
		{ "version.strings.file_description",  v->file_description },
		{ "version.strings.original_filename", v->original_filename},
		{ "version.strings.internal_name",     v->internal_name    },
		{ "version.strings.file_version",      v->file_version     },
		{ "version.strings.product_version",   v->product_version  },
		{ "version.strings.legal_copyright",   v->legal_copyright  },
	};

	if (!v->present) {
		describe_of_pe(f, "version", feature_absent());
		return;
	}
	describe_of_pe(f, "version.offset", FEATURE_OF_NUMBER(v->where.off));
	describe_of_pe(f, "version.length", FEATURE_OF_NUMBER(v->where.len));
	if (v->has_fixed) {
		describe_of_pe(f, "version.fixed.file", version_number(f->arena, v->file));
		describe_of_pe(f, "version.fixed.product",
			       version_number(f->arena, v->product));
	} else {
		describe_of_pe(f, "version.fixed", feature_absent());
	}
	for (size_t i = 0; i < COUNT_OF(strings); i++)
		describe_of_pe(f, strings[i].key, feature_of_text(strings[i].text));
}

static enum status describe_rich(struct features *f, const struct pe_identity *identity)
{
	struct digest digest;

	if (!identity->has_rich) {
		describe_of_pe(f, "rich", feature_absent());
		return STATUS_OK;
	}
	TRY(digest_of(DIGEST_SHA256, &identity->rich, 1, &digest));
	describe_of_pe(f, "rich.key_ok", FEATURE_OF_FLAG(identity->rich_key_ok));
	describe_of_pe(f, "rich.entries", FEATURE_OF_NUMBER(identity->rich.len / 8));
	describe_of_pe(f, "rich.sha256", feature_of_digest(f, &digest));
	return STATUS_OK;
}

static void describe_codeview(struct features *f, const struct pe_codeview *c)
{
	if (!c->present) {
		describe_of_pe(f, "debug", feature_absent());
		return;
	}
	describe_of_pe(f, "debug.guid",
		       FEATURE_OF_BYTES(arena_copy(f->arena, SPAN_OF(c->guid))));
	describe_of_pe(f, "debug.age", FEATURE_OF_NUMBER(c->age));
	describe_of_pe(f, "debug.path", feature_of_text(c->path));
}

static void describe_face(struct features *f, const struct pe_identity *identity)
{
	const struct pe_icon *icon = &identity->icon;
	const struct pe_manifest *manifest = &identity->manifest;

	describe_of_pe(f, "icon.dhash",
		       icon->present
			       ? feature_of_text(arena_printf(f->arena, "%016llx",
							      (unsigned long long)icon->dhash))
			       : feature_absent());
	if (!manifest->present) {
		describe_of_pe(f, "manifest", feature_absent());
		return;
	}
	describe_of_pe(f, "manifest.identity", feature_of_text(manifest->identity));
	describe_of_pe(f, "manifest.level", feature_of_text(manifest->level));
}

enum status describe_identity(struct features *f, const struct pe_identity *identity)
{
	static const char *const keys[] = { "version", "rich", "debug", "icon", "manifest" };

	for (size_t i = 0; !identity && i < COUNT_OF(keys); i++)
		describe_of_pe(f, keys[i], feature_skipped("off"));
	if (!identity)
		return STATUS_OK;
	describe_version(f, &identity->version);
	TRY(describe_rich(f, identity));
	describe_codeview(f, &identity->codeview);
	describe_face(f, identity);
	return STATUS_OK;
}

/* --- struct pe_anatomy ------------------------------------------------------------------- */

/* MD5 of what is imported, as many tools compute it. */
static enum status describe_imphash(struct features *f, const struct pe_anatomy *anatomy)
{
	struct feature what = feature_absent();
	struct digest digest;
	enum status status;

	if (!anatomy->imports_complete) {
		what = feature_skipped("limit");
	} else if (anatomy->import_text.len > 0) {
		status = digest_of(DIGEST_MD5, &anatomy->import_text, 1, &digest);
		if (status == STATUS_UNSUPPORTED)
			what = feature_skipped("off");
		else if (status != STATUS_OK)
			return status;
		else
			what = feature_of_digest(f, &digest);
	}
	describe_of_pe(f, "imports.imphash", what);
	return STATUS_OK;
}

static enum status describe_imports(struct features *f, const struct pe_anatomy *anatomy)
{
	size_t n = anatomy->n_libraries_kept < ANALYSIS_MAX_LIBRARIES
			   ? anatomy->n_libraries_kept
			   : ANALYSIS_MAX_LIBRARIES;

	describe_of_pe(f, "imports.libraries", FEATURE_OF_NUMBER(anatomy->n_import_libraries));
	describe_of_pe(f, "imports.functions", FEATURE_OF_NUMBER(anatomy->n_imports));
	describe_of_pe(f, "imports.delay_libraries",
		       FEATURE_OF_NUMBER(anatomy->n_delay_libraries));
	describe_of_pe(f, "imports.bound", FEATURE_OF_FLAG(anatomy->has_bound_imports));
	describe_of_pe(f, "imports.complete", FEATURE_OF_FLAG(anatomy->imports_complete));
	TRY(describe_imphash(f, anatomy));
	for (size_t i = 0; i < n; i++)
		feature_add_at(f, feature_of_text(anatomy->libraries[i]),
			       "pe.imports.names.%zu", i);
	if (n == 0)
		describe_of_pe(f, "imports.names", feature_absent());
	return STATUS_OK;
}

static void describe_load_config(struct features *f, const struct pe_anatomy *anatomy)
{
	if (!anatomy->has_load_config) {
		describe_of_pe(f, "load_config", feature_absent());
		return;
	}
	describe_of_pe(f, "load_config.cfg", FEATURE_OF_FLAG(anatomy->has_cfg));
	describe_of_pe(f, "load_config.cet", FEATURE_OF_FLAG(anatomy->has_cet));
	describe_of_pe(f, "load_config.safeseh", FEATURE_OF_FLAG(anatomy->has_safeseh));
	describe_of_pe(f, "load_config.safeseh_handlers",
		       FEATURE_OF_NUMBER(anatomy->n_safeseh_handlers));
}

static void describe_clr(struct features *f, const struct pe_anatomy *anatomy)
{
	if (!anatomy->has_clr) {
		describe_of_pe(f, "clr", feature_absent());
		return;
	}
	describe_of_pe(f, "clr.flags", FEATURE_OF_NUMBER(anatomy->clr_flags));
	describe_of_pe(f, "clr.version", feature_of_text(anatomy->clr_version));
	describe_of_pe(f, "clr.strong_name_length",
		       FEATURE_OF_NUMBER(anatomy->strong_name_len));
}

static void describe_resources(struct features *f, const struct pe_anatomy *anatomy)
{
	describe_of_pe(f, "resources.count", FEATURE_OF_NUMBER(anatomy->n_resources));
	describe_of_pe(f, "resources.bytes", FEATURE_OF_NUMBER(anatomy->resource_bytes));
	describe_of_pe(f, "resources.types", FEATURE_OF_NUMBER(anatomy->n_resource_types));
	describe_of_pe(f, "resources.languages",
		       FEATURE_OF_NUMBER(anatomy->n_resource_languages));
	describe_of_pe(f, "resources.complete", FEATURE_OF_FLAG(anatomy->resources_complete));
}

enum status describe_anatomy(struct features *f, const struct pe_anatomy *anatomy)
{
	static const char *const keys[] = { "imports",    "exports",     "tls", "relocations",
					    "exceptions", "load_config", "clr", "resources" };

	for (size_t i = 0; !anatomy && i < COUNT_OF(keys); i++)
		describe_of_pe(f, keys[i], feature_skipped("off"));
	if (!anatomy)
		return STATUS_OK;
	TRY(describe_imports(f, anatomy));
	describe_of_pe(f, "exports.count", FEATURE_OF_NUMBER(anatomy->n_exports));
	describe_of_pe(f, "exports.name", feature_of_text(anatomy->export_name));
	describe_of_pe(f, "tls.callbacks", FEATURE_OF_NUMBER(anatomy->n_tls_callbacks));
	describe_of_pe(f, "relocations.blocks",
		       FEATURE_OF_NUMBER(anatomy->n_relocation_blocks));
	describe_of_pe(f, "exceptions.entries",
		       FEATURE_OF_NUMBER(anatomy->n_exception_entries));
	describe_load_config(f, anatomy);
	describe_clr(f, anatomy);
	describe_resources(f, anatomy);
	return STATUS_OK;
}
