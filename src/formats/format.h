/* SPDX-License-Identifier: MIT */
/*
 * Format: what every file format must answer.
 *
 * A format is a pure reading of bytes.  It opens nothing, hashes nothing,
 * prints nothing and keeps no state, so that it can be fuzzed alone.
 */
#pragma once
#include "formats/claim.h"

/* A named stretch of the file, for the byte map: "header", ".text", "overlay". */
struct region {
	const char *name; /* arena or literal, printable ASCII */
	enum region_kind {
		REGION_HEADER,
		REGION_SECTION,
		REGION_GAP,       /* between headers and sections, belongs to none */
		REGION_OVERLAY,   /* behind the last section */
		REGION_SIGNATURE, /* the certificate table */
		REGION_TRAILING,  /* behind the certificate table */
	} kind;
	struct range where;
};
const char *region_kind_word(enum region_kind kind);

struct appimage;
struct deb;
struct elf;
struct kernel_module;
struct pe_image;
struct rpm;
struct script_image;
struct macho_file;
struct bundle;
struct dmg_image;
struct appx_package;
struct nuget_package;
struct clickonce_manifest;
struct opc_package;
struct zip;
struct meta_inf;
struct apk_file;
struct crx_file;
struct xpi_file;
struct msi_file;
struct cab_file;
struct cat_file;
struct xar_image;

/* One of several programs in a file, of which a system takes one: a slice of a universal
 * Mach-O. */
struct part {
	const char *name; /* "x86_64": arena or literal, printable ASCII */
	struct range where;
	bool stripped, broken, unsupported; /* as of a container */
};

#define CONTAINER_MAX_PARTS 128

struct container {
	const struct format *format;
	const char *variant;          /* "PE32+ EFI application", for people */
	const struct claim *claims;   /* none: the file does not claim to be signed */
	const struct region *regions; /* in file order; together the whole file */
	size_t n_regions;
	const struct part *parts;          /* none: the file is one program */
	size_t n_parts;                    /* at most CONTAINER_MAX_PARTS */
	const struct pe_image *pe;         /* what src/verify/authenticode needs to know more */
	const struct script_image *script; /* the same of a script */
	const struct macho_file *macho;    /* of Mach-O files */
	const struct bundle *bundle;       /* that the program is the executable of */
	const struct dmg_image *dmg;       /* of disk images */
	const struct deb *deb;             /* what src/verify/openpgp needs to know more */
	const struct elf *elf;
	const struct kernel_module *kernel_module;
	const struct rpm *rpm;
	const struct appx_package *appx;
	const struct appimage *appimage;
	const struct clickonce_manifest *clickonce;
	const struct opc_package *opc;
	const struct nuget_package *nuget;
	const struct zip *zip;           /* of everything that is built on ZIP */
	const struct meta_inf *meta_inf; /* signature files of JAR, APK and XPI */
	const struct apk_file *apk;
	const struct crx_file *crx;
	const struct xpi_file *xpi;
	const struct msi_file *msi;  /* of an installer package */
	const struct cab_file *cab;  /* of a cabinet */
	const struct cat_file *cat;  /* of a catalog */
	const struct xar_image *xar; /* of an installer package of macOS */
	bool stripped;               /* traces of a removed signature */
	bool broken;                 /* the structure contradicts itself; findings say where */
	bool unsupported;            /* a program of a kind that we cannot judge (DOS, NE) */
	struct span unclaimed; /* bytes where signatures lie that belong to none of them */
	struct span orphan;    /* a signature to which nothing leads: with .stripped the one */
	struct range orphan_where; /* left behind, else one beside the table; none: zero long */
};

struct format {
	const char *name;  /* as users type it: "pe" */
	const char *title; /* as users read it */
	bool vague; /* its magic says little: a file that it cannot judge may be another's */
	bool packed_too; /* systems take it packed as well: judged as what comes out */

	/* Is it mine?  By no more than its first 4 KiB; NULL: that tells nothing. */
	bool (*sniff)(struct span head);
	/* By its last 4 KiB, asked when no format knows the head; NULL: that tells nothing. */
	bool (*sniff_tail)(struct span tail);

	/*
	 * What does it hold, and what does it claim?  STATUS_OK also for a
	 * broken file: out->broken and @findings say so.  STATUS_WANT: load
	 * view->want and call again with fresh @out and @findings.
	 * STATUS_NOT_MINE: a closer look shows that it is none.
	 */
	enum status (*read)(struct view *view, struct findings *findings,
			    struct container *out);

	/*
	 * The same of a kind of ZIP archive, which .zip of @out is; NULL: it is
	 * none.  STATUS_NOT_MINE: another kind.  The first of the list that is
	 * not refused is what the archive is.
	 */
	enum status (*read_zip)(struct view *view, struct findings *findings,
				struct container *out);
};

extern const struct format *const formats[];
extern const size_t n_formats;

/*
 * The formats that may be meant, one after the other: *@at 0 at first.  Those
 * that know the head come first; NULL: no other known program format.
 */
const struct format *format_next(struct span head, struct span tail, size_t *at);
