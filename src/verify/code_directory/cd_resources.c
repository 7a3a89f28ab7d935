/* SPDX-License-Identifier: MIT */
/*
 * The resources of a bundle: what lies in it, beside the list that special slot 3
 * is a digest of (CodeResources), both ways.
 *
 * What is listed must be there as it was sealed; what is there must be listed,
 * unless a rule leaves it out (resources.cpp, StaticCode.cpp).  Code inside is
 * known by the hash of its CodeDirectory, or by the requirement that it meets.
 */
#include "formats/bundle/bundle.h"
#include "verify/code_directory/state.h"

#define TOLD_MAX 48 /* findings of one kind; the rest is counted */

/* What differs, as it is told. */
enum kind {
	CHANGED,
	MISSING,
	TYPE,
	ADDED,
	INNER,
	REPLACED,
	WORD_INSIDE,
	UNREAD,
	OUTSIDE,
	LISTED,
	N_KINDS
};

static const struct {
	const char *rule, *expected, *observed;
	enum { MEANS_NOTHING, MEANS_PARTIAL, MEANS_ALTERED } means;
} kinds[] = {
	[CHANGED] = {"bundle.resource-changed",   "as it was sealed",         "other contents",
                     MEANS_ALTERED											   },
	[MISSING] = { "bundle.resource-missing",  "as it was sealed",         "gone",                           MEANS_ALTERED},
	[TYPE] = { "bundle.resource-type",     "as it was sealed",         "a thing of another kind",
		     MEANS_ALTERED											   },
	[ADDED] = { "bundle.resource-added",    "nothing there",            "not sealed",                     MEANS_PARTIAL},
	[INNER] = { "bundle.code-changed",      "code as it was sealed",    "other code",
		     MEANS_ALTERED											   },
	[REPLACED] = { "bundle.code-replaced",     "code as it was sealed",
                     "other code that meets the same requirement",                                              MEANS_NOTHING},
	[WORD_INSIDE] = { "bundle.code-word",         "sound code",               NULL,                             MEANS_NOTHING},
	[UNREAD] = { "bundle.unread",            "contents",                 "it could not be read or judged",
		     MEANS_NOTHING											   },
	[OUTSIDE] = { "bundle.link-outside",      "a link inside the bundle", "it leaves it",
                     MEANS_NOTHING											   },
	[LISTED] = { "bundle.executable-listed", "not in the list",          "it is",                          MEANS_NOTHING},
};

struct comparison {
	struct arena *a;
	struct cd_state *state;
	const struct bundle *bundle;
	struct cd_resources *out;
	uint64_t effort;
	size_t n_of[N_KINDS], n_unruled, n_omitted;
};

static void tell(struct comparison *c, enum kind kind, struct span path, const char *observed)
{
	const char *name;

	c->out->altered = c->out->altered || kinds[kind].means == MEANS_ALTERED;
	c->out->unsealed = c->out->unsealed || kinds[kind].means == MEANS_PARTIAL;
	if (c->n_of[kind]++ >= TOLD_MAX)
		return;
	name = escape_string(c->a, path, FEATURE_MAX_TEXT);
	finding_add(c->state->c->findings, kinds[kind].rule, (struct range){ 0, 0 },
		    name ? arena_printf(c->a, "%s: %s", name, kinds[kind].expected) : NULL,
		    observed ? observed : kinds[kind].observed);
}

static void rest_tell(struct comparison *c)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (c->n_of[i] > TOLD_MAX)
			finding_add(
				c->state->c->findings, kinds[i].rule, (struct range){ 0, 0 },
				kinds[i].expected,
				arena_printf(c->a, "%zu more of them", c->n_of[i] - TOLD_MAX));
}

/* Every digest that is listed must be the file's; a list without any says nothing. */
static bool file_matches(const struct seal_entry *e, const struct bundle_print *print)
{
	if (e->sha1.len == 0 && e->sha256.len == 0)
		return false;
	return (e->sha1.len == 0 || span_equal(e->sha1, print->sha1)) &&
	       (e->sha256.len == 0 || span_equal(e->sha256, print->sha256));
}

/* Who seals code that nobody signed names all its hashes: cdhash H"..." or cdhash H"...". */
static enum status requirement_names(const struct seal_entry *e, struct span hash, bool *out)
{
	CLEANUP(buffer_free) struct buffer wanted = BUFFER_INIT;
	uint64_t at;

	buffer_text(&wanted, "cdhash H\"");
	buffer_hex(&wanted, hash);
	buffer_text(&wanted, "\"");
	*out = span_find(e->requirement, buffer_span(&wanted), 0, &at) &&
	       !span_find(e->requirement, SPAN_LITERAL("!"), 0, &at);
	return buffer_status(&wanted);
}

/* How many parts of the code have a hash that the seal names. */
static enum status parts_count(const struct seal_entry *e, const struct bundle_print *print,
			       size_t *out)
{
	bool named[CONTAINER_MAX_PARTS] = { false };

	*out = 0;
	for (size_t i = 0; i < print->cdhashes.len; i += BUNDLE_RECORD) {
		size_t part = span_at(print->cdhashes, i) % CONTAINER_MAX_PARTS;
		struct span hash = span_clip(print->cdhashes, i + 1, BUNDLE_HASH);
		bool here = span_equal(hash, e->cdhash);

		if (!here)
			TRY(requirement_names(e, hash, &here));
		*out += here && !named[part];
		named[part] = named[part] || here;
	}
	return STATUS_OK;
}

/* A program whose slices all meet their own designated requirement, which is the sealed one. */
static bool requirement_matches(const struct seal_entry *e, const struct bundle_print *print)
{
	return print->verdict == ASSAY_VERDICT_VALID && e->requirement.len > 0 &&
	       span_equal(e->requirement, print->designated);
}

/*
 * Code inside, by the seal and by its own word.  A seal names one slice of a
 * universal file: the others must meet the requirement that stands beside that.
 */
static enum status code_compare(struct comparison *c, const struct seal_entry *e,
				const struct bundle_print *print)
{
	size_t n_named;
	bool all;

	TRY(parts_count(e, print, &n_named));
	all = n_named > 0 && n_named == print->n_parts;
	if (n_named == 0 && requirement_matches(e, print))
		tell(c, REPLACED, e->path, NULL);
	else if (n_named == 0)
		tell(c, INNER, e->path,
		     print->cdhashes.len == 0 ? "code without a signature" : NULL);
	else if (!all &&
		 (print->verdict == ASSAY_VERDICT_ADHOC ||
		  (print->verdict == ASSAY_VERDICT_VALID && !requirement_matches(e, print))))
		tell(c, INNER, e->path, "a part that the seal does not name");
	/* Who sealed the hash of ad-hoc code vouches for it. */
	if (print->verdict == ASSAY_VERDICT_VALID || print->verdict == ASSAY_VERDICT_UNKNOWN ||
	    (all && print->verdict == ASSAY_VERDICT_ADHOC))
		return STATUS_OK;
	c->out->inner |= 1U << print->verdict;
	tell(c, WORD_INSIDE, e->path, assay_verdict_word(print->verdict));
	return STATUS_OK;
}

/* Does a relative path from the folder of @path leave the base? */
static bool link_leaves(struct span path, struct span target)
{
	size_t depth = 0;
	uint64_t from = 0, end;

	if (span_at(target, 0) == '/')
		return true;
	for (size_t i = 0; i < path.len; i++)
		depth += span_at(path, i) == '/';
	for (; from <= target.len; from = end + 1) {
		struct span part;

		if (!span_find(target, SPAN_LITERAL("/"), from, &end))
			end = target.len;
		part = span_clip(target, from, end - from);
		if (span_equal(part, SPAN_LITERAL("..")) && depth-- == 0)
			return true;
		depth += part.len > 0 && !span_equal(part, SPAN_LITERAL(".")) &&
			 !span_equal(part, SPAN_LITERAL(".."));
	}
	return false;
}

static void link_compare(struct comparison *c, const struct seal_entry *e,
			 const struct bundle_item *item)
{
	if (!span_equal(e->target, item->target))
		tell(c, CHANGED, e->path, "it leads elsewhere");
	if (link_leaves(item->path, item->target))
		tell(c, OUTSIDE, item->path, NULL);
}

static void file_compare(struct comparison *c, const struct seal_entry *e,
			 const struct bundle_print *print)
{
	bool same = file_matches(e, print);

	c->out->n_signed += print->nonempty;
	c->out->n_matching += print->nonempty && same;
	if (!same)
		tell(c, CHANGED, e->path, NULL);
}

static enum status sealed_compare(struct comparison *c, const struct seal_entry *e,
				  const struct bundle_item *item)
{
	struct bundle_print print = { 0 };
	bool link = item->kind == BUNDLE_LINK;

	if (item->kind == BUNDLE_UNREAD || (!link && item->kind != BUNDLE_SPECIAL &&
					    !bundle_print_decode(item->print, &print))) {
		c->out->inner |= 1U << ASSAY_VERDICT_ERROR;
		tell(c, UNREAD, e->path, NULL);
	} else if (item->kind == BUNDLE_SPECIAL || link != (e->kind == SEAL_LINK) ||
		   (item->kind == BUNDLE_CODE && e->kind != SEAL_CODE)) {
		tell(c, TYPE, e->path, NULL);
	} else if (link) {
		link_compare(c, e, item);
	} else if (e->kind == SEAL_CODE) {
		return code_compare(c, e, &print);
	} else {
		file_compare(c, e, &print);
	}
	return STATUS_OK;
}

/* What no list has: the seal itself, the receipt of the App Store, a ticket, the executable. */
static bool is_excluded(const struct comparison *c, struct span path)
{
	static const struct span names[] = {
		SPAN_INIT("CodeResources"),
		SPAN_INIT("_CodeSignature/CodeResources"),
		SPAN_INIT("_CodeSignature/CodeDirectory"),
		SPAN_INIT("_CodeSignature/CodeEntitlements"),
		SPAN_INIT("_CodeSignature/CodeRequirements"),
		SPAN_INIT("_CodeSignature/CodeRequirements-1"),
		SPAN_INIT("_CodeSignature/CodeSignature"),
		SPAN_INIT("_MASReceipt/receipt"),
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (span_equal(path, names[i]))
			return true;
	return path.len > 0 && span_equal(path, c->bundle->inventory.executable);
}

/* Does it lie in code that is sealed as a whole? */
static bool is_inside_code(const struct comparison *c, struct span path)
{
	uint64_t at = 0;

	while (span_find(path, SPAN_LITERAL("/"), at, &at)) {
		size_t found = bundle_seal_find(c->bundle->seal, span_clip(path, 0, at));

		if (found != BUNDLE_NOWHERE &&
		    c->bundle->seal->entries[found].kind == SEAL_CODE)
			return true;
		at++;
	}
	return false;
}

/* What old lists have no rule for: slot 1 covers the one, nothing comes of the others. */
static bool is_usual(struct span path)
{
	return span_equal(path, SPAN_LITERAL("Info.plist")) ||
	       span_equal(path, SPAN_LITERAL("PkgInfo")) ||
	       span_equal(path, SPAN_LITERAL(".DS_Store"));
}

/* Nothing seals it: does a rule leave it out, or is it an addition? */
static enum status unsealed_judge(struct comparison *c, const struct bundle_item *item)
{
	const struct seal_rule *rule;

	if (item->kind == BUNDLE_CODE || is_excluded(c, item->path))
		return STATUS_OK;
	TRY(bundle_rule_of(c->bundle->seal, item->path, &c->effort, &rule));
	if (!rule && is_usual(item->path))
		return STATUS_OK;
	if (!rule) {
		c->n_unruled++;
		c->out->unsealed = true;
	} else if (!rule->omit && !rule->excludes) {
		tell(c, ADDED, item->path, NULL);
	} else if (!rule->usual) {
		c->n_omitted++;
		c->out->unsealed = true;
	}
	return STATUS_OK;
}

static enum status items_compare(struct comparison *c, bool *here)
{
	const struct bundle_seal *seal = c->bundle->seal;

	for (size_t i = 0; i < c->bundle->inventory.n; i++) {
		const struct bundle_item *item = &c->bundle->inventory.items[i];
		size_t at = bundle_seal_find(seal, item->path);

		if (is_inside_code(c, item->path))
			continue;
		if (at == BUNDLE_NOWHERE) {
			TRY(unsealed_judge(c, item));
			continue;
		}
		/* A name can be there twice: as a file in an archive, and as a bundle. */
		here[at] = true;
		if (is_excluded(c, item->path))
			tell(c, LISTED, item->path, NULL);
		else
			TRY(sealed_compare(c, &seal->entries[at], item));
	}
	return STATUS_OK;
}

static void missing_tell(struct comparison *c, const bool *here)
{
	const struct bundle_seal *seal = c->bundle->seal;

	for (size_t i = 0; i < seal->n; i++) {
		if (here[i] || seal->entries[i].optional ||
		    is_inside_code(c, seal->entries[i].path))
			continue;
		c->out->n_signed += seal->entries[i].kind == SEAL_FILE;
		tell(c, MISSING, seal->entries[i].path, NULL);
	}
}

/* What is weak about the list itself. */
static void seal_note(struct comparison *c)
{
	struct findings *findings = c->state->c->findings;
	const struct bundle_seal *seal = c->bundle->seal;
	const struct range none = { 0, 0 };

	if (seal->old)
		finding_add(findings, "bundle.seal-old", none, "a list of version 2",
			    "version 1");
	if (c->n_unruled > 0)
		finding_add(findings, "bundle.uncovered", none, "a rule for each file",
			    arena_printf(c->a, "%zu files without", c->n_unruled));
	if (c->n_omitted > 0)
		finding_add(
			findings, "bundle.omitted", none, "the usual omissions",
			arena_printf(c->a, "%zu files are left out by others", c->n_omitted));
	if (c->bundle->inventory.root_unsealed) {
		c->out->unsealed = true;
		finding_add(findings, "bundle.root-unsealed", none, "Contents alone", NULL);
	}
}

static enum status resources_compare(struct arena *a, struct cd_state *state,
				     const struct bundle *bundle)
{
	struct comparison c = {
		.a = a,
		.state = state,
		.bundle = bundle,
		.out = &state->resources,
		.effort = BUNDLE_MAX_EFFORT,
	};
	bool *here = ARENA_NEW(a, bool, bundle->seal->n + 1);
	enum status status;

	if (!here)
		return STATUS_NO_MEMORY;
	status = items_compare(&c, here);
	if (status == STATUS_LIMIT)
		finding_add(state->c->findings, "limit.bundle", (struct range){ 0, 0 }, NULL,
			    NULL);
	TRY(status);
	missing_tell(&c, here);
	seal_note(&c);
	rest_tell(&c);
	return STATUS_OK;
}

static bool slot_good(const struct cd_state *state, const struct cd_signature *s, uint32_t slot)
{
	const struct companion *file = cd_bundle_file(state, slot);

	for (size_t i = 0; i < s->n_directories; i++) {
		const struct cd_directory *d = &s->directories[i];
		struct span sealed = code_directory_special(d->d, slot);

		if (d->algorithm != DIGEST_NONE && (!file || span_is_zero(sealed)))
			return false;
	}
	return true;
}

/* Something of the bundle that its program knows nothing of. */
static void unbound_note(struct cd_state *state, struct cd_signature *s, const char *name)
{
	s->unsealed = s->unsealed || !s->adhoc;
	finding_add(state->c->findings, "bundle.unbound", s->fact->where, name,
		    "the program has no digest of it");
}

enum status cd_resources_judge(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	const struct bundle *bundle = state->c->box->bundle;
	struct cd_resources *r = &state->resources;

	if (!bundle)
		return STATUS_OK;
	if (cd_bundle_file(state, CODE_SLOT_INFO) && !slot_good(state, s, CODE_SLOT_INFO))
		unbound_note(state, s, "Info.plist");
	if (!bundle->sealed || !slot_good(state, s, CODE_SLOT_RESOURCES)) {
		if (bundle->sealed || bundle->inventory.n > 2)
			unbound_note(state, s, "CodeResources");
		return STATUS_OK;
	}
	if (s->seal_differs) /* it is not the signer's: what it says says nothing */
		return STATUS_OK;
	if (!bundle->seal) {
		s->unsealed = true;
		finding_add(state->c->findings, "bundle.seal-malformed", s->fact->where,
			    "a list of resources", "nothing that can be read");
		return STATUS_OK;
	}
	if (!r->compared)
		TRY(resources_compare(a, state, bundle));
	r->compared = true;
	s->resources_altered = r->altered;
	s->unsealed = s->unsealed || r->unsealed;
	s->fact->inner = r->inner;
	return STATUS_OK;
}

void cd_resources_tell(const struct cd_state *state, struct cd_signature *s)
{
	const struct cd_resources *r = &state->resources;

	if (!s->resources_altered || s->altered)
		return;
	s->fact->units = (struct unit_match){ UNITS_ENTRIES, r->n_signed, r->n_matching };
	/* Its program is here, whole, and sealed the list that the rest differs from. */
	s->fact->tampered_rule = "verdict.tampered-bundle";
}
