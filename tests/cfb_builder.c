/* SPDX-License-Identifier: MIT */
#include "tests/cfb_builder.h"

#include <ctype.h>
#include <stdlib.h>

#define NO_ENTRY     UINT32_MAX
#define END_OF_CHAIN 0xfffffffeU
#define FAT_SECTOR   0xfffffffdU
#define DIFAT_SECTOR 0xfffffffcU
#define FREE_SECTOR  0xffffffffU
#define IN_HEAD      109
#define CUTOFF       4096
#define MINI         64

/* Sectors are numbered as they are used; where they lie is decided at the end. */
struct build {
	const struct cfb_plan *plan;
	size_t sector;
	struct buffer body; /* all sectors, in order of use */
	struct buffer fat, mini, minifat;
	uint32_t starts[CFB_BUILD_MAX];
	uint32_t left[CFB_BUILD_MAX + 1], right[CFB_BUILD_MAX + 1], child[CFB_BUILD_MAX + 1];
	uint32_t n;     /* sectors so far */
	uint32_t total; /* of all */
};

static void pad(struct buffer *b, size_t multiple)
{
	while (b->len % multiple != 0)
		buffer_char(b, 0);
}

/* Where sector @i is put. */
static uint32_t place(const struct build *b, uint32_t i)
{
	uint32_t half = (b->total + 1) / 2;

	switch (b->plan->order) {
	case CFB_BUILD_ORDERED: return i;
	case CFB_BUILD_REVERSED: return b->total - 1 - i;
	case CFB_BUILD_WOVEN: return i < half ? 2 * i : 2 * (i - half) + 1;
	}
	return i;
}

/* @bytes as a chain of whole sectors; its first one's number before placing. */
static uint32_t chain_add(struct build *b, struct span bytes)
{
	uint32_t first = b->n;
	size_t n = (bytes.len + b->sector - 1) / b->sector;

	buffer_add(&b->body, bytes);
	pad(&b->body, b->sector);
	for (size_t i = 0; i < n; i++)
		buffer_u32le(&b->fat,
			     i + 1 < n ? place(b, b->n + 1 + (uint32_t)i) : END_OF_CHAIN);
	b->n += (uint32_t)n;
	return n ? place(b, first) : END_OF_CHAIN;
}

static uint32_t mini_add(struct build *b, struct span bytes)
{
	uint32_t first = (uint32_t)(b->mini.len / MINI);
	size_t n = (bytes.len + MINI - 1) / MINI;

	buffer_add(&b->mini, bytes);
	pad(&b->mini, MINI);
	for (size_t i = 0; i < n; i++)
		buffer_u32le(&b->minifat, i + 1 < n ? first + (uint32_t)i + 1 : END_OF_CHAIN);
	return n ? first : END_OF_CHAIN;
}

/* As Windows looks names up: the shorter first, then by upper case. */
static int name_order(const char *a, const char *b)
{
	size_t x = strlen(a), y = strlen(b);

	if (x != y)
		return x < y ? -1 : 1;
	for (size_t i = 0; i < x; i++)
		if (toupper((unsigned char)a[i]) != toupper((unsigned char)b[i]))
			return toupper((unsigned char)a[i]) < toupper((unsigned char)b[i]) ? -1
											   : 1;
	return 0;
}

/* A balanced tree of the entries @list; its top. */
static uint32_t tree_make(struct build *b, const uint32_t *list, size_t n)
{
	size_t middle = n / 2;

	if (n == 0)
		return NO_ENTRY;
	b->left[list[middle]] = tree_make(b, list, middle);
	b->right[list[middle]] = tree_make(b, list + middle + 1, n - middle - 1);
	return list[middle];
}

static void children_join(struct build *b, int parent)
{
	const struct cfb_plan *plan = b->plan;
	uint32_t list[CFB_BUILD_MAX];
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		size_t at = n;

		if (plan->items[i].parent != parent)
			continue;
		while (at > 0 && name_order(plan->items[list[at - 1] - 1].name,
					    plan->items[i].name) > 0) {
			list[at] = list[at - 1];
			at--;
		}
		list[at] = (uint32_t)i + 1;
		n++;
	}
	b->child[parent + 1] = tree_make(b, list, n);
}

static void entry_add(struct build *b, struct buffer *out, uint32_t i, uint32_t start,
		      uint64_t size)
{
	const struct cfb_item *item = i > 0 ? &b->plan->items[i - 1] : NULL;
	const char *name = item ? item->name : "Root Entry";
	size_t base = out->len, len = strlen(name);

	for (size_t k = 0; k < len; k++)
		buffer_u16le(out, (unsigned char)name[k]);
	while (out->len < base + 64)
		buffer_char(out, 0);
	buffer_u16le(out, (uint16_t)(2 * len + 2));
	buffer_char(out, item ? (item->storage ? 1 : 2) : 5);
	buffer_char(out, 1); /* black */
	buffer_u32le(out, item ? b->left[i] : NO_ENTRY);
	buffer_u32le(out, item ? b->right[i] : NO_ENTRY);
	buffer_u32le(out, b->child[i]);
	if (!item && b->plan->root_clsid.len == 16)
		buffer_add(out, b->plan->root_clsid);
	for (size_t k = out->len; k < base + 96; k++)
		buffer_char(out, (char)(item ? item->clsid : 0));
	buffer_u32le(out, 0); /* state */
	for (size_t k = 0; k < 16; k++)
		buffer_char(out, (char)(item ? item->stamp : 0));
	buffer_u32le(out, start);
	buffer_u64le(out, size);
}

/* How many sectors everything takes, so that FAT entries can name places. */
static void total_count(struct build *b, uint32_t *n_fat, uint32_t *n_difat)
{
	const struct cfb_plan *plan = b->plan;
	size_t data = plan->spare, mini = 0, each = b->sector / 4;
	size_t in_sector = b->sector / 128;

	for (size_t i = 0; i < plan->n; i++) {
		size_t len = plan->items[i].bytes.len;

		if (len >= CUTOFF)
			data += (len + b->sector - 1) / b->sector;
		else
			mini += (len + MINI - 1) / MINI;
	}
	data += (mini * MINI + b->sector - 1) / b->sector + (mini + each - 1) / each;
	data += (plan->n + 1 + in_sector - 1) / in_sector;
	*n_fat = *n_difat = 0;
	while (*n_fat * each < data + *n_fat + *n_difat) {
		++*n_fat;
		*n_difat = *n_fat > IN_HEAD
				   ? (uint32_t)((*n_fat - IN_HEAD + each - 2) / (each - 1))
				   : 0;
	}
	b->total = (uint32_t)data + *n_fat + *n_difat;
}

static void directory_make(struct build *b, struct buffer *out, uint32_t container)
{
	const struct cfb_plan *plan = b->plan;

	for (int i = -1; i < (int)plan->n; i++)
		b->child[i + 1] = NO_ENTRY;
	for (int i = -1; i < (int)plan->n; i++)
		if (i < 0 || plan->items[i].storage)
			children_join(b, i);
	entry_add(b, out, 0, b->mini.len ? container : END_OF_CHAIN, b->mini.len);
	for (uint32_t i = 0; i < plan->n; i++)
		entry_add(b, out, i + 1, plan->items[i].storage ? 0 : b->starts[i],
			  plan->items[i].bytes.len);
	while (out->len % b->sector != 0) {
		for (size_t k = 0; k < 68; k++)
			buffer_char(out, 0);
		for (size_t k = 0; k < 3; k++)
			buffer_u32le(out, NO_ENTRY);
		for (size_t k = 80; k < 128; k++)
			buffer_char(out, 0);
	}
}

static void head_make(struct build *b, struct buffer *out, const struct cfb_built *w,
		      uint32_t n_fat, uint32_t n_difat)
{
	uint32_t fat = b->n, difat = b->n + n_fat;

	buffer_add(out, SPAN_LITERAL("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"));
	for (size_t i = 0; i < 16; i++)
		buffer_char(out, 0);
	buffer_u16le(out, 0x3e);
	buffer_u16le(out, b->plan->large ? 4 : 3);
	buffer_u16le(out, 0xfffe);
	buffer_u16le(out, b->plan->large ? 12 : 9);
	buffer_u16le(out, 6);
	for (size_t i = 0; i < 6; i++)
		buffer_char(out, 0);
	buffer_u32le(out, b->plan->large ? 1 : 0);
	buffer_u32le(out, n_fat);
	buffer_u32le(out, w->directory_first);
	buffer_u32le(out, 0);
	buffer_u32le(out, CUTOFF);
	buffer_u32le(out, w->minifat_first);
	buffer_u32le(out, (uint32_t)((b->minifat.len + b->sector - 1) / b->sector));
	buffer_u32le(out, n_difat ? place(b, difat) : END_OF_CHAIN);
	buffer_u32le(out, n_difat);
	for (uint32_t i = 0; i < IN_HEAD; i++)
		buffer_u32le(out, i < n_fat ? place(b, fat + i) : FREE_SECTOR);
	pad(out, b->sector);
}

/* The sectors of FAT and DIFAT, behind all others. */
static void tables_add(struct build *b, uint32_t n_fat, uint32_t n_difat)
{
	size_t each = b->sector / 4;
	uint32_t fat = b->n, next = IN_HEAD;
	struct buffer by_place = BUFFER_INIT;

	for (uint32_t i = 0; i < n_fat + n_difat; i++)
		buffer_u32le(&b->fat, i < n_fat ? FAT_SECTOR : DIFAT_SECTOR);
	/* What was noted in order of use goes to where the sector is put. */
	for (size_t i = 0; i < n_fat * each; i++)
		buffer_u32le(&by_place, FREE_SECTOR);
	for (uint32_t i = 0; i < b->total; i++)
		memcpy(by_place.bytes + (size_t)place(b, i) * 4, b->fat.bytes + (size_t)i * 4,
		       4);
	buffer_add(&b->body, buffer_span(&by_place));
	buffer_free(&by_place);
	for (uint32_t i = 0; i < n_difat; i++) {
		for (size_t k = 0; k + 1 < each; k++, next++)
			buffer_u32le(&b->body,
				     next < n_fat ? place(b, fat + next) : FREE_SECTOR);
		buffer_u32le(&b->body,
			     i + 1 < n_difat ? place(b, fat + n_fat + i + 1) : END_OF_CHAIN);
	}
}

static void spare_add(struct build *b)
{
	for (uint32_t i = 0; i < b->plan->spare; i++) {
		for (size_t k = 0; k < b->sector; k++)
			buffer_char(&b->body, ' ');
		buffer_u32le(&b->fat, FREE_SECTOR);
		b->n++;
	}
}

/* All sectors where they belong. */
static void sectors_write(struct build *b, struct buffer *out)
{
	size_t base = out->len;

	buffer_add(out, buffer_span(&b->body));
	if (buffer_status(out) != STATUS_OK || buffer_status(&b->body) != STATUS_OK)
		return;
	for (uint32_t i = 0; i < b->total; i++)
		memcpy(out->bytes + base + (size_t)place(b, i) * b->sector,
		       b->body.bytes + (size_t)i * b->sector, b->sector);
}

static uint64_t sector_off(const struct build *b, uint32_t place)
{
	return (uint64_t)(place + 1) * b->sector;
}

bool cfb_build(struct buffer *out, const struct cfb_plan *plan, struct cfb_built *where)
{
	struct build *b = calloc(1, sizeof(*b));
	struct buffer directory = BUFFER_INIT;
	uint32_t n_fat, n_difat, container;
	bool good;

	if (!b || plan->n > CFB_BUILD_MAX) {
		free(b);
		return false;
	}
	b->plan = plan;
	b->sector = plan->large ? 4096 : 512;
	total_count(b, &n_fat, &n_difat);
	for (size_t i = 0; i < plan->n; i++)
		if (plan->items[i].bytes.len >= CUTOFF)
			b->starts[i] = chain_add(b, plan->items[i].bytes);
		else
			b->starts[i] = mini_add(b, plan->items[i].bytes);
	spare_add(b);
	container = chain_add(b, buffer_span(&b->mini));
	while (b->minifat.len % b->sector != 0)
		buffer_u32le(&b->minifat, FREE_SECTOR);
	where->minifat_first = chain_add(b, buffer_span(&b->minifat));
	directory_make(b, &directory, container);
	where->directory_first = chain_add(b, buffer_span(&directory));
	where->minifat_off = sector_off(b, where->minifat_first);
	where->directory_off = sector_off(b, where->directory_first);
	where->fat_off = sector_off(b, place(b, b->n));
	head_make(b, out, where, n_fat, n_difat);
	tables_add(b, n_fat, n_difat);
	sectors_write(b, out);
	good = buffer_status(out) == STATUS_OK;
	buffer_free(&directory);
	buffer_free(&b->body);
	buffer_free(&b->fat);
	buffer_free(&b->mini);
	buffer_free(&b->minifat);
	free(b);
	return good;
}
