/* SPDX-License-Identifier: MIT */
/*
 * _CodeSignature/CodeResources: "files2" with "rules2", and in old bundles "files"
 * with "rules" alone.  An entry is a digest, or a dictionary; a rule is a weight
 * or more under an expression for paths.
 */
#include "formats/bundle/bundle.h"
#include "structure/plist/plist.h"

#include <stdlib.h>

#define WEIGHT_USUAL 1000 /* thousandths */

/* What Apple's tools leave out by themselves (BundleDiskRep::allowedResourceOmissions). */
static const struct span usual_omissions[] = {
	SPAN_INIT("^(.*/)?\\.DS_Store$"),
	SPAN_INIT("^Info\\.plist$"),
	SPAN_INIT("^PkgInfo$"),
	SPAN_INIT("^Resources/.*\\.lproj/locversion.plist$"),
	SPAN_INIT("^.*\\.lproj/locversion.plist$"),
};

static bool flag_of(const struct plist *dict, const char *key)
{
	const struct plist *p = plist_find(dict, key, PLIST_BOOLEAN);

	return p && p->number != 0;
}

static struct span bytes_of(const struct plist *dict, const char *key, enum plist_kind kind)
{
	const struct plist *p = plist_find(dict, key, kind);

	return p ? p->bytes : SPAN_NONE;
}

static bool entry_read(const struct plist *p, struct seal_entry *out)
{
	*out = (struct seal_entry){ .path = p->key, .kind = SEAL_FILE };
	if (p->kind == PLIST_DATA) {
		out->sha1 = p->bytes;
		return true;
	}
	if (p->kind != PLIST_DICT)
		return false;
	out->optional = flag_of(p, "optional");
	out->sha1 = bytes_of(p, "hash", PLIST_DATA);
	out->sha256 = bytes_of(p, "hash2", PLIST_DATA);
	out->target = bytes_of(p, "symlink", PLIST_STRING);
	out->cdhash = bytes_of(p, "cdhash", PLIST_DATA);
	out->requirement = bytes_of(p, "requirement", PLIST_STRING);
	if (plist_find(p, "symlink", PLIST_STRING))
		out->kind = SEAL_LINK;
	else if (plist_find(p, "requirement", PLIST_STRING) ||
		 plist_find(p, "cdhash", PLIST_DATA))
		out->kind = SEAL_CODE;
	return true;
}

/* "." or ".." */
static bool is_dots(struct span name)
{
	return name.len <= 2 && span_at(name, 0) == '.' &&
	       (name.len == 1 || span_at(name, 1) == '.');
}

/* Such a path leads nowhere but down. */
static bool path_good(struct span path)
{
	uint64_t from = 0, end;

	if (!path.ptr || path.len == 0 || path.len > BUNDLE_MAX_PATH)
		return false;
	for (; from <= path.len; from = end + 1) {
		struct span part;

		if (!span_find(path, SPAN_LITERAL("/"), from, &end))
			end = path.len;
		part = span_clip(path, from, end - from);
		if (part.len == 0 || is_dots(part))
			return false;
	}
	return true;
}

static int by_path(const void *a, const void *b)
{
	const struct seal_entry *one = a, *two = b;

	return span_compare(one->path, two->path);
}

static enum status entries_read(struct arena *a, const struct plist *files,
				struct bundle_seal *out)
{
	struct seal_entry *list = ARENA_NEW(a, struct seal_entry, files->n + 1);
	size_t n = 0;

	if (!list)
		return STATUS_NO_MEMORY;
	if (files->n > BUNDLE_MAX_FILES)
		return STATUS_LIMIT;
	for (const struct plist *p = files->first; p; p = p->next)
		if (!path_good(p->key) || !entry_read(p, &list[n++]))
			return STATUS_MALFORMED;
	qsort(list, n, sizeof(list[0]), by_path);
	for (size_t i = 1; i < n; i++)
		if (span_equal(list[i - 1].path, list[i].path))
			return STATUS_MALFORMED; /* two readers, two lists */
	out->entries = list;
	out->n = n;
	return STATUS_OK;
}

static int64_t weight_of(const struct plist *dict)
{
	const struct plist *real = plist_find(dict, "weight", PLIST_REAL);
	const struct plist *whole = plist_find(dict, "weight", PLIST_INTEGER);

	if (real)
		return real->number;
	if (!whole)
		return WEIGHT_USUAL;
	if (whole->number > INT32_MAX || whole->number < INT32_MIN)
		return whole->number > 0 ? INT64_MAX : INT64_MIN;
	return whole->number * WEIGHT_USUAL;
}

static enum status rule_read(struct arena *a, const struct plist *p, struct seal_rule *out)
{
	*out = (struct seal_rule){ .pattern = p->key, .weight = WEIGHT_USUAL };
	if (p->kind == PLIST_BOOLEAN)
		out->excludes = p->number == 0;
	else if (p->kind != PLIST_DICT)
		return STATUS_MALFORMED;
	if (p->kind == PLIST_DICT) {
		out->weight = weight_of(p);
		out->omit = flag_of(p, "omit");
	}
	for (size_t i = 0; i < COUNT_OF(usual_omissions); i++)
		out->usual = out->usual || span_equal(p->key, usual_omissions[i]);
	return ere_read(a, p->key, &out->ere);
}

static enum status rules_read(struct arena *a, const struct plist *rules,
			      struct bundle_seal *out)
{
	struct seal_rule *list = ARENA_NEW(a, struct seal_rule, rules->n + 1);
	size_t n = 0;

	if (!list)
		return STATUS_NO_MEMORY;
	if (rules->n > BUNDLE_MAX_RULES)
		return STATUS_LIMIT;
	for (const struct plist *p = rules->first; p; p = p->next) {
		enum status status = rule_read(a, p, &list[n++]);

		if (status == STATUS_UNSUPPORTED)
			return STATUS_MALFORMED;
		TRY(status);
	}
	out->rules = list;
	out->n_rules = n;
	return STATUS_OK;
}

enum status bundle_seal_read(struct arena *a, struct span in, struct bundle_seal *out)
{
	const struct plist *files, *rules;
	struct plist *root;
	enum status status = plist_read(a, in, &root);

	*out = (struct bundle_seal){ 0 };
	if (status == STATUS_UNSUPPORTED)
		return STATUS_MALFORMED;
	TRY(status);
	files = plist_find(root, "files2", PLIST_DICT);
	rules = plist_find(root, "rules2", PLIST_DICT);
	out->old = !files && !rules;
	if (out->old) {
		files = plist_find(root, "files", PLIST_DICT);
		rules = plist_find(root, "rules", PLIST_DICT);
	}
	if (!files || !rules)
		return STATUS_MALFORMED;
	TRY(entries_read(a, files, out));
	return rules_read(a, rules, out);
}

size_t bundle_seal_find(const struct bundle_seal *seal, struct span path)
{
	size_t from = 0, to = seal->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = span_compare(seal->entries[middle].path, path);

		if (order == 0)
			return middle;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return BUNDLE_NOWHERE;
}

enum status bundle_rule_of(const struct bundle_seal *seal, struct span path, uint64_t *effort,
			   const struct seal_rule **out)
{
	*out = NULL;
	for (size_t i = 0; i < seal->n_rules; i++) {
		const struct seal_rule *rule = &seal->rules[i];
		bool matches;

		TRY(ere_match(rule->ere, path, effort, &matches));
		if (!matches)
			continue;
		if (rule->excludes) {
			*out = rule;
			return STATUS_OK;
		}
		if (!*out || rule->weight > (*out)->weight)
			*out = rule;
	}
	return STATUS_OK;
}
