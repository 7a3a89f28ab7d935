/* SPDX-License-Identifier: MIT */
/*
 * May this key sign?  What a certificate says about itself (RFC 9580 5.2.3.10,
 * 10.1): bindings, back-signatures, flags, expiry, revocations.
 *
 * Only what the primary key itself signed counts.  Revocations by others
 * (designated revokers) are not followed.
 */
#include "crypto/openpgp.h"

#define REASON_REPLACED 1 /* soft: what was signed before stays good */
#define REASON_RETIRED  3

struct judging {
	struct arena *arena;
	const struct openpgp_component *primary;
	struct span primary_id, primary_fingerprint;
	int64_t now;
	unsigned n_checks;
};

static bool names_key(const struct openpgp_signature *s, const struct openpgp_fingerprint *f)
{
	if (s->fingerprint.len > 0)
		return span_equal(s->fingerprint, openpgp_fingerprint_span(f));
	return s->issuer.len > 0 && span_equal(s->issuer, openpgp_key_id(f));
}

enum status openpgp_signer_find(const struct openpgp_certificate *certificate,
				const struct openpgp_signature *signature,
				struct openpgp_signer *out)
{
	*out = (struct openpgp_signer){ 0 };
	for (const struct openpgp_component *part = certificate->primary; part;
	     part = part->next) {
		struct openpgp_fingerprint f;

		if (part->tag != OPENPGP_PUBLIC_KEY && part->tag != OPENPGP_PUBLIC_SUBKEY)
			continue;
		TRY(openpgp_fingerprint_of(&part->key, &f));
		if (part == certificate->primary)
			out->primary = f;
		if (!names_key(signature, &f))
			continue;
		out->certificate = certificate;
		out->component = part;
		out->own = f;
		return STATUS_OK;
	}
	return STATUS_OK;
}

/* What is hashed of a key or a name that is signed: a head and its body (RFC 9580 5.2.4). */
struct headed {
	uint8_t head[5];
	struct span parts[2];
};

static void headed_set(struct headed *h, const struct openpgp_component *part)
{
	size_t n = part->body.len;
	bool key = part->tag == OPENPGP_PUBLIC_KEY || part->tag == OPENPGP_PUBLIC_SUBKEY;

	if (key && part->key.version != 6) {
		const uint8_t head[5] = { 0x99, (uint8_t)(n >> 8), (uint8_t)n };

		memcpy(h->head, head, sizeof(head));
		h->parts[0] = span_clip(SPAN_OF(h->head), 0, 3);
	} else {
		const uint8_t name = part->tag == OPENPGP_USER_ID ? 0xb4 : 0xd1;
		const uint8_t head[5] = { key ? 0x9b : name, (uint8_t)(n >> 24),
					  (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

		memcpy(h->head, head, sizeof(head));
		h->parts[0] = SPAN_OF(h->head);
	}
	h->parts[1] = part->body;
}

/* Did @by sign that @part belongs to the primary key (or the primary key itself)? */
static enum status binding_verify(struct judging *j, const struct openpgp_component *part,
				  const struct openpgp_signature *s,
				  const struct openpgp_key *by, bool *good)
{
	struct headed primary, other;
	struct openpgp_trailer trailer;
	struct span parts[7];
	struct digest hash;
	size_t n = 0;

	*good = false;
	/* Old version 3 signatures and MD5 bind nothing. */
	if (s->problem || s->version < 4 || s->hash == OPENPGP_MD5 ||
	    openpgp_digest(s->hash) == DIGEST_NONE)
		return STATUS_OK;
	if (j->n_checks++ == PGP_MAX_CHECKS)
		return STATUS_LIMIT;
	TRY(openpgp_trailer(j->arena, s, &trailer));
	parts[n++] = s->salt;
	headed_set(&primary, j->primary);
	parts[n++] = primary.parts[0];
	parts[n++] = primary.parts[1];
	if (part != j->primary) {
		headed_set(&other, part);
		parts[n++] = other.parts[0];
		parts[n++] = other.parts[1];
	}
	parts[n++] = trailer.parts[0];
	parts[n++] = trailer.parts[1];
	TRY(digest_of(openpgp_digest(s->hash), parts, n, &hash));
	switch (openpgp_verify(by, s, &hash)) {
	case SIGNATURE_OK: *good = true; return STATUS_OK;
	case SIGNATURE_UNKNOWN: return STATUS_NO_MEMORY;
	case SIGNATURE_WRONG:
	case SIGNATURE_NOT_SUPPORTED: break;
	}
	return STATUS_OK;
}

static bool by_primary(const struct judging *j, const struct openpgp_signature *s)
{
	if (s->fingerprint.len > 0)
		return span_equal(s->fingerprint, j->primary_fingerprint);
	return s->issuer.len == 0 || span_equal(s->issuer, j->primary_id);
}

static bool ended(const struct openpgp_signature *s, int64_t now)
{
	return s->created > now || (s->lifetime != 0 && s->created + s->lifetime <= now);
}

/* The newest good signature of a type from @first to @last over @part; NULL: none. */
struct wanted {
	uint8_t first, last;
};

static bool is_wanted(const struct judging *j, const struct wanted *want,
		      const struct openpgp_signature *s)
{
	return s->type >= want->first && s->type <= want->last && by_primary(j, s) &&
	       !s->problem && !ended(s, j->now);
}

static enum status newest_good(struct judging *j, const struct openpgp_component *part,
			       const struct wanted *want, const struct openpgp_signature **out)
{
	int64_t below = INT64_MAX;

	/* From the newest on, so that ordinary certificates need one check. */
	for (;;) {
		const struct openpgp_signature *best = NULL;

		*out = NULL;
		for (const struct openpgp_signature *s = part->first; s; s = s->next)
			if (is_wanted(j, want, s) && s->created < below &&
			    (!best || s->created > best->created))
				best = s;
		if (!best)
			return STATUS_OK;
		/* All of this second: one of them may be good. */
		for (const struct openpgp_signature *s = best; s; s = s->next) {
			bool good;

			if (s->created != best->created || !is_wanted(j, want, s))
				continue;
			TRY(binding_verify(j, part, s, &j->primary->key, &good));
			if (good) {
				*out = s;
				return STATUS_OK;
			}
		}
		below = best->created;
	}
}

/* Is there a revocation that counts for something made at @made? */
static enum status is_revoked(struct judging *j, const struct openpgp_component *part,
			      uint8_t type, int64_t made, bool *revoked)
{
	*revoked = false;
	for (const struct openpgp_signature *s = part->first; s; s = s->next) {
		bool soft = s->has_reason &&
			    (s->reason == REASON_REPLACED || s->reason == REASON_RETIRED);
		bool good;

		if (s->type != type || !by_primary(j, s) || (soft && made < s->created))
			continue;
		TRY(binding_verify(j, part, s, &j->primary->key, &good));
		*revoked |= good;
	}
	return STATUS_OK;
}

/* A name is bound by its newest certification, unless a newer signature takes that back. */
static enum status name_binding(struct judging *j, const struct openpgp_component *part,
				const struct openpgp_signature **out)
{
	const struct openpgp_signature *revocation;
	const struct wanted certification = { OPENPGP_CERTIFICATION,
					      OPENPGP_CERTIFICATION_LAST };
	const struct wanted undo = { OPENPGP_REVOKES_CERTIFICATION,
				     OPENPGP_REVOKES_CERTIFICATION };

	TRY(newest_good(j, part, &certification, out));
	if (!*out)
		return STATUS_OK;
	TRY(newest_good(j, part, &undo, &revocation));
	if (revocation && revocation->created >= (*out)->created)
		*out = NULL;
	return STATUS_OK;
}

/* What the primary key says about itself. */
struct self {
	const struct openpgp_signature *direct, *name;
	struct span user_id;
};

static bool better_name(const struct openpgp_signature *is, const struct openpgp_signature *was)
{
	if (!was || is->primary_user != was->primary_user)
		return !was || is->primary_user;
	return is->created > was->created;
}

static enum status self_read(struct judging *j, struct self *out)
{
	const struct wanted direct = { OPENPGP_OVER_KEY, OPENPGP_OVER_KEY };

	*out = (struct self){ 0 };
	TRY(newest_good(j, j->primary, &direct, &out->direct));
	for (const struct openpgp_component *part = j->primary->next; part; part = part->next) {
		const struct openpgp_signature *binding;

		if (part->tag != OPENPGP_USER_ID)
			continue;
		TRY(name_binding(j, part, &binding));
		if (!binding || !better_name(binding, out->name))
			continue;
		out->name = binding;
		out->user_id = part->body;
	}
	return STATUS_OK;
}

static void end_set(struct openpgp_signer *out, int64_t created, uint32_t lifetime)
{
	int64_t end = created + lifetime;

	if (lifetime == 0 || (out->has_end && out->end <= end))
		return;
	out->has_end = true;
	out->end = end;
}

static void object(struct openpgp_signer *out, enum openpgp_objection objection)
{
	if (out->objection == OPENPGP_NO_OBJECTION)
		out->objection = objection;
}

/* Rules for the primary key, which holds for its subkeys too. */
static enum status primary_judge(struct judging *j, struct openpgp_signer *out, int64_t made)
{
	const struct openpgp_signature *flags;
	struct self self;
	bool revoked;

	TRY(is_revoked(j, j->primary, OPENPGP_REVOKES_KEY, made, &revoked));
	if (revoked)
		object(out, OPENPGP_REVOKED);
	TRY(self_read(j, &self));
	out->user_id = self.user_id;
	if (!self.name && !self.direct)
		object(out, OPENPGP_NOT_BOUND);
	if (self.name)
		end_set(out, j->primary->key.created, self.name->key_lifetime);
	if (self.direct)
		end_set(out, j->primary->key.created, self.direct->key_lifetime);
	if (out->component != j->primary)
		return STATUS_OK;
	flags = self.name && self.name->has_flags ? self.name : self.direct;
	if (flags && flags->has_flags && !(flags->flags & OPENPGP_MAY_SIGN))
		object(out, OPENPGP_NOT_FOR_IT);
	return STATUS_OK;
}

/* The subkey agrees: else somebody else's key could be taken in (RFC 9580 5.2.3.34). */
static enum status back_verify(struct judging *j, const struct openpgp_component *subkey,
			       const struct openpgp_signature *binding, bool *good)
{
	const struct openpgp_packet packet = { .tag = OPENPGP_SIGNATURE,
					       .whole = binding->back,
					       .body = binding->back };
	struct openpgp_signature back;

	*good = false;
	if (binding->back.len == 0)
		return STATUS_OK;
	TRY(openpgp_signature_read(&packet, &back));
	if (back.type != OPENPGP_BINDS_PRIMARY || ended(&back, j->now))
		return STATUS_OK;
	return binding_verify(j, subkey, &back, &subkey->key, good);
}

static enum status subkey_judge(struct judging *j, struct openpgp_signer *out, int64_t made)
{
	const struct wanted bind = { OPENPGP_BINDS_SUBKEY, OPENPGP_BINDS_SUBKEY };
	const struct openpgp_signature *binding;
	bool revoked, agrees;

	TRY(is_revoked(j, out->component, OPENPGP_REVOKES_SUBKEY, made, &revoked));
	if (revoked)
		object(out, OPENPGP_REVOKED);
	TRY(newest_good(j, out->component, &bind, &binding));
	if (!binding) {
		object(out, OPENPGP_NOT_BOUND);
		return STATUS_OK;
	}
	end_set(out, out->component->key.created, binding->key_lifetime);
	if (binding->has_flags && !(binding->flags & OPENPGP_MAY_SIGN)) {
		object(out, OPENPGP_NOT_FOR_IT);
		return STATUS_OK;
	}
	TRY(back_verify(j, out->component, binding, &agrees));
	if (!agrees)
		object(out, OPENPGP_NOT_BOUND);
	return STATUS_OK;
}

enum status openpgp_signer_judge(struct arena *a, struct openpgp_signer *signer, int64_t made,
				 int64_t now)
{
	struct judging j = { .arena = a,
			     .primary = signer->certificate->primary,
			     .primary_id = openpgp_key_id(&signer->primary),
			     .primary_fingerprint = openpgp_fingerprint_span(&signer->primary),
			     .now = now };

	TRY(primary_judge(&j, signer, made));
	if (signer->component != j.primary)
		TRY(subkey_judge(&j, signer, made));
	if (signer->has_end && signer->end <= now)
		object(signer, OPENPGP_EXPIRED);
	if (made < signer->component->key.created)
		object(signer, OPENPGP_TOO_YOUNG);
	return STATUS_OK;
}
