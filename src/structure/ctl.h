/* SPDX-License-Identifier: MIT */
/*
 * CTL: certificate trust lists ([MS-CAESO] 4.4.5.6), the content of catalogs
 * and of lists of roots.  Who signed one is another's question.
 */
#pragma once
#include "structure/der.h"

struct ctl {
	struct span usages;     /* subjectUsage: OBJECT IDENTIFIERs, one after the other */
	struct span identifier; /* listIdentifier; or empty */
	struct der sequence;    /* sequenceNumber; .whole empty: not there */
	bool has_this_update;
	int64_t this_update;
	struct span algorithm;  /* subjectAlgorithm: its OID */
	struct span subjects;   /* TrustedSubjects, one after the other */
	struct span extensions; /* SEQUENCE OF Extension; or empty */
};

/* @content: the contents octets of the CertificateTrustList.  False: it is none. */
MUST_CHECK bool ctl_read(struct span content, struct ctl *out);

/* The one usage of @list; empty: none, or several. */
struct span ctl_usage(const struct ctl *list);

struct ctl_subject {
	struct span tag;        /* subjectIdentifier */
	struct span attributes; /* SET OF Attribute: its elements; or empty */
};

/* The next subject at @c, a cursor over .subjects; false, and the cursor failed: none whole. */
MUST_CHECK bool ctl_subject_next(struct cursor *c, struct ctl_subject *out);
