/* SPDX-License-Identifier: MIT */
/* The edge cache: it may forget, and never answers for another edge. */
#include "tests/check.h"
#include "trust/edges.h"
#include <pthread.h>

#define N_THREADS 4
#define N_EDGES   40000

static void *edges_work(void *context)
{
	struct edges *e = context;
	uint8_t child[32] = { 0 }, issuer[32] = { 0 };
	uint32_t n = 7;
	size_t wrong = 0;

	for (uint32_t i = 0; i < N_EDGES; i++) {
		enum edge expected, found;

		n = n * 1664525 + 1013904223;
		expected = n >> 31 ? EDGE_GOOD : EDGE_BAD;
		memcpy(child, &n, sizeof(n));
		memcpy(issuer, &i, sizeof(i));
		found = edges_find(e, child, issuer);
		wrong += found != EDGE_UNKNOWN && found != expected;
		edges_put(e, child, issuer, expected);
	}
	return wrong ? context : NULL;
}

int main(void)
{
	struct edges *e = edges_new();
	uint8_t child[32] = { 1 }, issuer[32] = { 2 }, other[32] = { 3 };
	pthread_t threads[N_THREADS];
	size_t n_wrong = 0;

	CHECK(edges_find(e, child, issuer) == EDGE_UNKNOWN, "an edge is not known");
	edges_put(e, child, issuer, EDGE_GOOD);
	CHECK(edges_find(e, child, issuer) == EDGE_GOOD, "then it is");
	CHECK(edges_find(e, child, other) == EDGE_UNKNOWN, "another key's is not");
	edges_put(e, child, issuer, EDGE_UNSUPPORTED);
	CHECK(edges_find(e, child, issuer) == EDGE_UNSUPPORTED, "the last word counts");
	for (size_t i = 0; i < N_THREADS; i++)
		if (pthread_create(&threads[i], NULL, edges_work, e) != 0)
			return 1;
	for (size_t i = 0; i < N_THREADS; i++) {
		void *result;

		(void)pthread_join(threads[i], &result);
		n_wrong += result != NULL;
	}
	CHECK(n_wrong == 0, "%d threads never read another's edge", N_THREADS);
	edges_free(e);
	return CHECK_DONE();
}
