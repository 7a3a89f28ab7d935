/* SPDX-License-Identifier: MIT */
/*
 * Look-ups over all layers.  The highest layer that has a certificate decides
 * its sets and constraints; what is given for this run only ever adds sets.
 */
#include "trust/manage.h"
#include "trust/store_layers.h"

static bool layer_record(const struct layer *layer, const uint8_t sha256[32],
			 struct record *out)
{
	size_t row;

	if (!database_find(&layer->database, TABLE_RECORDS, (struct span){ sha256, 32 },
			   &row) ||
	    !database_record(&layer->database, row, out))
		return false;
	out->stored.sets &= layer->sets;
	return true;
}

/* One certificate, looked for from the highest layer down. */
struct resolution {
	struct record *out;
	const struct layer *top; /* that decides; NULL: none yet */
	bool adds_sets;
	struct record spare; /* of a layer that only has its bytes */
	const struct layer *spare_layer;
};

static void layer_resolve(struct resolution *r, const struct layer *layer,
			  const struct record *record)
{
	if (layer->given && record->stored.sets == 0) {
		r->spare = *record;
		r->spare_layer = layer;
		return;
	}
	if (!r->top) {
		*r->out = *record;
		r->top = layer;
		r->adds_sets = layer->given;
		return;
	}
	if (r->adds_sets)
		r->out->stored.sets |= record->stored.sets;
	r->adds_sets = r->adds_sets && layer->given;
	record_complete(r->out, record);
}

bool store_record(const struct trust_store *s, const uint8_t sha256[32], struct record *out,
		  const struct layer **top)
{
	struct resolution r = { .out = out };
	struct record record;

	for (size_t i = s->n; i-- > 0;)
		if (layer_record(&s->layers[i], sha256, &record))
			layer_resolve(&r, &s->layers[i], &record);
	if (r.top && r.spare_layer)
		record_complete(out, &r.spare);
	else if (r.spare_layer)
		*out = r.spare;
	*top = r.top ? r.top : r.spare_layer;
	return *top != NULL;
}

bool store_next(const struct trust_store *s, struct store_place *at, struct record *out,
		const struct layer **top)
{
	for (; at->layer < s->n; at->layer++, at->row = 0) {
		const struct layer *layer = &s->layers[at->layer];

		while (at->row < database_count(&layer->database, TABLE_RECORDS)) {
			if (database_record(&layer->database, at->row++, out) &&
			    store_record(s, out->stored.sha256, out, top) && *top == layer)
				return true;
		}
	}
	return false;
}

bool store_by_sha256(const struct trust_store *s, const uint8_t sha256[32], struct stored *out)
{
	const struct layer *top;
	struct record r;

	if (!store_record(s, sha256, &r, &top))
		return false;
	*out = r.stored;
	return true;
}

/* What is looked for by name and key identifier, and what was found. */
struct hunt {
	const struct trust_store *store;
	struct span name, key_id;
	bool both; /* only what fits in both */
	struct stored *out;
	size_t n;
};

static bool hunt_has(const struct hunt *h, const uint8_t sha256[32])
{
	for (size_t i = 0; i < h->n; i++)
		if (memcmp(h->out[i].sha256, sha256, 32) == 0)
			return true;
	return false;
}

static bool hunt_fits(const struct hunt *h, const struct record *r)
{
	bool by_key, by_name;

	if (r->stored.item != TRUST_CERTIFICATE)
		return false;
	by_key = h->key_id.len && span_equal(h->key_id, r->key_id);
	by_name = h->name.len &&
		  (span_equal(h->name, r->subject) || name_equal(h->name, r->subject));

	return h->both ? by_key && by_name : by_key || by_name;
}

static void hunt_table(struct hunt *h, const struct database *d, enum database_table t,
		       const uint8_t key[32])
{
	size_t row, n = database_find(d, t, (struct span){ key, 32 }, &row);

	for (; n > 0 && h->n < STORE_MAX_HITS; n--, row++) {
		struct record r;

		if (database_indexed(d, t, row, &r) && !hunt_has(h, r.stored.sha256) &&
		    hunt_fits(h, &r) &&
		    store_by_sha256(h->store, r.stored.sha256, &h->out[h->n]))
			h->n++;
	}
}

static void hunt_layers(struct hunt *h, const uint8_t *name, const uint8_t *key_id)
{
	for (size_t i = h->store->n; i-- > 0;) {
		const struct database *d = &h->store->layers[i].database;

		if (key_id)
			hunt_table(h, d, TABLE_BY_KEY_ID, key_id);
		if (name)
			hunt_table(h, d, TABLE_BY_SUBJECT, name);
	}
}

size_t store_by_subject(const struct trust_store *s, struct span name, struct span key_id,
			struct stored out[STORE_MAX_HITS])
{
	struct hunt h = { .store = s, .name = name, .key_id = key_id, .out = out };
	uint8_t by_name[32], by_key[32];
	bool has_name = name.len && name_key(name, by_name) == STATUS_OK;
	bool has_key = key_id.len && key_of(key_id, by_key) == STATUS_OK;

	/* Those that fit in both first: the number of hits is limited. */
	h.both = true;
	if (has_name && has_key)
		hunt_layers(&h, NULL, by_key);
	h.both = false;
	hunt_layers(&h, has_name ? by_name : NULL, has_key ? by_key : NULL);
	return h.n;
}

bool store_by_key_bits(const struct trust_store *s, struct span bits, struct stored *out)
{
	uint8_t key[32];

	if (bits.len == 0 || key_of(bits, key) != STATUS_OK)
		return false;
	for (size_t i = s->n; i-- > 0;) {
		const struct database *d = &s->layers[i].database;
		struct record r;
		size_t row;

		if (database_find(d, TABLE_BY_KEY, SPAN_OF(key), &row) &&
		    database_indexed(d, TABLE_BY_KEY, row, &r))
			return store_by_sha256(s, r.stored.sha256, out);
	}
	return false;
}

bool store_distrusts(const struct trust_store *s, enum distrust_kind kind, struct span digest)
{
	for (size_t i = 0; i < s->n; i++)
		if (database_distrusts(&s->layers[i].database, kind, digest))
			return true;
	return false;
}

bool store_has_distrust(const struct trust_store *s, enum distrust_kind kind)
{
	for (size_t i = 0; i < s->n; i++)
		if (database_has_distrust(&s->layers[i].database, kind))
			return true;
	return false;
}

static size_t revocations_find(const struct trust_store *s, enum database_table t,
			       const uint8_t key[32], struct span out[STORE_MAX_HITS])
{
	size_t n = 0;

	for (size_t i = s->n; i-- > 0;) {
		const struct database *d = &s->layers[i].database;
		size_t row, left = database_find(d, t, (struct span){ key, 32 }, &row);

		for (; left > 0 && n < STORE_MAX_HITS; left--, row++) {
			struct revocation r;

			if (database_revocation(d, t, row, &r))
				out[n++] = r.der;
		}
	}
	return n;
}

/* Most have no revocation data: no key is needed to know that. */
static bool table_is_empty(const struct trust_store *s, enum database_table t)
{
	size_t rows = 0;

	for (size_t i = 0; i < s->n; i++)
		rows += database_count(&s->layers[i].database, t);
	return rows == 0;
}

size_t store_crls(const struct trust_store *s, struct span issuer,
		  struct span out[STORE_MAX_HITS])
{
	uint8_t key[32];

	if (table_is_empty(s, TABLE_CRLS) || name_key(issuer, key) != STATUS_OK)
		return 0;
	return revocations_find(s, TABLE_CRLS, key, out);
}

size_t store_ocsps(const struct trust_store *s, struct span serial,
		   struct span out[STORE_MAX_HITS])
{
	uint8_t key[32];

	if (table_is_empty(s, TABLE_OCSPS) || key_of(serial, key) != STATUS_OK)
		return 0;
	return revocations_find(s, TABLE_OCSPS, key, out);
}

bool trust_has_revocations(const struct trust_store *s)
{
	return !table_is_empty(s, TABLE_CRLS) || !table_is_empty(s, TABLE_OCSPS);
}

bool store_list(const struct trust_store *s, enum list_kind kind, struct list_info *out)
{
	bool found = false;

	for (size_t i = 0; i < s->n; i++) {
		struct list_info list;

		for (size_t row = 0; database_list(&s->layers[i].database, row, &list); row++) {
			if (list.kind != kind || (found && memcmp(list.sequence, out->sequence,
								  DATABASE_SEQUENCE_MAX) <= 0))
				continue;
			*out = list;
			found = true;
		}
	}
	return found;
}

bool store_list_date(const struct trust_store *s, int64_t *date)
{
	struct list_info list;

	if (!store_list(s, LIST_ROOTS, &list))
		return false;
	*date = list.this_update;
	return true;
}

void store_count(struct trust_store *s)
{
	struct store_place at = { 0 };
	const struct layer *top;
	struct record r;

	while (store_next(s, &at, &r, &top)) {
		s->n_anchors += r.stored.sets != 0;
		for (size_t i = 0; i < TRUST_SETS; i++)
			s->counts[i] += (r.stored.sets >> i) & 1;
	}
}

size_t trust_count(const struct trust_store *store, unsigned sets)
{
	struct store_place at = { 0 };
	const struct layer *top;
	struct record r;
	size_t n = 0;

	if (sets == TRUST_ALL_SETS)
		return store->n_anchors;
	for (size_t i = 0; i < TRUST_SETS; i++)
		if (sets == 1U << i)
			return store->counts[i];
	while (store_next(store, &at, &r, &top))
		n += (r.stored.sets & sets) != 0;
	return n;
}

bool store_has_anchor(const struct trust_store *s, unsigned sets)
{
	for (size_t i = 0; i < TRUST_SETS; i++)
		if (sets >> i & 1 && s->counts[i])
			return true;
	return false;
}

bool trust_public_root(const struct trust_store *store, const uint8_t sha256[32])
{
	struct stored stored;

	return store_by_sha256(store, sha256, &stored) && stored.public_root;
}

bool trust_key_next(const struct trust_store *s, struct trust_place *at, enum trust_set set,
		    struct trust_key *out)
{
	struct store_place place = { at->layer, at->row };
	const struct layer *top;
	struct record r;

	while (store_next(s, &place, &r, &top)) {
		if (!(r.stored.sets & (unsigned)set) || r.stored.der.len == 0)
			continue;
		*at = (struct trust_place){ place.layer, place.row };
		*out = (struct trust_key){ .item = r.stored.item,
					   .bytes = r.stored.der,
					   .key_id = r.key_id,
					   .name = r.stored.name };
		(void)span_copy(out->sha256, 32, SPAN_OF(r.stored.sha256));
		return true;
	}
	return false;
}
