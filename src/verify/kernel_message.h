/* SPDX-License-Identifier: MIT */
/*
 * What Linux' reader of PKCS #7 takes (crypto/asymmetric_keys: pkcs7.asn1,
 * pkcs7_parser.c, pkcs7_verify.c): of modules and of fs-verity.  It is stricter
 * than readers of CMS have to be, and a message that it refuses signs nothing.
 */
#pragma once
#include "crypto/cms.h"

/*
 * Why the kernel refuses @cms before it looks at any signature, a literal; NULL: it does not.
 * Signatures without the content that they are over are all that it is asked about.
 */
const char *kernel_message_refused(const struct cms *cms);
