/* SPDX-License-Identifier: MIT */
/*
 * Reads the signatures of a package, and judges each of them.
 *
 * The signature is over an object of its own, whose manifest has a digest of
 * each part.  Parts that no manifest names are signed by nobody, but for the
 * certificates by which a signature is believed.
 */
#include "verify/opc/opc.h"

#include "formats/opc/opc.h"
#include "verify/xml_message.h"

#define TIMESTAMP "http://schemas.openxmlformats.org/package/2006/digital-signature"
#define NO_JOB    SIZE_MAX

struct opc_case {
	struct fact *fact;
	const struct opc_signature *read;
	struct xml_message message;
	size_t *jobs; /* for each reference */
	size_t n_unlisted;
};

struct opc_state {
	struct opc_case each[OPC_MAX_SIGNATURES];
	size_t n;
};

static size_t references_count(const struct opc_package *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->signatures[i].n_references;
	return n;
}

static enum status jobs_plan(struct arena *a, struct opc_case *one, struct scheme_work *work)
{
	const struct opc_signature *s = one->read;

	one->jobs = ARENA_NEW(a, size_t, s->n_references + 1);
	if (!one->jobs)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < s->n_references; i++) {
		const struct opc_reference *r = &s->references[i];
		enum digest_algorithm algorithm = xml_digest(r->xml->method);

		one->jobs[i] = NO_JOB;
		if (r->covered.n == 0 || algorithm == DIGEST_NONE)
			continue;
		one->jobs[i] = work->n_jobs++;
		work->jobs[one->jobs[i]] =
			(struct digest_job){ .algorithm = algorithm, .covered = r->covered };
	}
	return STATUS_OK;
}

/* Its certificates may be parts of the package. */
static enum status message_read(struct arena *a, struct scheme_case *c, struct opc_case *one,
				size_t index)
{
	const struct opc_package *p = c->box->opc;
	struct span ders[OPC_MAX_CERTIFICATES];
	size_t n = 0;

	TRY(xml_message_read(a, c, one->fact, one->read->node, &one->message));
	for (size_t i = 0; i < p->n_certificates; i++)
		if (p->certificates[i].signature == index)
			ders[n++] = p->certificates[i].bytes;
	return xml_message_certificates(a, ders, n, &one->message);
}

static enum status opc_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	struct opc_state *state = ARENA_NEW(a, struct opc_state, 1);
	const struct opc_package *p = c->box->opc;
	const struct claim *claim = scheme_claim(&scheme_opc, c->box->claims);

	if (!state)
		return STATUS_NO_MEMORY;
	out->state = state;
	out->jobs = ARENA_NEW(a, struct digest_job, references_count(p) + 1);
	if (!out->jobs)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < p->n && claim; i++) {
		struct opc_case *one = &state->each[state->n++];

		*one = (struct opc_case){ .fact = fact_new(a, c, claim),
					  .read = &p->signatures[i] };
		if (!one->fact)
			return STATUS_NO_MEMORY;
		if (i > 0)
			state->each[i - 1].fact->next = one->fact;
		one->fact->problem = one->read->problem;
		one->fact->signature = ASSAY_SIGNATURE_BAD;
		if (one->read->node && !one->fact->problem)
			TRY(message_read(a, c, one, i));
		TRY(jobs_plan(a, one, out));
		claim = scheme_claim(&scheme_opc, claim->next);
	}
	c->findings->signature = -1;
	return STATUS_OK;
}

/* Every reference of the signature leads to the object, and the object is as it was signed. */
static enum status object_judge(struct opc_case *one)
{
	const struct xml_signature *s = &one->message.signature;
	struct fact *fact = one->fact;

	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	if (s->n_references == 0)
		fact->problem = "it signs nothing";
	for (size_t i = 0; i < s->n_references && !fact->problem; i++) {
		const struct xml_reference *r = &s->references[i];
		struct xml_canonical what = { .apex = one->read->object,
					      .exclusive = r->form.exclusive,
					      .comments = r->form.comments,
					      .prefixes = r->form.prefixes };
		bool holds;

		if (!span_equal(r->uri, SPAN_LITERAL("#idPackageObject")) ||
		    r->n_transforms > 1 ||
		    (r->n_transforms == 1 && r->transforms[0] != XML_TRANSFORM_CANONICAL)) {
			fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
			fact->problem = "it signs something else than the parts of the package";
			return STATUS_OK;
		}
		TRY(xml_reference_holds(r, &what, SPAN_NONE, &holds));
		if (!holds)
			fact->problem = "the object that it signs was changed";
	}
	if (fact->problem)
		fact->signature = ASSAY_SIGNATURE_BAD;
	return STATUS_OK;
}

/* The binding axis: all parts, one by one. */
static void parts_judge(struct scheme_case *c, struct opc_case *one,
			const struct digest_job *jobs)
{
	struct fact *fact = one->fact;
	size_t n_wrong = 0;

	fact->units.kind = UNITS_ENTRIES;
	for (size_t i = 0; i < one->read->n_references; i++) {
		const struct opc_reference *r = &one->read->references[i];
		bool holds = one->jobs[i] != NO_JOB && !r->retyped &&
			     digest_equal(&jobs[one->jobs[i]].result, r->xml->value);
		bool tells = !r->entry || r->entry->size > 1;

		if (r->unsupported) {
			fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
			fact->problem = "it signs a part in a way that is not built in";
			continue;
		}
		fact->units.n_signed += tells;
		fact->units.n_matching += tells && holds;
		if (!holds && n_wrong++ < 8 && r->entry)
			finding_add(c->findings, "opc.part-changed", r->entry->data,
				    "the part that was signed", "another");
	}
	fact->binding = n_wrong > 0 ? ASSAY_BINDING_MODIFIED : ASSAY_BINDING_INTACT;
	if (n_wrong == 0 && one->n_unlisted > 0) {
		fact->binding = ASSAY_BINDING_PARTIAL;
		fact->partial_rule = "verdict.partial-coverage";
	}
}

/* TimeStamp/EncodedTime: a token over the signature value. */
static enum status stamp_find(struct arena *a, const struct opc_case *one, struct span *out)
{
	const struct xml_node *n = one->read->node;

	*out = SPAN_NONE;
	while ((n = xml_element_next(one->read->node, n)))
		if (xml_name_is(&n->name, TIMESTAMP, "EncodedTime"))
			return xml_base64(a, n, out);
	return STATUS_OK;
}

static enum status signature_judge(struct arena *a, struct scheme_case *c, struct opc_case *one)
{
	struct span stamp;

	c->findings->signature = one->fact->index;
	TRY(xml_mathematics(one->fact, &one->message));
	TRY(object_judge(one));
	if (one->fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	TRY(stamp_find(a, one, &stamp));
	return xml_trust(a, c, one->fact, &one->message, stamp);
}

/* Does a chain of this signature, or of another that is trusted, go through that part? */
static bool is_vouched(const struct opc_state *state, size_t index,
		       const struct opc_certificate *part)
{
	const struct fact *fact = state->each[part->signature].fact;

	if (!fact || fact->signature != ASSAY_SIGNATURE_GOOD ||
	    (part->signature != index && fact->trust != ASSAY_TRUST_ANCHORED))
		return false;
	for (size_t i = 0; i < fact->answer.n_path; i++)
		if (span_equal(fact->answer.path[i]->der, part->bytes))
			return true;
	return false;
}

/* Nothing but its place says of a part that it is a certificate: it may be anything. */
static void certificates_judge(struct scheme_case *c, struct opc_state *state, size_t index)
{
	const struct opc_package *p = c->box->opc;
	struct opc_case *one = &state->each[index];

	one->n_unlisted = one->read->n_unlisted;
	for (size_t i = 0; i < p->n_certificates; i++) {
		const struct zip_entry *e = p->certificates[i].entry;
		bool fine = one->read->listed && one->read->listed[e->index];

		for (size_t k = 0; k < p->n_certificates && !fine; k++)
			fine = p->certificates[k].entry == e &&
			       (k < i || is_vouched(state, index, &p->certificates[k]));
		if (fine)
			continue;
		one->n_unlisted++;
		finding_add(c->findings, "opc.unlisted", e->header, "a part that is signed",
			    arena_string(c->findings->arena, e->name));
	}
}

static enum status opc_finish(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			      struct fact **out)
{
	struct opc_state *state = (struct opc_state *)work->state;

	for (size_t i = 0; i < state->n; i++)
		TRY(signature_judge(a, c, &state->each[i]));
	for (size_t i = 0; i < state->n; i++) {
		if (state->each[i].fact->signature != ASSAY_SIGNATURE_GOOD)
			continue;
		c->findings->signature = state->each[i].fact->index;
		certificates_judge(c, state, i);
		parts_judge(c, &state->each[i], work->jobs);
	}
	c->findings->signature = -1;
	*out = state->n > 0 ? state->each[0].fact : NULL;
	return STATUS_OK;
}

const struct scheme scheme_opc = {
	.name = "opc",
	.begin = opc_begin,
	.finish = opc_finish,
};
