/* SPDX-License-Identifier: MIT */
#include "trust/sets.h"

#include "crypto/x509.h"

#define ITEM(item)   (1U << (item))
#define CERTIFICATES ITEM(TRUST_CERTIFICATE)

/* 1.2.840.113635.100.4: key purposes of Apple; .6.1: marks of what a signer may sign. */
#define APPLE_USAGES     SPAN_INIT("\x2a\x86\x48\x86\xf7\x63\x64\x04")
#define APPLE_EXTENSIONS SPAN_INIT("\x2a\x86\x48\x86\xf7\x63\x64\x06\x01")
#define CODE_SIGNING     SPAN_INIT("\x2b\x06\x01\x05\x05\x07\x03\x03")
#define TIME_STAMPING    SPAN_INIT("\x2b\x06\x01\x05\x05\x07\x03\x08")
#define NOTHING                                                                                \
	{                                                                                      \
		NULL, 0                                                                        \
	}

#define HONOURED TRUST_EXPIRY_HONOURED
#define IGNORED  TRUST_EXPIRY_IGNORED
#define STAMPED  TRUST_EXPIRY_STAMPED

/* clang-format off */
const struct trust_set_row trust_sets[TRUST_SETS] = {
	{ TRUST_MS_CODE, false, "ms-code", "programs, installers and scripts of Windows",
	  CERTIFICATES, TRUST_MS_CODE, TRUST_MS_TSA, HONOURED,
	  CODE_SIGNING, NOTHING, NOTHING },
	{ TRUST_MS_TSA, false, "ms-tsa", "timestamps of what ms-code, uefi, nuget and jar are for",
	  CERTIFICATES, TRUST_MS_TSA, TRUST_MS_TSA, HONOURED,
	  TIME_STAMPING, NOTHING, NOTHING },
	{ TRUST_UEFI, false, "uefi", "EFI programs and Linux kernels",
	  CERTIFICATES, TRUST_UEFI, TRUST_MS_TSA, IGNORED,
	  NOTHING, NOTHING, NOTHING },
	{ TRUST_KMOD, true, "kmod", "Linux kernel modules",
	  CERTIFICATES, TRUST_KMOD, TRUST_KMOD, IGNORED,
	  NOTHING, NOTHING, NOTHING },
	{ TRUST_APPLE, false, "apple", "programs, disk images and packages of macOS and iOS",
	  CERTIFICATES, TRUST_APPLE, TRUST_APPLE, STAMPED,
	  CODE_SIGNING, APPLE_USAGES, APPLE_EXTENSIONS },
	{ TRUST_NUGET, false, "nuget", "NuGet packages; anchors of ms-code count too",
	  CERTIFICATES, TRUST_NUGET | TRUST_MS_CODE, TRUST_MS_TSA, HONOURED,
	  CODE_SIGNING, NOTHING, NOTHING },
	{ TRUST_JAR, false, "jar", "Java archives; anchors of ms-code count too",
	  CERTIFICATES, TRUST_JAR | TRUST_MS_CODE, TRUST_MS_TSA, HONOURED,
	  CODE_SIGNING, NOTHING, NOTHING },
	{ TRUST_ANDROID, true, "android", "Android apps",
	  CERTIFICATES, TRUST_ANDROID, TRUST_ANDROID, IGNORED,
	  NOTHING, NOTHING, NOTHING },
	{ TRUST_MOZ_ADDON, false, "moz-addon", "add-ons of Firefox and Thunderbird",
	  CERTIFICATES, TRUST_MOZ_ADDON, TRUST_MOZ_ADDON, HONOURED,
	  CODE_SIGNING, NOTHING, NOTHING },
	{ TRUST_CRX, true, "crx", "extensions of Chrome",
	  ITEM(TRUST_PUBLIC_KEY), TRUST_CRX, TRUST_CRX, IGNORED,
	  NOTHING, NOTHING, NOTHING },
	{ TRUST_OPENPGP, true, "openpgp", "Debian and rpm packages, AppImages, detached signatures",
	  ITEM(TRUST_OPENPGP_KEY), TRUST_OPENPGP, TRUST_OPENPGP, IGNORED,
	  NOTHING, NOTHING, NOTHING },
	{ TRUST_MINISIGN, true, "minisign", "detached signatures of minisign",
	  ITEM(TRUST_ED25519), TRUST_MINISIGN, TRUST_MINISIGN, IGNORED,
	  NOTHING, NOTHING, NOTHING },
	{ TRUST_SIGNIFY, true, "signify", "detached signatures of signify",
	  ITEM(TRUST_ED25519), TRUST_SIGNIFY, TRUST_SIGNIFY, IGNORED,
	  NOTHING, NOTHING, NOTHING },
	{ TRUST_IMA, true, "ima", "IMA and EVM signatures of files",
	  CERTIFICATES | ITEM(TRUST_PUBLIC_KEY), TRUST_IMA, TRUST_IMA, IGNORED,
	  NOTHING, NOTHING, NOTHING },
	{ TRUST_FSVERITY, true, "fsverity", "fs-verity signatures of files",
	  CERTIFICATES, TRUST_FSVERITY, TRUST_FSVERITY, IGNORED,
	  NOTHING, NOTHING, NOTHING },
	{ TRUST_SIGSTORE, false, "sigstore", "sigstore bundles",
	  CERTIFICATES | ITEM(TRUST_PUBLIC_KEY) | ITEM(TRUST_SIGSTORE_ROOT),
	  TRUST_SIGSTORE, TRUST_SIGSTORE, HONOURED,
	  CODE_SIGNING, NOTHING, NOTHING },
};
/* clang-format on */

static const struct trust_set_row no_set = { .name = "none" };

static const char *const item_names[TRUST_ITEMS] = {
	[TRUST_CERTIFICATE] = "certificate",    [TRUST_PUBLIC_KEY] = "public key",
	[TRUST_ED25519] = "Ed25519 key",        [TRUST_OPENPGP_KEY] = "OpenPGP key",
	[TRUST_SIGSTORE_ROOT] = "trusted root",
};

/* The rows of data/pins.tsv that are of this set; a test holds them against each other. */
static const struct span apple_roots[] = {
	/* Apple Root CA */
	SPAN_INIT("\xb0\xb1\x73\x0e\xcb\xc7\xff\x45\x05\x14\x2c\x49\xf1\x29\x5e\x6e"
		  "\xda\x6b\xca\xed\x7e\x2c\x68\xc5\xbe\x91\xb5\xa1\x10\x01\xf0\x24"),
	/* Apple Root CA - G2 */
	SPAN_INIT("\xc2\xb9\xb0\x42\xdd\x57\x83\x0e\x7d\x11\x7d\xac\x55\xac\x8a\xe1"
		  "\x94\x07\xd3\x8e\x41\xd8\x8f\x32\x15\xbc\x3a\x89\x04\x44\xa0\x50"),
	/* Apple Root CA - G3 */
	SPAN_INIT("\x63\x34\x3a\xbf\xb8\x9a\x6a\x03\xeb\xb5\x7e\x9b\x3f\x5f\xa7\xbe"
		  "\x7c\x4f\x5c\x75\x6f\x30\x17\xb3\xa8\xc4\x88\xc3\x65\x3e\x91\x79"),
	/* Apple Root Certificate Authority, of Apple Computer, Inc. */
	SPAN_INIT("\x0d\x83\xb6\x11\xb6\x48\xa1\xa7\x5e\xb8\x55\x84\x00\x79\x53\x75"
		  "\xca\xd9\x2e\x26\x4e\xd8\xe9\xd7\xa7\x57\xc1\xf5\xee\x2b\xb2\x2d"),
};

const struct trust_set_row *trust_set_row(enum trust_set set)
{
	for (size_t i = 0; i < TRUST_SETS; i++)
		if (trust_sets[i].set == set)
			return &trust_sets[i];
	return &no_set;
}

const char *trust_set_name(enum trust_set set)
{
	return trust_set_row(set)->name;
}

bool trust_set_by_name(const char *name, enum trust_set *out)
{
	for (size_t i = 0; i < TRUST_SETS; i++) {
		if (strcmp(trust_sets[i].name, name) != 0)
			continue;
		*out = trust_sets[i].set;
		return true;
	}
	return false;
}

const char *trust_item_name(enum trust_item item)
{
	return item < TRUST_ITEMS ? item_names[item] : "unknown item";
}

static bool is_apple_root(const uint8_t sha256[32])
{
	for (size_t i = 0; i < COUNT_OF(apple_roots); i++)
		if (span_equal(apple_roots[i], (struct span){ sha256, 32 }))
			return true;
	return false;
}

unsigned trust_item_sets(enum trust_item item, const uint8_t sha256[32])
{
	unsigned sets = 0;

	for (size_t i = 0; i < TRUST_SETS; i++)
		if (trust_sets[i].items & ITEM(item))
			sets |= (unsigned)trust_sets[i].set;
	if (!is_apple_root(sha256))
		sets &= ~(unsigned)TRUST_APPLE;
	return sets;
}
