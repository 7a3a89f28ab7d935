/* SPDX-License-Identifier: MIT */
/* The list of schemes.  A new scheme is one room and one line here. */
#include "verify/scheme.h"

#include "verify/apk/apk_scheme.h"
#include "verify/authenticode/authenticode.h"
#include "verify/clickonce/clickonce.h"
#include "verify/code_directory/code_directory.h"
#include "verify/crx/crx_scheme.h"
#include "verify/fsverity/fsverity.h"
#include "verify/ima/ima.h"
#include "verify/jar/jar_scheme.h"
#include "verify/kernel_module/kernel_module_scheme.h"
#include "verify/minisign/minisign.h"
#include "verify/nuget/nuget.h"
#include "verify/opc/opc.h"
#include "verify/openpgp/openpgp_scheme.h"
#include "verify/sigstore/sigstore.h"
#include "verify/xar/xar_scheme.h"
#include "verify/xpi/xpi_scheme.h"

/* clang-format off */
const struct scheme *const schemes[] = {
	/* clang-format off */
	&scheme_authenticode,
	&scheme_code_directory,
	&scheme_nuget,
	&scheme_jar,
	&scheme_openpgp,
	&scheme_apk,
	&scheme_apk_v4,
	&scheme_minisign,
	&scheme_signify,
	&scheme_ima,
	&scheme_evm,
	&scheme_raw,
	&scheme_fsverity,
	&scheme_kernel_module,
	&scheme_xar,
	&scheme_crx,
	&scheme_xpi,
	&scheme_cose,
	&scheme_sigstore,
	&scheme_opc,
	&scheme_clickonce,
};
/* clang-format on */
const size_t n_schemes = COUNT_OF(schemes);

const struct claim *scheme_claim(const struct scheme *scheme, const struct claim *claim)
{
	while (claim && strcmp(claim->scheme, scheme->name) != 0)
		claim = claim->next;
	return claim;
}

bool scheme_wanted(const struct scheme *scheme, const struct container *box)
{
	return scheme_claim(scheme, box->claims) != NULL;
}
