/* SPDX-License-Identifier: MIT */
/*
 * Bundles: the executable is judged with the list of everything around it.
 *
 * Each file of a bundle is judged by itself first and leaves a print: digests,
 * and of programs the word and the hashes of their code.  All prints together are
 * the inventory, which comes as a companion of the executable.
 */
#include "engine/examination.h"

#include "base/escape.h"
#include "base/feature.h"
#include "formats/bundle/bundle.h"
#include "structure/code_signature.h"

#define INFO_MAX_BYTES ((uint64_t)1 << 20)

static enum status limit_note(struct examination *x, enum status status)
{
	if (status == STATUS_LIMIT)
		finding_add(&x->findings, "limit.bundle", (struct range){ 0, 0 }, NULL, NULL);
	return status;
}

static enum status seal_take(struct examination *x, struct bundle *bundle)
{
	const struct companion *file = companion_find(&x->companions, "CodeResources");
	struct bundle_seal *seal;
	enum status status;

	bundle->sealed = file != NULL;
	if (!file)
		return STATUS_OK;
	if (file->size > file->bytes.len)
		return STATUS_LIMIT;
	seal = ARENA_NEW(x->arena, struct bundle_seal, 1);
	if (!seal)
		return STATUS_NO_MEMORY;
	status = bundle_seal_read(x->arena, file->bytes, seal);
	if (status == STATUS_OK)
		bundle->seal = seal;
	return status == STATUS_MALFORMED ? STATUS_OK : status;
}

/* Bundles without a program are signed in files of their own. */
static bool has_detached(const struct bundle_inventory *inventory)
{
	for (size_t i = 0; i < inventory->n; i++)
		if (span_equal(inventory->items[i].path,
			       SPAN_LITERAL("_CodeSignature/CodeSignature")))
			return true;
	return false;
}

/* Where a bundle has its Info.plist, a link: systems that read it follow that, and macOS does
 * not take what is signed that way. */
static void link_note(struct examination *x, const struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->inventory.n; i++) {
		const struct bundle_item *item = &bundle->inventory.items[i];

		if (item->kind == BUNDLE_LINK &&
		    (span_equal(item->path, SPAN_LITERAL("Info.plist")) ||
		     span_equal(item->path, SPAN_LITERAL("Resources/Info.plist"))))
			finding_add(&x->findings, "bundle.info-link", (struct range){ 0, 0 },
				    "a file",
				    escape_string(x->arena, item->target, FEATURE_MAX_TEXT));
	}
}

/* What an unsigned program in a bundle says about that bundle. */
static void bare_judge(struct examination *x, const struct bundle *bundle)
{
	bool program = bundle->inventory.executable.len > 0;

	if (x->box.claims || !bundle->sealed)
		return;
	if (!program && has_detached(&bundle->inventory)) {
		x->box.unsupported = true;
		return;
	}
	x->box.stripped = true;
	if (!program)
		finding_add(&x->findings, "bundle.no-executable", (struct range){ 0, 0 },
			    "a signed program", "none");
}

/*
 * Only a CodeDirectory binds what lies around a program: a signature of another kind,
 * in it or beside it, speaks of that one file, on a line of its own.
 */
static void claims_keep(struct container *box)
{
	const struct claim *claims = box->claims;
	bool bound = claims && strcmp(claims->scheme, CODE_SIGNATURE_SCHEME) == 0;

	if (!box->macho)
		*box = (struct container){ .variant = box->variant };
	else if (!bound)
		box->claims = NULL;
}

/* What is judged when there is no program is a list, which claims nothing. */
static enum status box_fill(struct examination *x)
{
	if (x->bundle->inventory.executable.len == 0)
		x->box = (struct container){ 0 };
	claims_keep(&x->box);
	if (!x->box.format)
		x->box.format = &format_bundle;
	x->box.bundle = x->bundle;
	x->box.variant = x->box.variant ? arena_printf(x->arena, "Bundle of %s", x->box.variant)
					: "Bundle without a program";
	return x->box.variant ? STATUS_OK : STATUS_NO_MEMORY;
}

bool examination_is_bundle(const struct examination *x)
{
	uint8_t row = companion_row_of("inventory");

	for (size_t i = 0; x->beside && i < x->beside->n; i++)
		if (x->beside->rows[i] == row)
			return true;
	return companion_find(&x->companions, "inventory") != NULL;
}

enum status examination_bundle(struct examination *x)
{
	const struct companion *file = companion_find(&x->companions, "inventory");
	struct bundle *bundle;

	if (!file)
		return STATUS_OK;
	if (x->arena_limit == 0)
		x->arena_limit = x->arena->limit;
	x->arena->limit = BUNDLE_ARENA_BYTES;
	bundle = ARENA_NEW(x->arena, struct bundle, 1);
	if (!bundle)
		return STATUS_NO_MEMORY;
	TRY(limit_note(x, bundle_inventory_decode(x->arena, file->bytes, &bundle->inventory)));
	TRY(limit_note(x, seal_take(x, bundle)));
	x->bundle = bundle;
	TRY(box_fill(x));
	bare_judge(x, bundle);
	link_note(x, bundle);
	return STATUS_OK;
}

static const enum digest_algorithm algorithms[EXAMINATION_PRINTS] = { DIGEST_SHA1,
								      DIGEST_SHA256 };

enum status examination_print_plan(struct examination *x)
{
	struct piece *whole;

	if (x->part == ENGINE_ALONE)
		return STATUS_OK;
	whole = ARENA_NEW(x->arena, struct piece, 1);
	x->print_jobs = ARENA_NEW(x->arena, struct digest_job, EXAMINATION_PRINTS);
	if (!whole || !x->print_jobs)
		return STATUS_NO_MEMORY;
	*whole = (struct piece){
		.kind = PIECE_RANGE, .range = {0, x->source.before.size}
	};
	for (size_t i = 0; i < EXAMINATION_PRINTS; i++)
		x->print_jobs[i] = (struct digest_job){
			.algorithm = algorithms[i], .covered = {whole, 1}
		};
	return STATUS_OK;
}

/* What all its slices are known by; empty: they have nothing in common. */
static struct span designated_of(const struct fact *facts)
{
	const char *known = NULL;

	for (const struct fact *f = facts; f; f = f->next) {
		if (f->code_hashes.len == 0)
			continue;
		if (!f->designated || (known && strcmp(known, f->designated) != 0))
			return SPAN_NONE;
		known = f->designated;
	}
	return known ? SPAN_TEXT(known) : SPAN_NONE;
}

static enum status print_fill(struct examination *x, struct buffer *hashes, struct buffer *out)
{
	struct bundle_print print = {
		.verdict = x->box.format ? x->report->verdict : ASSAY_VERDICT_UNKNOWN,
		.nonempty = x->source.before.size > 0,
		.n_parts = x->box.n_parts > 0 ? x->box.n_parts : 1,
		.designated = designated_of(x->facts),
	};

	for (const struct fact *f = x->facts; f; f = f->next)
		for (size_t i = 0; i < f->code_hashes.len; i += BUNDLE_HASH) {
			buffer_char(hashes, (char)f->part);
			buffer_add(hashes, span_clip(f->code_hashes, i, BUNDLE_HASH));
		}
	TRY(buffer_status(hashes));
	print.cdhashes = buffer_span(hashes);
	if (x->print_jobs) {
		print.sha1 = digest_span(&x->print_jobs[0].result);
		print.sha256 = digest_span(&x->print_jobs[1].result);
	}
	bundle_print_encode(out, &print);
	return buffer_status(out);
}

/* The name of the executable, if it is an Info.plist; else whatever stands there is none. */
static enum status executable_take(struct examination *x)
{
	uint64_t size = x->source.before.size;
	struct span name;
	uint8_t *bytes;

	if (x->part != ENGINE_INFO || size == 0 || size > INFO_MAX_BYTES)
		return STATUS_OK;
	bytes = ARENA_NEW(x->arena, uint8_t, size);
	if (!bytes)
		return STATUS_NO_MEMORY;
	TRY(source_read(&x->source, &x->view, 0, bytes, (size_t)size));
	TRY(bundle_executable(x->arena, (struct span){ bytes, (size_t)size }, &name));
	x->report->executable = name;
	return STATUS_OK;
}

enum status examination_print(struct examination *x)
{
	CLEANUP(buffer_free) struct buffer hashes = BUFFER_INIT, encoded = BUFFER_INIT;

	if (x->part == ENGINE_ALONE && !x->bundle)
		return STATUS_OK;
	TRY(print_fill(x, &hashes, &encoded));
	x->report->print = arena_copy(x->arena, buffer_span(&encoded));
	if (!x->report->print.ptr)
		return STATUS_NO_MEMORY;
	return executable_take(x);
}
