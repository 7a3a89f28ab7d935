/* SPDX-License-Identifier: MIT */
#include "tests/forge/sets.h"

#include "tests/forge/macho.h"
#include "tests/forge/package.h"
#include "tests/forge/signing.h"
#include "tests/forge/traps.h"
#include <limits.h>
#include <stdio.h>

#define MANY          256
#define MANY_BYTES    (4U << 20)
#define BIG_BYTES     100000000U
#define MACHO_BYTES   200000000U
#define SMALL_BYTES   16384U
#define SMALL_ANCHORS 500
#define CATALOGS      5000U
#define MEMBERS       100U /* of each catalog */
#define AT_ONCE       200U
#define LISTED        250U /* files that the first catalogs list, one each */

void forge_write(const char *folder, const char *name, struct span bytes)
{
	char path[PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	if (!file || fwrite(bytes.ptr, 1, bytes.len, file) != bytes.len || fclose(file) != 0)
		forge_fail(path);
}

static void anchors_write(struct forge *f, const char *folder)
{
	CLEANUP(buffer_free) struct buffer pem = BUFFER_INIT;

	forge_anchors(f, &pem);
	forge_write(folder, "root.pem", buffer_span(&pem));
}

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

/* truth.tsv: what a correct verifier says of each. */
void forge_set_traps(struct forge *f, const char *folder)
{
	CLEANUP(buffer_free) struct buffer truth = BUFFER_INIT, file = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer pem = BUFFER_INIT;
	char name[128];

	buffer_text(&truth, "file\tverdict\talso\tbinding\tsignature\ttrust\tat\tpadding\t"
			    "findings\n");
	for (size_t i = 0; i < n_forge_trap_tables; i++)
		for (size_t k = 0; k < forge_trap_tables[i]->n; k++) {
			const struct forge_trap *t = &forge_trap_tables[i]->traps[k];

			(void)snprintf(name, sizeof(name), "%s.exe", t->name);
			forge_trap_make(f, t, &file);
			forge_write(folder, name, buffer_span(&file));
			buffer_printf(&truth, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name,
				      t->verdict, or_dash(t->also), or_dash(t->binding),
				      or_dash(t->signature), or_dash(t->trust),
				      t->at ? t->at : FORGE_AT,
				      t->padding_reject ? "reject" : "accept",
				      or_dash(t->findings));
		}
	forge_anchors(f, &pem);
	forge_crl(f, &pem);
	forge_write(folder, "root.pem", buffer_span(&pem));
	forge_write(folder, "truth.tsv", buffer_span(&truth));
}

static const struct forge_signature stamped = {
	.program_name = "Honest program",
	.stamps = { { .kind = STAMP_RFC3161, .time = "2025-06-01T12:00:00Z" } },
};

void forge_set_demo(struct forge *f, const char *folder)
{
	CLEANUP(buffer_free) struct buffer good = BUFFER_INIT, other = BUFFER_INIT;
	const struct forge_program program = { .section_size = 20000, .seed = 1 };
	const struct forge_program unsigned_program = { .section_size = 15000, .seed = 2 };

	forge_program_make(&program, &good);
	forge_sign(f, &stamped, &good);
	forge_write(folder, "good.exe", buffer_span(&good));
	forge_copy(&other, &good);
	forge_put(&other, 0x1000, 1, forge_get(&other, 0x1000, 1) ^ 1);
	forge_write(folder, "patched.exe", buffer_span(&other));
	forge_program_make(&unsigned_program, &other);
	forge_write(folder, "unsigned.exe", buffer_span(&other));
	forge_graft(&other, &good);
	forge_write(folder, "copied.exe", buffer_span(&other));
	anchors_write(f, folder);
}

void forge_set_big(struct forge *f, const char *folder)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const struct forge_program program = { .n_sections = 4,
					       .section_size = BIG_BYTES / 4,
					       .seed = 3 };

	forge_program_make(&program, &file);
	forge_sign(f, &stamped, &file);
	forge_write(folder, "big.exe", buffer_span(&file));
	anchors_write(f, folder);
}

void forge_set_macho(struct forge *f, const char *folder)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const struct forge_macho program = { .text_pages = MACHO_BYTES / MACHO_PAGE,
					     .seed = 4 };
	const struct forge_code code = { .identifier = "org.example.big" };
	const struct forge_apple by = { .agility = true };

	forge_macho_make(&program, &file);
	forge_macho_sign_by(f, &code, &by, &file);
	forge_write(folder, "big", buffer_span(&file));
	anchors_write(f, folder);
}

void forge_set_many(struct forge *f, const char *folder)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	char name[16];

	for (unsigned i = 0; i < MANY; i++) {
		const struct forge_program program = { .n_sections = 2,
						       .section_size = MANY_BYTES / 2,
						       .seed = 1000 + i };

		forge_program_make(&program, &file);
		forge_sign(f, &stamped, &file);
		(void)snprintf(name, sizeof(name), "%03u.exe", i);
		forge_write(folder, name, buffer_span(&file));
	}
	anchors_write(f, folder);
}

/* Roots that nobody uses; a third of them RSA, as in a real root list. */
static void strange_roots(struct forge *f, struct buffer *pem)
{
	struct pki *pki = forge_pki(f);
	char subject[64];

	for (unsigned i = 0; i < SMALL_ANCHORS; i++) {
		const struct pki_wish wish = {
			.subject = subject,
			.key = pki_key(pki, i % 2 ? PKI_P256 : PKI_RSA_2048, 100 + i % 4),
			.extensions = {{ "basicConstraints", "critical,CA:TRUE" },
                                       { "keyUsage", "critical,keyCertSign,cRLSign" },
                                       { "subjectKeyIdentifier", "hash" }},
		};

		(void)snprintf(subject, sizeof(subject), "C=XX/O=Roots of the World/CN=Root %u",
			       i);
		forge_pem("CERTIFICATE", pki_issue(pki, &wish)->der, pem);
	}
}

void forge_set_small(struct forge *f, const char *folder)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT, pem = BUFFER_INIT;
	const struct forge_program program = { .section_size = SMALL_BYTES, .seed = 4 };

	forge_program_make(&program, &file);
	forge_sign(f, &stamped, &file);
	forge_write(folder, "small.exe", buffer_span(&file));
	forge_program_make(&(const struct forge_program){ .seed = 5 }, &file);
	forge_write(folder, "tiny.exe", buffer_span(&file));
	anchors_write(f, folder);
	forge_anchors(f, &pem);
	strange_roots(f, &pem);
	forge_write(folder, "anchors.pem", buffer_span(&pem));
}

/* Catalog @i, and if @listed one of the files that it lists. */
static void catalog_write(struct forge *f, const char *folder, unsigned i, bool listed)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const struct forge_signature wish = { 0 };
	struct forge_digest digests[MEMBERS];
	struct forge_member members[MEMBERS];
	char name[32], text[64];

	for (unsigned k = 0; k < MEMBERS; k++) {
		int len = snprintf(text, sizeof(text), "print(%u, %u)\n", i, k);
		struct span bytes = { (const uint8_t *)text, (size_t)len };

		digests[k] = forge_digest_of("SHA256", &bytes, 1);
		members[k] = (struct forge_member){ .digest = forge_digest_span(&digests[k]) };
		(void)snprintf(name, sizeof(name), "%04u.script", i);
		if (listed && k == MEMBERS / 2)
			forge_write(folder, name, bytes);
	}
	forge_catalog_make(f, &wish, members, MEMBERS, &file);
	(void)snprintf(name, sizeof(name), "%04u.cat", i);
	forge_write(folder, name, buffer_span(&file));
}

/* Catalogs as many as Windows has, and files that some of them list. */
void forge_set_catalogs(struct forge *f, const char *folder)
{
	anchors_write(f, folder);
	/* A forge keeps all that it makes: some hundred are enough for one. */
	for (unsigned i = 0; i < CATALOGS;) {
		struct forge *another = forge_new();

		do
			catalog_write(another, folder, i, i % (CATALOGS / LISTED) == 0);
		while (++i % AT_ONCE != 0);
		forge_free(another);
	}
}
