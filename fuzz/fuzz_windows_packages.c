/* SPDX-License-Identifier: MIT */
/* Any bytes as a package of Windows, which is an archive, or as a manifest in XML. */
#include "formats/clickonce/clickonce.h"
#include "formats/zip/zip_format.h"
#include "fuzz/must.h"
#include "tests/container_hold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool any(struct span head)
{
	(void)head;
	return true;
}

static enum status archive_read(struct view *view, struct findings *findings,
				struct container *out)
{
	const struct format *asked = out->format;
	enum status status = format_zip.read(view, findings, out);

	out->format = asked; /* whichever kind of archive it is */
	if (!out->variant)
		out->variant = "archive";
	return status;
}

static enum status manifest_read(struct view *view, struct findings *findings,
				 struct container *out)
{
	const struct format *asked = out->format;
	enum status status = format_clickonce.read(view, findings, out);

	out->format = asked;
	return status;
}

static const struct format archive = { .name = "archive", .sniff = any, .read = archive_read };
static const struct format manifest = { .name = "manifest",
					.sniff = any,
					.read = manifest_read };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *broken = container_hold(&archive, (struct span){ data, size });

	if (!broken)
		broken = container_hold(&manifest, (struct span){ data, size });
	if (broken) {
		(void)fprintf(stderr, "does not hold: %s\n", broken);
		abort();
	}
	return 0;
}
