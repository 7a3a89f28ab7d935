/* SPDX-License-Identifier: MIT */
/* A signer's list (.SF): for which sections of the manifest does he speak? */
#include "verify/entries.h"

/* The section @i of the list, and the one of the manifest that it names. */
static enum status section_check(struct arena *a, const struct manifest *manifest,
				 const struct manifest_section *listed,
				 enum digest_choice choice, struct listing *out)
{
	struct digests_answer answer = { DIGESTS_HOLD, DIGEST_NONE };
	size_t at;

	if (listed->name.len == 0)
		return STATUS_OK;
	if (!manifest_find(manifest, listed->name, &at)) {
		out->n_lost++;
		return STATUS_OK;
	}
	if (!out->whole)
		TRY(digests_check(a, listed, "-Digest", manifest->sections[at].whole, choice,
				  &answer));
	if (answer.say == DIGESTS_HOLD) {
		out->covers[at] = true;
		out->weakest = digest_weaker(out->weakest, answer.strongest);
	}
	out->n_changed += answer.say == DIGESTS_FAIL;
	return STATUS_OK;
}

enum status listing_read(struct arena *a, const struct manifest *manifest, struct span list,
			 enum digest_choice choice, struct listing *out)
{
	struct digests_answer whole, main = { DIGESTS_ABSENT, DIGEST_NONE };

	*out = (struct listing){ .weakest = DIGEST_NONE };
	TRY(manifest_read(a, list, &out->list));
	out->covers = ARENA_NEW(a, bool, manifest->n_sections + 1);
	if (!out->covers)
		return STATUS_NO_MEMORY;
	TRY(digests_check(a, &out->list.main, "-Digest-Manifest", manifest->bytes, choice,
			  &whole));
	out->whole = whole.say == DIGESTS_HOLD;
	if (out->whole)
		out->weakest = whole.strongest;
	if (!out->whole)
		TRY(digests_check(a, &out->list.main, "-Digest-Manifest-Main-Attributes",
				  manifest->main.whole, choice, &main));
	out->main_changed = main.say == DIGESTS_FAIL;
	out->no_digest = whole.say == DIGESTS_ABSENT;
	for (size_t i = 0; i < out->list.n_sections; i++)
		TRY(section_check(a, manifest, &out->list.sections[i], choice, out));
	return STATUS_OK;
}
