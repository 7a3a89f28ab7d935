/* SPDX-License-Identifier: MIT */
/* OCSP responses: who may answer, and for how long (RFC 6960). */
#include "tests/check.h"
#include "trust/test_status.h"

static struct pki_ocsp_wish answer_about_leaf(struct world *w)
{
	return (struct pki_ocsp_wish){ .subject = w->leaf, .issuer = w->ca };
}

static void ocsp_lay(struct world *w, const struct pki_ocsp_wish *wish)
{
	memory_store_ocsp(w->scene.store, pki_ocsp(w->pki, wish));
}

static void ocsp_revoked(struct world *w)
{
	struct pki_ocsp_wish wish = answer_about_leaf(w);

	wish.revoked = true;
	wish.when = pki_day("2026-01-01");
	wish.reason = 1;
	ocsp_lay(w, &wish);
}

static void ocsp_superseded(struct world *w)
{
	struct pki_ocsp_wish wish = answer_about_leaf(w);

	wish.revoked = true;
	wish.when = pki_day("2026-01-01");
	wish.reason = 4;
	ocsp_lay(w, &wish);
}

static void ocsp_by(struct world *w, const struct pki_certificate *responder)
{
	struct pki_ocsp_wish wish = answer_about_leaf(w);

	wish.responder = responder;
	wish.revoked = true;
	wish.when = pki_day("2026-01-01");
	wish.reason = 1;
	ocsp_lay(w, &wish);
}

static const struct pki_certificate *responder(struct world *w, const char *eku,
					       const struct pki_certificate *issuer)
{
	struct pki_wish wish = wish_signer(w->pki, "CN=Responder", 7, issuer);

	wish_extend(&wish, "extendedKeyUsage", eku);
	return pki_issue(w->pki, &wish);
}

static void ocsp_by_delegate(struct world *w)
{
	ocsp_by(w, responder(w, "OCSPSigning", w->ca));
}

static void ocsp_by_pretender(struct world *w)
{
	ocsp_by(w, responder(w, "codeSigning", w->ca));
}

static void ocsp_by_stranger(struct world *w)
{
	struct pki_wish wish = wish_root(w->pki, "CN=Stranger", 8);

	ocsp_by(w, responder(w, "OCSPSigning", pki_issue(w->pki, &wish)));
}

static void ocsp_all(struct world *w, int64_t from, int64_t until)
{
	struct pki_ocsp_wish wish = answer_about_leaf(w);

	wish.this_update = from;
	wish.next_update = until;
	ocsp_lay(w, &wish);
	wish.subject = w->ca;
	wish.issuer = w->root;
	ocsp_lay(w, &wish);
}

static void ocsp_good(struct world *w)
{
	ocsp_all(w, 0, 0);
}

static void ocsp_stale(struct world *w)
{
	ocsp_all(w, pki_day("2026-10-01"), pki_day("2026-10-08"));
}

static void ocsp_open_ended(struct world *w)
{
	ocsp_all(w, pki_day("2026-11-20"), -1);
}

static void ocsp_open_ended_old(struct world *w)
{
	ocsp_all(w, pki_day("2026-11-01"), -1);
}

static void ocsp_unreadable(struct world *w)
{
	struct pki_ocsp_wish wish = answer_about_leaf(w);
	struct span good = pki_ocsp(w->pki, &wish);

	memory_store_ocsp(w->scene.store, span_clip(good, 0, good.len - 1));
}

static const struct status_row rows[] = {
	{"revoked",		       nothing, ocsp_revoked,        "2025-06-01", PRESENT, REVOKED,     false,
         "key compromise"												 },
	{ "superseded after the stamp",   nothing, ocsp_superseded,     "2025-06-01", PRESENT,
         ANCHORED,											  false, NULL   },
	{ "by a delegate",                nothing, ocsp_by_delegate,    "2025-06-01", PRESENT, REVOKED,     false,
         NULL													     },
	{ "by a signer of programs",      nothing, ocsp_by_pretender,   "2025-06-01", PRESENT,
         ANCHORED,											  true,  NULL   },
	{ "by a stranger's delegate",     nothing, ocsp_by_stranger,    "2025-06-01", PRESENT,
         ANCHORED,											  true,  NULL   },
	{ "good, required",               nothing, ocsp_good,           NULL,         REQUIRE, ANCHORED,    false, NULL   },
	{ "stale, required",              nothing, ocsp_stale,          NULL,         REQUIRE, UNEVALUATED, true,  "stale"},
	{ "open-ended, required",         nothing, ocsp_open_ended,     NULL,         REQUIRE, ANCHORED,    false,
         NULL													     },
	{ "open-ended and old, required", nothing, ocsp_open_ended_old, NULL,         REQUIRE,
         UNEVALUATED,										       true,  NULL   },
	{ "cut short",                    nothing, ocsp_unreadable,     NULL,         PRESENT, ANCHORED,    true,  NULL   },
};

int main(void)
{
	struct pki *pki = pki_new();

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *wrong = status_row_wrong(pki, &rows[i]);

		CHECK(!wrong, "%s%s%s", rows[i].name, wrong ? ": " : "", wrong ? wrong : "");
	}
	pki_free(pki);
	return CHECK_DONE();
}
