/* SPDX-License-Identifier: MIT */
/*
 * Forge: makes signed programs, good and bad, for the tests alone.
 *
 * From nothing but libcrypto and arithmetic: harmless PE images, a test CA,
 * Authenticode signatures, timestamps, and every trap that the product must
 * see through.  Nothing of src/crypto or src/formats is used, so that a
 * mistake there cannot hide behind the same mistake here.  Never installed.
 */
#pragma once
#include "tests/forge/program.h"
#include "tests/pki.h"

struct forge; /* owns keys, certificates and everything else that it hands out */

struct forge *forge_new(void);
void forge_free(struct forge *f);
struct pki *forge_pki(struct forge *f);
/* A copy of @bytes that lives as long as @f. */
struct span forge_keep(struct forge *f, struct span bytes);

/* What the forge calls itself in the certificates that it makes. */
const char *forge_name(void);

/*
 * The certificates of the test authority, by name (identities.c): "root",
 * "issuing", "good", "expired", "tsa" ...  Made when first asked for.
 */
const struct pki_certificate *forge_identity(struct forge *f, const char *name);
/* Its issuers up to, but without, a self-signed one: gives how many. */
#define FORGE_MAX_CHAIN 8
size_t forge_chain(struct forge *f, const char *name,
		   const struct pki_certificate *out[FORGE_MAX_CHAIN]);
/* Every anchor of the forge ("root", "time-root" ...), as PEM text. */
void forge_anchors(struct forge *f, struct buffer *out);
/* The CRL of the authority that revoked some of the identities, as PEM text. */
void forge_crl(struct forge *f, struct buffer *out);

void forge_pem(const char *label, struct span der, struct buffer *out);

enum forge_stamp_kind { STAMP_NONE = 0, STAMP_PKCS9, STAMP_RFC3161 };

enum forge_stamp_odd {
	STAMP_RAW_HASH = 1 << 0,       /* PKCS #9: the hash without DigestInfo */
	STAMP_WRONG_IMPRINT = 1 << 1,  /* over something else, soundly signed */
	STAMP_ALTERED_TIME = 1 << 2,   /* a digit of the time changed after signing */
	STAMP_BAD_SIGNATURE = 1 << 3,  /* its own mathematics fail */
	STAMP_V1_CERTIFICATE = 1 << 4, /* carries an attribute certificate ([1]) */
	STAMP_UNSORTED = 1 << 5,       /* its signed attributes are not a sorted SET */
	STAMP_OTHER_SIGNER = 1 << 6,   /* signingCertificate names another certificate */
	STAMP_NO_SIGNER_ID = 1 << 7,   /* no signingCertificate at all */
	STAMP_OID_OF_SMIME = 1 << 8,   /* under the S/MIME attribute type */
	STAMP_VERSION_0 = 1 << 9,      /* SignerInfo version 0 */
	STAMP_TYPE_TSTINFO = 1 << 10,  /* PKCS #9 whose contentType says TSTInfo */
	STAMP_WITHOUT_CERTS = 1 << 11, /* its certificates are left out */
	STAMP_INDEFINITE = 1 << 12,    /* BER: indefinite lengths, octets in pieces */
	STAMP_WRONG_CONTENT = 1 << 13, /* a token whose content is not a TSTInfo */
};

struct forge_stamp {
	enum forge_stamp_kind kind; /* STAMP_NONE ends a list */
	const char *authority;      /* identity; NULL: "tsa" */
	const char *time;           /* "2025-01-02T03:04:05Z" */
	const char *digest;         /* "SHA256" if NULL */
	unsigned odd;
};

enum forge_odd {
	ODD_OCTET_CONTENT = 1 << 0,         /* content wrapped in an OCTET STRING (CMS style) */
	ODD_OCTET_PIECES = 1 << 1,          /* the same, constructed of pieces (BER) */
	ODD_NO_ATTRIBUTES = 1 << 2,         /* the signature covers the content itself */
	ODD_UNSORTED = 1 << 3,              /* signed attributes in descending order */
	ODD_INDEFINITE = 1 << 4,            /* BER: indefinite lengths */
	ODD_LONG_LENGTHS = 1 << 5,          /* BER: more length octets than needed */
	ODD_SIGNATURE_OID = 1 << 6,         /* DigestInfo names sha256WithRSAEncryption */
	ODD_TWO_SIGNERS = 1 << 7,           /* the same SignerInfo twice */
	ODD_KEY_ID = 1 << 8,                /* sid is a subjectKeyIdentifier */
	ODD_ATTRIBUTE_CERTIFICATE = 1 << 9, /* a [1] among the certificates */
	ODD_JUNK_CERTIFICATE = 1 << 10,     /* a SEQUENCE among them that is none */
	ODD_UNUSED_CERTIFICATE = 1 << 11,   /* one that no chain needs */
	ODD_DIGEST_TWICE = 1 << 12,         /* two messageDigest attributes */
	ODD_SEAL_INTENT = 1 << 13,          /* intent to seal, without a seal */
	ODD_SEAL = 1 << 14,                 /* and a seal */
	ODD_UNKNOWN_UNSIGNED = 1 << 15,     /* an unsigned attribute that nobody knows */
	ODD_TYPE_ATTRIBUTE = 1 << 16,       /* contentType attribute says data */
	ODD_CONTENT_TYPE = 1 << 17,         /* eContentType says data */
	ODD_DATA_TYPE = 1 << 18,            /* SpcSipInfo, as for an MSI file */
	ODD_WRONG_DIGEST = 1 << 19,         /* messageDigest of something else */
	ODD_BAD_SIGNATURE = 1 << 20,        /* one bit of the signature value turned over */
	ODD_RAW_HASH = 1 << 21,             /* RSA block without DigestInfo */
	ODD_NO_NULL = 1 << 22,              /* AlgorithmIdentifiers without parameters */
	ODD_RSA_WITH_DIGEST = 1 << 23,      /* signatureAlgorithm sha256WithRSAEncryption */
	ODD_CONTRADICTION = 1 << 24,        /* ... of another digest than digestAlgorithm */
	ODD_SHORT_DIGEST = 1 << 25,         /* the image digest cut to its first half */
	ODD_NO_CERTIFICATE = 1 << 26,       /* the signer's certificate is left out */
	ODD_NO_SIGNERS = 1 << 27,           /* no SignerInfo */
	ODD_UNKNOWN_ALGORITHM = 1 << 28,    /* image digest by GOST R 34.11-2012 */
	ODD_BAD_PAGE = 1 << 29,             /* one page hash is wrong, soundly signed */
	ODD_ROOT_EMBEDDED = 1 << 30,        /* the root among the certificates too */
};

#define FORGE_MAX_NESTED 4
#define FORGE_MAX_STAMPS 3

/* One signature.  Zeroed fields take the default. */
struct forge_signature {
	const char *signer;       /* identity; NULL: "good" */
	const char *image_digest; /* "MD5", "SHA1", "SHA256" (NULL) ... of the image */
	const char *cms_digest;   /* of the attributes; NULL: as .image_digest */
	const char *page_hashes;  /* "SHA1", "SHA256"; NULL: none */
	unsigned odd;             /* enum forge_odd */
	const char *carrier;      /* identity whose certificate comes along for nothing */
	unsigned bend;            /* not 0: the image digest of some other image */
	bool pages_beyond;        /* the page table names offsets behind the file's end */
	const char *program_name, *more_info; /* SpcSpOpusInfo */
	const char *signing_time;             /* signingTime attribute; a claim */
	struct forge_stamp stamps[FORGE_MAX_STAMPS];
	const struct forge_signature *nested[FORGE_MAX_NESTED]; /* values of one attribute */
	struct span unsigned_attributes; /* whole elements, added as they stand */
	/* Something else than a program is signed. */
	struct span content;      /* the element, instead of SpcIndirectData; empty: none */
	struct span content_type; /* its OID; empty: SpcIndirectData */
	struct span attributes;   /* one signed attribute more, whole */
	bool counter;             /* a signature over another one */
};

/* A SignerInfo that signs @signed_value: a countersignature.  Without contentType. */
struct span forge_counter_signature(struct forge *f, const struct forge_signature *wish,
				    struct span signed_value);

/* The DER of a signature over @file, whose table will begin where it ends now. */
struct span forge_signature_make(struct forge *f, const struct forge_signature *wish,
				 const struct buffer *file, struct span trailing);

/* Pads @file to eight bytes, signs it, appends the table, sets CheckSum. */
void forge_sign(struct forge *f, const struct forge_signature *wish, struct buffer *file);

/* An unsigned attribute: timestamps of @signature by @chain's first certificate. */
void forge_stamp_write(struct forge *f, const struct forge_stamp *wish, struct span signature,
		       struct buffer *out);
