/* SPDX-License-Identifier: MIT */
/* Any bytes as a certificate: whatever is read of them must hold together. */
#include "base/escape.h"
#include "base/utf8.h"
#include "crypto/x509.h"
#include "fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Text for people is UTF-8 without anything that hides. */
static void text_must_be_clean(const char *text)
{
	MUST(text != NULL);
	MUST(utf8_valid(SPAN_TEXT(text)));
	for (uint64_t at = 0; text[at] != '\0';) {
		struct utf8_char c = utf8_at(SPAN_TEXT(text), at);

		MUST(!escape_hides(c.code));
		at += c.len;
	}
}

static void names_must_hold(struct span name)
{
	struct arena a = ARENA_INIT(1 << 20);

	text_must_be_clean(name_text(&a, name));
	text_must_be_clean(name_short(&a, name));
	MUST(name_equal(name, name));
	arena_free(&a);
}

static void key_must_hold(const struct certificate *c)
{
	const struct public_key *k = &c->key;
	struct public_key again;

	must_lie_in(c->tbs, k->spki);
	must_lie_in(k->spki, k->bits);
	must_lie_in(k->spki, k->parameters);
	must_lie_in(k->bits, k->modulus);
	must_lie_in(k->bits, k->exponent);
	must_lie_in(k->bits, k->point);
	(void)!public_key_read(k->spki, &again);
	MUST(again.type == k->type && again.curve == k->curve && again.n_bits == k->n_bits);
	MUST(!(k->explicit_curve || k->implicit_curve) || k->curve == CURVE_NONE);
}

static void extensions_must_hold(const struct certificate *c)
{
	struct span value;
	bool critical;

	must_lie_in(c->tbs, c->extensions);
	must_lie_in(c->extensions, c->eku);
	must_lie_in(c->extensions, c->subject_key_id);
	must_lie_in(c->extensions, c->authority_key_id);
	must_lie_in(c->extensions, c->name_constraints);
	must_lie_in(c->extensions, c->critical_unknown);
	MUST(!c->is_ca || c->has_basic_constraints);
	if (c->critical_unknown.len) {
		MUST(certificate_extension(c, c->critical_unknown, &value, &critical));
		must_lie_in(c->extensions, value);
	}
	(void)certificate_has_eku(c, EKU_CODE_SIGNING);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = { data, size }, rest;
	struct certificate c, again;
	enum signature_result own;

	if (certificate_read(in, &c, &rest) != STATUS_OK) {
		names_must_hold(in);
		return 0;
	}
	MUST(c.der.len + rest.len == size && span_equal(c.der, span_clip(in, 0, c.der.len)));
	must_lie_in(c.der, c.tbs);
	must_lie_in(c.der, c.signature);
	must_lie_in(c.tbs, c.issuer);
	must_lie_in(c.tbs, c.subject);
	must_lie_in(c.tbs, c.serial);
	MUST(certificate_read(c.der, &again, NULL) == STATUS_OK);
	MUST(memcmp(again.sha256, c.sha256, sizeof(c.sha256)) == 0 &&
	     again.not_before == c.not_before && again.malformed == c.malformed);
	names_must_hold(c.issuer);
	names_must_hold(c.subject);
	MUST(!certificate_self_issued(&c) || name_equal(c.issuer, c.subject));
	key_must_hold(&c);
	extensions_must_hold(&c);
	own = certificate_signed_by(&c, &c.key);
	MUST(own != SIGNATURE_UNKNOWN);
	MUST(own != SIGNATURE_OK || c.key.type == c.signature_algorithm.key);
	return 0;
}
