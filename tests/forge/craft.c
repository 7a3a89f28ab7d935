/* SPDX-License-Identifier: MIT */
#include "tests/forge/craft.h"

#include "base/base64.h"
#include "tests/forge/signing.h"
#include <stdlib.h>

#define ED25519_BYTES 32
#define KEY_NUMBER    "\1\2\3\4\5\6\7\x08"

const struct craft_table *const craft_tables[] = { &crafts_linux,    &crafts_beside,
						   &crafts_apple,    &crafts_windows,
						   &crafts_archives, &crafts_android };
const size_t n_craft_tables = COUNT_OF(craft_tables);

const struct craft *craft_find(const char *name)
{
	for (size_t i = 0; i < n_craft_tables; i++)
		for (size_t k = 0; k < craft_tables[i]->n; k++)
			if (strcmp(craft_tables[i]->crafts[k].name, name) == 0)
				return &craft_tables[i]->crafts[k];
	return NULL;
}

void craft_file_free(struct craft_file *f)
{
	buffer_free(&f->file);
	buffer_free(&f->beside);
}

void craft_shop_open(struct craft_shop *shop, struct forge *f)
{
	uint8_t seed[ED25519_BYTES];

	memset(seed, 'k', sizeof(seed));
	*shop = (struct craft_shop){ .forge = f };
	shop->pgp[CRAFT_RSA] = pgp_maker(4, OPENPGP_RSA, 1);
	shop->pgp[CRAFT_EDDSA] = pgp_maker(4, OPENPGP_EDDSA, 2);
	shop->ed25519 =
		EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
	if (!shop->ed25519)
		forge_fail("a key");
}

void craft_shop_close(struct craft_shop *shop)
{
	for (size_t i = 0; i < CRAFT_SIGNERS; i++)
		pgp_maker_free(&shop->pgp[i]);
	EVP_PKEY_free(shop->ed25519);
}

static void minisign_anchor(struct craft_shop *shop, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer key = BUFFER_INIT;
	uint8_t open[ED25519_BYTES];
	size_t n = sizeof(open);

	if (EVP_PKEY_get_raw_public_key(shop->ed25519, open, &n) != 1)
		forge_fail("a key");
	buffer_text(&key, "Ed" KEY_NUMBER);
	buffer_add(&key, SPAN_OF(open));
	buffer_text(out, "untrusted comment: key\n");
	base64_encode(out, buffer_span(&key));
	buffer_char(out, '\n');
}

void craft_anchors(struct craft_shop *shop, struct buffer out[CRAFT_ANCHORS])
{
	const struct pki_certificate *good = forge_identity(shop->forge, "good");

	forge_anchors(shop->forge, &out[0]);
	/* Whoever signs without a chain is known himself, or by his key. */
	forge_pem("CERTIFICATE", good->der, &out[0]);
	forge_pem("PUBLIC KEY", forge_public_key(shop->forge, good), &out[0]);
	for (size_t i = 0; i < CRAFT_SIGNERS; i++)
		pgp_certificate(&out[1], &shop->pgp[i], NULL);
	minisign_anchor(shop, &out[2]);
}

void craft_text_ending(struct buffer *out, unsigned number, unsigned lines, const char *end)
{
	for (unsigned i = 0; i < lines; i++)
		buffer_printf(out, "line %u of file %u, which says %u%s", i, number,
			      (number + 1) * 7919U + i * 104729U, end);
}

void craft_text(struct buffer *out, unsigned number, unsigned lines)
{
	craft_text_ending(out, number, lines, "\r\n");
}

void craft_turn(struct buffer *file, struct range where, uint64_t seed)
{
	size_t at = (size_t)(where.off + (seed + 1) * UINT64_C(2654435761) % where.len);

	if (at < file->len)
		file->bytes[at] = (char)(file->bytes[at] ^ 1);
}

void craft_copy(struct craft_file *out, const struct craft_file *from)
{
	buffer_add(&out->file, buffer_span(&from->file));
	buffer_add(&out->beside, buffer_span(&from->beside));
	out->row = from->row;
}

CRAFT_MAKE(flip)
{
	struct range where = cell->craft->content(&cell->donor->file);

	if (where.len == 0 || where.off + where.len > cell->donor->file.len)
		return "nothing that could be changed";
	craft_copy(out, cell->donor);
	craft_turn(&out->file, where, cell->seed);
	return NULL;
}

CRAFT_MAKE(behind)
{
	craft_copy(out, cell->donor);
	buffer_printf(&out->file, "%llu more behind it\r\n", (unsigned long long)cell->seed);
	return NULL;
}

CRAFT_MAKE(beside)
{
	buffer_add(&out->file, buffer_span(&cell->host->file));
	buffer_add(&out->beside, buffer_span(&cell->donor->beside));
	out->row = cell->donor->row;
	return NULL;
}
