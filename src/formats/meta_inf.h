/* SPDX-License-Identifier: MIT */
/*
 * META-INF: the signature files of JAR, APK (scheme v1) and XPI, as they stand.
 *
 * JAR File Specification (JDK 17), "Signed JAR File": directly in META-INF a
 * manifest, and for each signer a signature file (.SF) that lists digests of
 * the manifest, and a block (.RSA, .DSA, .EC) that signs this list.
 */
#pragma once
#include "formats/format.h"
#include "structure/zip/zip.h"

#define META_INF_MAX_SIGNERS 16
#define META_INF_MAX_BYTES   ((uint64_t)64 << 20) /* of one signature file */

enum meta_inf_case { META_INF_ANY_CASE, META_INF_EXACT }; /* Java; Android */

struct meta_inf_signer {
	const struct zip_entry *list, *block; /* NULL: it is not there */
	struct span list_bytes, block_bytes;  /* empty: it cannot be had */
};

struct meta_inf {
	const struct zip_entry *manifest; /* NULL: it is not there */
	struct span manifest_bytes;
	struct meta_inf_signer signers[META_INF_MAX_SIGNERS];
	size_t n_signers; /* those with a block first */
	size_t n_blocks;  /* of these, with a block */
	bool unreadable;  /* one of the files is there and cannot be had, or is there twice */
};

/*
 * Reads them.  STATUS_LIMIT: more signers, or longer files, a finding says so;
 * STATUS_WANT.  A file that cannot be inflated is .unreadable, and a finding.
 */
MUST_CHECK enum status meta_inf_read(struct view *v, struct findings *findings,
				     const struct zip *z, enum meta_inf_case which,
				     struct meta_inf *out);

/* The bytes of one such file, where it is there; *@unreadable is set when it cannot be had. */
MUST_CHECK enum status meta_inf_bytes(struct view *v, struct findings *findings,
				      const struct zip_entry *e, bool *unreadable,
				      struct span *bytes);

/* A file by which archives are signed: these sign themselves, the manifest does not list them.
 */
MUST_CHECK bool meta_inf_signs(struct span name, enum meta_inf_case which);

/* Is there a manifest or a file that signs?  Which says nothing about signatures. */
MUST_CHECK bool meta_inf_present(const struct zip *z);

/* A claim of @scheme for each block, before those that stand in *@claims. */
MUST_CHECK enum status meta_inf_claims(struct arena *a, const struct meta_inf *m,
				       const char *scheme, const struct claim **claims);
