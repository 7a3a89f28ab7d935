/* SPDX-License-Identifier: MIT */
/*
 * Signed JARs, judged by what they are, not by what jarsigner prints: it says
 * "jar verified" of archives to which classes were added, from which entries
 * were taken, or before which a program stands.
 */
#include "verify/jar/jar_scheme.h"

#include "verify/archive.h"

#define SHA1_ENDS INT64_C(1546300800) /* 2019-01-01: what was signed later is not believed */

static bool java_exempt(struct span name)
{
	return meta_inf_signs(name, META_INF_ANY_CASE);
}

/* What Java has not believed since JDK 16: MD5 never, SHA-1 with a timestamp from before 2019.
 */
static void weakness_judge(struct fact *fact, enum digest_algorithm weakest)
{
	enum digest_algorithm a = digest_weaker(weakest, fact->signer->digest);
	bool old = fact->timestamped && fact->judged_at < SHA1_ENDS;

	if (a != DIGEST_MD5 && (a != DIGEST_SHA1 || old))
		return;
	fact->answer.reasons |= 1U << ASSAY_TRUST_WEAK_ALGORITHM;
	switch (fact->trust) {
	case ASSAY_TRUST_REVOKED:
	case ASSAY_TRUST_DISTRUSTED:
	case ASSAY_TRUST_WRONG_USAGE: return;
	case ASSAY_TRUST_UNEVALUATED:
	case ASSAY_TRUST_WEAK_ALGORITHM:
	case ASSAY_TRUST_EXPIRED:
	case ASSAY_TRUST_SELF_SIGNED:
	case ASSAY_TRUST_UNTRUSTED_ROOT:
	case ASSAY_TRUST_UNKNOWN_KEY:
	case ASSAY_TRUST_ANCHORED: fact->trust = ASSAY_TRUST_WEAK_ALGORITHM;
	}
}

static const struct archive_profile java = {
	&scheme_jar, TRUST_JAR, {DIGESTS_ALL, java_exempt},
          weakness_judge
};

static enum status jar_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	struct archive *archive = ARENA_NEW(a, struct archive, 1);

	if (!archive)
		return STATUS_NO_MEMORY;
	TRY(archive_begin(a, c, &java, archive));
	*out = (struct scheme_work){
		.state = archive,
		.jobs = archive->entries.jobs,
		.n_jobs = archive->entries.n_jobs,
	};
	return STATUS_OK;
}

static enum status jar_finish(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			      struct fact **out)
{
	struct archive *archive = (struct archive *)work->state;

	archive->entries.jobs = work->jobs;
	return archive_finish(a, c, archive, &out);
}

const struct scheme scheme_jar = {
	.name = "jar",
	.begin = jar_begin,
	.finish = jar_finish,
};
