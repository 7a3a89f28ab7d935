/* SPDX-License-Identifier: MIT */
/*
 * Apps in an archive (.ipa): what a phone unpacks is a bundle, so that is judged.
 *
 * Members are unpacked one by one in memory, for their prints; of bundles inside
 * the executables once more, inner ones first.  The executable of the app itself
 * then takes the place of the archive, as what comes out of a packed module does.
 */
#include "engine/examination.h"

#include "engine/deep.h"
#include "engine/zip_member.h"
#include "formats/bundle/bundle.h"
#include "structure/zip/zip.h"

#define TREE_BYTES   ((size_t)160 << 20) /* names and prints */
#define REPORT_BYTES ((size_t)64 << 20)
#define LINK_MAX     4096
#define UNIX         3 /* made by */

struct archive {
	struct examination *x;
	const struct engine *e;
	const struct zip *zip;
	struct lanes *lanes;
	struct zip_member member;
	struct zip_budget budget;
	struct arena arena, report;
	struct bundle_node *nodes;
	size_t n;
	struct bundle_tree tree;
};

static bool is_link(const struct zip_entry *e)
{
	return e->made_by == UNIX && (e->attributes >> 16 & 0170000) == 0120000;
}

/* What stands in the archive is in x->source until all of it is known.  What is unpacked again
 * is spent again. */
static enum status member_take(struct archive *ar, const struct zip_entry *e)
{
	if (!zip_readable(e))
		return STATUS_MALFORMED;
	if (e->size > DEEP_MAX_MEMBER)
		return STATUS_LIMIT;
	TRY(zip_spend(&ar->budget, e));
	return zip_member_take(&ar->member, &ar->x->source, e);
}

/* The caller's until the next call. */
static void bytes_judge(struct archive *ar, struct span bytes, enum engine_part part,
			const struct companions *beside, struct report *out)
{
	arena_reset(&ar->report);
	*out = (struct report){ 0 };
	engine_examine_part(ar->e, ar->lanes, &(struct engine_bytes){ bytes, part, beside },
			    &ar->report, out);
}

static bool ends_as_info(struct span name)
{
	struct span tail = SPAN_LITERAL("/Info.plist");

	return name.len > tail.len && span_equal(span_after(name, name.len - tail.len), tail);
}

static enum status node_fill(struct archive *ar, const struct zip_entry *e,
			     struct bundle_node *node)
{
	struct report report;
	enum status status;

	*node = (struct bundle_node){ .kind = BUNDLE_FILE,
				      .path = e->name,
				      .origin = e->index };
	status = member_take(ar, e);
	if (status == STATUS_MALFORMED) {
		node->kind = BUNDLE_UNREAD;
		return STATUS_OK;
	}
	TRY(status);
	if (is_link(e)) {
		node->kind = e->size <= LINK_MAX ? BUNDLE_LINK : BUNDLE_UNREAD;
		return arena_keep(&ar->arena,
				  span_clip(buffer_span(&ar->member.out), 0, LINK_MAX),
				  &node->target);
	}
	bytes_judge(ar, buffer_span(&ar->member.out),
		    ends_as_info(e->name) ? ENGINE_INFO : ENGINE_SEALED, NULL, &report);
	if (report.print.len == 0)
		node->kind = BUNDLE_UNREAD;
	TRY(arena_keep(&ar->arena, report.print, &node->print));
	return arena_keep(&ar->arena, report.executable, &node->executable);
}

static enum status nodes_fill(struct archive *ar)
{
	ar->nodes = ARENA_NEW(&ar->arena, struct bundle_node, ar->zip->n_entries + 1);
	if (!ar->nodes)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < ar->zip->n_entries; i++) {
		const struct zip_entry *e = &ar->zip->entries[i];

		if (zip_is_directory(e) || !bundle_in_archive(e->name))
			continue;
		if (ar->n == BUNDLE_MAX_FILES || e->name.len > BUNDLE_MAX_PATH)
			return STATUS_LIMIT;
		TRY(node_fill(ar, e, &ar->nodes[ar->n++]));
	}
	return bundle_tree_read(&ar->arena, ar->nodes, ar->n, &ar->tree);
}

/* One member beside the executable, in @a. */
static enum status beside_add(struct archive *ar, struct arena *a, size_t node,
			      const char *name, struct companions *out)
{
	struct companion *c;

	if (node == BUNDLE_NOWHERE)
		return STATUS_OK;
	c = ARENA_NEW(a, struct companion, 1);
	if (!c)
		return STATUS_NO_MEMORY;
	TRY(member_take(ar, &ar->zip->entries[ar->nodes[node].origin]));
	*c = (struct companion){ .name = name, .size = ar->member.out.len, .next = out->first };
	c->bytes = span_clip(buffer_span(&ar->member.out), 0, COMPANION_MAX_BUNDLE);
	c->bytes = arena_copy(a, c->bytes);
	if (!c->bytes.ptr)
		return STATUS_NO_MEMORY;
	out->first = c;
	return STATUS_OK;
}

static enum status beside_fill(struct archive *ar, struct arena *a, const struct bundle_base *b,
			       struct companions *out)
{
	CLEANUP(buffer_free) struct buffer list = BUFFER_INIT;
	struct companion *c = ARENA_NEW(a, struct companion, 1);

	if (!c)
		return STATUS_NO_MEMORY;
	TRY(beside_add(ar, a, b->info, "Info.plist", out));
	TRY(beside_add(ar, a, b->seal, "CodeResources", out));
	TRY(bundle_tree_inventory(&ar->tree, b, &list));
	*c = (struct companion){ .name = "inventory", .size = list.len, .next = out->first };
	c->bytes = arena_copy(a, buffer_span(&list));
	if (!c->bytes.ptr)
		return STATUS_NO_MEMORY;
	out->first = c;
	return STATUS_OK;
}

static enum status inner_judge(struct archive *ar, struct bundle_base *b)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(TREE_BYTES);
	struct companions beside = { 0 };
	struct report report;
	size_t node = bundle_base_judged(b);

	if (node == BUNDLE_NOWHERE)
		return STATUS_OK;
	TRY(beside_fill(ar, &a, b, &beside));
	TRY(member_take(ar, &ar->zip->entries[ar->nodes[node].origin]));
	bytes_judge(ar, buffer_span(&ar->member.out), ENGINE_ALONE, &beside, &report);
	b->judged = report.print.len > 0;
	return arena_keep(&ar->arena, report.print, &b->print);
}

/* From now on the executable is what is judged, with what stands around it. */
static enum status program_take(struct archive *ar, const struct bundle_base *b)
{
	struct examination *x = ar->x;
	size_t node = bundle_base_judged(b);
	struct span bytes;

	x->arena_limit = x->arena_limit > 0 ? x->arena_limit : x->arena->limit;
	x->arena->limit = BUNDLE_ARENA_BYTES;
	if (node == BUNDLE_NOWHERE)
		return STATUS_MALFORMED;
	TRY(beside_fill(ar, x->arena, b, &x->companions));
	TRY(member_take(ar, &ar->zip->entries[ar->nodes[node].origin]));
	bytes = buffer_give(&ar->member.out, x->arena);
	if (!bytes.ptr)
		return STATUS_NO_MEMORY;
	x->packed_as = "zip";
	x->outer = x->source;
	source_of_memory(&x->source, bytes);
	return STATUS_OK;
}

static enum status whole_digest(struct archive *ar)
{
	struct examination *x = ar->x;
	struct piece whole = {
		.kind = PIECE_RANGE, .range = {0, x->source.before.size}
	};
	struct digest_job job = {
		.algorithm = DIGEST_SHA256, .covered = {&whole, 1}
	};
	struct hash_task task = {
		.source = &x->source, .view = &x->view, .jobs = &job, .n_jobs = 1
	};

	if (!ar->e->settings.with_sha256)
		return STATUS_OK;
	lanes_run(ar->lanes, &task, 1);
	x->whole = job.result;
	return task.status;
}

static enum status archive_judge(struct archive *ar)
{
	const struct bundle_base *app;

	TRY(zip_member_begin(&ar->member));
	TRY(nodes_fill(ar));
	app = bundle_tree_app(&ar->tree);
	if (!app) /* none, or several: which of them would be installed? */
		return STATUS_MALFORMED;
	for (size_t i = 0; i < ar->tree.n_bases && &ar->tree.bases[i] != app; i++)
		TRY(inner_judge(ar, &ar->tree.bases[i]));
	TRY(whole_digest(ar));
	return program_take(ar, app);
}

enum status examination_archive(struct examination *x, const struct engine *e)
{
	struct archive ar = {
		.x = x,
		.e = e,
		.zip = x->box.zip,
		.arena = ARENA_INIT(TREE_BYTES),
		.report = ARENA_INIT(REPORT_BYTES),
		.lanes = lanes_new(true),
	};
	const struct findings findings = x->findings;
	enum status status = STATUS_NO_MEMORY;

	ar.member.out.limit = (size_t)DEEP_MAX_MEMBER;
	if (ar.lanes)
		status = archive_judge(&ar);
	if (status == STATUS_LIMIT)
		finding_add(&x->findings, "limit.bundle", (struct range){ 0, 0 }, NULL, NULL);
	zip_member_end(&ar.member);
	lanes_free(ar.lanes);
	arena_free(&ar.arena);
	arena_free(&ar.report);
	if (status == STATUS_MALFORMED) { /* what must be read cannot be */
		x->box.broken = true;
		return STATUS_OK;
	}
	TRY(status);
	TRY(source_glance(&x->source, x->arena, &x->view));
	TRY(examination_read(x, e));
	findings_join(&x->findings, &findings);
	return STATUS_OK;
}
