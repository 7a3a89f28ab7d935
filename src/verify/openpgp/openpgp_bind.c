/* SPDX-License-Identifier: MIT */
/*
 * What a good signature speaks for beyond the bytes that it was made over: the
 * payload of an RPM package, members that dpkg-sig lists; and what is left over.
 */
#include "base/hex.h"
#include "verify/openpgp/state.h"

static const enum digest_algorithm listed[LISTED_DIGESTS] = { DIGEST_MD5, DIGEST_SHA1 };

static enum status range_job(struct openpgp_state *state, enum digest_algorithm algorithm,
			     struct range where, size_t *out)
{
	struct piece *piece = ARENA_NEW(state->arena, struct piece, 1);

	if (!piece)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){ .kind = PIECE_RANGE, .range = where };
	return openpgp_job_add(state, algorithm, (struct coverage){ piece, 1 }, out);
}

/* A text of dpkg-sig: one member for each line. */
static bool has_list(const struct openpgp_state *state)
{
	for (const struct openpgp_item *item = state->first; item; item = item->next)
		if (item->clear && item->signature)
			return true;
	return false;
}

enum status openpgp_bind_plan(const struct scheme_case *c, struct openpgp_state *state)
{
	const struct deb *deb = c->box->deb;
	const struct rpm *rpm = c->box->rpm;
	size_t job;

	if (rpm && rpm->payload_algorithm <= UINT8_MAX &&
	    openpgp_digest((uint8_t)rpm->payload_algorithm) != DIGEST_NONE)
		TRY(range_job(state, openpgp_digest((uint8_t)rpm->payload_algorithm),
			      rpm->payload, &state->payload_job));
	if (!deb || !has_list(state))
		return STATUS_OK;
	for (size_t part = 0; part < DEB_PARTS; part++)
		for (size_t i = 0; i < LISTED_DIGESTS; i++) {
			TRY(range_job(state, listed[i], deb->parts[part], &job));
			if (part == 0 && i == 0)
				state->listed_job = job;
		}
	return STATUS_OK;
}

/* "0af3...": are these the digits of @digest? */
static bool says_digest(struct span digits, const struct digest *digest)
{
	uint8_t bytes[DIGEST_MAX];
	size_t len = digest_size(digest->algorithm);

	return digits.len == 2 * len && hex_parse(digits, bytes, len) &&
	       digest_equal(digest, span_clip(SPAN_OF(bytes), 0, len));
}

static enum status rpm_bind(struct scheme_case *c, const struct scheme_work *work,
			    const struct openpgp_item *item, struct fact *fact)
{
	const struct openpgp_state *state = (const struct openpgp_state *)work->state;
	const struct rpm *rpm = c->box->rpm;

	/* Header and payload as they stand. */
	if (item->claim->covered != rpm->signed_header)
		return STATUS_OK;
	if (state->payload_job == NO_JOB) {
		fact->binding = ASSAY_BINDING_PARTIAL;
		fact->partial_rule = "verdict.partial-coverage";
		finding_add(c->findings, "rpm.payload-unbound", rpm->payload, NULL, NULL);
		return STATUS_OK;
	}
	if (says_digest(rpm->payload_digest, &work->jobs[state->payload_job].result))
		return STATUS_OK;
	fact->binding = ASSAY_BINDING_MODIFIED;
	fact->tampered_rule = "verdict.tampered-payload";
	fact->computed_digest = work->jobs[state->payload_job].result;
	fact->signed_digest = (struct digest){ .algorithm = fact->computed_digest.algorithm };
	if (!hex_parse(rpm->payload_digest, fact->signed_digest.bytes,
		       digest_size(fact->signed_digest.algorithm)))
		fact->signed_digest.algorithm = DIGEST_NONE;
	finding_add(c->findings, "rpm.payload-modified", rpm->payload, NULL, NULL);
	return STATUS_OK;
}

/* The next word of a line. */
static struct span word_next(struct cursor *line)
{
	struct span rest = span_after(line->in, line->pos), word;
	size_t from = 0, to;

	while (from < rest.len && (span_at(rest, from) == ' ' || span_at(rest, from) == '\t'))
		from++;
	for (to = from; to < rest.len && span_at(rest, to) != ' ' && span_at(rest, to) != '\t';)
		to++;
	word = span_clip(rest, from, to - from);
	cursor_skip(line, to);
	return word;
}

/* "<md5> <sha1> <size> <name>": which part is named, and is it what the line says? */
static bool line_read(const struct scheme_work *work, const struct deb *deb, struct span line,
		      size_t *part, bool *same)
{
	const struct openpgp_state *state = (const struct openpgp_state *)work->state;
	struct cursor c = cursor_at(line, 0);
	struct span digests[LISTED_DIGESTS], name;

	for (size_t i = 0; i < LISTED_DIGESTS; i++)
		digests[i] = word_next(&c);
	(void)word_next(&c); /* the size: the digests say it better */
	name = word_next(&c);
	for (*part = 0; *part < DEB_PARTS; ++*part) {
		const struct digest_job *jobs =
			&work->jobs[state->listed_job + *part * LISTED_DIGESTS];

		if (name.len == 0 || !deb->part_names[*part] ||
		    !span_equal(name, SPAN_TEXT(deb->part_names[*part])))
			continue;
		*same = says_digest(digests[0], &jobs[0].result) &&
			says_digest(digests[1], &jobs[1].result);
		return true;
	}
	return false;
}

/*
 * dpkg-sig: the signature is over a list, and the list over the members.  MD5 and
 * SHA-1 are all that it has.
 */
static enum status list_bind(struct scheme_case *c, const struct scheme_work *work,
			     const struct openpgp_item *item, struct fact *fact)
{
	const struct deb *deb = c->box->deb;
	struct cursor text = cursor_at(item->text, 0);
	bool named[DEB_PARTS] = { false }, differs = false;

	while (cursor_left(&text) > 0) {
		struct span rest = span_after(item->text, text.pos);
		uint64_t end = rest.len;
		bool same;
		size_t part;

		if (!span_find(rest, SPAN_LITERAL("\r\n"), 0, &end))
			end = rest.len;
		if (line_read(work, deb, cursor_take(&text, end), &part, &same)) {
			named[part] = true;
			differs |= !same;
			/* "2.0" stands in every package. */
			fact->units.n_signed += part != DEB_BINARY;
			fact->units.n_matching += part != DEB_BINARY && same;
		}
		cursor_skip(&text, cursor_left(&text) < 2 ? cursor_left(&text) : 2);
	}
	fact->units.kind = UNITS_ENTRIES;
	for (size_t part = 0; part < DEB_PARTS; part++)
		if (!named[part]) {
			fact->binding = ASSAY_BINDING_PARTIAL;
			fact->partial_rule = "verdict.partial-coverage";
		}
	if (differs)
		fact->binding = ASSAY_BINDING_MODIFIED;
	if (fact->answer.trust > ASSAY_TRUST_WEAK_ALGORITHM) {
		fact->answer.trust = fact->trust = ASSAY_TRUST_WEAK_ALGORITHM;
		fact->answer.explanation = "the list that is signed rests on MD5 and SHA-1";
	}
	fact->answer.reasons |= 1U << ASSAY_TRUST_WEAK_ALGORITHM;
	return STATUS_OK;
}

static enum status deb_bind(struct scheme_case *c, const struct scheme_work *work,
			    const struct openpgp_item *item, struct fact *fact)
{
	const struct deb *deb = c->box->deb;

	if (item->clear)
		TRY(list_bind(c, work, item, fact));
	if (fact->binding != ASSAY_BINDING_INTACT)
		return STATUS_OK;
	if (deb->uncovered || deb->trailing.len > 0) {
		fact->binding = ASSAY_BINDING_PARTIAL;
		fact->partial_rule = "verdict.partial-coverage";
	}
	return STATUS_OK;
}

enum status openpgp_bind(struct scheme_case *c, const struct scheme_work *work,
			 const struct openpgp_item *item, struct fact *fact)
{
	if (c->box->rpm)
		return rpm_bind(c, work, item, fact);
	if (c->box->deb)
		return deb_bind(c, work, item, fact);
	if (item->claim->uncovered.len > 0) {
		fact->binding = ASSAY_BINDING_PARTIAL;
		fact->partial_rule = "verdict.partial-coverage";
	}
	return STATUS_OK;
}
