/* SPDX-License-Identifier: MIT */
/*
 * MSI: packages, patches and transforms of Windows Installer.
 *
 * A compound file ([MS-CFB]) whose root names the kind by its CLSID.  The
 * signature is a stream of the root; what it covers is what Windows' subject
 * interface package for MSI hashes, as tools and files show it.
 */
#pragma once
#include "formats/format.h"
#include "structure/cfb.h"

#define MSI_MAX_SIGNATURE ((uint64_t)16 << 20)
#define MSI_MAX_EXTENDED  ((uint64_t)4096) /* it is one digest */
#define MSI_MAX_REGIONS   4096
#define MSI_MAX_FREE      ((uint64_t)16 << 20) /* bytes of free sectors that are looked at */
#define MSI_MAX_NAME      128                  /* bytes of a stream's name as text */

struct msi_stream {
	const char *name; /* decoded, escaped */
	const struct cfb_entry *entry;
};

struct msi_file {
	struct cfb cfb;
	/* MsiDigitalSignatureEx: a digest of .metadata, itself covered by the signature. */
	bool has_extended;
	struct span extended;
	/* Names, sizes, states and times, as that digest takes them. */
	struct coverage metadata;
	struct coverage free; /* sectors that nothing uses, the first of them; as many zeros */
	struct coverage zeros;
	struct msi_stream *streams; /* everything that is hashed, in that order */
	size_t n_streams;
};

extern const struct format format_msi;

/* The name of an entry as people know it: table names are packed ("_Tables"). */
MUST_CHECK enum status msi_name_read(struct arena *a, struct span utf16, const char **out);
