/* SPDX-License-Identifier: MIT */
#include "verify/entries.h"

#include "base/base64.h"
#include "base/escape.h"
#include "base/memory.h"
#include "verify/digests.h"
#include <stdlib.h>

#define SUFFIX    "-Digest"
#define SAID_MAX  4   /* findings of one kind */
#define SHOWN_MAX 200 /* bytes of a name in a finding */

static size_t wanted_count(struct arena *a, const struct manifest *m)
{
	struct span name, value;
	size_t n = 0;

	for (size_t i = 0; i < m->n_sections; i++)
		for (uint64_t at = 0;
		     manifest_attribute_next(a, &m->sections[i], &at, &name, &value);)
			n += digest_attribute(name, SUFFIX) != DIGEST_NONE;
	return n;
}

/* Its contents, as they are unpacked. */
static struct piece entry_piece(const struct zip_entry *e)
{
	return (struct piece){
		.kind = e->method == ZIP_STORED ? PIECE_RANGE : PIECE_INFLATED,
		.range = e->data,
		.plain = e->size,
	};
}

static enum status value_read(struct span text, enum digest_algorithm algorithm,
			      struct digest *out)
{
	CLEANUP(buffer_free) struct buffer value = BUFFER_INIT;
	enum status status = base64_decode(&value, text);

	*out = (struct digest){ .algorithm = DIGEST_NONE };
	if (status == STATUS_MALFORMED || value.len != digest_size(algorithm))
		return status == STATUS_MALFORMED ? STATUS_OK : status;
	TRY(status);
	out->algorithm = algorithm;
	(void)span_copy(out->bytes, DIGEST_MAX, buffer_span(&value));
	return STATUS_OK;
}

struct planning {
	struct arena *arena;
	struct findings *findings;
	struct entries *out;
	struct piece *pieces;
	struct zip_budget budget;
};

static enum status digest_plan(struct planning *p, const struct listed_entry *listed,
			       enum digest_algorithm algorithm, struct span value)
{
	struct entries *e = p->out;
	struct wanted_digest *wanted = &e->wanted[e->n_wanted++];

	wanted->algorithm = algorithm;
	wanted->job = ENTRIES_NO_JOB;
	TRY(value_read(value, algorithm, &wanted->value));
	if (!listed->entry || !zip_readable(listed->entry) ||
	    wanted->value.algorithm == DIGEST_NONE)
		return STATUS_OK;
	wanted->job = e->n_jobs;
	p->pieces[e->n_jobs] = entry_piece(listed->entry);
	e->jobs[e->n_jobs] = (struct digest_job){
		.algorithm = algorithm, .covered = {&p->pieces[e->n_jobs], 1}
	};
	e->n_jobs++;
	return STATUS_OK;
}

static enum status section_plan(struct planning *p, size_t index)
{
	const struct manifest_section *section = &p->out->manifest.sections[index];
	struct listed_entry *listed = &p->out->listed[index];
	struct span name, value;

	listed->entry = section->name.len > 0 ? zip_find(p->out->zip, section->name) : NULL;
	listed->first = p->out->n_wanted;
	for (uint64_t at = 0; manifest_attribute_next(p->arena, section, &at, &name, &value);) {
		enum digest_algorithm algorithm = digest_attribute(name, SUFFIX);

		if (algorithm != DIGEST_NONE)
			TRY(digest_plan(p, listed, algorithm, value));
	}
	listed->n = p->out->n_wanted - listed->first;
	if (listed->n > 1)
		listed->preferred = digest_preferred(p->arena, section, SUFFIX);
	if (listed->n == 0 || !listed->entry)
		return STATUS_OK;
	if (zip_spend(&p->budget, listed->entry) == STATUS_OK)
		return STATUS_OK;
	finding_add(p->findings, "limit.zip", listed->entry->header, NULL, NULL);
	return STATUS_LIMIT;
}

enum status entries_plan(struct arena *a, struct findings *findings, const struct zip *zip,
			 struct span manifest, struct entries *out)
{
	struct planning p = { .arena = a, .findings = findings, .out = out };
	enum status status;
	size_t n;

	*out = (struct entries){ .zip = zip };
	status = manifest_read(a, manifest, &out->manifest);
	if (status == STATUS_LIMIT)
		finding_add(findings, "limit.zip", (struct range){ 0, 0 }, NULL, NULL);
	TRY(status);
	n = wanted_count(a, &out->manifest);
	out->listed = ARENA_NEW(a, struct listed_entry, out->manifest.n_sections + 1);
	out->wanted = ARENA_NEW(a, struct wanted_digest, n + 1);
	out->jobs = ARENA_NEW(a, struct digest_job, n + 1);
	p.pieces = ARENA_NEW(a, struct piece, n + 1);
	if (!out->listed || !out->wanted || !out->jobs || !p.pieces)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < out->manifest.n_sections; i++)
		TRY(section_plan(&p, i));
	return STATUS_OK;
}

static enum digest_algorithm strongest_listed(const struct entries *e, size_t section)
{
	const struct listed_entry *listed = &e->listed[section];
	enum digest_algorithm strongest = DIGEST_NONE;

	for (size_t i = listed->first; i < listed->first + listed->n; i++)
		if (digest_strength(e->wanted[i].algorithm) > digest_strength(strongest))
			strongest = e->wanted[i].algorithm;
	return strongest;
}

static bool wanted_holds(const struct entries *e, const struct wanted_digest *w)
{
	return w->job != ENTRIES_NO_JOB && !e->jobs[w->job].unreadable &&
	       digest_equal(&e->jobs[w->job].result, digest_span(&w->value));
}

enum entry_state entries_state(const struct entries *e, size_t section,
			       enum digest_choice choice)
{
	const struct listed_entry *listed = &e->listed[section];
	enum digest_algorithm strongest = strongest_listed(e, section);
	enum entry_state state = ENTRY_UNLISTED;

	if (listed->n > 0 && !listed->entry)
		return ENTRY_MISSING;
	for (size_t i = listed->first; i < listed->first + listed->n; i++) {
		const struct wanted_digest *w = &e->wanted[i];

		if (!digest_counts(choice, w->algorithm, strongest, listed->preferred))
			continue;
		if (!wanted_holds(e, w))
			return ENTRY_DIFFERS;
		state = ENTRY_MATCHES;
	}
	return state;
}

/* What tells programs apart: entries of more than a byte, each contents once. */
struct telling {
	uint64_t head; /* of the digest that is signed */
	bool matches;
};

static int telling_compare(const void *a, const void *b)
{
	const struct telling *x = a, *y = b;

	return (x->head > y->head) - (x->head < y->head);
}

static uint64_t digest_head(const struct digest *d)
{
	struct cursor c = cursor_at(digest_span(d), 0);

	return cursor_u64le(&c);
}

static void units_count(struct telling *list, size_t n, struct unit_match *out)
{
	out->kind = UNITS_ENTRIES;
	qsort(list, n, sizeof(*list), telling_compare);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && list[i].head == list[i - 1].head)
			continue;
		out->n_signed++;
		out->n_matching += list[i].matches;
	}
}

static void entry_say(struct arena *a, struct findings *findings, const char *rule,
		      struct range where, struct span name, size_t n)
{
	if (n <= SAID_MAX)
		finding_add(findings, rule, where, NULL, escape_string(a, name, SHOWN_MAX));
}

static void state_note(struct arena *a, struct findings *findings, const struct entries *e,
		       size_t section, struct entries_result *out)
{
	const struct listed_entry *listed = &e->listed[section];
	struct span name = e->manifest.sections[section].name;

	if (listed->entry)
		entry_say(a, findings, "entries.changed", listed->entry->data, name,
			  ++out->n_differing);
	else
		entry_say(a, findings, "entries.missing", (struct range){ 0, 0 }, name,
			  ++out->n_missing);
}

/* The sections for which the signer speaks. */
static enum status sections_judge(struct arena *a, struct findings *findings,
				  const struct entries *e, const struct listing *list,
				  enum digest_choice choice, struct entries_result *out)
{
	size_t n = e->manifest.n_sections, n_telling = 0;
	struct telling *telling = memory_new(n + 1, sizeof(*telling));

	if (!telling)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		enum entry_state state =
			list->covers[i] ? entries_state(e, i, choice) : ENTRY_UNLISTED;
		const struct listed_entry *listed = &e->listed[i];

		if (state == ENTRY_UNLISTED)
			continue;
		out->weakest = digest_weaker(out->weakest, strongest_listed(e, i));
		out->n_matching += state == ENTRY_MATCHES;
		if (state != ENTRY_MATCHES)
			state_note(a, findings, e, i, out);
		if (!listed->entry || listed->entry->size > 1 || state == ENTRY_DIFFERS)
			telling[n_telling++] =
				(struct telling){ digest_head(&e->wanted[listed->first].value),
						  state == ENTRY_MATCHES };
	}
	units_count(telling, n_telling, &out->units);
	memory_free(telling);
	/* A section that was changed is one more signed entry that is not here. */
	out->units.n_signed += list->n_changed + list->n_lost;
	return STATUS_OK;
}

enum status entries_judge(struct arena *a, struct findings *findings, const struct entries *e,
			  const struct listing *list, const struct entries_rules *rules,
			  struct entries_result *out)
{
	*out = (struct entries_result){ .weakest = list->weakest };
	TRY(sections_judge(a, findings, e, list, rules->choice, out));
	for (size_t i = 0; i < e->zip->n_entries; i++) {
		const struct zip_entry *entry = &e->zip->entries[i];
		size_t at;

		if (zip_is_directory(entry) || rules->exempt(entry->name))
			continue;
		if (manifest_find(&e->manifest, entry->name, &at) && list->covers[at] &&
		    e->listed[at].n > 0)
			continue;
		entry_say(a, findings, "entries.uncovered", entry->header, entry->name,
			  ++out->n_uncovered);
	}
	if (list->main_changed || list->n_changed > 0 || list->n_lost > 0)
		finding_add(findings, "entries.manifest-changed", (struct range){ 0, 0 },
			    "the manifest that was signed", NULL);
	return STATUS_OK;
}

void entries_bind(const struct entries *e, const struct listing *list,
		  const struct entries_result *r, struct fact *fact)
{
	fact->units = r->units;
	fact->binding = ASSAY_BINDING_INTACT;
	if (r->n_differing > 0 || r->n_missing > 0 || list->n_changed > 0 || list->n_lost > 0 ||
	    list->main_changed) {
		fact->binding = ASSAY_BINDING_MODIFIED;
		return;
	}
	if (r->n_uncovered > 0)
		fact->partial_rule = "verdict.partial-entries";
	else if (e->zip->n_holes > 0)
		fact->partial_rule = "verdict.partial-holes";
	if (fact->partial_rule)
		fact->binding = ASSAY_BINDING_PARTIAL;
}
