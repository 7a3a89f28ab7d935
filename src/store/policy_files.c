/* SPDX-License-Identifier: MIT */
#include "store/policy_files.h"

#include "source/paths.h"
#include <errno.h>
#include <sys/stat.h>

#define PATHS_ARENA ((size_t)16 << 20) /* a path of 4096 octets, and each of its folders */

struct policy_from policy_from_system(enum policy_kind kind)
{
	static const struct guard_settings nothing_audited = { 0 };

	return (struct policy_from){
		.kind = kind,
		.folders = {"/usr/lib/assay", "/run/assay", "/etc/assay"},
		.guard = kind == POLICY_KIND_GUARD ? &nothing_audited : NULL,
	};
}

/* Everything that a policy is made of. */
struct gathering {
	struct arena *arena;
	const struct policy_from *from;
	struct policy_source_text *sources;
	size_t n;
	const char **problem;
};

static enum status source_add(struct gathering *g, const char *path, bool drop_in, bool *there)
{
	bool named = path == g->from->file;
	struct believed_file file = { path, g->from->owner, named, named };
	struct span text;

	if (!path)
		return STATUS_NO_MEMORY;
	TRY(believed_read(g->arena, &file, &text, there, g->problem));
	if (*there)
		g->sources[g->n++] = (struct policy_source_text){ .name = path,
								  .text = text,
								  .drop_in = drop_in };
	return STATUS_OK;
}

static enum status built_in_add(struct gathering *g)
{
	CLEANUP(buffer_free) struct buffer rules = BUFFER_INIT;
	struct span text;

	if (!g->from->guard)
		return STATUS_OK;
	guard_rules_write(&rules, g->from->guard);
	TRY(buffer_status(&rules));
	text = arena_copy(g->arena, buffer_span(&rules));
	g->sources[g->n++] = (struct policy_source_text){ .name = GUARD_RULES_NAME,
							  .text = text,
							  .built_in = true };
	return text.ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Is there a file of this name, or something that masks those behind it? */
static bool stands(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static void signed_add(struct gathering *g)
{
	g->sources[g->n++] = (struct policy_source_text){ .name = g->from->signed_name,
							  .text = g->from->signed_text };
}

/* The one that hides the others. */
static enum status main_add(struct gathering *g)
{
	const struct believed_folders *at = &g->from->folders;
	const char *const folders[] = { at->etc, at->run, at->vendor };
	bool there = false;

	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		const char *path = arena_printf(g->arena, "%s/" POLICY_FILE, folders[i]);

		if (!path)
			return STATUS_NO_MEMORY;
		if (folders[i] == at->vendor && g->from->signed_name) {
			signed_add(g);
			return STATUS_OK;
		}
		if (stands(path))
			return source_add(g, path, false, &there);
	}
	return STATUS_OK;
}

static void more_add(struct gathering *g)
{
	g->sources[g->n++] = (struct policy_source_text){ .name = g->from->more_name,
							  .text = g->from->more_text,
							  .drop_in = true };
}

static enum status system_add(struct gathering *g)
{
	const char *more = g->from->more_name;
	const struct believed_folders *at = &g->from->folders;
	const char **drop_ins;
	bool there = false;

	TRY(main_add(g));
	TRY(believed_drop_ins(g->arena, at, POLICY_DROPS, POLICY_SUFFIX, &drop_ins,
			      g->problem));
	for (size_t i = 0; drop_ins[i]; i++) {
		if (g->n == POLICY_MAX_SOURCES) {
			*g->problem = POLICY_DROPS ": too many files";
			return STATUS_USAGE;
		}
		if (more && strcmp(path_name(drop_ins[i]), path_name(more)) > 0) {
			more_add(g);
			more = NULL;
		}
		TRY(source_add(g, drop_ins[i], true, &there));
	}
	if (more)
		more_add(g);
	return STATUS_OK;
}

/* Why nobody should be let pass by this component of a path; NULL: one may. */
static const char *component_problem(const struct stat *st, uid_t owner, bool last)
{
	if (S_ISLNK(st->st_mode))
		return "is a link, and a program's path has none: name where it leads";
	if (st->st_uid != owner && st->st_uid != 0)
		return "does not belong to root";
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "may be written by others";
	if (!last && !S_ISDIR(st->st_mode))
		return "is no folder";
	return NULL;
}

/*
 * From the root on; where nothing is yet, only root can put something: fine, unless it @must
 * be there.  NULL: fine; else why not, and *@where is the component.
 */
static const char *place_problem(struct arena *a, struct span path, uid_t owner, bool must,
				 const char **where)
{
	struct stat st;
	bool last = path.len <= 1;

	for (uint64_t end = 1, at = 0; at <= path.len; at = end + 1) {
		const char *why, *part;

		/* First "/", then all up to the next one. */
		if (at > 0 && !span_find(path, SPAN_LITERAL("/"), at, &end))
			end = path.len;
		last = end + 1 >= path.len;
		part = arena_string(a, span_clip(path, 0, end));
		*where = part;
		if (!part)
			return "cannot be looked at";
		if (lstat(part, &st) != 0)
			return errno == ENOENT && !must ? NULL : "cannot be looked at";
		why = component_problem(&st, owner, last);
		if (why)
			return why;
	}
	return NULL;
}

bool policy_path_is_firm(struct span path)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(PATHS_ARENA);
	const char *where;

	return span_at(path, 0) == '/' && !place_problem(&a, path, 0, true, &where);
}

static enum status places_check(struct arena *a, const struct policy_from *from,
				const struct policy *p, struct policy_problems *problems)
{
	for (size_t i = 0; i < p->n_places && problems->n < POLICY_MAX_PROBLEMS; i++) {
		const struct policy_place *place = &p->places[i];
		const struct policy_line *line = &p->lines[place->line];
		const char *where = NULL, *what;
		const char *why = place_problem(a, place->path, from->owner, false, &where);

		if (!why)
			continue;
		what = arena_printf(a, "%s %s", where ? where : "/", why);
		if (!what)
			return STATUS_NO_MEMORY;
		problems->list[problems->n++] = (struct policy_problem){
			.file = arena_string(a, policy_text_at(p, p->sources[line->source])),
			.line = line->number,
			.column = 1,
			.what = what,
			.advice = "let pass by sha256, signer or package, or change the place",
		};
	}
	return problems->n > 0 ? STATUS_USAGE : STATUS_OK;
}

enum status policy_load(struct arena *a, const struct policy_from *from,
			struct policy_problems *problems, struct policy *out,
			const char **problem)
{
	struct gathering g = { .arena = a, .from = from, .problem = problem };
	bool there;

	*problem = NULL;
	*problems = (struct policy_problems){ 0 };
	g.sources = ARENA_NEW(a, struct policy_source_text, POLICY_MAX_SOURCES + 3);
	if (!g.sources)
		return STATUS_NO_MEMORY;
	TRY(built_in_add(&g));
	if (from->signed_alone)
		signed_add(&g);
	else if (from->file)
		TRY(source_add(&g, from->file, false, &there));
	else
		TRY(system_add(&g));
	TRY(policy_compile(a, g.sources, g.n, from->kind, problems, out));
	return from->look_at_places ? places_check(a, from, out, problems) : STATUS_OK;
}
