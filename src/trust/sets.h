/* SPDX-License-Identifier: MIT */
/*
 * Sets: the ecosystems in which a key may be believed, as one table.
 *
 * Sets never mix: a key that is trusted for one ecosystem says nothing in
 * another.  What an ecosystem asks of certificates (usage, expiry, critical
 * extensions) stands in its row; what is asked of all of them does not.
 */
#pragma once
#include "base/attrs.h"
#include "base/span.h"

/* A set; several of them are a mask.  The values stand in databases: never change one. */
enum trust_set {
	TRUST_MS_CODE = 1 << 0,
	TRUST_MS_TSA = 1 << 1,
	TRUST_UEFI = 1 << 2,
	TRUST_KMOD = 1 << 3,
	TRUST_APPLE = 1 << 4,
	TRUST_NUGET = 1 << 5,
	TRUST_JAR = 1 << 6,
	TRUST_ANDROID = 1 << 7,
	TRUST_MOZ_ADDON = 1 << 8,
	TRUST_CRX = 1 << 9,
	TRUST_OPENPGP = 1 << 10,
	TRUST_MINISIGN = 1 << 11,
	TRUST_SIGNIFY = 1 << 12,
	TRUST_IMA = 1 << 13,
	TRUST_FSVERITY = 1 << 14,
	TRUST_SIGSTORE = 1 << 15,
};
#define TRUST_SETS     16
#define TRUST_ALL_SETS ((1U << TRUST_SETS) - 1)

/* What can be an anchor.  The values stand in databases too; 0 is what the first ones held. */
enum trust_item {
	TRUST_CERTIFICATE = 0, /* X.509 */
	TRUST_PUBLIC_KEY,      /* SubjectPublicKeyInfo */
	TRUST_ED25519,         /* "Ed", key number, key: as minisign and signify write it */
	TRUST_OPENPGP_KEY,     /* a transferable public key with its subkeys and names */
	TRUST_SIGSTORE_ROOT,   /* a trusted_root.json, as it stands */
};
#define TRUST_ITEMS 5

/* How the end of a certificate's validity counts. */
enum trust_expiry {
	TRUST_EXPIRY_UNKNOWN = 0,
	TRUST_EXPIRY_HONOURED, /* at the time of the signature if a timestamp proves one, else
				* now
				*/
	TRUST_EXPIRY_IGNORED,
	TRUST_EXPIRY_STAMPED, /* at the time of a timestamp; without one only if it is asked for
			       */
};

struct trust_set_row {
	enum trust_set set;
	bool home_made;    /* signers make their certificates themselves, with any name */
	const char *name;  /* as users type it */
	const char *title; /* as users read it: what is signed */
	unsigned items;    /* bit (1 << enum trust_item) of each that can be an anchor of it */
	unsigned anchors;  /* sets whose anchors count: this one, and one that it rests upon */
	enum trust_set stamps; /* the set that anchors timestamps */
	enum trust_expiry expiry;
	struct span usage;          /* OID of the key purpose that is wanted; empty: none */
	struct span usage_arc;      /* purposes below this OID do as well; empty: none */
	struct span extensions_arc; /* critical extensions below this OID are known */
};

/* All of them, in the order in which people are shown them. */
extern const struct trust_set_row trust_sets[TRUST_SETS];

/* The row of @set; a row without a name when there is none. */
const struct trust_set_row *trust_set_row(enum trust_set set);
const char *trust_set_name(enum trust_set set); /* "none": there is none */
MUST_CHECK bool trust_set_by_name(const char *name, enum trust_set *out);

/* "certificate", "public key" ... */
const char *trust_item_name(enum trust_item item);

/*
 * The sets of which such an item can become an anchor by the administrator's
 * word.  Roots of Apple are in no package, so whatever is brought as one must be
 * one of those that are known.
 */
unsigned trust_item_sets(enum trust_item item, const uint8_t sha256[32]);
