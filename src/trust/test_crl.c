/* SPDX-License-Identifier: MIT */
/* Revocation lists: which count, and for which signatures (RFC 5280 6.3). */
#include "tests/check.h"
#include "trust/test_status.h"

#define POINT       "http://crl.example.org/a.crl"
#define OTHER_POINT "http://crl.example.org/b.crl"

static void crl_lay(struct world *w)
{
	memory_store_crl(w->scene.store, pki_crl(w->pki, &w->crl));
}

static void crl_list(struct world *w, const struct pki_certificate *c, const char *when,
		     int reason)
{
	w->crl.revoked[0] = (struct pki_revoked){ .certificate = c,
						  .when = pki_day(when),
						  .reason = reason };
}

static void compromised(struct world *w)
{
	crl_list(w, w->leaf, "2026-01-01", 1);
	crl_lay(w);
}

static void superseded(struct world *w)
{
	crl_list(w, w->leaf, "2026-01-01", 4);
	crl_lay(w);
}

static void superseded_early(struct world *w)
{
	crl_list(w, w->leaf, "2024-01-01", 4);
	crl_lay(w);
}

static void no_reason(struct world *w)
{
	crl_list(w, w->leaf, "2026-01-01", -1);
	crl_lay(w);
}

static void invalid_since_2024(struct world *w)
{
	crl_list(w, w->leaf, "2026-01-01", 4);
	w->crl.revoked[0].invalidity = pki_day("2024-01-01");
	crl_lay(w);
}

static void invalid_since_2026(struct world *w)
{
	crl_list(w, w->leaf, "2026-01-01", 4);
	w->crl.revoked[0].invalidity = pki_day("2025-12-01");
	crl_lay(w);
}

static void held(struct world *w)
{
	crl_list(w, w->leaf, "2024-01-01", 6);
	crl_lay(w);
}

static void held_then_freed(struct world *w)
{
	held(w);
	w->crl.revoked[0].certificate = NULL;
	w->crl.this_update = pki_day("2026-11-10");
	w->crl.revoked[0] =
		(struct pki_revoked){ .certificate = w->ca, .when = 1, .reason = 4 };
	crl_lay(w);
}

static void freed_then_held(struct world *w)
{
	held_then_freed(w);
	w->crl.this_update = pki_day("2026-11-20");
	held(w);
}

static void held_then_removed(struct world *w)
{
	held(w);
	w->crl.this_update = pki_day("2026-11-10");
	w->crl.extensions[0] = (struct pki_extension){ "2.5.29.27", "critical,DER:020101" };
	w->crl.revoked[0].reason = 8;
	crl_lay(w);
}

static void compromised_then_absent(struct world *w)
{
	compromised(w);
	w->crl.this_update = pki_day("2026-11-10");
	w->crl.revoked[0] = (struct pki_revoked){ 0 };
	crl_lay(w);
}

static void authority_compromised(struct world *w)
{
	w->crl.issuer = w->root;
	crl_list(w, w->ca, "2026-01-01", 2);
	crl_lay(w);
}

static void forged(struct world *w)
{
	w->crl.signing_key = pki_key(w->pki, PKI_P256, 9);
	compromised(w);
}

static void forged_empty(struct world *w)
{
	w->crl.signing_key = pki_key(w->pki, PKI_P256, 9);
	crl_lay(w);
}

static void stale(struct world *w)
{
	w->crl.this_update = pki_day("2026-01-01");
	w->crl.next_update = pki_day("2026-02-01");
}

static void stale_empty(struct world *w)
{
	stale(w);
	crl_lay(w);
}

static void stale_compromised(struct world *w)
{
	stale(w);
	compromised(w);
}

static void without_next_update(struct world *w)
{
	w->crl.next_update = -1;
	crl_lay(w);
}

static void of_the_future(struct world *w)
{
	w->crl.this_update = pki_day("2027-01-01");
	w->crl.next_update = pki_day("2027-02-01");
	compromised(w);
}

static void unreadable(struct world *w)
{
	struct span good;

	crl_list(w, w->leaf, "2026-01-01", 1);
	good = pki_crl(w->pki, &w->crl);
	memory_store_crl(w->scene.store, span_clip(good, 0, good.len - 1));
}

static void unknown_critical(struct world *w)
{
	w->crl.extensions[0] = (struct pki_extension){ "1.2.3.4", "critical,DER:0500" };
	compromised(w);
}

static void fresh_for_leaf(struct world *w)
{
	crl_lay(w);
}

static void fresh_for_all(struct world *w)
{
	crl_lay(w);
	w->crl.issuer = w->root;
	crl_lay(w);
}

static void fresh_deltas(struct world *w)
{
	w->crl.extensions[0] = (struct pki_extension){ "2.5.29.27", "critical,DER:020101" };
	fresh_for_all(w);
}

static void scope(struct world *w, const char *config)
{
	w->crl.extensions[0] =
		(struct pki_extension){ "issuingDistributionPoint", "critical,@scope" };
	w->crl.config = config;
}

static void fresh_for_some_reasons(struct world *w)
{
	scope(w, "[scope]\nonlysomereasons=keyCompromise\n");
	fresh_for_all(w);
}

static void authorities_only(struct world *w)
{
	scope(w, "[scope]\nonlyCA=TRUE\n");
	compromised(w);
}

static void users_only(struct world *w)
{
	scope(w, "[scope]\nonlyuser=TRUE\n");
	compromised(w);
}

static void attributes_only(struct world *w)
{
	scope(w, "[scope]\nonlyAA=TRUE\n");
	compromised(w);
}

static void its_point(struct world *w)
{
	scope(w, "[scope]\nfullname=URI:" POINT "\n");
	compromised(w);
}

static void another_point(struct world *w)
{
	scope(w, "[scope]\nfullname=URI:" OTHER_POINT "\n");
	compromised(w);
}

static const struct pki_certificate *lister(struct world *w, const char *subject,
					    const char *usage, unsigned signer)
{
	struct pki_wish wish = wish_authority(w->pki, subject, 5, w->root);

	wish_extend(&wish, "basicConstraints", "CA:FALSE");
	wish_extend(&wish, "keyUsage", usage);
	if (signer)
		wish.signing_key = pki_key(w->pki, PKI_P256, signer);
	return pki_issue(w->pki, &wish);
}

static void listed_by(struct world *w, const struct pki_certificate *signer)
{
	w->crl.issuer = signer;
	scene_embed(&w->scene, signer->der);
	compromised(w);
}

static void new_key_of_authority(struct world *w)
{
	listed_by(w, lister(w, "O=Assay Test/CN=Test CA", "critical,cRLSign", 0));
}

static void new_key_not_for_lists(struct world *w)
{
	listed_by(w, lister(w, "O=Assay Test/CN=Test CA", "critical,digitalSignature", 0));
}

static void new_key_uncertified(struct world *w)
{
	listed_by(w, lister(w, "O=Assay Test/CN=Test CA", "critical,cRLSign", 9));
}

static void indirect(struct world *w)
{
	scope(w, "[scope]\nindirectCRL=TRUE\n");
	w->crl.issuer = lister(w, "O=Assay Test/CN=Lister", "critical,cRLSign", 0);
	scene_embed(&w->scene, w->crl.issuer->der);
}

static void indirect_listed(struct world *w)
{
	indirect(w);
	crl_list(w, w->leaf, "2026-01-01", 1);
	w->crl.revoked[0].issuer_of = w->leaf;
	crl_lay(w);
}

static void indirect_listed_for_another(struct world *w)
{
	indirect(w);
	crl_list(w, w->leaf, "2026-01-01", 1);
	w->crl.revoked[0].issuer_of = w->ca;
	crl_lay(w);
}

static void indirect_unnamed(struct world *w)
{
	indirect_listed(w);
	w->scene.policy.revocation = TRUST_REVOCATION_REQUIRE;
}

static void wrong_key_id(struct world *w)
{
	struct pki_certificate other = *w->ca;
	struct pki_wish wish = w->ca_wish;

	wish.key = pki_key(w->pki, PKI_P256, 6);
	other.x509 = pki_issue(w->pki, &wish)->x509;
	w->crl.issuer = &other;
	w->crl.extensions[0] = (struct pki_extension){ "authorityKeyIdentifier", "keyid" };
	compromised(w);
}

/* Before the certificates are made. */
static void leaf_has_point(struct world *w)
{
	wish_extend(&w->leaf_wish, "crlDistributionPoints", "URI:" POINT);
}

static void leaf_has_lister(struct world *w)
{
	wish_extend(&w->leaf_wish, "crlDistributionPoints", "point");
	w->leaf_wish.config = "[point]\nfullname=URI:" POINT
			      "\nCRLissuer=dirName:lister\n[lister]\nO=Assay Test\nCN=Lister\n";
}

static void authority_lists_not(struct world *w)
{
	wish_extend(&w->ca_wish, "keyUsage", "critical,keyCertSign");
}

static const struct status_row rows[] = {
	{"nothing laid down",                   nothing,             nothing,                     NULL,         PRESENT, ANCHORED,    false, NULL                                                      },
	{ "nothing laid down, required",        nothing,             nothing,                     NULL,         REQUIRE, UNEVALUATED, false,
         "no fresh answer says that 'Test Signer'"																		     },
	{ "compromise, stamped earlier",        nothing,             compromised,                 "2025-06-01", PRESENT, REVOKED,
         false,															      "'Test Signer' was revoked on 2026-01-01 (key compromise)"},
	{ "compromise, mode off",               nothing,             compromised,                 "2025-06-01", OFF,     ANCHORED,    false,
         NULL																							  },
	{ "superseded after the stamp",         nothing,             superseded,                  "2025-06-01", PRESENT, ANCHORED,
         false,															      NULL						      },
	{ "superseded, no stamp",               nothing,             superseded,                  NULL,         PRESENT, REVOKED,     false,
         "superseded"																						  },
	{ "superseded before the stamp",        nothing,             superseded_early,            "2025-06-01", PRESENT,
         REVOKED,														     false, NULL						      },
	{ "no reason, no stamp",                nothing,             no_reason,                   NULL,         PRESENT, REVOKED,     false, NULL                                                      },
	{ "no reason, stamped earlier",         nothing,             no_reason,                   "2025-06-01", PRESENT, ANCHORED,
         false,															      NULL						      },
	{ "invalid before the stamp",           nothing,             invalid_since_2024,          "2025-06-01", PRESENT,
         REVOKED,														     false, NULL						      },
	{ "invalid after the stamp",            nothing,             invalid_since_2026,          "2025-06-01", PRESENT,
         ANCHORED,														    false, NULL						      },
	{ "on hold",			    nothing,             held,                        "2025-06-01", PRESENT, REVOKED,     false, "on hold"                                                 },
	{ "no longer on hold",                  nothing,             held_then_freed,             "2025-06-01", PRESENT, ANCHORED,    false,
         NULL																							  },
	{ "on hold again",                      nothing,             freed_then_held,             "2025-06-01", PRESENT, REVOKED,     false,
         NULL																							  },
	{ "hold removed by a delta",            nothing,             held_then_removed,           "2025-06-01", PRESENT,
         ANCHORED,														    false, NULL						      },
	{ "a compromise does not go away",      nothing,             compromised_then_absent,     "2025-06-01",
         PRESENT,													REVOKED,     false, NULL						      },
	{ "authority compromised",              nothing,             authority_compromised,       "2025-06-01", PRESENT,
         REVOKED,														     false, "'Test CA' was revoked"                                   },
	{ "forged list",                        nothing,             forged,                      NULL,         PRESENT, ANCHORED,    true,  NULL                                                      },
	{ "forged list, required",              nothing,             forged,                      NULL,         REQUIRE, UNEVALUATED, true,
         "signature does not hold"																				     },
	{ "forged empty list, required",        nothing,             forged_empty,                NULL,         REQUIRE, UNEVALUATED,
         true,															       NULL						      },
	{ "stale list, required",               nothing,             stale_empty,                 NULL,         REQUIRE, UNEVALUATED, true,
         "stale"																						       },
	{ "stale list that revokes",            nothing,             stale_compromised,           NULL,         PRESENT, REVOKED,     false,
         NULL																							  },
	{ "list without an end, required",      nothing,             without_next_update,         NULL,         REQUIRE,
         UNEVALUATED,														 true,  NULL						      },
	{ "list of the future",                 nothing,             of_the_future,               NULL,         PRESENT, ANCHORED,    true,  NULL                                                      },
	{ "list cut short",                     nothing,             unreadable,                  NULL,         PRESENT, ANCHORED,    true,  NULL                                                      },
	{ "unknown critical extension",         nothing,             unknown_critical,            NULL,         PRESENT, ANCHORED,
         true,															       NULL						      },
	{ "fresh for the leaf alone, required", nothing,             fresh_for_leaf,              NULL,         REQUIRE,
         UNEVALUATED,														 false, "'Test CA'"					       },
	{ "fresh for all, required",            nothing,             fresh_for_all,               NULL,         REQUIRE, ANCHORED,    false,
         NULL																							  },
	{ "deltas alone, required",             nothing,             fresh_deltas,                NULL,         REQUIRE, UNEVALUATED, false,
         NULL																							  },
	{ "some reasons, required",             nothing,             fresh_for_some_reasons,      NULL,         REQUIRE, UNEVALUATED,
         false,															      NULL						      },
	{ "list about authorities",             nothing,             authorities_only,            NULL,         PRESENT, ANCHORED,    false,
         NULL																							  },
	{ "list about users",                   nothing,             users_only,                  NULL,         PRESENT, REVOKED,     false, NULL                                                      },
	{ "list about attributes",              nothing,             attributes_only,             NULL,         PRESENT, ANCHORED,    false,
         NULL																							  },
	{ "list of its point",                  leaf_has_point,      its_point,                   NULL,         PRESENT, REVOKED,     false, NULL                                                      },
	{ "list of another point",              leaf_has_point,      another_point,               NULL,         PRESENT, ANCHORED,
         false,															      NULL						      },
	{ "list of a point, none named",        nothing,             its_point,                   NULL,         PRESENT, ANCHORED,    false,
         NULL																							  },
	{ "new key of the authority",           nothing,             new_key_of_authority,        NULL,         PRESENT, REVOKED,
         false,															      NULL						      },
	{ "new key, not for lists",             nothing,             new_key_not_for_lists,       NULL,         PRESENT, ANCHORED,
         true,															       NULL						      },
	{ "new key, uncertified",               nothing,             new_key_uncertified,         NULL,         PRESENT, ANCHORED,    true,
         NULL																							  },
	{ "authority that may not list",        authority_lists_not, compromised,                 NULL,         PRESENT,
         ANCHORED,														    true,  NULL						      },
	{ "key identifier of another key",      nothing,             wrong_key_id,                NULL,         PRESENT, ANCHORED,    true,
         NULL																							  },
	{ "indirect list",                      leaf_has_lister,     indirect_listed,             NULL,         PRESENT, REVOKED,     false,
         NULL																							  },
	{ "indirect list about another",        leaf_has_lister,     indirect_listed_for_another, NULL,
         PRESENT,													ANCHORED,    false, NULL						      },
	{ "indirect list that nobody named",    nothing,             indirect_unnamed,            NULL,         REQUIRE,
         UNEVALUATED,														 false, NULL						      },
};

/* An answer that rests on a fresh list holds no longer than the list. */
static void freshness_check(struct pki *pki)
{
	struct world w;

	world_make(&w, pki, nothing, false);
	fresh_for_all(&w);
	w.scene.policy.revocation = REQUIRE;
	scene_judge(&w.scene, w.leaf->der);
	CHECK(w.scene.answer.holds_from == pki_day("2026-11-01") &&
		      w.scene.answer.holds_until == pki_day("2026-12-01"),
	      "fresh from thisUpdate to nextUpdate");
	w.scene.policy.now = w.scene.q.time = pki_day("2026-12-01") + 1;
	scene_judge(&w.scene, w.leaf->der);
	CHECK(w.scene.answer.trust == UNEVALUATED, "a second later it is stale");
	scene_end(&w.scene);
}

static void timestamp_check(struct pki *pki)
{
	struct world w;

	world_make(&w, pki, nothing, true);
	w.scene.q.purpose = TRUST_PURPOSE_TIMESTAMP;
	w.scene.q.time = pki_day("2025-06-01");
	scene_judge(&w.scene, w.leaf->der);
	CHECK(w.scene.answer.trust == ANCHORED, "a timestamp service");
	compromised(&w);
	scene_judge(&w.scene, w.leaf->der);
	CHECK(w.scene.answer.trust == REVOKED, "a timestamp service whose key is compromised");
	scene_end(&w.scene);
}

int main(void)
{
	struct pki *pki = pki_new();

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *wrong = status_row_wrong(pki, &rows[i]);

		CHECK(!wrong, "%s%s%s", rows[i].name, wrong ? ": " : "", wrong ? wrong : "");
	}
	freshness_check(pki);
	timestamp_check(pki);
	pki_free(pki);
	return CHECK_DONE();
}
