/* SPDX-License-Identifier: MIT */
/* Rows are found by their keys, and by no others. */
#include "base/table.h"

#include "base/memory.h"
#include "tests/check.h"

#define ROWS 5000

struct number {
	struct table_row row; /* first */
	char text[16];
};

static struct number numbers[ROWS];

static void test_hash(void)
{
	/* Appendix A of the paper: key 00 01 ... 0f, and messages 00, 00 01, ... */
	static const struct {
		size_t len;
		uint64_t hash;
	} rows[] = {
		{0,   UINT64_C(0x726fdb47dd0e0e31)},
		{ 1,  UINT64_C(0x74f839c593dc67fd)},
		{ 8,  UINT64_C(0x93f5f5799a932462)},
		{ 15, UINT64_C(0xa129ca6149be45e5)},
	};
	const uint64_t secret[2] = { UINT64_C(0x0706050403020100),
				     UINT64_C(0x0f0e0d0c0b0a0908) };
	uint8_t message[15];

	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK(table_hash(secret, (struct span){ message, rows[i].len }) == rows[i].hash,
		      "SipHash-2-4 of %zu bytes", rows[i].len);
}

static void test_rows(void)
{
	struct table t;
	size_t found = 0, taken = 0;

	if (table_begin(&t) != STATUS_OK)
		abort();
	CHECK(!table_find(&t, SPAN_LITERAL("0")), "nothing is in an empty table");
	for (size_t i = 0; i < ROWS; i++) {
		(void)snprintf(numbers[i].text, sizeof(numbers[i].text), "%zu", i);
		numbers[i].row.key = SPAN_TEXT(numbers[i].text);
		if (table_add(&t, &numbers[i].row) != STATUS_OK)
			abort();
	}
	for (size_t i = 0; i < ROWS; i++)
		found += table_find(&t, SPAN_TEXT(numbers[i].text)) == &numbers[i].row;
	CHECK(found == ROWS && t.n == ROWS, "every row is found");
	CHECK(!table_find(&t, SPAN_LITERAL("5000")) && !table_find(&t, SPAN_NONE),
	      "another key finds nothing");
	for (size_t i = 0; i < ROWS; i += 2)
		table_remove(&t, &numbers[i].row);
	table_remove(&t, &numbers[0].row);
	found = 0;
	for (size_t i = 0; i < ROWS; i++)
		found += table_find(&t, SPAN_TEXT(numbers[i].text)) != NULL;
	CHECK(found == ROWS / 2 && t.n == ROWS / 2, "what was removed is not found");
	while (table_take(&t))
		taken++;
	CHECK(taken == ROWS / 2 && t.n == 0, "the rest is taken out");
	table_end(&t);
	memory_fail_after(0);
	CHECK(table_add(&t, &numbers[0].row) == STATUS_NO_MEMORY && t.n == 0, "no memory");
	memory_fail_after(-1);
	table_end(&t);
}

int main(void)
{
	test_hash();
	test_rows();
	return CHECK_DONE();
}
