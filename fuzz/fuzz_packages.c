/* SPDX-License-Identifier: MIT */
/* Any bytes as each kind of Linux package: what package_holds() asks, and the same in pieces.
 */
#include "formats/appimage/appimage.h"
#include "formats/deb/deb.h"
#include "formats/rpm/rpm.h"
#include "formats/test_package_hold.h"
#include "fuzz/must.h"
#include "source/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void package_must_hold(const struct format *format, struct span file)
{
	struct package_reading whole, pieces;

	package_take(&whole, format, file);
	MUST(package_holds(&whole, file) == NULL);
	package_take_pieces(&pieces, format, file);
	/* A view has room for so many places only. */
	if (pieces.status != STATUS_WANT) {
		MUST(pieces.status == whole.status);
		MUST(pieces.box.broken == whole.box.broken);
		MUST(pieces.findings.n == whole.findings.n);
		MUST(pieces.box.n_regions == whole.box.n_regions);
	}
	package_free(&whole);
	package_free(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct format *const packages[] = { &format_deb, &format_rpm,
							 &format_appimage };
	struct span file = { data, size };

	for (size_t i = 0; i < COUNT_OF(packages); i++)
		if (packages[i]->sniff(span_clip(file, 0, SOURCE_GLANCE)))
			package_must_hold(packages[i], file);
	return 0;
}
