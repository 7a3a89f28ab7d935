/* SPDX-License-Identifier: MIT */
/* Debian and RPM packages for tests: small, harmless, and not installable anywhere. */
#pragma once
#include "base/buffer.h"

/* A member of an ar archive, with its padding. */
void forge_ar_member(struct buffer *out, const char *name, struct span contents);
/* The three members, with @data as the last. */
void forge_deb(struct buffer *out, const char *data);
/* What a signature of debsigs is made over. */
void forge_deb_signed(struct buffer *out, const char *data);

/*
 * An ELF file with the marks of an AppImage, sections .sha256_sig and .sig_key of
 * FORGE_APPIMAGE_ROOM bytes, and @payload behind it.  What lies in the first
 * section is at FORGE_APPIMAGE_AT.
 */
#define FORGE_APPIMAGE_ROOM 1024
#define FORGE_APPIMAGE_AT   64
void forge_appimage(struct buffer *out, struct span signature, const char *payload);

/* Digest of the payload that the header names; NULL: none. */
struct forge_rpm {
	const char *name;   /* NULL: "test" */
	const char *digest; /* SHA-256 of the payload, in hex; NULL: it says nothing */
	const char *payload;
	struct span signature; /* RSAHEADER; empty: none */
	struct span legacy;    /* PGP, over header and payload; empty: none */
};
void forge_rpm(struct buffer *out, const struct forge_rpm *order);
/* The main header alone: what RSAHEADER is made over. */
void forge_rpm_header(struct buffer *out, const struct forge_rpm *order);
