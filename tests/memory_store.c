/* SPDX-License-Identifier: MIT */
#include "tests/memory_store.h"

#include <stdlib.h>

#define MAX_STORED   64
#define MAX_DATA     16
#define MAX_EDGES    4096
#define MAX_DISTRUST 8

struct known_edge {
	uint8_t child[32], issuer[32];
	enum edge edge;
};

struct distrust {
	enum distrust_kind kind;
	struct digest digest;
	size_t len;
};

struct trust_store {
	struct stored stored[MAX_STORED];
	struct certificate certs[MAX_STORED];
	size_t n_stored;
	struct span crls[MAX_DATA], ocsps[MAX_DATA];
	size_t n_crls, n_ocsps;
	struct distrust distrusts[MAX_DISTRUST];
	size_t n_distrusts;
	struct known_edge edges[MAX_EDGES];
	size_t n_edges, n_misses;
	bool has_date;
	int64_t date;
};

struct trust_store *memory_store_new(void)
{
	struct trust_store *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	return s;
}

void memory_store_free(struct trust_store *s)
{
	free(s);
}

struct stored *memory_store_add(struct trust_store *s, struct span der, unsigned sets)
{
	struct certificate *c = &s->certs[s->n_stored];
	struct stored *stored = &s->stored[s->n_stored];

	if (s->n_stored == MAX_STORED || certificate_read(der, c, NULL) != STATUS_OK)
		return NULL;
	*stored = (struct stored){ .sets = sets, .der = der, .origin = "a test" };
	(void)span_copy(stored->sha256, 32, SPAN_OF(c->sha256));
	s->n_stored++;
	return stored;
}

struct stored *memory_store_pin(struct trust_store *s, const uint8_t sha256[32], unsigned sets)
{
	struct stored *stored = &s->stored[s->n_stored++];

	*stored = (struct stored){ .sets = sets, .name = "a pin" };
	(void)span_copy(stored->sha256, 32, (struct span){ sha256, 32 });
	return stored;
}

void memory_store_distrust(struct trust_store *s, enum distrust_kind kind, struct span digest)
{
	struct distrust *d = &s->distrusts[s->n_distrusts++];

	d->kind = kind;
	d->len = span_copy(d->digest.bytes, DIGEST_MAX, digest);
}

void memory_store_crl(struct trust_store *s, struct span der)
{
	s->crls[s->n_crls++] = der;
}

void memory_store_ocsp(struct trust_store *s, struct span der)
{
	s->ocsps[s->n_ocsps++] = der;
}

void memory_store_list_date(struct trust_store *s, int64_t date)
{
	s->has_date = true;
	s->date = date;
}

size_t memory_store_misses(const struct trust_store *s)
{
	return s->n_misses;
}

size_t store_by_subject(const struct trust_store *s, struct span name, struct span key_id,
			struct stored out[STORE_MAX_HITS])
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_stored && n < STORE_MAX_HITS; i++) {
		const struct certificate *c = &s->certs[i];

		if ((c->subject.len && name.len && name_equal(c->subject, name)) ||
		    (key_id.len && span_equal(c->subject_key_id, key_id)))
			out[n++] = s->stored[i];
	}
	return n;
}

bool store_by_sha256(const struct trust_store *s, const uint8_t sha256[32], struct stored *out)
{
	for (size_t i = 0; i < s->n_stored; i++) {
		if (!span_equal(SPAN_OF(s->stored[i].sha256), (struct span){ sha256, 32 }))
			continue;
		*out = s->stored[i];
		return true;
	}
	return false;
}

bool store_by_key_bits(const struct trust_store *s, struct span bits, struct stored *out)
{
	for (size_t i = 0; i < s->n_stored; i++) {
		if (!s->stored[i].sets || !span_equal(s->certs[i].key.bits, bits))
			continue;
		*out = s->stored[i];
		return true;
	}
	return false;
}

bool store_distrusts(const struct trust_store *s, enum distrust_kind kind, struct span digest)
{
	for (size_t i = 0; i < s->n_distrusts; i++) {
		const struct distrust *d = &s->distrusts[i];

		if (d->kind == kind &&
		    span_equal((struct span){ d->digest.bytes, d->len }, digest))
			return true;
	}
	return false;
}

bool store_has_distrust(const struct trust_store *s, enum distrust_kind kind)
{
	for (size_t i = 0; i < s->n_distrusts; i++)
		if (s->distrusts[i].kind == kind)
			return true;
	return false;
}

static size_t containing(const struct span *data, size_t n_data, struct span what,
			 struct span out[STORE_MAX_HITS])
{
	size_t n = 0;
	uint64_t at;

	for (size_t i = 0; i < n_data; i++)
		if (span_find(data[i], what, 0, &at))
			out[n++] = data[i];
	return n;
}

size_t store_crls(const struct trust_store *s, struct span issuer,
		  struct span out[STORE_MAX_HITS])
{
	return containing(s->crls, s->n_crls, issuer, out);
}

size_t store_ocsps(const struct trust_store *s, struct span serial,
		   struct span out[STORE_MAX_HITS])
{
	return containing(s->ocsps, s->n_ocsps, serial, out);
}

bool store_list_date(const struct trust_store *s, int64_t *date)
{
	*date = s->date;
	return s->has_date;
}

static bool edge_is(const struct known_edge *e, const uint8_t child[32],
		    const uint8_t issuer[32])
{
	return span_equal(SPAN_OF(e->child), (struct span){ child, 32 }) &&
	       span_equal(SPAN_OF(e->issuer), (struct span){ issuer, 32 });
}

enum edge edge_find(struct trust_store *s, const uint8_t child[32], const uint8_t issuer[32])
{
	for (size_t i = 0; i < s->n_edges; i++)
		if (edge_is(&s->edges[i], child, issuer))
			return s->edges[i].edge;
	s->n_misses++;
	return EDGE_UNKNOWN;
}

void edge_put(struct trust_store *s, const uint8_t child[32], const uint8_t issuer[32],
	      enum edge e)
{
	struct known_edge *slot = &s->edges[s->n_edges];

	if (s->n_edges == MAX_EDGES)
		return;
	s->n_edges++;
	slot->edge = e;
	(void)span_copy(slot->child, 32, (struct span){ child, 32 });
	(void)span_copy(slot->issuer, 32, (struct span){ issuer, 32 });
}

size_t trust_count(const struct trust_store *s, unsigned sets)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_stored; i++)
		n += (s->stored[i].sets & sets) != 0;
	return n;
}

bool store_has_anchor(const struct trust_store *s, unsigned sets)
{
	return trust_count(s, sets) > 0;
}

bool trust_public_root(const struct trust_store *s, const uint8_t sha256[32])
{
	struct stored stored;

	return store_by_sha256(s, sha256, &stored) && stored.public_root;
}

bool trust_key_next(const struct trust_store *s, struct trust_place *at, enum trust_set set,
		    struct trust_key *out)
{
	while (at->row < s->n_stored) {
		const struct stored *stored = &s->stored[at->row++];

		if (!(stored->sets & (unsigned)set) || stored->der.len == 0)
			continue;
		*out = (struct trust_key){ .item = stored->item,
					   .bytes = stored->der,
					   .name = stored->name };
		(void)span_copy(out->sha256, 32, SPAN_OF(stored->sha256));
		return true;
	}
	return false;
}
