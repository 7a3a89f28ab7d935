/* SPDX-License-Identifier: MIT */
/* Digest attributes of manifests: "SHA-256-Digest", "SHA1-Digest-Manifest" ... */
#include "verify/digests.h"
#include "base/base64.h"

static const struct {
	const char *name;
	enum digest_algorithm algorithm;
} names[] = {
	{"MD5",      DIGEST_MD5   },
        { "SHA",     DIGEST_SHA1  },
	{ "SHA1",    DIGEST_SHA1  },
        { "SHA-1",   DIGEST_SHA1  },
	{ "SHA-224", DIGEST_SHA224},
        { "SHA-256", DIGEST_SHA256},
	{ "SHA-384", DIGEST_SHA384},
        { "SHA-512", DIGEST_SHA512},
};

unsigned digest_strength(enum digest_algorithm a)
{
	static const unsigned strength[] = {
		[DIGEST_NONE] = 0,   [DIGEST_MD5] = 1,    [DIGEST_SHA1] = 2,
		[DIGEST_SHA224] = 3, [DIGEST_SHA256] = 4, [DIGEST_SHA384] = 5,
		[DIGEST_SHA512] = 6,
	};

	return strength[a];
}

enum digest_algorithm digest_weaker(enum digest_algorithm a, enum digest_algorithm b)
{
	if (a == DIGEST_NONE || (b != DIGEST_NONE && digest_strength(b) < digest_strength(a)))
		return b;
	return a;
}

static enum digest_algorithm by_name(struct span name)
{
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (span_equal_nocase(name, SPAN_TEXT(names[i].name)))
			return names[i].algorithm;
	return DIGEST_NONE;
}

enum digest_algorithm digest_attribute(struct span name, const char *suffix)
{
	struct span end = SPAN_TEXT(suffix);

	if (name.len <= end.len ||
	    !span_equal_nocase(span_after(name, name.len - end.len), end))
		return DIGEST_NONE;
	return by_name(span_clip(name, 0, name.len - end.len));
}

/* The first word of Digest-Algorithms for which there is a digest, before Android 4.3. */
enum digest_algorithm digest_preferred(struct arena *a, const struct manifest_section *section,
				       const char *suffix)
{
	struct span words, name, value;
	uint64_t begin = 0;

	if (!manifest_attribute(a, section, SPAN_LITERAL("Digest-Algorithms"), &words))
		words = SPAN_LITERAL("SHA SHA1");
	for (uint64_t i = 0; i <= words.len; i++) {
		enum digest_algorithm wanted;

		if (i < words.len && span_at(words, i) != ' ')
			continue;
		wanted = by_name(span_clip(words, begin, i - begin));
		begin = i + 1;
		for (uint64_t at = 0; wanted != DIGEST_NONE &&
				      manifest_attribute_next(a, section, &at, &name, &value);)
			if (digest_attribute(name, suffix) == wanted)
				return wanted;
	}
	return DIGEST_NONE;
}

bool digest_counts(enum digest_choice choice, enum digest_algorithm algorithm,
		   enum digest_algorithm strongest, enum digest_algorithm preferred)
{
	switch (choice) {
	case DIGESTS_ALL: return true;
	case DIGESTS_STRONGEST: return algorithm == strongest;
	case DIGESTS_FIRST:
		return algorithm == (preferred == DIGEST_NONE ? strongest : preferred);
	}
	return true;
}

static enum digest_algorithm
strongest_of(struct arena *a, const struct manifest_section *section, const char *suffix)
{
	enum digest_algorithm strongest = DIGEST_NONE;
	struct span name, value;

	for (uint64_t at = 0; manifest_attribute_next(a, section, &at, &name, &value);) {
		enum digest_algorithm algorithm = digest_attribute(name, suffix);

		if (digest_strength(algorithm) > digest_strength(strongest))
			strongest = algorithm;
	}
	return strongest;
}

static enum status digest_holds(enum digest_algorithm algorithm, struct span text,
				struct span bytes, bool *out)
{
	CLEANUP(buffer_free) struct buffer value = BUFFER_INIT;
	enum status status = base64_decode(&value, text);
	struct digest d;

	*out = false;
	if (status == STATUS_MALFORMED)
		return STATUS_OK;
	TRY(status);
	TRY(digest_of(algorithm, &bytes, 1, &d));
	*out = digest_equal(&d, buffer_span(&value));
	return STATUS_OK;
}

enum status digests_check(struct arena *a, const struct manifest_section *section,
			  const char *suffix, struct span bytes, enum digest_choice choice,
			  struct digests_answer *out)
{
	enum digest_algorithm preferred = DIGEST_NONE;
	struct span name, value;

	*out = (struct digests_answer){ DIGESTS_ABSENT, strongest_of(a, section, suffix) };
	if (choice == DIGESTS_FIRST)
		preferred = digest_preferred(a, section, suffix);
	for (uint64_t at = 0; manifest_attribute_next(a, section, &at, &name, &value);) {
		enum digest_algorithm algorithm = digest_attribute(name, suffix);
		bool holds;

		if (algorithm == DIGEST_NONE ||
		    !digest_counts(choice, algorithm, out->strongest, preferred))
			continue;
		TRY(digest_holds(algorithm, value, bytes, &holds));
		if (!holds)
			out->say = DIGESTS_FAIL;
		if (holds && out->say == DIGESTS_ABSENT)
			out->say = DIGESTS_HOLD;
	}
	return STATUS_OK;
}
