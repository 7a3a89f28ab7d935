/* SPDX-License-Identifier: MIT */
/*
 * A small public key infrastructure for tests: keys, certificates, CRLs and
 * OCSP responses, honest and otherwise, made by libcrypto.  Never installed.
 *
 * What goes wrong in here ends the test program with a message: a test that
 * cannot make its certificates has nothing to say.
 */
#pragma once
#include "base/span.h"

struct pki;     /* owns everything that it made */
struct pki_key; /* a key pair */

struct pki *pki_new(void);
void pki_free(struct pki *pki);

enum pki_key_type {
	PKI_P256 = 0,
	PKI_P384,
	PKI_P192,
	PKI_RSA_2048,
	PKI_RSA_1024,
	PKI_RSA_512,
	PKI_RSA_PSS, /* 2048 bits; signatures RSASSA-PSS with SHA-256 */
	PKI_ED25519,
	PKI_DSA,           /* 2048 bits, q of 256 */
	PKI_P256_EXPLICIT, /* P-256, written out as ECParameters */
};

/* The same @type and @number give the same key, made once. */
const struct pki_key *pki_key(struct pki *pki, enum pki_key_type type, unsigned number);

/*
 * CVE-2020-0601: the public point of @victim (P-256) with a generator chosen
 * so that the private key is 1.
 */
const struct pki_key *pki_key_curveball(struct pki *pki, const struct pki_key *victim);

/* An RSA key of @n_bits without a private half: for numbers that are too large. */
const struct pki_key *pki_key_huge(struct pki *pki, unsigned n_bits);

struct pki_extension {
	const char *name;  /* as in openssl.cnf: "extendedKeyUsage", or an OID in digits */
	const char *value; /* "codeSigning", "critical,CA:TRUE", "DER:0500" */
};

#define PKI_MAX_EXTENSIONS 12

struct pki_certificate;

/* What a certificate shall say.  Zeroed fields take the default. */
struct pki_wish {
	const char *subject; /* "O=Example/CN=Leaf"; values must not contain '/' */
	const struct pki_certificate *issuer; /* NULL: signed by itself */
	const char *issuer_name;              /* instead of the issuer's subject */
	const struct pki_key *key;
	const struct pki_key *signing_key; /* instead of the issuer's */
	int64_t not_before, not_after;     /* 0: 2020-01-01, 2040-01-01 */
	const char *digest;                /* "SHA256" */
	uint64_t serial;                   /* 0: the next number */
	bool version_1;                    /* then without extensions */
	bool utf8;                         /* names as UTF8String, else PrintableString */
	struct pki_extension extensions[PKI_MAX_EXTENSIONS]; /* ends with a NULL name */
	const char *config; /* text of a configuration that extensions refer to */
};

struct pki_certificate {
	struct span der;
	const struct pki_key *key;
	const void *x509; /* X509, for libcrypto's own verification */
};

const struct pki_certificate *pki_issue(struct pki *pki, const struct pki_wish *wish);

/* A copy of @bytes in which the first @from is replaced by @to of equal length. */
struct span pki_replace(struct pki *pki, struct span bytes, struct span from, struct span to);
/* A copy with the bits of the last byte turned over: a certificate whose signature is bad. */
struct span pki_spoil(struct pki *pki, struct span bytes);

#define PKI_MAX_REVOKED 8

struct pki_revoked {
	const struct pki_certificate *certificate; /* NULL ends */
	int64_t when;
	int reason;                              /* CRLReason; -1: none given */
	int64_t invalidity;                      /* 0: none */
	const struct pki_certificate *issuer_of; /* indirect: with this certificate's issuer */
};

struct pki_crl_wish {
	const struct pki_certificate *issuer; /* whose name stands in it, and whose key signs */
	const struct pki_key *signing_key;    /* instead */
	int64_t this_update, next_update;     /* 0: 2026-11-01, 2026-12-01; next -1: none */
	struct pki_revoked revoked[PKI_MAX_REVOKED];
	struct pki_extension extensions[PKI_MAX_EXTENSIONS];
	const char *config;
};

struct span pki_crl(struct pki *pki, const struct pki_crl_wish *wish);

struct pki_ocsp_wish {
	const struct pki_certificate *subject, *issuer;
	const struct pki_certificate *responder; /* NULL: the issuer itself */
	bool revoked;
	int64_t when; /* of the revocation */
	int reason;
	int64_t this_update, next_update; /* 0: 2026-11-20, 2026-11-27; next -1: none */
};

struct span pki_ocsp(struct pki *pki, const struct pki_ocsp_wish *wish);

/* Seconds since 1970 of a day, "2026-11-22". */
int64_t pki_day(const char *day);

/* Parts of a certificate: whole elements, but for the octets of the key identifier. */
struct span pki_issuer(struct pki *pki, const struct pki_certificate *c);
struct span pki_serial(struct pki *pki, const struct pki_certificate *c);
struct span pki_key_id(struct pki *pki, const struct pki_certificate *c); /* empty: none */
uint64_t pki_serial_number(const struct pki_certificate *c);

enum pki_key_type pki_type(const struct pki_key *key);

/*
 * The bare signature of @key.  RSA: @block (a DigestInfo, or the hash alone) is
 * filled up as PKCS #1 v1.5 says; PSS, EC and DSA: @block is the hash, made with
 * @digest.  A key without a private half gives noise of the right length.
 */
struct span pki_sign(struct pki *pki, const struct pki_key *key, const char *digest,
		     struct span block);
