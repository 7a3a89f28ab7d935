/* SPDX-License-Identifier: MIT */
/* The list of formats.  A new format is one room and one line here. */
#include "formats/format.h"

#include "formats/apk/apk.h"
#include "formats/appimage/appimage.h"
#include "formats/appx/appx.h"
#include "formats/bundle/bundle.h"
#include "formats/cab/cab.h"
#include "formats/cat/cat.h"
#include "formats/clickonce/clickonce.h"
#include "formats/crx/crx.h"
#include "formats/deb/deb.h"
#include "formats/dmg/dmg.h"
#include "formats/elf/elf_format.h"
#include "formats/jar/jar.h"
#include "formats/kernel_module/kernel_module.h"
#include "formats/macho/macho.h"
#include "formats/msi/msi.h"
#include "formats/nuget/nuget.h"
#include "formats/opc/opc.h"
#include "formats/openpgp/clearsigned.h"
#include "formats/pe/pe.h"
#include "formats/rpm/rpm.h"
#include "formats/script/script.h"
#include "formats/xar/xar.h"
#include "formats/xpi/xpi.h"
#include "formats/zip/zip_format.h"

/* Of several kinds of ZIP archives the first that knows it: the most particular first. */
/* clang-format off */
const struct format *const formats[] = {
	&format_pe,
	&format_msi,
	&format_cab,
	&format_cat,
	&format_appx,
	&format_opc,
	&format_nuget,
	&format_apk,
	&format_xpi,
	&format_jar,
	&format_bundle, /* behind those that other systems run */
	&format_deb,
	&format_rpm,
	&format_openpgp,
	&format_crx,
	&format_zip,
	&format_macho,
	&format_fat,
	&format_dmg,
	&format_xar,
	&format_kernel_module,
	&format_appimage,
	&format_elf,
	&format_clickonce,
	&format_script,
};
/* clang-format on */
const size_t n_formats = COUNT_OF(formats);

const struct format *format_next(struct span head, struct span tail, size_t *at)
{
	for (; *at < 2 * n_formats; ++*at) {
		const struct format *f = formats[*at % n_formats];
		bool by_head = f->sniff && f->sniff(head);
		bool by_tail = !by_head && f->sniff_tail && f->sniff_tail(tail);

		if (*at < n_formats ? by_head : by_tail) {
			++*at;
			return f;
		}
	}
	return NULL;
}

const char *region_kind_word(enum region_kind kind)
{
	switch (kind) {
	case REGION_HEADER: return "header";
	case REGION_SECTION: return "section";
	case REGION_GAP: return "gap";
	case REGION_OVERLAY: return "overlay";
	case REGION_SIGNATURE: return "signature";
	case REGION_TRAILING: return "trailing";
	}
	return NULL;
}
