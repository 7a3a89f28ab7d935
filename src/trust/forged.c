/* SPDX-License-Identifier: MIT */
/*
 * Forged keys and names (ATT&CK T1036.001; CVE-2020-0601).
 *
 * What convicts: a key with explicit curve parameters on the way to a root; a
 * signer that verifies under its own key though it names another issuer; a
 * root of one's own under the name of an anchor; an embedded certificate that none of the keys
 * of its issuer at hand signed (code has been hidden in such); a vendor's name on a chain that
 * somebody made himself.  An algorithm that we do not know never convicts.
 */
#include "trust/brands.h"
#include "trust/database.h"
#include "trust/inquiry.h"
#include "trust/lookalike.h"

#define OID_ORGANISATION OID("\x55\x04\x0a")

void forged_note_curve(struct inquiry *in, const struct certificate *c)
{
	struct stored stored;
	const char *observed = "explicit curve parameters";

	if (store_by_key_bits(in->store, c->key.point, &stored))
		observed = sentence(in,
				    "explicit curve parameters around the public point of '%s'",
				    stored.name ? stored.name : "a stored anchor");
	note_certificate(in, "cert.curveball", c, "a named curve", observed);
	in->curveball = true;
	if (!in->refused)
		in->refused = sentence(in,
				       "the key of '%s' comes with curve parameters of its "
				       "own, which prove nothing",
				       certificate_name(in, c));
}

/* The signer's certificate only: unused ones beside it do that legitimately. */
static enum status self_verifying_judge(struct inquiry *in)
{
	const struct certificate *leaf = in->q->leaf;
	enum edge edge;

	if (names_match(leaf->issuer, leaf->subject))
		return STATUS_OK;
	TRY(edge_check(in, &in->forged_edges, leaf, leaf, &edge));
	if (edge != EDGE_GOOD)
		return STATUS_OK;
	note_certificate(in, "cert.self-verifying-foreign-issuer", leaf,
			 "a signature by its issuer", "a signature by its own key");
	in->convicted = true;
	return STATUS_OK;
}

/*
 * Is this really the issuer that @c means, so that a bad signature tells?  By
 * key identifier if @c gives one.  Without one, names alone: authorities other
 * than roots were renewed with other keys under the same name.
 */
static bool is_meant(const struct certificate *c, const struct candidates *list, size_t i)
{
	if (c->authority_key_id.len > 0)
		return key_ids_match(c, list->certs[i]);
	return list->embedded[i] || list->known_root[i];
}

static enum status issuer_signature_judge(struct inquiry *in, const struct certificate *c)
{
	const struct certificate *meant = NULL;
	struct candidates list;
	enum edge edge;

	/* Who makes his certificate himself proves nothing by signing it, nor by failing to. */
	if (in->set->home_made && names_match(c->issuer, c->subject))
		return STATUS_OK;
	TRY(issuer_candidates(in, c, &list));
	for (size_t i = 0; i < list.n; i++) {
		if (!names_match(c->issuer, list.certs[i]->subject))
			continue;
		TRY(edge_check(in, &in->forged_edges, c, list.certs[i], &edge));
		if (edge != EDGE_BAD)
			return STATUS_OK;
		if (is_meant(c, &list, i))
			meant = list.certs[i];
	}
	if (!meant)
		return STATUS_OK;
	note_certificate(
		in, "cert.issuer-signature-bad", c,
		sentence(in, "a signature by '%s'", certificate_name(in, meant)),
		sentence(in, "'%s', signed by none of its keys", certificate_name(in, c)));
	in->convicted = true;
	return STATUS_OK;
}

/* Certificates that cannot both be honest. */
static void pair_judge(struct inquiry *in, const struct certificate *a,
		       const struct certificate *b)
{
	const char *other = NULL;
	bool same_key = span_equal(a->key.bits, b->key.bits);
	bool same_number = span_equal(a->serial, b->serial) && span_equal(a->issuer, b->issuer);
	const char *rule = NULL;

	if (certificate_same(a, b))
		return;
	if (span_equal(a->tbs, b->tbs))
		rule = "cert.two-signatures";
	else if (same_number && !same_key)
		rule = "cert.serial-reused";
	else if (same_key && !names_match(a->subject, b->subject))
		rule = "cert.key-shared";
	if (!rule)
		return;
	other = sentence(in, "'%s' and '%s'", certificate_name(in, a), certificate_name(in, b));
	note_certificate(in, rule, b, NULL, other);
}

static bool pool_has(const struct inquiry *in, const struct certificate *c)
{
	for (size_t i = 0; i < in->n_pool; i++)
		if (certificate_same(&in->q->pool[i], c))
			return true;
	return false;
}

/* Chain building has found the issuer, by name and by signature: nobody posed as it. */
static bool path_explains(const struct path *path, const struct certificate *c)
{
	for (size_t i = 0; i + 1 < path->n; i++)
		if (certificate_same(path->certs[i], c))
			return names_match(c->issuer, path->certs[i + 1]->subject);
	return false;
}

static enum status pool_judge(struct inquiry *in, const struct path *path)
{
	const struct certificate *pool = in->q->pool;

	if (!pool_has(in, in->q->leaf) && !path_explains(path, in->q->leaf))
		TRY(issuer_signature_judge(in, in->q->leaf));
	for (size_t i = 0; i < in->n_pool; i++) {
		if (!path_explains(path, &pool[i]))
			TRY(issuer_signature_judge(in, &pool[i]));
		for (size_t k = 0; k < i; k++)
			pair_judge(in, &pool[k], &pool[i]);
	}
	return STATUS_OK;
}

/* A chain that somebody made himself, whole to its root, which nobody knows. */
static bool is_home_made(const struct inquiry *in, const struct brand *brand,
			 const struct path *path)
{
	const struct certificate *top = path->certs[path->n - 1];

	if (!path->complete || brand_owns(brand, path) ||
	    trust_public_root(in->store, top->sha256))
		return false;
	return path->n == 1 || (pool_has(in, top) && brand_roots_known(brand, in->store));
}

struct likeness_found {
	enum likeness likeness;
	const struct brand *brand;
	const char *name, *like; /* the name as it stands; the vendor's */
};

static void likeness_take(struct likeness_found *found, const char *name)
{
	const struct brand *brand = NULL;
	const char *like = NULL;
	enum likeness likeness = name ? name_likeness(name, &brand, &like) : LIKENESS_NONE;

	if (likeness > found->likeness)
		*found = (struct likeness_found){ likeness, brand, name, like };
}

/* Is @path whole, and is its root one that somebody made for himself? */
static bool root_is_private(const struct inquiry *in, const struct path *path)
{
	return path->complete &&
	       !trust_public_root(in->store, path->certs[path->n - 1]->sha256);
}

/*
 * A name that only looks like a vendor's.  Below an anchor or a public root,
 * subsidiaries have such names, but none has other letters.
 */
static void likeness_judge(struct inquiry *in, const struct path *path)
{
	const struct certificate *leaf = in->q->leaf;
	bool home_made = !path->has_anchor && root_is_private(in, path), letters;
	/* Of several common names the last, as people are shown it. */
	const char *organisation = name_attribute(in->arena, leaf->subject, OID_ORGANISATION);
	const char *shown = name_short(in->arena, leaf->subject);
	struct likeness_found found = { 0 };

	likeness_take(&found, organisation);
	if (!organisation || !shown || strcmp(organisation, shown) != 0)
		likeness_take(&found, shown);
	if (found.likeness <= LIKENESS_SAME || brand_owns(found.brand, path))
		return;
	letters = found.likeness == LIKENESS_LETTERS;
	if (found.likeness == LIKENESS_SPELLING && !home_made)
		return;
	note_certificate(in, letters || home_made ? "cert.lookalike-name" : "cert.similar-name",
			 leaf, sentence(in, "'%s'", found.like),
			 sentence(in, "'%s': %s", found.name, likeness_say(found.likeness)));
	if (found.likeness >= LIKENESS_FORM_ADDED && !path->has_anchor &&
	    is_home_made(in, found.brand, path))
		in->convicted = true;
}

static void brand_judge(struct inquiry *in, const struct path *path)
{
	const struct certificate *leaf = in->q->leaf;
	const struct brand *brand = brand_find(in, leaf->subject);
	const char *host;

	if (!brand) {
		likeness_judge(in, path);
		return;
	}
	if (path->has_anchor) {
		if (in->q->set == TRUST_MS_CODE && brand->n_anchors > 0 &&
		    !brand_owns(brand, path))
			note_certificate(in, "cert.brand-other-anchor", leaf,
					 sentence(in, "a root of %s", brand->name),
					 path->anchor.name);
		return;
	}
	host = canary_host(in, leaf);
	if (host)
		note_certificate(in, "cert.possible-canary", leaf, NULL, host);
	if (!is_home_made(in, brand, path))
		return;
	note_certificate(in, "cert.brand-without-chain", leaf,
			 sentence(in, "a chain to an anchor of %s", brand->name),
			 path->n == 1
				 ? "signed by itself"
				 : sentence(in, "a chain to '%s'",
					    certificate_name(in, path->certs[path->n - 1])));
	in->convicted = true;
}

/*
 * A root that somebody made himself under the name of one that is believed: the
 * chain reads like an honest one to everybody who compares names.  A root that
 * was issued anew has its key still.
 */
static void anchor_name_judge(struct inquiry *in, const struct path *path)
{
	const struct certificate *top = path->certs[path->n - 1];
	struct stored hits[STORE_MAX_HITS], same_key;
	size_t n;

	if (path->has_anchor || path->n < 2 || !pool_has(in, top) ||
	    !root_is_private(in, path) ||
	    store_by_key_bits(in->store, key_bits(&top->key), &same_key))
		return;
	n = store_by_subject(in->store, top->subject, SPAN_NONE, hits);
	for (size_t i = 0; i < n; i++) {
		if (hits[i].sets == 0 || hits[i].der.len == 0)
			continue;
		note_certificate(in, "cert.anchor-name-taken", top,
				 sentence(in, "the key of the anchor '%s'",
					  hits[i].name ? hits[i].name : "of this name"),
				 "another key");
		in->convicted = true;
		return;
	}
}

enum status forged_judge(struct inquiry *in, const struct path *path)
{
	TRY(self_verifying_judge(in));
	TRY(pool_judge(in, path));
	/* Where everybody makes his own, a name is only a name. */
	if (in->q->purpose == TRUST_PURPOSE_TIMESTAMP || in->set->home_made)
		return STATUS_OK;
	brand_judge(in, path);
	anchor_name_judge(in, path);
	return STATUS_OK;
}
