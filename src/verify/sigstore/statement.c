/* SPDX-License-Identifier: MIT */
/* In-toto statements (Statement v0.1 and v1): which files they speak of. */
#include "base/hex.h"
#include "verify/sigstore/state.h"

static bool is_statement(const struct json_value *v)
{
	struct span type = json_member_text(v, "_type");

	return span_equal(type, SPAN_LITERAL("https://in-toto.io/Statement/v1")) ||
	       span_equal(type, SPAN_LITERAL("https://in-toto.io/Statement/v0.1"));
}

static const struct json_value *subjects_of(const struct json_value *statement)
{
	return json_member_of(statement, "subject", JSON_KIND_ARRAY);
}

/* The digest that a subject has by this algorithm; false: none. */
static bool digest_read(const struct json_value *subject, enum digest_algorithm algorithm,
			struct digest *out)
{
	struct span text =
		json_member_text(json_member(subject, "digest"), digest_name(algorithm));

	out->algorithm = algorithm;
	return hex_parse(text, out->bytes, digest_size(algorithm));
}

enum status sigstore_subjects_digests(const struct json_value *statement, unsigned *mask,
				      const char **problem)
{
	const struct json_value *subjects = subjects_of(statement);
	struct digest digest;

	*mask = 0;
	*problem = "its statement is none of in-toto";
	if (!is_statement(statement))
		return STATUS_OK;
	if (json_count(subjects) > SIGSTORE_MAX_SUBJECTS)
		return STATUS_LIMIT;
	for (const struct json_value *v = subjects ? subjects->first : NULL; v; v = v->next)
		for (size_t i = 0; i < SIGSTORE_DIGESTS; i++)
			if (digest_read(v, sigstore_digests[i], &digest))
				*mask |= 1U << i;
	*problem = *mask ? NULL : "its statement names no file by a digest that is built in";
	return STATUS_OK;
}

/* All of its digests that are known hold, and there is one. */
static bool subject_is(const struct json_value *subject,
		       const struct digest *const file[SIGSTORE_DIGESTS], struct digest *digest)
{
	bool any = false;

	for (size_t i = SIGSTORE_DIGESTS; i > 0; i--) {
		struct digest named;

		if (!digest_read(subject, sigstore_digests[i - 1], &named))
			continue;
		*digest = named;
		if (!file[i - 1] || !digest_equal(file[i - 1], digest_span(&named)))
			return false;
		any = true;
	}
	return any;
}

bool sigstore_subjects_name(const struct json_value *statement,
			    const struct digest *const file[SIGSTORE_DIGESTS],
			    struct digest *first)
{
	const struct json_value *subjects = subjects_of(statement);
	struct digest digest = { .algorithm = DIGEST_NONE };

	*first = digest;
	for (const struct json_value *v = subjects ? subjects->first : NULL; v; v = v->next) {
		bool found = subject_is(v, file, &digest);

		if (first->algorithm == DIGEST_NONE || found)
			*first = digest;
		if (found)
			return true;
	}
	return false;
}
