/* SPDX-License-Identifier: MIT */
/* Anchors as others publish them: how many each file gives, and for what. */
#include "tests/check.h"
#include "tests/corpus.h"
#include "trust/trust.h"
#include <stdio.h>

int main(void)
{
	static struct arena arena = ARENA_INIT((size_t)512 << 20);
	static const struct {
		const char *name;
		size_t n, sets;
	} rows[] = {
		{"registry-roots.pem",                      150, TRUST_MS_CODE },
		{ "legacy-roots.pem",                       20,  TRUST_MS_CODE },
		{ "secure-boot-anchors.pem",                5,   TRUST_UEFI    },
		{ "assay-test-ica.crl.pem",                 0,   TRUST_MS_CODE },
		{ "apple-roots.pem",                        4,   TRUST_APPLE   },
		{ "registry-roots.pem",                     0,   TRUST_APPLE   },
		{ "debian-archive-bookworm.gpg",            2,   TRUST_OPENPGP },
		{ "rocky-9.gpg",                            1,   TRUST_OPENPGP },
		{ "ubuntu-archive-2012.gpg",                1,   TRUST_OPENPGP },
		{ "assay-test-openpgp.gpg",                 1,   TRUST_ALL_SETS},
		{ "assay-test-minisign.pub",                1,   TRUST_SIGNIFY },
		{ "assay-test-signify.pub",                 1,   TRUST_MINISIGN},
		{ "sigstore-public-good-trusted-root.json", 1,   TRUST_ALL_SETS},
		{ "",				       207, TRUST_MS_CODE },
	};
	const char *home = corpus_folder();

	if (!home) {
		CHECK(1, "published anchors # SKIP no corpus");
		return CHECK_DONE();
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *path = arena_printf(&arena, "%s/anchors/%s", home, rows[i].name);
		struct trust_source run = { .path = path, .sets = 0 };
		struct trust_store *s = NULL;
		const char *problem = NULL;
		enum status status = trust_open(
			&arena, &(struct trust_sources){ NULL, 0, &run, 1 }, &s, &problem);
		size_t n = s ? trust_count(s, (unsigned)rows[i].sets) : 0;

		CHECK(status == STATUS_OK && n == rows[i].n,
		      "anchors/%s gives %zu anchors (%zu)%s%s", rows[i].name, rows[i].n, n,
		      problem ? ": " : "", problem ? problem : "");
		trust_close(s);
	}
	arena_free(&arena);
	return CHECK_DONE();
}
